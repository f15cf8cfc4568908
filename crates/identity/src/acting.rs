//! `serviceful up --as`: on a developer's own machine, whoever opens an app there is a person of the developer's choice.
//!
//! The room as such knows nothing of it: this stands before the room, and only the composition root of `serviceful up` puts it there.
//! If this is wrong: any page that a developer visits acts as that person in the app under development.
use std::sync::Arc;

use gateway::{Admitted, Channel, Ctx, Fut, Identify, Intent, Recognised, Refusal, Sender};
use http::{header, request::Parts};
use types::{Assurance, Caller, NO_CREDENTIAL, Person, PrincipalId};

/// The person, as everybody is seen.
#[derive(Debug, Clone)]
pub struct Act {
    pub id: PrincipalId,
    pub display_name: Arc<str>,
    pub assurance: Assurance,
    /// For answers and events: `alice, single-factor`.
    pub mark: Arc<str>,
}

/// See the module.
pub struct Acting {
    room: Arc<dyn Identify>,
    act: Act,
}

impl Acting {
    /// Before this room.
    pub fn new(room: Arc<dyn Identify>, act: Act) -> Self {
        Self { room, act }
    }

    fn acts(&self, cx: &Ctx, admitted: &Admitted, intent: &Intent) -> Option<Recognised> {
        // NOT HERE: the control API, the console and the sign-in pages. Nobody changes an account, or deploys, as somebody else.
        if !intent.is_of_app() || admitted.channel() != (Channel::Wire { tls: false }) || !is_meant(admitted.head()) {
            return None;
        }
        let Act { id, display_name, assurance, mark } = &self.act;
        let caller = Caller::Person(Person {
            id: *id,
            display_name: display_name.clone(),
            owner: false,
            disabled: false,
            assurance: *assurance,
            authenticated_at: cx.started_at,
            credential: NO_CREDENTIAL,
        });
        Some(Recognised { caller: Arc::new(caller), renewed: None, acting: Some(mark.clone()) })
    }
}

/// Whether the developer sends it. SECURITY: this is an authority that every request on this computer would have, and browsers carry
/// requests of all the pages that the developer looks at. So it counts when the browser says that a page of this origin asks, or the
/// user; and when no browser is there. A browser that does not say who asks is not believed: what it sends for another site may look
/// the same. That a name of another site leads here (DNS rebinding) is refused before, like everywhere.
fn is_meant(head: &Parts) -> bool {
    // A token is more exact: who brings one is who it says.
    if head.headers.contains_key(header::AUTHORIZATION) || head.headers.contains_key("dpop") {
        return false;
    }
    match head.extensions.get::<Sender>() {
        Some(Sender::Here) => true,
        Some(Sender::Silent) => !is_browser(head),
        Some(Sender::Elsewhere) | None => false,
    }
}

/// All of them call themselves so; and no other program sends these fields.
fn is_browser(head: &Parts) -> bool {
    let mut agents = head.headers.get_all(header::USER_AGENT).iter();
    let mozilla = |agent: &http::HeaderValue| {
        agent.as_bytes().trim_ascii_start().get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"mozilla"))
    };
    let fetched = head.headers.keys().any(|name| name.as_str().starts_with("sec-"));
    fetched || agents.any(mozilla)
}

impl Identify for Acting {
    fn identify_now(&self, cx: &Ctx, admitted: &Admitted, intent: &Intent) -> Option<Result<Recognised, Refusal>> {
        match self.acts(cx, admitted, intent) {
            Some(acting) => Some(Ok(acting)),
            None => self.room.identify_now(cx, admitted, intent),
        }
    }

    fn identify<'a>(
        &'a self,
        cx: &'a Ctx,
        admitted: &'a Admitted,
        intent: &'a Intent,
    ) -> Fut<'a, Result<Recognised, Refusal>> {
        // Whoever acts is known without waiting.
        self.room.identify(cx, admitted, intent)
    }
}
