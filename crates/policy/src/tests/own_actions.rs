//! Actions of an app's own: who may, what is refused in the file, and what a function cannot find out.
use gateway::{Answered, Ask, PolicyPort, Question};

use super::*;

const RULES: &str = r#"
    @id("refund")
    permit (principal in Sf::Group::"coffee/members", action == App::Action::"refund", resource)
    when { context.assurance >= 2 || principal in Sf::Group::"coffee/admins" };

    @id("own-orders")
    permit (principal is Sf::User, action in [App::Action::"read", App::Action::"cancel"], resource is App::Resource)
    when { resource.id like "order/*" && context.authAge < 600 };

    @id("drawer")
    permit (principal == Sf::Workload::"coffee/till", action == App::Action::"open", resource == App::Resource::"drawer");

    @id("not-that-one")
    forbid (principal, action == App::Action::"cancel", resource == App::Resource::"order/1");

    @id("anybody")
    permit (principal, action == App::Action::"look", resource);
"#;

fn ask(policy: &Service, caller: &Caller, action: &str, resource: &str) -> Answered {
    let target = &five()[0];
    policy.ask(&Question { target, caller, method: "POST", path: "/till", at: NOW, action, resource })
}

fn yes(answered: &Answered) -> bool {
    matches!(answered, Answered::Allowed(_))
}

fn by(answered: &Answered) -> Vec<&str> {
    match answered {
        Answered::Allowed(rules) | Answered::Denied(rules) => rules.iter().map(|rule| &**rule).collect(),
        Answered::Unknown { known } => known.iter().map(|name| &**name).collect(),
    }
}

#[test]
fn the_apps_own_rules_answer_for_the_caller() {
    let policy = coffee(Some(RULES));
    const ASKED: [(&str, &str); 7] = [
        ("refund", "order/7"),
        ("read", "order/7"),
        ("read", "menu"),
        ("cancel", "order/1"),
        ("open", "drawer"),
        ("open", "safe"),
        ("look", ""),
    ];
    table(
        "
                         refund  read  read-menu  cancel-1  drawer  safe  look
        stranger         no      no    no         no        no      no    yes
        member           no      yes   no         no        no      no    yes
        admin            yes     yes   no         no        no      no    yes
        owner            no      yes   no         no        no      no    yes
        neighbour        no      yes   no         no        no      no    yes
        service-member   no      no    no         no        yes     no    yes
        service-named    no      no    no         no        no      no    yes
        service-unnamed  no      no    no         no        no      no    yes
        service-foreign  no      no    no         no        no      no    yes
        operator         no      no    no         no        no      no    yes
        disabled-member  no      no    no         no        no      no    no
        disabled-owner   no      no    no         no        no      no    no
        ",
        |caller, column| {
            let (action, resource) = ASKED[column];
            if yes(&ask(&policy, caller, action, resource)) { "yes" } else { "no" }
        },
    );
    let mia = Caller::Person(person("mia", MEMBER));
    assert_eq!(by(&ask(&policy, &mia, "cancel", "order/1")), ["app:not-that-one"]);
    assert_eq!(by(&ask(&policy, &mia, "cancel", "order/2")), ["app:own-orders"]);
    assert!(by(&ask(&policy, &mia, "read", "menu")).is_empty(), "nothing permits it");
    let dan = Caller::Person(Person { disabled: true, ..person("dan", DISABLED_MEMBER) });
    assert_eq!(by(&ask(&policy, &dan, "look", "")), ["g-disabled"], "guardrails hold here as well");
    let sure = Caller::Person(Person { assurance: Assurance::MultiFactor, ..person("mia", MEMBER) });
    assert!(yes(&ask(&policy, &sure, "refund", "order/7")), "rules see how strong the sign-in was");
    let late = Caller::Person(Person { authenticated_at: UnixMillis(NOW.0 - 601_000), ..person("mia", MEMBER) });
    assert!(!yes(&ask(&policy, &late, "read", "order/7")), "and how long ago");
}

#[test]
fn an_action_that_nobody_is_permitted_is_none() {
    let policy = coffee(Some(RULES));
    let ada = Caller::Person(person("ada", ADMIN));
    for wrong in [
        "Refund",
        "refund ",
        "refnd",
        "",
        "invoke",
        "Sf::Action::\"invoke\"",
        "App::Action::\"refund\"",
        "look\"",
        "a\0",
    ] {
        let answered = ask(&policy, &ada, wrong, "order/7");
        assert_eq!(by(&answered), ["cancel", "look", "open", "read", "refund"], "{wrong}: {answered:?}");
        assert!(matches!(answered, Answered::Unknown { .. }), "{wrong}: {answered:?}");
    }
    let silent = coffee(None);
    assert_eq!(ask(&silent, &ada, "refund", ""), Answered::Unknown { known: vec![] });
    // What is written in a resource is a text, whatever it looks like.
    for odd in ["\" || true", "order/*", "App::Resource::\"drawer\"", "drawer\0", "Drawer"] {
        assert!(!yes(&ask(&policy, &Caller::Service(service("coffee", "till", SERVICE_MEMBER)), "open", odd)), "{odd}");
    }
}

#[test]
fn each_app_has_its_own() {
    let policy = coffee(Some(RULES));
    let tea = target("tea", "main", Access::Public, &[]);
    policy.publish(&release(1, vec![tea.clone()], None)).unwrap();
    let ada = Caller::Person(person("ada", ADMIN));
    let asked = |target: &FunctionTarget| {
        policy.ask(&Question {
            target,
            caller: &ada,
            method: "GET",
            path: "/",
            at: NOW,
            action: "refund",
            resource: "",
        })
    };
    assert!(yes(&asked(&five()[0])));
    assert_eq!(asked(&tea), Answered::Unknown { known: vec![] }, "the rules of another app are not to be asked");
    let gone = target("milk", "main", Access::Public, &[]);
    assert_eq!(asked(&gone), Answered::Denied(Arc::from([])), "nothing is known of an app that is not there");
    policy.withdraw(&app("coffee"));
    assert!(!yes(&asked(&five()[0])));
}

#[test]
fn a_membership_that_ended_counts_at_once() {
    let policy = coffee(Some(RULES));
    let ada = Caller::Person(person("ada", ADMIN));
    assert!(yes(&ask(&policy, &ada, "refund", "")));
    let left = Release { members: vec![], version: 2, ..Release::clone(&release(2, five(), Some(RULES))) };
    policy.publish(&Arc::new(left)).unwrap();
    assert!(!yes(&ask(&policy, &ada, "refund", "")));
}

#[test]
fn own_actions_open_no_function() {
    let policy = coffee(Some(RULES));
    let ned = Caller::Person(person("ned", 6));
    assert_eq!(word(&call(&policy, &ned, &five()[2])), "403");
    // An app with nothing for strangers looks to them as if it had no rules of its own.
    let text = "permit (principal, action == App::Action::\"look\", resource);";
    let closed = self::policy();
    closed.publish(&release(1, vec![target("coffee", "members", Access::Members, &[])], Some(text))).unwrap();
    let at = Intent::Unrouted { app: app("coffee") };
    assert_eq!(word(&closed.judge(&ned, "GET", "/nothing", &at, NOW)), "403", "which paths there are stays hidden");
}

#[test]
fn mistakes_in_the_file_are_refused_with_place_and_remedy() {
    let permit = "permit (principal, action == App::Action::\"refund\", resource);\n";
    let check = |rule: &str, says: &str| {
        let text = format!("{permit}{rule}");
        let message = policy().check(&app("coffee"), &text, None).expect_err(rule).message;
        assert!(message.contains("line 2, column ") && message.contains(says), "{rule}: {message}");
    };
    check("forbid (principal, action == App::Action::\"refnd\", resource);", "permitted are: `refund`");
    check("permit (principal, action in [App::Action::\"refund\", Sf::Action::\"invoke\"], resource);", "not both");
    for resource in [
        "resource in Sf::App::\"coffee\"",
        "resource == Sf::Function::\"coffee/menu\"",
        "resource is Sf::App",
        "resource in App::Resource::\"x\"",
    ] {
        check(&format!("permit (principal, action == App::Action::\"refund\", {resource});"), "App::Resource");
    }
    for name in ["", " ", "a b", "a/b", "\\\"", "é"] {
        check(&format!("permit (principal, action == App::Action::\"{name}\", resource);"), "is no name of an action");
    }
    let long = "x".repeat(65);
    check(&format!("permit (principal, action == App::Action::\"{long}\", resource);"), "is no name of an action");
    let refund = "permit (principal, action == App::Action::\"refund\", resource)";
    for (condition, says) in [
        ("resource.owner == \"x\"", "owner"),
        ("resource.id == 7", ""),
        ("context.ip == \"10.0.0.1\"", "ip"),
        ("principal in Sf::Group::\"tea/members\"", "does not belong"),
        ("resource == Sf::Function::\"coffee/menu\"", ""),
        ("action == App::Action::\"other\"", "other"),
    ] {
        check(&format!("{refund} when {{ {condition} }};"), says);
    }
    // The words of the platform are not the app's to make.
    for action in ["Other::Action::\"refund\"", "App::Sf::Action::\"refund\"", "Action::\"refund\""] {
        check(&format!("permit (principal, action == {action}, resource);"), "App::Action");
    }
    let many: String =
        (0..101).map(|n| format!("permit (principal, action == App::Action::\"a{n}\", resource);\n")).collect();
    let message = policy().check(&app("coffee"), &many, None).unwrap_err().message;
    assert!(message.contains("there may be 100"), "{message}");
}

#[test]
fn a_broken_rule_answers_no() {
    let text = "@id(\"sum\") forbid (principal, action == App::Action::\"look\", resource) when { context.assurance + 9223372036854775807 == 0 };
        permit (principal, action == App::Action::\"look\", resource);";
    let policy = coffee(Some(text));
    let mia = Caller::Person(person("mia", MEMBER));
    assert_eq!(by(&ask(&policy, &mia, "look", "")), ["app:sum"]);
    assert!(!yes(&ask(&policy, &mia, "look", "")));
}
