//! The way in, from an app's origin: a stranger is shown to the sign-in page, somebody known is told why not.
use data_encoding::HEXLOWER;
use gateway::{Ctx, Document, Fut, Reception, Refusal, SealedFor, set_cookie};
use http::header;
use pages::{AccessRequest, Denied, Frame};
use types::{AppName, Caller, Code, RequestId};

use crate::{
    Service, answer, secret,
    trip::{self, ATTEMPT_S, COOKIE_PREFIX, Request, Transaction},
};

/// As many attempts as a browser may have open at one app; the next one ends them. Their cookies would fill its requests.
const OPEN_MAX: usize = 4;

impl Reception for Service {
    fn show_in<'a>(
        &'a self,
        cx: &'a Ctx,
        app: &'a AppName,
        target: &'a str,
        open: &'a [String],
    ) -> Fut<'a, Result<Document, String>> {
        Box::pin(async move {
            let (shared, rng, now) = (&self.shared, &*self.shared.ports.rng, cx.started_at);
            let mut name = [0; 8];
            rng.fill(&mut name);
            let name = HEXLOWER.encode(&name);
            let verifier = secret::fresh(rng);
            // Which of the browser's transactions it is, and what only that one knows.
            let state = format!("{name}.{}", secret::fresh(rng));
            let request =
                Request { app: app.clone(), challenge: secret::challenge(&verifier), state: state.clone(), at: now };
            let target = trip::safe_target(target).to_owned();
            let transaction = Transaction { verifier, state, target, at: now };
            let context = transaction_context(app, &name);
            let sealed =
                shared.seal(SealedFor::Transaction, &context, &transaction).await.map_err(|e| e.to_string())?;
            let tx = shared.seal(SealedFor::Request, "", &request).await.map_err(|e| e.to_string())?;
            let id = shared.ports.names.id_url();
            let way = answer::address(&format!("{id}{}", pages::paths::SIGN_IN), &[("tx", &tx)]);
            let mut document = answer::to(&way).map_err(|refusal| refusal.reason)?;
            let cookie = set_cookie(&format!("{COOKIE_PREFIX}{name}"), &sealed, Some(ATTEMPT_S));
            document.headers.push((header::SET_COOKIE, cookie.ok_or("a cookie could not be written")?));
            if open.len() >= OPEN_MAX {
                let gone = open.iter().filter_map(|name| set_cookie(name, "", Some(0)));
                document.headers.extend(gone.map(|cookie| (header::SET_COOKIE, cookie)));
            }
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
        let names = &self.shared.ports.names;
        let frame = Frame {
            platform: "Serviceful".into(),
            host: format!("{app}.{}", names.apps_domain).into(),
            ..Frame::default()
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
        answer::of_page(denied.render(&frame), Some(&names.id_url()), true)
    }
}

/// What a transaction is bound to beside its purpose: the app, and the cookie's own name.
pub(crate) fn transaction_context(app: &AppName, name: &str) -> String {
    format!("{app}/{name}")
}
