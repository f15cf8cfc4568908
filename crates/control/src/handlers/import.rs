//! Many members at once: all of them, or none.
use std::collections::{HashMap, HashSet};

use control_api::{IMPORT_ROWS_MAX, ImportMembers, ImportedMember, MembersImported, Role};
use gateway::{Ctx, Refusal, Reply};
use store::{AppMember, MemberRole, Principal, PrincipalKind};
use types::{AppName, PrincipalId};

use super::{apps, members};
use crate::{
    directory, input, refuse, release, reply,
    service::{Asked, Shared},
};

/// Mistakes that are named.
const PROBLEMS_MAX: usize = 50;

pub(crate) async fn import(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let wanted: ImportMembers = input::json(&asked.head, asked.body).await?;
    if wanted.members.is_empty() || wanted.members.len() > IMPORT_ROWS_MAX {
        return Err(refuse::bad_input(format!("an import has 1 to {IMPORT_ROWS_MAX} members")));
    }

    apps::find(shared, &app).await?;
    let found = resolve(shared, &app, &wanted.members).await?;
    let before = shared.ports.store.members(app.clone()).await.map_err(refuse::store)?;
    let mut done = MembersImported { dry_run: wanted.dry_run, added: 0, changed: 0, unchanged: 0 };
    let mut changes = Vec::new();
    for (principal, role) in found {
        match before.iter().find(|member| member.principal == principal.id).map(|member| member.role) {
            Some(same) if same == role => {
                done.unchanged += 1;
                continue;
            }
            Some(_) => done.changed += 1,
            None => done.added += 1,
        }
        changes.push((AppMember { principal: principal.id, role, added_at: cx.started_at }, principal));
    }
    if !wanted.dry_run && !changes.is_empty() {
        let all = changes.iter().map(|(member, _)| member.clone()).collect();
        shared.ports.store.put_members(app.clone(), all).await.map_err(refuse::store)?;
        release::publish(shared, &app).await?;
        for (_, principal) in &changes {
            members::end_sessions(shared, &app, principal).await?;
        }
    }

    let mut reply = reply::ok(&done)?;
    let kind = if done.dry_run { "would be" } else { "are" };
    reply.note = Some(format!("{} members {kind} added, {} changed", done.added, done.changed).into());
    Ok(reply)
}

/// Everybody by each kind of word that means them. SECURITY: names are chosen freely, so none is looked for where an id or a
/// service account is meant: else a person called `service:ci` would get what a row gives to that account.
#[derive(Default)]
struct Known {
    ids: HashMap<PrincipalId, Principal>,
    /// By `service:NAME`.
    services: HashMap<String, Principal>,
    people: HashMap<String, Vec<Principal>>,
}

impl Known {
    /// Read once: a file has thousands of rows.
    async fn of(shared: &Shared, app: &AppName) -> Result<Self, Refusal> {
        let mut known = Self::default();
        for principal in directory::around(shared, app).await? {
            known.ids.insert(principal.id, principal.clone());
            let name = directory::name(&principal);
            match principal.kind {
                PrincipalKind::Service { .. } => drop(known.services.insert(name, principal)),
                PrincipalKind::Person { .. } => known.people.entry(name).or_default().push(principal),
            }
        }
        Ok(known)
    }

    /// Whom a row means, and what they shall be.
    fn find(&self, app: &AppName, row: &ImportedMember) -> Result<(Principal, MemberRole), String> {
        let shown = input::short(&row.person);
        let principal = if let Some(name) = row.person.strip_prefix("service:") {
            let found = self.services.get(&row.person);
            found.ok_or_else(|| format!("there is no service account `{}` of `{app}`", input::short(name)))?
        } else if let Ok(id) = row.person.parse::<PrincipalId>() {
            self.ids.get(&id).ok_or_else(|| format!("there is nobody with the id `{shown}`"))?
        } else {
            match self.people.get(&row.person).map(Vec::as_slice).unwrap_or_default() {
                [one] => one,
                [] => return Err(format!("there is no person `{shown}`")),
                _ => return Err(format!("several people are called `{shown}`; give the id")),
            }
        };
        let principal = principal.clone();
        match row.role {
            Role::Member => Ok((principal, MemberRole::Member)),
            Role::Admin if matches!(principal.kind, PrincipalKind::Person { .. }) => Ok((principal, MemberRole::Admin)),
            Role::Admin => Err(format!("`{shown}` is a service account, which cannot be an admin")),
        }
    }
}

/// Whom the rows mean; every row that means nobody is in the refusal, with its line.
async fn resolve(
    shared: &Shared,
    app: &AppName,
    rows: &[ImportedMember],
) -> Result<Vec<(Principal, MemberRole)>, Refusal> {
    // NOT HERE: addresses. Who has an account is for those who look after the platform; an app's admin could ask for any.
    let known = Known::of(shared, app).await?;
    let (mut found, mut problems, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for row in rows {
        match known.find(app, row) {
            Ok((principal, _)) if !seen.insert(principal.id) => {
                problems.push(format!("line {}: `{}` is there twice", row.line, input::short(&row.person)));
            }
            Ok(pair) => found.push(pair),
            Err(problem) => problems.push(format!("line {}: {problem}", row.line)),
        }
    }
    if problems.is_empty() {
        return Ok(found);
    }
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(refuse::bad_input(problems.join("\n")).next("correct these lines; nothing was changed"))
}
