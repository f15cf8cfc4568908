//! Nothing secret is in the tree, and nothing secret is compared in a time that says something of it.
use std::collections::BTreeSet;

use xtask::secrets::{compares_in_the_open, open_comparisons, planted, secret_types, sources};

/// Put together here, so that this file holds none.
fn key() -> String {
    format!("-----BEGIN {} KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n", "PRIVATE")
}

/// 43 zeros with the checksum that goes with them, computed elsewhere (zlib's `crc32`).
fn token() -> String {
    format!("sfp{}{}{}", "_", "0".repeat(43), CHECKSUM)
}

const CHECKSUM: &str = "2U7gko";

#[test]
fn no_key_and_no_token_is_in_the_tree() {
    let (mut found, mut seen) = (Vec::new(), 0);
    for path in xtask::tree().unwrap() {
        let file = xtask::root().join(&path);
        // Larger than any text of ours: a binary.
        if !file.is_file() || file.metadata().unwrap().len() > 8 << 20 {
            continue;
        }
        seen += 1;
        let bytes = std::fs::read(&file).unwrap();
        let findings = planted(&String::from_utf8_lossy(&bytes));
        found.extend(findings.into_iter().map(|one| format!("{}:{}: {}", path.display(), one.line, one.what)));
    }
    assert!(seen > 500, "the search finds what is there: {seen}");
    assert!(
        found.is_empty(),
        "If you are here because of a key or a token: revoke it where it counts, then take it out\n{}",
        found.join("\n")
    );
}

#[test]
fn a_planted_one_is_found_and_what_only_looks_like_one_is_not() {
    let what = |text: &str| planted(text).into_iter().map(|found| (found.line, found.what)).collect::<Vec<_>>();
    assert_eq!(what(&format!("a\n{}", key())), [(2, "a private key".to_owned())]);
    for kind in ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        assert_eq!(what(&key().replace("PRIVATE", &format!("{kind}PRIVATE"))).len(), 1, "{kind}");
    }
    assert_eq!(what(&format!("let t = \"{}\";", token())), [(1, "a token of this platform".to_owned())]);
    for (mark, rest) in [
        ("AKIA", "ABCDEFGHIJKLMNOP"),
        ("ghp", "_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("sk", "_live_abcdefghijklmnopqrstuvwx"),
    ] {
        assert_eq!(what(&format!("x = {mark}{rest}")).len(), 1, "{mark}");
    }
    for honest in [
        &*key().replace("PRIVATE", "PUBLIC"),
        "-----BEGIN CERTIFICATE-----",
        "sfp_ and sfs_ are prefixes",
        &token().replace("00000", "00001"),
        &format!("{}0", token()),
        "MARKIAABCDEFGHIJKLMNOPQRS",
        "sk_live_0123456789",
    ] {
        assert_eq!(what(honest), [], "{honest}");
    }
}

#[test]
fn types_of_secrets_are_known_and_not_compared_in_the_open() {
    let house = xtask::house().unwrap();
    let mut found = BTreeSet::new();
    for (path, text) in sources().unwrap() {
        for name in secret_types(&text) {
            let open = compares_in_the_open(&text, &name);
            assert!(
                !open,
                "{}: `{name}` holds a secret; its `==` must take the same time whatever it holds",
                path.display()
            );
            found.insert(name);
        }
    }
    let listed: BTreeSet<String> = house.secrets.types.into_iter().collect();
    assert_eq!(
        found, listed,
        "If you are here because you added or removed a type that holds a secret: so does `[secrets]` of crates/xtask/house.toml"
    );
}

#[test]
fn nothing_secret_is_compared_by_its_letters() {
    let (mut found, mut seen) = (Vec::new(), 0);
    for (path, text) in sources().unwrap() {
        seen += text.matches(" == ").count();
        let findings = open_comparisons(&text);
        found.extend(findings.into_iter().map(|one| format!("{}:{}: {}", path.display(), one.line, one.what)));
    }
    assert!(seen > 500, "{seen}");
    assert!(
        found.is_empty(),
        "If you are here because of a comparison: use `subtle` or `aws_lc_rs::constant_time`, or another name if it is no secret\n{}",
        found.join("\n")
    );
}

#[test]
fn the_rules_see_what_they_are_for() {
    let redacting = "#[derive(Clone, PartialEq)]\npub struct Word(String);\n\nimpl fmt::Debug for Word {\n    fn fmt() {\n        f.write_str(\"[redacted]\")\n    }\n}\n";
    assert_eq!(secret_types(redacting), ["Word"]);
    assert!(compares_in_the_open(redacting, "Word"));
    let plain = redacting.replace(", PartialEq", "");
    assert!(!compares_in_the_open(&plain, "Word"));
    assert!(!compares_in_the_open(&format!("{plain}\n#[derive(PartialEq)]\npub enum WordError {{}}\n"), "Word"));
    let by = |body: &str| {
        format!(
            "{plain}\nimpl PartialEq for Word {{\n    fn eq(&self, other: &Self) -> bool {{\n        {body}\n    }}\n}}\n"
        )
    };
    assert!(compares_in_the_open(&by("self.0 == other.0"), "Word"));
    assert!(!compares_in_the_open(&by("self.0.as_bytes().ct_eq(other.0.as_bytes()).into()"), "Word"));
    let wiped = "#[derive(PartialEq)]\nstruct Key {\n    bytes: Zeroizing<[u8; 32]>,\n}\n";
    assert_eq!(secret_types(wiped), ["Key"]);
    assert!(compares_in_the_open(wiped, "Key"));
    for bad in
        ["if a.secret == b {", "x != self.verifier", "token.reveal() == said", "one(\"x\")? != wanted.challenge {"]
    {
        assert_eq!(open_comparisons(bad).len(), 1, "{bad}");
    }
    for good in
        ["secret.len() == 3", "kind == Kind::Secret", "// secret == other", "a == b", "entry.secret_name == name"]
    {
        assert_eq!(open_comparisons(good), [], "{good}");
    }
}
