//! What a function demands of people: asked for where nothing else is in the way, and told to nobody else.
use super::*;

fn demanding(access: Access, assurance: Assurance, max_age_s: Option<u32>) -> Arc<FunctionTarget> {
    let mut target = (*target("coffee", "safe", access, &[])).clone();
    target.demand = Demand { assurance, max_age_s };
    Arc::new(target)
}

fn mia(assurance: Assurance, ago_ms: u64) -> Caller {
    Caller::Person(Person { assurance, authenticated_at: UnixMillis(NOW.0 - ago_ms), ..person("mia", MEMBER) })
}

fn house(target: &Arc<FunctionTarget>, cedar: Option<&str>) -> Service {
    let policy = policy();
    policy.publish(&release(1, vec![target.clone()], cedar)).unwrap();
    policy
}

#[test]
fn only_whoever_would_be_allowed_is_asked_for_more() {
    let safe = demanding(Access::Members, Assurance::MultiFactor, Some(60));
    let policy = house(&safe, None);
    table(
        "
                         safe
        stranger         401
        member           step-up
        admin            step-up
        owner            403
        neighbour        403
        service-member   403
        service-named    403
        service-unnamed  403
        service-foreign  403
        operator         403
        disabled-member  403
        disabled-owner   403
        ",
        |caller, _| word(&call(&policy, caller, &safe)),
    );
    let decision = call(&policy, &mia(Assurance::SingleFactor, 0), &safe);
    assert_eq!(ids(&decision), ["g-assurance"]);
    let Decision::Deny { denial: Denial::StepUp(demand), .. } = decision else { panic!("{decision:?}") };
    assert_eq!(demand, safe.demand, "all of it: whoever shows half is not asked twice");

    // Who is not a member hears what they would hear without the demand.
    let plain = target("coffee", "safe", Access::Members, &[]);
    let without = house(&plain, None);
    for (name, caller) in personas().iter().filter(|(name, _)| !["member", "admin", "service-member"].contains(name)) {
        let (with, without) = (call(&policy, caller, &safe), call(&without, caller, &plain));
        let (Decision::Deny { denial: with, .. }, Decision::Deny { denial: without, .. }) = (with, without) else {
            panic!("{name}")
        };
        assert_eq!(with, without, "{name}");
    }
    // A machine that is one cannot show more, and is told so.
    let till = Caller::Service(service("coffee", "till", SERVICE_MEMBER));
    assert!(told(&call(&policy, &till, &safe)).1.contains("access = \"workloads\""));
}

#[test]
fn assurance_and_age_are_both_demanded_each_time() {
    use Assurance::{MultiFactor, None as Nothing, PhishingResistant, SingleFactor};
    for access in [Access::Members, Access::SignedIn] {
        let safe = demanding(access, MultiFactor, Some(60));
        let policy = house(&safe, None);
        // Twice, and in between the others: what is remembered of one is not said of another.
        for _ in 0..2 {
            for (assurance, ago_ms, expected) in [
                (Nothing, 0, "step-up"),
                (SingleFactor, 0, "step-up"),
                (MultiFactor, 0, "allow"),
                (PhishingResistant, 60_999, "allow"),
                (PhishingResistant, 61_000, "step-up"),
                (MultiFactor, 3_600_000, "step-up"),
            ] {
                let decision = call(&policy, &mia(assurance, ago_ms), &safe);
                assert_eq!(word(&decision), expected, "{access} {assurance} {ago_ms}");
            }
        }
        let tomorrow = UnixMillis(NOW.0 + 1);
        let ahead =
            Caller::Person(Person { assurance: MultiFactor, authenticated_at: tomorrow, ..person("mia", MEMBER) });
        assert_eq!(word(&call(&policy, &ahead, &safe)), "step-up", "a clock was set back");
    }
}

#[test]
fn no_rule_of_an_app_gets_around_it_and_none_is_hidden_by_it() {
    let safe = demanding(Access::Members, Assurance::PhishingResistant, None);
    let wide = "@id(\"wide\") permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    let policy = house(&safe, Some(wide));
    let ned = Caller::Person(person("ned", 6));
    assert_eq!(word(&call(&policy, &ned, &safe)), "step-up", "whom a rule lets in has to show it, too");
    assert_eq!(word(&call(&policy, &Caller::Operator { uid: 0 }, &safe)), "403");

    let shut = "@id(\"shut\") forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    let policy = house(&safe, Some(shut));
    let decision = call(&policy, &mia(Assurance::SingleFactor, 0), &safe);
    assert_eq!((word(&decision), ids(&decision)), ("403", vec!["app:shut".to_owned(), "g-assurance".to_owned()]));

    // A rule that asks for more than the manifest is a rule: nobody is sent to show what would not do.
    let more = "@id(\"more\") forbid (principal is Sf::User, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\")\
                when { context.assurance < 3 || context.authAge > 10 };";
    let weaker = demanding(Access::Members, Assurance::MultiFactor, None);
    let policy = house(&weaker, Some(more));
    assert_eq!(word(&call(&policy, &mia(Assurance::SingleFactor, 0), &weaker)), "403");
    assert_eq!(word(&call(&policy, &mia(Assurance::PhishingResistant, 0), &weaker)), "allow");
    assert_eq!(word(&call(&policy, &mia(Assurance::PhishingResistant, 11_000), &weaker)), "403", "not remembered");
}

/// The manifest refuses such a function. Were there one, nobody who is signed in would get less than a stranger gets.
#[test]
fn a_public_function_asks_nobody_for_more_than_strangers_have() {
    let open = demanding(Access::Public, Assurance::MultiFactor, Some(60));
    let policy = house(&open, None);
    for caller in [Caller::Stranger, mia(Assurance::SingleFactor, 3_600_000), mia(Assurance::None, 0)] {
        assert_eq!(word(&call(&policy, &caller, &open)), "allow", "{caller:?}");
    }
}
