//! Many members at once, groups of people among them: all of them, or none.
use std::collections::{HashMap, HashSet};

use control_api::{IMPORT_ROWS_MAX, ImportMembers, ImportedMember, MembersImported, Role};
use gateway::{Ctx, Refusal, Reply};
use store::{AppGroup, AppMember, MemberRole, Principal, PrincipalKind, StoreError};
use types::{AppName, GroupName, PrincipalId, UnixMillis, counted};

use super::{apps, groups, members};
use crate::{
    directory, input, refuse, release, reply,
    service::{Asked, Shared},
};

/// Mistakes that are named.
const PROBLEMS_MAX: usize = 50;
/// How a group is written where a person may be named too.
const GROUP_PREFIX: &str = "group:";

pub(crate) async fn import(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let wanted: ImportMembers = input::json(&asked.head, asked.body).await?;
    if wanted.members.is_empty() || wanted.members.len() > IMPORT_ROWS_MAX {
        return Err(refuse::bad_input(format!("an import has 1 to {IMPORT_ROWS_MAX} members")));
    }

    apps::find(shared, &app).await?;
    let found = resolve(shared, &app, &wanted.members).await?;
    let (done, changes) = compare(shared, &app, found, wanted.dry_run, cx.started_at).await?;
    if !wanted.dry_run && !changes.is_empty() {
        write(shared, &app, changes).await?;
    }

    let mut reply = reply::ok(&done)?;
    let would = if done.dry_run { "would be " } else { "" };
    reply.note =
        Some(format!("{} {would}added, {} changed", counted(done.added, "member", "members"), done.changed).into());
    Ok(reply)
}

/// Whom a row means.
enum Whom {
    Somebody(Principal),
    Group(GroupName),
}

/// Rows that change something.
#[derive(Default)]
struct Changes {
    members: Vec<(AppMember, Principal)>,
    groups: Vec<AppGroup>,
}

impl Changes {
    const fn is_empty(&self) -> bool {
        self.members.is_empty() && self.groups.is_empty()
    }
}

async fn compare(
    shared: &Shared,
    app: &AppName,
    found: Vec<(Whom, MemberRole)>,
    dry_run: bool,
    added_at: UnixMillis,
) -> Result<(MembersImported, Changes), Refusal> {
    let store = &shared.ports.store;
    let members = store.members(app.clone()).await.map_err(refuse::store)?;
    let places = store.app_groups(app.clone()).await.map_err(refuse::store)?;
    let mut done = MembersImported { dry_run, added: 0, changed: 0, unchanged: 0 };
    let mut changes = Changes::default();
    for (whom, role) in found {
        let before = match &whom {
            Whom::Somebody(principal) => members.iter().find(|m| m.principal == principal.id).map(|m| m.role),
            Whom::Group(group) => places.iter().find(|place| place.group == *group).map(|place| place.role),
        };
        match before {
            Some(same) if same == role => {
                done.unchanged += 1;
                continue;
            }
            Some(_) => done.changed += 1,
            None => done.added += 1,
        }
        match whom {
            Whom::Somebody(principal) => {
                changes.members.push((AppMember { principal: principal.id, role, added_at }, principal));
            }
            Whom::Group(group) => changes.groups.push(AppGroup { group, role, added_at }),
        }
    }
    Ok((done, changes))
}

async fn write(shared: &Shared, app: &AppName, changes: Changes) -> Result<(), Refusal> {
    let Changes { members, groups } = changes;
    let all = members.iter().map(|(member, _)| member.clone()).collect();
    let full = |e: StoreError| match e {
        StoreError::Conflict { .. } => refuse::conflict(format!(
            "an app has at most {} groups, or somebody or one of the groups is gone just now; nothing was changed",
            AppGroup::OF_APP_MAX
        )),
        other => refuse::store(other),
    };
    shared.ports.store.put_members(app.clone(), all, groups.clone()).await.map_err(full)?;
    release::publish(shared, app).await?;
    for (_, principal) in &members {
        members::end_sessions(shared, app, principal).await?;
    }
    for place in groups {
        groups::end_sessions_of(shared, app, &place.group).await?;
    }
    Ok(())
}

/// Everybody by each kind of word that means them. SECURITY: names are chosen freely, so none is looked for where an id, a group or
/// a service account is meant: else a person called `service:ci` would get what a row gives to that account.
#[derive(Default)]
struct Known {
    ids: HashMap<PrincipalId, Principal>,
    /// By `service:NAME`.
    services: HashMap<String, Principal>,
    people: HashMap<String, Vec<Principal>>,
    groups: HashSet<GroupName>,
}

impl Known {
    /// Read once: a file has thousands of rows.
    async fn of(shared: &Shared, app: &AppName, rows: &[ImportedMember]) -> Result<Self, Refusal> {
        let mut known = Self::default();
        for principal in directory::around(shared, app).await? {
            known.ids.insert(principal.id, principal.clone());
            let name = directory::name(&principal);
            match principal.kind {
                PrincipalKind::Service { .. } => drop(known.services.insert(name, principal)),
                PrincipalKind::Person { .. } => known.people.entry(name).or_default().push(principal),
            }
        }
        if rows.iter().any(|row| row.person.starts_with(GROUP_PREFIX)) {
            let all = shared.ports.store.groups().await.map_err(refuse::store)?;
            known.groups.extend(all.into_iter().map(|size| size.group.name));
        }
        Ok(known)
    }

    /// Whom a row means, and what they shall be.
    fn find(&self, app: &AppName, row: &ImportedMember) -> Result<(Whom, MemberRole), String> {
        let shown = input::short(&row.person);
        if let Some(name) = row.person.strip_prefix(GROUP_PREFIX) {
            let group = GroupName::parse(name).map_err(|e| format!("`{shown}` is no group: {e}"))?;
            let there = self.groups.contains(&group);
            return there.then(|| (Whom::Group(group), role(row.role))).ok_or(format!("there is no `{shown}`"));
        }
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
        let is_person = matches!(principal.kind, PrincipalKind::Person { .. });
        if row.role == Role::Admin && !is_person {
            return Err(format!("`{shown}` is a service account, which cannot be an admin"));
        }
        Ok((Whom::Somebody(principal.clone()), role(row.role)))
    }
}

const fn role(role: Role) -> MemberRole {
    match role {
        Role::Member => MemberRole::Member,
        Role::Admin => MemberRole::Admin,
    }
}

/// Whom the rows mean; every row that means nobody is in the refusal, with its line.
async fn resolve(shared: &Shared, app: &AppName, rows: &[ImportedMember]) -> Result<Vec<(Whom, MemberRole)>, Refusal> {
    // NOT HERE: addresses. Who has an account is for those who look after the platform; an app's admin could ask for any.
    let known = Known::of(shared, app, rows).await?;
    let (mut found, mut problems, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for row in rows {
        match known.find(app, row) {
            Ok((whom, role)) => {
                let name = match &whom {
                    Whom::Somebody(principal) => principal.id.to_string(),
                    Whom::Group(group) => format!("{GROUP_PREFIX}{group}"),
                };
                if seen.insert(name) {
                    found.push((whom, role));
                } else {
                    problems.push(format!("line {}: `{}` is there twice", row.line, input::short(&row.person)));
                }
            }
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
