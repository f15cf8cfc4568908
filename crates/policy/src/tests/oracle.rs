//! Slices and memory against the plain answer: all rules, evaluated every time, with everything checked against the schema.
use cedar_policy::{Context, Entities, PolicySet, Request};

use super::{hostile::Dice, *};
use crate::{
    facts::{self, Call},
    memo::Memo,
    rules::AppRules,
};

/// Allowed or not, and by which rules.
type Answer = (bool, Vec<String>);

/// The answer of every rule of the platform and the app together.
fn plain(
    policy: &Service,
    own: &[cedar_policy::Policy],
    rules: &AppRules,
    caller: &Caller,
    at: &Intent,
    call: Call<'_>,
) -> Answer {
    let base = &policy.base;
    let schema = Some(base.validator.schema());
    let Intent::Invoke(target) = at else { panic!("calls only") };
    let mut set = PolicySet::new();
    for rule in base.all.iter().chain(own) {
        set.add(rule.clone()).unwrap();
    }
    let principal = facts::principal(&base.words, caller, rules.groups(base, caller)).unwrap();
    let function = facts::function(&base.words, target).unwrap();
    let context = Context::from_pairs(call.pairs(&base.words)).unwrap();
    let action = base.words.action(Action::Invoke).unwrap().clone();
    let request = Request::new(principal.uid(), action, function.uid(), context, schema).expect("fits the schema");
    let app = facts::app(&base.words, &target.app).unwrap();
    let entities = Entities::from_entities([principal, function, app], schema).expect("fit the schema");
    let response = policy.authorizer.is_authorized(&request, &set, &entities);
    assert_eq!(response.diagnostics().errors().count(), 0);
    let mut ids: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    ids.sort();
    (response.decision() == cedar_policy::Decision::Allow, ids)
}

const CONDITIONS: [&str; 10] = [
    "",
    "when { context.path like \"/a*\" }",
    "unless { context.path == \"/b\" }",
    "when { context[\"path\"] == \"/b\" }",
    "when { context has path && context.method == \"GET\" }",
    "when { context.method == \"POST\" }",
    "when { context.assurance >= 2 }",
    "when { principal is Sf::User && principal.owner }",
    "when { context.authAge < 5 }",
    "when { principal in resource.members && context == context }",
];

fn random_rules(dice: &mut Dice, functions: &[Arc<FunctionTarget>]) -> String {
    let mut text = String::new();
    for n in 0..dice.roll(5) {
        let effect = dice.pick(&["permit", "forbid"]);
        let user = format!("principal == Sf::User::\"{}\"", id(u8::try_from(dice.roll(8)).unwrap()));
        let principal = *dice.pick(&[
            "principal",
            &user,
            "principal is Sf::Workload",
            "principal in Sf::Group::\"coffee/admins\"",
            "principal == Sf::Workload::\"coffee/ci\"",
        ]);
        let one = format!("resource == Sf::Function::\"coffee/{}\"", dice.pick(functions).function);
        let resource = *dice.pick(&["resource in Sf::App::\"coffee\"", &one, &one]);
        let condition = match (principal, *dice.pick(&CONDITIONS)) {
            // Cedar rightly refuses a rule that asks a machine whether it is a person.
            (p, c) if c.contains("is Sf::User") && p.contains("Workload") => {
                let _ = (p, c);
                ""
            }
            (_, c) => c,
        };
        text.push_str(&format!(
            "@id(\"r{n}\") {effect} ({principal}, action == Sf::Action::\"invoke\", {resource}) {condition};\n"
        ));
    }
    text
}

#[test]
fn sliced_and_remembered_answers_are_the_plain_ones() {
    let mut dice = Dice(0x5f5f_1234_5678_9abc);
    let mut compared = 0;
    let mut allowed = 0;
    let policy = policy();
    for round in 0..120_u64 {
        let functions: Vec<_> = (0..=dice.roll(4))
            .map(|n| {
                let callers = *dice.pick::<&[&str]>(&[&[], &["ci"], &["ci", "other"]]);
                let mut target = (*target("coffee", &format!("f{n}"), *dice.pick(&Access::ALL), callers)).clone();
                target.demand.assurance = *dice.pick(&Assurance::ALL);
                target.demand.max_age_s = *dice.pick(&[None, None, Some(3), Some(100)]);
                Arc::new(target)
            })
            .collect();
        let text = random_rules(&mut dice, &functions);
        policy.publish(&release(round, functions.clone(), Some(&text))).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let rules = policy.apps.find(&app("coffee")).unwrap();
        let own = crate::own::OwnRules::read(&policy.base, &app("coffee"), &text).unwrap();
        let own: Vec<_> = own.rules.into_iter().map(|rule| rule.policy).collect();
        for _ in 0..150 {
            let mut caller = dice.pick(&personas()).1.clone();
            if let Caller::Person(person) = &mut caller {
                person.owner = dice.roll(2) == 0;
                person.disabled = dice.roll(6) == 0;
                person.assurance =
                    *dice.pick(&[Assurance::None, Assurance::SingleFactor, Assurance::PhishingResistant]);
                person.authenticated_at = UnixMillis(NOW.0 - *dice.pick(&[0, 3_500, 4_000, 5_000, 200_000]));
            }
            let (method, path) = (*dice.pick(&["GET", "POST"]), *dice.pick(&["/a", "/ab", "/b", "/"]));
            let intent = Intent::Invoke(dice.pick(&functions).clone());
            let (allow, by) = plain(&policy, &own, &rules, &caller, &intent, Call::new(&caller, method, path, NOW));
            let decision = policy.judge(&caller, method, path, &intent, NOW);
            let found = matches!(decision, Decision::Allow { .. });
            assert_eq!((found, ids(&decision)), (allow, by), "{caller:?} {method} {path} {intent:?}\n{text}");
            compared += 1;
            allowed += usize::from(allow);
        }
    }
    assert!(policy.memo.len() > 500, "memory was used: {}", policy.memo.len());
    assert!(allowed > compared / 10 && allowed < compared * 9 / 10, "{allowed} of {compared}");
}

#[test]
fn control_slices_give_the_plain_answer() {
    let policy = Service::new(PolicyConfig { dev_operator: true }).unwrap();
    policy.publish(&release(1, five(), None)).unwrap();
    let base = &policy.base;
    let rules = policy.apps.find(&app("coffee")).unwrap();
    let all = crate::base::set_of(base.all.clone()).unwrap();
    let schema = Some(base.validator.schema());
    for action in Action::ALL.iter().copied().filter(|a| *a != Action::Invoke) {
        for (name, caller) in personas() {
            for on_app in [true, false] {
                let deployer = caller.principal() == Some(id(ADMIN));
                let (resource, entity, groups) = if on_app {
                    (Resource::App(app("coffee")), rules.entity.clone(), rules.groups(base, &caller))
                } else {
                    let groups = if deployer { vec![base.words.deployers.clone()] } else { vec![] };
                    (Resource::Platform, facts::platform(&base.words), groups)
                };
                let principal = facts::principal(&base.words, &caller, groups).unwrap();
                let context =
                    Context::from_pairs(Call::new(&caller, "GET", "/", NOW).pairs(&policy.base.words)).unwrap();
                let uid = base.words.action(action).unwrap().clone();
                let request = Request::new(principal.uid(), uid, entity.uid(), context, schema).unwrap();
                let entities = Entities::from_entities([principal, entity], schema).unwrap();
                let plain = policy.authorizer.is_authorized(&request, &all, &entities);
                let decision = control(&policy, &caller, action, resource);
                assert_eq!(
                    matches!(decision, Decision::Allow { .. }),
                    plain.decision() == cedar_policy::Decision::Allow,
                    "{name} {action} {on_app}"
                );
            }
        }
    }
}

#[test]
fn the_memory_is_bounded() {
    let policy = coffee(None);
    let public = &five()[0];
    for n in 0..u64::try_from(Memo::CAPACITY).unwrap() + 5_000 {
        let mut bytes = [9; 16];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        let caller = Person { id: PrincipalId::from_bytes(bytes), ..person("x", 9) };
        assert_eq!(word(&call(&policy, &Caller::Person(caller), public)), "allow");
    }
    assert!(policy.memo.len() <= Memo::CAPACITY);
    assert!(policy.memo.len() > Memo::CAPACITY / 2);
}
