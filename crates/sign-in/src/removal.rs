//! What an account shall have no longer: its password, its authenticator app, its recovery codes. Each is asked about on a page of
//! its own first.
//! If this is wrong: somebody locks themselves out, or whoever sits down at their screen takes their second factor away.
use gateway::{Refusal, SecurityClass};
use pages::{Fault, Faults, Notice, Removal, Remove, paths};
use store::Account;
use types::{Code, Person};

use crate::{
    account,
    answer::{Answer, attempt_over, frame, noted, refuse, show},
    ask::Ask,
    keys, newcomer, recent,
    service::{Shared, store},
};

fn path(removal: &Removal) -> &'static str {
    match removal {
        Removal::Passkey { .. } => paths::ACCOUNT,
        Removal::Password => paths::ACCOUNT_PASSWORD_REMOVE,
        Removal::Authenticator => paths::ACCOUNT_AUTHENTICATOR_REMOVE,
        Removal::RecoveryCodes => paths::ACCOUNT_RECOVERY,
    }
}

/// Whether it is there at all.
fn is_there(removal: &Removal, account: &Account) -> bool {
    match removal {
        Removal::Passkey { .. } => true,
        Removal::Password => account.password.is_some(),
        Removal::Authenticator => account.totp.is_some(),
        Removal::RecoveryCodes => takes_codes(account),
    }
}

/// Whether recovery codes open anything here: one takes the place of an authenticator app or a passkey. Whoever has a password and
/// nothing else has nothing that they could lose.
pub(crate) fn takes_codes(account: &Account) -> bool {
    account.totp.is_some() || account.password.is_none() || keys::any(account)
}

/// What speaks against it.
pub(crate) fn against(removal: &Removal, person: &Person, account: &Account) -> Option<Fault> {
    let passkeys = keys::any(account);
    match removal {
        Removal::Password if !passkeys => Some(Fault::LastCredential),
        // Whoever owns the platform has more than one factor.
        Removal::Authenticator if person.owner && !passkeys => Some(Fault::SecondFactorNeeded),
        _ => None,
    }
}

async fn own(shared: &Shared, ask: &Ask, removal: &Removal) -> Result<(Person, Account), Refusal> {
    let (person, account) = recent::person(shared, ask, path(removal)).await?;
    if is_there(removal, &account) {
        return Ok((person, account));
    }
    Err(attempt_over(shared, ask, format!("{} has nothing of what {} takes away", person.id, path(removal))))
}

fn view(shared: &Shared, ask: &Ask, removal: Removal, faults: Faults) -> pages::Page {
    Remove { hidden: ask.hidden(), removal, faults }.render(&frame(shared, ask))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask, removal: Removal) -> Answer {
    own(shared, ask, &removal).await?;
    show(shared, ask, view(shared, ask, removal, Faults::none()))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask, removal: Removal) -> Answer {
    let (person, account) = own(shared, ask, &removal).await?;
    let kept = |fault: Fault| {
        let page = view(shared, ask, removal.clone(), fault.into());
        let reason = format!("{} keeps what {} takes away", person.id, path(&removal));
        refuse(shared, ask, Code::ID_FORM, reason, page).security(SecurityClass::Credential)
    };
    if let Some(fault) = against(&removal, &person, &account) {
        return Err(kept(fault));
    }
    match removal {
        Removal::Passkey { .. } => Err(Refusal::internal("passkeys are removed elsewhere")),
        Removal::RecoveryCodes => codes(shared, ask, &person).await,
        Removal::Password => {
            // The store has the last word: the passkey may have gone just now.
            if !shared.ports.store.remove_password(person.id).await.map_err(store)? {
                return Err(kept(Fault::LastCredential));
            }
            ended(shared, ask, &person, Notice::PasswordRemoved, "password").await
        }
        Removal::Authenticator => {
            // The codes of whoever has a passkey stay: they are in that one's place, too.
            let codes = if keys::any(&account) { None } else { Some(Vec::new()) };
            shared.ports.store.set_totp(person.id, None, codes).await.map_err(store)?;
            ended(shared, ask, &person, Notice::AuthenticatorRemoved, "authenticator").await
        }
    }
}

/// Whoever takes one away may have lost it to somebody: every other session ends.
async fn ended(shared: &Shared, ask: &Ask, person: &Person, notice: Notice, what: &str) -> Answer {
    let ended = shared.ports.sessions.end_all(person.id, None, Some(person.credential)).await.map_err(store)?;
    let note =
        format!("{} removed the {what}; {} ended", person.id, types::counted(ended, "other session", "other sessions"));
    noted(&account::with_notice(ask, notice)?, note)
}

/// New codes in place of those that there are.
async fn codes(shared: &Shared, ask: &Ask, person: &Person) -> Answer {
    let before = shared.ports.store.recovery_codes_left(person.id).await.map_err(store)?;
    let (codes, hashes) = newcomer::codes(shared);
    if !shared.ports.store.set_recovery_codes(person.id, hashes).await.map_err(store)? {
        return Err(attempt_over(shared, ask, format!("{} has no account", person.id)));
    }
    let page = newcomer::show_codes(shared, ask, person.id, codes, before > 0).await?;
    noted(&page, format!("{} has new recovery codes", person.id))
}
