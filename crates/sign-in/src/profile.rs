//! What a person is called, by their own word.
//! If this is wrong: somebody passes for somebody else, wherever names stand beside facts: in lists, in requests for access, in
//! what an app shows.
use gateway::{NameFailure, Renaming, SecurityClass};
use pages::{Fault, Notice, fields};
use types::Code;

use crate::{
    account,
    answer::{Answer, noted, refuse, slow_down},
    ask::Ask,
    newcomer, secret,
    service::{Shared, store},
};

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let again = async |fault: Fault, reason: &str, class: Option<SecurityClass>| {
        let page = account::view(shared, ask, fault.into()).await?;
        let refusal = refuse(shared, ask, Code::ID_FORM, format!("another name for {}: {reason}", person.id), page);
        Err(match class {
            Some(class) => refusal.security(class),
            None => refusal,
        })
    };
    let name = match newcomer::name(ask.form.get(fields::NAME)) {
        Ok(name) => name,
        Err(fault) => return again(fault, "it does not do", None).await,
    };
    if name == person.display_name {
        return account::with_notice(ask, Notice::NameSaved).and_then(|page| noted(&page, "the same name".to_owned()));
    }
    // SECURITY: whether a name is taken is an answer about others, and asking it reads the whole directory.
    let key = secret::hash(format!("Rename\n{}", person.id).as_bytes());
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(slow_down(shared, ask, wait_s, "another name: too many attempts"));
    }

    match shared.ports.sessions.rename(person.id, name, Renaming::Oneself).await {
        Ok(true) => {
            // Ids only: names may be erased one day.
            noted(&account::with_notice(ask, Notice::NameSaved)?, format!("{} has another name", person.id))
        }
        Ok(false) => again(Fault::Unavailable, "they are gone", None).await,
        Err(NameFailure::Unfit { why }) => again(Fault::NameUnfit, &why, None).await,
        Err(NameFailure::Alike) => {
            again(Fault::NameAlike, "it passes for somebody else's", Some(SecurityClass::Credential)).await
        }
        Err(NameFailure::Store(error)) => Err(store(error)),
    }
}
