//! Files that want to overrun the stack, the memory, or the patience of the front process.
use gateway::PolicyPort;

use super::*;
use crate::{
    POLICIES_MAX, TEXT_BYTES_MAX,
    shape::{DEPTH_MAX, RULE_TOKENS_MAX},
};

/// Checks on a stack as small as any of ours, in whatever profile the tests run.
fn check(text: String) -> Result<(), String> {
    let work = move || policy().check(&app("coffee"), &text, None).map_err(|e| e.message);
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).unwrap().join().unwrap()
}

fn rule(condition: &str) -> String {
    format!(
        "permit (principal, action == Sf::Action::\"invoke\", resource in Sf::App::\"coffee\") when {{ {condition} }};\n"
    )
}

#[test]
fn bombs_are_refused_before_the_parser_sees_them() {
    let fill = |piece: &str| piece.repeat((TEXT_BYTES_MAX - 200) / piece.len());
    for (bomb, says) in [
        (rule(&fill("(")), "nested more than"),
        (rule(&fill("[")), "nested more than"),
        (rule(&fill("{a:")), "nested more than"),
        (rule(&fill("if true then (")), "nested more than"),
        (rule(&fill("if true then true else ")), "nested more than"),
        (rule(&fill("true.a(")), "nested more than"),
        (rule(&fill("!")), "longer than"),
        (rule(&fill("-")), "longer than"),
        (rule(&fill("!(")), "nested more than"),
        (rule(&format!("{}true", fill("true && "))), "longer than"),
        (rule(&format!("{}1 == 1", fill("1+"))), "longer than"),
        (rule(&format!("principal{}", fill(".a"))), "longer than"),
        (rule(&format!("[{}1].isEmpty()", fill("1,"))), "longer than"),
        (fill("@a(\"b\")"), "longer than"),
        (fill("::"), "longer than"),
        (fill(";"), "more than 200 rules"),
        // A string or comment that looks closed to one reader and open to another.
        (rule(&format!("\"\\\\\" {}", fill("("))), "nested more than"),
        (rule(&format!("\"\\\"; // \" {}", fill("("))), "nested more than"),
        (rule(&format!("// \" \r {}", fill("("))), "nested more than"),
        (rule(&format!("/ / {}", fill("("))), "nested more than"),
    ] {
        let message = check(bomb).expect_err(says);
        assert!(message.contains(says) && message.starts_with("line "), "{says}: {message}");
    }
    let many = rule("true").repeat(POLICIES_MAX + 1);
    assert!(many.len() < TEXT_BYTES_MAX);
    assert!(check(many).unwrap_err().contains("more than 200 rules"));
    assert!(check(" ".repeat(TEXT_BYTES_MAX + 1)).unwrap_err().contains("65536"));
}

/// What is just within the bounds goes through parser, type checker and evaluator on a small stack.
#[test]
fn the_largest_allowed_rules_fit_the_stack() {
    let deep = DEPTH_MAX - 1;
    let ifs = "if context.method == \"GET\" then true else ".repeat(deep) + "true";
    let brackets = format!("{}context.method == \"GET\"{}", "(".repeat(deep), ")".repeat(deep));
    // Left-nested chains are as deep as they are long.
    let tokens = RULE_TOKENS_MAX - 40;
    let sum = format!("{}1 == 7", "1 + ".repeat((tokens - 4) / 2));
    let and = format!("{}context.method == \"X\"", "true && ".repeat((tokens - 8) / 3));
    let or = format!("{}context.method == \"X\"", "context.method == \"X\" || ".repeat(tokens / 8 - 2));
    let set = format!("[{}\"x\"].contains(context.method)", "\"x\",".repeat(tokens / 2 - 10));
    let mixed = [ifs, brackets, sum, and, or, set];
    for condition in &mixed {
        assert_eq!(check(rule(condition)), Ok(()), "{}", condition.chars().take(60).collect::<String>());
    }
    let text: String = mixed.iter().map(|condition| rule(condition)).collect();
    let work = move || {
        let policy = coffee(Some(&text));
        word(&call(&policy, &Caller::Person(person("ned", 6)), &five()[2]))
    };
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    assert_eq!(small.spawn(work).unwrap().join().unwrap(), "allow");
}

#[test]
fn a_file_full_of_rules_is_checked_in_reasonable_time() {
    let plain = rule("context.method == \"GET\" && principal in resource.members || context.path == \"/abc\"");
    let pattern = rule("context.method == \"GET\" && principal in resource.members || context.path like \"/a*b*c*\"");
    let full = pattern.repeat(crate::shape::LIKES_MAX) + &plain.repeat(POLICIES_MAX - crate::shape::LIKES_MAX);
    assert!(full.len() <= TEXT_BYTES_MAX, "{}", full.len());
    assert_eq!(check(full), Ok(()));
}

/// A seeded generator (xorshift64), so that a failure can be repeated.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides.max(1)
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

#[test]
fn mutations_never_panic() {
    let policy = policy();
    let base: Vec<char> = (rule("context.path like \"/a*\" && principal is Sf::User && principal.owner")
        + "@id(\"x\") forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/menu\");")
        .chars()
        .collect();
    let alphabet: Vec<char> = "(){}[]\"\\;:,.=!<&|@?+-*/ \n0aZé\u{0}\u{202e}".chars().collect();
    let mut dice = Dice(0x0dd5_0dd5);
    for _ in 0..3_000 {
        let mut chars = base.clone();
        for _ in 0..=dice.roll(5) {
            let at = dice.roll(chars.len());
            match dice.roll(3) {
                0 => drop(chars.remove(at)),
                1 => chars.insert(at, *dice.pick(&alphabet)),
                _ => chars[at] = *dice.pick(&alphabet),
            }
        }
        let text: String = chars.into_iter().collect();
        if let Err(problem) = policy.check(&app("coffee"), &text, None) {
            assert!(!problem.message.chars().any(char::is_control), "{:?}", problem.message);
            assert!(problem.message.len() < 4_096);
        }
    }
}
