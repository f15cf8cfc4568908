//! `serviceful up --as`: who counts as the developer, out of all that reaches a computer.
use std::sync::Arc;

use gateway::{Admitted, Channel, Identify, Intent, Recognised, Sender};
use http::Request;
use identity::{Act, Acting};
use types::{Action, Assurance, Caller, NO_CREDENTIAL, PrincipalId};

use crate::world::{World, app, control, invoke, world};

fn acting(world: World) -> (Acting, gateway::Ctx) {
    let cx = gateway::Ctx::arrive(world.clock.clone(), world.rng.clone());
    let act = Act {
        id: PrincipalId::from_bytes([7; 16]),
        display_name: "Alice".into(),
        assurance: Assurance::MultiFactor,
        mark: "alice, multi-factor".into(),
    };
    (Acting::new(Arc::new(world.room), act), cx)
}

const PLAIN: Channel = Channel::Wire { tls: false };

fn request(channel: Channel, sender: Option<Sender>, fields: &[(&str, &str)]) -> Admitted {
    let mut request = Request::post("http://coffee.localhost/menu");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let mut head = request.body(()).expect("a request").into_parts().0;
    if let Some(sender) = sender {
        head.extensions.insert(sender);
    }
    Admitted::for_test(channel, head)
}

async fn ask(channel: Channel, sender: Option<Sender>, fields: &[(&str, &str)], intent: &Intent) -> Option<Recognised> {
    let (room, cx) = acting(world());
    let admitted = request(channel, sender, fields);
    let answer = match room.identify_now(&cx, &admitted, intent) {
        Some(answer) => answer,
        None => room.identify(&cx, &admitted, intent).await,
    };
    answer.ok()
}

#[tokio::test]
async fn only_what_the_developer_sends_counts() {
    const MOZILLA: (&str, &str) = ("user-agent", "mozilla/5.0 (X11)");
    let (here, silent, elsewhere) = (Some(Sender::Here), Some(Sender::Silent), Some(Sender::Elsewhere));
    for (channel, sender, fields, counts) in [
        (PLAIN, here, &[][..], true),
        (PLAIN, here, &[MOZILLA][..], true),
        (PLAIN, silent, &[], true),
        (PLAIN, silent, &[("user-agent", "curl/8")], true),
        (PLAIN, silent, &[MOZILLA], false),
        (PLAIN, silent, &[("user-agent", "curl/8"), MOZILLA], false),
        (PLAIN, silent, &[("user-agent", " Mozilla/5.0")], false),
        (PLAIN, silent, &[("sec-fetch-mode", "cors")], false),
        (PLAIN, silent, &[("sec-websocket-version", "13")], false),
        (PLAIN, elsewhere, &[], false),
        // A head that no front door looked at.
        (PLAIN, None, &[], false),
        (PLAIN, here, &[("authorization", "Basic YTpi")], false),
        (PLAIN, here, &[("authorization", "")], false),
        (PLAIN, here, &[("dpop", "x")], false),
        // Never over TLS: that is a server. The host's socket has an operator of its own.
        (Channel::Wire { tls: true }, here, &[], false),
        (Channel::Host { uid: crate::world::OWNER_UID }, here, &[], false),
    ] {
        let answer = ask(channel, sender, fields, &invoke("coffee")).await;
        let acts = answer.as_ref().is_some_and(|answer| answer.acting.is_some());
        assert_eq!(acts, counts, "{channel:?} {sender:?} {fields:?}");
        let Some(answer) = answer else { continue };
        match &*answer.caller {
            Caller::Person(person) => {
                assert!(counts, "{channel:?} {sender:?} {fields:?}");
                assert_eq!((person.credential, person.owner, person.disabled), (NO_CREDENTIAL, false, false));
            }
            other => assert!(!counts, "{other:?}"),
        }
    }
}

#[tokio::test]
async fn only_in_apps() {
    let unrouted = Intent::Unrouted { app: app("coffee") };
    assert!(ask(PLAIN, Some(Sender::Here), &[], &unrouted).await.expect("an answer").acting.is_some());
    let page =
        gateway::SignInCall { name: "account", action: Action::AccountManage, app: None, desk: gateway::Desk::Id };
    for intent in [control(Action::AppDeploy), control(Action::SelfRead), Intent::UnroutedControl, Intent::SignIn(page)]
    {
        let answer = ask(PLAIN, Some(Sender::Here), &[], &intent).await.expect("an answer");
        assert!(answer.acting.is_none() && *answer.caller == Caller::Stranger, "{intent:?}");
    }
}
