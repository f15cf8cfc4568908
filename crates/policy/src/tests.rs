//! Personas and a small app that all tests share.
use std::sync::Arc;

use gateway::{ControlCall, Decision, Denial, Intent, Release, ReleaseGroup, ReleasePort};
use types::{
    Access, Action, AppName, Assurance, Caller, CredentialId, Demand, Digest, FunctionName, FunctionTarget, Grants,
    Person, PrincipalId, Resource, RunLimits, Service as ServiceAccount, UnixMillis,
};

use crate::{PolicyConfig, Service};

mod control;
mod demand;
mod drafts;
mod groups;
mod guardrails;
mod hostile;
mod invoke;
mod on_behalf;
mod oracle;
mod own_actions;
mod own_rules;
mod releases;
mod schema;
mod widening;

pub(crate) fn app(name: &str) -> AppName {
    AppName::parse(name).unwrap()
}

pub(crate) fn id(n: u8) -> PrincipalId {
    PrincipalId::from_bytes([n; 16])
}

/// When everybody in these tests calls, and has just signed in.
const NOW: UnixMillis = UnixMillis(1_000_000_000);
const MEMBER: u8 = 1;
const ADMIN: u8 = 2;
const SERVICE_MEMBER: u8 = 3;
const DISABLED_MEMBER: u8 = 4;

pub(crate) fn person(name: &str, n: u8) -> Person {
    Person {
        id: id(n),
        display_name: name.into(),
        owner: false,
        disabled: false,
        assurance: Assurance::SingleFactor,
        authenticated_at: NOW,
        credential: CredentialId::from_bytes([n; 16]),
    }
}

pub(crate) fn service(of: &str, name: &str, n: u8) -> ServiceAccount {
    let credential = CredentialId::from_bytes([n; 16]);
    ServiceAccount { id: id(n), name: name.into(), app: app(of), disabled: false, credential }
}

/// Everybody who matters, in the order of the tables.
pub(crate) fn personas() -> Vec<(&'static str, Caller)> {
    vec![
        ("stranger", Caller::Stranger),
        ("member", Caller::Person(person("mia", MEMBER))),
        ("admin", Caller::Person(person("ada", ADMIN))),
        ("owner", Caller::Person(Person { owner: true, ..person("olga", 5) })),
        ("neighbour", Caller::Person(person("ned", 6))),
        ("service-member", Caller::Service(service("coffee", "till", SERVICE_MEMBER))),
        ("service-named", Caller::Service(service("coffee", "ci", 7))),
        ("service-unnamed", Caller::Service(service("coffee", "other", 8))),
        // Same name, another app: a name means nothing outside its app.
        ("service-foreign", Caller::Service(service("tea", "ci", 9))),
        ("operator", Caller::Operator { uid: 1000 }),
        ("disabled-member", Caller::Person(Person { disabled: true, ..person("dan", DISABLED_MEMBER) })),
        ("disabled-owner", Caller::Person(Person { disabled: true, owner: true, ..person("otto", 10) })),
    ]
}

pub(crate) fn target(of: &str, name: &str, access: Access, callers: &[&str]) -> Arc<FunctionTarget> {
    Arc::new(FunctionTarget {
        app: app(of),
        deployment: Digest::from_bytes([1; 32]),
        function: FunctionName::parse(name).unwrap(),
        route: format!("/{name}").parse().unwrap(),
        component: Digest::from_bytes([2; 32]),
        handler: None,
        access,
        callers: callers.iter().map(|c| Arc::from(*c)).collect(),
        demand: Demand::default(),
        limits: RunLimits::default(),
        grants: Grants::default(),
    })
}

/// One function per access word, named by it. `closed` has callers left over from before.
pub(crate) fn five() -> Vec<Arc<FunctionTarget>> {
    let callers = |access| match access {
        Access::Workloads | Access::Closed => &["ci"][..],
        _ => &[],
    };
    Access::ALL.iter().map(|a| target("coffee", a.as_str(), *a, callers(*a))).collect()
}

pub(crate) fn release(version: u64, functions: Vec<Arc<FunctionTarget>>, cedar: Option<&str>) -> Arc<Release> {
    Arc::new(Release {
        app: functions.first().map_or_else(|| app("coffee"), |f| f.app.clone()),
        version,
        deployment: Some(Digest::from_bytes([1; 32])),
        functions,
        members: vec![
            (id(MEMBER), false),
            (id(ADMIN), true),
            (id(SERVICE_MEMBER), false),
            (id(DISABLED_MEMBER), false),
        ],
        groups: Vec::new(),
        cedar: cedar.map(Arc::from),
    })
}

pub(crate) fn policy() -> Service {
    Service::new(PolicyConfig::default()).unwrap()
}

/// The app `coffee` with all five words and these rules of its own.
pub(crate) fn coffee(cedar: Option<&str>) -> Service {
    let policy = policy();
    policy.publish(&release(1, five(), cedar)).unwrap();
    policy
}

pub(crate) fn call(policy: &Service, caller: &Caller, target: &Arc<FunctionTarget>) -> Decision {
    policy.judge(caller, "GET", target.route.path(), &Intent::Invoke(target.clone()), NOW)
}

pub(crate) fn control(policy: &Service, caller: &Caller, action: Action, resource: Resource) -> Decision {
    let call = ControlCall { operation: "test", action, resource, params: Vec::new(), mutates: false };
    policy.judge(caller, "GET", "/api/v1/x", &Intent::Control(call), NOW)
}

/// One word for a table: `allow`, `401`, `403`, `404`, `closed`, `503` (with `+`: and is told how it stands).
pub(crate) fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow { .. } => "allow",
        Decision::Deny { denial: Denial::NeedsIdentity, .. } => "401",
        Decision::Deny { denial: Denial::Forbidden { .. }, .. } => "403",
        Decision::Deny { denial: Denial::Nothing, .. } => "404",
        Decision::Deny { denial: Denial::Closed, .. } => "closed",
        Decision::Deny { denial: Denial::StepUp { .. }, .. } => "step-up",
        Decision::Deny { denial: Denial::Undeployed { known: true }, .. } => "503+",
        Decision::Deny { denial: Denial::Undeployed { known: false }, .. } => "503",
    }
}

pub(crate) fn ids(decision: &Decision) -> Vec<String> {
    let (Decision::Allow { policies } | Decision::Deny { policies, .. }) = decision;
    policies.iter().map(|p| p.to_string()).collect()
}

/// The sentence and what to do next.
pub(crate) fn told(decision: &Decision) -> (String, String) {
    match decision {
        Decision::Deny { denial: Denial::Forbidden { sentence, next }, .. } => {
            (sentence.clone(), next.clone().unwrap_or_default())
        }
        other => panic!("not forbidden: {other:?}"),
    }
}

/// Compares with a table that people can read: first line the columns, then one line a persona.
#[track_caller]
pub(crate) fn table(expected: &str, cell: impl Fn(&Caller, usize) -> &'static str) {
    let mut lines = expected.lines().map(str::trim).filter(|l| !l.is_empty());
    let columns: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let personas = personas();
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), personas.len(), "one line a persona");
    let mut wrong = Vec::new();
    for (line, (name, caller)) in lines.iter().zip(&personas) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((words[0], words.len()), (*name, columns.len() + 1), "{line}");
        for (index, column) in columns.iter().enumerate() {
            let found = cell(caller, index);
            if found != words[index + 1] {
                wrong.push(format!("{name} / {column}: expected {}, found {found}", words[index + 1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
