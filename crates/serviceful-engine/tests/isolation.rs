//! What a function may not see, and what no two requests may share.

mod harness;

use std::collections::{BTreeSet, VecDeque};

use harness::{Worker, get, guest};
use types::{Assurance, Caller, CredentialId, Demand, Person, PrincipalId, Service, UnixMillis};
use wire::work::Failure;

const ECHOES: [&str; 2] = ["echo-p2", "echo-p3"];

#[tokio::test]
async fn the_process_is_closed_before_it_serves() {
    let worker = Worker::start().await;
    assert!(worker.hello.posture.contains("\"seccomp\":true"), "{}", worker.hello.posture);
    assert_eq!(worker.status("NoNewPrivs:"), 1);
    assert_eq!(worker.status("Seccomp:"), 2);
}

#[tokio::test]
async fn environment_and_files_are_empty() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("echo-p2")).await;
    let answer = worker.call(&get(component, "/env")).await;
    assert_eq!(answer.text(), r#"{"variables":0,"arguments":0,"preopens":0,"initial_cwd":null}"#);
    let answer = worker.call(&get(component, "/fs")).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text();
    assert!(text.lines().count() >= 10 && text.lines().all(|line| !line.contains(" ok")), "{text}");
}

#[tokio::test]
async fn outgoing_requests_are_refused_typed_and_reported() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let answer = worker.call(&get(component, "/outgoing?to=10.0.0.1:80")).await;
        assert!(
            answer.text().to_lowercase().replace(['-', '_'], "").contains("httprequestdenied"),
            "{name}: {}",
            answer.text()
        );
        let denied = answer.denied.first().expect("it is reported");
        assert_eq!(denied.hatch, "outgoing-http");
        assert!(denied.wanted.contains("10.0.0.1:80"), "{denied:?}");
        assert_eq!(denied.request, get(component, "/").request);
    }
}

#[tokio::test]
async fn sockets_and_names_are_refused_and_reported() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("probe-net")).await;
    let answer = worker.call(&get(component, "/")).await;
    assert!(answer.failure.is_none(), "{answer:?}");
    let text = answer.text();
    assert!(!text.is_empty() && text.lines().all(|line| !line.contains(" ok")), "{text}");
    assert!(answer.denied.iter().any(|denied| denied.hatch == "sockets"), "{:?}", answer.denied);
    assert_eq!(worker.call(&get(component, "/")).await.status(), 200);
}

#[tokio::test]
async fn seeds_and_randomness_differ_between_instances() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let mut seen = BTreeSet::new();
        for _ in 0..50 {
            let text = worker.call(&get(component, "/seed")).await.text();
            let values: serde_json::Value = serde_json::from_str(&text).unwrap();
            for value in values.as_object().unwrap().values() {
                assert!(seen.insert(value.to_string()), "{name}: {value} came twice");
            }
        }
    }
}

#[tokio::test]
async fn ten_thousand_requests_share_nothing() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let request = get(component, "/state");
        let first = worker.call(&request).await.text();
        assert!(first.contains("\"counter\":0"), "{first}");
        // Some at once, so that slots of the pool are used again in every order.
        let mut waiting = VecDeque::new();
        for _ in 0..10_000 {
            waiting.push_back(worker.invoke(&request));
            if waiting.len() == 16 {
                let answer = waiting.pop_front().unwrap().finish().await;
                assert_eq!(answer.text(), first, "{name}");
            }
        }
        for exchange in waiting {
            assert_eq!(exchange.finish().await.text(), first, "{name}");
        }
    }
}

#[tokio::test]
async fn the_caller_is_told_by_the_platform() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("echo-p2")).await;
    let (principal, credential) = (PrincipalId::from_bytes([1; 16]), CredentialId::from_bytes([2; 16]));
    let person = Caller::Person(Person {
        id: principal,
        display_name: "Ada \"the\" Countess".into(),
        owner: true,
        disabled: false,
        assurance: Assurance::PhishingResistant,
        authenticated_at: UnixMillis(1_700_000_000_999),
        credential,
    });
    let service = Caller::Service(Service {
        id: principal,
        name: "printer".into(),
        app: types::AppName::parse("coffee").unwrap(),
        disabled: false,
        credential,
    });
    for (caller, wanted) in [
        (Caller::Stranger, vec!["anonymous"]),
        (person, vec!["Countess", "1700000000", "phishing", &principal.to_string()]),
        (service, vec!["spiffe://", "/app/coffee/"]),
        (Caller::Operator { uid: 1000 }, vec!["uid:1000"]),
    ] {
        let mut request = get(component, "/caller");
        request.caller = caller.clone();
        // A forged header does not matter: the answer comes through the import.
        request.fields.0.push(("x-serviceful-user".into(), b"root".to_vec()));
        let text = worker.call(&request).await.text().to_lowercase();
        for word in wanted {
            assert!(text.contains(&word.to_lowercase()), "{caller:?} gave {text}");
        }
        assert!(!text.contains(&credential.to_string()), "{text}");
    }
}

#[tokio::test]
async fn a_function_that_asks_for_more_ends_before_it_answers() {
    let worker = Worker::start().await;
    let person = |assurance, authenticated_at| {
        let (id, credential) = (PrincipalId::from_bytes([1; 16]), CredentialId::from_bytes([2; 16]));
        let (display_name, owner, disabled) = ("Ada".into(), false, false);
        Caller::Person(Person { id, display_name, owner, disabled, assurance, authenticated_at, credential })
    };
    let long_ago = UnixMillis(1_700_000_000_999);
    let ahead = UnixMillis(u64::MAX >> 2);
    let demand = |assurance, max_age_s| Some(Failure::StepUp(Demand { assurance, max_age_s }));
    let (two, best) = (Assurance::MultiFactor, Assurance::PhishingResistant);
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let call = async |path: &str, caller: Caller| {
            let mut request = get(component, path);
            request.caller = caller;
            worker.call(&request).await
        };
        let shown = call("/require?assurance=multi-factor", person(best, long_ago)).await;
        assert_eq!(shown.text(), "{\"shown\":true}", "{name}");
        for (path, caller, wanted) in [
            ("/require?assurance=phishing-resistant", person(two, long_ago), demand(best, None)),
            ("/require?age=60", person(best, long_ago), demand(Assurance::None, Some(60))),
            ("/require?age=4294967295", person(best, ahead), demand(Assurance::None, Some(u32::MAX))),
            ("/require", Caller::Stranger, demand(Assurance::None, None)),
            ("/require?assurance=multi-factor", Caller::Operator { uid: 0 }, demand(two, None)),
        ] {
            let answer = call(path, caller).await;
            assert_eq!((answer.failure, answer.head.is_none()), (wanted, true), "{name}{path}");
        }
        let nonsense = call("/require?age=0", person(two, long_ago)).await;
        assert!(nonsense.text().contains("denied: nobody signs in within no time"), "{name}: {}", nonsense.text());
    }
    // The response has begun: nobody can be asked any more, and the function is told.
    let component = worker.bring(&guest("echo-p2")).await;
    let mut request = get(component, "/require-late?assurance=multi-factor");
    request.caller = person(Assurance::SingleFactor, long_ago);
    let answer = worker.call(&request).await;
    assert_eq!(
        (answer.failure.as_ref(), answer.text()),
        (None, "{\"error\":\"step-up-required: multi-factor\"}".into())
    );
}

#[tokio::test]
async fn output_goes_to_the_log_with_the_request_and_made_harmless() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let mut request = get(component, "/stdout?text=hello");
        request.request = types::RequestId::from_bytes([77; 16]);
        let answer = worker.call(&request).await;
        let lines: Vec<_> = answer.logs.iter().map(|log| (log.stream, log.text.as_str())).collect();
        assert!(lines.contains(&(wire::work::LogStream::Stdout, "hello on stdout")), "{name}: {lines:?}");
        assert!(lines.contains(&(wire::work::LogStream::Stderr, "hello on stderr")), "{name}: {lines:?}");
        assert!(answer.logs.iter().all(|log| log.request == request.request));
    }
}
