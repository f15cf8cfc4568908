//! Who the caller is, how the platform stands, which identity it wants.
use control_api::{Identity, Posture, ResourceMetadata};
use gateway::{Refusal, Reply};
use types::{Caller, Resource};

use crate::{
    input::Query,
    reply,
    service::{Asked, Shared},
};

pub(crate) fn whoami(asked: &Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let caller = &*asked.caller;
    let (name, owner) = match caller {
        Caller::Person(person) => (Some(person.display_name.to_string()), person.owner),
        Caller::Service(service) => (Some(service.name.to_string()), false),
        Caller::Operator { .. } => (Some("the host's operator".to_owned()), true),
        Caller::Stranger => (None, false),
    };
    let kind = caller.kind().to_owned();
    reply::ok(&Identity { kind, id: caller.principal(), name, owner, credential: caller.credential() })
}

pub(crate) fn posture(shared: &Shared, asked: &Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let found = shared.ports.posture.posture();
    let posture: Posture = serde_json::from_value(found)
        .map_err(|e| Refusal::internal(format!("the posture does not have its shape: {e}")))?;
    reply::ok(&posture)
}

/// RFC 9728. The address comes from configuration, never from the request.
pub(crate) fn metadata(shared: &Shared, asked: &Asked) -> Result<Reply, Refusal> {
    let names = &shared.ports.names;
    let (resource, resource_name) = match &asked.call.resource {
        Resource::Platform => (names.console_url(), "Serviceful control API".to_owned()),
        Resource::App(app) | Resource::Function(app, _) => (names.app_url(app), app.to_string()),
    };
    reply::ok(&ResourceMetadata {
        resource,
        resource_name,
        bearer_methods_supported: vec!["header".to_owned()],
        authorization_servers: vec![names.id_url()],
        dpop_signing_alg_values_supported: vec!["ES256".to_owned()],
    })
}
