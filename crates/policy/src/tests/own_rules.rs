//! What an app may and may not write into its Cedar file.
use gateway::PolicyPort;

use super::*;

/// The sentence with which a file of `coffee` is refused.
#[track_caller]
fn refused(text: &str) -> String {
    policy().check(&app("coffee"), text, None).expect_err(text).message
}

#[track_caller]
fn check(text: &str, says: &[&str]) {
    let message = refused(text);
    for part in says {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert!(!message.chars().any(char::is_control), "{message:?}");
}

const ACTION: &str = "action == Sf::Action::\"invoke\"";
const OWN: &str = "resource in Sf::App::\"coffee\"";

#[test]
fn accepts_rules_about_its_own_functions() {
    let policy = policy();
    for good in [
        "",
        "// nothing but words",
        "permit (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/menu\");",
        "permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");",
        "forbid (principal, action == Sf::Action::\"invoke\", resource is Sf::Function in Sf::App::\"coffee\");",
        "permit (principal in Sf::Group::\"coffee/admins\", action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");",
        "permit (principal == Sf::Workload::\"coffee/ci\", action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");",
        "forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\") unless { principal is Sf::User && principal.owner };",
        "@id(\"a.b-c_1\") forbid (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\") when { resource.access == \"public\" };",
    ] {
        let result = policy.check(&app("coffee"), good, None);
        assert!(result.is_ok(), "{good}: {result:?}");
    }
}

#[test]
fn refuses_rules_about_anything_else_with_place_and_remedy() {
    let remedy = &["line 2, column 3: ", "write `resource == Sf::Function::\"coffee/<function>\"`"][..];
    for resource in [
        "resource",
        "resource is Sf::Function",
        "resource == Sf::Function::\"tea/menu\"",
        "resource == Sf::Function::\"coffee2/menu\"",
        "resource == Sf::Function::\"coffee\"",
        "resource == Sf::Function::\"coffee/\"",
        "resource == Sf::Function::\"coffee/../tea/menu\"",
        "resource == Sf::Function::\"coffee/Menu\"",
        "resource in Sf::App::\"tea\"",
        "resource in Sf::App::\"coffee \"",
        "resource is Sf::Function in Sf::App::\"tea\"",
        "resource is Sf::App in Sf::App::\"coffee\"",
        "resource in Sf::Function::\"coffee/menu\"",
        "resource == Sf::App::\"coffee\"",
        "resource == Sf::Platform::\"platform\"",
    ] {
        for effect in ["permit", "forbid"] {
            check(&format!("\n  {effect} (principal, {ACTION}, {resource});"), remedy);
        }
    }
    for action in [
        "action",
        "action == Sf::Action::\"app-deploy\"",
        "action == Sf::Action::\"claim-issue\"",
        "action in [Sf::Action::\"invoke\", Sf::Action::\"app-read\"]",
        "action in Sf::Action::\"invoke\"",
        "action == Action::\"invoke\"",
    ] {
        check(
            &format!("\n  permit (principal, {action}, {OWN});"),
            &["line 2, column 3: ", "write `action == Sf::Action::\"invoke\"`"],
        );
    }
}

#[test]
fn refuses_other_apps_entities_wherever_they_hide() {
    for condition in [
        "principal in Sf::Group::\"tea/members\"",
        "principal in Sf::Group::\"deployers\"",
        "principal == Sf::Workload::\"tea/ci\"",
        "principal == Sf::Workload::\"coffee\"",
        "resource == Sf::Function::\"tea/menu\"",
        "resource in Sf::App::\"tea\"",
        "Sf::App::\"tea\".members == resource.members",
        "[Sf::App::\"tea\"].contains(Sf::App::\"coffee\")",
        "resource.callers.contains(Sf::Workload::\"tea/ci\")",
        "principal == Sf::User::\"root\"",
        "principal == Sf::Anonymous::\"someone-else\"",
        "principal == Sf::Operator::\"root\"",
        "principal == Sf::Platform::\"platform\"",
        "action == Sf::Action::\"app-read\"",
        "if context.method == \"GET\" then principal in Sf::Group::\"tea/admins\" else true",
        "{ a: Sf::Group::\"tea/admins\" }.a == resource.members",
    ] {
        for clause in ["when", "unless"] {
            check(
                &format!("\n\npermit (principal, {ACTION}, {OWN}) {clause} {{ {condition} }};"),
                &["line 3, column 1: ", "does not belong to `coffee`", "Sf::Group::\"coffee/members\""],
            );
        }
    }
    check(&format!("permit (principal in Sf::Group::\"tea/members\", {ACTION}, {OWN});"), &["does not belong"]);
    check(&format!("permit (principal == Sf::Workload::\"tea/ci\", {ACTION}, {OWN});"), &["does not belong"]);
}

#[test]
fn refuses_what_the_schema_does_not_know() {
    for (condition, says) in [
        ("principal.ownr", "ownr"),
        ("principal is Sf::User && principal.admin", "admin"),
        ("context.ip == \"10.0.0.1\"", "ip"),
        ("context.address like \"10.*\"", "address"),
        ("ip(\"10.0.0.1\").isLoopback()", "network addresses"),
        ("ip(\"10.0.0.1\").isInRange(ip(\"10.0.0.0/8\"))", "network addresses"),
        ("context.path == 7", ""),
        ("context.method", ""),
        ("principal.owner", ""),
        ("resource.access == \"public\" && false", "impossible"),
    ] {
        check(&format!("permit (principal, {ACTION}, {OWN}) when {{ {condition} }};"), &["line 1, column ", says]);
    }
    // Letters that look like others.
    check(&format!("permit (principal, {ACTION}, {OWN}) when {{ context.path == \"/аdmin\" }};"), &["mixed"]);
    check(&format!("permit (principal, {ACTION}, {OWN}) when {{ context.path == \"/a\u{202e}b\" }};"), &["line 1"]);
}

#[test]
fn refuses_slots_bad_ids_and_text_that_is_not_cedar() {
    check(&format!("\npermit (principal == ?principal, {ACTION}, {OWN});"), &["line 2, column 1: ", "slots"]);
    check(&format!("permit (principal, {ACTION}, resource in ?resource);"), &["slots"]);
    let long = "x".repeat(61);
    for id in ["", "a b", "a/b", "a\\n", "é", &long] {
        check(&format!("@id(\"{id}\") permit (principal, {ACTION}, {OWN});"), &["line 1, column 1: ", "1 to 60"]);
    }
    let twice = format!("@id(\"a\") permit (principal, {ACTION}, {OWN});\n").repeat(2);
    check(&twice, &["another rule has `@id(\"a\")`"]);
    check("permit (principal, action, resource)", &["line 1, column 37: "]);
    check("\n\nallow (principal, action, resource);", &["line 3, column 1: "]);
    check("{\"effect\": \"permit\"}", &["line 1"]);
    check(&format!("permit (principal, {ACTION}, {OWN}) when {{ \"open }};"), &["line 1"]);
}

#[test]
fn rules_without_an_id_are_counted_from_one() {
    let rule = "forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/public\");\n";
    let two = format!("{rule}// again\n{}", rule.replace("public", "members"));
    let policy = coffee(Some(&two));
    let mia = Caller::Person(person("mia", MEMBER));
    assert_eq!(ids(&call(&policy, &mia, &five()[2])), ["app:rule-2"]);
}

#[test]
fn a_release_whose_rules_name_a_function_it_does_not_have_is_refused() {
    let policy = policy();
    let text = "@id(\"typo\") forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/member\");";
    let message = policy.publish(&release(1, five(), Some(text))).unwrap_err();
    assert!(message.contains("rule `app:typo` names function `member`") && message.contains("`members`"), "{message}");
    let hidden = text.replace("resource ==", "resource in Sf::App::\"coffee\") when { resource ==").replace(");", "};");
    assert!(policy.publish(&release(1, five(), Some(&hidden))).unwrap_err().contains("names function `member`"));
}
