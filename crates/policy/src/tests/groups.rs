//! Groups of people: what they let in, from when on, and until when.
use gateway::{Class, Declared, PolicyPort, Probe, ReviewPort, Subject};
use types::{GroupName, Method};

use super::*;

/// The neighbour of [`personas`]: no member by themselves.
const NEIGHBOUR: u8 = 6;

pub(super) fn name(text: &str) -> GroupName {
    GroupName::parse(text).unwrap()
}

pub(super) fn group(text: &str, admin: Option<bool>, people: &[u8]) -> ReleaseGroup {
    ReleaseGroup { name: name(text), admin, declared: admin.is_none(), people: people.iter().map(|n| id(*n)).collect() }
}

fn with(version: u64, groups: Vec<ReleaseGroup>, cedar: Option<&str>) -> Arc<Release> {
    Arc::new(Release { groups, ..Release::clone(&release(version, five(), cedar)) })
}

fn neighbour() -> Caller {
    Caller::Person(person("ned", NEIGHBOUR))
}

fn members() -> Arc<FunctionTarget> {
    five().into_iter().find(|target| target.access == Access::Members).unwrap()
}

#[test]
fn a_group_makes_members_and_admins_and_leaving_it_ends_that_at_the_next_request() {
    let policy = policy();
    let asks = |caller: &Caller| {
        let deploy = control(&policy, caller, Action::AppDeploy, Resource::App(app("coffee")));
        let upload = control(&policy, caller, Action::ComponentUpload, Resource::Platform);
        (word(&call(&policy, caller, &members())), word(&deploy), word(&upload))
    };
    let publish = |version, groups| policy.publish(&with(version, groups, None)).unwrap();

    publish(1, vec![]);
    assert_eq!(asks(&neighbour()), ("403", "403", "403"));
    publish(2, vec![group("baristas", Some(false), &[NEIGHBOUR])]);
    for _ in 0..2 {
        // The second time from memory.
        assert_eq!(asks(&neighbour()), ("allow", "403", "403"));
    }
    publish(3, vec![group("baristas", Some(false), &[NEIGHBOUR]), group("bosses", Some(true), &[NEIGHBOUR])]);
    assert_eq!(asks(&neighbour()), ("allow", "allow", "allow"), "the more of the two");
    publish(4, vec![group("bosses", Some(true), &[])]);
    assert_eq!(asks(&neighbour()), ("403", "403", "403"), "nothing is left, and nothing is remembered");
    publish(5, vec![group("baristas", None, &[NEIGHBOUR])]);
    assert_eq!(asks(&neighbour()), ("403", "403", "403"), "a group that is declared is no member");

    // Whoever is an admin by themselves stays one when a group makes members of them, and the other way round.
    let admin = Caller::Person(person("ada", ADMIN));
    publish(6, vec![group("baristas", Some(false), &[ADMIN]), group("bosses", Some(true), &[MEMBER])]);
    assert_eq!(asks(&admin), ("allow", "allow", "allow"));
    assert_eq!(asks(&Caller::Person(person("mia", MEMBER))), ("allow", "allow", "allow"));
    let disabled = Caller::Person(Person { disabled: true, ..person("ned", NEIGHBOUR) });
    publish(7, vec![group("bosses", Some(true), &[NEIGHBOUR])]);
    assert_eq!(asks(&disabled), ("403", "403", "403"));
    // Ids of machines and of people are of one kind; a machine is in no group all the same.
    publish(8, vec![group("bosses", Some(true), &[8])]);
    assert_eq!(asks(&Caller::Service(service("coffee", "other", 8))).0, "403");
}

#[test]
fn the_count_of_admins_survives_groups_that_come_and_go() {
    let policy = policy();
    let uploads =
        || word(&control(&policy, &Caller::Person(person("ada", ADMIN)), Action::ComponentUpload, Resource::Platform));
    // An admin by themselves and through two groups is one admin of one app.
    let twice = vec![group("a", Some(true), &[ADMIN]), group("b", Some(true), &[ADMIN])];
    policy.publish(&with(1, twice, None)).unwrap();
    policy.publish(&with(2, vec![group("a", Some(true), &[ADMIN])], None)).unwrap();
    assert_eq!(uploads(), "allow");
    policy.publish(&Arc::new(Release { members: vec![], ..Release::clone(&with(3, vec![], None)) })).unwrap();
    assert_eq!(uploads(), "403");
}

const BARISTAS: &str = "@id(\"bar\") permit (principal in Sf::Group::\"group:baristas\", action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/members\");";

#[test]
fn a_rule_may_name_a_group_that_is_declared_and_no_word_poses_as_one() {
    let policy = policy();
    policy.publish(&with(1, vec![group("baristas", None, &[NEIGHBOUR])], Some(BARISTAS))).unwrap();
    let decision = call(&policy, &neighbour(), &members());
    assert_eq!((word(&decision), ids(&decision)), ("allow", vec!["app:bar".to_owned()]));
    policy.publish(&with(2, vec![group("baristas", None, &[])], Some(BARISTAS))).unwrap();
    assert_eq!(word(&call(&policy, &neighbour(), &members())), "403");

    let undeclared = policy.publish(&with(3, vec![], Some(BARISTAS))).unwrap_err();
    assert!(undeclared.contains("group `baristas`") && undeclared.contains("groups = [\"baristas\"]"), "{undeclared}");
    let place_only = policy.publish(&with(3, vec![group("baristas", Some(false), &[])], Some(BARISTAS)));
    assert!(place_only.is_err(), "a place can be taken away at any time, and the rule would be left alone");

    let functions: Vec<FunctionName> = five().iter().map(|target| target.function.clone()).collect();
    let check = |cedar: &str, groups: &[GroupName]| {
        policy.check(&app("coffee"), cedar, Some(Declared { functions: &functions, groups }))
    };
    check(BARISTAS, &[name("baristas")]).unwrap();
    assert!(check(BARISTAS, &[name("barista")]).unwrap_err().message.contains("does not declare"));
    for bad in
        ["deployers", "group:", "group:Baristas", "group:a/members", "tea/members", "group:baristas ", "Group:baristas"]
    {
        let cedar = BARISTAS.replace("group:baristas", bad);
        let problem = check(&cedar, &[name("baristas")]).unwrap_err().message;
        assert!(problem.contains("does not belong to `coffee`"), "{bad}: {problem}");
    }
    // A group of the platform that is called as one of the platform's own words is not that.
    policy.publish(&with(4, vec![group("deployers", Some(false), &[NEIGHBOUR])], None)).unwrap();
    assert_eq!(word(&control(&policy, &neighbour(), Action::ComponentUpload, Resource::Platform)), "403");
    let own = with(5, vec![group("members", None, &[NEIGHBOUR]), group("admins", None, &[NEIGHBOUR])], None);
    policy.publish(&own).unwrap();
    assert_eq!(word(&call(&policy, &neighbour(), &members())), "403");
}

#[test]
fn drafts_and_reviews_name_the_group_that_lets_in() {
    let policy = policy();
    let groups = vec![group("baristas", Some(false), &[NEIGHBOUR]), group("cooks", None, &[])];
    let draft = policy.draft(&with(1, groups.clone(), None), &[]).unwrap();
    let function = members().function.clone();
    let reaches: Vec<_> =
        draft.groups(&function).unwrap().into_iter().map(|(name, reach)| (name, reach.allowed)).collect();
    assert_eq!(reaches, [(name("baristas"), 1), (name("cooks"), 0)]);
    let way = Probe { method: Method::Get, path: "/members".into() };
    assert!(matches!(draft.decide(&neighbour(), &function, &way, NOW), Some(Decision::Allow { .. })));
    let both = draft.reach(&[neighbour(), Caller::Person(person("max", 66))], &function).unwrap();
    assert_eq!(
        both.iter().map(|reach| reach.allowed).collect::<Vec<_>>(),
        [1, 0],
        "people in other groups are not alike"
    );

    let closed: Vec<_> = five().into_iter().filter(|target| target.access != Access::Members).collect();
    let before = Release { functions: closed, ..Release::clone(&with(1, groups.clone(), None)) };
    let after = with(2, groups, Some(&BARISTAS.replace("baristas", "cooks").replace("members\"", "closed\"")));
    // `closed` stays closed whatever a rule permits; `members` is new.
    let widening = policy.widening(Some(&before), &after, &[]).unwrap();
    let who: Vec<_> = widening.gains.iter().map(|gain| (gain.who.clone(), gain.function.to_string())).collect();
    assert!(who.contains(&(Subject::Group(name("baristas")), "members".into())), "{who:?}");
    assert!(!who.iter().any(|(who, _)| *who == Subject::Group(name("cooks"))), "{who:?}");
    assert!(!widening.asks(), "members and their groups get what is new in their app");
    let wider = with(3, after.groups.clone(), Some(&BARISTAS.replace("baristas", "cooks")));
    let widening = policy.widening(Some(&with(2, after.groups.clone(), None)), &wider, &[]).unwrap();
    let gains: Vec<_> = widening.gains.iter().map(|gain| (gain.who.clone(), gain.rules.clone())).collect();
    assert_eq!(gains, [(Subject::Group(name("cooks")), vec![Arc::from("app:bar")])]);
    assert!(widening.asks());
    assert!(!widening.gains.iter().any(|gain| gain.who == Subject::Class(Class::SignedIn)));
}
