//! The table of operations: the only place where a path of the API meets the action that policy decides about.
use types::{Action, Method};

/// One row of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    pub op: Op,
    pub method: Method,
    /// The path as a route pattern: `:name` is one segment, a last `*` the rest.
    pub path: &'static str,
    pub action: Action,
    /// `true`: the resource is the app named by `:app`. `false`: the platform.
    pub of_app: bool,
    /// It changes something, so it is in the audit log before it starts.
    pub mutates: bool,
    /// Answered on the origin of every app too.
    pub on_apps: bool,
    pub summary: &'static str,
}

impl Operation {
    /// The operation's name in the API description and in `ControlCall::operation`.
    pub const fn id(&self) -> &'static str {
        self.op.id()
    }

    /// The path with each `:name` replaced in order by a value of `values`; a last `*` takes the last value whole.
    pub fn path_with(&self, values: &[&str]) -> String {
        let mut values = values.iter();
        let fill = |segment: &'static str| {
            if segment.starts_with(':') || segment == "*" {
                values.next().copied().unwrap_or_default()
            } else {
                segment
            }
        };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }
}

macro_rules! operations {
    ($($op:ident $id:literal: $method:ident $path:literal, $action:ident, $($flag:ident)*; $summary:literal;)+) => {
        /// Every operation. A `match` on it is the dispatch of the workroom: one that is missing does not compile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Op { $($op),+ }

        impl Op {
            /// The operation's id.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$op => $id),+ }
            }

            /// The operation with this id.
            pub fn of_id(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$op),)+ _ => None }
            }

            /// Its row in the table.
            pub const fn row(self) -> &'static Operation {
                match self { $(Self::$op => &const { row(Self::$op, Method::$method, $path, Action::$action, &[$(Flag::$flag),*], $summary) }),+ }
            }
        }

        /// Every operation of the API, in the order of the reference page.
        pub const OPERATIONS: &[Operation] = &[$(*Op::$op.row()),+];
    };
}

#[derive(Clone, Copy)]
enum Flag {
    OfApp,
    Mutates,
    OnApps,
}

const fn row(
    op: Op,
    method: Method,
    path: &'static str,
    action: Action,
    flags: &[Flag],
    summary: &'static str,
) -> Operation {
    let mut row = Operation { op, method, path, action, of_app: false, mutates: false, on_apps: false, summary };
    let mut rest = flags;
    while let [flag, more @ ..] = rest {
        match flag {
            Flag::OfApp => row.of_app = true,
            Flag::Mutates => row.mutates = true,
            Flag::OnApps => row.on_apps = true,
        }
        rest = more;
    }
    row
}

operations! {
    ClaimRedeem "claim-redeem": Post "/api/v1/claim", ClaimRedeem, Mutates;
        "Uses up a claim and makes its holder an owner of the platform";
    ClaimIssue "claim-issue": Post "/api/v1/claim/issue", ClaimIssue, Mutates;
        "Makes a new claim; only through the host's own socket";
    Whoami "whoami": Get "/api/v1/whoami", SelfRead,;
        "Says who the caller is";
    AppsList "apps-list": Get "/api/v1/apps", AppsList,;
        "Lists the apps that the caller may see";
    AppGet "app-get": Get "/api/v1/apps/:app", AppRead, OfApp;
        "Shows one app and its functions";
    AppRemove "app-remove": Delete "/api/v1/apps/:app", AppDelete, OfApp Mutates;
        "Removes an app with its deployments, members, service accounts, tokens, secrets, keys and values";
    ComponentsMissing "components-missing": Post "/api/v1/components/missing", ComponentUpload,;
        "Says which of the named components have to be uploaded";
    ComponentPut "component-put": Put "/api/v1/components/:digest", ComponentUpload, Mutates;
        "Stores a component under its digest";
    DeploymentCreate "deployment-create": Post "/api/v1/apps/:app/deployments", AppDeploy, OfApp Mutates;
        "Starts a deployment: components are compiled in the background, then the app is switched";
    DeploymentReview "deployment-review": Post "/api/v1/apps/:app/deployments/review", AppDeploy, OfApp;
        "Says who could call what with a deployment that cannot with the present one; nothing is kept";
    DeploymentsList "deployments-list": Get "/api/v1/apps/:app/deployments", AppRead, OfApp;
        "Lists the deployments of an app, newest first";
    DeploymentGet "deployment-get": Get "/api/v1/apps/:app/deployments/:deployment", AppRead, OfApp;
        "Shows one deployment: how far it has come, and what each component imports";
    AppRollback "app-rollback": Post "/api/v1/apps/:app/rollback", AppRollback, OfApp Mutates;
        "Makes an earlier deployment the current one";
    AppLogs "app-logs": Get "/api/v1/apps/:app/logs", AppLogs, OfApp;
        "Gives the newest lines of an app's log, and with `follow` those to come";
    MembersList "members-list": Get "/api/v1/apps/:app/members", AppMembers, OfApp;
        "Lists the members of an app";
    MemberPut "member-put": Put "/api/v1/apps/:app/members/:person", AppMembers, OfApp Mutates;
        "Adds a member to an app or changes the role";
    MemberRemove "member-remove": Delete "/api/v1/apps/:app/members/:person", AppMembers, OfApp Mutates;
        "Takes a member out of an app";
    MembersImport "members-import": Post "/api/v1/apps/:app/members", AppMembers, OfApp Mutates;
        "Adds many members or changes their roles: all of them, or none";
    AccessRequestsList "access-requests-list": Get "/api/v1/apps/:app/access-requests", AppMembers, OfApp;
        "Lists those who ask to be let into an app";
    AccessRequestApprove "access-request-approve": Post "/api/v1/apps/:app/access-requests/:person/approve", AppMembers, OfApp Mutates;
        "Makes somebody a member who asked to be let in";
    AccessRequestDeny "access-request-deny": Post "/api/v1/apps/:app/access-requests/:person/deny", AppMembers, OfApp Mutates;
        "Says no to somebody who asked to be let in";
    AppGroupPut "app-group-put": Put "/api/v1/apps/:app/groups/:group", AppMembers, OfApp Mutates;
        "Adds a group of people to the members of an app or changes its role";
    AppGroupRemove "app-group-remove": Delete "/api/v1/apps/:app/groups/:group", AppMembers, OfApp Mutates;
        "Takes a group of people out of an app";
    SecretsList "secrets-list": Get "/api/v1/apps/:app/secrets", AppSecrets, OfApp;
        "Lists the secrets of an app: names, versions, when they were set and read; never what they hold";
    SecretPut "secret-put": Put "/api/v1/apps/:app/secrets/:secret", AppSecrets, OfApp Mutates;
        "Sets a secret of an app; its functions read the new value from the next request on";
    SecretRemove "secret-remove": Delete "/api/v1/apps/:app/secrets/:secret", AppSecrets, OfApp Mutates;
        "Removes a secret of an app; its functions cannot read it from the next request on";
    FunctionCallers "function-callers": Get "/api/v1/apps/:app/functions/:function/callers", AppMembers, OfApp;
        "Lists who may call a function, by the rules in force";
    GroupsList "groups-list": Get "/api/v1/groups", GroupsManage,;
        "Lists the groups of people";
    GroupCreate "group-create": Post "/api/v1/groups", GroupsManage, Mutates;
        "Makes a group of people";
    GroupGet "group-get": Get "/api/v1/groups/:group", GroupsManage,;
        "Shows a group: who is in it, and which apps it means something to";
    GroupRemove "group-remove": Delete "/api/v1/groups/:group", GroupsManage, Mutates;
        "Removes a group; whoever was let in by it is so no more, from the next request on";
    GroupAdd "group-add": Post "/api/v1/groups/:group/people", GroupsManage, Mutates;
        "Puts people into a group: all of them, or none";
    GroupTake "group-take": Delete "/api/v1/groups/:group/people/:person", GroupsManage, Mutates;
        "Takes a person out of a group";
    PersonPut "person-put": Put "/api/v1/people/:person", PeopleManage, Mutates;
        "Disables or enables a person; every request of theirs is refused from then on";
    PeopleList "people-list": Get "/api/v1/people", PeopleManage,;
        "Lists the people of the platform, oldest first, a page at a time";
    PeopleImport "people-import": Post "/api/v1/people", PeopleManage, Mutates;
        "Invites everybody of a list and puts them into groups: all of it, or nothing";
    PersonRename "person-rename": Put "/api/v1/people/:person/name", PeopleManage, Mutates;
        "Gives a person another name";
    PersonRemove "person-remove": Delete "/api/v1/people/:person", PeopleManage, Mutates;
        "Removes a person with account, sessions, tokens and memberships";
    SessionsList "sessions-list": Get "/api/v1/people/:person/sessions", PeopleManage,;
        "Lists the browsers in which a person is signed in";
    SessionsEnd "sessions-end": Delete "/api/v1/people/:person/sessions", PeopleManage, Mutates;
        "Signs a person out in every browser";
    EverythingEnd "everything-end": Delete "/api/v1/sessions", EverythingEnd, Mutates;
        "Ends every session, login and token of everybody; only through the host's own socket";
    InvitationsList "invitations-list": Get "/api/v1/invitations", PeopleManage,;
        "Lists the invitations that nobody has accepted, newest first";
    InvitationRevoke "invitation-revoke": Delete "/api/v1/invitations/:invitation", PeopleManage, Mutates;
        "Takes an invitation back: its link leads nowhere from then on";
    InvitationCreate "invitation-create": Post "/api/v1/invitations", PeopleManage, Mutates;
        "Makes a one-time link with which somebody becomes a person of the platform, and a member of an app";
    ResetCreate "reset-create": Post "/api/v1/people/:person/reset", PeopleManage, Mutates;
        "Makes a one-time link with which a person replaces a forgotten password; their second factor stays";
    MailsList "mails-list": Get "/api/v1/mails", PeopleManage,;
        "Lists the newest mails and how far they have come; never what they say";
    MailRetry "mail-retry": Post "/api/v1/mails/:mail/retry", PeopleManage, Mutates;
        "Has a mail tried now that waits or has failed";
    MailTest "mail-test": Post "/api/v1/mails", PeopleManage, Mutates;
        "Sends a mail that says nothing but that it arrived";
    BreachListGet "breach-list-get": Get "/api/v1/breach-list", PeopleManage,;
        "Says whether there is a list of passwords that got out, and how large it is; never what is on it";
    BreachListPut "breach-list-put": Put "/api/v1/breach-list", PeopleManage, Mutates;
        "Replaces the list of passwords that got out, which nobody may choose";
    BreachListRemove "breach-list-remove": Delete "/api/v1/breach-list", PeopleManage, Mutates;
        "Forgets the list of passwords that got out";
    AppTokensList "app-tokens-list": Get "/api/v1/apps/:app/tokens", TokenList, OfApp;
        "Lists the tokens of an app's service accounts";
    AppTokenCreate "app-token-create": Post "/api/v1/apps/:app/tokens", TokenCreate, OfApp Mutates;
        "Makes a token for a service account of an app; the account is made when it is new";
    AppTokenRevoke "app-token-revoke": Delete "/api/v1/apps/:app/tokens/:token", TokenRevoke, OfApp Mutates;
        "Revokes a token of an app's service account";
    TokensList "tokens-list": Get "/api/v1/tokens", TokenList,;
        "Lists the caller's own tokens";
    CallTokenCreate "call-token-create": Post "/api/v1/tokens/call", TokenCreate, Mutates;
        "Makes a short-lived token with which the caller, as themselves, calls one app";
    TokenRevoke "token-revoke": Delete "/api/v1/tokens/:token", TokenRevoke, Mutates;
        "Revokes one of the caller's own tokens; an owner may revoke any";
    AuditList "audit-list": Get "/api/v1/audit", AuditRead,;
        "Lists audit events, newest first";
    AuditVerify "audit-verify": Get "/api/v1/audit/verify", AuditRead,;
        "Checks the whole audit log where it is kept";
    AuditFile "audit-file": Get "/api/v1/audit/log/*", AuditRead,;
        "Gives a file of the audit log (checkpoint or tile), so that it can be verified elsewhere";
    RequestExplain "request-explain": Get "/api/v1/requests/:request/why", AuditRead,;
        "Explains a request: who made it, which rules decided, what would change the answer";
    KeysList "keys-list": Get "/api/v1/keys", KeysManage,;
        "Lists the keys that access tokens are signed with";
    KeysRotate "keys-rotate": Post "/api/v1/keys/rotate", KeysManage, Mutates;
        "Publishes the next key of access tokens, or in an emergency drops all of them and signs everybody out";
    PostureGet "posture-get": Get "/api/v1/posture", PostureRead,;
        "Says how well the platform's walls stand";
    ResourceMetadata "resource-metadata": Get "/.well-known/oauth-protected-resource", MetadataRead, OnApps;
        "Says which identity this origin wants (RFC 9728)";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use types::RoutePattern;

    use super::*;

    #[test]
    fn every_row_is_a_route_of_its_own() {
        let mut ids = HashSet::new();
        let mut routes = HashSet::new();
        for row in OPERATIONS {
            let route = format!("{} {}", row.method, row.path);
            let parsed: RoutePattern = route.parse().unwrap_or_else(|e| panic!("{route}: {e}"));
            assert!(routes.insert(parsed), "{route} is there twice");
            assert!(ids.insert(row.id()), "{} is there twice", row.id());
            assert_eq!(Op::of_id(row.id()), Some(row.op));
            assert_eq!(row.of_app, row.path.contains("/:app"), "{route}");
        }
        assert_eq!(Op::of_id("no-such-thing"), None);
    }

    #[test]
    fn every_control_action_has_an_operation() {
        let used: HashSet<Action> = OPERATIONS.iter().map(|row| row.action).collect();
        for action in Action::ALL.iter().filter(|a| **a != Action::Invoke && !a.is_of_pages()) {
            assert!(used.contains(action), "If you are here because you added `{action}`: give it a row above");
        }
        assert!(!used.contains(&Action::Invoke), "calling a function is not a control action");
    }

    #[test]
    fn what_a_safe_method_serves_changes_nothing() {
        for row in OPERATIONS {
            assert!(!(row.method.is_safe() && row.mutates), "{}", row.id());
            // The only questions that need a body to ask them.
            let asks = matches!(row.op, Op::ComponentsMissing | Op::DeploymentReview);
            assert!(row.method.is_safe() || row.mutates || asks, "{}", row.id());
        }
    }

    #[test]
    fn paths_are_filled_in_order() {
        assert_eq!(Op::MemberPut.row().path_with(&["coffee", "p-1"]), "/api/v1/apps/coffee/members/p-1");
        assert_eq!(Op::AuditFile.row().path_with(&["tile/0/000"]), "/api/v1/audit/log/tile/0/000");
    }
}
