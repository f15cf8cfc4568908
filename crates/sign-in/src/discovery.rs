//! What there is, for clients that look (RFC 8414). Nothing is listed here that is not served.
use http::StatusCode;
use serde_json::json;

use crate::{answer::Answer, client, protocol, service::Shared};

pub(crate) fn metadata(shared: &Shared) -> Answer {
    let issuer = shared.ports.names.id_url();
    let at = |path: &str| format!("{issuer}{path}");
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": at(client::AUTHORIZE),
        "token_endpoint": at(client::TOKEN),
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
