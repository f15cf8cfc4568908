//! What policy would say: questions about rules that need not be in force, and about callers who are not here. The same engine
//! answers that decides; no answer lets anybody in.
use std::sync::Arc;

use types::{
    Action, Caller, Demand, FunctionName, FunctionTarget, GroupName, Method, PrincipalId, Resource, RoutePattern,
    UnixMillis,
};

use crate::{Decision, PolicyProblem, Release};

/// One way to call a function: all that a rule can see of a request, but for who makes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Probe {
    pub method: Method,
    /// Canonical, without query.
    pub path: Arc<str>,
}

/// Callers whom rules tell apart from each other although none of them is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Stranger,
    /// A person who is no member.
    SignedIn,
    /// An owner of the platform who is no member.
    Owner,
    Member,
    Admin,
    /// A service account of the app that is no member and no named caller.
    Service,
    MemberService,
    Operator,
}

impl Class {
    pub const ALL: [Self; 8] = [
        Self::Stranger,
        Self::SignedIn,
        Self::Owner,
        Self::Member,
        Self::Admin,
        Self::Service,
        Self::MemberService,
        Self::Operator,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::SignedIn => "signed-in",
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Service => "service",
            Self::MemberService => "member-service",
            Self::Operator => "operator",
        }
    }
}

/// Who gains something, or is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    Class(Class),
    /// A person whom a rule names.
    Person(PrincipalId),
    /// A service account of the app that a rule or a function names.
    Service(Arc<str>),
    /// Somebody who is in this group of people, and no member by themselves.
    Group(GroupName),
}

/// How far somebody gets with one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Ways that were tried: more than one where a rule reads method, path, or how and when somebody signed in, or where the
    /// function demands something of that.
    pub tried: usize,
    /// Those of them that are allowed.
    pub allowed: usize,
    /// The rules that let in, each once, by name.
    pub rules: Vec<Arc<str>>,
    /// The way that is allowed with the weakest sign-in, the first of them, and that sign-in; `None` beside it: any will do.
    pub example: Option<(Probe, Option<Demand>)>,
}

/// Which parts of a request the rules of a function read, or the function itself demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reads {
    pub method: bool,
    pub path: bool,
    pub assurance: bool,
    /// How long ago the caller showed who they are.
    pub age: bool,
}

/// A rule, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: Arc<str>,
    /// It is of the app's own Cedar file; otherwise the platform's.
    pub of_app: bool,
    /// It permits; otherwise it forbids.
    pub permits: bool,
    pub text: String,
}

/// Rules that were read and can be asked.
pub trait Draft: Send + Sync {
    /// The function that answers there, if one does.
    fn function_at(&self, method: Method, path: &str) -> Option<Arc<FunctionTarget>>;
    /// What this caller would be answered at that time. `None`: there is no such function.
    fn decide(&self, caller: &Caller, function: &FunctionName, way: &Probe, at: UnixMillis) -> Option<Decision>;
    /// How far each caller gets, in the order asked. `None`: there is no such function.
    fn reach(&self, callers: &[Caller], function: &FunctionName) -> Option<Vec<Reach>>;
    /// How far each class gets, and everybody whom a rule or the function names.
    fn classes(&self, function: &FunctionName) -> Option<Vec<(Class, Reach)>>;
    /// How far somebody gets who is in one of the app's groups and nothing else, for each group by name. `None`: there is no such
    /// function.
    fn groups(&self, function: &FunctionName) -> Option<Vec<(GroupName, Reach)>>;
    /// What the rules of the function read.
    fn reads(&self, function: &FunctionName) -> Option<Reads>;
    /// A way to call the function that fits its route.
    fn way(&self, function: &FunctionName) -> Option<Probe>;
    /// What the caller would be answered who wants to do this to the app.
    fn control(&self, caller: &Caller, action: Action) -> Decision;
    /// The rule with this id, of the app or of the platform.
    fn rule(&self, id: &str) -> Option<Rule>;
}

/// Somebody gains access to a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gain {
    pub function: FunctionName,
    pub route: RoutePattern,
    pub who: Subject,
    /// They belong to the app.
    pub belongs: bool,
    /// Nothing answered there before, whoever asked.
    pub fresh: bool,
    /// Some ways only; `example` is one of them.
    pub partly: bool,
    pub example: Probe,
    /// The weakest sign-in with which the example is allowed now and was not before. `None`: callers show nothing, or it makes no
    /// difference.
    pub shown: Option<Demand>,
    /// What the function demands of people still.
    pub demand: Demand,
    /// The rules that let them in.
    pub rules: Vec<Arc<str>>,
}

impl Gain {
    /// What every app does that grows: a new route for those who belong to it.
    pub const fn is_expected(&self) -> bool {
        self.fresh && self.belongs
    }
}

/// What one release permits that another does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Widening {
    /// By function, then by who.
    pub gains: Vec<Gain>,
    /// There was more to compare than is compared.
    pub cut_short: bool,
}

impl Widening {
    /// Somebody should look before it counts.
    pub fn asks(&self) -> bool {
        self.cut_short || self.gains.iter().any(|gain| !gain.is_expected())
    }
}

/// policy: what would these rules say? Computes and waits for nothing; call it where that does not keep others.
pub trait ReviewPort: Send + Sync {
    /// Reads a release without putting it in force. `without`: ids of rules of the app that are left out.
    fn draft(&self, release: &Release, without: &[Arc<str>]) -> Result<Arc<dyn Draft>, PolicyProblem>;
    /// Who may do with `after` what they may not do with `before` (`None`: nothing was there). `directory`: people and
    /// service accounts of the app, for what rules read of them; somebody who is not in it is taken for an enabled non-member.
    fn widening(
        &self,
        before: Option<&Release>,
        after: &Release,
        directory: &[Caller],
    ) -> Result<Widening, PolicyProblem>;
    /// The rule of the platform with this id.
    fn rule(&self, id: &str) -> Option<Rule>;
    /// What the caller would be answered now who wants to do this.
    fn control(&self, caller: &Caller, action: Action, resource: &Resource) -> Decision;
}
