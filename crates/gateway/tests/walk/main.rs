//! The path, with small rooms that do what each test says.
#![expect(clippy::unwrap_used, reason = "tests")]
mod rooms;

use std::sync::{Arc, atomic::Ordering};

use audit::{Kind, Outcome, Progress};
use gateway::{Body, Decision, Denial, Refusal, Routes};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use types::{AppName, Caller, Code, Digest, UnixMillis};

use rooms::*;

const MENU: &str = "http://coffee.localhost:8080/menu";

#[tokio::test]
async fn a_permitted_call_runs_once_and_leaves_one_event() {
    let f = fixture();
    let response = f.ask("GET", MENU, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    let events = f.events();
    assert_eq!((f.ran(), events.len()), (1, 1));
    let event = events.first().unwrap();
    assert_eq!((event.kind, &*event.action, &*event.resource), (Kind::Request, "invoke", "coffee/menu"));
    assert_eq!(event.outcome, Outcome::Done { status: Some(200) });
    assert_eq!(event.policies, [Arc::from("members")]);
    assert_eq!(event.deployment, Some(Digest::from_bytes([1; 32])));
    assert_eq!(response.headers().get("sf-request").unwrap().to_str().unwrap(), event.request.unwrap().to_string());
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_a_second_event_that_says_so() {
    for (last, code) in [("broken", "RUN-001"), ("large", "RUN-005")] {
        let f = fixture();
        let response = f.ask("GET", MENU, &[("x-stream", last)]).await;
        assert_eq!(f.events().len(), 1, "the head was ready, and that was recorded");
        assert!(response.into_body().collect().await.is_err());
        let events = f.events();
        let [done, broken] = &events[..] else { panic!("{events:?}") };
        assert_eq!(done.outcome, Outcome::Done { status: Some(200) });
        assert_eq!((&*broken.action, &*broken.resource, broken.request), ("broken-off", "coffee/menu", done.request));
        assert!(matches!(&broken.outcome, Outcome::Failed { status: 200, code: c, .. } if &**c == code), "{broken:?}");
    }
    let f = fixture();
    let response = f.ask("GET", MENU, &[("x-stream", "whole")]).await;
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "abc");
    drop(f.ask("GET", MENU, &[("x-stream", "whole")]).await);
    assert_eq!(f.events().len(), 2, "a whole answer leaves one event, and so does one that nobody reads to its end");
}

#[tokio::test]
async fn no_credential_reaches_a_workroom() {
    let f = fixture();
    f.ask(
        "GET",
        MENU,
        &[
            ("authorization", "Bearer x"),
            ("cookie", "a=b"),
            ("dpop", "p"),
            ("proxy-authorization", "q"),
            ("accept", "*/*"),
        ],
    )
    .await;
    assert_eq!(*f.rooms.saw.lock().unwrap(), ["accept"]);
}

#[tokio::test]
async fn who_waits_at_a_browser_is_told_on_a_page_and_programs_are_not() {
    let f = fixture();
    let opens = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    *f.rooms.decision.lock().unwrap() = Decision::Deny { policies: Arc::from([]), denial: Denial::Nothing };
    for (host, place) in [
        ("coffee.localhost", "App(\"coffee\")"),
        ("id.localhost", "Id"),
        ("console.localhost", "Console"),
        ("nobody.localhost", "Elsewhere"),
    ] {
        let url = format!("http://{host}/nothing/here");
        let (status, code) = if place == "Elsewhere" { (421, "DOOR-003") } else { (404, "POL-002") };
        let page = f.ask("GET", &url, &opens).await;
        assert_eq!(page.status(), status);
        assert!(!page.headers().contains_key("content-type"), "the page's own");
        let text = page.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(text, format!("told {code} {place}"), "{host}");
        let problem = f.ask("GET", &url, &[]).await;
        assert_eq!(
            (problem.status().as_u16(), &problem.headers()["content-type"]),
            (status, &"application/problem+json".parse().unwrap())
        );
    }
    // Before it was clear what is meant.
    let page = f.ask("GET", MENU, &[opens[0], opens[1], ("x-bad", "1")]).await;
    let text = page.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(text, "told DOOR-004 App(\"coffee\")");
}

#[tokio::test]
async fn whether_a_first_deployment_is_under_way_is_known_to_those_of_the_app() {
    let f = fixture();
    let app = AppName::parse("coffee").unwrap();
    let ask = async |known| {
        *f.rooms.decision.lock().unwrap() =
            Decision::Deny { policies: Arc::from([]), denial: Denial::Undeployed { known } };
        let response = f.ask("GET", MENU, &[]).await;
        assert_eq!(response.status(), 503);
        let again = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let text = response.into_body().collect().await.unwrap().to_bytes();
        let mut said: serde_json::Value = serde_json::from_slice(&text).unwrap();
        said.as_object_mut().unwrap().remove("request");
        (again, said)
    };
    let (stranger, member) = (ask(false).await, ask(true).await);
    assert_eq!((stranger.0.as_deref(), member.0.as_deref()), (Some("5"), None));
    assert!(member.1["detail"].as_str().unwrap().contains("no deployment of `coffee` is ready"), "{member:?}");
    f.house.routes.under_way(&app, true);
    f.house.routes.under_way(&app, true);
    f.house.routes.under_way(&app, false);
    assert_eq!(ask(false).await, stranger, "a stranger hears the same at any time");
    let now = ask(true).await;
    assert_eq!(now.0.as_deref(), Some("5"));
    assert!(now.1["detail"].as_str().unwrap().contains("is being made ready"), "{now:?}");
    f.house.routes.under_way(&app, false);
    assert_eq!(ask(true).await, member, "each beginning has its end");
}

#[tokio::test]
async fn every_refusal_is_an_event_and_runs_nothing() {
    let denials = [
        (Denial::NeedsIdentity, 401),
        (Denial::Forbidden { sentence: "`ann` is no member".into(), next: Some("ask".into()) }, 403),
        (Denial::Nothing, 404),
        (Denial::Closed, 403),
        (Denial::Undeployed { known: false }, 503),
        (Denial::Undeployed { known: true }, 503),
    ];
    for (denial, status) in denials {
        let f = fixture();
        *f.rooms.decision.lock().unwrap() = Decision::Deny { policies: Arc::from([Arc::from("g-x")]), denial };
        let response = f.ask("GET", MENU, &[]).await;
        assert_eq!(response.status().as_u16(), status);
        let events = f.events();
        assert_eq!((f.ran(), events.len()), (0, 1));
        let event = events.first().unwrap();
        assert!(matches!(&event.outcome, Outcome::Refused { status: s, .. } if *s == status), "{event:?}");
        assert_eq!(event.policies, [Arc::from("g-x")]);
    }
}

#[tokio::test]
async fn a_challenge_names_our_own_address_not_the_received_one() {
    let f = fixture();
    *f.rooms.decision.lock().unwrap() = Decision::Deny { policies: Arc::from([]), denial: Denial::NeedsIdentity };
    let response = f.ask("GET", MENU, &[("host", "evil.example")]).await;
    let challenge = response.headers().get("www-authenticate").unwrap().to_str().unwrap();
    assert_eq!(
        challenge,
        "Bearer resource_metadata=\"http://coffee.localhost:8080/.well-known/oauth-protected-resource\""
    );
    *f.rooms.caller.lock().unwrap() =
        Err(Refusal::new(Code::ID_INVALID, "expired").security(gateway::SecurityClass::Credential));
    let response = f.ask("GET", MENU, &[]).await;
    assert!(response.headers().get("www-authenticate").unwrap().to_str().unwrap().contains("error=\"invalid_token\""));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&body).contains("expired"), "the private reason stays private");
}

#[tokio::test]
async fn an_attack_at_the_door_is_a_security_event() {
    let f = fixture();
    assert_eq!(f.ask("GET", MENU, &[("x-bad", "1")]).await.status(), StatusCode::BAD_REQUEST);
    let events = f.events();
    let event = events.first().unwrap();
    assert_eq!((event.kind, event.note.as_deref()), (Kind::Security, Some("reserved-header")));
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_happen() {
    let f = fixture();
    f.tape.healthy.store(false, Ordering::Relaxed);
    assert_eq!(f.ask("GET", MENU, &[]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(f.ran(), 0);

    let f = fixture();
    f.tape.full.store(true, Ordering::Relaxed);
    let response = f.ask("POST", "http://console.localhost:8080/api/v1/apps/coffee", &[]).await;
    assert_eq!(
        (response.status(), f.ran()),
        (StatusCode::SERVICE_UNAVAILABLE, 0),
        "a control action is written down before it starts"
    );
    let response = f.ask("GET", MENU, &[]).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "an answer that left no trace is not given");
}

#[tokio::test]
async fn a_write_waits_for_the_disk_and_a_read_does_not() {
    let f = fixture();
    f.tape.durable.send_replace(Progress::default());
    assert_eq!(f.ask("GET", MENU, &[]).await.status(), StatusCode::OK);
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(50), f.ask("POST", MENU, &[])).await;
    assert!(waiting.is_err(), "a POST may not be answered before its event is durable");
    f.tape.durable.send_replace(Progress { durable: 0, failed: true });
    assert_eq!(f.ask("POST", MENU, &[]).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_control_action_that_changes_something_leaves_a_beginning_and_an_end() {
    let f = fixture();
    f.ask("POST", "http://console.localhost:8080/api/v1/apps/coffee", &[]).await;
    let kinds: Vec<_> = f.events().iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [Kind::ControlBegin, Kind::Control]);
    f.ask("GET", "http://console.localhost:8080/api/v1/apps/coffee", &[]).await;
    assert_eq!(f.events().len(), 3, "a read leaves one");
}

#[tokio::test]
async fn routes_are_found_by_configured_names_only() {
    let f = fixture();
    for (method, url, status) in [
        ("GET", "http://coffee.localhost:8080/menu", 200),
        ("HEAD", "http://coffee.localhost:8080/menu", 200),
        ("DELETE", "http://coffee.localhost:8080/menu", 405),
        ("GET", "http://coffee.localhost:8080/nothing", 404),
        ("PUT", "http://coffee.localhost:8080/any", 200),
        ("PUT", "http://coffee.localhost:8080/any/deep/er", 200),
        ("GET", "http://tea.localhost:8080/menu", 421),
        ("GET", "http://coffee.localhost:8080/api/v1/apps/coffee", 404),
        ("GET", "http://console.localhost:8080/menu", 404),
        ("GET", "http://console.localhost:8080/api/v1/apps/Bad_Name", 404),
        ("GET", "http://console.localhost:8080/api/v1/apps/coffee", 200),
    ] {
        assert_eq!(f.ask(method, url, &[]).await.status().as_u16(), status, "{method} {url}");
    }
    f.house.routes.remove(&AppName::parse("coffee").unwrap());
    assert_eq!(f.ask("GET", MENU, &[]).await.status().as_u16(), 421);
}

#[test]
fn routes_that_cannot_be_told_apart_are_refused() {
    assert!(Routes::check(&[target("/a/:x"), target("/a/:y")]).is_err());
    assert!(Routes::check(&[target("GET /a"), target("GET /a")]).is_err());
    assert!(Routes::check(&[target("GET /a"), target("/a"), target("/a/:x"), target("/a/b")]).is_ok());
}

const PAGE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

#[tokio::test]
async fn a_stranger_at_a_browser_is_shown_in_and_everybody_else_gets_401() {
    let f = fixture();
    *f.rooms.decision.lock().unwrap() = Decision::Deny { policies: Arc::from([]), denial: Denial::NeedsIdentity };
    let response = f.ask("GET", &format!("{MENU}?a=b"), &PAGE).await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "http://id.localhost/?coffee/menu?a=b");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(!response.headers().contains_key("www-authenticate"));
    let event = f.events().pop().unwrap();
    assert!(
        matches!(&event.outcome, Outcome::Refused { status: 303, code, .. } if &**code == "ID-001"),
        "it is a refusal all the same: {event:?}"
    );
    for (method, url, headers) in [
        ("GET", MENU, &[][..]),
        ("POST", MENU, &PAGE),
        ("GET", MENU, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
        ("GET", "http://console.localhost:8080/api/v1/apps/coffee", &PAGE),
    ] {
        let response = f.ask(method, url, headers).await;
        assert_eq!(response.status(), 401, "{method} {url} {headers:?}");
        assert!(response.headers().contains_key("www-authenticate"));
    }
    assert_eq!(f.ran(), 0);
    // Where people are signed in already, they are sent to the page that signs them in, whatever they sent.
    let response = f.ask("GET", "http://id.localhost:8080/account", &[]).await;
    assert_eq!((response.status().as_u16(), response.headers()["location"].to_str().unwrap()), (303, "/sign-in"));
}

fn ada() -> types::Person {
    types::Person {
        id: types::PrincipalId::from_bytes([1; 16]),
        display_name: "Ada".into(),
        owner: false,
        disabled: false,
        assurance: types::Assurance::SingleFactor,
        authenticated_at: UnixMillis(1),
        credential: types::CredentialId::from_bytes([1; 16]),
    }
}

#[tokio::test]
async fn somebody_who_may_not_is_told_so_on_a_page_and_programs_in_json() {
    let f = fixture();
    let denial = Denial::Forbidden { sentence: "no".into(), next: None };
    *f.rooms.decision.lock().unwrap() = Decision::Deny { policies: Arc::from([]), denial };
    *f.rooms.caller.lock().unwrap() = Ok(Arc::new(Caller::Person(ada())));
    let response = f.ask("GET", MENU, &PAGE).await;
    assert_eq!((response.status().as_u16(), response.headers().contains_key("location")), (403, false));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "no coffee GET /menu POL-001");
    let response = f.ask("GET", MENU, &[]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (403, &"application/problem+json".parse().unwrap())
    );
}

#[tokio::test]
async fn whoever_has_to_show_more_is_asked_in_the_way_they_can_answer() {
    let f = fixture();
    let demand = types::Demand { assurance: types::Assurance::MultiFactor, max_age_s: Some(300) };
    *f.rooms.decision.lock().unwrap() =
        Decision::Deny { policies: Arc::from(["g-assurance".into()]), denial: Denial::StepUp(demand) };
    *f.rooms.caller.lock().unwrap() = Ok(Arc::new(Caller::Person(ada())));

    // A program: RFC 9470 beside RFC 9728.
    let response = f.ask("GET", MENU, &[]).await;
    assert_eq!(response.status(), 401);
    assert_eq!(
        response.headers()["www-authenticate"],
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:sf:mfa urn:sf:phr\", max_age=\"300\", \
         resource_metadata=\"http://coffee.localhost:8080/.well-known/oauth-protected-resource\""
    );
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&problem["code"], &problem["status"]), (&"ID-008".into(), &401.into()), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("`multi-factor` and not longer ago than 300 s"), "{problem}");
    let event = f.events().pop().unwrap();
    assert!(matches!(&event.outcome, Outcome::Refused { status: 401, code, .. } if &**code == "ID-008"), "{event:?}");
    assert_eq!(event.policies.iter().map(|p| &**p).collect::<Vec<_>>(), ["g-assurance"]);

    // A person who opens a page: taken there, with what is wanted; a script on a page is not.
    let response = f.ask("GET", MENU, &PAGE).await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "http://id.localhost/?coffee/menu&menu multi-factor");
    let script = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    assert_eq!(f.ask("GET", MENU, &script).await.status(), 401);
    assert_eq!(f.ask("POST", MENU, &script).await.status(), 401);

    // A person who sent a form: it is not carried out, and not sent on to another page.
    let form = [PAGE[0], PAGE[1], ("referer", "http://coffee.localhost:8080/cart?x=1")];
    let response = f.ask("POST", MENU, &form).await;
    assert_eq!((response.status().as_u16(), response.headers().contains_key("location")), (401, false));
    assert!(response.headers().contains_key("www-authenticate"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "not sent, back to /cart?x=1");
    assert_eq!(f.ran(), 0);
}

#[tokio::test]
async fn what_is_reserved_at_an_app_is_no_functions_and_cookies_are_for_sign_in_pages_only() {
    let f = fixture();
    f.house.routes.put(&AppName::parse("all").unwrap(), &[target("/*")]).unwrap();
    let saw = || f.rooms.saw.lock().unwrap().clone();
    let cookie = ("cookie", "a=b; __Host-sf-sso=secret; __Host-sf-session=other");
    let response = f.ask("GET", "http://all.localhost:8080/.sf/callback?code=x", &[cookie]).await;
    assert_eq!((response.status().as_u16(), saw()), (200, vec!["Callback".to_owned(), "secret".to_owned()]));
    assert_eq!(response.headers()["set-cookie"], "__Host-sf-sso=new", "a sign-in page sets its cookies");
    for path in ["/.sf/", "/.sf/other", "/.sf/callback/x"] {
        let response = f.ask("GET", &format!("http://all.localhost:8080{path}"), &[cookie]).await;
        assert_eq!(response.status(), 404, "{path}");
    }
    let response = f.ask("POST", "http://all.localhost:8080/.sf/callback", &[cookie]).await;
    assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"GET, HEAD".parse().unwrap()));
    assert_eq!(f.ran(), 1, "and nothing ran but the callback");
    for (url, name) in [("http://id.localhost:8080/sign-in", "Page"), ("http://console.localhost:8080/claim", "Claim")]
    {
        assert_eq!(f.ask("GET", url, &[]).await.status(), 200);
        assert_eq!(saw()[0], name);
    }
    assert_eq!(f.ask("GET", "http://id.localhost:8080/other", &[]).await.status(), 404);
    let response = f.ask("GET", MENU, &[cookie]).await;
    assert!(!saw().iter().any(|name| name == "cookie"), "{:?}", saw());
    let set: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(set, ["own=1"], "a function sets no cookie of ours");
}

#[tokio::test]
async fn a_replaced_session_is_kept_by_no_cache_and_never_takes_the_place_of_a_new_one() {
    let f = fixture();
    let set = |response: &Response<Body>| -> Vec<String> {
        response.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect()
    };
    let response = f.ask("GET", MENU, &[]).await;
    assert_eq!(response.headers()["cache-control"], "public, max-age=600", "the function's own word, otherwise");
    *f.rooms.renewed.lock().unwrap() = Some("__Host-sf-session=replaced; Path=/".parse().unwrap());
    let response = f.ask("GET", MENU, &[]).await;
    assert_eq!(set(&response), ["own=1", "__Host-sf-session=replaced; Path=/"]);
    assert_eq!(response.headers()["cache-control"], "no-store");
    // The page opened a session while the one before was due for a new secret.
    *f.rooms.renewed.lock().unwrap() = Some("__Host-sf-sso=replaced; Path=/".parse().unwrap());
    let response = f.ask("GET", "http://id.localhost:8080/sign-in", &[]).await;
    assert_eq!(set(&response), ["__Host-sf-sso=new"]);
}
