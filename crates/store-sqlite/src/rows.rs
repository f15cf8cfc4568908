//! Between rows and the store's types. What does not parse is a failure, never a default.
use std::sync::Arc;

use rusqlite::{Row, types::Type};
use store::{
    App, AppMember, Audience, Claim, Credential, CredentialKind, Deployment, DeploymentState, MemberRole, Principal,
    PrincipalKind,
};
use types::{AppName, CredentialId, Digest, GroupName, PrincipalId, UnixMillis};

use crate::fault::Fault;

type Got<T> = Result<T, rusqlite::Error>;

/// SQLite's integers are signed.
pub(crate) fn millis(at: UnixMillis) -> Result<i64, Fault> {
    i64::try_from(at.0).map_err(|_| Fault::Conflict("a time beyond every calendar"))
}

pub(crate) fn number(value: u64) -> Result<i64, Fault> {
    i64::try_from(value).map_err(|_| Fault::Conflict("a number beyond 63 bits"))
}

pub(crate) fn bad(
    column: usize,
    kind: Type,
    what: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, what.into())
}

pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Got<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|e| bad(column, Type::Integer, e))
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> Got<UnixMillis> {
    unsigned(row, column).map(UnixMillis)
}

pub(crate) fn digest(row: &Row<'_>, column: usize) -> Got<Digest> {
    row.get(column).map(Digest::from_bytes)
}

pub(crate) fn principal_id(row: &Row<'_>, column: usize) -> Got<PrincipalId> {
    row.get(column).map(PrincipalId::from_bytes)
}

pub(crate) fn group_name(row: &Row<'_>, column: usize) -> Got<GroupName> {
    let text: String = row.get(column)?;
    GroupName::parse(&text).map_err(|e| bad(column, Type::Text, e))
}

pub(crate) fn app_name(column: usize, text: &str) -> Got<AppName> {
    AppName::parse(text).map_err(|e| bad(column, Type::Text, e))
}

fn word<T: Copy>(row: &Row<'_>, column: usize, words: &[(&str, T)]) -> Got<T> {
    let text: String = row.get(column)?;
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| bad(column, Type::Text, "an unknown word"))
}

const ROLES: [(&str, MemberRole); 2] = [("member", MemberRole::Member), ("admin", MemberRole::Admin)];
const KINDS: [(&str, CredentialKind); 3] =
    [("cli", CredentialKind::Cli), ("call", CredentialKind::Call), ("service", CredentialKind::Service)];

pub(crate) fn role(row: &Row<'_>, column: usize) -> Got<MemberRole> {
    word(row, column, &ROLES)
}

pub(crate) const fn role_word(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Member => "member",
        MemberRole::Admin => "admin",
    }
}

pub(crate) const fn kind_word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Cli => "cli",
        CredentialKind::Call => "call",
        CredentialKind::Service => "service",
    }
}

/// The word, and code and reason where it failed.
pub(crate) fn state_columns(state: &DeploymentState) -> (&'static str, Option<&str>, Option<&str>) {
    match state {
        DeploymentState::Preparing => ("preparing", None, None),
        DeploymentState::Ready => ("ready", None, None),
        DeploymentState::Failed { code, reason } => ("failed", Some(code), Some(reason)),
    }
}

pub(crate) const APP: &str = "name, created_at, current, version";

pub(crate) fn app(row: &Row<'_>) -> Got<App> {
    let current: Option<[u8; 32]> = row.get(2)?;
    Ok(App {
        name: app_name(0, &row.get::<_, String>(0)?)?,
        created_at: time(row, 1)?,
        current: current.map(Digest::from_bytes),
        version: unsigned(row, 3)?,
    })
}

pub(crate) const DEPLOYMENT: &str =
    "app, id, manifest, policy, components, state, fail_code, fail_reason, created_at, created_by";

pub(crate) fn deployment(row: &Row<'_>) -> Got<Deployment> {
    let components: String = row.get(4)?;
    let by: Option<[u8; 16]> = row.get(9)?;
    let state = match row.get::<_, String>(5)?.as_str() {
        "preparing" => DeploymentState::Preparing,
        "ready" => DeploymentState::Ready,
        "failed" => DeploymentState::Failed { code: row.get(6)?, reason: row.get(7)? },
        _ => return Err(bad(5, Type::Text, "an unknown state")),
    };
    Ok(Deployment {
        app: app_name(0, &row.get::<_, String>(0)?)?,
        id: digest(row, 1)?,
        manifest: row.get::<_, Arc<str>>(2)?,
        policy: row.get(3)?,
        components: serde_json::from_str(&components).map_err(|e| bad(4, Type::Text, e))?,
        state,
        created_at: time(row, 8)?,
        created_by: by.map(PrincipalId::from_bytes),
    })
}

/// The one column `components`.
pub(crate) fn components(row: &Row<'_>) -> Got<Vec<(Arc<str>, Digest)>> {
    serde_json::from_str(&row.get::<_, String>(0)?).map_err(|e| bad(0, Type::Text, e))
}

pub(crate) fn member(row: &Row<'_>) -> Got<AppMember> {
    Ok(AppMember { principal: principal_id(row, 0)?, role: word(row, 1, &ROLES)?, added_at: time(row, 2)? })
}

pub(crate) const PRINCIPAL: &str = "p.id, p.kind, p.owner, p.app, p.name, p.disabled, p.created_at, p.version";

/// How many columns that is.
pub(crate) const PRINCIPAL_COLUMNS: usize = 8;

/// A principal whose columns start at `at`.
pub(crate) fn principal(row: &Row<'_>, at: usize) -> Got<Principal> {
    let app: Option<String> = row.get(at + 3)?;
    let kind = match (row.get::<_, String>(at + 1)?.as_str(), app) {
        ("person", None) => PrincipalKind::Person { owner: row.get(at + 2)? },
        ("service", Some(app)) => PrincipalKind::Service { app: app_name(at + 3, &app)? },
        _ => return Err(bad(at + 1, Type::Text, "an unknown kind of principal")),
    };
    Ok(Principal {
        id: principal_id(row, at)?,
        kind,
        name: row.get(at + 4)?,
        disabled: row.get(at + 5)?,
        created_at: time(row, at + 6)?,
        version: unsigned(row, at + 7)?,
    })
}

pub(crate) const CREDENTIAL: &str =
    "c.id, c.principal, c.kind, c.audience, c.secret_hash, c.label, c.created_at, c.expires_at, c.revoked_at, c.parent";
/// How many columns that is.
pub(crate) const CREDENTIAL_COLUMNS: usize = 10;

pub(crate) fn credential(row: &Row<'_>) -> Got<Credential> {
    let audience: Option<String> = row.get(3)?;
    let revoked: Option<i64> = row.get(8)?;
    Ok(Credential {
        id: row.get(0).map(CredentialId::from_bytes)?,
        principal: principal_id(row, 1)?,
        parent: row.get::<_, Option<[u8; 16]>>(9)?.map(CredentialId::from_bytes),
        kind: word(row, 2, &KINDS)?,
        audience: match audience {
            None => Audience::Platform,
            Some(app) => Audience::App(app_name(3, &app)?),
        },
        secret_hash: digest(row, 4)?,
        label: row.get(5)?,
        created_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        revoked_at: match revoked {
            None => None,
            Some(_) => Some(time(row, 8)?),
        },
    })
}

pub(crate) fn claim(row: &Row<'_>) -> Got<Claim> {
    Ok(Claim { code_hash: digest(row, 0)?, expires_at: time(row, 1)? })
}
