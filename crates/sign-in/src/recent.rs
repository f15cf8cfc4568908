//! Whether somebody showed lately who they are, with as much as they have. Ways of signing in change only for those: whoever sits
//! down at an unlocked screen, or found a password out, must not be able to make themselves at home.
//! If this is wrong: a moment at somebody's screen, or their password alone, becomes their account.
use gateway::Refusal;
use store::Account;
use types::{Assurance, Code, Person, UnixMillis};

use crate::{
    answer,
    ask::Ask,
    keys,
    service::{Shared, store},
};

/// How lately.
const RECENT_S: u64 = 900;

/// Whether they did.
fn is(now: UnixMillis, person: &Person, account: &Account) -> bool {
    // A password is less than what others of their ways show. Without one, the least that opens an account is a recovery code,
    // which is there for whoever lost everything else.
    let more = account.password.is_some() && (account.totp.is_some() || keys::any(account));
    let enough = !more || person.assurance >= Assurance::MultiFactor;
    enough && now < person.authenticated_at.plus_seconds(RECENT_S)
}

/// The account of whoever is signed in here.
pub(crate) async fn own(shared: &Shared, ask: &Ask) -> Result<(Person, Account), Refusal> {
    let person = ask.owner_of_account()?.clone();
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let account = account.ok_or_else(|| answer::attempt_over(shared, ask, format!("{} has no account", person.id)))?;
    Ok((person, account))
}

/// The person and their account, if they did. Others are asked to, and come back to `path`; nothing else happens.
pub(crate) async fn person(shared: &Shared, ask: &Ask, path: &str) -> Result<(Person, Account), Refusal> {
    let (person, account) = own(shared, ask).await?;
    if is(ask.now, &person, &account) {
        return Ok((person, account));
    }
    let mut query = vec![(pages::fields::TO, path)];
    query.extend(ask.trip.iter().map(|trip| (pages::fields::TX, &*trip.tx)));
    let document = answer::to(&answer::address(pages::paths::CONFIRM, &query))?;
    let reason = format!("{} has to show again who they are before they change how they sign in", person.id);
    Err(Refusal::new(Code::ID_REQUIRED, reason).document(document))
}

#[cfg(test)]
mod tests {
    use store::Totp;
    use types::{CredentialId, PrincipalId};

    use super::*;

    #[test]
    fn changes_need_a_fresh_sign_in_with_all_that_there_is() {
        let at = UnixMillis(1_000_000_000);
        let person = |assurance| Person {
            id: PrincipalId::from_bytes([1; 16]),
            credential: CredentialId::from_bytes([2; 16]),
            display_name: "Ada".into(),
            owner: false,
            disabled: false,
            assurance,
            authenticated_at: at,
        };
        let account = |password: bool, totp: bool, passkeys: &str| Account {
            person: PrincipalId::from_bytes([1; 16]),
            email: "ada@example.org".into(),
            email_verified: false,
            password: password.then(|| "hash".into()),
            password_at: None,
            totp: totp.then(|| Totp { sealed: Vec::new(), added_at: at, last_step: 0 }),
            passkeys: passkeys.into(),
        };
        let (one, two, best) = (Assurance::SingleFactor, Assurance::MultiFactor, Assurance::PhishingResistant);
        for (assurance, account, enough) in [
            (one, account(true, false, "[]"), true),
            (one, account(true, true, "[]"), false),
            (one, account(true, false, "[{}]"), false),
            (one, account(false, false, "[{}]"), true),
            (two, account(true, true, "[]"), true),
            (two, account(true, true, "[{}]"), true),
            (best, account(true, false, "[{}]"), true),
            (best, account(false, false, "[{}]"), true),
        ] {
            let person = person(assurance);
            assert_eq!(is(at, &person, &account), enough, "{assurance:?} {account:?}");
            assert_eq!(is(at.plus_seconds(RECENT_S - 1), &person, &account), enough);
            assert!(!is(at.plus_seconds(RECENT_S), &person, &account), "too long ago");
        }
    }
}
