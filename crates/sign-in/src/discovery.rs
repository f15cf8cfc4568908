//! What there is, for clients that look (RFC 8414), and the keys that access tokens are signed with (RFC 7517). Nothing is listed
//! here that is not served: there are no ID tokens, so there is no `openid-configuration`.
use data_encoding::BASE64URL_NOPAD;
use gateway::TokenKey;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// How long the keys may be kept without asking again, in seconds. Far less than a key is published before it signs; and as long as
/// a token lives, because that is what it takes until a key that was dropped in an emergency opens nothing anywhere.
const KEYS_KEPT: &str = "public, max-age=300";

use crate::{answer::Answer, client, protocol, service::Shared};

pub(crate) fn metadata(shared: &Shared) -> Answer {
    let issuer = shared.ports.names.id_url();
    let at = |path: &str| format!("{issuer}{path}");
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": at(client::AUTHORIZE),
        "token_endpoint": at(client::TOKEN),
        "jwks_uri": at(client::KEYS),
        "pushed_authorization_request_endpoint": at(client::PUSH),
        "require_pushed_authorization_requests": true,
        "authorization_response_iss_parameter_supported": true,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "request_uri_parameter_supported": false,
        "request_parameter_supported": false,
    });
    protocol::done(StatusCode::OK, &body, None)
}

fn jwk(key: &TokenKey) -> serde_json::Value {
    let (x, y) = (BASE64URL_NOPAD.encode(&key.x), BASE64URL_NOPAD.encode(&key.y));
    json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": key.id, "use": "sig", "alg": "ES256" })
}

/// The public halves: of keys that sign, of those that will, and of those whose tokens still count.
pub(crate) fn keys(shared: &Shared) -> Answer {
    let keys: Vec<_> = shared.ports.logins.token_keys().iter().map(jwk).collect();
    let mut reply = protocol::done(StatusCode::OK, &json!({ "keys": keys }), None)?;
    reply.response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(KEYS_KEPT));
    Ok(reply)
}
