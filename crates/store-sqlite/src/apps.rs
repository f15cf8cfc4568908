//! `store::Apps` in SQL.
use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};
use store::{Answer, App, AppGroup, AppMember, Apps, Deployment, DeploymentState, Kept, MemberRole, surplus};
use types::{AppName, DeploymentId, Digest, PrincipalId, UnixMillis};

use crate::{
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{self, APP, DEPLOYMENT, millis},
};

impl Apps for SqliteStore {
    fn app(&self, name: AppName) -> Answer<'_, Option<App>> {
        self.read("looked an app up", move |db| find_app(db, &name))
    }

    fn apps(&self) -> Answer<'_, Vec<App>> {
        self.read("listed apps", |db| {
            let sql = format!("SELECT {APP} FROM app ORDER BY name");
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([], rows::app)?.collect();
            Ok(found?)
        })
    }

    fn add_app(&self, name: AppName, at: UnixMillis, admin: Option<PrincipalId>) -> Answer<'_, bool> {
        let label = Label { doing: "added an app", what: "the app or its admin" };
        self.write(label, move |db| {
            let sql = "INSERT INTO app (name, created_at) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING";
            if db.prepare_cached(sql)?.execute((name.as_str(), millis(at)?))? == 0 {
                return Ok(false);
            }
            if let Some(principal) = admin {
                upsert_member(db, &name, &AppMember { principal, role: MemberRole::Admin, added_at: at })?;
            }
            Ok(true)
        })
    }

    fn remove_app(&self, name: AppName) -> Answer<'_, bool> {
        let label = Label { doing: "removed an app", what: "the app" };
        self.write(label, move |db| {
            // Everything that belongs to it goes along through ON DELETE CASCADE, in the same transaction.
            Ok(db.prepare_cached("DELETE FROM app WHERE name = ?1")?.execute([name.as_str()])? == 1)
        })
    }

    fn add_deployment(&self, deployment: Deployment) -> Answer<'_, ()> {
        let label = Label { doing: "added a deployment", what: "the deployment or its app" };
        self.write(label, move |db| insert_deployment(db, &deployment))
    }

    fn deployment(&self, app: AppName, id: DeploymentId) -> Answer<'_, Option<Deployment>> {
        self.read("looked a deployment up", move |db| {
            let sql = format!("SELECT {DEPLOYMENT} FROM deployment WHERE app = ?1 AND id = ?2");
            Ok(db.prepare_cached(&sql)?.query_row((app.as_str(), id.as_bytes()), rows::deployment).optional()?)
        })
    }

    fn deployments(&self, app: AppName) -> Answer<'_, Vec<Deployment>> {
        self.read("listed deployments", move |db| {
            let sql = format!("SELECT {DEPLOYMENT} FROM deployment WHERE app = ?1 ORDER BY created_at DESC, seq DESC");
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([app.as_str()], rows::deployment)?.collect();
            Ok(found?)
        })
    }

    fn set_deployment_state(&self, app: AppName, id: DeploymentId, state: DeploymentState) -> Answer<'_, bool> {
        let label = Label { doing: "set the state of a deployment", what: "the deployment" };
        self.write(label, move |db| {
            let current = find_app(db, &app)?.and_then(|found| found.current) == Some(id);
            if current && state != DeploymentState::Ready {
                return Err(Fault::Conflict("the new state of the current deployment"));
            }
            let (word, code, reason) = rows::state_columns(&state);
            let sql = "UPDATE deployment SET state = ?3, fail_code = ?4, fail_reason = ?5 WHERE app = ?1 AND id = ?2";
            Ok(db.prepare_cached(sql)?.execute((app.as_str(), id.as_bytes(), word, code, reason))? == 1)
        })
    }

    fn switch(&self, app: AppName, id: DeploymentId) -> Answer<'_, App> {
        let label = Label { doing: "switched to a deployment", what: "the deployment" };
        self.write(label, move |db| {
            let sql = format!(
                "UPDATE app SET current = ?2, version = version + 1 WHERE name = ?1 AND EXISTS
                 (SELECT 1 FROM deployment WHERE app = ?1 AND id = ?2 AND state = 'ready') RETURNING {APP}"
            );
            let now = db.prepare_cached(&sql)?.query_row((app.as_str(), id.as_bytes()), rows::app).optional()?;
            now.ok_or(Fault::Conflict("the switch to a deployment that is not ready"))
        })
    }

    fn prune_deployments(&self, app: AppName, kept: Kept) -> Answer<'_, usize> {
        let label = Label { doing: "pruned deployments", what: "the deployments" };
        self.write(label, move |db| {
            let Some(found) = find_app(db, &app)? else { return Ok(0) };
            let sql = format!("SELECT {DEPLOYMENT} FROM deployment WHERE app = ?1 ORDER BY created_at DESC, seq DESC");
            let mut read = db.prepare_cached(&sql)?;
            let history: Vec<_> = read.query_map([app.as_str()], rows::deployment)?.collect::<Result<_, _>>()?;
            let gone = surplus(history.iter().map(|d| (d.id, &d.state)), found.current, &kept);
            let mut remove = db.prepare_cached("DELETE FROM deployment WHERE app = ?1 AND id = ?2")?;
            for id in &gone {
                remove.execute((app.as_str(), id.as_bytes()))?;
            }
            Ok(gone.len())
        })
    }

    fn components_in_use(&self) -> Answer<'_, HashSet<Digest>> {
        self.read("listed the components in use", |db| {
            let mut read = db.prepare_cached("SELECT components FROM deployment WHERE state <> 'failed'")?;
            let lists: Vec<_> = read.query_map([], rows::components)?.collect::<Result<_, _>>()?;
            Ok(lists.into_iter().flatten().map(|(_, digest)| digest).collect())
        })
    }

    fn members(&self, app: AppName) -> Answer<'_, Vec<AppMember>> {
        self.read("listed members", move |db| {
            let sql = "SELECT principal, role, added_at FROM member WHERE app = ?1 ORDER BY principal";
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map([app.as_str()], rows::member)?.collect();
            Ok(found?)
        })
    }

    fn put_member(&self, app: AppName, member: AppMember) -> Answer<'_, ()> {
        let label = Label { doing: "added a member", what: "the membership" };
        self.write(label, move |db| {
            upsert_member(db, &app, &member)?;
            grow(db, &app)
        })
    }

    fn put_members(&self, app: AppName, members: Vec<AppMember>, groups: Vec<AppGroup>) -> Answer<'_, ()> {
        let label = Label { doing: "added members", what: "one of the memberships" };
        self.write(label, move |db| {
            for member in &members {
                upsert_member(db, &app, member)?;
            }
            for group in &groups {
                crate::groups::place(db, &app, group)?;
            }
            grow(db, &app)
        })
    }

    fn remove_member(&self, app: AppName, principal: PrincipalId) -> Answer<'_, bool> {
        let label = Label { doing: "removed a member", what: "the membership" };
        self.write(label, move |db| {
            let sql = "DELETE FROM member WHERE app = ?1 AND principal = ?2";
            let removed = db.prepare_cached(sql)?.execute((app.as_str(), principal.as_bytes()))? == 1;
            if removed {
                grow(db, &app)?;
            }
            Ok(removed)
        })
    }
}

fn find_app(db: &Connection, name: &AppName) -> Result<Option<App>, Fault> {
    let sql = format!("SELECT {APP} FROM app WHERE name = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([name.as_str()], rows::app).optional()?)
}

pub(crate) fn grow(db: &Connection, app: &AppName) -> Result<(), Fault> {
    db.prepare_cached("UPDATE app SET version = version + 1 WHERE name = ?1")?.execute([app.as_str()])?;
    Ok(())
}

pub(crate) fn upsert_member(db: &Connection, app: &AppName, member: &AppMember) -> Result<(), Fault> {
    let sql = "INSERT INTO member (app, principal, role, added_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (app, principal) DO UPDATE SET role = excluded.role";
    let (role, added_at) = (rows::role_word(member.role), millis(member.added_at)?);
    db.prepare_cached(sql)?.execute((app.as_str(), member.principal.as_bytes(), role, added_at))?;
    // Whoever is in asks no more, and does not ask again by themselves once they are taken out.
    let sql = "DELETE FROM access_request WHERE app = ?1 AND person = ?2";
    db.prepare_cached(sql)?.execute((app.as_str(), member.principal.as_bytes()))?;
    Ok(())
}

fn insert_deployment(db: &Connection, new: &Deployment) -> Result<(), Fault> {
    let components = serde_json::to_string(&new.components).map_err(|_| Fault::Conflict("the list of components"))?;
    let (word, code, reason) = rows::state_columns(&new.state);
    let sql = "INSERT INTO deployment (app, id, manifest, policy, components, state, fail_code, fail_reason, created_at, created_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               ON CONFLICT (app, id) DO UPDATE
               SET state = excluded.state, fail_code = excluded.fail_code, fail_reason = excluded.fail_reason
               WHERE state = 'failed'";
    let row = (
        new.app.as_str(),
        new.id.as_bytes(),
        &*new.manifest,
        new.policy.as_deref(),
        components,
        word,
        code,
        reason,
        millis(new.created_at)?,
        new.created_by.as_ref().map(PrincipalId::as_bytes),
    );
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}
