//! What a token says, as text: RFC 9068 with the confirmation of RFC 9449.
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use types::UnixMillis;
use wire::keeper::TokenStatement;

/// The longest life of a token. `gateway::TOKEN_LIFE_S_MAX` is the same: a front that asks for more gets nothing.
pub(super) const LIFE_S_MAX: u64 = 600;

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    client_id: &'a str,
    iat: u64,
    exp: u64,
    jti: &'a str,
    sid: String,
    auth_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    cnf: Confirmation,
}

#[derive(Serialize)]
struct Confirmation {
    jkt: String,
}

/// An origin as the platform spells them: nothing that two readers could take for different places.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':');
    text.len() <= 300 && rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(host))
}

fn is_plain(text: &str, longest: usize) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=longest).contains(&text.len()) && text.bytes().all(plain)
}

/// Why this is not signed. SECURITY: whoever took over the front may ask for anybody's token. What they get is for one place, bound
/// to a key, and over in minutes; and it says who made it.
pub(crate) fn flaw(token: &TokenStatement, now: UnixMillis) -> Option<&'static str> {
    let TokenStatement { issuer, audience, client, id, life_s, authenticated_at, .. } = token;
    match token {
        _ if !is_origin(issuer) => Some("its issuer is no origin"),
        _ if !is_origin(audience) => Some("its audience is not one origin"),
        // What counts at the sign-in pages opens an account.
        _ if issuer == audience => Some("its audience is its issuer"),
        _ if !is_plain(client, 64) => Some("its client has no plain name"),
        _ if !is_plain(id, 64) || id.len() < 16 => Some("its id is not plain, or too short"),
        _ if !(1..=LIFE_S_MAX).contains(life_s) => Some("it would live for no time, or for longer than ten minutes"),
        _ if *authenticated_at > now.plus_seconds(60) => Some("its person was seen in the future"),
        _ => None,
    }
}

/// Header and claims as they are signed.
pub(super) fn signed_text(token: &TokenStatement, key: &str, now: UnixMillis) -> Option<String> {
    let header = Header { typ: "at+jwt", alg: "ES256", kid: key };
    let iat = now.0 / 1_000;
    let claims = Claims {
        iss: &token.issuer,
        sub: token.person.to_string(),
        aud: &token.audience,
        client_id: &token.client,
        iat,
        exp: iat.saturating_add(token.life_s),
        jti: &token.id,
        sid: token.login.to_string(),
        auth_time: token.authenticated_at.0 / 1_000,
        acr: token.assurance.acr(),
        cnf: Confirmation { jkt: BASE64URL_NOPAD.encode(token.key.as_bytes()) },
    };
    let header = BASE64URL_NOPAD.encode(&serde_json::to_vec(&header).ok()?);
    let claims = BASE64URL_NOPAD.encode(&serde_json::to_vec(&claims).ok()?);
    Some(format!("{header}.{claims}"))
}
