//! Which page is where. Paths of the sign-in origin are those that `pages` draws; an app's origin has its few below `/.sf/`.
use gateway::{Desk, SignInRoute};
use pages::paths;
use types::{Action, RouteError};

use crate::client;

/// A page's name: what the workroom matches on.
macro_rules! names {
    ($($variant:ident = $method:literal $path:expr, $action:ident, $desk:ident;)+) => {
        /// Every page. A `match` on it is the dispatch: one that is missing does not compile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Name { $($variant),+ }

        impl Name {
            pub(crate) fn parse(name: &str) -> Option<Self> {
                match name { $(stringify!($variant) => Some(Self::$variant),)+ _ => None }
            }
        }

        /// The routes of the sign-in pages, for the gateway's table.
        ///
        /// # Errors
        /// A defect of the table; a test finds it.
        pub fn routes() -> Result<Vec<SignInRoute>, RouteError> {
            Ok(vec![$(SignInRoute {
                name: stringify!($variant),
                pattern: format!("{} {}", $method, $path).parse()?,
                action: Action::$action,
                desk: Desk::$desk,
            }),+])
        }
    };
}

names! {
    Front = "GET" "/", SignIn, Id;
    Asset = "GET" "/assets/:name", SignIn, Id;
    First = "GET" paths::SIGN_IN, SignIn, Id;
    FirstSent = "POST" paths::SIGN_IN, SignIn, Id;
    PasswordSent = "POST" paths::SIGN_IN_PASSWORD, SignIn, Id;
    SlowDownSent = "POST" paths::SLOW_DOWN, SignIn, Id;
    Passkey = "POST" paths::SIGN_IN_PASSKEY, SignIn, Id;
    PasskeyOptions = "POST" paths::SIGN_IN_PASSKEY_OPTIONS, SignIn, Id;
    NewPasskeyOptions = "POST" paths::NEW_PASSKEY_OPTIONS, SignIn, Id;
    Confirm = "GET" paths::CONFIRM, AccountManage, Id;
    ConfirmSent = "POST" paths::CONFIRM, AccountManage, Id;
    ConfirmPasskey = "POST" paths::CONFIRM_PASSKEY, AccountManage, Id;
    ConfirmPasskeyOptions = "POST" paths::CONFIRM_PASSKEY_OPTIONS, AccountManage, Id;
    ConfirmRecovery = "GET" paths::CONFIRM_RECOVERY, AccountManage, Id;
    ConfirmRecoverySent = "POST" paths::CONFIRM_RECOVERY, AccountManage, Id;
    AddPasskey = "GET" paths::ACCOUNT_PASSKEYS, AccountManage, Id;
    AddPasskeySent = "POST" paths::ACCOUNT_PASSKEYS, AccountManage, Id;
    RenamePasskey = "POST" paths::ACCOUNT_PASSKEY_RENAME, AccountManage, Id;
    RemovePasskey = "GET" paths::ACCOUNT_PASSKEY_REMOVE, AccountManage, Id;
    RemovePasskeySent = "POST" paths::ACCOUNT_PASSKEY_REMOVE, AccountManage, Id;
    Code = "GET" paths::SIGN_IN_CODE, SignIn, Id;
    CodeSent = "POST" paths::SIGN_IN_CODE, SignIn, Id;
    Recovery = "GET" paths::SIGN_IN_RECOVERY, SignIn, Id;
    RecoverySent = "POST" paths::SIGN_IN_RECOVERY, SignIn, Id;
    Claim = "GET" paths::CLAIM, SignIn, Id;
    ClaimSent = "POST" paths::CLAIM, SignIn, Id;
    Invitation = "GET" paths::INVITATION, SignIn, Id;
    InvitationSent = "POST" paths::INVITATION, SignIn, Id;
    SignUp = "GET" paths::SIGN_UP, SignIn, Id;
    SignUpSent = "POST" paths::SIGN_UP, SignIn, Id;
    Forgot = "GET" paths::FORGOT, SignIn, Id;
    ForgotSent = "POST" paths::FORGOT, SignIn, Id;
    Reset = "GET" paths::RESET, SignIn, Id;
    ResetSent = "POST" paths::RESET, SignIn, Id;
    Verify = "GET" paths::VERIFY_EMAIL, SignIn, Id;
    VerifySent = "POST" paths::VERIFY_EMAIL, SignIn, Id;
    VerifyAsked = "POST" paths::ACCOUNT_VERIFY, AccountManage, Id;
    SignOut = "GET" paths::SIGN_OUT, SignIn, Id;
    SignOutSent = "POST" paths::SIGN_OUT, SignIn, Id;
    SwitchSent = "POST" paths::SWITCH, SignIn, Id;
    Account = "GET" paths::ACCOUNT, AccountManage, Id;
    Rename = "POST" paths::ACCOUNT_PROFILE, AccountManage, Id;
    SessionEnd = "POST" paths::ACCOUNT_SESSION_END, AccountManage, Id;
    SessionsEnd = "POST" paths::ACCOUNT_SESSIONS_END, AccountManage, Id;
    NewPassword = "GET" paths::ACCOUNT_PASSWORD, AccountManage, Id;
    RemovePassword = "GET" paths::ACCOUNT_PASSWORD_REMOVE, AccountManage, Id;
    RemovePasswordSent = "POST" paths::ACCOUNT_PASSWORD_REMOVE, AccountManage, Id;
    RemoveAuthenticator = "GET" paths::ACCOUNT_AUTHENTICATOR_REMOVE, AccountManage, Id;
    RemoveAuthenticatorSent = "POST" paths::ACCOUNT_AUTHENTICATOR_REMOVE, AccountManage, Id;
    NewCodes = "GET" paths::ACCOUNT_RECOVERY, AccountManage, Id;
    NewCodesSent = "POST" paths::ACCOUNT_RECOVERY, AccountManage, Id;
    NewPasswordSent = "POST" paths::ACCOUNT_PASSWORD, AccountManage, Id;
    Authenticator = "GET" paths::ACCOUNT_AUTHENTICATOR, AccountManage, Id;
    AuthenticatorSent = "POST" paths::ACCOUNT_AUTHENTICATOR, AccountManage, Id;
    CodesSaved = "POST" paths::ACCOUNT_RECOVERY_SAVED, AccountManage, Id;
    Discovery = "GET" "/.well-known/oauth-authorization-server", SignIn, Id;
    Keys = "GET" client::KEYS, SignIn, Id;
    Push = "POST" client::PUSH, SignIn, Id;
    Authorize = "GET" client::AUTHORIZE, SignIn, Id;
    Tokens = "POST" client::TOKEN, SignIn, Id;
    Cli = "GET" paths::CLI, SignIn, Id;
    CliSent = "POST" paths::CLI, SignIn, Id;
    CliDone = "GET" client::DONE, SignIn, Id;
    AppCallback = "GET" "/.sf/callback", SignIn, App;
    AppConfirm = "GET" "/.sf/confirm", SignIn, App;
    AppAsset = "GET" "/.sf/assets/:name", SignIn, App;
    AppSignOut = "GET" "/.sf/sign-out", SignIn, App;
    AppSignOutSent = "POST" "/.sf/sign-out", SignIn, App;
    AppSwitchSent = "POST" "/.sf/switch-account", SignIn, App;
    AppRequestAccess = "POST" "/.sf/request-access", SignIn, App;
    AppSignIn = "GET" "/.sf/sign-in", SignIn, App;
    AppAccount = "GET" "/.sf/account", SignIn, App;
    ConsoleClaim = "GET" paths::CLAIM, SignIn, Console;
}

impl Name {
    /// Whether a program sends it, and no page of ours. It carries all that counts in itself: no cookie does anything there.
    pub(crate) const fn is_for_programs(self) -> bool {
        matches!(self, Self::Push | Self::Tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_a_route_of_its_own() {
        let rows = routes().unwrap();
        for row in &rows {
            assert!(Name::parse(row.name).is_some());
            let same = |other: &&SignInRoute| other.pattern == row.pattern && other.desk == row.desk;
            assert_eq!(rows.iter().filter(same).count(), 1, "{}", row.name);
            let reserved = row.pattern.path().starts_with(gateway::RESERVED_PATH);
            assert_eq!(reserved, row.desk == Desk::App, "{}: an app's own paths are its own", row.name);
        }
    }
}
