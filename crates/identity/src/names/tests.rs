use super::*;

fn refused(name: &str) -> String {
    match check_display("the name", name) {
        Err(CredentialFailure::Unfit { what: "the name", why }) => why,
        other => panic!("{name:?}: {other:?}"),
    }
}

#[test]
fn people_have_all_kinds_of_names() {
    let longest = "\u{4e2d}".repeat(80);
    for name in [
        "A",
        "Ana María",
        "O'Brien",
        "Zoë",
        "王小明",
        "Владимир",
        "محمد",
        "दीपक",
        "J. R. \"Bob\" Dobbs",
        "<b>x</b>",
        "n\u{303}",
        &longest,
    ] {
        assert!(check_display("the name", name).is_ok(), "{name}");
    }
}

#[test]
fn hostile_names_are_refused_and_the_character_is_named() {
    for (name, part) in [
        ("", "1 to 80"),
        (&*"a".repeat(81), "1 to 80"),
        (&*"\u{1F600}".repeat(81), "1 to 80"),
        (&*"a".repeat(1 << 20), "1 to 80"),
        (" a", "spaces"),
        ("a ", "spaces"),
        (" ", "spaces"),
        ("a  b", "spaces"),
        ("a\nowner: yes", "U+000A"),
        ("a\r", "U+000D"),
        ("a\tb", "U+0009"),
        ("a\0b", "U+0000"),
        ("\u{1b}[2Jroot", "U+001B"),
        ("\u{9b}31m", "U+009B"),
        ("a\u{7f}", "U+007F"),
        ("a\u{a0}b", "U+00A0"),
        ("a\u{3000}b", "U+3000"),
        ("a\u{2028}b", "U+2028"),
        ("admin\u{202e}gpj", "U+202E"),
        ("a\u{2066}b", "U+2066"),
        ("a\u{200f}b", "U+200F"),
        ("a\u{61c}b", "U+061C"),
        ("ad\u{200b}min", "U+200B"),
        ("ad\u{2060}min", "U+2060"),
        ("ad\u{ad}min", "U+00AD"),
        ("\u{feff}admin", "U+FEFF"),
        ("\u{3164}", "U+3164"),
        ("\u{2800}", "U+2800"),
        ("\u{ffa0}", "U+FFA0"),
        ("a\u{fe0f}", "U+FE0F"),
        ("a\u{e0041}", "U+E0041"),
        ("a\u{e000}", "U+E000"),
        ("a\u{fffd}", "U+FFFD"),
        ("a\u{ffff}", "U+FFFF"),
        ("a\u{1fffe}", "U+1FFFE"),
    ] {
        let why = refused(name);
        assert!(why.contains(part), "{name:?}: {why}");
        assert!(why.chars().all(is_visible), "the hostile text is not repeated: {why:?}");
    }
}

#[test]
fn accounts_are_named_as_in_manifests() {
    for good in ["ci", "night-shift", "a1"] {
        assert!(check_account(good).is_ok(), "{good}");
    }
    for bad in ["", "CI", "night shift", "a--b", "-a", "ci\u{200b}", "сi", &"a".repeat(61)] {
        assert!(matches!(check_account(bad), Err(CredentialFailure::Unfit { .. })), "{bad}");
    }
}

#[test]
fn names_that_pass_for_each_other_are_told() {
    for (one, other) in [
        ("Ada Lovelace", "ada lovelace"),
        ("Ada Lovelace", "AdaLovelace"),
        ("Ada Lovelace", "\u{410}d\u{430} Lovelace"),
        ("Ada Lovelace", "Ada Love1ace"),
        ("Ada Lovelace", "Ada L\u{3bf}velace"),
        ("paypal", "paypaI"),
        ("Ada", "A.d-a"),
        ("Ana Mar\u{ed}a", "Ana Mari\u{301}a"),
    ] {
        assert!(alike(one, other) && alike(other, one), "{one} / {other}: {:?} {:?}", glance(one), glance(other));
    }
    for (one, other) in [
        ("Ada", "Adam"),
        ("\u{738b}\u{5c0f}\u{660e}", "\u{674e}\u{5c0f}\u{660e}"),
        ("Bob", "Rob"),
        ("\u{2615}", "\u{2764}"),
    ] {
        assert!(!alike(one, other), "{one} / {other}");
    }
    assert!(alike("\u{2615}", "\u{2615}"));
}
