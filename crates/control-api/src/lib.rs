//! control-api: the platform's API as data: its operations, the shapes they take and give, and its OpenAPI description.
//! Guarantees: one table names every operation with its action; the checked-in OpenAPI document is made from it. (claim C4)
//! Does not: route, decide, or do any of it.
//! Called by: control (serves it), client (calls it), the composition root (routes). Calls: nothing.
//! If this is wrong: an operation is decided as a milder action than it is. docs/security/threats.md#control-api
#![forbid(unsafe_code)]

mod access_requests;
mod apps;
mod audit;
mod breach_list;
mod claim;
mod credentials;
mod deployments;
mod groups;
mod invitations;
mod keys;
mod logs;
mod mails;
mod metadata;
mod openapi;
mod operation;
mod parameters;
mod people;
mod posture;
mod reach;
mod refusals;
mod secrets;

pub use access_requests::{AccessDenied, AccessRequestList, AccessRequestView, ApproveAccess};
pub use apps::{
    AppDetail, AppList, AppSummary, FunctionView, ImportMembers, ImportedMember, Member, MemberList, MembersImported,
    PutMember, Removed, Role,
};
pub use audit::{AuditEvent, AuditOutcome, AuditPage, AuditQuery, AuditTimings, AuditVerdict, AuditWho};
pub use breach_list::{BreachListStage, BreachListView};
pub use claim::{Claim, ClaimIssue, ClaimIssued, ClaimLink, ClaimLinkError, Claimed};
pub use credentials::{CreateCallToken, CreateToken, Identity, Token, TokenCreated, TokenList, TokenUse};
pub use deployments::{
    ComponentProgress, ComponentStage, ComponentStored, ComponentsMissing, ComponentsNamed, CreateDeployment,
    DeploymentFailure, DeploymentList, DeploymentPhase, DeploymentView, Import, ImportState, Inspected, Rollback,
};
pub use groups::{
    AddToGroup, AddedToGroup, CreateGroup, GroupApp, GroupDetail, GroupList, GroupPerson, GroupView, MemberGroup,
    PutAppGroup,
};
pub use invitations::{
    CreateInvitation, ImportPeople, ImportedLink, ImportedPerson, InvitationCreated, InvitationList, InvitationView,
    PeopleImported,
};
pub use keys::{KeyList, KeyStage, KeyView, KeysRotated, RotateKeys};
pub use logs::LogEntry;
pub use mails::{MailList, MailQueued, MailStage, MailView, TestMail};
pub use metadata::ResourceMetadata;
pub use openapi::{document, json};
pub use operation::{OPERATIONS, Op, Operation};
pub use people::{
    CreateReset, EverythingEnded, PeopleList, PersonEntry, PersonView, PutPerson, RenamePerson, ResetCreated,
    SessionList, SessionView, SessionsEnded,
};
pub use posture::{BrokenConnections, Posture, PostureCheck, ProcessPosture};
pub use reach::{
    AccessGain, AccessReview, CallerClass, CallerEntry, CallerGroup, CallerList, CallersScope, ExplainedCaller,
    ExplainedChange, ExplainedNow, ExplainedRule, Explanation, Extent,
};
pub use secrets::{PutSecret, SecretList, SecretPut, SecretView};

/// The longest JSON body that an operation takes, in bytes.
pub const JSON_BYTES_MAX: usize = 1_048_576;
/// The most components and sources that one deployment may have: one for each function of the largest manifest.
pub const COMPONENTS_MAX: usize = 256;
/// The most lines that `tail` gives of a log.
pub const LOG_TAIL_MAX: usize = 10_000;
/// The most events on one page of the audit log.
pub const AUDIT_PAGE_MAX: usize = 1_000;
/// The most members or people in one import.
pub const IMPORT_ROWS_MAX: usize = 5_000;
/// The most people and service accounts on one page of who may call a function.
pub const CALLERS_PAGE_MAX: usize = 1_000;
/// The most people on one page of the directory, or of a group.
pub const PEOPLE_PAGE_MAX: usize = 5_000;
