//! Prints what one decision costs: `cargo run --release -p policy --example decide`.
//! First with one app, then with the rules of 2,000 other apps installed beside it (100,000), or of as many as are given.
use std::{hint::black_box, sync::Arc, time::Instant};

use gateway::{Intent, Release, ReleasePort};
use policy::{PolicyConfig, Service};
use types::{
    Access, AppName, Assurance, Caller, CredentialId, Demand, Digest, FunctionName, FunctionTarget, Grants, Person,
    PrincipalId, RunLimits, UnixMillis,
};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const FUNCTIONS: usize = 10;
const RULES_PER_FUNCTION: usize = 5;
const ROUNDS: u64 = 20_000;

fn person(n: u64) -> Caller {
    let mut bytes = [1; 16];
    bytes.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
    Caller::Person(Person {
        id: PrincipalId::from_bytes(bytes),
        display_name: "somebody".into(),
        owner: false,
        disabled: false,
        assurance: Assurance::SingleFactor,
        authenticated_at: UnixMillis(0),
        credential: CredentialId::from_bytes(bytes),
    })
}

fn functions(app: &AppName) -> Outcome<Vec<Arc<FunctionTarget>>> {
    let one = |n: usize| -> Outcome<Arc<FunctionTarget>> {
        Ok(Arc::new(FunctionTarget {
            app: app.clone(),
            deployment: Digest::from_bytes([1; 32]),
            function: FunctionName::parse(&format!("f{n}"))?,
            route: format!("/f{n}").parse()?,
            component: Digest::from_bytes([2; 32]),
            handler: None,
            access: Access::Members,
            callers: Vec::new(),
            demand: Demand::default(),
            limits: RunLimits::default(),
            grants: Grants::default(),
        }))
    };
    (0..FUNCTIONS).map(one).collect()
}

/// Five rules a function, none of which permits anything new.
fn cedar(app: &AppName, condition: &str) -> String {
    let one = |f: usize, n: usize| {
        format!(
            "@id(\"f{f}-{n}\") forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"{app}/f{f}\") when {{ {condition} }};\n"
        )
    };
    (0..FUNCTIONS).flat_map(|f| (0..RULES_PER_FUNCTION).map(move |n| one(f, n))).collect()
}

fn publish(policy: &Service, name: &str, condition: Option<&str>) -> Outcome<Arc<FunctionTarget>> {
    let app = AppName::parse(name)?;
    let functions = functions(&app)?;
    let members = (0..ROUNDS)
        .filter_map(|n| person(n).principal())
        .map(|id| (id, false))
        .take(if name.starts_with("bench") { usize::MAX } else { 3 });
    let release = Release {
        app: app.clone(),
        version: 1,
        deployment: Some(Digest::from_bytes([1; 32])),
        functions: functions.clone(),
        members: members.collect(),
        groups: Vec::new(),
        cedar: condition.map(|c| Arc::from(cedar(&app, c))),
    };
    policy.publish(&Arc::new(release))?;
    Ok(functions.first().ok_or("no function")?.clone())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the clock of the machine")]
fn measure(what: &str, policy: &Service, target: &Arc<FunctionTarget>, distinct: u64) {
    let callers: Vec<Caller> = (0..distinct).map(person).collect();
    let intent = Intent::Invoke(target.clone());
    let start = Instant::now();
    for caller in callers.iter().cycle().take(usize::try_from(ROUNDS).unwrap_or(usize::MAX)) {
        black_box(policy.judge(black_box(caller), "GET", "/f0", &intent, UnixMillis(0)));
    }
    let each = start.elapsed().as_nanos() / u128::from(ROUNDS);
    println!("{what:<62} {each:>7} ns");
}

fn round(policy: &Service, targets: &[(&str, Arc<FunctionTarget>)]) {
    for (what, target) in targets {
        // Everybody is a new caller, so nothing is remembered; then the same caller again and again.
        measure(&format!("{what}, first call of each caller"), policy, target, ROUNDS);
        measure(&format!("{what}, again"), policy, target, 1);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the clock of the machine")]
fn main() -> Outcome {
    let apps = std::env::args().nth(1).map_or(Ok(2_000), |apps| apps.parse::<usize>())?;
    let policy = Service::new(PolicyConfig::default())?;
    let targets = [
        ("no rules of its own", publish(&policy, "bench-plain", None)?),
        ("5 rules of its own", publish(&policy, "bench-own", Some("context.method == \"DELETE\""))?),
        ("5 rules that read the path", publish(&policy, "bench-path", Some("context.path == \"/secret\""))?),
    ];
    println!("-- 100 rules installed");
    round(&policy, &targets);
    let start = Instant::now();
    for n in 0..apps {
        publish(&policy, &format!("other-{n}"), Some("context.method == \"DELETE\""))?;
    }
    println!(
        "-- {} more rules installed, in {} ms",
        apps * FUNCTIONS * RULES_PER_FUNCTION,
        start.elapsed().as_millis()
    );
    let fresh = [
        ("no rules of its own", publish(&policy, "bench-plain", None)?),
        ("5 rules of its own", publish(&policy, "bench-own", Some("context.method == \"DELETE\""))?),
        ("5 rules that read the path", publish(&policy, "bench-path", Some("context.path == \"/secret\""))?),
    ];
    round(&policy, &fresh);
    Ok(())
}
