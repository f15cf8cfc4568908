//! What somebody wants to do, and to what. There is deliberately no address in either.
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AppName, FunctionName};

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// One thing that policy can allow or refuse. The word is the Cedar action's id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Action { $($(#[$doc])* #[serde(rename = $word)] $variant),+ }

        impl Action {
            /// Every action, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

actions! {
    /// Call a function.
    Invoke = "invoke",
    /// Read the public description of an app's identity requirements (RFC 9728).
    MetadataRead = "metadata-read",
    /// Turn a one-time claim into the first owner.
    ClaimRedeem = "claim-redeem",
    /// Make a new claim link; only on the host itself.
    ClaimIssue = "claim-issue",
    /// See who one is.
    SelfRead = "self-read",
    /// See the apps of the platform.
    AppsList = "apps-list",
    /// See one app, its deployments and routes.
    AppRead = "app-read",
    /// Make a new app, or a new deployment of one.
    AppDeploy = "app-deploy",
    /// Make an older deployment the current one.
    AppRollback = "app-rollback",
    /// Remove an app and all that belongs to it.
    AppDelete = "app-delete",
    /// Read an app's logs.
    AppLogs = "app-logs",
    /// Add and remove an app's members.
    AppMembers = "app-members",
    /// Set, list and remove an app's secrets. Nobody can read what they hold.
    AppSecrets = "app-secrets",
    /// Make a token for oneself or for a service account of an app.
    TokenCreate = "token-create",
    /// See tokens.
    TokenList = "token-list",
    /// Revoke a token.
    TokenRevoke = "token-revoke",
    /// Read the audit log.
    AuditRead = "audit-read",
    /// Read how well the platform's walls stand.
    PostureRead = "posture-read",
    /// Upload the contents of a component.
    ComponentUpload = "component-upload",
    /// Invite, disable, enable and remove people, and end their sessions.
    PeopleManage = "people-manage",
    /// Make and remove groups of people, and say who is in them.
    GroupsManage = "groups-manage",
    /// End every session, login and token of everybody; only on the host itself.
    EverythingEnd = "everything-end",
    /// See and replace the keys that access tokens are signed with.
    KeysManage = "keys-manage",
    /// Use the sign-in pages: what a stranger needs in order to stop being one.
    SignIn = "sign-in",
    /// Look after one's own account, signed in at the sign-in pages.
    AccountManage = "account-manage",
}

impl Action {
    /// An action of the sign-in pages rather than of the control API.
    pub const fn is_of_pages(self) -> bool {
        matches!(self, Self::SignIn | Self::AccountManage)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an action is aimed at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// The platform as a whole.
    Platform,
    /// One app.
    App(AppName),
    /// One function of an app.
    Function(AppName, FunctionName),
}

impl Resource {
    /// The app that the resource belongs to, if it belongs to one.
    pub const fn app(&self) -> Option<&AppName> {
        match self {
            Self::Platform => None,
            Self::App(app) | Self::Function(app, _) => Some(app),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("platform"),
            Self::App(app) => write!(f, "{app}"),
            Self::Function(app, function) => write!(f, "{app}/{function}"),
        }
    }
}
