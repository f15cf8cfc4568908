//! The way back: the app's origin exchanges a code for a session of its own (RFC 6749 section 4.1, RFC 7636, RFC 9207).
//! If this is wrong: a leaked code, another browser's attempt or another app's grant becomes a session here.
use gateway::{NewSession, SESSION_COOKIE, SealedFor, SecurityClass, set_cookie};
use store::{LinkPurpose, OpenedBy, StoreError, Use};

use crate::{
    answer::{self, Answer, attempt_over, noted, with_cookies},
    ask::Ask,
    reception::transaction_context,
    secret,
    service::{Shared, store},
    trip::{self, COOKIE_PREFIX, Grant, Transaction},
};

pub(crate) async fn arrive(shared: &Shared, ask: &Ask) -> Answer {
    let over = |reason: &str| attempt_over(shared, ask, format!("callback: {reason}"));
    let app = ask.app.as_ref().ok_or_else(|| over("no app"))?;
    // A code is for one use; a question about a page must not be that use.
    if ask.head_only {
        return Err(over("asked for the head only"));
    }
    let (code, state, issuer) = (ask.form.get("code"), ask.form.get("state"), ask.form.get("iss"));

    // First what only this browser has: whoever brings a code without it has no business with the code.
    let (name, transaction) = transaction(shared, ask, state).await?;
    if !trip::is_under_way(transaction.at, ask.now) {
        return Err(over("the attempt took too long"));
    }
    if !secret::same(issuer, &shared.ports.names.id_url()) {
        return Err(over("the answer is not from our sign-in pages"));
    }

    let grant = redeem(shared, ask, code).await?;
    if grant.app != *app {
        return Err(over("the code was made for another app"));
    }
    if !secret::same(&grant.challenge, &secret::challenge(&transaction.verifier)) {
        return Err(over("the code was made for another attempt"));
    }

    let person = grant.person;
    let new = NewSession {
        person,
        child: Some((app.clone(), grant.grant.parent, grant.grant.session)),
        assurance: grant.grant.assurance,
        authenticated_at: grant.grant.authenticated_at,
        device: grant.grant.device.as_str().into(),
        by: OpenedBy::Code(secret::hash(code.as_bytes())),
    };
    let (session, secret) = match shared.ports.sessions.open(new).await {
        Ok(opened) => opened,
        // Signed out, disabled or removed since the code was made.
        Err(StoreError::Conflict { what }) => return Err(over(&what)),
        Err(error) => return Err(store(error)),
    };
    if let Some(former) = ask.person() {
        shared.ports.sessions.end(former.credential).await.map_err(store)?;
    }

    let cookies = vec![set_cookie(SESSION_COOKIE, secret.reveal(), None), set_cookie(&name, "", Some(0))];
    let document = with_cookies(answer::to(trip::safe_target(&transaction.target))?, cookies)?;
    noted(&document, format!("{person} signed in, session {}", session.id))
}

/// The browser's own half of the attempt, by the name that the state begins with; and the name of its cookie.
async fn transaction(shared: &Shared, ask: &Ask, state: &str) -> Result<(String, Transaction), gateway::Refusal> {
    let over = |reason: &str| attempt_over(shared, ask, format!("callback: {reason}"));
    let app = ask.app.as_ref().ok_or_else(|| over("no app"))?;
    let (name, _) = state.split_once('.').ok_or_else(|| over("a state of another shape"))?;
    let cookie = format!("{COOKIE_PREFIX}{name}");
    let sealed = ask.cookies.get(&cookie).ok_or_else(|| over("this browser did not begin the attempt"))?;
    let opened = shared.unseal::<Transaction>(SealedFor::Transaction, &transaction_context(app, name), sealed).await;
    let transaction = opened.map_err(|e| shared.vault(ask, e))?.ok_or_else(|| over("the transaction was changed"))?;
    if !secret::same(&transaction.state, state) {
        return Err(over("another state"));
    }
    Ok((cookie, transaction))
}

struct Redeemed {
    person: types::PrincipalId,
    grant: Grant,
    app: types::AppName,
    challenge: String,
}

/// Uses the code up. One that comes twice ends what the first use opened: one of the two was a thief.
async fn redeem(shared: &Shared, ask: &Ask, code: &str) -> Result<Redeemed, gateway::Refusal> {
    let over = |reason: &str| attempt_over(shared, ask, format!("callback: {reason}"));
    let used = shared.ports.store.use_link(LinkPurpose::Code, secret::hash(code.as_bytes()), ask.now).await;
    let (link, again) = match used.map_err(store)? {
        Use::First(link) => (link, false),
        Use::Again(link) => (link, true),
        Use::Unknown => return Err(over("no such code, or it is over")),
    };
    let grant: Grant =
        serde_json::from_str(&link.note).map_err(|e| gateway::Refusal::internal(format!("a grant: {e}")))?;
    if again {
        // First so that nothing is opened with it any more: the first use may be on its way still.
        shared.ports.logins.void_code(link.hash, grant.session).await.map_err(store)?;
        shared.ports.sessions.end(grant.session).await.map_err(store)?;
        let reason = format!("the code was used before; session {} has ended", grant.session);
        return Err(over(&reason).security(SecurityClass::Credential));
    }
    Ok(Redeemed { person: link.person, app: grant.app.clone(), challenge: grant.challenge.clone(), grant })
}
