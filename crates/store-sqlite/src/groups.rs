//! `store::Groups` in SQL.
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};
use store::{Answer, AppGroup, Group, GroupSize, Groups, Joined, MemberRole};
use types::{AppName, GroupName, PrincipalId, UnixMillis};

use crate::{
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{self, app_name, group_name, millis, number, principal_id, time, unsigned},
};

const SIZE: &str = "g.name, g.created_at, (SELECT count(*) FROM group_person p WHERE p.name = g.name), \
                    (SELECT count(*) FROM member_group m WHERE m.name = g.name)";

fn size(row: &Row<'_>) -> Result<GroupSize, rusqlite::Error> {
    let group = Group { name: group_name(row, 0)?, created_at: time(row, 1)? };
    Ok(GroupSize { group, people: unsigned(row, 2)?, apps: unsigned(row, 3)? })
}

fn app(row: &Row<'_>) -> Result<AppName, rusqlite::Error> {
    app_name(0, &row.get::<_, String>(0)?)
}

/// What more than `u64::MAX` of anything would be cannot be stored either.
pub(crate) fn at_most(count: usize) -> Result<i64, Fault> {
    number(u64::try_from(count).unwrap_or(u64::MAX).min(1 << 40))
}

fn count(db: &Connection, sql: &str, of: &str) -> Result<usize, Fault> {
    let found = db.prepare_cached(sql)?.query_row([of], |row| unsigned(row, 0))?;
    Ok(usize::try_from(found).unwrap_or(usize::MAX))
}

fn places(db: &Connection, name: &GroupName) -> Result<Vec<AppName>, Fault> {
    let sql = "SELECT app FROM member_group WHERE name = ?1 ORDER BY app";
    let found: Result<_, _> = db.prepare_cached(sql)?.query_map([name.as_str()], app)?.collect();
    Ok(found?)
}

/// Grows the versions of the apps of a group, and forgets the requests of those who are in by it: they ask no more.
pub(crate) fn grow_apps_of(db: &Connection, name: &GroupName) -> Result<Vec<AppName>, Fault> {
    let apps = places(db, name)?;
    if apps.is_empty() {
        return Ok(apps);
    }
    let sql = "UPDATE app SET version = version + 1 WHERE name IN (SELECT app FROM member_group WHERE name = ?1)";
    db.prepare_cached(sql)?.execute([name.as_str()])?;
    let sql = "DELETE FROM access_request WHERE app IN (SELECT app FROM member_group WHERE name = ?1)
               AND person IN (SELECT person FROM group_person WHERE name = ?1)";
    db.prepare_cached(sql)?.execute([name.as_str()])?;
    Ok(apps)
}

pub(crate) fn apps_of(db: &Connection, person: PrincipalId) -> Result<Vec<AppName>, Fault> {
    let sql = "SELECT app FROM member WHERE principal = ?1
               UNION SELECT m.app FROM member_group m JOIN group_person g ON g.name = m.name WHERE g.person = ?1
               ORDER BY 1";
    let found: Result<_, _> = db.prepare_cached(sql)?.query_map([person.as_bytes()], app)?.collect();
    Ok(found?)
}

/// Puts one person in; whether they were not in it before.
pub(crate) fn insert_person(
    db: &Connection,
    name: &GroupName,
    person: PrincipalId,
    at: UnixMillis,
) -> Result<bool, Fault> {
    let sql =
        "INSERT INTO group_person (name, person, joined_at) VALUES (?1, ?2, ?3) ON CONFLICT (name, person) DO NOTHING";
    Ok(db.prepare_cached(sql)?.execute((name.as_str(), person.as_bytes(), millis(at)?))? == 1)
}

pub(crate) fn join(db: &Connection, name: &GroupName, people: &[PrincipalId], at: UnixMillis) -> Result<Joined, Fault> {
    let mut known = db.prepare_cached("SELECT 1 FROM people_group WHERE name = ?1")?;
    if !known.exists([name.as_str()])? {
        return Err(Fault::Conflict("a place in a group that is not there"));
    }
    let mut is_person = db.prepare_cached("SELECT 1 FROM principal WHERE id = ?1 AND kind = 'person'")?;
    let mut added = Vec::new();
    for person in people {
        if !is_person.exists([person.as_bytes()])? {
            return Err(Fault::Conflict("a place in the group"));
        }
        if insert_person(db, name, *person, at)? {
            added.push(*person);
        }
    }
    if count(db, "SELECT count(*) FROM group_person WHERE name = ?1", name.as_str())? > Group::PEOPLE_MAX {
        return Err(Fault::Conflict("the size of the group"));
    }
    added.sort_unstable();
    let apps = if added.is_empty() { places(db, name)? } else { grow_apps_of(db, name)? };
    Ok(Joined { added, apps })
}

const LABEL: Label = Label { doing: "changed a group", what: "the group" };

/// Gives a group its place or another role. Requests of those who are in by it are over.
pub(crate) fn place(db: &Connection, app: &AppName, new: &AppGroup) -> Result<(), Fault> {
    let sql = "INSERT INTO member_group (app, name, role, added_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (app, name) DO UPDATE SET role = excluded.role";
    let row = (app.as_str(), new.group.as_str(), rows::role_word(new.role), millis(new.added_at)?);
    db.prepare_cached(sql)?.execute(row)?;
    if count(db, "SELECT count(*) FROM member_group WHERE app = ?1", app.as_str())? > AppGroup::OF_APP_MAX {
        return Err(Fault::Conflict("one group more in the app"));
    }
    let sql = "DELETE FROM access_request WHERE app = ?1
               AND person IN (SELECT person FROM group_person WHERE name = ?2)";
    db.prepare_cached(sql)?.execute((app.as_str(), new.group.as_str()))?;
    Ok(())
}

impl Groups for SqliteStore {
    fn groups(&self) -> Answer<'_, Vec<GroupSize>> {
        self.read("listed groups", |db| {
            let sql = format!("SELECT {SIZE} FROM people_group g ORDER BY g.name");
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([], size)?.collect();
            Ok(found?)
        })
    }

    fn group(&self, name: GroupName) -> Answer<'_, Option<GroupSize>> {
        self.read("looked a group up", move |db| {
            let sql = format!("SELECT {SIZE} FROM people_group g WHERE g.name = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([name.as_str()], size).optional()?)
        })
    }

    fn add_group(&self, group: Group) -> Answer<'_, bool> {
        self.write(LABEL, move |db| {
            let sql = "INSERT INTO people_group (name, created_at) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
            if db.prepare_cached(sql)?.execute((group.name.as_str(), millis(group.created_at)?))? == 0 {
                return Ok(false);
            }
            let all = "SELECT count(*) FROM people_group WHERE name <> ?1";
            if count(db, all, group.name.as_str())? >= Group::COUNT_MAX {
                return Err(Fault::Conflict("one group more"));
            }
            Ok(true)
        })
    }

    fn remove_group(&self, name: GroupName) -> Answer<'_, Option<Vec<AppName>>> {
        self.write(LABEL, move |db| {
            let apps = grow_apps_of(db, &name)?;
            // Memberships and places go along through ON DELETE CASCADE.
            let gone = db.prepare_cached("DELETE FROM people_group WHERE name = ?1")?.execute([name.as_str()])? == 1;
            Ok(gone.then_some(apps))
        })
    }

    fn group_people(
        &self,
        name: GroupName,
        after: Option<PrincipalId>,
        limit: usize,
    ) -> Answer<'_, Vec<(PrincipalId, UnixMillis)>> {
        self.read("listed a group", move |db| {
            let sql = "SELECT person, joined_at FROM group_person WHERE name = ?1 AND (?2 IS NULL OR person > ?2)
                       ORDER BY person LIMIT ?3";
            let row = (name.as_str(), after.as_ref().map(PrincipalId::as_bytes), at_most(limit)?);
            let pair = |row: &Row<'_>| Ok((principal_id(row, 0)?, time(row, 1)?));
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map(row, pair)?.collect();
            Ok(found?)
        })
    }

    fn add_to_group(&self, name: GroupName, people: Vec<PrincipalId>, at: UnixMillis) -> Answer<'_, Joined> {
        self.write(LABEL, move |db| join(db, &name, &people, at))
    }

    fn take_from_group(&self, name: GroupName, person: PrincipalId) -> Answer<'_, Option<Vec<AppName>>> {
        self.write(LABEL, move |db| {
            let sql = "DELETE FROM group_person WHERE name = ?1 AND person = ?2";
            if db.prepare_cached(sql)?.execute((name.as_str(), person.as_bytes()))? == 0 {
                return Ok(None);
            }
            grow_apps_of(db, &name).map(Some)
        })
    }

    fn groups_of(&self, person: PrincipalId) -> Answer<'_, Vec<GroupName>> {
        self.read("listed the groups of a person", move |db| {
            let sql = "SELECT name FROM group_person WHERE person = ?1 ORDER BY name";
            let found: Result<_, _> =
                db.prepare_cached(sql)?.query_map([person.as_bytes()], |row| group_name(row, 0))?.collect();
            Ok(found?)
        })
    }

    fn app_groups(&self, app: AppName) -> Answer<'_, Vec<AppGroup>> {
        self.read("listed the groups of an app", move |db| {
            let sql = "SELECT name, role, added_at FROM member_group WHERE app = ?1 ORDER BY name";
            let one = |row: &Row<'_>| {
                Ok(AppGroup { group: group_name(row, 0)?, role: rows::role(row, 1)?, added_at: time(row, 2)? })
            };
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map([app.as_str()], one)?.collect();
            Ok(found?)
        })
    }

    fn put_app_group(&self, app: AppName, new: AppGroup) -> Answer<'_, ()> {
        let label = Label { doing: "gave a group a place in an app", what: "the group's place in the app" };
        self.write(label, move |db| {
            place(db, &app, &new)?;
            crate::apps::grow(db, &app)
        })
    }

    fn remove_app_group(&self, app: AppName, group: GroupName) -> Answer<'_, bool> {
        let label = Label { doing: "took a group out of an app", what: "the group's place in the app" };
        self.write(label, move |db| {
            let sql = "DELETE FROM member_group WHERE app = ?1 AND name = ?2";
            let removed = db.prepare_cached(sql)?.execute((app.as_str(), group.as_str()))? == 1;
            if removed {
                crate::apps::grow(db, &app)?;
            }
            Ok(removed)
        })
    }

    fn apps_of_group(&self, group: GroupName) -> Answer<'_, Vec<(AppName, MemberRole)>> {
        self.read("listed the apps of a group", move |db| {
            let sql = "SELECT app, role FROM member_group WHERE name = ?1 ORDER BY app";
            let pair = |row: &Row<'_>| Ok((app(row)?, rows::role(row, 1)?));
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map([group.as_str()], pair)?.collect();
            Ok(found?)
        })
    }

    fn apps_of(&self, person: PrincipalId) -> Answer<'_, Vec<AppName>> {
        self.read("listed the apps of a person", move |db| apps_of(db, person))
    }

    fn whole_group(&self, name: GroupName) -> Answer<'_, Arc<[PrincipalId]>> {
        self.read("read a group", move |db| {
            let sql = "SELECT person FROM group_person WHERE name = ?1 ORDER BY person";
            let found: Result<Vec<_>, _> =
                db.prepare_cached(sql)?.query_map([name.as_str()], |row| principal_id(row, 0))?.collect();
            Ok(found?.into())
        })
    }
}
