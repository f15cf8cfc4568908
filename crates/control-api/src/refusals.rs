//! What an operation may answer in place of success: the codes of its refusals and failures. The description of the API names
//! its statuses from here, and the tests of `control` hold every refusal that they meet against it.
use types::Code;

use crate::{Op, Operation};

/// What stands on the road to every operation: the front door, identity, policy, the log; and a query that is read by name.
const ROAD: [Code; 19] = [
    Code::DOOR_MALFORMED,
    Code::DOOR_HOST,
    Code::DOOR_RESERVED_HEADER,
    Code::CTL_BAD_INPUT,
    Code::ID_REQUIRED,
    Code::ID_INVALID,
    Code::ID_STEP_UP,
    Code::DOOR_CROSS_SITE,
    Code::POL_DENIED,
    Code::DOOR_TIMEOUT,
    Code::DOOR_BODY_TOO_LARGE,
    Code::DOOR_URI_TOO_LONG,
    Code::DOOR_CONTENT_ENCODING,
    Code::DOOR_EXPECTATION,
    Code::DOOR_UNKNOWN_HOST,
    Code::DOOR_HEADERS_TOO_LARGE,
    Code::PLT_INTERNAL,
    Code::DOOR_BUSY,
    Code::PLT_AUDIT,
];

/// Refusals that are a head alone.
const BARE: [Code; 2] = [Code::DOOR_URI_TOO_LONG, Code::DOOR_HEADERS_TOO_LARGE];

/// Those that every operation has.
pub(crate) const fn of_the_road() -> &'static [Code] {
    &ROAD
}

/// Whether the answer has no body.
pub(crate) fn is_bare(code: Code) -> bool {
    BARE.contains(&code)
}

/// What follows from the row: something named in the path may not be there, or the address be none at all; and what is to be
/// changed may have changed, or a word may fit several people.
fn of_the_row(row: &Operation) -> impl Iterator<Item = Code> {
    let names = row.path.contains([':', '*']);
    let fits = row.mutates || row.path.contains("/:person");
    let missing = names.then_some([Code::CTL_NOT_FOUND, Code::POL_NO_ROUTE]);
    missing.into_iter().flatten().chain(fits.then_some(Code::CTL_CONFLICT))
}

/// What only this one has.
const fn of_its_own(op: Op) -> &'static [Code] {
    match op {
        Op::ClaimRedeem => &[Code::ID_CLAIM, Code::ID_THROTTLED],
        Op::ComponentPut => &[Code::CTL_COMPONENT, Code::CTL_DIGEST, Code::CTL_QUOTA],
        Op::DeploymentCreate | Op::DeploymentReview => &[Code::CTL_MANIFEST, Code::CTL_COMPONENT],
        Op::AppRollback => &[Code::CTL_COMPONENT, Code::RUN_UNAVAILABLE],
        // What their body names.
        Op::CallTokenCreate | Op::InvitationCreate | Op::MailTest => &[Code::CTL_NOT_FOUND],
        Op::BreachListRemove => &[Code::CTL_NOT_FOUND],
        Op::ClaimIssue
        | Op::Whoami
        | Op::AppsList
        | Op::AppGet
        | Op::AppRemove
        | Op::ComponentsMissing
        | Op::DeploymentsList
        | Op::DeploymentGet
        | Op::AppLogs
        | Op::MembersList
        | Op::MemberPut
        | Op::MemberRemove
        | Op::MembersImport
        | Op::AccessRequestsList
        | Op::AccessRequestApprove
        | Op::AccessRequestDeny
        | Op::AppGroupPut
        | Op::AppGroupRemove
        | Op::SecretsList
        | Op::SecretPut
        | Op::SecretRemove
        | Op::FunctionCallers
        | Op::GroupsList
        | Op::GroupCreate
        | Op::GroupGet
        | Op::GroupRemove
        | Op::GroupAdd
        | Op::GroupTake
        | Op::PersonPut
        | Op::PeopleList
        | Op::PeopleImport
        | Op::PersonRename
        | Op::PersonRemove
        | Op::SessionsList
        | Op::SessionsEnd
        | Op::EverythingEnd
        | Op::InvitationsList
        | Op::InvitationRevoke
        | Op::ResetCreate
        | Op::MailsList
        | Op::MailRetry
        | Op::BreachListGet
        | Op::BreachListPut
        | Op::AppTokensList
        | Op::AppTokenCreate
        | Op::AppTokenRevoke
        | Op::TokensList
        | Op::TokenRevoke
        | Op::AuditList
        | Op::AuditVerify
        | Op::AuditFile
        | Op::RequestExplain
        | Op::KeysList
        | Op::KeysRotate
        | Op::PostureGet
        | Op::ResourceMetadata => &[],
    }
}

impl Op {
    /// Every code that it can be refused with, or fail with.
    pub fn refusals(self) -> impl Iterator<Item = Code> {
        ROAD.into_iter().chain(of_the_row(self.row())).chain(of_its_own(self).iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OPERATIONS;

    #[test]
    fn no_code_is_named_twice_and_none_is_a_functions() {
        for row in OPERATIONS {
            let codes: Vec<Code> = row.op.refusals().collect();
            for (at, code) in codes.iter().enumerate() {
                assert!(!codes[..at].contains(code), "{}: {} twice", row.id(), code.as_str());
                let runs = code.as_str().starts_with("RUN-") && row.op != Op::AppRollback;
                assert!(!runs && code.status() >= 400, "{}: {}", row.id(), code.as_str());
            }
        }
    }

    #[test]
    fn every_code_that_is_no_functions_and_no_pages_is_somebodys() {
        // 405 is of paths without an operation; the rest is of the sign-in pages and of functions.
        let elsewhere = [
            Code::DOOR_METHOD,
            Code::ID_SIGN_IN,
            Code::ID_ATTEMPT,
            Code::ID_FORM,
            Code::POL_CLOSED,
            Code::POL_UNDEPLOYED,
        ];
        for code in Code::ALL.iter().filter(|code| !code.as_str().starts_with("RUN-")) {
            let used = OPERATIONS.iter().any(|row| row.op.refusals().any(|found| found == *code));
            assert_eq!(used, !elsewhere.contains(code), "{}", code.as_str());
        }
    }
}
