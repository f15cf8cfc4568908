//! Who may do what to the platform, as tables.
use super::*;

const PLATFORM: [Action; 14] = [
    Action::MetadataRead,
    Action::ClaimRedeem,
    Action::ClaimIssue,
    Action::SelfRead,
    Action::AppsList,
    Action::TokenCreate,
    Action::TokenList,
    Action::AuditRead,
    Action::PostureRead,
    Action::ComponentUpload,
    Action::PeopleManage,
    Action::GroupsManage,
    Action::EverythingEnd,
    Action::KeysManage,
];

const OF_APP: [Action; 12] = [
    Action::MetadataRead,
    Action::AppRead,
    Action::AppDeploy,
    Action::AppRollback,
    Action::AppDelete,
    Action::AppLogs,
    Action::AppMembers,
    Action::TokenCreate,
    Action::TokenList,
    Action::TokenRevoke,
    Action::ComponentUpload,
    Action::AppSecrets,
];

#[test]
fn persona_by_platform_action() {
    let policy = coffee(None);
    table(
        "
                         metadata redeem issue self  apps  tok+  toks  audit posture upload people groups end-all keys
        stranger         allow    allow  401   401   401   401   401   401   401     401    401    401    401     401
        member           allow    allow  403   allow allow allow allow 403   403     403    403    403    403     403
        admin            allow    allow  403   allow allow allow allow 403   403     allow  403    403    403     403
        owner            allow    allow  403   allow allow allow allow allow allow   allow  allow  allow  403     allow
        neighbour        allow    allow  403   allow allow allow allow 403   403     403    403    403    403     403
        service-member   allow    allow  403   allow 403   403   403   403   403     403    403    403    403     403
        service-named    allow    allow  403   allow 403   403   403   403   403     403    403    403    403     403
        service-unnamed  allow    allow  403   allow 403   403   403   403   403     403    403    403    403     403
        service-foreign  allow    allow  403   allow 403   403   403   403   403     403    403    403    403     403
        operator         allow    allow  allow allow 403   403   403   allow allow   403    allow  allow  allow   allow
        disabled-member  403      403    403   403   403   403   403   403   403     403    403    403    403     403
        disabled-owner   403      403    403   403   403   403   403   403   403     403    403    403    403     403
        ",
        |caller, column| word(&control(&policy, caller, PLATFORM[column], Resource::Platform)),
    );
}

#[test]
fn persona_by_app_action() {
    let policy = policy();
    policy.publish(&release(1, five().split_off(2), None)).unwrap();
    let expected = "
                         metadata read  deploy back  delete logs  members tok+  toks  tok-  upload  secrets
        stranger         allow    401   401    401   401    401   401     401   401   401   401     401
        member           allow    allow 403    403   403    403   403     403   403   403   403     403
        admin            allow    allow allow  allow allow  allow allow   allow allow allow allow    allow
        owner            allow    allow allow  allow allow  allow allow   allow allow allow allow    allow
        neighbour        allow    403   403    403   403    403   403     403   403   403   403     403
        service-member   allow    403   403    403   403    403   403     403   403   403   403     403
        service-named    allow    403   403    403   403    403   403     403   403   403   403     403
        service-unnamed  allow    403   403    403   403    403   403     403   403   403   403     403
        service-foreign  allow    403   403    403   403    403   403     403   403   403   403     403
        operator         allow    403   403    403   403    403   403     403   403   403   403     403
        disabled-member  403      403   403    403   403    403   403     403   403   403   403     403
        disabled-owner   403      403   403    403   403    403   403     403   403   403   403     403
    ";
    let coffee = || Resource::App(app("coffee"));
    table(expected, |caller, column| word(&control(&policy, caller, OF_APP[column], coffee())));
}

#[test]
fn the_folders_owner_deploys_on_a_laptop_and_calls_nothing() {
    let policy = Service::new(PolicyConfig { dev_operator: true }).unwrap();
    policy.publish(&release(1, five(), None)).unwrap();
    let operator = Caller::Operator { uid: 1000 };
    let of = |action| word(&control(&policy, &operator, action, Resource::App(app("coffee"))));
    for action in [
        Action::AppDeploy,
        Action::AppRead,
        Action::AppLogs,
        Action::AppRollback,
        Action::AppSecrets,
        Action::ComponentUpload,
    ] {
        assert_eq!(of(action), "allow", "{action}");
    }
    for action in [Action::TokenCreate, Action::TokenList, Action::TokenRevoke] {
        assert_eq!(of(action), "403", "{action}");
    }
    assert_eq!(word(&control(&policy, &operator, Action::AppsList, Resource::Platform)), "allow");
    assert_eq!(word(&control(&policy, &operator, Action::ComponentUpload, Resource::Platform)), "allow");
    let members = &five()[2];
    assert_eq!(word(&call(&policy, &operator, members)), "403", "functions stay locked");
    // Nobody else gains anything.
    let ned = Caller::Person(person("ned", 6));
    assert_eq!(word(&control(&policy, &ned, Action::AppDeploy, Resource::App(app("coffee")))), "403");
}

/// Tokens of an app are its service accounts'; that the app is open to everybody makes nobody their keeper.
#[test]
fn only_admins_make_tokens_for_an_apps_service_accounts() {
    let wide = "permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\");";
    let policy = coffee(Some(wide));
    let may = |n: usize| word(&control(&policy, &personas()[n].1, Action::TokenCreate, Resource::App(app("coffee"))));
    assert_eq!([may(1), may(2), may(3), may(4), may(6)], ["403", "allow", "allow", "403", "403"]);
}

#[test]
fn an_app_that_does_not_exist_is_refused_in_the_words_of_one_that_does() {
    let policy = policy();
    policy.publish(&release(1, five().split_off(2), None)).unwrap();
    let ned = Caller::Person(person("ned", 6));
    let said =
        |name: &str| told(&control(&policy, &ned, Action::AppRead, Resource::App(app(name)))).0.replace(name, "X");
    assert_eq!(said("coffee"), said("no-such-app"));
    let owner = Caller::Person(Person { owner: true, ..person("olga", 5) });
    assert_eq!(word(&control(&policy, &owner, Action::AppDeploy, Resource::App(app("new-app")))), "allow");
}

#[test]
fn refusals_say_what_to_do() {
    let policy = coffee(None);
    let owner = Caller::Person(Person { owner: true, ..person("olga", 5) });
    let (sentence, next) = told(&control(&policy, &owner, Action::ClaimIssue, Resource::Platform));
    assert!(sentence.contains("only on the host") && next.contains("serviceful claim"), "{sentence}; {next}");
    let (sentence, next) = told(&control(&policy, &owner, Action::EverythingEnd, Resource::Platform));
    assert!(sentence.contains("only the host") && next.contains("--everybody"), "{sentence}; {next}");
    let mia = Caller::Person(person("mia", MEMBER));
    let (sentence, _) = told(&control(&policy, &mia, Action::AppDeploy, Resource::App(app("coffee"))));
    assert_eq!(sentence, "`mia` is a member of `coffee`, and `app-deploy` needs an admin");
    let unrouted = policy.judge(&Caller::Stranger, "GET", "/api/x", &Intent::UnroutedControl, NOW);
    assert_eq!(word(&unrouted), "401");
    assert_eq!(word(&policy.judge(&mia, "GET", "/api/x", &Intent::UnroutedControl, NOW)), "404");
    // Another method than a path of the API has: 405, to whoever is somebody.
    let method = Intent::ControlMethod { allowed: vec![types::Method::Get] };
    assert_eq!(word(&policy.judge(&Caller::Stranger, "PUT", "/api/v1/apps", &method, NOW)), "401");
    assert!(matches!(policy.judge(&mia, "PUT", "/api/v1/apps", &method, NOW), gateway::Decision::Allow { .. }));
    let gone = Caller::Person(Person { disabled: true, ..person("dora", 7) });
    assert_eq!(word(&policy.judge(&gone, "PUT", "/api/v1/apps", &method, NOW)), "403");
}

#[test]
fn a_control_action_aimed_at_a_function_is_denied() {
    let policy = coffee(None);
    let owner = Caller::Person(Person { owner: true, ..person("olga", 5) });
    let function = Resource::Function(app("coffee"), FunctionName::parse("members").unwrap());
    assert_eq!(word(&control(&policy, &owner, Action::AppRead, function)), "403");
    // `invoke` is not a control action, whoever says so.
    assert_eq!(word(&control(&policy, &owner, Action::Invoke, Resource::App(app("coffee")))), "403");
}

#[test]
fn the_right_to_upload_ends_with_the_last_app_that_one_is_admin_of() {
    let policy = coffee(None);
    let ada = Caller::Person(person("ada", ADMIN));
    let upload = |policy: &Service| word(&control(policy, &ada, Action::ComponentUpload, Resource::Platform));
    policy.publish(&release(1, vec![target("tea", "x", Access::Members, &[])], None)).unwrap();
    policy.publish(&release(2, five(), None)).unwrap();
    assert_eq!(upload(&policy), "allow");
    policy.withdraw(&app("coffee"));
    assert_eq!(upload(&policy), "allow", "still an admin of tea");
    policy.withdraw(&app("tea"));
    assert_eq!(upload(&policy), "403");
    policy.withdraw(&app("tea"));
    assert_eq!(upload(&policy), "403");
}
