use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use types::{Assurance, CredentialId, Digest, PrincipalId, UnixMillis};
use wire::keeper::{TokenKey, TokenKeyState, TokenStatement};

use super::{Step, Tokens, flaw};
use crate::{KeeperError, folder::Folder};

const DAY_S: u64 = 86_400;

fn at(seconds: u64) -> UnixMillis {
    UnixMillis((1_790_000_000 + seconds) * 1_000)
}

fn statement() -> TokenStatement {
    TokenStatement {
        issuer: "https://id.example.com".into(),
        audience: "https://coffee.apps.example.com:8443".into(),
        person: PrincipalId::from_bytes([1; 16]),
        client: "serviceful-cli".into(),
        login: CredentialId::from_bytes([2; 16]),
        id: "0123456789abcdefghijkl".into(),
        key: Digest::from_bytes([3; 32]),
        life_s: 300,
        authenticated_at: at(0),
        assurance: Assurance::PhishingResistant,
    }
}

fn folder(outside: &tempfile::TempDir) -> Folder {
    Folder::open(&outside.path().join("tokens")).unwrap()
}

/// Does what is due; what that was.
fn upkeep(tokens: &mut Tokens, now: UnixMillis) -> Vec<Step> {
    let mut done = Vec::new();
    while let Some(step) = tokens.due(now) {
        match &step {
            Step::Make { signs_from } => {
                let key = tokens.fresh(*signs_from, now).unwrap();
                tokens.add(key, now).unwrap();
            }
            Step::Drop { id } => tokens.remove(id).unwrap(),
        }
        done.push(step);
        assert!(done.len() < 10, "it comes to rest: {done:?}");
    }
    done
}

fn states(tokens: &Tokens, now: UnixMillis) -> Vec<TokenKeyState> {
    tokens.list(now).iter().map(|key| key.state).collect()
}

/// The parts of a token, if the key of that name signed it.
fn read(text: &str, keys: &[TokenKey]) -> (serde_json::Value, serde_json::Value) {
    let parts: Vec<&str> = text.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{text}") };
    let json = |part: &str| serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap();
    let head: serde_json::Value = json(header);
    let key = keys.iter().find(|key| head["kid"] == *key.id).expect("a published key");
    let point = [&[4][..], &key.x, &key.y].concat();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let message = format!("{header}.{claims}");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message.as_bytes(), &signature).unwrap();
    (head, json(claims))
}

#[test]
fn a_key_is_published_signs_retires_and_is_gone() {
    use TokenKeyState::{Active, Next, Retiring};
    let outside = tempfile::tempdir().unwrap();
    let mut tokens = Tokens::open(folder(&outside)).unwrap();
    assert_eq!(upkeep(&mut tokens, at(0)), [Step::Make { signs_from: at(0) }]);
    let first = tokens.list(at(0))[0].id.clone();
    let (text, by) = tokens.sign(&statement(), at(5)).unwrap();
    assert_eq!(by, first);
    let (header, claims) = read(&text, &tokens.list(at(5)));
    assert_eq!(header, serde_json::json!({"typ": "at+jwt", "alg": "ES256", "kid": first}));
    let iat = at(5).0 / 1_000;
    let wanted = serde_json::json!({
        "iss": "https://id.example.com", "aud": "https://coffee.apps.example.com:8443", "client_id": "serviceful-cli",
        "sub": PrincipalId::from_bytes([1; 16]).to_string(), "sid": CredentialId::from_bytes([2; 16]).to_string(),
        "iat": iat, "exp": iat + 300, "jti": "0123456789abcdefghijkl", "auth_time": at(0).0 / 1_000, "acr": "urn:sf:phr",
        "cnf": {"jkt": BASE64URL_NOPAD.encode(&[3; 32])},
    });
    assert_eq!(claims, wanted);

    assert_eq!(upkeep(&mut tokens, at(29 * DAY_S - 1)), []);
    assert_eq!(upkeep(&mut tokens, at(29 * DAY_S)), [Step::Make { signs_from: at(30 * DAY_S) }]);
    assert_eq!(states(&tokens, at(29 * DAY_S)), [Active, Next]);
    assert_eq!(tokens.sign(&statement(), at(30 * DAY_S - 1)).unwrap().1, first, "nothing by a key before its time");
    let second = tokens.list(at(0))[1].id.clone();
    assert_eq!(upkeep(&mut tokens, at(30 * DAY_S)), []);
    assert_eq!(tokens.sign(&statement(), at(30 * DAY_S)).unwrap().1, second);
    assert_eq!(states(&tokens, at(30 * DAY_S)), [Retiring, Active]);
    // The last token of the first key lives for ten minutes at most, and verifiers may be a minute off.
    assert_eq!(upkeep(&mut tokens, at(30 * DAY_S + 659)), []);
    assert_eq!(upkeep(&mut tokens, at(30 * DAY_S + 660)), [Step::Drop { id: first }]);

    // From its files it is the same.
    let again = Tokens::open(folder(&outside)).unwrap();
    assert_eq!(again.list(at(31 * DAY_S)), tokens.list(at(31 * DAY_S)));
    assert_eq!(again.sign(&statement(), at(31 * DAY_S)).unwrap().1, second);
}

#[test]
fn a_keeper_that_was_away_or_whose_clock_was_set_finds_its_way() {
    use TokenKeyState::{Active, Next};
    let outside = tempfile::tempdir().unwrap();
    let mut tokens = Tokens::open(folder(&outside)).unwrap();
    upkeep(&mut tokens, at(0));
    let first = tokens.list(at(0))[0].id.clone();
    // It wakes up an hour before the key's end: the key goes on until its successor was published for a day.
    let late = 30 * DAY_S - 3_600;
    assert_eq!(upkeep(&mut tokens, at(late)), [Step::Make { signs_from: at(late + DAY_S) }]);
    assert_eq!(states(&tokens, at(late)), [Active, Next]);
    assert_eq!(tokens.sign(&statement(), at(30 * DAY_S + 60)).unwrap().1, first);
    assert_eq!(tokens.list(at(late))[0].gone_at, at(late + DAY_S + 660));
    // It slept for a year: everything is new at once.
    let steps = upkeep(&mut tokens, at(400 * DAY_S));
    assert_eq!(steps.last(), Some(&Step::Make { signs_from: at(400 * DAY_S) }));
    assert_eq!(states(&tokens, at(400 * DAY_S)), [Active]);
    // The clock goes back by a year: the same key goes on, and no heap of keys is made.
    for day in 0..20 {
        assert_eq!(upkeep(&mut tokens, at(day * DAY_S)), []);
        assert_eq!(states(&tokens, at(day * DAY_S)), [Active]);
        assert!(tokens.sign(&statement(), at(day * DAY_S)).is_some());
    }
}

#[test]
fn in_an_emergency_nothing_is_left() {
    let outside = tempfile::tempdir().unwrap();
    let mut tokens = Tokens::open(folder(&outside)).unwrap();
    upkeep(&mut tokens, at(0));
    upkeep(&mut tokens, at(29 * DAY_S));
    let before = tokens.list(at(29 * DAY_S));
    tokens.clear().unwrap();
    assert!(folder(&outside).names().unwrap().is_empty());
    assert_eq!(upkeep(&mut tokens, at(29 * DAY_S)), [Step::Make { signs_from: at(29 * DAY_S) }]);
    let after = tokens.list(at(29 * DAY_S));
    assert!(after.len() == 1 && before.iter().all(|old| old.id != after[0].id));
}

#[test]
fn what_is_signed_is_short_and_for_one_place() {
    assert_eq!(flaw(&statement(), at(0)), None);
    let with = |change: fn(&mut TokenStatement)| {
        let mut token = statement();
        change(&mut token);
        flaw(&token, at(0))
    };
    for change in [
        (|t| t.life_s = 601) as fn(&mut TokenStatement),
        |t| t.life_s = 0,
        |t| t.life_s = u64::MAX,
        |t| t.audience = String::new(),
        |t| t.audience = "https://a.example.com https://b.example.com".into(),
        |t| t.audience = "https://a.example.com/".into(),
        |t| t.audience = "https://A.example.com".into(),
        |t| t.audience = "https://a.example.com\",\"x\":\"".into(),
        |t| t.audience = "javascript:alert(1)".into(),
        |t| t.audience = format!("https://{}", "a".repeat(300)),
        |t| t.audience = t.issuer.clone(),
        |t| t.issuer = "id.example.com".into(),
        |t| t.client = String::new(),
        |t| t.client = "a b".into(),
        |t| t.id = "short".into(),
        |t| t.authenticated_at = at(61),
    ] {
        assert!(with(change).is_some());
    }
}

#[test]
fn every_flipped_bit_of_a_key_file_is_noticed() {
    let outside = tempfile::tempdir().unwrap();
    let folder = folder(&outside);
    let mut tokens = Tokens::open(folder.clone()).unwrap();
    upkeep(&mut tokens, at(0));
    let name = folder.names().unwrap().pop().unwrap();
    let bytes = folder.read(&name).unwrap().unwrap();
    let damaged = || matches!(Tokens::open(folder.clone()), Err(KeeperError::Damaged { .. }));
    for byte in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[byte] ^= 1;
        folder.write(&name, &flipped, true).unwrap();
        assert!(damaged(), "byte {byte}");
        folder.write(&name, &bytes[..byte], true).unwrap();
        assert!(damaged(), "cut at {byte}");
    }
    folder.write(&name, &bytes, true).unwrap();
    assert!(Tokens::open(folder.clone()).is_ok());
    folder.write("copy.key", &bytes, true).unwrap();
    assert!(damaged(), "a copy under another name");
}
