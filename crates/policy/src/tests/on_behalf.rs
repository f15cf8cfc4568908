//! A machine acts for a person: it gets no further than either of them. Nothing can call like that yet; the guardrail is there first.
use super::*;
use crate::{evaluate, facts::Call, judge::Verdict, rules::AppRules};

/// The widest rules that an app can write: whatever is denied here, no app can permit.
const WIDE: &str = "permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";

fn asked(cedar: Option<&str>, caller: &Caller, person: Option<&Person>, target: &Arc<FunctionTarget>) -> Verdict {
    let policy = policy();
    let rules = AppRules::of(&policy.base, &release(1, five(), cedar), 1).unwrap();
    let function = rules.named(&target.function).unwrap();
    let call = Call { on_behalf_of: person, ..Call::new(caller, "GET", "/", NOW) };
    let groups = rules.groups(&policy.base, caller);
    evaluate::invoke((&policy.base, &policy.authorizer), (&rules, function), caller, &groups, call)
}

#[test]
fn a_machine_reaches_for_a_person_what_both_may_reach() {
    let ci = Caller::Service(service("coffee", "ci", 7));
    let (mia, ned) = (person("mia", MEMBER), person("ned", 6));
    let disabled = Person { disabled: true, ..person("dan", DISABLED_MEMBER) };
    // Columns: for nobody; for a member; for somebody else; for a member who is disabled.
    for (cedar, rows) in [
        (None, [[true; 4], [false; 4], [false; 4], [true, true, false, false], [false; 4]]),
        (
            Some(WIDE),
            [[true; 4], [true, true, true, false], [true, true, false, false], [true, true, false, false], [false; 4]],
        ),
    ] {
        for (target, row) in five().iter().zip(rows) {
            for (person, mut expected) in [None, Some(&mia), Some(&ned), Some(&disabled)].into_iter().zip(row) {
                let verdict = asked(cedar, &ci, person, target);
                // Not even what is open to everybody is reached for somebody who was shut out.
                expected &= !person.is_some_and(|person| person.disabled);
                assert_eq!(verdict.allowed, expected, "{cedar:?} {} {person:?}: {verdict:?}", target.function);
            }
        }
    }
    // A machine that is let in does not lend its way to whoever is not: the confused deputy.
    let workloads = &five()[3];
    let verdict = asked(None, &ci, Some(&ned), workloads);
    assert_eq!((verdict.allowed, &*verdict.policies[0]), (false, "g-on-behalf-of"), "{verdict:?}");
    // Nor does a person lend theirs to a machine that is not.
    let other = Caller::Service(service("coffee", "other", 8));
    assert!(!asked(Some(WIDE), &other, Some(&mia), workloads).allowed);
}

#[test]
fn only_machines_act_for_people() {
    let mia = person("mia", MEMBER);
    for (name, caller) in personas() {
        for target in five() {
            let verdict = asked(Some(WIDE), &caller, Some(&mia), &target);
            assert!(
                !verdict.allowed || matches!(caller, Caller::Service(_)),
                "{name} {}: {verdict:?}",
                target.function
            );
        }
    }
}

#[test]
fn what_was_decided_for_nobody_is_not_remembered_for_somebody() {
    let policy = coffee(None);
    let ci = Caller::Service(service("coffee", "ci", 7));
    assert_eq!(word(&call(&policy, &ci, &five()[3])), "allow");
    assert_eq!(policy.memo.len(), 1);
    let ned = person("ned", 6);
    let at = Call { on_behalf_of: Some(&ned), ..Call::new(&ci, "GET", "/workloads", NOW) };
    for _ in 0..2 {
        assert_eq!(word(&policy.invoke(&ci, at, &five()[3])), "403");
    }
    assert_eq!(policy.memo.len(), 1);
}

#[test]
fn an_app_can_ask_for_whom_and_is_checked() {
    let text = "forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\")
        when { context has onBehalfOf && context.onBehalfOf in Sf::Group::\"coffee/admins\" };";
    let ci = Caller::Service(service("coffee", "ci", 7));
    let (mia, ada) = (person("mia", MEMBER), person("ada", ADMIN));
    assert!(asked(Some(text), &ci, Some(&mia), &five()[3]).allowed);
    assert!(!asked(Some(text), &ci, Some(&ada), &five()[3]).allowed);
}
