//! A client of the sign-in origin that is written by hand, one step at a time.
use bytes::Bytes;
use http::HeaderMap;
use serde_json::json;

use crate::{
    browser::{Browser, Page, encode},
    key_holder::{KeyHolder, random, sha256},
    platform::{Answer, Platform, Setup, guest},
    sign_in::{ID, PASSWORD, second_owner},
};

pub(crate) const CONSOLE: &str = "console.localhost";
pub(crate) const LOOPBACK: &str = "http://127.0.0.1:47111/callback";
pub(crate) const SHOWN: &str = "urn:ietf:wg:oauth:2.0:oob";

/// A platform with Olga, who is signed in at this browser.
pub(crate) async fn house() -> (Platform, Browser) {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (browser, _) = second_owner(&platform).await;
    (platform, browser)
}

pub(crate) fn url(platform: &Platform, host: &str, path: &str) -> String {
    format!("http://{host}:{}{path}", platform.port)
}

/// One attempt of a client that is written by hand.
pub(crate) struct Attempt {
    pub(crate) key: KeyHolder,
    pub(crate) verifier: String,
    pub(crate) state: String,
    pub(crate) redirect: String,
}

impl Attempt {
    pub(crate) fn new(redirect: &str) -> Self {
        Self { key: KeyHolder::new(), verifier: random(), state: random(), redirect: redirect.to_owned() }
    }

    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("client_id", "serviceful-cli".into()),
            ("response_type", "code".into()),
            ("redirect_uri", self.redirect.clone()),
            ("code_challenge", sha256(&self.verifier)),
            ("code_challenge_method", "S256".into()),
            ("state", self.state.clone()),
            ("computer", "build-3<b>".into()),
        ]
    }

    pub(crate) async fn push(&self, platform: &Platform) -> String {
        let pushed = post(platform, "/oauth/par", &self.parameters(), Some(&self.key)).await;
        assert_eq!(pushed.status, 201, "{}", pushed.text());
        pushed.json()["request_uri"].as_str().unwrap().to_owned()
    }

    /// From the pushed request to the page that asks.
    pub(crate) async fn page(&self, platform: &Platform, browser: &mut Browser) -> Page {
        let way = authorize(&self.push(platform).await);
        let page = browser.open(platform, ID, &way).await;
        browser.follow(platform, page).await
    }

    pub(crate) async fn code(&self, platform: &Platform, browser: &mut Browser) -> String {
        let page = self.page(platform, browser).await;
        assert_eq!(page.status(), 200, "{}", page.text());
        let answer = answer(platform, browser, &page, "allow").await;
        assert_eq!(answer.status(), 303, "{}", answer.text());
        let way = answer.location();
        assert!(way.starts_with(&format!("{}?code=", self.redirect)), "{way}");
        assert!(way.contains(&format!("&state={}&iss={}", self.state, percent(&url(platform, ID, "")))), "{way}");
        parameter(&way, "code")
    }

    pub(crate) fn exchange(&self, code: &str) -> Vec<(&'static str, String)> {
        vec![
            ("client_id", "serviceful-cli".into()),
            ("grant_type", "authorization_code".into()),
            ("code", code.into()),
            ("redirect_uri", self.redirect.clone()),
            ("code_verifier", self.verifier.clone()),
        ]
    }

    pub(crate) async fn tokens(&self, platform: &Platform, browser: &mut Browser) -> (String, String) {
        let code = self.code(platform, browser).await;
        let answer = post(platform, "/oauth/token", &self.exchange(&code), Some(&self.key)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        secrets(&answer)
    }

    pub(crate) async fn refresh(&self, platform: &Platform, key: &KeyHolder, secret: &str) -> Answer {
        let form = vec![
            ("client_id", "serviceful-cli".to_owned()),
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", secret.to_owned()),
        ];
        post(platform, "/oauth/token", &form, Some(key)).await
    }

    pub(crate) async fn whoami(&self, platform: &Platform, token: &str) -> Answer {
        let proof = self.key.prove("GET", &url(platform, CONSOLE, "/api/v1/whoami"), Some(token));
        self.whoami_with(platform, token, &proof).await
    }

    pub(crate) async fn whoami_with(&self, platform: &Platform, token: &str, proof: &str) -> Answer {
        call(platform, CONSOLE, "/api/v1/whoami", &format!("DPoP {token}"), Some(proof)).await
    }

    /// A proof for that by another clock.
    pub(crate) fn proof_at(&self, platform: &Platform, token: &str, iat: u64) -> String {
        let mut claims = KeyHolder::claims("GET", &url(platform, CONSOLE, "/api/v1/whoami"), Some(token));
        claims["iat"] = json!(iat);
        self.key.sign(&self.key.header(), &claims)
    }
}

pub(crate) fn secrets(answer: &Answer) -> (String, String) {
    let body = answer.json();
    assert_eq!(body["token_type"], "DPoP", "{body}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

pub(crate) fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            _ => encode(&char::from(b).to_string()),
        })
        .collect()
}

pub(crate) fn parameter(way: &str, name: &str) -> String {
    let rest = way.split(['?', '&']).find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    rest.unwrap_or_else(|| panic!("no `{name}` in {way}")).to_owned()
}

pub(crate) fn authorize(request_uri: &str) -> String {
    format!("/oauth/authorize?client_id=serviceful-cli&request_uri={}", encode(request_uri))
}

pub(crate) async fn post(platform: &Platform, path: &str, form: &[(&str, String)], key: Option<&KeyHolder>) -> Answer {
    let proof = key.map(|key| key.prove("POST", &url(platform, ID, path), None));
    post_with(platform, path, form, proof.as_deref()).await
}

pub(crate) async fn post_with(platform: &Platform, path: &str, form: &[(&str, String)], proof: Option<&str>) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    if let Some(proof) = proof {
        headers.insert("dpop", proof.parse().unwrap());
    }
    let body = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
    platform.send(ID, "POST", path, headers, Bytes::from(body)).await.unwrap()
}

pub(crate) async fn call(
    platform: &Platform,
    host: &str,
    path: &str,
    authorization: &str,
    proof: Option<&str>,
) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", authorization.parse().unwrap());
    if let Some(proof) = proof {
        headers.insert("dpop", proof.parse().unwrap());
    }
    platform.send(host, "GET", path, headers, Bytes::new()).await.unwrap()
}

pub(crate) async fn answer(platform: &Platform, browser: &mut Browser, page: &Page, word: &str) -> Page {
    let (token, tx) = (page.field("token"), page.field("tx"));
    let form = [("token", token.as_str()), ("tx", tx.as_str()), ("answer", word)];
    browser.send(platform, ID, "/cli", &form).await
}

/// Another owner, by the pages.
pub(crate) async fn second_owner_named(platform: &Platform, name: &str, email: &str) -> Browser {
    let code = platform.claim_code(&["--again"]);
    let mut browser = Browser::default();
    let form = [("secret", code.as_str()), ("name", name), ("email", email), ("new_password", PASSWORD)];
    let page = browser.send(platform, ID, "/claim", &form).await;
    let page = browser.follow(platform, page).await;
    let secret = crate::sign_in::secret_of(&page);
    let form = [("code", crate::sign_in::totp(&secret, 0))];
    let page = browser.send(platform, ID, "/account/authenticator", &[("code", &*form[0].1)]).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    browser
}
