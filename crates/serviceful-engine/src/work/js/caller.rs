//! Who made the request, as a function sees it: `ctx.caller`, in the shapes of `wit/identity`.
use serde_json::{Value, json};
use types::{Assurance, Caller, GroupName};

/// Who vouches for people with an account on this platform.
const PLATFORM: &str = "serviceful";
/// Who vouches for the operating-system user that owns the data directory.
const HOST: &str = "serviceful:host";

/// The verified caller as JSON.
pub(super) fn json(caller: &Caller, groups: &[GroupName]) -> String {
    if matches!(caller, Caller::Stranger) {
        return r#"{"kind":"anonymous","onBehalfOf":null}"#.into();
    }
    told(caller, groups).to_string()
}

fn told(caller: &Caller, groups: &[GroupName]) -> Value {
    match caller {
        Caller::Stranger => json!({ "kind": "anonymous", "onBehalfOf": null }),
        Caller::Person(person) => json!({
            "kind": "user",
            "issuer": PLATFORM,
            "subject": person.id.to_string(),
            "email": null,
            "displayName": person.display_name.to_string(),
            "groups": groups,
            "assurance": match person.assurance {
                Assurance::None => "none",
                Assurance::SingleFactor => "single-factor",
                Assurance::MultiFactor => "multi-factor",
                Assurance::PhishingResistant => "phishing-resistant",
            },
            "authenticatedAt": person.authenticated_at.0 / 1_000,
            "session": null,
            "onBehalfOf": null,
            // Kept from the function: `require` counts as the front does, which knows the milliseconds.
            "authenticatedAtMs": person.authenticated_at.0,
        }),
        Caller::Service(service) => json!({
            "kind": "workload",
            "id": format!("spiffe://{PLATFORM}/app/{}/service/{}", service.app, service.id),
            "deployment": "",
            "onBehalfOf": null,
        }),
        Caller::Operator { uid } => json!({
            "kind": "user",
            "issuer": HOST,
            "subject": format!("uid:{uid}"),
            "email": null,
            "displayName": null,
            "groups": [],
            "assurance": "none",
            "authenticatedAt": 0,
            "session": null,
            "onBehalfOf": null,
        }),
    }
}
