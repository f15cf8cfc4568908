//! Who may call what, as a table.
use super::*;

#[test]
fn persona_by_access_word() {
    let policy = coffee(None);
    let five = five();
    let expected = "
                         public  signed-in  members  workloads  closed
        stranger         allow   401        401      401        401
        member           allow   allow      allow    403        closed
        admin            allow   allow      allow    403        closed
        owner            allow   allow      403      403        closed
        neighbour        allow   allow      403      403        closed
        service-member   allow   403        allow    403        closed
        service-named    allow   403        403      allow      closed
        service-unnamed  allow   403        403      403        closed
        service-foreign  allow   403        403      403        closed
        operator         allow   403        403      403        closed
        disabled-member  403     403        403      403        403
        disabled-owner   403     403        403      403        403
    ";
    table(expected, |caller, column| word(&call(&policy, caller, &five[column])));
    // And again, from memory.
    table(expected, |caller, column| word(&call(&policy, caller, &five[column])));
}

/// Nothing in this app is open to outsiders: they hear the same sentence on every path, so they learn no path.
#[test]
fn a_locked_app_tells_outsiders_nothing() {
    let policy = policy();
    let functions: Vec<_> = five().split_off(2);
    policy.publish(&release(1, functions.clone(), None)).unwrap();
    let unrouted = Intent::Unrouted { app: app("coffee") };
    let wrong = Intent::WrongMethod { app: app("coffee"), allowed: vec![types::Method::Get] };
    table(
        "
                         members  workloads  closed  unrouted  wrong-method
        stranger         401      401        401     401       401
        member           allow    403        closed  404       allow
        admin            allow    403        closed  404       allow
        owner            403      403        403     403       403
        neighbour        403      403        403     403       403
        service-member   allow    403        closed  404       allow
        service-named    403      allow      closed  404       allow
        service-unnamed  403      403        closed  404       allow
        service-foreign  403      403        403     403       403
        operator         403      403        403     403       403
        disabled-member  403      403        403     403       403
        disabled-owner   403      403        403     403       403
        ",
        |caller, column| match column {
            3 => word(&policy.judge(caller, "GET", "/nowhere", &unrouted, NOW)),
            4 => word(&policy.judge(caller, "POST", "/members", &wrong, NOW)),
            _ => word(&call(&policy, caller, &functions[column])),
        },
    );
    let neighbour = Caller::Person(person("ned", 6));
    let routed = told(&call(&policy, &neighbour, &functions[2]));
    assert_eq!(routed, told(&policy.judge(&neighbour, "GET", "/nowhere", &unrouted, NOW)));
    assert_eq!(routed, told(&policy.judge(&neighbour, "POST", "/members", &wrong, NOW)));
}

#[test]
fn an_app_with_a_public_function_answers_strangers_404() {
    let policy = coffee(None);
    let unrouted = Intent::Unrouted { app: app("coffee") };
    let wrong = Intent::WrongMethod { app: app("coffee"), allowed: vec![types::Method::Get] };
    assert_eq!(word(&policy.judge(&Caller::Stranger, "GET", "/x", &unrouted, NOW)), "404");
    assert_eq!(word(&policy.judge(&Caller::Stranger, "POST", "/x", &wrong, NOW)), "404");
    // An app that policy does not know: nothing is allowed.
    let unknown = target("nothing", "public", Access::Public, &[]);
    assert_eq!(word(&call(&policy, &Caller::Stranger, &unknown)), "401");
    assert_eq!(word(&call(&policy, &Caller::Person(person("mia", MEMBER)), &unknown)), "404");
    let unrouted = Intent::Unrouted { app: app("nothing") };
    assert_eq!(word(&policy.judge(&Caller::Stranger, "GET", "/x", &unrouted, NOW)), "401");
}

#[test]
fn decisions_name_the_rules_that_made_them() {
    let policy = coffee(None);
    let five = five();
    let by = |name: &str, column: usize| {
        let personas = personas();
        let caller = &personas.iter().find(|(known, _)| *known == name).unwrap().1;
        ids(&call(&policy, caller, &five[column])).join(" ")
    };
    assert_eq!(by("stranger", 0), "public");
    assert_eq!(by("neighbour", 1), "signed-in");
    assert_eq!(by("member", 2), "members");
    assert_eq!(by("service-named", 3), "caller");
    assert_eq!(by("stranger", 2), "g-stranger");
    assert_eq!(by("neighbour", 2), "", "nothing permitted");
    assert_eq!(by("member", 3), "g-workloads");
    assert_eq!(by("service-named", 4), "g-closed");
    assert_eq!(by("stranger", 4), "g-closed g-stranger");
    assert_eq!(by("disabled-member", 2), "g-disabled");
}

#[test]
fn refusals_say_what_to_do() {
    let policy = coffee(None);
    let five = five();
    let told = |n: usize, column: usize| told(&call(&policy, &personas()[n].1, &five[column]));
    let (sentence, next) = told(4, 2);
    assert_eq!(sentence, "`ned` is not a member of `coffee`");
    assert_eq!(next, format!("ask an admin of `coffee` to run `serviceful members coffee add {}`", id(6)));
    assert!(told(7, 2).1.ends_with("`serviceful members coffee add service:other`"), "{}", told(7, 2).1);
    let (sentence, next) = told(7, 3);
    assert_eq!(sentence, "service `coffee/other` is not in the callers of `coffee/workloads`");
    assert_eq!(next, "add `\"other\"` to `callers` of `workloads` in serviceful.toml and deploy");
    assert!(told(1, 3).0.contains("only by the services that it names"));
    assert!(told(6, 1).0.contains("is for people who are signed in"));
    assert_eq!(told(10, 2).0, "the account of `dan` is disabled");
}

/// The sentence is about this caller, also when the verdict is remembered.
#[test]
fn a_remembered_deny_names_the_present_name() {
    let policy = coffee(None);
    let members = &five()[2];
    let before = Caller::Person(person("ned", 6));
    let after = Caller::Person(person("nell", 6));
    assert!(told(&call(&policy, &before, members)).0.contains("`ned`"));
    assert!(told(&call(&policy, &after, members)).0.contains("`nell`"));
}

#[test]
fn the_same_person_after_a_change_of_flags_is_decided_anew() {
    let policy = coffee(None);
    let members = &five()[2];
    let mia = person("mia", MEMBER);
    assert_eq!(word(&call(&policy, &Caller::Person(mia.clone()), members)), "allow");
    let disabled = Caller::Person(Person { disabled: true, ..mia.clone() });
    assert_eq!(word(&call(&policy, &disabled, members)), "403");
    assert_eq!(word(&call(&policy, &Caller::Person(mia), members)), "allow");
}
