//! The first owner, or one more, by the link that the platform printed. Its code stands behind `#`, which no server and no log sees; the page
//! takes it into its form.
use gateway::SecurityClass;
use pages::{Claim, Fault, Faults};
use store::StoreError;
use subtle::ConstantTimeEq as _;
use types::{Code, email_address};

use crate::{
    answer::{Answer, frame, refuse, show},
    ask::Ask,
    new_password::About,
    newcomer::{self, First},
    secret,
    service::{Shared, store},
};

fn view(shared: &Shared, ask: &Ask, again: bool, faults: Faults) -> Claim {
    Claim {
        hidden: ask.hidden(),
        again,
        // What no code has is not shown again: it could steer the text that stands around it.
        secret: ask.form.get("secret").chars().filter(char::is_ascii_graphic).take(200).collect(),
        name: ask.form.get("name").into(),
        email: ask.form.get("email").into(),
        choice: Some(newcomer::choice(shared)),
        faults,
    }
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    // Whether a platform has an owner is no secret: whoever opens its other pages sees as much.
    let again = shared.ports.store.has_owner().await.map_err(store)?;
    show(shared, ask, view(shared, ask, again, Faults::none()).render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let owned = shared.ports.store.has_owner().await.map_err(store)?;
    let again = |faults: Vec<Fault>, code: Code, reason: &str| {
        let page = view(shared, ask, owned, Faults(faults)).render(&frame(shared, ask));
        refuse(shared, ask, code, format!("claim: {reason}"), page)
    };
    let wrong =
        |reason: &str| again(vec![Fault::ClaimWrong], Code::ID_SIGN_IN, reason).security(SecurityClass::Credential);
    // The code first: whoever has none learns nothing about forms, and has nothing hashed.
    let code_hash = secret::hash(ask.form.get("secret").trim().as_bytes());
    match shared.ports.store.claim().await.map_err(store)? {
        None => return Err(wrong("none is open")),
        Some(open) if !bool::from(open.code_hash.as_bytes().ct_eq(code_hash.as_bytes())) => {
            return Err(wrong("it is not the open one"));
        }
        Some(open) if ask.now >= open.expires_at => return Err(wrong("it is over")),
        Some(_) => {}
    }
    let (mut name, email) = (newcomer::name(ask.form.get("name")), email_address(ask.form.get("email")));
    // An owner acts with every right: nobody must take one for another. Only the holder of the claim hears whose name is taken.
    if let Ok(wanted) = &name
        && shared.ports.sessions.is_taken(wanted.clone()).await.map_err(store)?
    {
        name = Err(Fault::NameAlike);
    }
    let email = email.ok_or(Fault::EmailMalformed);
    let about = About { email: ask.form.get("email"), name: ask.form.get("name") };
    let first = First::of(shared, ask, &code_hash, about).await?;
    let (name, email, first) = match (name, email, first) {
        (Ok(name), Ok(email), Ok(first)) => (name, email, first),
        (name, email, first) => {
            let faults = newcomer::faults([name.err(), email.err(), first.err()]);
            return Err(again(faults.0, Code::ID_FORM, "the form is not complete"));
        }
    };
    let (owner, account) = first.account(ask, true, name, (email, false))?;
    match shared.ports.store.claim_account(code_hash, ask.now, owner.clone(), account).await {
        Ok(true) => {}
        Ok(false) => return Err(wrong("it was used or replaced just now")),
        // Only somebody with the claim learns that: they are about to own the directory.
        Err(StoreError::Conflict { .. }) => {
            return Err(again(vec![Fault::EmailNotAccepted], Code::ID_FORM, "the address has an account"));
        }
        Err(error) => return Err(store(error)),
    }
    // The claim is used up: whatever goes wrong now, its holder must get in.
    if let Err(refusal) = shared.ports.membership.adopt(owner.id).await {
        tracing::error!("apps without members could not be given to the new owner: {}", refusal.reason);
    }
    first.welcome(shared, ask, &owner, "the claim").await
}
