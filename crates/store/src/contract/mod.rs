//! What every backend must do, as one suite. A backend's test crate names a way to make an empty store:
//! `store::contract_suite!(|| -> Arc<dyn Store> { … });` and gets one test a check; `#[tokio::test]` must be in reach.
mod accounts;
mod apps;
mod claims;
mod credentials;
mod deployments;
mod groups;
mod key_values;
mod logins;
mod mails;
mod members;
mod principals;
mod requests;
mod roster;
mod samples;
mod secrets;
mod sessions;

pub use accounts::{
    check_account_by_claim, check_invitations, check_passwords, check_person_removal_takes_everything_along,
    check_resets, check_second_factors, check_sign_up_takes_no_invitation_away, check_verification,
};
pub use apps::{check_app_removal_takes_everything_along, check_apps};
pub use claims::{check_claim, check_claim_is_all_or_nothing, check_claim_is_used_once_by_racers};
pub use credentials::{
    check_credential_conflicts, check_credential_lists, check_credential_purge, check_credentials_and_revocation,
    check_parents,
};
pub use deployments::{check_deployment_states, check_deployments, check_history, check_switch};
pub use groups::{check_groups, check_groups_answer_requests, check_groups_in_apps, check_invitations_into_groups};
pub use key_values::{
    check_kv_bounds, check_kv_keeps_apps_apart, check_kv_lists, check_kv_numbers_and_swaps, check_kv_values,
};
pub use logins::{
    check_logins, check_logins_are_bounded, check_logins_are_opened_with_what_is_there,
    check_logins_end_with_the_password, check_refreshes, check_refreshes_are_counted, check_sessions_and_logins_end,
};
pub use mails::{check_mails_are_taken_once, check_mails_fail_and_end, check_mails_of_a_person};
pub use members::check_members;
pub use principals::{check_disabling, check_owner_question, check_principals, check_service_account_names};
pub use requests::{check_access_requests, check_access_requests_are_bounded};
pub use roster::{check_end_of_everything, check_roster};
pub use secrets::{check_secrets, check_secrets_are_bounded};
pub use sessions::{check_links, check_rotation, check_session_ends, check_session_purge, check_sessions};

use std::{fmt::Debug, future::Future, sync::Arc, task::Poll};

use crate::{Store, StoreError};

/// Expands to one `#[tokio::test]` for every check, so that no backend can leave one out.
#[macro_export]
macro_rules! contract_suite {
    ($make:expr) => {
        $crate::contract_suite! { @each $make;
            check_account_by_claim check_invitations check_passwords check_person_removal_takes_everything_along check_second_factors
            check_resets check_sign_up_takes_no_invitation_away check_verification
            check_mails_are_taken_once check_mails_fail_and_end check_mails_of_a_person
            check_links check_rotation check_session_ends check_session_purge check_sessions
            check_apps check_app_removal_takes_everything_along
            check_claim check_claim_is_all_or_nothing check_claim_is_used_once_by_racers
            check_credential_conflicts check_credential_lists check_credential_purge check_credentials_and_revocation check_parents
            check_deployment_states check_deployments check_history check_switch
            check_logins check_logins_are_bounded check_logins_are_opened_with_what_is_there check_logins_end_with_the_password
            check_refreshes check_refreshes_are_counted check_sessions_and_logins_end
            check_members
            check_groups check_groups_answer_requests check_groups_in_apps check_invitations_into_groups
            check_end_of_everything check_roster
            check_access_requests check_access_requests_are_bounded
            check_secrets check_secrets_are_bounded
            check_disabling check_owner_question check_principals check_service_account_names
        }
    };
    (@each $make:expr; $($check:ident)+) => { $(
        #[tokio::test]
        async fn $check() {
            $crate::contract::$check($make).await;
        }
    )+ };
}

/// The value, or a panic that says which step of the contract failed.
#[track_caller]
fn ok<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|e| panic!("the store refused what the contract allows: {e} ({e:?})"))
}

/// Insists on a conflict.
#[track_caller]
fn conflicts<T: Debug>(result: Result<T, StoreError>) {
    match result {
        Err(StoreError::Conflict { what }) => assert!(!what.is_empty(), "a conflict says what conflicts"),
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// Runs futures together, so that a backend may batch them; answers come in the order given.
async fn together<F: Future + Unpin>(mut waiting: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let Poll::Ready(output) = std::pin::Pin::new(future).poll(cx)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

type AnyStore = Arc<dyn Store>;
