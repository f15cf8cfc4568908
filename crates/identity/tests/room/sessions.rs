//! Sessions of browsers: where they count, when their secret is replaced, and what ends them.
use gateway::{
    Admitted, Ambient, Desk, Identify, Intent, NewSession, Recognised, SESSION_COOKIE, SSO_COOKIE, SessionPort,
    SignInCall,
};
use http::{Method, Request};
use store::{Apps, Principal, Session, Sessions};
use types::{Action, Assurance, Caller, CredentialId, Secret};

use crate::world::{World, app, control, invoke, wire, world};

const MINUTE_MS: u64 = 60_000;

fn browser(method: Method, ambient: Option<Ambient>, cookie: &str) -> Admitted {
    let request = Request::builder().method(method).uri("http://coffee.localhost/menu").header("cookie", cookie);
    let mut head = request.body(()).expect("a request").into_parts().0;
    if let Some(ambient) = ambient {
        head.extensions.insert(ambient);
    }
    Admitted::for_test(wire(), head)
}

fn with(name: &str, secret: &str) -> Admitted {
    browser(Method::GET, Some(Ambient::Attach), &format!("{name}={secret}"))
}

fn page(action: Action) -> Intent {
    Intent::SignIn(SignInCall { name: "Account", action, desk: Desk::Id, app: None })
}

async fn ask(w: &World, admitted: &Admitted, intent: &Intent) -> Recognised {
    let cx = w.cx();
    match w.room.identify_now(&cx, admitted, intent) {
        Some(known) => known.expect("an answer"),
        None => w.room.identify(&cx, admitted, intent).await.expect("an answer"),
    }
}

async fn is_known(w: &World, name: &str, secret: &str, intent: &Intent) -> bool {
    *ask(w, &with(name, secret), intent).await.caller != Caller::Stranger
}

async fn open(w: &World, person: &Principal, child: Option<(&str, CredentialId)>) -> (Session, Secret) {
    let id = CredentialId::fresh(types::Clock::now(&*w.clock), &*w.rng);
    let new = NewSession {
        person: person.id,
        child: child.map(|(name, parent)| (app(name), parent, id)),
        assurance: Assurance::MultiFactor,
        authenticated_at: types::Clock::now(&*w.clock),
        device: "Firefox on Linux".into(),
        by: store::OpenedBy::Other,
    };
    w.room.open(new).await.expect("a session")
}

/// Ada, signed in at the sign-in pages and at `coffee`.
async fn signed_in() -> (World, Principal, (Session, Secret), (Session, Secret)) {
    let w = world();
    let ada = w.person("Ada", false).await;
    for name in ["coffee", "tea"] {
        w.store.add_app(app(name), types::UnixMillis(1), None).await.expect("an app");
    }
    let top = open(&w, &ada, None).await;
    let child = open(&w, &ada, Some(("coffee", top.0.id))).await;
    (w, ada, top, child)
}

#[tokio::test]
async fn a_session_counts_at_its_own_origin_only() {
    let (w, ada, (top, sso), (child, secret)) = signed_in().await;
    let known = ask(&w, &with(SESSION_COOKIE, secret.reveal()), &invoke("coffee")).await.caller;
    let Caller::Person(person) = &*known else { panic!("{known:?}") };
    assert_eq!((person.id, person.credential, person.assurance), (ada.id, child.id, Assurance::MultiFactor));
    assert!(is_known(&w, SSO_COOKIE, sso.reveal(), &page(Action::AccountManage)).await);
    for (name, secret, intent) in [
        (SESSION_COOKIE, &secret, invoke("tea")),
        (SESSION_COOKIE, &sso, invoke("coffee")),
        (SSO_COOKIE, &sso, invoke("coffee")),
        (SSO_COOKIE, &secret, page(Action::AccountManage)),
        (SESSION_COOKIE, &secret, control(Action::AppsList)),
        (SSO_COOKIE, &sso, control(Action::AppsList)),
    ] {
        for _ in 0..2 {
            assert!(!is_known(&w, name, secret.reveal(), &intent).await, "{name} {intent:?}");
        }
    }
    for garbage in ["", "x", &"0".repeat(43), &"\u{e9}".repeat(20), &"a".repeat(9_000)] {
        assert!(!is_known(&w, SESSION_COOKIE, &garbage.replace('\u{e9}', "%"), &invoke("coffee")).await);
    }
    assert!(w.room.end(top.id).await.expect("ended"));
    assert!(!is_known(&w, SESSION_COOKIE, secret.reveal(), &invoke("coffee")).await, "a child ends with its parent");
}

#[tokio::test]
async fn what_another_site_sends_carries_no_session() {
    let (w, _, _, (_, secret)) = signed_in().await;
    let cookie = format!("a=b; {SESSION_COOKIE}={}", secret.reveal());
    for (method, ambient, counts) in [
        (Method::GET, Some(Ambient::Attach), true),
        (Method::POST, Some(Ambient::Attach), true),
        (Method::GET, Some(Ambient::ReadOnly), true),
        (Method::HEAD, Some(Ambient::ReadOnly), true),
        (Method::POST, Some(Ambient::ReadOnly), false),
        (Method::GET, Some(Ambient::Withhold), false),
        (Method::POST, Some(Ambient::Withhold), false),
        (Method::GET, None, false),
    ] {
        let caller = ask(&w, &browser(method.clone(), ambient, &cookie), &invoke("coffee")).await.caller;
        assert_eq!(*caller != Caller::Stranger, counts, "{method} {ambient:?}");
    }
    let twice = format!("{SESSION_COOKIE}={0}; {SESSION_COOKIE}={0}", secret.reveal());
    let caller = ask(&w, &browser(Method::GET, Some(Ambient::Attach), &twice), &invoke("coffee")).await.caller;
    assert_eq!(*caller, Caller::Stranger);
}

#[tokio::test]
async fn its_secret_is_replaced_and_parallel_requests_survive_that() {
    let (w, _, _, (_, secret)) = signed_in().await;
    let coffee = invoke("coffee");
    let first = with(SESSION_COOKIE, secret.reveal());
    w.clock.forward_ms(14 * MINUTE_MS);
    assert!(ask(&w, &first, &coffee).await.renewed.is_none(), "not yet due");
    w.clock.forward_ms(2 * MINUTE_MS);
    let renewed = ask(&w, &first, &coffee).await.renewed.expect("a new secret");
    let text = renewed.to_str().expect("text").to_owned();
    let new =
        text.strip_prefix("__Host-sf-session=").and_then(|rest| rest.split(';').next()).expect("a cookie").to_owned();
    assert_ne!(new, secret.reveal());
    for _ in 0..3 {
        let again = ask(&w, &first, &coffee).await;
        assert!(
            *again.caller != Caller::Stranger && again.renewed.is_none(),
            "parallel tabs are served with the former one"
        );
    }
    assert!(is_known(&w, SESSION_COOKIE, &new, &coffee).await);
    w.clock.forward_ms(MINUTE_MS);
    assert!(!is_known(&w, SESSION_COOKIE, secret.reveal(), &coffee).await, "its grace is over");
    assert!(is_known(&w, SESSION_COOKIE, &new, &coffee).await);
    w.clock.forward_ms(16 * MINUTE_MS);
    assert!(ask(&w, &with(SESSION_COOKIE, &new), &coffee).await.renewed.is_some());
    assert!(!is_known(&w, SESSION_COOKIE, secret.reveal(), &coffee).await, "and it does not come back");
}

#[tokio::test]
async fn idleness_and_age_end_it_and_use_keeps_it() {
    let (w, _, (_, sso), (_, secret)) = signed_in().await;
    let coffee = invoke("coffee");
    let mut now = secret.reveal().to_owned();
    // In use, it lives to its end; and so does the parent, which nobody asked for.
    for _ in 0..4 {
        w.clock.forward_ms(5 * 60 * MINUTE_MS);
        let seen = ask(&w, &with(SESSION_COOKIE, &now), &coffee).await;
        assert!(*seen.caller != Caller::Stranger);
        let renewed = seen.renewed.expect("long due");
        let text = renewed.to_str().expect("text");
        now = text.split(['=', ';']).nth(1).expect("a value").to_owned();
    }
    assert!(is_known(&w, SSO_COOKIE, sso.reveal(), &page(Action::AccountManage)).await);
    w.clock.forward_ms(5 * 60 * MINUTE_MS);
    assert!(!is_known(&w, SESSION_COOKIE, &now, &coffee).await, "24 hours are over");

    let (w, _, _, (_, secret)) = signed_in().await;
    w.clock.forward_ms(8 * 60 * MINUTE_MS);
    assert!(!is_known(&w, SESSION_COOKIE, secret.reveal(), &coffee).await, "not used for 8 hours");
}

#[tokio::test]
async fn who_is_shut_out_is_out_at_the_next_request() {
    let coffee = invoke("coffee");
    let known = async |w: &World, secret: &Secret| is_known(w, SESSION_COOKIE, secret.reveal(), &coffee).await;

    let (w, ada, _, (_, secret)) = signed_in().await;
    assert!(known(&w, &secret).await);
    assert!(w.room.set_disabled(ada.id, true).await.expect("a person"));
    assert!(!known(&w, &secret).await);
    assert!(w.room.set_disabled(ada.id, false).await.expect("a person"));
    assert!(!known(&w, &secret).await, "it does not come back");

    let (w, ada, (top, _), (_, secret)) = signed_in().await;
    assert!(known(&w, &secret).await);
    assert_eq!(w.room.end_all(ada.id, Some(app("tea")), None).await.expect("a count"), 0);
    assert!(known(&w, &secret).await);
    assert_eq!(w.room.end_all(ada.id, Some(app("coffee")), None).await.expect("a count"), 1);
    assert!(!known(&w, &secret).await);
    let (_, again) = open(&w, &ada, Some(("coffee", top.id))).await;
    assert!(known(&w, &again).await);
    assert_eq!(w.room.end_all(ada.id, None, Some(top.id)).await.expect("a count"), 0, "kept with its children");
    assert!(known(&w, &again).await);

    // The store changed, and whoever changed it says so.
    w.store.end_session(top.id).await.expect("ended");
    w.room.forget_person(ada.id);
    assert!(!known(&w, &again).await);

    let (w, _, _, (_, secret)) = signed_in().await;
    assert!(known(&w, &secret).await);
    w.store.remove_app(app("coffee")).await.expect("removed");
    gateway::CredentialPort::forget_app(&w.room, &app("coffee"));
    assert!(!known(&w, &secret).await);
}
