//! What the command line asks for, sent to us directly before a browser comes (RFC 9126). Nothing of it can be changed in the
//! browser, because there it is a sealed text; and nothing is kept for it, however many strangers ask.
//! If this is wrong: a page composes a request of its own, or the same one is answered twice.
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use gateway::SealedFor;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Audience;
use types::{Digest, UnixMillis};

use crate::{
    answer::Answer,
    ask::Ask,
    client::{self, Redirect},
    protocol::{Wrong, done, malformed, refused},
    secret,
    service::Shared,
    trip::ATTEMPT_S,
};

/// What the name of a pushed request begins with (RFC 9126 section 2.2).
const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// What an attempt begins with that is of a command line; no sealed text has a dot.
pub(crate) const MARK: &str = "cli.";
/// What it is sealed for, beside its purpose: no request of an app opens as one.
const CONTEXT: &str = "cli";

/// A pushed request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pushed {
    pub(crate) redirect: Redirect,
    /// `S256` of the verifier (RFC 7636).
    pub(crate) challenge: String,
    pub(crate) state: String,
    /// The thumbprint of the key that the code, and every token after it, is bound to (RFC 9449 section 10).
    pub(crate) key: Digest,
    pub(crate) computer: Option<String>,
    /// Where the first token shall count.
    pub(crate) audience: Audience,
    pub(crate) at: UnixMillis,
}

/// The request that a name leads to; `None` for what is not one of ours.
pub(crate) fn sealed_of(request_uri: &str) -> Option<&str> {
    request_uri.strip_prefix(URN)
}

/// Eight letters that the terminal shows, too. SECURITY: they follow from the whole request, which nobody can choose: somebody who
/// is sent to another's request sees letters that their own terminal does not show.
pub(crate) fn comparison(sealed: &str) -> String {
    let hash = secret::hash(format!("{URN}{sealed}").as_bytes());
    let text = BASE32_NOPAD.encode(hash.as_bytes());
    let (one, two) = (text.get(..4).unwrap_or_default(), text.get(4..8).unwrap_or_default());
    format!("{one}-{two}")
}

/// A parameter that must not be empty.
fn given<'a>(ask: &'a Ask, name: &'static str) -> Option<&'a str> {
    Some(ask.form.get(name)).filter(|value| !value.is_empty())
}

/// The client of a request. There is one, and it has no secret to show.
pub(crate) fn known_client(ask: &Ask) -> Result<(), gateway::Refusal> {
    if ask.form.get("client_id") == client::ID {
        return Ok(());
    }
    Err(refused(Wrong::Client, "`client_id` is not one of a client here", "oauth: another client"))
}

/// The key whose proof came along, for a request to `path`.
pub(crate) fn proved(shared: &Shared, ask: &Ask, path: &str) -> Result<Digest, gateway::Refusal> {
    let address = format!("{}{path}", shared.ports.names.id_url());
    let judged = shared.ports.logins.key_of(ask.proof.as_deref(), &Method::POST, &address);
    judged.map_err(|flaw| refused(Wrong::Proof, &flaw, format!("oauth: {flaw}")))
}

/// The one place that a token is asked for (RFC 8707); `None`: none was named. Whether there is such an app is told to nobody here:
/// a token for one that there is not opens nothing.
pub(crate) fn audience(shared: &Shared, ask: &Ask) -> Result<Option<Audience>, gateway::Refusal> {
    let Some(resource) = given(ask, "resource") else { return Ok(None) };
    let names = &shared.ports.names;
    if resource == names.console_url() {
        return Ok(Some(Audience::Platform));
    }
    let Some(app) = names.app_at(resource) else {
        let description = format!("`resource` is `{}`, or the origin of one app", names.console_url());
        return Err(refused(Wrong::Target, &description, "oauth: another resource"));
    };
    Ok(Some(Audience::App(app)))
}

fn wanted(shared: &Shared, ask: &Ask) -> Result<Pushed, gateway::Refusal> {
    known_client(ask)?;
    if ask.form.has("request_uri") || ask.form.has("request") {
        return Err(malformed("a pushed request is made of plain parameters: no `request`, no `request_uri`"));
    }
    if ask.form.get("response_type") != "code" {
        return Err(refused(Wrong::ResponseType, "`response_type` is `code`", "oauth: another response type"));
    }
    let redirect = Redirect::parse(ask.form.get("redirect_uri"));
    let redirect = redirect.ok_or_else(|| malformed("`redirect_uri` is `http://127.0.0.1:PORT/callback`"))?;
    if ask.form.get("code_challenge_method") != "S256" {
        return Err(malformed("`code_challenge_method` is `S256` (RFC 7636)"));
    }
    let challenge = ask.form.get("code_challenge");
    if !client::is_plain(challenge, 43..=43) || BASE64URL_NOPAD.decode(challenge.as_bytes()).is_err() {
        return Err(malformed("`code_challenge` is a SHA-256 in base64url"));
    }
    let state = ask.form.get("state");
    if !client::is_plain(state, 16..=128) {
        return Err(malformed("`state` has 16 to 128 letters, digits, `-`, `.`, `_` or `~`"));
    }
    if given(ask, "scope").is_some() {
        return Err(refused(Wrong::Scope, "there are no scopes; leave `scope` out", "oauth: a scope"));
    }
    let audience = audience(shared, ask)?.unwrap_or(Audience::Platform);
    let key = proved(shared, ask, client::PUSH)?;
    let thumbprint = BASE64URL_NOPAD.encode(key.as_bytes());
    if given(ask, "dpop_jkt").is_some_and(|said| said != thumbprint) {
        return Err(refused(Wrong::Proof, "`dpop_jkt` is not the key of the proof", "oauth: another dpop_jkt"));
    }
    Ok(Pushed {
        redirect,
        challenge: challenge.to_owned(),
        state: state.to_owned(),
        key,
        computer: client::computer(ask.form.get("computer")),
        audience,
        at: ask.now,
    })
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let pushed = wanted(shared, ask)?;
    let sealed = shared.seal(SealedFor::Request, CONTEXT, &pushed).await.map_err(|e| shared.vault(ask, e))?;
    done(StatusCode::CREATED, &json!({ "request_uri": format!("{URN}{sealed}"), "expires_in": ATTEMPT_S }), None)
}

/// Opens a sealed request; the reason where it is none of ours, or over.
pub(crate) async fn open(shared: &Shared, sealed: &str, now: UnixMillis) -> Result<Pushed, String> {
    let opened = shared.unseal::<Pushed>(SealedFor::Request, CONTEXT, sealed).await.map_err(|e| e.to_string())?;
    let pushed = opened.ok_or("the command line's request is not one of ours")?;
    if !crate::trip::is_under_way(pushed.at, now) || pushed.at < shared.began {
        return Err("the command line's request took too long".to_owned());
    }
    Ok(pushed)
}
