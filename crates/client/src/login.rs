//! Signing in: the code flow as the platform's own command line speaks it (RFC 6749, 7636, 9126, 9207, 9449).
//! SECURITY: what an answer names is believed only as far as it is of the origin that was asked for: a platform that was taken
//! over sends nobody's code to a third place.
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use http::{HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use types::{CredentialId, PrincipalId, Rng, Secret};

use crate::{Address, Answer, ClientError, Outgoing, ProofKey};

/// The name of this client.
const CLIENT: &str = "serviceful-cli";
/// Where the code is shown to the person.
const SHOWN: &str = "urn:ietf:wg:oauth:2.0:oob";
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The sign-in pages of a platform.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Their origin, without a final slash: the issuer.
    pub issuer: String,
    address: Address,
    /// What tokens are asked for.
    resource: String,
    authorize: String,
    token: String,
    push: String,
}

#[derive(Deserialize)]
struct Resource {
    authorization_servers: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    pushed_authorization_request_endpoint: String,
}

/// What only this attempt knows.
#[derive(Clone)]
pub struct Attempt {
    verifier: Secret,
    pub state: String,
    redirect: String,
    /// What to open in a browser.
    pub link: String,
    /// Eight letters that the page shows, too.
    pub comparison: String,
}

/// Tokens of a login.
#[derive(Clone, Deserialize)]
pub struct Tokens {
    #[serde(rename = "access_token")]
    access: String,
    /// In seconds from now.
    #[serde(rename = "expires_in")]
    pub access_s: u64,
    #[serde(rename = "refresh_token")]
    refresh: String,
    token_type: String,
    /// Milliseconds since 1970.
    pub login_expires_at: u64,
    /// Under which it is listed and revoked.
    pub login: CredentialId,
    /// Who signed in; not with a refresh.
    #[serde(default)]
    pub person: Option<Who>,
}

/// Somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct Who {
    pub id: PrincipalId,
    pub name: String,
}

impl Tokens {
    pub fn access(&self) -> Secret {
        Secret::new(self.access.clone())
    }

    pub fn refresh(&self) -> Secret {
        Secret::new(self.refresh.clone())
    }
}

#[derive(Deserialize)]
struct Pushed {
    request_uri: String,
}

/// RFC 6749 section 5.2.
#[derive(Deserialize)]
struct Wrong {
    error: String,
    #[serde(default)]
    error_description: String,
}

fn form(pairs: &[(&str, &str)]) -> Bytes {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish().into()
}

fn fresh(rng: &dyn Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

async fn read<T: DeserializeOwned>(mut answer: Answer) -> Result<T, ClientError> {
    let place = answer.place().to_owned();
    let bytes = answer.bytes(ANSWER_BYTES_MAX).await?;
    if answer.status.is_success() {
        return serde_json::from_slice(&bytes).map_err(|e| ClientError::Shape { place, reason: e.to_string() });
    }
    if answer.status == StatusCode::BAD_REQUEST
        && let Ok(Wrong { error, error_description }) = serde_json::from_slice(&bytes)
    {
        return Err(ClientError::Denied { place, error, description: error_description });
    }
    match serde_json::from_slice(&bytes) {
        Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
        Err(_) => Err(ClientError::Unexplained { place, status: answer.status.as_u16() }),
    }
}

async fn get<T: DeserializeOwned>(address: &Address, path: &str) -> Result<T, ClientError> {
    read(Outgoing::new(Method::GET, path).send(address).await?).await
}

/// The path of an address at this origin. One of them is shown in a terminal, so it is visible ASCII.
fn path_at(issuer: &str, endpoint: &str) -> Option<String> {
    let path = endpoint.strip_prefix(issuer).filter(|path| path.starts_with('/') && path.len() <= 200)?;
    (path.bytes().all(|b| b.is_ascii_graphic()) && !path.contains(['?', '#'])).then(|| path.to_owned())
}

impl SignIn {
    /// Asks a platform's console where people sign in (RFC 9728), and there what is where (RFC 8414).
    pub async fn of(console: &Address) -> Result<Self, ClientError> {
        let shape = |reason: &str| ClientError::Shape { place: console.to_string(), reason: reason.to_owned() };
        let resource: Resource = get(console, "/.well-known/oauth-protected-resource").await?;
        let issuer = resource.authorization_servers.into_iter().next();
        let issuer = issuer.ok_or_else(|| shape("it names no place to sign in"))?;
        let address: Address = issuer.parse().map_err(|e: crate::AddressError| shape(&e.to_string()))?;
        let found: Metadata = get(&address, "/.well-known/oauth-authorization-server").await?;
        if found.issuer != issuer || address.to_string() != issuer {
            return Err(shape("the sign-in pages call themselves something else (RFC 8414 section 3.3)"));
        }
        let path = |endpoint: &str| {
            path_at(&issuer, endpoint).ok_or_else(|| shape("an address is not one of the sign-in pages"))
        };
        Ok(Self {
            authorize: path(&found.authorization_endpoint)?,
            token: path(&found.token_endpoint)?,
            push: path(&found.pushed_authorization_request_endpoint)?,
            resource: console.to_string(),
            issuer,
            address,
        })
    }

    /// Sends a form to one of the endpoints, with a proof of the key.
    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        key: &ProofKey,
        pairs: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        let mut outgoing = Outgoing::new(Method::POST, path);
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        outgoing.headers.push((header::CONTENT_TYPE, kind));
        outgoing.body = form(pairs);
        outgoing.key = Some(key.clone());
        read(outgoing.send(&self.address).await?).await
    }

    /// Begins: what is wanted goes to the platform directly, the browser only carries its name. Without `redirect` the code is
    /// shown to the person.
    pub async fn begin(
        &self,
        key: &ProofKey,
        redirect: Option<&str>,
        computer: &str,
        rng: &Arc<dyn Rng>,
    ) -> Result<Attempt, ClientError> {
        let (verifier, state) = (fresh(&**rng), fresh(&**rng));
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
        let redirect = redirect.unwrap_or(SHOWN);
        let pairs = [
            ("client_id", CLIENT),
            ("response_type", "code"),
            ("redirect_uri", redirect),
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
            ("state", &*state),
            ("resource", &*self.resource),
            ("computer", computer),
        ];
        let Pushed { request_uri } = self.post(&self.push, key, &pairs).await?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("client_id", CLIENT), ("request_uri", &*request_uri)]);
        let link = format!("{}{}?{}", self.issuer, self.authorize, query.finish());
        let letters = BASE32_NOPAD.encode(digest(&SHA256, request_uri.as_bytes()).as_ref());
        let (one, two) = (letters.get(..4).unwrap_or_default(), letters.get(4..8).unwrap_or_default());
        let comparison = format!("{one}-{two}");
        Ok(Attempt { verifier: Secret::new(verifier), state, redirect: redirect.to_owned(), link, comparison })
    }

    /// A code for tokens.
    pub async fn exchange(&self, key: &ProofKey, attempt: &Attempt, code: &str) -> Result<Tokens, ClientError> {
        let pairs = [
            ("client_id", CLIENT),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &*attempt.redirect),
            ("code_verifier", attempt.verifier.reveal()),
        ];
        self.bound(self.post(&self.token, key, &pairs).await?)
    }

    /// A login's next tokens. The secret is used up, whatever becomes of the answer.
    pub async fn refresh(&self, key: &ProofKey, refresh: &Secret) -> Result<Tokens, ClientError> {
        let pairs = [("client_id", CLIENT), ("grant_type", "refresh_token"), ("refresh_token", refresh.reveal())];
        self.bound(self.post(&self.token, key, &pairs).await?)
    }

    fn bound(&self, tokens: Tokens) -> Result<Tokens, ClientError> {
        if tokens.token_type.eq_ignore_ascii_case("dpop") {
            return Ok(tokens);
        }
        let reason = "the token is not bound to the key".to_owned();
        Err(ClientError::Shape { place: self.issuer.clone(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_to_a_third_place() {
        let issuer = "http://id.localhost:8080";
        let at = |endpoint: &str| path_at(issuer, endpoint);
        assert_eq!(at("http://id.localhost:8080/oauth/token").as_deref(), Some("/oauth/token"));
        for bad in [
            "",
            "/oauth/token",
            "http://id.localhost:8080",
            "http://id.localhost:80801/oauth/token",
            "http://id.localhost:8080.evil.example/oauth/token",
            "http://id.localhost:8080@evil.example/oauth/token",
            "https://id.localhost:8080/oauth/token",
            "https://evil.example/http://id.localhost:8080/oauth/token",
            "http://id.localhost:8080/oauth/token?to=evil",
            "http://id.localhost:8080/\u{1b}]0;evil\u{7}",
            "http://id.localhost:8080/a b",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
    }
}
