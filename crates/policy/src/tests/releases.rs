//! Releases come and go while requests are decided.
use super::*;

fn members_of(version: u64, members: &[u8]) -> Arc<Release> {
    let mut release = Release::clone(&release(version, five(), None));
    release.members = members.iter().map(|n| (id(*n), false)).collect();
    Arc::new(release)
}

#[test]
fn an_older_release_never_replaces_a_newer_one() {
    let policy = policy();
    let members = &five()[2];
    let mia = Caller::Person(person("mia", MEMBER));
    policy.publish(&members_of(5, &[])).unwrap();
    assert_eq!(word(&call(&policy, &mia, members)), "403");
    policy.publish(&members_of(4, &[MEMBER])).unwrap();
    assert_eq!(word(&call(&policy, &mia, members)), "403", "late news of an old membership");
    policy.publish(&members_of(6, &[MEMBER])).unwrap();
    assert_eq!(word(&call(&policy, &mia, members)), "allow");
    policy.publish(&members_of(7, &[])).unwrap();
    assert_eq!(word(&call(&policy, &mia, members)), "403", "nothing remembered of the former release counts");
}

#[test]
fn a_release_that_is_refused_leaves_the_former_one() {
    let policy = coffee(None);
    let broken = release(2, vec![target("coffee", "public", Access::Closed, &[])], Some("permit (principal,"));
    assert!(policy.publish(&broken).unwrap_err().starts_with("line 1"));
    assert_eq!(word(&call(&policy, &Caller::Stranger, &five()[0])), "allow");
    let twice = release(2, vec![five()[0].clone(), five()[0].clone()], None);
    assert!(policy.publish(&twice).unwrap_err().contains("two functions named `public`"));
    let mixed = release(2, vec![five()[0].clone(), target("tea", "x", Access::Public, &[])], None);
    assert!(policy.publish(&mixed).unwrap_err().contains("belongs to `tea`"));
}

#[test]
fn a_withdrawn_app_is_gone_at_once() {
    let policy = coffee(None);
    let public = &five()[0];
    assert_eq!(word(&call(&policy, &Caller::Stranger, public)), "allow");
    policy.withdraw(&app("coffee"));
    assert_eq!(word(&call(&policy, &Caller::Stranger, public)), "401");
    // A new app of the same name starts its versions anew.
    policy.publish(&release(1, five(), None)).unwrap();
    assert_eq!(word(&call(&policy, &Caller::Stranger, public)), "allow");
}

/// Between the router's switch and ours, or the other way round, a request carries the target of another deployment.
#[test]
fn a_target_of_another_deployment_is_judged_by_its_own_access_word() {
    let policy = coffee(None);
    let opened = target("coffee", "members", Access::Public, &[]);
    let shut = target("coffee", "public", Access::Closed, &[]);
    let unknown = target("coffee", "brand-new", Access::Members, &[]);
    let mia = Caller::Person(person("mia", MEMBER));
    for _ in 0..2 {
        assert_eq!(word(&call(&policy, &Caller::Stranger, &opened)), "allow");
        assert_eq!(word(&call(&policy, &Caller::Stranger, &five()[2])), "401");
        assert_eq!(word(&call(&policy, &mia, &shut)), "closed");
        assert_eq!(word(&call(&policy, &mia, &unknown)), "allow");
        assert_eq!(word(&call(&policy, &Caller::Stranger, &unknown)), "401");
    }
}

#[test]
fn an_app_without_a_deployment_has_admins() {
    let policy = policy();
    let mut bare = Release::clone(&release(1, Vec::new(), None));
    bare.deployment = None;
    policy.publish(&Arc::new(bare)).unwrap();
    let ada = Caller::Person(person("ada", ADMIN));
    assert_eq!(word(&control(&policy, &ada, Action::AppDeploy, Resource::App(app("coffee")))), "allow");
    // There is nothing to be let in to. How it stands is told to those who look after it, and to nobody else.
    let unrouted = Intent::Unrouted { app: app("coffee") };
    table(
        "
                         before
        stranger         503
        member           503+
        admin            503+
        owner            503+
        neighbour        503
        service-member   503+
        service-named    503
        service-unnamed  503
        service-foreign  503
        operator         503+
        disabled-member  403
        disabled-owner   403
        ",
        |caller, _| word(&policy.judge(caller, "GET", "/", &unrouted, NOW)),
    );
}

#[test]
fn publishing_and_deciding_at_once_never_allows_what_no_release_allows() {
    let policy = Arc::new(coffee(None));
    let members = five()[2].clone();
    policy.publish(&members_of(2, &[MEMBER])).unwrap();
    let writer = {
        let policy = policy.clone();
        std::thread::spawn(move || {
            for version in 3..300 {
                policy.publish(&members_of(version, &[MEMBER])).unwrap();
            }
        })
    };
    let (mia, ned) = (Caller::Person(person("mia", MEMBER)), Caller::Person(person("ned", 6)));
    for _ in 0..5_000 {
        assert_eq!(word(&call(&policy, &mia, &members)), "allow");
        assert_eq!(word(&call(&policy, &ned, &members)), "403");
    }
    writer.join().unwrap();
}
