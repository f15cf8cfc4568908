//! Rules that are asked without being in force answer as they would in force.
use gateway::{Class, Draft, Probe, ReviewPort};
use types::Method;

use super::*;

fn draft(cedar: Option<&str>, without: &[&str]) -> Arc<dyn Draft> {
    let without: Vec<Arc<str>> = without.iter().map(|id| Arc::from(*id)).collect();
    policy().draft(&release(1, five(), cedar), &without).unwrap()
}

#[test]
fn a_draft_decides_as_what_is_in_force() {
    let cedar = "@id(\"x\") permit (principal is Sf::Workload, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    let (force, draft) = (coffee(Some(cedar)), draft(Some(cedar), &[]));
    for (name, caller) in personas() {
        for target in five() {
            let way = Probe { method: Method::Get, path: target.route.path().into() };
            let (expected, found) =
                (call(&force, &caller, &target), draft.decide(&caller, &target.function, &way, NOW).unwrap());
            assert_eq!((word(&found), ids(&found)), (word(&expected), ids(&expected)), "{name} {}", target.function);
            let reach = draft.reach(std::slice::from_ref(&caller), &target.function).unwrap().remove(0);
            assert_eq!(reach.allowed > 0, word(&expected) == "allow", "{name} {}", target.function);
        }
        for action in types::Action::ALL.iter().filter(|action| **action != types::Action::Invoke) {
            let expected = control(&force, &caller, *action, Resource::App(app("coffee")));
            assert_eq!(ids(&draft.control(&caller, *action)), ids(&expected), "{name} {action}");
        }
    }
}

#[test]
fn a_rule_that_is_left_out_decides_nothing_and_a_guardrail_cannot_be() {
    let cedar = "@id(\"no\") forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    let member = personas().remove(1).1;
    let members = FunctionName::parse("members").unwrap();
    let closed = FunctionName::parse("closed").unwrap();
    let reach = |draft: &dyn Draft, function: &FunctionName| {
        draft.reach(std::slice::from_ref(&member), function).unwrap()[0].allowed
    };
    assert_eq!(reach(&*draft(Some(cedar), &[]), &members), 0);
    assert_eq!(reach(&*draft(Some(cedar), &["app:no"]), &members), 1);
    assert_eq!(reach(&*draft(Some(cedar), &["app:no", "g-closed"]), &closed), 0);
}

#[test]
fn nobody_in_force_is_touched_by_a_draft() {
    let force = coffee(None);
    let stranger = Caller::Stranger;
    let target = &five()[2];
    assert_eq!(word(&call(&force, &stranger, target)), "401");
    let open = "permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    force.draft(&release(9, five(), Some(open)), &[]).unwrap();
    assert_eq!(word(&call(&force, &personas().remove(4).1, target)), "403", "the neighbour stays out");
}

#[test]
fn a_class_is_nobody_whom_a_rule_names() {
    // The ids that stand for classes are easy to think of; naming them gains nothing for the class.
    let mut cedar = String::new();
    for n in [0_u8, 1, 2] {
        cedar.push_str(&format!("permit (principal == Sf::User::\"{}\", action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");\n", PrincipalId::from_bytes([n; 16])));
    }
    cedar.push_str("permit (principal == Sf::Workload::\"coffee/~\", action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");\n");
    let classes = draft(Some(&cedar), &[]).classes(&FunctionName::parse("members").unwrap()).unwrap();
    for (class, reach) in classes {
        let in_app = matches!(class, Class::Member | Class::Admin | Class::MemberService);
        assert_eq!(reach.allowed > 0, in_app, "{class:?}");
    }
}

#[test]
fn a_reach_says_under_which_conditions() {
    let cedar = "forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/members\") when { context.assurance < 2 || context.method == \"POST\" };";
    let draft = draft(Some(cedar), &[]);
    let function = FunctionName::parse("members").unwrap();
    let reads = draft.reads(&function).unwrap();
    assert!(reads.method && reads.assurance && !reads.path);
    let reach = draft.reach(std::slice::from_ref(&personas().remove(1).1), &function).unwrap().remove(0);
    assert!(reach.allowed > 0 && reach.allowed < reach.tried);
    let (way, shown) = reach.example.unwrap();
    let demand = Demand { assurance: Assurance::MultiFactor, max_age_s: None };
    assert_eq!((way.method, shown), (Method::Get, Some(demand)));
}

#[test]
fn rules_are_shown_with_effect_and_text() {
    let cedar = "@id(\"no\") forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    let draft = draft(Some(cedar), &[]);
    let own = draft.rule("app:no").unwrap();
    assert!(own.of_app && !own.permits && own.text.contains("forbid"), "{own:?}");
    let guardrail = draft.rule("g-closed").unwrap();
    assert!(!guardrail.of_app && !guardrail.permits && guardrail.text.contains("closed"), "{guardrail:?}");
    assert_eq!(draft.rule("nonsense"), None);
}

/// A function that demands something of people, in a draft.
fn demanding(assurance: Assurance, max_age_s: Option<u32>) -> Arc<dyn Draft> {
    let mut safe = FunctionTarget::clone(&target("coffee", "safe", Access::Members, &[]));
    safe.demand = Demand { assurance, max_age_s };
    policy().draft(&release(1, vec![Arc::new(safe)], None), &[]).unwrap()
}

#[test]
fn a_draft_asks_for_more_as_what_is_in_force_does() {
    let draft = demanding(Assurance::MultiFactor, Some(60));
    let safe = FunctionName::parse("safe").unwrap();
    let way = draft.way(&safe).unwrap();
    let ask = |assurance, ago_ms: u64| {
        let person = Person { assurance, authenticated_at: UnixMillis(NOW.0 - ago_ms), ..person("mia", MEMBER) };
        word(&draft.decide(&Caller::Person(person), &safe, &way, NOW).unwrap())
    };
    assert_eq!(ask(Assurance::SingleFactor, 0), "step-up");
    assert_eq!(ask(Assurance::MultiFactor, 60_999), "allow");
    assert_eq!(ask(Assurance::MultiFactor, 61_000), "step-up");
    let neighbour = personas().into_iter().find(|(name, _)| *name == "neighbour").unwrap().1;
    assert_eq!(word(&draft.decide(&neighbour, &safe, &way, NOW).unwrap()), "403");

    let reads = draft.reads(&safe).unwrap();
    assert!(reads.assurance && reads.age && !reads.path);
    let reach = draft.reach(std::slice::from_ref(&personas().remove(1).1), &safe).unwrap().remove(0);
    assert!(reach.allowed > 0 && reach.allowed < reach.tried, "{reach:?}");
    let least = Demand { assurance: Assurance::MultiFactor, max_age_s: Some(60) };
    assert_eq!(reach.example.unwrap().1, Some(least), "the weakest sign-in that does is what is demanded");
    for (class, reach) in draft.classes(&safe).unwrap() {
        assert_eq!(reach.allowed > 0, matches!(class, Class::Member | Class::Admin), "{class:?}");
    }
    // What demands nothing reads nothing.
    let plain = demanding(Assurance::None, None);
    assert_eq!(plain.reads(&safe), Some(gateway::Reads::default()));
}
