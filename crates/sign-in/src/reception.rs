//! The way in, from an app's origin: a stranger is shown to the sign-in page, somebody known is told why not.
use data_encoding::HEXLOWER;
use gateway::{Ctx, Document, Fut, Place, Reception, Refusal, SealedFor, Way, set_cookie};
use http::{HeaderName, HeaderValue, header};
use pages::{AccessRequest, Denied, Frame, HeldUp, Refused, RefusedKind};
use types::{AppName, Caller, Code, RequestId};

use crate::{
    Service, answer, secret,
    trip::{self, ATTEMPT_S, COOKIE_PREFIX, Request, Transaction, Wanted},
};

/// As many attempts as a browser may have open at one app; the next one ends them. Their cookies would fill its requests.
const OPEN_MAX: usize = 4;

/// An attempt that has just begun: the cookies that remember it here, and the request, sealed, for the sign-in pages.
struct Begun {
    tx: String,
    cookies: Vec<(HeaderName, HeaderValue)>,
}

impl Service {
    async fn begin(&self, cx: &Ctx, way: Way<'_>) -> Result<Begun, String> {
        let (shared, rng, now) = (&self.shared, &*self.shared.ports.rng, cx.started_at);
        let mut name = [0; 8];
        rng.fill(&mut name);
        let name = HEXLOWER.encode(&name);
        let verifier = secret::fresh(rng);
        // Which of the browser's transactions it is, and what only that one knows.
        let state = format!("{name}.{}", secret::fresh(rng));
        let wanted = way.wanted.map(|(demand, function)| Wanted { demand, function: function.clone() });
        let (app, challenge) = (way.app.clone(), secret::challenge(&verifier));
        let request = Request { app, challenge, state: state.clone(), at: now, wanted };
        let target = trip::safe_target(way.target).to_owned();
        let transaction = Transaction { verifier, state, target, at: now };
        let context = transaction_context(way.app, &name);
        let sealed = shared.seal(SealedFor::Transaction, &context, &transaction).await.map_err(|e| e.to_string())?;
        let tx = shared.seal(SealedFor::Request, "", &request).await.map_err(|e| e.to_string())?;
        let cookie = set_cookie(&format!("{COOKIE_PREFIX}{name}"), &sealed, Some(ATTEMPT_S));
        let mut cookies = vec![(header::SET_COOKIE, cookie.ok_or("a cookie could not be written")?)];
        if way.open.len() >= OPEN_MAX {
            let gone = way.open.iter().filter_map(|name| set_cookie(name, "", Some(0)));
            cookies.extend(gone.map(|cookie| (header::SET_COOKIE, cookie)));
        }
        Ok(Begun { tx, cookies })
    }

    /// What stands around a page at an app's origin.
    fn frame_at(&self, app: &AppName) -> Frame {
        let host = format!("{app}.{}", self.shared.ports.names.apps_domain).into();
        Frame { host, ..self.frame_anywhere() }
    }

    fn frame_anywhere(&self) -> Frame {
        let development = self.shared.ports.development.as_deref().map(Into::into);
        Frame { platform: "Serviceful".into(), development, ..Frame::default() }
    }
}

impl Reception for Service {
    fn show_in<'a>(&'a self, cx: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>> {
        Box::pin(async move {
            let Begun { tx, cookies } = self.begin(cx, way).await?;
            let id = self.shared.ports.names.id_url();
            let way = answer::address(&format!("{id}{}", pages::paths::SIGN_IN), &[("tx", &tx)]);
            let mut document = answer::to(&way).map_err(|refusal| refusal.reason)?;
            document.headers.extend(cookies);
            Ok(document)
        })
    }

    fn hold_up<'a>(&'a self, cx: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>> {
        Box::pin(async move {
            let Begun { tx, cookies } = self.begin(cx, way).await?;
            let function = way.wanted.map_or_else(pages::Shown::default, |(_, function)| function.as_str().into());
            let held_up = HeldUp {
                hidden: pages::Hidden { tx, ..pages::Hidden::default() },
                app: way.app.as_str().into(),
                function,
                code: Code::ID_STEP_UP.as_str().into(),
                request: cx.request.to_string().into(),
            };
            let mut document = answer::of_page(held_up.render(&self.frame_at(way.app)), None, true);
            document.headers.extend(cookies);
            Ok(document)
        })
    }

    fn tell(&self, refusal: &Refusal, request: RequestId, place: Place<'_>) -> Document {
        let names = &self.shared.ports.names;
        let frame = match place {
            Place::App(app) => self.frame_at(app),
            Place::Id => Frame { host: names.id.as_str().into(), ..self.frame_anywhere() },
            Place::Console => Frame { host: names.console.as_str().into(), ..self.frame_anywhere() },
            // What they typed is no name of ours, and not to be vouched for.
            Place::Elsewhere => self.frame_anywhere(),
        };
        let kind = kind(refusal, place);
        let told = Refused {
            hidden: pages::Hidden::default(),
            status: refusal.code.status(),
            kind,
            detail: detail(refusal, kind).into(),
            next: refusal.next.as_deref().unwrap_or_default().into(),
            sign_in: place == Place::Id,
            code: refusal.code.as_str().into(),
            request: request.to_string().into(),
        };
        let page = told.render(&frame);
        let mut document = match place {
            // Neither style nor picture can be had at the console, nor at a host that is none of ours.
            Place::Elsewhere | Place::Console => answer::of_page_alone(page),
            Place::Id => answer::of_page(page, None, false),
            Place::App(_) => answer::of_page(page, None, true),
        };
        if kind == RefusedKind::Undeployed {
            document.headers.push((HeaderName::from_static("refresh"), HeaderValue::from_static("5")));
        }
        document
    }

    fn turn_away(
        &self,
        refusal: &Refusal,
        request: RequestId,
        caller: &Caller,
        app: &AppName,
        asked: &str,
    ) -> Document {
        let name = match caller {
            Caller::Person(person) => pages::Shown::from(&*person.display_name),
            _ => pages::Shown::default(),
        };
        let denied = Denied {
            name,
            app: app.as_str().into(),
            asked: asked.into(),
            // A member who is denied gains nothing by asking, and is told so when they do.
            access: if refusal.code == Code::POL_DENIED { AccessRequest::Open } else { AccessRequest::None },
            code: refusal.code.as_str().into(),
            request: request.to_string().into(),
            ..Denied::default()
        };
        answer::of_page(denied.render(&self.frame_at(app)), Some(&self.shared.ports.names.id_url()), true)
    }
}

/// Which words a refusal is told in.
fn kind(refusal: &Refusal, place: Place<'_>) -> RefusedKind {
    match refusal.code {
        Code::ID_REQUIRED if place == Place::Console => RefusedKind::Console,
        Code::POL_NO_ROUTE | Code::CTL_NOT_FOUND => RefusedKind::Nothing,
        Code::POL_UNDEPLOYED => RefusedKind::Undeployed,
        Code::DOOR_METHOD => RefusedKind::Method,
        Code::DOOR_UNKNOWN_HOST => RefusedKind::Host,
        Code::RUN_UNAVAILABLE | Code::DOOR_BUSY | Code::PLT_AUDIT => RefusedKind::Unavailable,
        // Where no way leads to the sign-in pages: somebody is who they are, and it does not do.
        Code::ID_STEP_UP => RefusedKind::Forbidden,
        Code::ID_THROTTLED => RefusedKind::Limit,
        code => match code.status() {
            401 => RefusedKind::SignIn,
            403 => RefusedKind::Forbidden,
            408 | 413 | 414 | 429 | 431 => RefusedKind::Limit,
            500.. => RefusedKind::Failed,
            _ => RefusedKind::Malformed,
        },
    }
}

/// What stands below the words of the kind: what is particular to this case, or else what the code says, where that is more than the
/// words do. Never the private reason.
fn detail(refusal: &Refusal, kind: RefusedKind) -> &str {
    match (&refusal.detail, kind) {
        (Some(detail), _) => detail,
        (None, RefusedKind::Forbidden | RefusedKind::Limit | RefusedKind::Malformed | RefusedKind::Failed) => {
            refusal.code.title()
        }
        (None, _) => "",
    }
}

/// What a transaction is bound to beside its purpose: the app, and the cookie's own name.
pub(crate) fn transaction_context(app: &AppName, name: &str) -> String {
    format!("{app}/{name}")
}
