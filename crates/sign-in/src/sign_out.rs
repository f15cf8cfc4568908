//! Signing out: everywhere in this browser. The session at the sign-in origin ends, and with it its children at every app.
use gateway::{Refusal, SESSION_COOKIE, SSO_COOKIE, set_cookie};
use pages::{SignOut, SignedOut};
use types::CredentialId;

use crate::{
    answer::{self, Answer, document, frame, noted, show, with_cookies},
    ask::Ask,
    service::{Shared, store},
};

/// Asks first: a link alone signs nobody out.
pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let Some(person) = ask.person() else {
        return show(shared, ask, SignedOut { hidden: ask.hidden() }.render(&frame(shared, ask)));
    };
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let view = SignOut {
        hidden: ask.hidden(),
        name: (&*person.display_name).into(),
        email: account.map_or_else(pages::Shown::default, |account| (&*account.email).into()),
    };
    show(shared, ask, view.render(&frame(shared, ask)))
}

/// Ends the session that this browser signed in with; the id of what ended.
async fn end(shared: &Shared, ask: &Ask) -> Result<Option<CredentialId>, Refusal> {
    let Some(person) = ask.person() else { return Ok(None) };
    let own = shared.ports.store.sessions(Some(person.id)).await.map_err(store)?;
    let this = own.into_iter().find(|session| session.id == person.credential);
    let top = this.and_then(|session| session.parent).unwrap_or(person.credential);
    shared.ports.sessions.end(top).await.map_err(store)?;
    Ok(Some(top))
}

fn note(ended: Option<CredentialId>) -> String {
    ended.map_or_else(|| "nobody was signed in".to_owned(), |id| format!("signed out, session {id}"))
}

fn cookie(ask: &Ask) -> &'static str {
    if ask.app.is_some() { SESSION_COOKIE } else { SSO_COOKIE }
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let ended = end(shared, ask).await?;
    let page = SignedOut { hidden: ask.hidden() }.render(&frame(shared, ask));
    let gone = vec![set_cookie(cookie(ask), "", Some(0))];
    noted(&with_cookies(document(shared, ask, page), gone)?, note(ended))
}

/// Signs out, and begins again as somebody else.
pub(crate) async fn switch(shared: &Shared, ask: &Ask) -> Answer {
    let ended = end(shared, ask).await?;
    let way = if ask.app.is_some() { "/".to_owned() } else { ask.onward(pages::paths::SIGN_IN) };
    let gone = vec![set_cookie(cookie(ask), "", Some(0))];
    noted(&with_cookies(answer::to(&way)?, gone)?, note(ended))
}
