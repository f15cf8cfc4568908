//! The path, and the one place where a walk becomes an audit event and a response, in that order.
use std::{panic::AssertUnwindSafe, sync::Arc};

use audit::{Event, Kind, Outcome, Timings, Who};
use futures_util::FutureExt;
use http::{HeaderValue, Response, header};
use http_body::Body as _;
use types::{AppName, Caller, Code, Demand};

use crate::{
    Admitted, Arrival, Body, BodyError, Ctx, Decision, Denial, Desk, Document, House, Identified, Intent, Permit,
    Place, RESERVED_PATH, Recognised, Refusal, Reply, Way, body, cookies,
    errand::{self, Errand},
    refusal::SecurityClass,
};

/// What is learnt on the way, for the event. Refused walks leave some of it empty.
#[derive(Default)]
struct Trail {
    caller: Option<Arc<Caller>>,
    intent: Option<Intent>,
    policies: Arc<[Arc<str>]>,
    timings: Timings,
    /// The cookie that the answer carries, where identity replaced a session's secret.
    renewed: Option<HeaderValue>,
    /// The caller is one by `serviceful up --as`.
    acting: Option<Arc<str>>,
    /// The app that the host names, for events about what was refused before there was an intent.
    host: Option<AppName>,
    /// The request cannot change anything, so its event need not be on disk before the answer.
    safe: bool,
}

async fn walk(house: &House, cx: &Ctx, arrival: Arrival, trail: &mut Trail) -> Result<Reply, Refusal> {
    let checked = house.front_door.admit(cx, arrival)?; // bounds, host, framing, reserved names, origin
    let admitted = Admitted::mint(checked);
    let intent = house.routes.intent_of(&admitted)?; // action + resource
    let errand = Errand::of(admitted.head());
    trail.intent = Some(intent.clone());
    let Recognised { caller, renewed, acting } = match house.identity.identify_now(cx, &admitted, &intent) {
        Some(known) => known?,
        None => house.identity.identify(cx, &admitted, &intent).await?, // a stranger is a caller too
    };
    trail.timings.identify_us = cx.elapsed_us();
    trail.caller = Some(caller.clone());
    trail.renewed = renewed;
    trail.acting = acting;
    let identified = Identified::mint(admitted, caller);
    let decision = house.policy.decide(&identified, &intent, cx.started_at); // not async: cannot do I/O
    trail.timings.decide_us = cx.elapsed_us().saturating_sub(trail.timings.identify_us);
    let permit = match permit_of(house, cx, identified, &intent, decision, trail) {
        Ok(permit) => permit, // credentials stripped here
        Err(refusal) => return Err(for_a_person(house, cx, &errand, trail, refusal).await),
    };
    match &intent {
        Intent::Invoke(_) => match house.runtime.work(cx, permit).await {
            // The function itself asked for more (`require`), and has not begun to answer.
            Err(refusal) if refusal.demand.is_some() => Err(for_a_person(house, cx, &errand, trail, refusal).await),
            done => done,
        },
        Intent::Control(call) if call.mutates => {
            begin(house, cx, trail).await?;
            house.control.work(cx, permit).await
        }
        Intent::Control(_) => house.control.work(cx, permit).await,
        Intent::SignIn(_) => house.sign_in.work(cx, permit).await,
        Intent::WrongMethod { allowed, .. } | Intent::ControlMethod { allowed } => Err(wrong_method(allowed)),
        Intent::UnroutedSignIn { allowed, .. } if !allowed.is_empty() => Err(wrong_method(allowed)),
        Intent::Unrouted { .. } | Intent::UnroutedControl | Intent::UnroutedSignIn { .. } => {
            Err(Refusal::new(Code::POL_NO_ROUTE, "no route"))
        }
    }
}

fn permit_of(
    house: &House,
    cx: &Ctx,
    identified: Identified,
    intent: &Intent,
    decision: Decision,
    trail: &mut Trail,
) -> Result<Permit, Refusal> {
    match decision {
        Decision::Allow { policies } => {
            trail.policies = policies.clone();
            Ok(Permit::mint(cx.request, identified, intent.clone(), policies))
        }
        Decision::Deny { policies, denial } => {
            trail.policies = policies;
            Err(denied(house, intent, denial))
        }
    }
}

/// The same refusal, with an answer for whoever waits at a browser: the way to sign in, or a page that says what is wrong.
async fn for_a_person(house: &House, cx: &Ctx, errand: &Errand, trail: &Trail, refusal: Refusal) -> Refusal {
    // Whoever is somebody by decree has nothing to show at the sign-in pages, and would come back as they went.
    if let Some(acting) = trail.acting.as_deref().filter(|_| refusal.code == Code::ID_STEP_UP) {
        return refusal
            .next(format!("you are {acting} by `serviceful up --as`; start it with a stronger `--assurance`"));
    }
    if matches!(&trail.intent, Some(Intent::SignIn(call)) if call.desk == Desk::Id) && refusal.code == Code::ID_REQUIRED
    {
        let way = (header::LOCATION, HeaderValue::from_static("/sign-in"));
        return refusal.document(Document { status: 303, headers: vec![way], ..Document::default() });
    }
    let app =
        trail.intent.as_ref().filter(|intent| intent.is_of_app()).and_then(|intent| intent.resource().app().cloned());
    let (Some(app), Some(caller)) = (app, &trail.caller) else { return refusal };
    let function = trail.intent.as_ref().and_then(Intent::target).map(|target| &target.function);
    let wanted = refusal.demand.zip(function);
    let way = Way { app: &app, target: &errand.target, open: &errand.attempts, wanted };
    let shown = match (&**caller, refusal.code) {
        (Caller::Stranger, Code::ID_REQUIRED) | (Caller::Person(_), Code::ID_STEP_UP) if errand.opens_page => {
            house.reception.show_in(cx, way).await
        }
        (Caller::Stranger, Code::ID_REQUIRED) | (Caller::Person(_), Code::ID_STEP_UP)
            if errand.sends_form && wanted.is_some() =>
        {
            house.reception.hold_up(cx, way).await
        }
        (Caller::Person(_), Code::POL_DENIED | Code::POL_CLOSED) if errand.opens_page => {
            let asked = format!("{} {}", errand.method, errand.target);
            Ok(house.reception.turn_away(&refusal, cx.request, caller, &app, &asked))
        }
        _ => return refusal,
    };
    match shown {
        Ok(document) => refusal.document(document),
        // Busy, say: the 401 is true in any case.
        Err(reason) => {
            tracing::warn!(%reason, "somebody could not be shown to the sign-in pages");
            refusal
        }
    }
}

/// When to look again for the first deployment of an app, in seconds.
const AGAIN_S: u64 = 5;

/// Nothing answers at an app's origin yet. Strangers, and whoever is nobody there, hear that and no more, at any time in the same
/// words: that the app is there they know, because its host is; whether somebody is about to deploy to it is not theirs to know.
fn undeployed(house: &House, intent: &Intent, known: bool) -> Refusal {
    let refusal = Refusal::new(Code::POL_UNDEPLOYED, "the app has no deployment yet");
    let again = |refusal: Refusal| refusal.header(header::RETRY_AFTER, HeaderValue::from(AGAIN_S));
    let resource = intent.resource();
    let Some(app) = resource.app().filter(|_| known) else { return again(refusal) };
    if house.routes.is_under_way(app) {
        let detail = format!("the first deployment of `{app}` is being made ready");
        let next = format!("try again in a moment; `serviceful deployments {app}` shows how far it is");
        return again(refusal.detail(detail).next(next));
    }
    refusal.detail(format!("no deployment of `{app}` is ready")).next("deploy it: `serviceful deploy`")
}

fn denied(house: &House, intent: &Intent, denial: Denial) -> Refusal {
    match denial {
        Denial::Undeployed { known } => undeployed(house, intent, known),
        Denial::NeedsIdentity => Refusal::new(Code::ID_REQUIRED, "a stranger asked"),
        Denial::Nothing => Refusal::new(Code::POL_NO_ROUTE, "there is nothing the caller may know of"),
        Denial::Closed => Refusal::new(Code::POL_CLOSED, "the function is closed"),
        Denial::StepUp(demand) => Refusal::step_up(demand),
        Denial::Forbidden { sentence, next } => {
            let mut refusal = Refusal::new(Code::POL_DENIED, sentence.clone()).detail(sentence);
            refusal.next = next;
            refusal
        }
    }
}

fn wrong_method(allowed: &[types::Method]) -> Refusal {
    let words: Vec<&str> = allowed.iter().map(|m| m.as_str()).collect();
    let list = words.join(", ");
    let refusal =
        Refusal::new(Code::DOOR_METHOD, "no route for this method").detail(format!("this path serves {list}"));
    match HeaderValue::from_str(&list) {
        Ok(value) => refusal.header(header::ALLOW, value),
        Err(_) => refusal,
    }
}

/// Writes a control action down before it starts: if this cannot be made durable, the action does not happen.
async fn begin(house: &House, cx: &Ctx, trail: &Trail) -> Result<(), Refusal> {
    let stopped = |e: audit::RecordError| Refusal::new(Code::PLT_AUDIT, e.to_string()).failed();
    let event = event(cx, Kind::ControlBegin, trail, Outcome::Done { status: None }, None);
    house.audit.record(&event).map_err(stopped)?.durable().await.map_err(stopped)
}

/// A response, and whether identity knew the caller.
#[derive(Debug)]
pub struct Answer {
    pub response: Response<Body>,
    pub known_caller: bool,
}

impl House {
    /// Takes one arrival along the whole path. Exactly one closing event is recorded, and it is recorded before the answer leaves;
    /// for anything that may change something, it is on disk before the answer leaves.
    pub async fn handle(&self, arrival: Arrival) -> Response<Body> {
        self.answer(arrival).await.response
    }

    /// As [`House::handle`], and says whether the caller was somebody: a connection that carries known callers is counted otherwise.
    pub async fn answer(&self, arrival: Arrival) -> Answer {
        let cx = Ctx::arrive(self.clock.clone(), self.rng.clone());
        // No audit write, no action: checked before anything else happens.
        if !self.audit.is_healthy() {
            let response = Refusal::new(Code::PLT_AUDIT, "the log is stopped").response(cx.request);
            return Answer { response, known_caller: false };
        }
        let host = self.host_of(&arrival.head);
        let waits = errand::waits(&arrival.head);
        let mut trail = Trail { safe: arrival.head.method.is_safe(), host, ..Trail::default() };
        // A defect of ours that panics still ends in an answer and an event: otherwise a call could be made without a trace.
        let walked = AssertUnwindSafe(walk(self, &cx, arrival, &mut trail)).catch_unwind().await;
        let mut result = walked.unwrap_or_else(|_| Err(Refusal::internal("a room panicked")));
        if let Err(refusal) = &mut result
            && waits
            && refusal.document.is_none()
            && !refusal.bare
        {
            self.tell(&cx, &trail, refusal);
        }
        trail.timings.total_us = cx.elapsed_us();
        trail.timings.work_us =
            trail.timings.total_us.saturating_sub(trail.timings.identify_us + trail.timings.decide_us);
        let known_caller = trail.caller.as_deref().is_some_and(|caller| *caller != Caller::Stranger);
        let closed = match self.close(&cx, &trail, &result) {
            Ok(Some(receipt)) => receipt.durable().await,
            Ok(None) => Ok(()),
            Err(e) => Err(e),
        };
        let response = match closed {
            Ok(()) => self.watched(&cx, &trail, self.respond(&cx, &trail, result)),
            // SECURITY: what cannot be recorded is not answered: an unseen success is what an attacker wants.
            Err(e) => Refusal::new(Code::PLT_AUDIT, e.to_string()).failed().response(cx.request),
        };
        Answer { response, known_caller }
    }

    /// Gives a refusal the page that somebody at a browser reads. What the answer tells programs in its head, it tells still.
    fn tell(&self, cx: &Ctx, trail: &Trail, refusal: &mut Refusal) {
        let host = trail.host.as_ref().filter(|app| self.routes.knows_app(app));
        let place = match (&trail.intent, host) {
            (_, Some(app)) => Place::App(app),
            (Some(Intent::Control(_) | Intent::UnroutedControl), None) => Place::Console,
            (Some(Intent::SignIn(call)), None) if call.desk == Desk::Console => Place::Console,
            (Some(Intent::SignIn(_) | Intent::UnroutedSignIn { .. }), None) => Place::Id,
            // Before it was clear what is meant, or under a host that is none of ours.
            _ => Place::Elsewhere,
        };
        let mut document = self.reception.tell(refusal, cx.request, place);
        document.headers.extend(refusal.headers.iter().cloned());
        refusal.document = Some(Box::new(document));
    }

    /// The app whose host a request names, well-formed or not: a label for the log, believed by nobody.
    fn host_of(&self, head: &http::request::Parts) -> Option<AppName> {
        let authority = head.uri.authority().map(http::uri::Authority::as_str);
        let host = authority.or_else(|| head.headers.get(header::HOST)?.to_str().ok())?;
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
        self.routes.names().app_of(&name)
    }

    /// Records the closing event; the receipt is there when the answer must wait for the disk.
    fn close(
        &self,
        cx: &Ctx,
        trail: &Trail,
        result: &Result<Reply, Refusal>,
    ) -> Result<Option<audit::Receipt>, audit::RecordError> {
        let (kind, outcome, ran) = verdict(trail, result);
        let mut event = event(cx, kind, trail, outcome, ran);
        match result {
            Err(Refusal { security: Some(class), .. }) => event.note = Some(class.as_str().into()),
            Err(_) => {}
            // Somebody by decree keeps the mark; functions leave no note.
            Ok(Reply { note: None, .. }) => {}
            Ok(reply) => event.note.clone_from(&reply.note),
        }
        let receipt = self.audit.record(&event)?;
        let control = matches!(&trail.intent, Some(Intent::Control(call)) if call.mutates);
        let ran = matches!(&trail.intent, Some(Intent::Invoke(_))) && result.is_ok();
        // Also of a GET: the callback opens a session.
        let signs_in =
            matches!(&trail.intent, Some(Intent::SignIn(_))) && result.as_ref().is_ok_and(|r| r.note.is_some());
        Ok((control || signs_in || (ran && !trail.safe)).then_some(receipt))
    }

    /// Follows a streamed answer of a function: if it breaks off after its head was sent, a second event says so.
    fn watched(&self, cx: &Ctx, trail: &Trail, response: Response<Body>) -> Response<Body> {
        let streamed = response.body().size_hint().exact().is_none();
        if !streamed || !matches!(trail.intent, Some(Intent::Invoke(_))) {
            return response;
        }
        let status = response.status().as_u16();
        let done = Outcome::Done { status: Some(status) };
        let mut event = event(cx, Kind::Request, trail, done, None);
        event.action = "broken-off".into();
        let (log, clock) = (self.audit.clone(), self.clock.clone());
        response.map(|body| {
            body::watched(body, move |error| {
                let code = match error {
                    BodyError::TooLarge { .. } => Code::RUN_RESPONSE,
                    _ => Code::RUN_TRAP,
                };
                event.at = clock.now();
                event.outcome =
                    Outcome::Failed { status, code: code.as_str().into(), reason: error.to_string().into() };
                // A log that is stopped refuses every request from now on; this answer is broken already.
                let _ = log.record(&event);
            })
        })
    }

    fn respond(&self, cx: &Ctx, trail: &Trail, result: Result<Reply, Refusal>) -> Response<Body> {
        let mut response = match result {
            Ok(mut reply) => {
                if !matches!(trail.intent, Some(Intent::SignIn(_))) {
                    cookies::strip(reply.response.headers_mut());
                }
                reply.response
            }
            Err(mut refusal) => {
                refusal.login_url = self.login_url(trail, &refusal);
                let mut response = refusal.response(cx.request);
                self.challenge(trail, &refusal, &mut response);
                response
            }
        };
        if let Some(cookie) = &trail.renewed
            && !cookies::sets(response.headers(), cookie)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
            // SECURITY: whatever the function said of caches, none may keep a session and hand it to the next visitor.
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Ok(value) = HeaderValue::from_str(&cx.request.to_string()) {
            response.headers_mut().insert("sf-request", value);
        }
        if let Some(value) = trail.acting.as_deref().and_then(|acting| HeaderValue::from_str(acting).ok()) {
            response.headers_mut().insert("sf-development", value);
        }
        response
    }

    /// Where a person would sign in who was answered 401. Built from configuration, never from the received Host; it begins a new
    /// attempt, so that it says nothing of the request that was refused.
    fn login_url(&self, trail: &Trail, refusal: &Refusal) -> Option<String> {
        if refusal.status() != http::StatusCode::UNAUTHORIZED.as_u16() {
            return None;
        }
        let names = self.routes.names();
        let control = trail.intent.as_ref().is_some_and(Intent::is_of_control);
        let app = trail.intent.as_ref().and_then(|intent| intent.resource().app().cloned()).filter(|_| !control);
        Some(match app {
            Some(app) => format!("{}{RESERVED_PATH}sign-in", names.app_url(&app)),
            None => format!("{}/sign-in", names.id_url()),
        })
    }

    /// Adds the RFC 9728 hints to a 401: where this origin says which identity it wants.
    /// The address is built from configuration, never from the received Host.
    fn challenge(&self, trail: &Trail, refusal: &Refusal, response: &mut Response<Body>) {
        if response.status() != http::StatusCode::UNAUTHORIZED {
            return;
        }
        let names = self.routes.names();
        let app = trail.intent.as_ref().and_then(|i| i.resource().app().cloned());
        let control = trail.intent.as_ref().is_some_and(Intent::is_of_control);
        let origin = match app {
            Some(app) if !control => names.app_url(&app),
            _ => names.console_url(),
        };
        let error = match refusal.code {
            Code::ID_INVALID => "error=\"invalid_token\", ".to_owned(),
            Code::ID_STEP_UP => step_up_challenge(&refusal.demand.unwrap_or_default()),
            _ => String::new(),
        };
        let text = format!("Bearer {error}resource_metadata=\"{origin}/.well-known/oauth-protected-resource\"");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        // Tokens that are bound to a key count for the platform, and for apps (RFC 9449 section 7.1).
        let text = text.replacen("Bearer ", "DPoP algs=\"ES256\", ", 1);
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, value);
        }
    }
}

/// RFC 9470 section 3. All of it is ours: words of a list and a number.
fn step_up_challenge(demand: &Demand) -> String {
    let mut text = "error=\"insufficient_user_authentication\", ".to_owned();
    let acr_values = demand.acr_values();
    if !acr_values.is_empty() {
        text.push_str(&format!("acr_values=\"{acr_values}\", "));
    }
    if let Some(max_age_s) = demand.max_age_s {
        text.push_str(&format!("max_age=\"{max_age_s}\", "));
    }
    text
}

fn verdict(trail: &Trail, result: &Result<Reply, Refusal>) -> (Kind, Outcome, Option<types::EngineBuild>) {
    let control = trail.intent.as_ref().is_some_and(Intent::is_of_control);
    let kind = if control { Kind::Control } else { Kind::Request };
    match result {
        Ok(reply) => {
            let build = reply.ran.as_ref().map(|ran| ran.engine_build.clone());
            (kind, Outcome::Done { status: Some(reply.response.status().as_u16()) }, build)
        }
        Err(refusal) => {
            let (status, code) = (refusal.status(), refusal.code.as_str().into());
            let reason = Event::text(&refusal.reason);
            let outcome = if refusal.failed {
                Outcome::Failed { status, code, reason }
            } else {
                Outcome::Refused { status, code, reason }
            };
            let kind = match refusal.security {
                Some(SecurityClass::Credential) | None => kind,
                Some(_) => Kind::Security,
            };
            (kind, outcome, refusal.engine_build.clone())
        }
    }
}

fn event(cx: &Ctx, kind: Kind, trail: &Trail, outcome: Outcome, engine_build: Option<types::EngineBuild>) -> Event {
    let stranger = || Who { kind: "stranger".into(), id: None, credential: None };
    let target = trail.intent.as_ref().and_then(Intent::target);
    let resource = trail.intent.as_ref().map(Intent::resource);
    Event {
        at: cx.started_at,
        kind,
        who: trail.caller.as_deref().map_or_else(stranger, Who::from),
        action: trail.intent.as_ref().map_or("arrive", |i| i.action().as_str()).into(),
        resource: resource.as_ref().map_or_else(|| "unknown".into(), |r| r.to_string().into()),
        outcome,
        request: Some(cx.request),
        app: resource.as_ref().map_or_else(|| trail.host.clone(), |r| r.app().cloned()),
        function: target.map(|t| t.function.clone()),
        deployment: target.map(|t| t.deployment),
        engine_build,
        policies: trail.policies.to_vec(),
        timings: Some(trail.timings),
        note: trail.acting.as_deref().map(|acting| format!("development: {acting}").into()),
    }
}
