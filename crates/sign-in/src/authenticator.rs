//! Setting an authenticator app up. Its secret is made and sealed by the keeper; until the first code proves it, it lives in a
//! sealed cookie of the browser that shows it, and nowhere else.
use gateway::{Refusal, SealedFor, SecurityClass, set_cookie};
use pages::{AuthenticatorSetUp, Fault, Faults};
use serde::{Deserialize, Serialize};
use store::{OpenedBy, Totp};
use types::{Assurance, Code, Person, Secret};

use crate::{
    answer::{self, Answer, attempt_over, document, frame, noted, refuse, with_cookies},
    ask::Ask,
    finish::{self, Proof},
    newcomer, recent, secret,
    service::{Shared, store},
};

const SET_UP_COOKIE: &str = "__Host-sf-totp";
const SET_UP_S: u64 = 900;

/// In the cookie.
#[derive(Serialize, Deserialize)]
struct Pending {
    sealed: Vec<u8>,
    secret: String,
}

/// Sealed for one session: another's cookie sets nothing up here.
fn context(person: &Person) -> String {
    format!("totp/{}", person.credential)
}

/// Whether this person may set one up now.
async fn may(shared: &Shared, ask: &Ask) -> Result<Person, Refusal> {
    let (person, account) = recent::person(shared, ask, pages::paths::ACCOUNT_AUTHENTICATOR).await?;
    // SECURITY: whoever sits down at an unlocked screen must not be able to replace the owner's second factor by their own.
    if account.totp.is_some() {
        return Err(attempt_over(shared, ask, format!("{} has an authenticator already", person.id)));
    }
    if account.password.is_none() {
        return Err(attempt_over(shared, ask, format!("{} has no password that a code could go with", person.id)));
    }
    Ok(person)
}

async fn view(
    shared: &Shared,
    ask: &Ask,
    person: &Person,
    secret: &str,
    faults: Faults,
) -> Result<pages::Page, Refusal> {
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let email = account.map_or_else(String::new, |account| account.email.to_string());
    let host = &shared.ports.names.id;
    let uri = format!("otpauth://totp/{host}:{}?secret={secret}&issuer={host}", answer::encode(&email));
    let view =
        AuthenticatorSetUp { hidden: ask.hidden(), uri, secret: secret.to_owned(), skippable: !person.owner, faults };
    Ok(view.render(&frame(shared, ask)))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let person = may(shared, ask).await?;
    let (sealed, secret) = shared.ports.vault.new_totp(person.id).await.map_err(|e| shared.vault(ask, e))?;
    let pending = Pending { sealed, secret: secret.reveal().to_owned() };
    let text = shared.seal(SealedFor::HalfWay, &context(&person), &pending).await.map_err(|e| shared.vault(ask, e))?;
    let page = view(shared, ask, &person, &pending.secret, Faults::none()).await?;
    let cookie = set_cookie(SET_UP_COOKIE, &text, Some(SET_UP_S));
    Ok(with_cookies(document(shared, ask, page), vec![cookie])?.response().into())
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let person = may(shared, ask).await?;
    let over = |reason: &str| attempt_over(shared, ask, format!("authenticator: {reason}"));
    let text = ask.cookies.get(SET_UP_COOKIE).ok_or_else(|| over("no secret was shown in this browser"))?;
    let opened = shared.unseal::<Pending>(SealedFor::HalfWay, &context(&person), text).await;
    let pending = opened.map_err(|e| shared.vault(ask, e))?.ok_or_else(|| over("the cookie is another session's"))?;

    let code: String = ask.form.get("code").chars().filter(|c| *c != ' ').collect();
    let key = secret::hash(format!("totp {}", person.id).as_bytes());
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(answer::slow_down(shared, ask, wait_s, "authenticator: too many codes"));
    }
    let step = shared.ports.vault.totp_step(person.id, pending.sealed.clone(), Secret::new(code)).await;
    let Some(step) = step.map_err(|e| shared.vault(ask, e))? else {
        let page = view(shared, ask, &person, &pending.secret, Fault::CodeWrong.into()).await?;
        let reason = format!("authenticator of {}: a wrong code", person.id);
        return Err(refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential));
    };
    shared.limits.clear(&key);

    let (codes, hashes) = newcomer::codes(shared);
    let totp = Totp { sealed: pending.sealed, added_at: ask.now, last_step: step };
    if !shared.ports.store.set_totp(person.id, Some(totp), Some(hashes)).await.map_err(store)? {
        return Err(over("the account is gone, or was given an authenticator meanwhile"));
    }
    // SECURITY: whatever was opened with a password alone ends, in every browser: a thief of the password may be in one. Then a
    // session for what is known now.
    shared.ports.sessions.end_all(person.id, None, None).await.map_err(store)?;
    let principal = shared.ports.store.principal(person.id).await.map_err(store)?;
    let principal = principal.ok_or_else(|| over("the person is gone"))?;
    let by = "a new authenticator";
    let with = OpenedBy::Other;
    let proof = Proof { person: &principal, assurance: Assurance::MultiFactor, at: person.authenticated_at, by, with };
    let (session, cookies) = finish::open(shared, ask, &proof, &[SET_UP_COOKIE]).await?;

    let page = newcomer::show_codes(shared, ask, person.id, codes, false).await?;
    noted(&with_cookies(page, cookies)?, format!("{} has an authenticator now, session {}", person.id, session.id))
}

/// The codes were put away; on to where they wanted to go.
pub(crate) async fn saved(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?.clone();
    newcomer::put_away(shared, ask, person.id).await?;
    finish::go_on(shared, ask, &person).await
}
