//! An app tries to permit what nobody may permit.
use super::*;

/// The widest rule that the structural check accepts.
const EVERYBODY: &str =
    "@id(\"wide\") permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";

#[test]
fn the_widest_permit_of_an_app_opens_no_guardrail() {
    let policy = coffee(Some(EVERYBODY));
    let five = five();
    table(
        "
                         public  signed-in  members  workloads  closed
        stranger         allow   401        401      401        401
        member           allow   allow      allow    403        closed
        admin            allow   allow      allow    403        closed
        owner            allow   allow      allow    403        closed
        neighbour        allow   allow      allow    403        closed
        service-member   allow   allow      allow    403        closed
        service-named    allow   allow      allow    allow      closed
        service-unnamed  allow   allow      allow    403        closed
        service-foreign  allow   allow      allow    403        closed
        operator         allow   allow      allow    403        closed
        disabled-member  403     403        403      403        403
        disabled-owner   403     403        403      403        403
        ",
        |caller, column| word(&call(&policy, caller, &five[column])),
    );
    let ned = Caller::Person(person("ned", 6));
    assert_eq!(ids(&call(&policy, &ned, &five[2])), ["app:wide"]);
    assert_eq!(ids(&call(&policy, &ned, &five[4])), ["g-closed"]);
}

#[test]
fn a_forbid_of_an_app_wins_over_the_platforms_permits() {
    let rule = "@id(\"shut\") forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/members\");";
    let policy = coffee(Some(rule));
    let five = five();
    let mia = Caller::Person(person("mia", MEMBER));
    let decision = call(&policy, &mia, &five[2]);
    assert_eq!((word(&decision), ids(&decision)), ("403", vec!["app:shut".to_owned()]));
    assert_eq!(told(&decision).0, "rule `app:shut` of `coffee` forbids it");
    assert_eq!(word(&call(&policy, &mia, &five[1])), "allow", "the rule is about one function");
}

#[test]
fn a_rule_cannot_take_a_guardrails_name() {
    let rule = EVERYBODY.replace("wide", "g-closed");
    let policy = coffee(Some(&rule));
    let ned = Caller::Person(person("ned", 6));
    assert_eq!(ids(&call(&policy, &ned, &five()[2])), ["app:g-closed"], "it stays recognisable as the app's");
    assert_eq!(ids(&call(&policy, &ned, &five()[4])), ["g-closed"]);
}

#[test]
fn a_broken_forbid_denies_instead_of_being_skipped() {
    // Overflow is the one thing that a valid rule can still do wrong at run time.
    let sum = "@id(\"sum\") forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\")\
               when { context.assurance + 9223372036854775807 == 0 };";
    let policy = coffee(Some(sum));
    let five = five();
    let mia = Caller::Person(person("mia", MEMBER));
    let decision = call(&policy, &mia, &five[2]);
    assert_eq!((word(&decision), ids(&decision)), ("403", vec!["app:sum".to_owned()]));
    let (sentence, next) = told(&decision);
    assert!(sentence.contains("could not be evaluated, so nothing is allowed"), "{sentence}");
    assert!(next.contains("the platform's log"), "{next}");
    // Without assurance there is no overflow, and the rule is simply false.
    assert_eq!(word(&call(&policy, &Caller::Service(service("coffee", "till", SERVICE_MEMBER)), &five[2])), "allow");
}

#[test]
fn rules_see_method_path_assurance_groups_and_callers() {
    let text = r#"
        @id("path") forbid (principal, action == Sf::Action::"invoke", resource in Sf::App::"coffee")
        when { context.path like "/secret/*" } unless { principal in Sf::Group::"coffee/admins" };
        @id("sure") forbid (principal is Sf::User, action == Sf::Action::"invoke", resource == Sf::Function::"coffee/signed-in")
        when { context.method == "POST" && context.assurance < 2 };
        @id("robot") permit (principal == Sf::Workload::"coffee/other", action == Sf::Action::"invoke", resource == Sf::Function::"coffee/members");
    "#;
    let policy = coffee(Some(text));
    let five = five();
    let at = |caller: &Caller, method: &str, path: &str, n: usize| {
        word(&policy.judge(caller, method, path, &Intent::Invoke(five[n].clone()), NOW))
    };
    let (mia, ada) = (Caller::Person(person("mia", MEMBER)), Caller::Person(person("ada", ADMIN)));
    // Alternating, so that an answer remembered without its path would be found out.
    for _ in 0..3 {
        assert_eq!(at(&mia, "GET", "/secret/1", 2), "403");
        assert_eq!(at(&mia, "GET", "/open", 2), "allow");
        assert_eq!(at(&ada, "GET", "/secret/1", 2), "allow");
        assert_eq!(at(&mia, "POST", "/open", 1), "403");
        assert_eq!(at(&mia, "GET", "/open", 1), "allow");
    }
    let sure = Caller::Person(Person { assurance: Assurance::MultiFactor, ..person("mia", MEMBER) });
    assert_eq!(at(&sure, "POST", "/open", 1), "allow");
    assert_eq!(at(&Caller::Service(service("coffee", "other", 8)), "GET", "/open", 2), "allow");
    assert_eq!(at(&Caller::Service(service("tea", "other", 8)), "GET", "/open", 2), "403");
    assert_eq!(policy.memo.len(), 0, "every function of this app has a rule that reads the path");
}
