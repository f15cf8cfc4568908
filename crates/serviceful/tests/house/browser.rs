//! A browser as far as sign-in is concerned: cookies by host, redirects followed on request, fields of Fetch Metadata, forms.
use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;

use crate::platform::{Answer, Platform};

/// Cookies by host, then by name. Everything here is `__Host-`, so host and name are the whole key.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    pub(crate) jar: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page, and where it is.
pub(crate) struct Page {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) answer: Answer,
}

impl Page {
    pub(crate) fn status(&self) -> u16 {
        self.answer.status.as_u16()
    }

    pub(crate) fn text(&self) -> String {
        self.answer.text()
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let text = self.text();
        let mark = format!("name=\"{name}\" value=\"");
        let rest = text.split_once(&mark).unwrap_or_else(|| panic!("no `{name}` in {text}")).1;
        rest.split_once('"').unwrap().0.to_owned()
    }

    pub(crate) fn location(&self) -> String {
        self.answer
            .headers
            .get("location")
            .unwrap_or_else(|| panic!("{} {}", self.status(), self.text()))
            .to_str()
            .unwrap()
            .to_owned()
    }
}

pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

impl Browser {
    fn headers(&self, host: &str, fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        headers.insert("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".parse().unwrap());
        if let Some(cookies) = self.jar.get(host).filter(|cookies| !cookies.is_empty()) {
            let text = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
            headers.insert("cookie", text.parse().unwrap());
        }
        headers
    }

    fn keep(&mut self, host: &str, answer: &Answer) {
        for cookie in answer.headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            assert!(name.starts_with("__Host-sf-"), "{text}");
            let attributes = "; Path=/; Secure; HttpOnly; SameSite=Lax";
            assert!(rest.contains(attributes), "{text}");
            let value = rest.split_once(';').unwrap().0;
            assert!(value.len() <= 4_096 - name.len(), "a browser would drop it");
            let jar = self.jar.entry(host.to_owned()).or_default();
            if rest.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) async fn request(
        &mut self,
        platform: &Platform,
        method: &str,
        host: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: String,
    ) -> Page {
        let headers = self.headers(host, fields);
        let answer = platform.send(host, method, path, headers, Bytes::from(body)).await.unwrap();
        self.keep(host, &answer);
        Page { host: host.to_owned(), path: path.to_owned(), answer }
    }

    /// Opens an address, as if it were typed; follows nothing.
    pub(crate) async fn open(&mut self, platform: &Platform, host: &str, path: &str) -> Page {
        let fields = [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        self.request(platform, "GET", host, path, &fields, String::new()).await
    }

    /// Follows redirects from a page to the page that they end at.
    pub(crate) async fn follow(&mut self, platform: &Platform, mut page: Page) -> Page {
        for _ in 0..10 {
            if page.status() != 303 {
                return page;
            }
            let way = page.location();
            let (host, path) = match way.strip_prefix("http://") {
                Some(rest) => {
                    let (authority, path) = rest.split_once('/').unwrap();
                    (authority.split(':').next().unwrap().to_owned(), format!("/{path}"))
                }
                None => (page.host.clone(), way),
            };
            let site = if host == page.host { "same-origin" } else { "cross-site" };
            let fields = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
            page = self.request(platform, "GET", &host, &path, &fields, String::new()).await;
        }
        panic!("redirects go round in a circle at {} {}", page.host, page.path);
    }

    /// Sends a form of a page of the same origin; follows nothing.
    pub(crate) async fn send(&mut self, platform: &Platform, host: &str, path: &str, form: &[(&str, &str)]) -> Page {
        let body = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        let origin = format!("http://{host}:{}", platform.port);
        let fields = [
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.request(platform, "POST", host, path, &fields, body).await
    }

    pub(crate) fn cookie(&self, host: &str, prefix: &str) -> Option<(String, String)> {
        let found = self.jar.get(host)?.iter().find(|(name, _)| name.starts_with(prefix))?;
        Some((found.0.clone(), found.1.clone()))
    }
}
