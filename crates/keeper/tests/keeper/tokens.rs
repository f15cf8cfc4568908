//! Access tokens, asked of a keeper in its jail: signed as they should be, and nothing else; keys that outlive it, or do not.
use types::{Assurance, CredentialId, Digest, PrincipalId, UnixMillis};
use wire::keeper::{Answer, Question, TokenKey, TokenKeyState, TokenStatement};

use crate::process::{Front, Keeper};

fn statement() -> TokenStatement {
    TokenStatement {
        issuer: "http://id.localhost:8080".into(),
        audience: "http://console.localhost:8080".into(),
        person: PrincipalId::from_bytes([1; 16]),
        client: "serviceful-cli".into(),
        login: CredentialId::from_bytes([2; 16]),
        id: "0123456789abcdefghijkl".into(),
        key: Digest::from_bytes([3; 32]),
        life_s: 300,
        authenticated_at: UnixMillis(1_790_000_000_000),
        assurance: Assurance::MultiFactor,
    }
}

async fn keys(front: &mut Front) -> Vec<TokenKey> {
    match front.ask(Question::TokenKeys).await {
        Answer::TokenKeys(keys) => keys,
        other => panic!("{other:?}"),
    }
}

async fn signer(front: &mut Front) -> String {
    match front.ask(Question::SignToken(statement())).await {
        Answer::Token { text, key } => {
            assert_eq!(text.reveal().split('.').count(), 3);
            key
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_are_made_in_the_jail_outlive_a_crash_and_are_on_record() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    let first = keys(&mut front).await;
    assert!(first.len() == 1 && first[0].state == TokenKeyState::Active, "{first:?}");
    assert_eq!(signer(&mut front).await, first[0].id);
    let Answer::TokenKeys(two) = front.ask(Question::RotateTokenKeys { emergency: false }).await else { panic!() };
    assert_eq!(two.iter().map(|key| key.state).collect::<Vec<_>>(), [TokenKeyState::Active, TokenKeyState::Next]);
    assert_eq!(two[1].signs_from.0 - two[1].made_at.0, 86_400_000);
    assert_eq!(signer(&mut front).await, first[0].id, "a day later, not now");
    let again = front.ask(Question::RotateTokenKeys { emergency: false }).await;
    assert!(matches!(&again, Answer::NotNow { reason } if reason.contains(&two[1].id)), "{again:?}");
    keeper.kill();

    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    assert_eq!(keys(&mut front).await, two);
    let Answer::TokenKeys(fresh) = front.ask(Question::RotateTokenKeys { emergency: true }).await else { panic!() };
    assert!(fresh.len() == 1 && two.iter().all(|old| old.id != fresh[0].id), "{fresh:?}");
    assert_eq!(signer(&mut front).await, fresh[0].id);
    let files: Vec<_> = std::fs::read_dir(folder.join("tokens")).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, [format!("{}.key", fresh[0].id).as_str()], "nothing is left of the others");
    let notes: Vec<String> = keeper.events().into_iter().filter_map(|e| e.note.map(|note| note.to_string())).collect();
    for key in two.iter().chain(&fresh) {
        assert!(
            notes.iter().any(|note| note.contains(&key.id) && note.contains("signs from")),
            "{}: {notes:?}",
            key.id
        );
    }
    assert!(notes.iter().any(|note| note.contains("emergency") && two.iter().all(|key| note.contains(&key.id))));
}

/// Whoever took over the front asks for what it never would.
#[tokio::test]
async fn a_taken_front_gets_nothing_that_lasts() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    for (what, token) in [
        ("a long life", TokenStatement { life_s: 601, ..statement() }),
        ("two places", TokenStatement { audience: "http://a.localhost http://b.localhost".into(), ..statement() }),
        ("the sign-in pages", TokenStatement { audience: statement().issuer, ..statement() }),
        ("claims of its own", TokenStatement { client: "x\",\"admin\":true,\"y\":\"".into(), ..statement() }),
        ("no name", TokenStatement { id: String::new(), ..statement() }),
    ] {
        let reason = front.refused(Question::SignToken(token)).await;
        assert!(reason.contains("a token is not signed"), "{what}: {reason}");
    }
    let event = keeper.event("token-sign").await;
    assert!(format!("{:?}", event.outcome).contains("Refused"), "{event:?}");
    assert!(matches!(front.ask(Question::SignToken(statement())).await, Answer::Token { .. }));
}
