//! Every page, with honest and with hostile names, read by an HTML parser the way a browser reads it.
#![expect(clippy::unwrap_used, reason = "tests")]
use std::collections::BTreeSet;

use pages::{assets, fields, paths};
use scraper::{ElementRef, Html, Selector};

mod states;
use states::{Names, State};

fn select<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    document.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// One hostile text for everything that somebody chose.
fn hostile(text: &str) -> Names {
    let t = || text.to_owned();
    Names {
        person: t(),
        email: t(),
        app: t(),
        host: t(),
        platform: t(),
        device: t(),
        function: t(),
        text: t(),
        // It stands in every form, as it is; a page of megabytes takes a parser long and shows nothing more.
        opaque: text.chars().take(500).collect(),
    }
}

/// What a browser must never take for anything but text.
fn attacks() -> Vec<String> {
    let mut attacks: Vec<String> = [
        "<script>alert(1)</script>",
        "</title><script>alert(1)</script>",
        "</textarea><img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "\" onfocus=\"alert(1)\" autofocus x=\"",
        "' onmouseover='alert(1)",
        "javascript:alert(1)",
        "//evil.example/x",
        "https://evil.example/",
        "a&lt;b&amp;quot;&#x27;",
        "{{ t.common.or }}{% include \"x\" %}${1}",
        "x\u{202E}gpj.exe\u{2066}\u{200F}\u{061C}",
        "nul\0nul\u{1b}[31m\u{85}\r\n\tend",
        "-->]]><!--<plaintext>",
        "\u{FEFF}\u{200B}\u{3164}",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    attacks.push("x".repeat(10_000));
    attacks.push("<b>".repeat(4_000));
    attacks
}

fn every_page(mut check: impl FnMut(&State, &Html)) {
    let mut seen = 0;
    for names in [Names::honest(), Names::long()].into_iter().chain(attacks().iter().map(|attack| hostile(attack))) {
        for state in states::all(&names) {
            check(&state, &Html::parse_document(&state.page.html));
            seen += 1;
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn every_path_and_field_is_known() {
    let known: BTreeSet<&str> =
        assets::all().iter().map(|asset| asset.path.as_str()).chain(paths::ALL.iter().copied()).collect();
    let (mut posted, mut named) = (BTreeSet::new(), BTreeSet::new());
    for state in states::all(&Names::honest()) {
        let document = Html::parse_document(&state.page.html);
        for (selector, attribute) in
            [("[href]", "href"), ("[src]", "src"), ("[action]", "action"), ("[data-options]", "data-options")]
        {
            for element in select(&document, selector) {
                let target = element.attr(attribute).unwrap();
                let path = target.split(['?', '#']).next().unwrap();
                assert!(target.starts_with('#') || known.contains(path), "{}: {target}", state.name);
                if attribute == "action" || attribute == "data-options" {
                    posted.insert(path.to_owned());
                }
            }
        }
        for element in select(&document, "input, textarea, button[name]") {
            let name = element.attr("name").unwrap();
            assert!(fields::ALL.contains(&name), "{}: field `{name}`", state.name);
            named.insert(name.to_owned());
        }
    }
    let unused: Vec<_> = fields::ALL.iter().filter(|name| !named.contains(**name)).collect();
    assert!(unused.is_empty(), "fields of no form: {unused:?}");
    let never: Vec<_> = paths::ALL.iter().filter(|path| !posted.contains(**path) && **path != paths::ACCOUNT).collect();
    assert!(never.is_empty(), "paths of no form: {never:?}");
}

#[test]
fn no_name_becomes_script_style_or_an_address() {
    every_page(|state, document| {
        for script in select(document, "script") {
            assert_eq!(text(script), "", "{}: inline script", state.name);
            assert!(assets::find(script.attr("src").unwrap()).is_some(), "{}", state.name);
        }
        assert!(
            select(document, "style, iframe, object, embed, base, img, foreignObject, meta[http-equiv]").is_empty()
        );
        for element in select(document, "*") {
            for (name, value) in element.value().attrs() {
                assert!(!name.starts_with("on") && name != "style", "{}: {name}=\"{value}\"", state.name);
                if ["href", "src", "action", "formaction", "data-options", "xlink:href"].contains(&name) {
                    let ours = value.starts_with('#') || (value.starts_with('/') && !value.starts_with("//"));
                    assert!(ours, "{}: {name}=\"{value}\"", state.name);
                }
            }
        }
    });
}

#[test]
fn names_cannot_change_what_stands_around_them() {
    // The shape of a page is that of the same page with honest names: same elements, same attributes, in the same order.
    let shape = |document: &Html| -> Vec<String> {
        let one = |element: ElementRef<'_>| {
            let mut names: Vec<&str> = element.value().attrs().map(|(name, _)| name).collect();
            names.sort_unstable();
            format!("{} {}", element.value().name(), names.join(" "))
        };
        // The picture of a QR code is there or not, as its text is long.
        let outside = |element: &ElementRef<'_>| {
            !element.ancestors().any(|a| ElementRef::wrap(a).is_some_and(|a| a.attr("class") == Some("qr")))
        };
        let qr = |element: &ElementRef<'_>| element.attr("class") == Some("qr");
        select(document, "*").into_iter().filter(|e| outside(e) && !qr(e)).map(one).collect()
    };
    let honest: Vec<Vec<String>> =
        states::all(&Names::honest()).iter().map(|state| shape(&Html::parse_document(&state.page.html))).collect();
    for attack in attacks().iter().filter(|attack| !pages::Shown::from(attack.as_str()).is_empty()) {
        for (state, honest) in states::all(&hostile(attack)).iter().zip(&honest) {
            let now = shape(&Html::parse_document(&state.page.html));
            let differs = now.iter().zip(honest).find(|(now, then)| now != then);
            assert_eq!((differs, now.len()), (None, honest.len()), "{} with {attack:.60}", state.name);
        }
    }
}

#[test]
fn names_are_shown_as_they_are() {
    for attack in ["<script>alert(1)</script>", "\"' <b>&amp;", "</title>&lt;"] {
        let denied = states::all(&hostile(attack)).into_iter().find(|state| state.name == "denied").unwrap();
        let document = Html::parse_document(&denied.page.html);
        assert_eq!(text(select(&document, "h1 .name")[0]), attack);
        assert_eq!(text(select(&document, "dd.mono")[0]), attack);
        assert!(text(select(&document, "title")[0]).ends_with(attack));
        let claim = states::all(&hostile(attack)).into_iter().find(|state| state.name == "claim.wrong").unwrap();
        let document = Html::parse_document(&claim.page.html);
        for field in ["token", "tx", "secret", "name", "email"] {
            assert_eq!(select(&document, &format!("[name={field}]"))[0].attr("value"), Some(attack), "{field}");
        }
    }
}

#[test]
fn nothing_steers_the_text_around_it() {
    for attack in ["a\u{202E}b\u{2066}c\u{200F}d\u{061C}e\u{202A}f", "a\0b\u{1b}c\u{85}d\u{7f}e"] {
        let names = Names { opaque: "plain".into(), ..hostile(attack) };
        for state in states::all(&names) {
            // The text of the QR code comes from the platform; it is drawn, not written.
            let found = state.page.html.chars().find(|c| {
                matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
                    || (c.is_control() && *c != '\n')
            });
            assert_eq!(found, None, "{}", state.name);
        }
    }
}

#[test]
fn a_long_name_does_not_make_a_long_page() {
    for state in states::all(&Names { opaque: "plain".into(), ..hostile(&"<".repeat(10_000)) }) {
        assert!(state.page.html.len() < 64_000, "{}: {}", state.name, state.page.html.len());
    }
}

#[test]
fn pages_are_documents_that_readers_can_use() {
    every_page(|state, document| {
        let name = state.name;
        assert!(state.page.html.starts_with("<!doctype html>\n"), "{name}");
        assert!(!document.errors.iter().any(|error| error.contains("Duplicate")), "{name}: {:?}", document.errors);
        assert_eq!(select(document, "html")[0].attr("lang"), Some("en"), "{name}");
        assert_eq!(select(document, "h1").len(), 1, "{name}");
        assert_eq!(
            (select(document, "main").len(), select(document, "header").len(), select(document, "footer").len()),
            (1, 1, 1)
        );
        let title = text(select(document, "title")[0]);
        assert!(title.split(" · ").next().unwrap().len() > 3 && !title.contains('\n'), "{name}: {title}");
        assert!(select(document, "[autofocus]").len() <= 1, "{name}");

        let mut ids = BTreeSet::new();
        for element in select(document, "[id]") {
            assert!(ids.insert(element.attr("id").unwrap()), "{name}: id `{}` twice", element.attr("id").unwrap());
        }
        for attribute in ["for", "aria-describedby", "aria-labelledby", "aria-controls", "data-copy"] {
            for element in select(document, &format!("[{attribute}]")) {
                for id in element.attr(attribute).unwrap().split_ascii_whitespace() {
                    assert!(ids.contains(id), "{name}: {attribute}=\"{id}\"");
                }
            }
        }
        for link in select(document, "a[href^='#']") {
            assert!(ids.contains(link.attr("href").unwrap().trim_start_matches('#')), "{name}");
        }
        let labels: BTreeSet<&str> =
            select(document, "label[for]").iter().filter_map(|label| label.attr("for")).collect();
        for field in select(document, "input:not([type=hidden]), textarea") {
            let labelled = field.attr("id").is_some_and(|id| labels.contains(id)) || field.attr("aria-label").is_some();
            assert!(labelled, "{name}: {:?}", field.attr("name"));
            assert!(
                field.attr("autocomplete").is_some()
                    || field.attr("type") == Some("checkbox")
                    || field.value().name() == "textarea"
            );
        }
        for picture in select(document, "svg") {
            assert!(picture.attr("aria-hidden") == Some("true") || picture.attr("aria-label").is_some(), "{name}");
        }
    });
}

#[test]
fn every_form_carries_the_token_and_the_attempt() {
    every_page(|state, document| {
        for form in select(document, "form") {
            assert_eq!(form.attr("method"), Some("post"), "{}", state.name);
            for name in [fields::TOKEN, fields::TX] {
                let selector = Selector::parse(&format!("input[type=hidden][name={name}]")).unwrap();
                assert_eq!(form.select(&selector).count(), 1, "{}: {name}", state.name);
            }
            let button = Selector::parse("button[type=submit]").unwrap();
            assert!(form.select(&button).next().is_some(), "{}: no button", state.name);
            if form.attr("data-passkey").is_some() && form.attr("data-passkey") == Some("get") {
                let credential = Selector::parse("input[name=credential]").unwrap();
                assert_eq!(form.select(&credential).count(), 1, "{}", state.name);
            }
        }
    });
}

#[test]
fn faults_are_said_where_they_are_and_at_the_top() {
    let page = |name: &str| states::all(&Names::honest()).into_iter().find(|state| state.name == name).unwrap().page;
    let several = page("claim.wrong");
    let document = Html::parse_document(&several.html);
    assert_eq!(several.status, 422);
    assert!(text(select(&document, "title")[0]).starts_with("Error: "));
    assert_eq!(select(&document, "[role=alert] li").len(), 4);
    assert_eq!(select(&document, "[role=alert] li a").len(), 3, "one fault belongs to no field");
    for id in ["secret", "email", "new_password"] {
        let field = select(&document, &format!("#{id}"))[0];
        assert_eq!(field.attr("aria-invalid"), Some("true"), "{id}");
        assert!(field.attr("aria-describedby").unwrap().contains(&format!("{id}-fault")));
    }
    assert!(select(&document, "details[open]").len() == 1, "the part with the fault stands open");

    let one = page("sign-in.malformed");
    let document = Html::parse_document(&one.html);
    assert!(select(&document, "[role=alert]").is_empty(), "a single fault stands at its field");
    assert!(select(&document, "#email[autofocus][aria-invalid]").len() == 1);
}

#[test]
fn browsers_and_password_managers_are_told_what_is_what() {
    let page =
        |name: &str| states::all(&Names::honest()).into_iter().find(|state| state.name == name).unwrap().page.html;
    for (state, field, wanted) in [
        ("sign-in", "email", "username webauthn"),
        ("password", "password", "current-password"),
        ("password", "email", "username"),
        ("claim", "email", "username"),
        ("claim", "new_password", "new-password"),
        ("new-password", "email", "username"),
        ("change-password", "password", "current-password"),
        ("authenticator.challenge", "code", "one-time-code"),
        ("sign-up", "email", "username"),
    ] {
        let document = Html::parse_document(&page(state));
        let found = select(&document, &format!("[name={field}]"))[0];
        assert_eq!(found.attr("autocomplete"), Some(wanted), "{state}: {field}");
    }
    let document = Html::parse_document(&page("authenticator.challenge"));
    assert_eq!(select(&document, "#code")[0].attr("inputmode"), Some("numeric"));
}

#[test]
fn signing_in_looks_the_same_for_everybody() {
    // Nothing but the address itself may differ, or the page says who has an account.
    let step = |email: &str| {
        let view = pages::PasswordStep { email: email.into(), keep: true, ..pages::PasswordStep::default() };
        let drawn = view.render(&pages::Frame::default());
        (drawn.status, drawn.html.replace(email, "…"))
    };
    assert_eq!(step("known@example.com"), step("knewn@example.com"));
}

#[test]
fn development_mode_cannot_be_overlooked() {
    for state in states::all(&Names::honest()) {
        let document = Html::parse_document(&state.page.html);
        assert_eq!(
            select(&document, ".development").len(),
            usize::from(state.name.ends_with(".development")),
            "{}",
            state.name
        );
    }
}

#[test]
fn what_was_typed_comes_back_beside_what_is_wrong_with_it() {
    let page = |name: &str| states::all(&Names::honest()).into_iter().find(|state| state.name == name).unwrap().page;
    for (state, id) in [("account.name", "name"), ("account.label", "label"), ("account.nameless", "name")] {
        let document = Html::parse_document(&page(state).html);
        let field = select(&document, &format!("#{id}"))[0];
        let typed = if state == "account.nameless" { "" } else { "GET /orders/42" };
        assert_eq!(field.attr("value"), Some(typed), "{state}");
        assert_eq!(field.attr("aria-invalid"), Some("true"), "{state}");
        let fault = format!("{id}-fault");
        assert_eq!(field.attr("aria-describedby"), Some(fault.as_str()), "{state}");
        assert_eq!(select(&document, &format!(".field:has(#{id}) > #{fault}")).len(), 1, "{state}: beside the field");
        assert!(field.attr("autofocus").is_some(), "{state}");
    }
    let document = Html::parse_document(&page("account.label").html);
    assert_eq!(select(&document, "details[open] #label").len(), 1, "it is not folded away");
    for (field, max) in [("name", fields::NAME_CHARACTERS_MAX), ("label", fields::LABEL_CHARACTERS_MAX)] {
        for element in select(&document, &format!("input[name={field}]")) {
            assert_eq!(element.attr("maxlength"), Some(max.to_string().as_str()), "{field}");
        }
    }
}

#[test]
fn a_page_alone_asks_for_nothing_and_names_its_style() {
    use sha2::Digest as _;
    let page = states::all(&Names::honest()).into_iter().find(|state| state.name == "refused.host").unwrap().page;
    let alone = page.alone();
    let document = Html::parse_document(&alone.html);
    assert!(select(&document, "[href], [src], form, script").is_empty(), "{}", alone.html);
    let style = select(&document, "style");
    assert_eq!(style.len(), 1);
    let hash = data_encoding::BASE64.encode(&sha2::Sha256::digest(text(style[0])));
    let policy = pages::headers::alone();
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}: a browser would drop it");
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn one_is_not_many() {
    for state in states::all(&Names::honest()) {
        for wrong in ["1 seconds", "1 minutes", "1 people", "1 are", "1 codes"] {
            assert!(!state.page.html.contains(&format!(" {wrong}")), "{}: {wrong}", state.name);
        }
    }
    let page = |name: &str| states::all(&Names::honest()).into_iter().find(|state| state.name == name).unwrap().page;
    assert!(
        page("slow-down").html.contains("Wait 30 seconds,") && page("slow-down.plain").html.contains("Wait 1 second,")
    );
}

#[test]
fn statuses_say_what_the_page_says() {
    for (name, status) in [
        ("sign-in", 200),
        ("sign-in.failed", 422),
        ("denied", 403),
        ("held-up", 401),
        ("lacking", 403),
        ("slow-down", 429),
        ("problem.not-found", 404),
        ("problem.link-expired", 410),
        ("problem.form-invalid", 400),
        ("problem.unavailable", 503),
        ("refused.nothing", 404),
        ("refused.method", 405),
        ("refused.host", 421),
        ("refused.undeployed", 503),
    ] {
        let found = states::all(&Names::honest()).into_iter().find(|state| state.name == name).unwrap();
        assert_eq!(found.page.status, status, "{name}");
    }
}

#[test]
fn assets_ask_for_nothing_elsewhere_and_run_no_text() {
    for asset in assets::all() {
        let text = std::str::from_utf8(asset.bytes).unwrap();
        for word in
            ["http:", "https:", "@import", "eval(", "innerHTML", "document.write", "Function(", "setAttribute(\"on"]
        {
            let allowed = word == "http:" && asset.content_type == "image/svg+xml";
            assert!(allowed || !text.contains(word), "{}: {word}", asset.path);
        }
        assert!(asset.path.ends_with(".svg") || !text.contains("url("), "{}", asset.path);
        assert!(text.lines().all(|line| line.len() < 400), "{}: it should be readable", asset.path);
    }
}

#[test]
fn templates_escape_everything() {
    fn read(folder: &std::path::Path, seen: &mut usize) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(&path, seen);
                continue;
            }
            *seen += 1;
            // Other endings would be escaped in another way, or not at all.
            assert_eq!(path.extension().unwrap(), "html", "{}", path.display());
            let template = std::fs::read_to_string(&path).unwrap();
            for word in ["|safe", "| safe", "escape(", "|e(", "style=", "javascript:"] {
                assert!(!template.contains(word), "{}: {word}", path.display());
            }
        }
    }
    let mut seen = 0;
    read(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")), &mut seen);
    assert!(seen > 25, "{seen}");
}

#[test]
fn words_stand_in_one_place() {
    // What is between tags of a template is an expression, white space or a mark, never a word of its own
    // (`wide` is a class), or a part of an attribute, which holds other signs.
    fn words(template: &str) -> Vec<String> {
        let mut text = template.to_owned();
        for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}"), ("<", ">")] {
            while let Some(start) = text.find(open) {
                let end = text.get(start..).unwrap().find(close).map_or(text.len(), |at| start + at + close.len());
                text.replace_range(start..end, "\u{1}");
            }
        }
        text.split(['\u{1}', '\n', ' '])
            .filter(|word| word.chars().any(char::is_alphabetic) && *word != "wide")
            .filter(|word| word.chars().all(|c| c.is_alphabetic() || ".,:;!?’'".contains(c)))
            .map(str::to_owned)
            .collect()
    }
    for folder in ["templates", "templates/parts"] {
        for entry in std::fs::read_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap().flatten()
        {
            if entry.path().is_file() {
                let found = words(&std::fs::read_to_string(entry.path()).unwrap());
                assert!(found.is_empty(), "{}: {found:?}", entry.path().display());
            }
        }
    }
}
