//! Groups of people, and their places in apps. Every change is published at once to each app that it means something to: the next
//! request is decided with it.
//! If this is wrong: somebody who was taken out goes on, or an app's admin reads the directory by adding groups to their app.
use std::collections::HashSet;

use control_api::{
    AddToGroup, AddedToGroup, CreateGroup, GroupApp, GroupDetail, GroupList, GroupPerson, GroupView, IMPORT_ROWS_MAX,
    MemberGroup, PEOPLE_PAGE_MAX, PutAppGroup, Removed, Role,
};
use gateway::{Ctx, Refusal, Reply};
use http::StatusCode;
use store::{AppGroup, Group, GroupSize, MemberRole, Principal, PrincipalKind, StoreError};
use types::{AppName, GroupName, PrincipalId, counted};

use super::{apps, members};
use crate::{
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

const PAGE: usize = 1_000;
/// More people than this are not looked up one by one for sessions.
const FEW: usize = 50;

fn view(size: &GroupSize) -> GroupView {
    let GroupSize { group: Group { name, created_at }, people, apps } = size;
    GroupView { name: name.clone(), people: *people, apps: *apps, created_at: *created_at }
}

fn unknown(name: &GroupName) -> Refusal {
    refuse::not_found(format!("group `{name}`"))
        .next("`serviceful groups list` shows those that there are, to whoever looks after the platform")
}

pub(super) async fn find(shared: &Shared, name: &GroupName) -> Result<GroupSize, Refusal> {
    let found = shared.ports.store.group(name.clone()).await.map_err(refuse::store)?;
    found.ok_or_else(|| unknown(name))
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let all = shared.ports.store.groups().await.map_err(refuse::store)?;

    reply::ok(&GroupList { groups: all.iter().map(view).collect() })
}

pub(crate) async fn create(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let CreateGroup { name } = input::json(&asked.head, asked.body).await?;

    let group = Group { name: name.clone(), created_at: cx.started_at };
    let full = |e: StoreError| match e {
        StoreError::Conflict { .. } => {
            refuse::conflict(format!("there are {} groups already, which is the most there can be", Group::COUNT_MAX))
                .next("remove one that nobody needs: `serviceful groups remove NAME`")
        }
        other => refuse::store(other),
    };
    if !shared.ports.store.add_group(group.clone()).await.map_err(full)? {
        return Err(refuse::conflict(format!("there is a group `{name}` already"))
            .next(format!("put people into it: `serviceful groups add {name} WHO`")));
    }
    // Rules of an app may name it already: they did while there was none, too, after a former one was removed.
    release::publish_group(shared, &name, &[]).await?;

    let made = GroupSize { group, people: 0, apps: 0 };
    let mut reply = reply::json(StatusCode::CREATED, &view(&made))?;
    reply.note = Some(format!("group `{name}` is made").into());
    Ok(reply)
}

pub(crate) async fn get(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let query = Query::parse(&asked.head, &["limit", "after"])?;
    let name: GroupName = input::parsed(&asked.call, "group")?;
    let (limit, after) = page(&query, PAGE)?;

    let found = find(shared, &name).await?;
    let store = &shared.ports.store;
    let apps = store.apps_of_group(name.clone()).await.map_err(refuse::store)?;
    let mut rows = store.group_people(name.clone(), after, limit + 1).await.map_err(refuse::store)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut people = Vec::new();
    for (id, joined_at) in &rows {
        let person = store.principal(*id).await.map_err(refuse::store)?;
        people.push(GroupPerson {
            person: *id,
            name: person.as_ref().map_or_else(String::new, |person| person.name.to_string()),
            disabled: person.is_some_and(|person| person.disabled),
            joined_at: *joined_at,
        });
    }

    let mut declared_by = shared.declaring(&name);
    declared_by.sort();
    reply::ok(&GroupDetail {
        created_at: found.group.created_at,
        size: found.people,
        apps: apps.into_iter().map(|(app, role)| GroupApp { app, role: members::role(role) }).collect(),
        declared_by,
        people,
        after: if more { rows.last().map(|(id, _)| *id) } else { None },
        name,
    })
}

/// How many, and from behind whom.
pub(super) fn page(query: &Query, usual: usize) -> Result<(usize, Option<PrincipalId>), Refusal> {
    Ok((query.count("limit", usual, 1..=PEOPLE_PAGE_MAX)?, query.value("after")?))
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let name: GroupName = input::parsed(&asked.call, "group")?;

    let people = shared.ports.store.whole_group(name.clone()).await.map_err(refuse::store)?;
    let apps = shared.ports.store.remove_group(name.clone()).await.map_err(refuse::store)?;
    let apps = apps.ok_or_else(|| unknown(&name))?;
    release::publish_group(shared, &name, &apps).await?;
    end_sessions(shared, &apps, &people).await?;

    let size = counted(people.len(), "person", "people");
    let mut reply = reply::ok(&Removed { removed: name.to_string() })?;
    reply.note = Some(format!("group `{name}` is removed with {size}; it was in {}", words(&apps)).into());
    Ok(reply)
}

fn words(apps: &[AppName]) -> String {
    if apps.is_empty() {
        return "no app".to_owned();
    }
    apps.iter().map(|app| format!("`{app}`")).collect::<Vec<_>>().join(", ")
}

/// A person that a word names; a service account belongs to one app and is in no group.
async fn person(shared: &Shared, word: &str) -> Result<Principal, Refusal> {
    let found = members::person(shared, word).await?;
    match found.kind {
        PrincipalKind::Person { .. } => Ok(found),
        PrincipalKind::Service { .. } => Err(refuse::bad_input(format!(
            "{} is a service account: it belongs to one app and is in no group",
            found.id
        ))
        .next("add it to the members of its app: `serviceful members APP add service:NAME`")),
    }
}

pub(crate) async fn add(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let name: GroupName = input::parsed(&asked.call, "group")?;
    let wanted: AddToGroup = input::json(&asked.head, asked.body).await?;
    if wanted.people.is_empty() || wanted.people.len() > IMPORT_ROWS_MAX {
        return Err(refuse::bad_input(format!("name 1 to {IMPORT_ROWS_MAX} people")));
    }

    find(shared, &name).await?;
    let mut people = Vec::new();
    for word in &wanted.people {
        people.push(person(shared, word).await?.id);
    }
    people.sort_unstable();
    people.dedup();

    let full = |e: StoreError| match e {
        StoreError::Conflict { .. } => refuse::conflict(format!(
            "a group holds at most {} people, or somebody or the group is gone just now; nothing was changed",
            Group::PEOPLE_MAX
        )),
        other => refuse::store(other),
    };
    let joined = shared.ports.store.add_to_group(name.clone(), people.clone(), cx.started_at).await.map_err(full)?;
    if !joined.added.is_empty() {
        release::publish_group(shared, &name, &joined.apps).await?;
        end_sessions(shared, &joined.apps, &joined.added).await?;
    }

    let unchanged = u64::try_from(people.len().saturating_sub(joined.added.len())).unwrap_or(u64::MAX);
    let note = format!("{} in group `{name}` now, which is in {}", ids(&joined.added), words(&joined.apps));
    let mut reply = reply::ok(&AddedToGroup { group: name, added: joined.added, unchanged })?;
    reply.note = Some(gateway::events::Event::text(&note));
    Ok(reply)
}

/// The first of them by id: names may be erased one day, and a line of the log is not for thousands.
pub(super) fn ids(people: &[PrincipalId]) -> String {
    const NAMED: usize = 20;
    let mut words: Vec<String> = people.iter().take(NAMED).map(ToString::to_string).collect();
    if people.len() > NAMED {
        words.push(format!("and {} more", people.len() - NAMED));
    }
    if words.is_empty() { "nobody is".to_owned() } else { format!("{} are", words.join(", ")) }
}

pub(crate) async fn take(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let name: GroupName = input::parsed(&asked.call, "group")?;
    let word = input::param(&asked.call, "person")?;

    find(shared, &name).await?;
    let person = person(shared, &word).await?;
    let apps = shared.ports.store.take_from_group(name.clone(), person.id).await.map_err(refuse::store)?;
    let apps = apps.ok_or_else(|| refuse::not_found(format!("`{}` in group `{name}`", input::short(&word))))?;
    release::publish_group(shared, &name, &apps).await?;
    end_sessions(shared, &apps, &[person.id]).await?;

    let mut reply = reply::ok(&Removed { removed: person.id.to_string() })?;
    reply.note = Some(format!("{} left group `{name}`, which is in {}", person.id, words(&apps)).into());
    Ok(reply)
}

/// The same for everybody in a group, at an app where its part changed.
pub(super) async fn end_sessions_of(shared: &Shared, app: &AppName, group: &GroupName) -> Result<(), Refusal> {
    let people = shared.ports.store.whole_group(group.clone()).await.map_err(refuse::store)?;
    end_sessions(shared, std::slice::from_ref(app), &people).await
}

/// Whoever's part changed signs in to the apps anew, as after a change of a single member (ASVS 7.4). Policy knows already.
async fn end_sessions(shared: &Shared, apps: &[AppName], people: &[PrincipalId]) -> Result<(), Refusal> {
    let pairs: Vec<(PrincipalId, AppName)> = if people.len() <= FEW {
        people.iter().flat_map(|person| apps.iter().map(|app| (*person, app.clone()))).collect()
    } else {
        let people: HashSet<&PrincipalId> = people.iter().collect();
        let open = shared.ports.store.sessions(None).await.map_err(refuse::store)?;
        let theirs = open.into_iter().filter(|session| people.contains(&session.person));
        let there = theirs.filter_map(|session| Some((session.person, session.app.filter(|app| apps.contains(app))?)));
        there.collect::<HashSet<_>>().into_iter().collect()
    };
    for (person, app) in pairs {
        shared.ports.sessions.end_all(person, Some(app), None).await.map_err(refuse::store)?;
    }
    Ok(())
}

pub(crate) async fn put_in_app(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let name: GroupName = input::parsed(&asked.call, "group")?;
    let wanted: PutAppGroup = input::json(&asked.head, asked.body).await?;

    apps::find(shared, &app).await?;
    let found = find(shared, &name).await?;
    let role = match wanted.role {
        Role::Member => MemberRole::Member,
        Role::Admin => MemberRole::Admin,
    };
    let place = AppGroup { group: name.clone(), role, added_at: cx.started_at };
    let full = |e: StoreError| match e {
        StoreError::Conflict { .. } => refuse::conflict(format!(
            "an app has at most {} groups, or this one is gone just now",
            AppGroup::OF_APP_MAX
        )),
        other => refuse::store(other),
    };
    shared.ports.store.put_app_group(app.clone(), place.clone()).await.map_err(full)?;
    release::publish(shared, &app).await?;
    end_sessions_of(shared, &app, &name).await?;

    let mut reply = reply::ok(&shown(&place, found.people))?;
    reply.note = Some(format!("group `{name}` is {} of `{app}` now", members::word(role)).into());
    Ok(reply)
}

pub(super) fn shown(place: &AppGroup, people: u64) -> MemberGroup {
    MemberGroup { group: place.group.clone(), role: members::role(place.role), people, added_at: place.added_at }
}

pub(crate) async fn remove_from_app(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;
    let name: GroupName = input::parsed(&asked.call, "group")?;

    apps::find(shared, &app).await?;
    let people = shared.ports.store.whole_group(name.clone()).await.map_err(refuse::store)?;
    if !shared.ports.store.remove_app_group(app.clone(), name.clone()).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("group `{name}` among the members of `{app}`")));
    }
    release::publish(shared, &app).await?;
    end_sessions(shared, std::slice::from_ref(&app), &people).await?;

    let mut reply = reply::ok(&Removed { removed: format!("group:{name}") })?;
    reply.note = Some(format!("group `{name}` is no member of `{app}` any more").into());
    Ok(reply)
}
