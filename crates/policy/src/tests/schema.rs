//! Nothing that policy can see is a place in a network (claim C7).
use cedar_policy::SchemaFragment;

use super::*;
use crate::{base::SCHEMA, facts::Call};

/// Every key of every record in the schema, and every type name.
fn words_of(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                into.push(key.clone());
                words_of(inner, into);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| words_of(item, into)),
        serde_json::Value::String(text) => into.push(text.clone()),
        _ => {}
    }
}

const FORBIDDEN: [&str; 16] = [
    "ip", "ipaddr", "address", "addr", "network", "net", "host", "peer", "remote", "port", "subnet", "cidr", "origin",
    "location", "source", "socket",
];

fn assert_no_place(name: &str) {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() {
            words.push(String::new());
        }
        words.last_mut().unwrap().push(c.to_ascii_lowercase());
    }
    for word in words {
        assert!(
            !FORBIDDEN.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())),
            "if you are here because a rule needs to know where a request came from: position grants nothing here (claim C7); `{name}`"
        );
    }
}

#[test]
fn no_attribute_of_the_schema_is_a_place_in_a_network() {
    let (fragment, warnings) = SchemaFragment::from_cedarschema_str(SCHEMA).unwrap();
    assert_eq!(warnings.count(), 0);
    let mut words = Vec::new();
    words_of(&fragment.to_json_value().unwrap(), &mut words);
    let own = crate::own_actions::schema_text(&[Arc::from("refund")].into());
    let (fragment, _) = SchemaFragment::from_cedarschema_str(&own).unwrap();
    words_of(&fragment.to_json_value().unwrap(), &mut words);
    assert!(words.iter().any(|w| w == "Resource"), "{words:?}");
    assert!(words.iter().any(|w| w == "assurance") && words.iter().any(|w| w == "callers"), "{words:?}");
    words.iter().for_each(|word| assert_no_place(word));
    // The check itself finds what it looks for.
    for bad in ["ip", "peerAddress", "remote_addr", "source-network"] {
        assert!(std::panic::catch_unwind(|| assert_no_place(bad)).is_err(), "{bad}");
    }
}

/// Does not compile when a field is added to anything a decision sees: whoever adds one looks here.
#[test]
fn no_type_of_a_decision_holds_a_place_in_a_network() {
    let Person { id: _, display_name: _, owner: _, disabled: _, assurance: _, authenticated_at: _, credential: _ } =
        person("x", 1);
    let ServiceAccount { id: _, name: _, app: _, disabled: _, credential: _ } = service("coffee", "x", 1);
    let Call { method: _, path: _, assurance: _, auth_age_s: _, on_behalf_of: _ } =
        Call::new(&Caller::Stranger, "GET", "/", NOW);
    let FunctionTarget {
        app: _,
        deployment: _,
        function: _,
        route: _,
        component: _,
        handler: _,
        access: _,
        callers: _,
        demand: Demand { assurance: _, max_age_s: _ },
        limits: _,
        grants: _,
    } = &*five()[0];
    let Release { app: _, version: _, deployment: _, functions: _, members: _, groups: _, cedar: _ } =
        &*release(1, five(), None);
    let ReleaseGroup { name: _, admin: _, declared: _, people: _ } = super::groups::group("baristas", None, &[]);
    match Caller::Stranger {
        Caller::Stranger | Caller::Person(_) | Caller::Service(_) | Caller::Operator { uid: _ } => {}
    }
    let ada = person("ada", 1);
    let call = Call { on_behalf_of: Some(&ada), ..Call::new(&Caller::Stranger, "GET", "/", NOW) };
    let context: Vec<String> = call.pairs(&policy().base.words).map(|(name, _)| name).collect();
    assert_eq!(context, ["method", "path", "assurance", "authAge", "onBehalfOf"]);
    context.iter().for_each(|name| assert_no_place(name));
}

/// The operator is recognised by the host socket; which user that is does not change any decision.
#[test]
fn the_operators_user_id_decides_nothing() {
    let policy = coffee(None);
    for action in Action::ALL.iter().copied().filter(|a| *a != Action::Invoke) {
        let by = |uid| word(&control(&policy, &Caller::Operator { uid }, action, Resource::Platform));
        assert_eq!(by(0), by(4_000_000), "{action}");
    }
}

#[test]
fn every_action_is_in_the_schema_and_has_a_rule() {
    let policy = policy();
    for action in Action::ALL {
        assert!(policy.base.words.action(*action).is_some(), "{action}");
    }
    assert_eq!(policy.base.validator.schema().actions().count(), Action::ALL.len());
}

#[test]
fn a_decision_evaluates_few_rules() {
    let policy = policy();
    for access in Access::ALL {
        let rules = policy.base.for_access(access).unwrap().policies().count();
        assert!((2..=5).contains(&rules), "{access}: {rules}");
    }
}
