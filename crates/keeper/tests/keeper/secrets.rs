//! Passwords, codes and seals, asked of a keeper in its jail.
use std::time::{Duration, Instant};

use types::{AppName, PrincipalId, SecretName};
use wire::keeper::{Answer, PasswordFlaw, Purpose, Question, Typed};

use crate::process::{Front, Keeper, frame};

const RIGHT: &str = "a password of some length";

fn typed(text: &str) -> Typed {
    Typed::new(text.to_owned())
}

async fn hash(front: &mut Front, password: &str) -> String {
    match front.ask(Question::HashPassword { password: typed(password) }).await {
        Answer::PasswordHash(hash) => hash,
        other => panic!("{other:?}"),
    }
}

async fn matches(front: &mut Front, password: &str, stored: Option<&str>) -> bool {
    let question = Question::VerifyPassword { password: typed(password), stored: stored.map(str::to_owned) };
    match front.ask(question).await {
        Answer::PasswordVerdict { matches, better: None } => matches,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn passwords_are_hashed_inside_the_jail_and_outlive_a_restart() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    let stored = hash(&mut front, RIGHT).await;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="), "{stored}");
    assert!(matches(&mut front, RIGHT, Some(&stored)).await);
    assert!(!matches(&mut front, "another password of length", Some(&stored)).await);
    assert!(!matches(&mut front, RIGHT, None).await, "nobody has no password");
    assert_eq!(
        front.ask(Question::HashPassword { password: typed("too short") }).await,
        Answer::PasswordUnfit(PasswordFlaw::TooShort { chars_min: 15 })
    );
    keeper.event("key-created").await;
    keeper.kill();
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    assert!(matches(&mut front, RIGHT, Some(&stored)).await, "the pepper is kept");
    assert_eq!(keeper.drain(), 0);
    // Another platform's keeper has another pepper: a stolen hash is of no use there.
    let other = Keeper::start(&outside.path().join("other")).await;
    let mut front = other.front();
    assert!(!matches(&mut front, RIGHT, Some(&stored)).await);
}

/// Somebody who has no password takes as long as somebody who has one. (Without the decoy it would be a thousandth of it; the wide
/// bounds are for a busy machine.)
#[tokio::test]
async fn absence_takes_as_long() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let stored = hash(&mut front, RIGHT).await;
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..12 {
        for (stored, best) in [(Some(stored.as_str()), &mut known), (None, &mut unknown)] {
            #[expect(clippy::disallowed_methods, reason = "a test measures")]
            let began = Instant::now();
            assert!(!matches(&mut front, "a wrong password, long enough", stored).await);
            *best = began.elapsed().min(*best);
        }
    }
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.5..2.0).contains(&ratio), "{known:?} for somebody, {unknown:?} for nobody");
}

/// What strangers ask for in numbers gets what others leave: the threads that hash go last, and no other thread does.
#[tokio::test]
async fn threads_that_hash_go_last() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let _ = hash(&mut front, RIGHT).await;
    let tasks = std::fs::read_dir(format!("/proc/{}/task", keeper.child.id())).unwrap();
    let nice_of = |task: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
        // proc(5): the name stands in brackets; niceness is the 17th field after it.
        let (name, rest) = stat.rsplit_once(')').unwrap();
        (name.ends_with("(hash"), rest.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap())
    };
    let (hashing, others): (Vec<_>, Vec<_>) = tasks.map(nice_of).partition(|(hashes, _)| *hashes);
    assert!(!hashing.is_empty() && hashing.iter().all(|(_, nice)| *nice == 19), "{hashing:?}");
    assert!(!others.is_empty() && others.iter().all(|(_, nice)| *nice < 19), "{others:?}");
}

/// More than the queue holds is turned away at once, and signing goes on meanwhile.
#[tokio::test]
async fn a_flood_of_passwords_is_turned_away_and_holds_nothing_else_up() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let asked = 200;
    let question = Question::VerifyPassword { password: typed(RIGHT), stored: None };
    let questions = (1..=asked).map(|n| frame(wire::keeper::kind::ASK, n, &question)).collect();
    front.channel.sender.send(questions).unwrap();
    front.channel.sender.send(vec![frame(wire::keeper::kind::ASK, 0, &Question::PublicKeys { build: None })]).unwrap();
    let (mut busy, mut hashed, mut hashed_before_keys) = (0, 0, None);
    for _ in 0..=asked {
        let answer = front.channel.receiver.next().await.unwrap();
        match answer.message().unwrap() {
            Answer::Busy => busy += 1,
            Answer::PasswordVerdict { matches: false, .. } => hashed += 1,
            Answer::PublicKeys { .. } => hashed_before_keys = Some(hashed),
            other => panic!("{other:?}"),
        }
    }
    assert!(hashed >= 64 && busy > 0 && busy + hashed == asked, "{busy} turned away, {hashed} hashed");
    assert!(hashed_before_keys.unwrap() < 20, "other questions do not wait for passwords");
}

#[tokio::test]
async fn seals_open_for_their_purpose_and_codes_for_their_person() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let (purpose, context, plain) = (Purpose::Transaction, b"http://coffee.localhost".to_vec(), b"{}".to_vec());
    let seal = Question::Seal { purpose, context: context.clone(), plain: plain.clone() };
    let Answer::Sealed(sealed) = front.ask(seal).await else { panic!() };
    let unseal =
        |purpose, context: &[u8]| Question::Unseal { purpose, context: context.to_vec(), sealed: sealed.clone() };
    assert_eq!(front.ask(unseal(purpose, &context)).await, Answer::Unsealed(Some(plain)));
    assert_eq!(front.ask(unseal(Purpose::Device, &context)).await, Answer::Unsealed(None));
    assert_eq!(front.ask(unseal(purpose, b"http://tea.localhost")).await, Answer::Unsealed(None));
    let huge = Question::Seal { purpose, context, plain: vec![0; 1 << 16] };
    assert!(matches!(front.ask(huge).await, Answer::Refused { .. }));

    let person = PrincipalId::from_bytes([7; 16]);
    let Answer::Totp { sealed, secret } = front.ask(Question::NewTotp { person }).await else { panic!() };
    assert_eq!(secret.reveal().len(), 32);
    assert!(!format!("{secret:?}").contains(secret.reveal()));
    let check = |person, code: &str| Question::CheckTotp { person, sealed: sealed.clone(), code: typed(code) };
    assert!(matches!(front.ask(check(person, "123")).await, Answer::TotpStep(None)));
    let other = PrincipalId::from_bytes([8; 16]);
    assert!(matches!(front.ask(check(other, "123456")).await, Answer::Refused { .. }));
    // A sealed secret cannot be opened as if it were a cookie.
    let as_cookie = Question::Unseal { purpose, context: person.as_bytes().to_vec(), sealed };
    assert_eq!(front.ask(as_cookie).await, Answer::Unsealed(None));
}

/// A row that is moved to another app or another name, or was sealed for anything else, does not open, and that is written down.
#[tokio::test]
async fn secrets_of_apps_open_for_their_app_and_name_alone() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    let app = |name: &str| AppName::parse(name).unwrap();
    let name = |name: &str| SecretName::parse(name).unwrap();
    let seal = |value: &str| Question::SealSecret { app: app("coffee"), name: name("KEY"), value: typed(value) };
    let large = "x".repeat(64 << 10);
    let Answer::Sealed(sealed) = front.ask(seal(&large)).await else { panic!() };
    assert!(!sealed.windows(32).any(|window| window == &large.as_bytes()[..32]));
    let open = |of: &str, called: &str, sealed: &[u8]| Question::OpenSecret {
        app: app(of),
        name: name(called),
        sealed: sealed.to_vec(),
    };
    assert_eq!(front.ask(open("coffee", "KEY", &sealed)).await, Answer::Secret(typed(&large)));
    for moved in [open("tea", "KEY", &sealed), open("coffee", "KEY_2", &sealed), open("coffee", "KEY", &sealed[1..])] {
        assert!(matches!(front.ask(moved).await, Answer::Refused { .. }));
    }
    keeper.event("secret-open").await;
    // Neither is one opened as something else, nor something else as one.
    for purpose in [Purpose::Transaction, Purpose::Mail, Purpose::Device] {
        let as_other = Question::Unseal { purpose, context: b"coffee/KEY".to_vec(), sealed: sealed.clone() };
        assert_eq!(front.ask(as_other).await, Answer::Unsealed(None));
    }
    let other = Question::Seal { purpose: Purpose::Mail, context: b"coffee/KEY".to_vec(), plain: b"x".to_vec() };
    let Answer::Sealed(other) = front.ask(other).await else { panic!() };
    assert!(matches!(front.ask(open("coffee", "KEY", &other)).await, Answer::Refused { .. }));
    for unfit in ["".to_owned(), "x".repeat((64 << 10) + 1)] {
        assert!(matches!(front.ask(seal(&unfit)).await, Answer::Refused { .. }));
    }
    keeper.kill();
    let keeper = Keeper::start(&folder).await;
    assert_eq!(
        keeper.front().ask(open("coffee", "KEY", &sealed)).await,
        Answer::Secret(typed(&large)),
        "the key is kept"
    );
}
