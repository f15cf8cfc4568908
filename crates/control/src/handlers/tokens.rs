//! Tokens: a person's own, and those of an app's service accounts.
use control_api::{CreateCallToken, CreateToken, Token, TokenCreated, TokenList, TokenUse};
use gateway::{NewCredential, Refusal, Reply};
use http::StatusCode;
use store::{Audience, Credential, CredentialKind, Principal};
use types::{AppName, Caller, Code, CredentialId, FunctionName};

use super::apps;
use crate::{
    input::{self, Query, display_text},
    refuse, reply,
    service::{Asked, Shared},
};

const LABEL_CHARS_MAX: usize = 100;
/// A token that is over before it can be pasted somewhere helps nobody.
const LIFE_S_MIN: u64 = 10;

fn shown(credential: &Credential, principal: Option<&Principal>) -> Token {
    Token {
        id: credential.id,
        used_for: match credential.kind {
            CredentialKind::Cli => TokenUse::Cli,
            CredentialKind::Call => TokenUse::Call,
            CredentialKind::Service => TokenUse::Service,
        },
        principal: credential.principal,
        principal_name: principal.map(|p| p.name.to_string()),
        app: match &credential.audience {
            Audience::Platform => None,
            Audience::App(app) => Some(app.clone()),
        },
        label: credential.label.to_string(),
        created_at: credential.created_at,
        expires_at: credential.expires_at,
        revoked_at: credential.revoked_at,
    }
}

/// The life to ask identity for, which knows the usual (0) and the longest one.
fn life(asked: Option<u64>) -> Result<u64, Refusal> {
    match asked {
        None => Ok(0),
        Some(life) if life < LIFE_S_MIN => Err(refuse::bad_input(format!("`life_s` is at least {LIFE_S_MIN}"))),
        Some(life) => Ok(life),
    }
}

/// Credentials of an app's service accounts, with the account of each.
async fn of_app(shared: &Shared, app: &AppName) -> Result<Vec<(Credential, Principal)>, Refusal> {
    let store = &shared.ports.store;
    let mut found = Vec::new();
    for account in store.principals(Some(app.clone())).await.map_err(refuse::store)? {
        for credential in store.credentials(Some(account.id)).await.map_err(refuse::store)? {
            found.push((credential, account.clone()));
        }
    }
    Ok(found)
}

pub(crate) async fn list_of_app(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;

    apps::find(shared, &app).await?;
    let mut found = of_app(shared, &app).await?;
    found.sort_by_key(|(credential, _)| std::cmp::Reverse(credential.created_at));

    reply::ok(&TokenList { tokens: found.iter().map(|(c, p)| shown(c, Some(p))).collect() })
}

pub(crate) async fn create_for_service(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let wanted: CreateToken = input::json(&asked.head, asked.body).await?;

    apps::find(shared, &app).await?;
    // Service accounts are named like functions, because manifests name them in `callers`.
    let name = FunctionName::parse(&wanted.service).map_err(|e| refuse::bad_input(format!("`service`: {e}")))?;
    let label = display_text("`label`", wanted.label.as_deref().unwrap_or(name.as_str()), LABEL_CHARS_MAX)?;
    let life_s = life(wanted.life_s)?;

    let credentials = &shared.ports.credentials;
    let account = credentials.service_account(app.clone(), name.as_str().into()).await.map_err(refuse::credential)?;
    let new = NewCredential {
        principal: account.id,
        kind: CredentialKind::Service,
        audience: Audience::App(app.clone()),
        label: label.into(),
        life_s,
    };
    let (credential, secret) = credentials.create(new).await.map_err(refuse::credential)?;

    let token = shown(&credential, Some(&account));
    let url = shared.ports.names.app_url(&app);
    reply::json(StatusCode::CREATED, &TokenCreated { token, secret: secret.reveal().to_owned(), url })
}

pub(crate) async fn create_call(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let wanted: CreateCallToken = input::json(&asked.head, asked.body).await?;

    let Caller::Person(person) = &*asked.caller else {
        let sentence = "only a person can make a token to call an app as themselves";
        return Err(Refusal::new(Code::POL_DENIED, sentence)
            .detail(sentence)
            .next("sign in as a person with `serviceful login` (where there is no owner yet: `serviceful claim --accept`), or make a token for a service account: `serviceful token create APP SERVICE`"));
    };
    apps::find_for(shared, &asked.caller, &wanted.app).await?;
    let life_s = life(wanted.life_s)?;

    let new = NewCredential {
        principal: person.id,
        kind: CredentialKind::Call,
        audience: Audience::App(wanted.app.clone()),
        label: "call".into(),
        life_s,
    };
    let (credential, secret) =
        shared.ports.people.create_call(new, person.credential).await.map_err(refuse::credential)?;

    let mut token = shown(&credential, None);
    token.principal_name = Some(person.display_name.to_string());
    let url = shared.ports.names.app_url(&wanted.app);
    reply::json(StatusCode::CREATED, &TokenCreated { token, secret: secret.reveal().to_owned(), url })
}

/// Whether the caller may see and revoke credentials of everybody.
fn oversees(caller: &Caller) -> bool {
    match caller {
        Caller::Operator { .. } => true,
        Caller::Person(person) => person.owner,
        Caller::Service(_) | Caller::Stranger => false,
    }
}

pub(crate) async fn list_own(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let all = Query::parse(&asked.head, &["all"])?.flag("all")?;

    if all && !oversees(&asked.caller) {
        let sentence = "only an owner may list the tokens of everybody";
        return Err(Refusal::new(Code::POL_DENIED, sentence).detail(sentence));
    }
    let of = match asked.caller.principal() {
        Some(own) if !all => Some(own),
        // The operator has no tokens of its own; asking means all.
        None if !oversees(&asked.caller) => return reply::ok(&TokenList { tokens: Vec::new() }),
        _ => None,
    };

    let store = &shared.ports.store;
    let mut tokens = Vec::new();
    for credential in store.credentials(of).await.map_err(refuse::store)? {
        let principal = store.principal(credential.principal).await.map_err(refuse::store)?;
        tokens.push(shown(&credential, principal.as_ref()));
    }

    reply::ok(&TokenList { tokens })
}

async fn revoke(shared: &Shared, id: CredentialId) -> Result<Reply, Refusal> {
    let revoked = shared.ports.credentials.revoke(id).await.map_err(refuse::credential)?;
    let credential = revoked.ok_or_else(|| refuse::not_found(format!("token {id}")))?;
    let principal = shared.ports.store.principal(credential.principal).await.map_err(refuse::store)?;
    reply::ok(&shown(&credential, principal.as_ref()))
}

pub(crate) async fn revoke_of_app(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;
    let id: CredentialId = input::parsed(&asked.call, "token")?;

    // SECURITY: an app's admin revokes that app's tokens and no others; the rest do not exist for them.
    if !of_app(shared, &app).await?.iter().any(|(credential, _)| credential.id == id) {
        return Err(refuse::not_found(format!("token {id} of `{app}`")));
    }

    revoke(shared, id).await
}

pub(crate) async fn revoke_own(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let id: CredentialId = input::parsed(&asked.call, "token")?;

    if !oversees(&asked.caller) {
        let own = asked.caller.principal().ok_or_else(|| refuse::not_found(format!("token {id}")))?;
        let mine = shared.ports.store.credentials(Some(own)).await.map_err(refuse::store)?;
        if !mine.iter().any(|credential| credential.id == id) {
            return Err(refuse::not_found(format!("token {id}")));
        }
    }

    revoke(shared, id).await
}
