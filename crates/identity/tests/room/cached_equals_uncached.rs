//! A cache may make an answer faster, never looser (S9): under random lives of tokens, the room with its caches answers exactly as a
//! room without any would.
use std::sync::Arc;

use gateway::{CredentialPort, Identify};
use identity::Config;
use store::{Apps, Audience, Credential, CredentialKind};
use types::{Action, AppName, Clock, Secret};

use crate::world::*;

const SEEDS: u64 = 150;
const STEPS: usize = 300;

struct Token {
    credential: Credential,
    secret: Secret,
}

/// What happened, for the message of a failure.
type Story = Vec<String>;

async fn mint(w: &World, dice: &Seed, people: &[types::PrincipalId]) -> Option<Token> {
    let of = people[dice.below(people.len())];
    let audience = match dice.below(3) {
        0 => (CredentialKind::Cli, Audience::Platform),
        1 => (CredentialKind::Call, Audience::App(app("coffee"))),
        _ => (CredentialKind::Call, Audience::App(app("tea"))),
    };
    let life_s = 1 + dice.next() % 120;
    let new =
        gateway::NewCredential { principal: of, kind: audience.0, audience: audience.1, label: "t".into(), life_s };
    // Refused for disabled people and removed apps: that is part of the story.
    let (credential, secret) = w.room.create(new).await.ok()?;
    Some(Token { credential, secret })
}

async fn compare(w: &World, token: &Token, story: &Story) {
    let bare = w.bare();
    for intent in [control(Action::AppsList), invoke("coffee"), invoke("tea")] {
        let admitted = bearer(&token.secret);
        let cx = w.cx();
        let (cached, fresh) = (w.ask(&admitted, &intent).await, bare.identify(&cx, &admitted, &intent).await);
        let of = token.credential.id;
        match (cached, fresh) {
            (Ok(cached), Ok(fresh)) => assert_eq!(cached, fresh.caller, "{of} {story:#?}"),
            (Err(cached), Err(fresh)) => assert_eq!(cached.reason, fresh.reason, "{of} {story:#?}"),
            (cached, fresh) => panic!("{of}: cached {cached:?}, uncached {fresh:?}, after {story:#?}"),
        }
    }
}

async fn remove_and_add(w: &World, name: &AppName) {
    w.store.remove_app(name.clone()).await.expect("an answer");
    w.room.forget_app(name);
    w.store.add_app(name.clone(), w.clock.now(), None).await.expect("an answer");
}

async fn live(seed: u64) {
    // Small caches in every other life, so that eviction is part of the story too.
    let small = Config { verified_max: 16, refused_max: 16, ..Config::default() };
    let w = world_with(if seed.is_multiple_of(2) { small } else { Config::default() });
    let dice = Arc::new(Seed::new(seed));
    let apps = [w.add_app("coffee").await, w.add_app("tea").await];
    let people = [w.person("Ana", true).await.id, w.person("Bo", false).await.id, w.person("Cy", false).await.id];
    let (mut tokens, mut story): (Vec<Token>, Story) = (Vec::new(), Vec::new());
    for _ in 0..STEPS {
        match dice.below(12) {
            0 | 1 if tokens.len() < 40 => tokens.extend(mint(&w, &dice, &people).await),
            2 if !tokens.is_empty() => {
                let id = tokens[dice.below(tokens.len())].credential.id;
                story.push(format!("revoke {id}"));
                w.room.revoke(id).await.expect("an answer");
            }
            3 => {
                let (id, disabled) = (people[dice.below(3)], dice.below(2) == 0);
                story.push(format!("disabled {id}: {disabled}"));
                w.room.set_disabled(id, disabled).await.expect("an answer");
            }
            4 | 5 => {
                let ms = [1, 999, 1_000, 9_999, 10_000, 30_000, 60_000][dice.below(7)];
                story.push(format!("{ms} ms pass"));
                w.clock.forward_ms(ms);
            }
            6 if dice.below(10) == 0 => {
                let name = &apps[dice.below(2)];
                story.push(format!("{name} is removed and added"));
                remove_and_add(&w, name).await;
            }
            _ if !tokens.is_empty() => compare(&w, &tokens[dice.below(tokens.len())], &story).await,
            _ => {}
        }
    }
    for token in &tokens {
        compare(&w, token, &story).await;
    }
}

#[tokio::test]
async fn under_random_lives_of_tokens() {
    for seed in 0..SEEDS {
        live(seed).await;
    }
}

#[tokio::test]
async fn and_the_caches_are_used_at_all() {
    let w = world();
    let ana = w.person("Ana", true).await;
    let (credential, secret) = w.cli(ana.id).await;
    let (admitted, intent) = (bearer(&secret), control(Action::AppsList));
    for _ in 0..100 {
        assert!(w.ask(&admitted, &intent).await.is_ok());
    }
    assert_eq!(w.store.credential_reads(), 1);
    w.clock.forward_ms(60_000);
    assert!(w.ask(&admitted, &intent).await.is_ok());
    assert_eq!(w.store.credential_reads(), 2, "asked again once a minute");
    w.room.revoke(credential.id).await.expect("revoked");
    assert!(w.ask(&admitted, &intent).await.is_err(), "revoked: the very next request is refused");
}
