//! The way in, from an app's origin: a stranger is shown to the sign-in page, somebody known is told why not.
use data_encoding::HEXLOWER;
use gateway::{Ctx, Document, Fut, Reception, Refusal, SealedFor, Way, set_cookie};
use http::{HeaderName, HeaderValue, header};
use pages::{AccessRequest, Denied, Frame, HeldUp};
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
        let development = self.shared.ports.development.as_deref().map(Into::into);
        Frame { platform: "Serviceful".into(), host, development, ..Frame::default() }
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

/// What a transaction is bound to beside its purpose: the app, and the cookie's own name.
pub(crate) fn transaction_context(app: &AppName, name: &str) -> String {
    format!("{app}/{name}")
}
