//! One visit of a page, with all that its handler needs.
use std::sync::Arc;

use gateway::{Ambient, Cookies, Ctx, Refusal, SecurityClass, Visit};
use http::{HeaderMap, Method};
use types::{AppName, Assurance, Caller, Code, Person, UnixMillis};

use crate::{
    answer,
    form::Form,
    service::Shared,
    trip::{Trip, Wanted},
};

/// A visit, read.
pub(crate) struct Ask {
    pub(crate) caller: Arc<Caller>,
    pub(crate) headers: HeaderMap,
    pub(crate) path: String,
    pub(crate) head_only: bool,
    /// Query of a GET, body of a POST.
    pub(crate) form: Form,
    pub(crate) cookies: Cookies,
    /// The proof of possession of a key that came along.
    pub(crate) proof: Option<Box<str>>,
    pub(crate) app: Option<AppName>,
    /// Where the person is on the way to.
    pub(crate) trip: Option<Trip>,
    pub(crate) now: UnixMillis,
    /// Where it came from, as a label for counting attempts.
    pub(crate) neighbourhood: u64,
    pub(crate) cx: Ctx,
}

impl Ask {
    /// Reads the visit. A form is read only if our own page sent it, or where it is a program that sends it.
    pub(crate) async fn read(shared: &Shared, cx: &Ctx, visit: Visit, by_program: bool) -> Result<Self, Refusal> {
        let Visit { call, caller, head, body, cookies, neighbourhood, proof } = visit;
        // SECURITY: where programs ask, a browser's session is nobody's.
        let caller = if by_program { Arc::new(Caller::Stranger) } else { caller };
        let form = if head.method == Method::POST {
            // SECURITY: the front door has refused what it knows to come from elsewhere. Here nothing is taken on trust: whoever
            // is silent about where a form came from is no browser that somebody signs in with (login CSRF).
            if !by_program && head.extensions.get::<Ambient>() != Some(&Ambient::Attach) {
                return Err(Refusal::new(Code::DOOR_CROSS_SITE, "a form without a word of where it came from")
                    .security(SecurityClass::CrossSite));
            }
            Form::of_body(&head, body).await?
        } else {
            Form::of_query(&head)?
        };
        let mut ask = Self {
            caller,
            path: head.uri.path().to_owned(),
            neighbourhood: neighbourhood.0,
            head_only: head.method == Method::HEAD,
            headers: head.headers,
            form,
            cookies,
            proof,
            app: call.app,
            trip: None,
            now: cx.started_at,
            cx: cx.clone(),
        };
        let tx = ask.form.get(pages::fields::TX).to_owned();
        if !tx.is_empty() && ask.app.is_none() && !by_program {
            let trip = shared.open_trip(&tx, ask.now).await;
            ask.trip = Some(trip.map_err(|reason| answer::attempt_over(shared, &ask, reason))?);
        }
        Ok(ask)
    }

    /// The person who is signed in at this origin.
    pub(crate) fn person(&self) -> Option<&Person> {
        match &*self.caller {
            Caller::Person(person) => Some(person),
            _ => None,
        }
    }

    /// The person; policy let nobody else in.
    pub(crate) fn owner_of_account(&self) -> Result<&Person, Refusal> {
        self.person().ok_or_else(|| Refusal::internal("an account page without a person"))
    }

    /// What the function that the person is on the way to asks for beyond who they are.
    pub(crate) fn wanted(&self) -> Option<&Wanted> {
        self.trip.as_ref()?.request()?.wanted.as_ref()
    }

    /// Whether somebody with this proof has to show more before they go on.
    pub(crate) fn asks_for_more(&self, assurance: Assurance, at: UnixMillis) -> bool {
        self.wanted().is_some_and(|wanted| !wanted.demand.met_by(assurance, at, self.now))
    }

    /// The attempt as forms carry it.
    pub(crate) fn hidden(&self) -> pages::Hidden {
        let tx = self.trip.as_ref().map_or_else(String::new, |trip| trip.tx.clone());
        pages::Hidden { tx, ..pages::Hidden::default() }
    }

    /// A path of the sign-in origin that stays in the attempt.
    pub(crate) fn onward(&self, path: &str) -> String {
        match &self.trip {
            Some(trip) => format!("{path}?tx={}", trip.tx),
            None => path.to_owned(),
        }
    }
}
