//! Many people at once: invited, or, where they have an account, put into groups. All of it, or nothing.
//! If this is wrong: half of a list is done and nobody knows which half, or a list gives somebody more than it says.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use control_api::{IMPORT_ROWS_MAX, ImportPeople, ImportedLink, ImportedPerson, PeopleImported};
use gateway::{Ctx, Letter, NewInvitation, Refusal, Reply};
use store::Invitation;
use types::{GroupName, PrincipalId, Secret, counted, email_address};

use super::{
    invitations,
    people::{Outgoing, out},
};
use crate::{
    input, refuse, release, reply,
    service::{Asked, Shared},
};

/// Mistakes that are named.
const PROBLEMS_MAX: usize = 50;
/// Groups of one row.
const GROUPS_OF_ROW_MAX: usize = 20;

/// A row that was understood.
struct Row {
    line: u64,
    email: Arc<str>,
    name: Option<Arc<str>>,
    groups: Vec<GroupName>,
    /// Who has an account with that address already.
    known: Option<PrincipalId>,
    /// Somebody invited them, and the invitation is open.
    waiting: bool,
}

pub(crate) async fn import(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let wanted: ImportPeople = input::json(&asked.head, asked.body).await?;
    if wanted.people.is_empty() || wanted.people.len() > IMPORT_ROWS_MAX {
        return Err(refuse::bad_input(format!("an import has 1 to {IMPORT_ROWS_MAX} people"))
            .next("import a longer list in several parts"));
    }

    let rows = understood(shared, &wanted.people).await?;
    let new: Vec<&Row> = rows.iter().filter(|row| row.known.is_none() && !row.waiting).collect();
    if !new.is_empty() {
        invitations::invites(shared)?;
    }
    let mut joins: BTreeMap<GroupName, Vec<PrincipalId>> = BTreeMap::new();
    for (person, groups) in rows.iter().filter_map(|row| Some((row.known?, &row.groups))) {
        let already = shared.ports.store.groups_of(person).await.map_err(refuse::store)?;
        for group in groups.iter().filter(|group| !already.contains(group)) {
            joins.entry(group.clone()).or_default().push(person);
        }
    }
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mut done = PeopleImported {
        dry_run: wanted.dry_run,
        invited: count(new.len()),
        known: count(rows.iter().filter(|row| row.known.is_some()).count()),
        waiting: count(rows.iter().filter(|row| row.waiting).count()),
        joined: count(joins.values().map(Vec::len).sum()),
        links: Vec::new(),
    };
    if !wanted.dry_run {
        let mailed = shared.ports.mail.is_on() && !wanted.print;
        let drafts: Vec<(u64, Invitation, Secret)> = new
            .iter()
            .map(|row| {
                let (invitation, code) = shared.ports.sessions.draft_invitation(NewInvitation {
                    email: row.email.clone(),
                    name: row.name.clone(),
                    app: None,
                    groups: row.groups.clone(),
                    invited_by: asked.caller.principal(),
                    mailed,
                    sign_up: false,
                });
                (row.line, invitation, code)
            })
            .collect();
        write(shared, cx, &drafts, joins).await?;
        done.links = send(shared, invitations::inviter(&asked.caller), drafts, mailed).await?;
    }

    let would = if done.dry_run { "would be" } else { "now" };
    let note = format!(
        "{} {would} invited, {} with an account already, {} filled",
        counted(done.invited, "person", "people"),
        done.known,
        counted(done.joined, "place in a group", "places in groups")
    );
    let mut reply = reply::ok(&done)?;
    reply.note = Some(note.into());
    Ok(reply)
}

/// Everything in one transaction, then told to the apps that it means something to.
async fn write(
    shared: &Shared,
    cx: &Ctx,
    drafts: &[(u64, Invitation, Secret)],
    joins: BTreeMap<GroupName, Vec<PrincipalId>>,
) -> Result<(), Refusal> {
    let names: Vec<GroupName> = joins.keys().cloned().collect();
    let invitations = drafts.iter().map(|(_, invitation, _)| invitation.clone()).collect();
    let joined = shared.ports.store.add_many(invitations, joins.into_iter().collect(), cx.started_at).await;
    for (name, joined) in names.iter().zip(joined.map_err(refuse::store)?) {
        if !joined.added.is_empty() {
            release::publish_group(shared, name, &joined.apps).await?;
        }
    }
    Ok(())
}

/// The links, by mail or in the answer. A mail that cannot be queued leaves its invitation out, and all that come after it, which is
/// said: nobody would ever see their links.
async fn send(
    shared: &Shared,
    inviter: Option<Arc<str>>,
    drafts: Vec<(u64, Invitation, Secret)>,
    mailed: bool,
) -> Result<Vec<ImportedLink>, Refusal> {
    let (mut links, mut refused) = (Vec::new(), None);
    let (mut sent, mut left) = (0_usize, 0_usize);
    for (line, invitation, code) in drafts {
        if refused.is_some() {
            shared.ports.store.remove_invitation(invitation.id).await.map_err(refuse::store)?;
            left += 1;
            continue;
        }
        let link = invitations::address(shared, &code);
        let letter = |link| Letter::Invitation { inviter: inviter.clone(), app: None, link };
        let to = Outgoing { to: invitation.email.clone(), person: None, expires_at: invitation.expires_at };
        match out(shared, mailed, to, link, letter).await {
            Ok((Some(link), _)) => {
                let (email, expires_at) = (invitation.email.to_string(), invitation.expires_at);
                links.push(ImportedLink { line, email, link, expires_at });
            }
            Ok((None, _)) => sent += 1,
            Err(refusal) => {
                shared.ports.store.remove_invitation(invitation.id).await.map_err(refuse::store)?;
                (refused, left) = (Some(refusal), left + 1);
            }
        }
    }
    match refused {
        None => Ok(links),
        Some(refusal) => Err(Refusal {
            detail: Some(format!(
                "{}; {sent} invitations are on their way, and {left} were taken back because their mails cannot be sent",
                refusal.detail.as_deref().unwrap_or("a mail cannot be sent")
            )),
            ..refusal
        }
        .next("import the same list again when mail works: whoever is invited already is passed over")),
    }
}

/// All rows, or one refusal that names each mistake by its line.
async fn understood(shared: &Shared, people: &[ImportedPerson]) -> Result<Vec<Row>, Refusal> {
    let store = &shared.ports.store;
    let known: HashSet<GroupName> =
        store.groups().await.map_err(refuse::store)?.into_iter().map(|size| size.group.name).collect();
    let now = shared.ports.clock.now();
    let open = store.invitations().await.map_err(refuse::store)?;
    let open: HashSet<Arc<str>> = open
        .into_iter()
        .filter(|invitation| !invitation.sign_up && now < invitation.expires_at)
        .map(|invitation| invitation.email)
        .collect();
    let (mut rows, mut problems, mut seen) = (Vec::new(), Vec::new(), HashMap::new());
    for person in people {
        let line = person.line;
        match row(shared, &known, person) {
            Err(problem) => problems.push(format!("line {line}: {problem}")),
            Ok(mut row) => {
                if let Some(first) = seen.insert(row.email.clone(), line) {
                    problems.push(format!("line {line}: `{}` is in line {first}, too", row.email));
                    continue;
                }
                let found = store.account_of(row.email.clone()).await.map_err(refuse::store)?;
                row.known = found.map(|(account, _)| account.person);
                row.waiting = row.known.is_none() && open.contains(&row.email);
                rows.push(row);
            }
        }
    }
    if problems.is_empty() {
        return Ok(rows);
    }
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(refuse::bad_input(problems.join("\n")).next("correct these lines; nothing was changed"))
}

fn row(shared: &Shared, known: &HashSet<GroupName>, person: &ImportedPerson) -> Result<Row, String> {
    let shown = input::short(&person.email);
    let email = email_address(&person.email).ok_or_else(|| format!("`{shown}` is not an e-mail address"))?;
    let name = person.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    if let Some(name) = name {
        shared.ports.sessions.fit_name(name).map_err(|e| e.to_string())?;
    }
    if person.groups.len() > GROUPS_OF_ROW_MAX {
        return Err(format!("`{shown}` is in more than {GROUPS_OF_ROW_MAX} groups"));
    }
    let mut groups = Vec::new();
    for word in &person.groups {
        let group = GroupName::parse(word).ok().filter(|group| known.contains(group));
        groups.push(group.ok_or_else(|| {
            let word = input::short(word);
            format!("there is no group `{word}`; make it first: `serviceful groups create {word}`")
        })?);
    }
    let groups = invitations::sorted(groups);
    Ok(Row { line: person.line, email, name: name.map(Arc::from), groups, known: None, waiting: false })
}
