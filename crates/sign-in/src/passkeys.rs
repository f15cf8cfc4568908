//! The passkeys of one's own account: one more, another name, one less.
use gateway::{Refusal, SecurityClass};
use pages::{AddPasskey, Fault, Faults, Notice, Removal, Remove, Shown, fields, paths};
use store::{Account, OpenedBy};
use types::{Assurance, Code};

use crate::{
    account,
    answer::{Answer, attempt_over, frame, noted, problem, refuse, show},
    ask::Ask,
    ceremony::Failed,
    device,
    finish::{self, Proof},
    keys::{self, KEYS_MAX, Key},
    newcomer, passkey, recent,
    service::{Shared, store},
};

/// What a passkey shall be called.
fn label(typed: &str) -> Result<String, Fault> {
    let typed = typed.trim();
    if typed.chars().count() > usize::from(fields::LABEL_CHARACTERS_MAX) {
        return Err(Fault::LabelTooLong(fields::LABEL_CHARACTERS_MAX));
    }
    if typed.is_empty() {
        return Err(Fault::LabelMissing);
    }
    if Shown::from(typed).as_str() == typed { Ok(typed.to_owned()) } else { Err(Fault::LabelUnfit) }
}

fn view(ask: &Ask, account: &Account, faults: Faults) -> AddPasskey {
    // A form that comes back holds what was typed, and be it nothing; at first, what the browser calls itself.
    let label = match ask.form.get(fields::LABEL) {
        "" if faults.is_empty() => (&*device::name(&ask.headers)).into(),
        typed => typed.into(),
    };
    AddPasskey { hidden: ask.hidden(), email: (&*account.email).into(), label, faults }
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let (_, account) = recent::person(shared, ask, paths::ACCOUNT_PASSKEYS).await?;
    show(shared, ask, view(ask, &account, Faults::none()).render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, own) = recent::person(shared, ask, paths::ACCOUNT_PASSKEYS).await?;
    let again = |fault: Fault, reason: String| {
        let page = view(ask, &own, fault.into()).render(&frame(shared, ask));
        refuse(shared, ask, Code::ID_FORM, format!("a passkey for {}: {reason}", person.id), page)
    };
    let label = label(ask.form.get(fields::LABEL)).map_err(|fault| again(fault, "its name does not do".to_owned()))?;
    let (answer, ceremony) = (ask.form.get(fields::CREDENTIAL), ask.form.get(fields::CEREMONY));
    if answer.is_empty() {
        return Err(again(Fault::PasskeyMissing, "none came".to_owned()));
    }
    let place = passkey::own_place(&person);
    let made = match passkey::ceremonies(shared)?.made(shared, &place, ceremony, answer, ask.now).await {
        Ok((of, passkey)) if of == person.id => passkey,
        Ok(_) => return Err(again(Fault::PasskeyFailed, "it was asked for by somebody else".to_owned())),
        Err(Failed::Vault(error)) => return Err(shared.vault(ask, error)),
        Err(failed) => return Err(again(passkey::fault(&failed), failed.reason())),
    };
    let key = Key::new(made, label, ask.now, &*shared.ports.rng);
    let added = keys::change(shared, person.id, |keys, _| {
        if keys.len() >= KEYS_MAX {
            return Err(Fault::PasskeysEnough(u16::try_from(KEYS_MAX).unwrap_or(u16::MAX)));
        }
        if keys.iter().any(|known| known.passkey.cred_id() == key.passkey.cred_id()) {
            return Err(Fault::PasskeyTwice);
        }
        keys.push(key.clone());
        Ok(())
    });
    added.await?.map_err(|fault| again(fault, "there are enough, or it is there already".to_owned()))?;
    let note = format!("{} has another passkey, {}", person.id, key.id);
    if person.assurance >= Assurance::MultiFactor {
        if ask.asks_for_more(person.assurance, person.authenticated_at) {
            return noted(&finish::way_on(shared, ask, &person).await?, note);
        }
        return noted(&account::with_notice(ask, Notice::PasskeyAdded)?, note);
    }
    // SECURITY: whatever was opened with less ends, in every browser, as with a new authenticator; then a session for what is
    // known now.
    shared.ports.sessions.end_all(person.id, None, None).await.map_err(store)?;
    let principal = shared.ports.store.principal(person.id).await.map_err(store)?;
    let principal = principal.ok_or_else(|| attempt_over(shared, ask, format!("{} is gone", person.id)))?;
    let (by, at) = ("a new passkey", person.authenticated_at);
    tracing::info!(request = %ask.cx.request, "{note}");
    let proof = Proof { person: &principal, assurance: Assurance::PhishingResistant, at, by, with: OpenedBy::Other };
    if shared.ports.store.recovery_codes_left(person.id).await.map_err(store)? > 0 {
        return finish::signed_in(shared, ask, proof, &[]).await;
    }
    // Devices get lost: from the first passkey on there are codes that take its place.
    newcomer::with_codes(shared, ask, &proof).await
}

fn unknown(shared: &Shared, ask: &Ask) -> Refusal {
    problem(shared, ask, Code::CTL_NOT_FOUND, "no such passkey of theirs", pages::ProblemKind::NotFound)
}

pub(crate) async fn rename(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let id = ask.form.get(fields::ID);
    let own = shared.ports.store.account(person.id).await.map_err(store)?;
    let keys = own.as_ref().map(keys::of).transpose()?.unwrap_or_default();
    if !keys.iter().any(|key| key.id == id) {
        return Err(unknown(shared, ask));
    }
    let label = match label(ask.form.get(fields::LABEL)) {
        Ok(label) => label,
        Err(fault) => {
            let page = account::view(shared, ask, fault.into()).await?;
            let reason = format!("a passkey of {}: its new name does not do", person.id);
            return Err(refuse(shared, ask, Code::ID_FORM, reason, page));
        }
    };
    let renamed = keys::change(shared, person.id, |keys, _| {
        keys.iter_mut().find(|key| key.id == id).map(|key| key.label.clone_from(&label)).ok_or(())
    });
    renamed.await?.map_err(|()| unknown(shared, ask))?;
    noted(&account::with_notice(ask, Notice::PasskeyRenamed)?, format!("{} renamed the passkey {id}", person.id))
}

fn removal(shared: &Shared, ask: &Ask, own: &Account, faults: Faults) -> Result<pages::Page, Refusal> {
    let id = ask.form.get(fields::ID);
    let key = keys::of(own)?.into_iter().find(|key| key.id == id).ok_or_else(|| unknown(shared, ask))?;
    let removal = Removal::Passkey { id: key.id, label: key.label.as_str().into() };
    Ok(Remove { hidden: ask.hidden(), removal, faults }.render(&frame(shared, ask)))
}

pub(crate) async fn remove_page(shared: &Shared, ask: &Ask) -> Answer {
    let (_, own) = recent::person(shared, ask, paths::ACCOUNT).await?;
    show(shared, ask, removal(shared, ask, &own, Faults::none())?)
}

/// Whoever takes a passkey away has lost a device, as often as not: every other session ends.
pub(crate) async fn remove_sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, own) = recent::person(shared, ask, paths::ACCOUNT).await?;
    let id = ask.form.get(fields::ID);
    let removed = keys::change(shared, person.id, |keys, account| {
        let at = keys.iter().position(|key| key.id == id).ok_or(None)?;
        if keys.len() == 1 && account.password.is_none() {
            return Err(Some(Fault::LastCredential));
        }
        // Whoever owns the platform keeps a second factor, here as with the authenticator app.
        if keys.len() == 1 && person.owner && account.totp.is_none() {
            return Err(Some(Fault::SecondFactorNeeded));
        }
        keys.remove(at);
        Ok(())
    });
    match removed.await? {
        Ok(()) => {}
        Err(None) => return Err(unknown(shared, ask)),
        Err(Some(fault)) => {
            let page = removal(shared, ask, &own, fault.into())?;
            let reason = format!("the last passkey of {}", person.id);
            return Err(refuse(shared, ask, Code::ID_FORM, reason, page).security(SecurityClass::Credential));
        }
    }
    let ended = shared.ports.sessions.end_all(person.id, None, Some(person.credential)).await.map_err(store)?;
    let note = format!(
        "{} removed the passkey {id}; {} ended",
        person.id,
        types::counted(ended, "other session", "other sessions")
    );
    noted(&account::with_notice(ask, Notice::PasskeyRemoved)?, note)
}
