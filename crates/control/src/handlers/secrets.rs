//! Secrets of an app: set, listed, removed. There is no operation that tells what one holds.
use control_api::{PutSecret, Removed, SecretList, SecretPut, SecretView};
use gateway::{Ctx, Refusal, Reply, VaultError};
use store::{NewSecret, SecretEntry};
use types::{AppName, Caller, Code, SECRET_BYTES_MAX, SECRETS_MAX, Secret, SecretName};

use super::apps;
use crate::{
    deploy::Plan,
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

fn vault(error: VaultError) -> Refusal {
    match error {
        VaultError::Busy => Refusal::new(Code::DOOR_BUSY, error.to_string()),
        other => Refusal::internal(other.to_string()),
    }
}

/// What the current deployment's functions may read: function and secret.
async fn granted(shared: &Shared, name: &AppName) -> Result<Vec<(String, SecretName)>, Refusal> {
    let app = apps::find(shared, name).await?;
    let Some(id) = app.current else { return Ok(Vec::new()) };
    let Some(stored) = shared.ports.store.deployment(name.clone(), id).await.map_err(refuse::store)? else {
        return Ok(Vec::new());
    };
    let plan = Plan::of_stored(&stored, &shared.ports.caps)?;
    let of = |target: &std::sync::Arc<types::FunctionTarget>| {
        let function = target.function.to_string();
        target.grants.secrets.iter().map(|secret| (function.clone(), secret.clone())).collect::<Vec<_>>()
    };
    Ok(plan.functions.iter().flat_map(of).collect())
}

/// Those of `wanted` that nobody has set.
pub(crate) async fn missing(
    shared: &Shared,
    app: &AppName,
    wanted: impl IntoIterator<Item = SecretName>,
) -> Result<Vec<SecretName>, Refusal> {
    let mut missing: Vec<SecretName> = wanted.into_iter().collect();
    missing.sort();
    missing.dedup();
    if !missing.is_empty() {
        let set = shared.ports.store.secrets(app.clone()).await.map_err(refuse::store)?;
        missing.retain(|name| !set.iter().any(|entry| entry.name == *name));
    }
    Ok(missing)
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;

    let granted = granted(shared, &app).await?;
    let mut secrets = Vec::new();
    for entry in shared.ports.store.secrets(app.clone()).await.map_err(refuse::store)? {
        secrets.push(shown(shared, entry, &granted).await?);
    }
    let missing = missing(shared, &app, granted.into_iter().map(|(_, secret)| secret)).await?;

    reply::ok(&SecretList { secrets, missing })
}

async fn shown(shared: &Shared, entry: SecretEntry, granted: &[(String, SecretName)]) -> Result<SecretView, Refusal> {
    let by = match entry.changed_by {
        Some(id) => shared.ports.store.principal(id).await.map_err(refuse::store)?,
        None => None,
    };
    let functions = granted.iter().filter(|(_, name)| *name == entry.name).map(|(function, _)| function.clone());
    Ok(SecretView {
        functions: functions.collect(),
        name: entry.name,
        version: entry.version,
        changed_at: entry.changed_at,
        changed_by: entry.changed_by,
        changed_by_name: by.map(|principal| principal.name.to_string()),
        used_at: entry.used_at,
    })
}

pub(crate) async fn put(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let name: SecretName = input::parsed(&asked.call, "secret")?;
    let PutSecret { value } = input::json(&asked.head, asked.body).await?;

    apps::find(shared, &app).await.map_err(|refusal| refusal.next("deploy the app first"))?;
    let bytes = value.len();
    if !(1..=SECRET_BYTES_MAX).contains(&bytes) {
        return Err(refuse::bad_input(format!("the value has {bytes} bytes; a secret has 1 to {SECRET_BYTES_MAX}")));
    }

    let sealed =
        shared.ports.secrets.seal_secret(app.clone(), name.clone(), Secret::new(value)).await.map_err(vault)?;
    let by = match &*asked.caller {
        Caller::Person(person) => Some(person.id),
        _ => None,
    };
    let new = NewSecret { app: app.clone(), name: name.clone(), sealed, at: cx.started_at, by };
    let version = shared.ports.store.put_secret(new).await.map_err(refuse::store)?;
    let Some(version) = version else {
        let sentence = format!("`{app}` has {SECRETS_MAX} secrets already, which is the limit `secrets`");
        let next = format!("remove one that no function reads: `serviceful secrets list {app}` shows them");
        return Err(Refusal::new(Code::CTL_CONFLICT, sentence.clone()).detail(sentence).next(next));
    };

    let mut reply = reply::ok(&SecretPut { name: name.clone(), version })?;
    reply.note = Some(format!("secret {name}, version {version}").into());
    Ok(reply)
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;
    let name: SecretName = input::parsed(&asked.call, "secret")?;

    apps::find(shared, &app).await?;
    if !shared.ports.store.remove_secret(app.clone(), name.clone()).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("secret `{name}` of `{app}`")));
    }

    let mut reply = reply::ok(&Removed { removed: name.to_string() })?;
    reply.note = Some(format!("secret {name} removed").into());
    Ok(reply)
}
