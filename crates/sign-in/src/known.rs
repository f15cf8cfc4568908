//! A password that is right, and on a list of passwords that got out: whoever signed in with it is told, here and on their account
//! page, until they change it. Nobody is shut out: the list holds some that never got out, and a person who is shut out asks for help
//! by ways that are weaker than a password.
//! If this is wrong: somebody goes on with a password that attackers have, and nobody says so.
use gateway::{
    Refusal, SealedFor,
    events::{Event, Kind},
    set_cookie,
};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use store::Account;
use types::{CredentialId, Person, PrincipalId, UnixMillis};

use crate::{ask::Ask, service::Shared};

/// In the browser that signed in so.
const COOKIE: &str = "__Host-sf-known";

/// In that cookie: when the password was set. Another one is another matter.
#[derive(Serialize, Deserialize)]
struct Known {
    password_at: Option<UnixMillis>,
}

/// Sealed for one session.
fn context(session: CredentialId) -> String {
    format!("known/{session}")
}

/// The cookie of a session that such a password opened.
pub(crate) async fn remember(
    shared: &Shared,
    ask: &Ask,
    session: CredentialId,
    account: &Account,
) -> Result<Option<HeaderValue>, Refusal> {
    let known = Known { password_at: account.password_at };
    let sealed = shared.seal(SealedFor::HalfWay, &context(session), &known).await.map_err(|e| shared.vault(ask, e))?;
    Ok(set_cookie(COOKIE, &sealed, None))
}

/// Whether this session was opened with one that its account has still.
pub(crate) async fn is(shared: &Shared, ask: &Ask, person: &Person, account: &Account) -> Result<bool, Refusal> {
    let Some(text) = ask.cookies.get(COOKIE) else { return Ok(false) };
    let known = shared.unseal::<Known>(SealedFor::HalfWay, &context(person.credential), text).await;
    let known = known.map_err(|e| shared.vault(ask, e))?;
    Ok(account.password.is_some() && known.is_some_and(|known| known.password_at == account.password_at))
}

/// For whoever looks after the directory.
pub(crate) fn tell(shared: &Shared, ask: &Ask, person: PrincipalId) {
    let text = format!("{person} signed in with a password of the breach list, and was asked to change it");
    tracing::warn!(request = %ask.cx.request, "{text}");
    let event = Event::platform(shared.ports.clock.now(), Kind::Security, "breached-password", text);
    let _ = shared.ports.record.record(&event);
}
