//! Where the command line gets its tokens: for a code, once, or for the secret that refreshes what it has.
//! If this is wrong: a code or a secret that leaked becomes somebody's command line.
use gateway::{LoginFailure, LoginTokens, NewLogin, RefreshFailure, Refusal, Wanted};
use http::StatusCode;
use serde::Serialize;
use store::{Audience, LinkPurpose, Opening, Principal, StoreError, Use};
use types::{Digest, PrincipalId, Secret};

use crate::{
    answer::Answer,
    ask::Ask,
    cli::{self, Grant},
    client,
    protocol::{Wrong, done, malformed, refused},
    push, secret,
    service::{Shared, store},
};

/// RFC 6749 section 5.1, RFC 9449 section 5.
#[derive(Serialize)]
struct Tokens<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: &'a str,
    /// When the login ends, however often it is refreshed: milliseconds since 1970.
    login_expires_at: u64,
    /// Its id, under which tokens are listed and revoked.
    login: String,
    /// Who signed in; not with a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Who<'a>>,
}

#[derive(Serialize)]
struct Who<'a> {
    id: String,
    name: &'a str,
}

fn give(tokens: &LoginTokens, person: Option<&Principal>, note: String) -> Answer {
    let body = Tokens {
        access_token: tokens.access.reveal(),
        token_type: "DPoP",
        expires_in: tokens.access_s,
        refresh_token: tokens.refresh.reveal(),
        login_expires_at: tokens.ends_at.0,
        login: tokens.login.to_string(),
        person: person.map(|person| Who { id: person.id.to_string(), name: &person.name }),
    };
    done(StatusCode::OK, &body, Some(note))
}

/// One answer for every code and secret that does not count: what was wrong is nobody's business but the operator's.
fn over(reason: impl Into<String>) -> Refusal {
    refused(Wrong::Grant, "it is over, was used, or is another's; sign in again", reason)
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    push::known_client(ask)?;
    match ask.form.get("grant_type") {
        "authorization_code" => code(shared, ask).await,
        "refresh_token" => refresh(shared, ask).await,
        _ => {
            let description = "`grant_type` is `authorization_code` or `refresh_token`";
            Err(refused(Wrong::GrantType, description, "oauth: another grant type"))
        }
    }
}

async fn code(shared: &Shared, ask: &Ask) -> Answer {
    let (code, verifier) = (ask.form.get("code"), ask.form.get("code_verifier"));
    // RFC 7636 section 4.1. A verifier of this length that is wrong is an attack; a shorter one is a mistake.
    if !client::is_plain(verifier, 43..=128) {
        return Err(malformed("`code_verifier` has 43 to 128 characters (RFC 7636)"));
    }
    // First whose key it is, and for what: what fails here has not used the code up.
    let key = push::proved(shared, ask, client::TOKEN)?;
    let audience = push::audience(shared, ask)?;
    let (person, mut grant) = redeem(shared, ask, code).await?;
    if let Some(audience) = audience {
        grant.audience = audience;
    }
    if ask.form.get("redirect_uri") != grant.redirect.to_text() {
        return Err(over("code: another redirect"));
    }
    if !secret::same(&grant.challenge, &secret::challenge(verifier)) {
        return Err(over("code: another verifier"));
    }
    if grant.key != key {
        return Err(over("code: another key"));
    }
    let opening = Opening { session: grant.session, code: cli::code_hash(code) };
    open(shared, person, grant, key, opening).await
}

/// Opens the login. SECURITY: the store looks at the session and at the code in the transaction that adds it: where somebody signed
/// out in between, or the code came twice, there is none.
async fn open(shared: &Shared, person: PrincipalId, grant: Grant, key: Digest, opening: Opening) -> Answer {
    let principal = shared.ports.store.principal(person).await.map_err(store)?;
    let new = NewLogin {
        id: grant.login,
        person,
        key,
        label: grant.label.as_str().into(),
        assurance: grant.assurance,
        authenticated_at: grant.authenticated_at,
        opening,
        wanted: Wanted { client: client::ID, audience: grant.audience },
    };
    match shared.ports.logins.open_login(new).await {
        Ok(tokens) => {
            let ended = tokens.ended.iter().map(|login| format!("; login {login} ended to make room"));
            let note =
                format!("{person} signed in {}, login {}{}", grant.label, grant.login, ended.collect::<String>());
            give(&tokens, principal.as_ref(), note)
        }
        // Disabled, removed, or signed out since the code was made.
        Err(LoginFailure::Store(StoreError::Conflict { what })) => Err(over(format!("code of {person}: {what}"))),
        Err(LoginFailure::Store(error)) => Err(store(error)),
        Err(unsigned) => Err(Refusal::internal(unsigned.to_string())),
    }
}

/// Uses the code up. One that comes twice ends what the first use opened: one of the two was a thief.
async fn redeem(shared: &Shared, ask: &Ask, code: &str) -> Result<(PrincipalId, Grant), Refusal> {
    let used = shared.ports.store.use_link(LinkPurpose::Code, cli::code_hash(code), ask.now).await;
    let (link, again) = match used.map_err(store)? {
        Use::First(link) => (link, false),
        Use::Again(link) => (link, true),
        Use::Unknown => return Err(over("code: there is none, or it is over")),
    };
    let grant: Grant = serde_json::from_str(&link.note).map_err(|e| Refusal::internal(format!("a grant: {e}")))?;
    if again {
        shared.ports.logins.void_code(link.hash, grant.login).await.map_err(store)?;
        return Err(over(format!("code: it was used before; login {} has ended, or will not begin", grant.login)));
    }
    Ok((link.person, grant))
}

async fn refresh(shared: &Shared, ask: &Ask) -> Answer {
    let brought = ask.form.get("refresh_token");
    if brought.is_empty() {
        return Err(malformed("`refresh_token` is missing"));
    }
    let key = push::proved(shared, ask, client::TOKEN)?;
    let audience = push::audience(shared, ask)?.unwrap_or(Audience::Platform);
    let wanted = Wanted { client: client::ID, audience };
    match shared.ports.logins.refresh_login(Secret::new(brought.to_owned()), key, wanted).await {
        Ok(tokens) => give(&tokens, None, format!("login {} was refreshed", tokens.login)),
        Err(RefreshFailure::Refused(reason)) => Err(over(reason)),
        Err(RefreshFailure::Store(error)) => Err(store(error)),
        Err(unsigned) => Err(Refusal::internal(unsigned.to_string())),
    }
}
