//! Passwords tried in numbers: a puzzle comes before them, people go on, and nobody learns who has an account, not even from time.
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    chromium::drive,
    device::Device,
    passkeys::question,
    platform::{Platform, Setup},
    sign_in::{EMAIL, ID, PASSWORD, olga, password},
};

const WRONG: &str = "a wrong password, long enough";

/// What the script of the page does.
pub(crate) fn solve(puzzle: &str) -> String {
    let fits = |n: &u64| {
        let hash = digest(&SHA256, format!("{puzzle}:{n}").as_bytes());
        u32::from_be_bytes(*hash.as_ref().first_chunk::<4>().unwrap()).leading_zeros() >= 18
    };
    (0_u64..).find(fits).unwrap().to_string()
}

async fn attempt(platform: &Platform, browser: &mut Browser, email: &str, word: &str, answer: (&str, &str)) -> Page {
    let form = [("email", email), ("password", word), ("puzzle", answer.0), ("solution", answer.1)];
    browser.send(platform, ID, "/sign-in/password", &form).await
}

async fn asked(platform: &Platform, browser: &mut Browser, email: &str) -> Page {
    browser.send(platform, ID, "/sign-in", &[("email", email)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_accounts_from_one_place_cost_a_puzzle_each_and_people_go_on() {
    let platform = Platform::claimed(&Setup::default()).await;
    let (signed_in, _) = olga(&platform).await;
    let mut attacker = Browser::default();
    for n in 0..8 {
        let email = format!("nobody{n}@example.org");
        let page = password(&platform, &mut attacker, "", &email, WRONG).await;
        assert_eq!(page.status(), 422, "{n}: {}", page.text());
    }
    // From now on each costs work, whether there is such an account or not, and the right password does not help.
    for (email, word) in [("nobody99@example.org", WRONG), (EMAIL, WRONG), (EMAIL, PASSWORD)] {
        let page = password(&platform, &mut attacker, "", email, word).await;
        assert_eq!(page.status(), 429, "{}", page.text());
        assert_eq!(page.answer.headers["retry-after"], "30");
        assert!(page.text().contains("data-pow=") && page.text().contains("Wait 30 seconds"), "{}", page.text());
        assert!(!page.text().contains(word), "what was typed is not on the page");
    }
    let events = platform.audit("action=credential-stuffing").await;
    assert_eq!(events.len(), 1, "one alert for all of it: {events:?}");
    assert_eq!(events[0]["kind"], "security", "{events:?}");
    assert!(!events[0].to_string().contains("@example.org") && !events[0].to_string().contains("127.0.0"));

    // Somebody new there: the page of the password has a puzzle, which is solved while they type.
    let mut new = Browser::default();
    let page = asked(&platform, &mut new, EMAIL).await;
    let puzzle = page.field("puzzle");
    assert!(page.status() == 200 && page.text().contains(&format!("data-pow=\"{puzzle}\"")), "{}", page.text());
    let solution = solve(&puzzle);
    let page = attempt(&platform, &mut new, "nobody0@example.org", PASSWORD, (&puzzle, &solution)).await;
    assert_eq!(page.status(), 429, "it is for one account");
    let page = attempt(&platform, &mut new, EMAIL, WRONG, (&puzzle, &solution)).await;
    assert_eq!(page.status(), 422, "{}", page.text());
    let next = page.field("puzzle");
    assert_ne!(next, puzzle, "the page that comes back has the next one");
    let page = attempt(&platform, &mut new, EMAIL, PASSWORD, (&puzzle, &solution)).await;
    assert_eq!(page.status(), 429, "one counts once");
    let page = attempt(&platform, &mut new, EMAIL, PASSWORD, (&next, &solve(&next))).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/sign-in/code"), "{}", page.text());

    // By the page that says to wait: its script sends the solution, and what was typed goes on.
    let mut other = Browser::default();
    let page = attempt(&platform, &mut other, EMAIL, PASSWORD, ("", "")).await;
    let (puzzle, carried) = (page.field("puzzle"), page.field("carried"));
    assert!(page.text().contains("action=\"/sign-in/password\"") && !page.text().contains(PASSWORD), "{}", page.text());
    let page = press(&platform, &mut other, "nobody5@example.org", (&puzzle, ""), &carried).await;
    assert!(page.status() == 422 && page.text().contains("Enter your password"), "of another account: {}", page.text());
    let flipped = format!("{}{}", if carried.starts_with('A') { "B" } else { "A" }, &carried[1..]);
    let page = press(&platform, &mut other, EMAIL, (&puzzle, &solve(&puzzle)), &flipped).await;
    assert_eq!(page.status(), 422, "changed: {}", page.text());
    let page = press(&platform, &mut other, EMAIL, (&puzzle, "1"), &carried).await;
    assert!(page.status() == 429 && page.text().contains("was not right"), "{}", page.text());
    let page = press(&platform, &mut other, EMAIL, (&puzzle, &solve(&puzzle)), &carried).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/sign-in/code"), "{}", page.text());
    let page = press(&platform, &mut other, EMAIL, (&puzzle, &solve(&puzzle)), &carried).await;
    assert_eq!(page.status(), 429, "one counts once, whatever it carries");
    // Where nothing is carried, the form for the password comes back with the answer in it.
    let puzzle = page.field("puzzle");
    let solution = solve(&puzzle);
    let form = |solution| [("email", EMAIL), ("puzzle", puzzle.as_str()), ("solution", solution)];
    let page = other.send(&platform, ID, "/slow-down", &form("")).await;
    assert!(page.status() == 429 && page.field("puzzle") == puzzle, "the wait goes on: {}", page.text());
    let page = other.send(&platform, ID, "/slow-down", &form(&solution)).await;
    assert!(page.status() == 200 && page.field("solution") == solution, "{}", page.text());
    assert!(!page.text().contains("data-pow"), "nothing is left to be solved");

    // The browser in which she signed in before is not asked, and nobody who attacks from elsewhere slows it.
    let mut known = signed_in.clone();
    known.jar.get_mut(ID).unwrap().retain(|name, _| name.contains("device"));
    let page = attempt(&platform, &mut known, EMAIL, PASSWORD, ("", "")).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/sign-in/code"), "{}", page.text());
    let page = attempt(&platform, &mut known, "nobody7@example.org", WRONG, ("", "")).await;
    assert_eq!(page.status(), 429, "it is known to one account");
    // A page that said to wait for another reason leads back to the beginning.
    assert_eq!(other.send(&platform, ID, "/slow-down", &[]).await.location(), "/sign-in");

    // Without a script: whoever is too early is told how long, waits that long and no longer, and presses the button, one at a time.
    let mut patient = Browser::default();
    let one = asked(&platform, &mut patient, EMAIL).await.field("puzzle");
    let two = asked(&platform, &mut patient, EMAIL).await.field("puzzle");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let page = attempt(&platform, &mut patient, EMAIL, PASSWORD, (&one, "")).await;
    let carried = page.field("carried");
    let first = left_s(&page);
    assert!(page.status() == 429 && page.field("puzzle") == one && first <= 28, "{first}: {}", page.text());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let page = press(&platform, &mut patient, EMAIL, (&one, ""), &carried).await;
    let second = left_s(&page);
    assert_eq!((page.status(), page.field("puzzle"), page.field("carried")), (429, one.clone(), carried.clone()));
    assert!(second + 2 <= first, "{first} and then {second}: the wait does not begin anew");
    assert!(!page.text().contains("role=\"alert\""), "and nothing is wrong: {}", page.text());
    tokio::time::sleep(Duration::from_secs(second)).await;
    let page = press(&platform, &mut patient, EMAIL, (&one, ""), &carried).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/sign-in/code"), "{}", page.text());
    let page = attempt(&platform, &mut patient, EMAIL, PASSWORD, (&two, "")).await;
    assert!(
        page.status() == 429 && page.field("puzzle") == two,
        "the next one from there waits its turn: {}",
        page.text()
    );
    assert!((25..=30).contains(&left_s(&page)), "{}", left_s(&page));
}

/// The button of the page that says to wait.
async fn press(platform: &Platform, browser: &mut Browser, email: &str, answer: (&str, &str), carried: &str) -> Page {
    let form = [("email", email), ("puzzle", answer.0), ("solution", answer.1), ("carried", carried)];
    browser.send(platform, ID, "/sign-in/password", &form).await
}

/// How long the page says to wait, in its head and on it.
fn left_s(page: &Page) -> u64 {
    let left = page.answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(page.text().contains(&format!("Wait {left} second")), "{}", page.text());
    left
}

/// Pages and scripts in a real browser, also at the speed of a phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_browser_solves_its_puzzle() {
    let platform = Platform::claimed(&Setup::default()).await;
    invited(&platform, "gus@example.org", false).await;
    let id = format!("http://{ID}:{}", platform.port);
    let out = drive("puzzle.mjs", &json!({"id": id, "email": "gus@example.org", "password": PASSWORD}));
    assert_eq!(out.lines().count(), 3, "{out}");
    println!("{out}");
}

/// How likely a value of `a` is larger than one of `b` (the Mann-Whitney statistic, divided by both counts): 0.5 where nothing
/// tells them apart, 1 or 0 where everything does.
fn larger(a: &[Duration], b: &[Duration]) -> f64 {
    let mut sum = 0.0;
    for one in a {
        for other in b {
            sum += if one > other {
                1.0
            } else if one == other {
                0.5
            } else {
                0.0
            };
        }
    }
    sum / (a.len() as f64 * b.len() as f64)
}

#[test]
fn the_statistic_tells_what_it_should() {
    let at = |ms: &[u64]| ms.iter().map(|ms| Duration::from_millis(*ms)).collect::<Vec<_>>();
    assert_eq!(larger(&at(&[1, 2, 3]), &at(&[1, 2, 3])), 0.5);
    assert_eq!(larger(&at(&[4, 5]), &at(&[1, 2, 3])), 1.0);
    assert_eq!(larger(&at(&[1, 9]), &at(&[2, 3, 4, 5])), 0.5);
}

/// Who is tried.
const KNOWN: usize = 0;
const UNKNOWN: usize = 1;
const DISABLED: usize = 2;
const KEYED: usize = 3;
const KINDS: [&str; 4] = ["with a password", "unknown", "disabled", "with a passkey alone"];

/// Kinds of accounts in turn, so that whatever else the machine does weighs on all of them alike.
///
/// With 200 and 200 of them, chance alone moves the statistic by 0.029 (its standard deviation where nothing tells them apart),
/// with 100 and 200 by 0.035; so 0.15 is five and four of those. Without the decoy's hash, an unknown address is answered in a
/// hundredth of the time, and the statistic is 0.
#[tokio::test(flavor = "multi_thread")]
async fn time_does_not_tell_who_has_an_account() {
    const ROUNDS: usize = 200;
    const APART: f64 = 0.15;
    // An account is tried so often from one place before its wait begins.
    const EACH: usize = 5;
    let platform = Platform::claimed(&Setup::default()).await;
    let mut times = vec![Vec::new(); KINDS.len()];
    let mut pages = Vec::new();
    for n in 0..ROUNDS {
        let emails = KINDS.map(|kind| format!("x{}-{}@example.org", n / EACH, kind.replace(' ', "-")));
        if n % EACH == 0 {
            invited(&platform, &emails[KNOWN], false).await;
            invited(&platform, &emails[DISABLED], false).await;
            invited(&platform, &emails[KEYED], true).await;
            let path = format!("/api/v1/people/{}", emails[DISABLED].split('@').next().unwrap());
            let (status, said) = platform.api("PUT", &path, Some(&json!({"disabled": true}))).await;
            assert_eq!(status, 200, "{said}");
        }
        for turn in 0..KINDS.len() {
            // Another order each round: what comes first in one does not always.
            let kind = (turn + n) % KINDS.len();
            if kind >= DISABLED && n % 2 == 1 {
                continue;
            }
            let email = &emails[kind];
            let mut browser = Browser::default();
            let page = asked(&platform, &mut browser, email).await;
            let puzzle = if page.text().contains("data-pow") { page.field("puzzle") } else { String::new() };
            let solution = if puzzle.is_empty() { String::new() } else { solve(&puzzle) };
            // Of somebody who was disabled, the right one.
            let word = if kind == DISABLED { PASSWORD } else { WRONG };
            let began = Instant::now();
            let page = attempt(&platform, &mut browser, email, word, (&puzzle, &solution)).await;
            times[kind].push(began.elapsed());
            assert_eq!(page.status(), 422, "round {n}, {email}: {}", page.text());
            pages.push((email.clone(), plain(&page, email)));
        }
    }
    for kind in [UNKNOWN, DISABLED, KEYED] {
        let found = larger(&times[kind], &times[KNOWN]);
        println!("{}: {found:.3} of {} and {}", KINDS[kind], times[kind].len(), times[KNOWN].len());
        assert!((found - 0.5).abs() < APART, "{} takes another time than a wrong password: {found:.3}", KINDS[kind]);
    }
    // A puzzle is on a page or not by what was tried before, not by whose account it is.
    for with_puzzle in [false, true] {
        let mut alike = pages.iter().filter(|(_, page)| page.2.contains("data-pow") == with_puzzle);
        let (_, first) = alike.next().unwrap();
        alike.for_each(|(email, page)| assert_eq!(page, first, "{email}"));
    }
}

/// Status, headers and body, without what every answer has of its own.
fn plain(page: &Page, email: &str) -> (u16, Vec<String>, String) {
    let mut text = page.text().replace(email, "E-MAIL");
    if text.contains("name=\"puzzle\"") {
        text = text.replace(&page.field("puzzle"), "PUZZLE");
    }
    let mut headers: Vec<String> = page.answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
    headers.retain(|line| !["sf-request", "date", "content-length"].iter().any(|own| line.starts_with(own)));
    headers.sort();
    (page.status(), headers, text)
}

/// Somebody with this address, whose name is what stands before the `@`.
async fn invited(platform: &Platform, email: &str, by_passkey: bool) {
    let (status, made) = platform.api("POST", "/api/v1/invitations", Some(&json!({"email": email}))).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let form = [("secret", secret.as_str()), ("name", email.split('@').next().unwrap())];
    let mut browser = Browser::default();
    if by_passkey {
        let (options, ceremony) = question(platform, &mut browser, "/passkey/options", &form).await;
        let made = Device::new(&format!("http://{ID}:{}", platform.port)).make(&options);
        let form = [&form[..], &[("credential", &made), ("ceremony", &ceremony)]].concat();
        let page = browser.send(platform, ID, "/invitation", &form).await;
        assert_eq!(page.status(), 200, "{}", page.text());
    } else {
        let form = [&form[..], &[("new_password", PASSWORD)]].concat();
        let page = browser.send(platform, ID, "/invitation", &form).await;
        assert_eq!(page.status(), 303, "{}", page.text());
    }
}
