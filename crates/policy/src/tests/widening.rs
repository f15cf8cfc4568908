//! What one release permits that another does not: nothing is missed that rules can tell apart, nothing is invented.
use gateway::{Class, ReviewPort, Subject, Widening};

use super::*;

/// The two releases compared; each is functions and a Cedar file.
fn compare(
    before: Option<(&[Arc<FunctionTarget>], Option<&str>)>,
    after: (&[Arc<FunctionTarget>], Option<&str>),
) -> Widening {
    let policy = policy();
    let of = |(functions, cedar): (&[Arc<FunctionTarget>], Option<&str>)| release(1, functions.to_vec(), cedar);
    let before = before.map(of);
    let directory: Vec<Caller> = personas().into_iter().map(|(_, caller)| caller).collect();
    policy.widening(before.as_deref(), &of(after), &directory).unwrap()
}

/// `who function` in one line each; `~` for some ways only, `+` for a new route.
fn said(widening: &Widening) -> Vec<String> {
    let who = |who: &Subject| match who {
        Subject::Class(class) => class.as_str().to_owned(),
        Subject::Person(id) => id.to_string(),
        Subject::Service(name) => format!("service:{name}"),
        Subject::Group(name) => format!("group:{name}"),
    };
    let one = |gain: &gateway::Gain| {
        let marks = [(gain.partly, "~"), (gain.fresh, "+")];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        format!("{}{} {}", marks, who(&gain.who), gain.function)
    };
    widening.gains.iter().map(one).collect()
}

fn menu(access: Access) -> Vec<Arc<FunctionTarget>> {
    vec![target("coffee", "menu", access, &["ci"])]
}

const PERMIT: &str = "permit (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/menu\")";
const FORBID: &str = "forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/menu\")";

#[test]
fn the_same_twice_widens_nothing() {
    for access in Access::ALL {
        let found = compare(Some((&menu(access), None)), (&menu(access), None));
        assert_eq!((said(&found), found.asks()), (vec![], false), "{access}");
    }
}

#[test]
fn each_step_of_the_access_words_says_who_gains() {
    use Access::{Closed, Members, Public, SignedIn, Workloads};
    for (from, to, gains) in [
        (Closed, Members, &["member menu", "member-service menu"][..]),
        (Members, SignedIn, &["signed-in menu", "owner menu"][..]),
        (Members, Public, &["stranger menu"][..]),
        (SignedIn, Public, &["stranger menu"][..]),
        (Members, Workloads, &["service:ci menu"][..]),
        (Public, Members, &[][..]),
        (SignedIn, Members, &["member-service menu"][..]),
        (Members, Closed, &[][..]),
        (Public, Closed, &[][..]),
    ] {
        let found = compare(Some((&menu(from), None)), (&menu(to), None));
        let mut expected: Vec<_> = gains.iter().map(ToString::to_string).collect();
        // Owners are among those signed in.
        expected.retain(|gain| !(gain == "owner menu" && gains.contains(&"signed-in menu")));
        assert_eq!(said(&found), expected, "{from} to {to}");
        assert_eq!(found.asks(), !gains.is_empty(), "{from} to {to}");
    }
}

#[test]
fn a_new_route_for_members_is_shown_and_no_reason_to_ask() {
    let found = compare(None, (&menu(Access::Members), None));
    assert_eq!((said(&found), found.asks()), (vec!["+member menu".to_owned(), "+member-service menu".into()], false));
    let found = compare(None, (&menu(Access::Public), None));
    assert_eq!((said(&found), found.asks()), (vec!["+stranger menu".to_owned()], true));
}

#[test]
fn rules_of_the_app_count_as_words_do() {
    let mia = id(60);
    let named = format!(
        "permit (principal == Sf::User::\"{mia}\", action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/menu\");"
    );
    let before = menu(Access::Members);
    let found = compare(Some((&before, None)), (&before, Some(&named)));
    assert_eq!(said(&found), [format!("{mia} menu")], "a person whom only the rule names");
    // A condition that goes away opens as much as a permit that comes.
    let admins = format!("{FORBID} unless {{ principal in Sf::Group::\"coffee/admins\" }};");
    let found = compare(Some((&before, Some(&admins))), (&before, None));
    assert_eq!(said(&found), ["member menu", "member-service menu"]);
    let found = compare(Some((&before, None)), (&before, Some(&admins)));
    assert_eq!(said(&found), [] as [&str; 0]);
    // A flag of persons, and a strength of sign-in.
    let owners = format!("{PERMIT} when {{ principal is Sf::User && principal.owner }};");
    assert_eq!(said(&compare(Some((&before, None)), (&before, Some(&owners)))), ["owner menu"]);
    let strong = format!("{FORBID} when {{ context.assurance < 3 }};");
    let found = compare(Some((&before, Some(&strong))), (&before, None));
    assert_eq!(said(&found), ["~member menu", "~admin menu", "member-service menu"]);
}

#[test]
fn methods_and_paths_that_rules_name_are_tried() {
    let orders = |route: &str| {
        let mut target = FunctionTarget::clone(&target("coffee", "orders", Access::Members, &[]));
        target.route = route.parse().unwrap();
        vec![Arc::new(target)]
    };
    let rule = |when: &str| {
        format!(
            "forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/orders\") when {{ {when} }};"
        )
    };
    let all = orders("/orders/*");
    for when in [
        "context.method == \"DELETE\"",
        "context.path like \"/orders/stock/*\"",
        "context.path == \"/orders/refund\"",
        "[\"/orders/a\", \"/orders/b\"].contains(context.path)",
        "context.path like \"*/secret\"",
    ] {
        let found = compare(Some((&all, Some(&rule(when)))), (&all, None));
        assert_eq!(said(&found), ["~member orders", "~admin orders", "~member-service orders"], "{when}");
    }
    // Fewer methods or less of the path than before is nothing new; more is.
    let found = compare(Some((&all, None)), (&orders("GET /orders/*"), None));
    assert_eq!(said(&found), [] as [&str; 0]);
    let found = compare(Some((&orders("GET /orders/*"), None)), (&all, None));
    assert_eq!(said(&found), ["~+member orders", "~+admin orders", "~+member-service orders"]);
}

#[test]
fn a_route_that_falls_to_a_wider_function_is_found() {
    let all = |route: &str, name: &str, access| {
        let mut target = FunctionTarget::clone(&target("coffee", name, access, &[]));
        target.route = route.parse().unwrap();
        Arc::new(target)
    };
    let (wide, narrow) = (all("/*", "shop", Access::Public), all("/cellar/keys", "keys", Access::Closed));
    let found = compare(Some((&[wide.clone(), narrow], None)), (&[wide], None));
    assert_eq!(
        said(&found),
        [
            "~stranger shop",
            "~signed-in shop",
            "~owner shop",
            "~member shop",
            "~admin shop",
            "~service shop",
            "~member-service shop",
            "~operator shop"
        ]
    );
    assert!(found.asks());
    assert_eq!(&*found.gains[0].example.path, "/cellar/keys");
}

#[test]
fn nobody_whom_a_guardrail_keeps_out_is_said_to_gain() {
    // A rule that permits everything opens neither a closed function nor one for machines, and no disabled person anything.
    let everything = format!("{PERMIT};");
    for access in [Access::Closed, Access::Workloads] {
        let before = menu(access);
        let found = compare(Some((&before, None)), (&before, Some(&everything)));
        assert_eq!(said(&found), [] as [&str; 0], "{access}");
    }
    let dan = id(DISABLED_MEMBER);
    let named = format!(
        "permit (principal == Sf::User::\"{dan}\", action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/menu\");"
    );
    let before = menu(Access::SignedIn);
    assert_eq!(said(&compare(Some((&before, None)), (&before, Some(&named)))), [] as [&str; 0]);
}

#[test]
fn more_than_can_be_compared_is_said() {
    let many: Vec<_> = (0..4_000).map(|n| target("coffee", &format!("f{n}"), Access::Members, &[])).collect();
    let found = compare(None, (&many, None));
    assert!(found.cut_short && found.asks());
}

#[test]
fn a_demand_that_is_lowered_or_removed_opens_something_and_one_that_is_raised_does_not() {
    use Assurance::{MultiFactor, None as Nothing, PhishingResistant, SingleFactor};
    let of = |assurance, max_age_s| {
        let mut menu = FunctionTarget::clone(&target("coffee", "menu", Access::Members, &[]));
        menu.demand = Demand { assurance, max_age_s };
        vec![Arc::new(menu)]
    };
    let people = vec!["~member menu".to_owned(), "~admin menu".into()];
    let everybody = [people.clone(), vec!["member-service menu".into()]].concat();
    let demand = |assurance, max_age_s| Demand { assurance, max_age_s };
    for (from, to, gains, shown) in [
        ((PhishingResistant, None), (MultiFactor, None), &people, Some(demand(MultiFactor, None))),
        ((MultiFactor, None), (SingleFactor, None), &people, Some(demand(SingleFactor, None))),
        ((MultiFactor, Some(60)), (MultiFactor, Some(3_600)), &people, Some(demand(MultiFactor, Some(3_600)))),
        ((MultiFactor, Some(60)), (MultiFactor, None), &people, Some(demand(MultiFactor, None))),
        ((MultiFactor, Some(60)), (Nothing, None), &everybody, Some(demand(Nothing, None))),
        ((MultiFactor, Some(60)), (MultiFactor, Some(60)), &Vec::new(), None),
        ((Nothing, None), (MultiFactor, Some(60)), &Vec::new(), None),
        ((MultiFactor, Some(3_600)), (PhishingResistant, Some(60)), &Vec::new(), None),
    ] {
        let found = compare(Some((&of(from.0, from.1), None)), (&of(to.0, to.1), None));
        assert_eq!((&said(&found), found.asks()), (gains, !gains.is_empty()), "{from:?} to {to:?}");
        let first = found.gains.first();
        assert_eq!(first.and_then(|gain| gain.shown), shown, "{from:?} to {to:?}");
        assert!(first.is_none_or(|gain| gain.demand == demand(to.0, to.1)), "{from:?} to {to:?}");
    }
    // A rule of the app that reads the age counts in the same way.
    let rule = |max: u32| format!("{FORBID} when {{ principal is Sf::User && context.authAge > {max} }};");
    let plain = of(Nothing, None);
    assert_eq!(said(&compare(Some((&plain, Some(&rule(60)))), (&plain, Some(&rule(61))))), people);
    assert_eq!(said(&compare(Some((&plain, Some(&rule(61)))), (&plain, Some(&rule(60))))), [] as [&str; 0]);
}

/// The whole of what is found, held against deciding each question in the way that is in force.
#[test]
fn what_is_found_is_what_would_be_decided() {
    let rules = [
        None,
        Some("permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");"),
        Some(
            "forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\") unless { principal in Sf::Group::\"coffee/admins\" };",
        ),
        Some("permit (principal is Sf::Workload, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");"),
    ];
    for before in rules {
        for after in rules {
            let (old, new) = (coffee(before), coffee(after));
            let found = compare(Some((&five(), before)), (&five(), after));
            for target in five() {
                for (name, class) in [
                    ("stranger", Class::Stranger),
                    ("member", Class::Member),
                    ("admin", Class::Admin),
                    ("neighbour", Class::SignedIn),
                    ("owner", Class::Owner),
                    ("service-member", Class::MemberService),
                    ("service-unnamed", Class::Service),
                    ("operator", Class::Operator),
                ] {
                    let caller = personas().into_iter().find(|(persona, _)| *persona == name).unwrap().1;
                    let gains = word(&call(&new, &caller, &target)) == "allow"
                        && word(&call(&old, &caller, &target)) != "allow";
                    let covers = |gain: &gateway::Gain| {
                        let wide = match gain.who {
                            Subject::Class(Class::Stranger) => true,
                            Subject::Class(Class::SignedIn) => {
                                matches!(class, Class::SignedIn | Class::Owner | Class::Member | Class::Admin)
                            }
                            Subject::Class(Class::Member) => matches!(class, Class::Member | Class::Admin),
                            Subject::Class(other) => other == class,
                            Subject::Person(_) | Subject::Service(_) | Subject::Group(_) => false,
                        };
                        gain.function == target.function && (wide || gain.who == Subject::Class(class))
                    };
                    let told = found.gains.iter().any(covers);
                    assert!(told || !gains, "{name} gains {} unseen: {before:?} to {after:?}", target.function);
                    let exactly = found
                        .gains
                        .iter()
                        .any(|gain| gain.function == target.function && gain.who == Subject::Class(class));
                    assert!(gains || !exactly, "{name} does not gain {}: {before:?} to {after:?}", target.function);
                }
            }
        }
    }
}
