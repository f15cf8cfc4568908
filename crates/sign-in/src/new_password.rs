//! A password that somebody chooses: long enough, on no list of passwords that got out, and not made of what everybody, or whoever
//! knows them, would try first.
//!
//! NIST SP 800-63B-4 section 3.1.1.2 asks for exactly that: a length, a list, words of the context; no rules of composition.
//!
//! SECURITY: judged here, in the process that reads the form, and not in the keeper, which holds the keys and has no business with
//! word lists and expressions over hostile text. The keeper judges the length again, whoever asks. A password that could not be
//! judged is not set.
//! If this is wrong: passwords are set that the first thousand guesses find.
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use gateway::{Names, VaultError};
use pages::{Fault, PasswordRules, Shown};
use store::StoreError;
use types::Secret;
use zxcvbn::{
    Entropy,
    matching::{Match, patterns::MatchPattern},
    zxcvbn,
};

use crate::{ask::Ask, service::Shared};

/// Guesses that a password must be good for, as a power of ten. Somebody who has the store and the pepper makes some ten a second
/// and processor: with a hundred processors, this is four months for one account.
const GUESSES_LOG10_MIN: f64 = 10.0;
/// What is looked at in one piece. The cost grows faster than the length: of characters that may each stand for several letters,
/// 32 take some 0.2 s of a processor, and 64 take 0.7. And no row of keys of this length has the library count beyond 64 bits. Of a
/// longer password, both ends are judged, and the better one counts.
const PIECE_CHARS: usize = 24;
/// Words of the context that are looked for, and how long each may be.
const WORDS_MAX: usize = 64;
const WORD_CHARS_MAX: usize = 64;
/// Shorter ones are in many good passwords.
const WORD_CHARS_MIN: usize = 3;
/// Characters that a password has beside words of the context.
const REST_CHARS_MIN: usize = 8;
/// Apps whose names are looked for.
const APPS_MAX: usize = 40;

/// Whose password it will be.
pub(crate) struct About<'a> {
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
}

/// The hash of a new password, or what is wrong with it.
pub(crate) async fn hash(
    shared: &Shared,
    ask: &Ask,
    typed: &str,
    about: About<'_>,
) -> Result<Result<Arc<str>, Fault>, VaultError> {
    if let Err(fault) = length(typed) {
        return Ok(Err(fault));
    }
    let password = Secret::new(typed.to_owned());
    if shared.ports.breach_list.knows(&password) {
        return Ok(Err(Fault::PasswordBreached));
    }
    let words = words(shared, ask, &about).await.map_err(|e| VaultError::Failed(e.to_string()))?;
    if let Some(weak) = judged(shared, password.clone(), words).await? {
        return Ok(Err(weak.fault()));
    }
    let characters = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    match shared.ports.vault.hash(password).await {
        Ok(hash) => Ok(Ok(hash)),
        Err(VaultError::TooShort { chars_min }) => Ok(Err(Fault::PasswordTooShort(characters(chars_min)))),
        Err(VaultError::TooLong { chars_max }) => Ok(Err(Fault::PasswordTooLong(characters(chars_max)))),
        Err(other) => Err(other),
    }
}

/// As the keeper has it, but for what normalising changes: only so that the length is the first thing to be said.
fn length(typed: &str) -> Result<(), Fault> {
    let PasswordRules { characters_min, characters_max } = PasswordRules::default();
    match typed.chars().take(4 * usize::from(characters_max)).count() {
        count if count < usize::from(characters_min) => Err(Fault::PasswordTooShort(characters_min)),
        // Composed letters may become fewer.
        count if count >= 4 * usize::from(characters_max) => Err(Fault::PasswordTooLong(characters_max)),
        _ => Ok(()),
    }
}

/// What makes a password easy to guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Weak {
    /// A word of a list, or of the context.
    Word(String),
    /// A repetition, a row of keys, a date, a count.
    Pattern,
}

impl Weak {
    fn fault(self) -> Fault {
        match self {
            Self::Word(word) => Fault::PasswordGuessable(Shown::from(word)),
            Self::Pattern => Fault::PasswordPattern,
        }
    }
}

/// Judges beside the request path, one password at a time: whoever sends the costliest ones takes one core, once.
async fn judged(shared: &Shared, password: Secret, words: Vec<String>) -> Result<Option<Weak>, VaultError> {
    let closed = |_| VaultError::Failed("the room is closed".to_owned());
    let _one = shared.judging.acquire().await.map_err(closed)?;
    let judging = tokio::task::spawn_blocking(move || weakness(password.reveal(), &words));
    judging.await.map_err(|e| VaultError::Failed(format!("a new password could not be judged: {e}")))
}

/// The words that whoever knows the person or the platform tries: its name and hosts, the apps, the person's name and address.
async fn words(shared: &Shared, ask: &Ask, about: &About<'_>) -> Result<Vec<String>, StoreError> {
    let mut apps: Vec<String> = ask.trip.iter().filter_map(|trip| trip.request()).map(|r| r.app.to_string()).collect();
    apps.extend(shared.ports.store.apps().await?.into_iter().take(APPS_MAX).map(|app| app.name.to_string()));
    Ok(context(&shared.ports.names, about, &apps))
}

fn context(names: &Names, about: &About<'_>, apps: &[String]) -> Vec<String> {
    let whole: [&str; 6] = [about.email, about.name, "serviceful", &names.id, &names.console, &names.apps_domain];
    let mut words: Vec<String> = Vec::new();
    let mut add = |word: &str| {
        let word: String = word.chars().take(WORD_CHARS_MAX).flat_map(char::to_lowercase).collect();
        if word.chars().count() >= WORD_CHARS_MIN && words.len() < WORDS_MAX && !words.contains(&word) {
            words.push(word);
        }
    };
    for text in whole {
        add(text);
        // `Ada Lovelace` is also `adalovelace`, `ada.lovelace@mail.example` also `ada.lovelace` and `lovelace`.
        add(&text.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
        text.split('@').for_each(&mut add);
        text.split(|c: char| !c.is_alphanumeric()).for_each(&mut add);
    }
    apps.iter().for_each(|app| add(app));
    words
}

/// The longest word of the context in a password that is hardly anything else, at any length.
fn hardly_more_than_context(password: &str, words: &[String]) -> Option<Weak> {
    let mut longest_first: Vec<&String> = words.iter().collect();
    longest_first.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let (mut rest, mut found) = (password.to_lowercase(), None);
    for word in longest_first {
        if rest.contains(word.as_str()) {
            rest = rest.replace(word.as_str(), "");
            found.get_or_insert(word);
        }
    }
    found.filter(|_| rest.chars().count() < REST_CHARS_MIN).map(|word| Weak::Word(word.clone()))
}

/// Whether the password is too easy to guess, and by what.
pub(crate) fn weakness(password: &str, words: &[String]) -> Option<Weak> {
    if let Some(weak) = hardly_more_than_context(password, words) {
        return Some(weak);
    }
    let characters: Vec<char> = password.chars().collect();
    let (first, last) = (
        characters.iter().take(PIECE_CHARS).collect::<String>(),
        characters.iter().skip(characters.len().saturating_sub(PIECE_CHARS)).collect::<String>(),
    );
    let inputs: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(judged) = estimated(&first, &inputs) else { return Some(Weak::Pattern) };
    if judged.guesses_log10() >= GUESSES_LOG10_MIN {
        return None;
    }
    if characters.len() > PIECE_CHARS
        && estimated(&last, &inputs).is_some_and(|judged| judged.guesses_log10() >= GUESSES_LOG10_MIN)
    {
        return None;
    }
    let mut found = Vec::new();
    judged.sequence().iter().for_each(|one| found_words(one, &mut found));
    let ours = found.iter().find(|word| words.contains(word));
    // The first of the longest; of a word and a number, the word.
    let weight = |word: &&String| (word.chars().any(char::is_alphabetic), word.chars().count());
    let longest = found.iter().rev().max_by_key(weight);
    let word = ours.or(longest).filter(|word| word.chars().count() >= WORD_CHARS_MIN);
    Some(word.map_or(Weak::Pattern, |word| Weak::Word(word.clone())))
}

/// What the library says; `None` where its numbers run over, which this build turns into a panic: that of a row of keys, say.
/// SECURITY: what could not be judged is weak.
fn estimated(piece: &str, inputs: &[&str]) -> Option<Entropy> {
    catch_unwind(AssertUnwindSafe(|| zxcvbn(piece, inputs))).ok()
}

/// The words in a part of a password, as the lists have them; also of one that is repeated.
fn found_words(part: &Match, found: &mut Vec<String>) {
    match &part.pattern {
        MatchPattern::Dictionary(word) => found.push(word.matched_word.clone()),
        MatchPattern::Repeat(repeated) => repeated.base_matches.iter().for_each(|one| found_words(one, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Vec<String> {
        let names = Names {
            scheme: "https",
            apps_domain: "apps.tomatoworks.example".into(),
            console: "console.tomatoworks.example".into(),
            id: "id.tomatoworks.example".into(),
            port: None,
        };
        let about = About { email: "ada.quillfeather@mail.example", name: "Ada Quillfeather-Lovelace" };
        context(&names, &about, &["espressobar".to_owned()])
    }

    #[test]
    fn words_of_the_context_are_found_however_they_are_written() {
        let words = words();
        for wanted in ["serviceful", "tomatoworks", "ada", "quillfeather", "adaquillfeatherlovelace", "espressobar"] {
            assert!(words.iter().any(|word| word == wanted), "{wanted}: {words:?}");
        }
        for (bad, by) in [
            ("serviceful serviceful", "serviceful"),
            ("Serviceful2026!!", "serviceful"),
            ("s3rv1c3ful-s3rv1c3ful", "serviceful"),
            ("lufecivreslufecivres", "serviceful"),
            ("quillfeather1234", "quillfeather"),
            ("ada.quillfeather", "ada.quillfeather"),
            ("ada.quillfeather@mail.example", "ada.quillfeather@mail.example"),
            ("tomatoworks1999", "tomatoworks"),
            ("EspressoBar12345", "espressobar"),
        ] {
            assert_eq!(weakness(bad, &words), Some(Weak::Word(by.to_owned())), "{bad}");
        }
        let nobody = context(
            &Names { scheme: "http", apps_domain: "a.b".into(), console: "c.b".into(), id: "d.b".into(), port: None },
            &About { email: "", name: "" },
            &[],
        );
        assert_eq!(weakness("quillfeather tomatoworks", &nobody), None, "words of nobody here are words like others");
    }

    #[test]
    fn what_everybody_tries_is_too_easy_and_phrases_are_not() {
        for (bad, by) in
            [("passwordpassword", "password"), ("password12345678", "password"), ("iloveyouiloveyou", "iloveyou")]
        {
            assert_eq!(weakness(bad, &[]), Some(Weak::Word(by.to_owned())), "{bad}");
        }
        for bad in ["aaaaaaaaaaaaaaaaaaaa", "abcdefghijklmnopqrstuvwxyz", "abcabcabcabcabcabc", "20262026202620262026"]
        {
            assert_eq!(weakness(bad, &[]), Some(Weak::Pattern), "{bad}");
        }
        for bad in ["qwertyuiopasdfgh", "1234567890123456", "11111111111111111111111111111111111111111111"] {
            assert!(weakness(bad, &[]).is_some(), "{bad}");
        }
        for good in [
            "correct horse battery staple",
            "pqV7 tuesday marmalade",
            "\u{1f511} drei kleine gr\u{fc}ne Fr\u{f6}sche",
            "xkqzjwvyhfpmntb",
        ] {
            assert_eq!(weakness(good, &words()), None, "{good}");
        }
    }

    /// Rows of keys so long that the library's numbers run over when it gets them whole.
    #[test]
    fn rows_of_keys_are_refused_and_end_nothing() {
        let row = "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p".repeat(4);
        for length in [15, 24, 40, 64, 128] {
            let text: String = row.chars().take(length).collect();
            let _ = weakness(&text, &[]);
        }
        for turn in ["1/", "7/", "5*", "qa", "az", "0.", "4-"] {
            assert!(weakness(&turn.repeat(64), &[]).is_some(), "{turn}");
        }
    }

    #[test]
    fn of_a_long_one_the_better_end_counts() {
        let weak = "a".repeat(100);
        assert_eq!(weakness(&weak, &[]), Some(Weak::Pattern));
        assert_eq!(weakness(&format!("{weak}pqV7 tuesday marmalade"), &[]), None);
        assert_eq!(weakness(&format!("pqV7 tuesday marmalade{weak}"), &[]), None);
    }

    #[test]
    fn the_length_is_said_first() {
        assert_eq!(length("fourteen chars"), Err(Fault::PasswordTooShort(15)));
        assert_eq!(length(""), Err(Fault::PasswordTooShort(15)));
        assert_eq!(length(&"x".repeat(100_000)), Err(Fault::PasswordTooLong(128)));
        assert_eq!(length("fifteen letters"), Ok(()));
    }

    /// The costliest texts that are known, of the greatest length, with as many words as there may be. CPU time of this thread, so
    /// that other work of the machine counts little.
    #[test]
    fn no_text_costs_without_bound() {
        let words: Vec<String> = (0..WORDS_MAX).map(|n| format!("{n}{}", "word".repeat(15))).collect();
        let cpu_ms = || {
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000_000
        };
        // The word lists are read once.
        let _ = weakness("once", &words);
        for text in hostile() {
            let began = cpu_ms();
            let _ = weakness(&text, &words);
            let took = cpu_ms() - began;
            assert!(took < 1_000, "{took} ms for {text}");
        }
    }

    fn hostile() -> Vec<String> {
        let cut = |text: String| text.chars().take(128).collect::<String>();
        let all = [
            "4@8({[<3691!|70$5+%2",
            "a",
            "ab",
            "password",
            "p@$$w0rd",
            "1",
            "12",
            "1/1/",
            "2026",
            "qwerty",
            "aA",
            "zxcvbn1!",
        ];
        let mut texts: Vec<String> = all.iter().map(|part| cut(part.repeat(128))).collect();
        texts.push(cut("abcdefghijklmnopqrstuvwxyz0123456789".chars().rev().collect::<String>().repeat(4)));
        texts.push(cut((0..64).map(|n| format!("{}{}", (b'a' + n % 26) as char, n % 10)).collect()));
        texts.push("\u{1f511}".repeat(128));
        texts
    }
}
