//! store: what the platform remembers, as traits; databases implement them.
//! Guarantees: an acknowledged write survives kill -9; each method is one transaction, all or nothing.
//! Does not: hold SQL, credentials in clear, or an app's own data.
//! Called by: identity, control, runtime, the composition root. Calls: nothing.
//! If this is wrong: a lost write forgets a revocation, or a half-written one serves half a deployment. docs/security/threats.md#store
#![forbid(unsafe_code)]

mod accounts;
mod apps;
mod contents;
#[cfg(feature = "test-util")]
pub mod contract;
mod directory;
mod error;
mod groups;
mod history;
mod key_values;
mod logins;
#[cfg(feature = "test-util")]
mod memory;
mod outbox;
mod requests;
mod roster;
mod secrets;
mod sessions;

pub use accounts::{Account, Accounts, Invitation, Totp};
pub use apps::{App, AppMember, Apps, Deployment, DeploymentState, MemberRole};
pub use contents::{Contents, ContentsError, Stored};
pub use directory::{Audience, Claim, Credential, CredentialKind, Directory, Known, Principal, PrincipalKind};
pub use error::StoreError;
pub use groups::{AppGroup, Group, GroupSize, Groups, Joined};
pub use history::{Kept, surplus};
pub use key_values::{KV_ENTRY_BYTES, KeyValues};
pub use logins::{LOGINS_MAX, Login, Logins, Opening, REFRESHES_MAX, Refresh, Refreshed};
#[cfg(feature = "test-util")]
pub use memory::{MemoryKeyValues, MemoryStore};
pub use outbox::{ClaimedMail, Mail, MailState, NewMail, Outbox, SealedLetter};
pub use requests::{AccessRequest, AccessRequests, Asked};
pub use roster::{Ended, Everything, PeoplePage, Roster};
pub use secrets::{NewSecret, SealedSecret, SecretEntry, Secrets};
pub use sessions::{Link, LinkPurpose, OpenedBy, Session, Sessions, Use};

/// A boxed future, so that stores can be used as trait objects.
pub type Answer<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The platform's whole memory.
pub trait Store:
    Directory + Apps + Accounts + Sessions + Logins + Outbox + AccessRequests + Groups + Roster + Secrets
{
}
impl<T: Directory + Apps + Accounts + Sessions + Logins + Outbox + AccessRequests + Groups + Roster + Secrets> Store
    for T
{
}
