//! `serviceful:identity/caller`: who made the request, as the corridor decided it, what the app's rules let them do, and asking for
//! more of them. A guest cannot say otherwise.
use types::{Caller, Demand, GroupName, Person, Service};
use wasmtime::component::{HasSelf, Linker};

use crate::work::{
    asks::allowed,
    guest::Guest,
    require::{Asked, Required, required},
};

wasmtime::component::bindgen!({
    path: "../../wit/identity",
    world: "serviceful:identity/imports",
    imports: {
        // It ends the guest.
        "serviceful:identity/caller.require": trappable,
        // It waits for the front.
        "serviceful:identity/caller.allowed": async,
    },
});

use serviceful::identity::{
    caller,
    types::{Assurance, Caller as Told, Error, Principal, UserInfo, WorkloadInfo},
};

/// Who vouches for people with an account on this platform.
const PLATFORM: &str = "serviceful";
/// Who vouches for the operating-system user that owns the data directory.
const HOST: &str = "serviceful:host";

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Imports::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)
}

impl serviceful::identity::types::Host for Guest {}

impl caller::Host for Guest {
    fn get(&mut self) -> Result<Principal, Error> {
        if self.in_request { Ok(principal(&self.call.caller, &self.call.groups)) } else { Err(Error::NoRequest) }
    }

    async fn allowed(&mut self, action: String, resource: String) -> Result<bool, Error> {
        if !self.in_request {
            return Err(Error::NoRequest);
        }
        allowed(&self.call, action, resource).await.map_err(Error::Denied)
    }

    fn require(&mut self, minimum: Assurance, max_age_s: Option<u32>) -> wasmtime::Result<Result<(), Error>> {
        if !self.in_request {
            return Ok(Err(Error::NoRequest));
        }
        if max_age_s == Some(0) {
            return Ok(Err(Error::Denied("nobody signs in within no time; `max-age-seconds` is 1 or more".to_owned())));
        }
        let demand = Demand { assurance: meant(minimum), max_age_s };
        match required(&self.call, &demand) {
            Required::Shown => Ok(Ok(())),
            Required::Ends => Err(wasmtime::Error::new(Asked(demand))),
            Required::TooLate => Ok(Err(Error::StepUpRequired(minimum))),
        }
    }
}

const fn meant(assurance: Assurance) -> types::Assurance {
    match assurance {
        Assurance::None => types::Assurance::None,
        Assurance::SingleFactor => types::Assurance::SingleFactor,
        Assurance::MultiFactor => types::Assurance::MultiFactor,
        Assurance::PhishingResistant => types::Assurance::PhishingResistant,
    }
}

fn principal(caller: &Caller, groups: &[GroupName]) -> Principal {
    let caller = match caller {
        Caller::Stranger => Told::Anonymous,
        Caller::Person(person) => Told::User(user(person, groups)),
        Caller::Service(service) => Told::Workload(workload(service)),
        Caller::Operator { uid } => Told::User(UserInfo {
            issuer: HOST.into(),
            subject: format!("uid:{uid}"),
            email: None,
            display_name: None,
            groups: Vec::new(),
            assurance: Assurance::None,
            authenticated_at: 0,
            session: None,
        }),
    };
    Principal { caller, on_behalf_of: None }
}

fn user(person: &Person, groups: &[GroupName]) -> UserInfo {
    UserInfo {
        issuer: PLATFORM.into(),
        subject: person.id.to_string(),
        email: None,
        display_name: Some(person.display_name.to_string()),
        groups: groups.iter().map(ToString::to_string).collect(),
        assurance: match person.assurance {
            types::Assurance::None => Assurance::None,
            types::Assurance::SingleFactor => Assurance::SingleFactor,
            types::Assurance::MultiFactor => Assurance::MultiFactor,
            types::Assurance::PhishingResistant => Assurance::PhishingResistant,
        },
        authenticated_at: person.authenticated_at.0 / 1_000,
        session: None,
    }
}

fn workload(service: &Service) -> WorkloadInfo {
    WorkloadInfo {
        id: format!("spiffe://{PLATFORM}/app/{}/service/{}", service.app, service.id),
        // A machine outside the platform has no deployment.
        deployment: String::new(),
    }
}
