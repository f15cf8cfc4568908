//! The words of mails. Plain text, so that a mail has no picture that tells who read it, and a link is what it says it is.
//!
//! SECURITY: nothing that a stranger typed stands in a mail. Else anybody could have us send their words to anybody.
use gateway::{Letter, Names, Post};
use serde::{Deserialize, Serialize};
use types::UnixMillis;

/// Subject and text, as they are sealed and kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) text: String,
}

/// How long something lasts, in the largest unit that says it well.
fn span(from: UnixMillis, to: UnixMillis) -> String {
    let minutes = to.0.saturating_sub(from.0).div_ceil(60_000);
    let (count, unit) = match minutes {
        0..120 => (minutes, "minute"),
        120..2_880 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A name of one of our people: one line, whatever it holds.
fn line(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect()
}

/// Writes the mail.
pub(super) fn write(post: &Post, names: &Names, now: UnixMillis) -> Words {
    let host = names.id.as_str();
    let left = span(now, post.expires_at);
    let once = |link: &str| format!("{link}\n\nThe link works once, for {left}.");
    let (subject, body) = match &post.letter {
        Letter::Invitation { inviter, app, link } => {
            let to = app.as_ref().map_or_else(|| host.to_owned(), |app| format!("{app} on {host}"));
            let by = inviter.as_deref().map_or_else(|| "The operator".to_owned(), line);
            let subject = format!("You are invited to {to}");
            (subject, format!("{by} invited you to {to}. Accept it here:\n\n{}", once(link.reveal())))
        }
        Letter::SignUp { link } => (
            format!("Finish your account on {host}"),
            format!(
                "Somebody, probably you, wants an account on {host} for this address. Go on here:\n\n{}",
                once(link.reveal())
            ),
        ),
        Letter::HasAccount => (
            format!("You have an account on {host}"),
            format!(
                "Somebody, probably you, wanted a new account on {host} for this address. There is one already. Sign in here, and if you forgot your password, choose a new one there:\n\n{}/sign-in",
                names.id_url()
            ),
        ),
        Letter::IsInvited => (
            format!("You are invited to {host}"),
            format!(
                "Somebody, probably you, wanted a new account on {host} for this address. You have been invited already: use the link of that invitation, or ask whoever invited you for a new one."
            ),
        ),
        Letter::Reset { link } => (
            format!("Choose a new password for {host}"),
            format!(
                "Somebody, probably you, asked for a new password on {host}. Choose it here:\n\n{}\nYour passkeys and your authenticator app stay as they are. All your devices will have to sign in again.",
                once(link.reveal())
            ),
        ),
        Letter::NoPassword => (
            format!("Your account on {host} has no password"),
            format!(
                "Somebody, probably you, asked for a new password on {host}. Your account has none: sign in with your passkey. If you lost it, choose \"Lost your passkey?\" there and use one of your recovery codes:\n\n{}/sign-in",
                names.id_url()
            ),
        ),
        Letter::VerifyEmail { link } => (
            format!("Verify your address for {host}"),
            format!(
                "Open this in the browser where you are signed in to {host}, to show that this address is yours:\n\n{}",
                once(link.reveal())
            ),
        ),
        Letter::PasswordReset => (
            format!("Your password on {host} was replaced"),
            format!(
                "Your password on {host} was just replaced, by a link that was sent to this address or handed over by whoever runs the platform. All your devices have to sign in again.\n\nIf that was not you, ask for a new password at once, and tell whoever runs the platform:\n\n{}/forgot-password",
                names.id_url()
            ),
        ),
        Letter::Test => (
            format!("A test of {host}"),
            format!("Somebody who looks after {host} wanted to see whether its mails arrive. This one did."),
        ),
    };
    let foot = match &post.letter {
        Letter::PasswordReset | Letter::Test => "",
        _ => "If you do not know what this is about, ignore it. Nothing happens.\n\n",
    };
    let text = format!("{body}\n\n{foot}-- \nSent by a program at {host}. Nobody reads answers to it.\n");
    Words { subject, text }
}

#[cfg(test)]
mod tests {
    use types::{AppName, Secret};

    use super::*;

    #[test]
    fn every_letter_names_the_platform_and_its_link_once() {
        let names = Names {
            scheme: "https",
            apps_domain: "apps.example.org".into(),
            console: "console.apps.example.org".into(),
            id: "id.apps.example.org".into(),
            port: None,
        };
        let link = || Secret::new(format!("https://id.apps.example.org/x?secret={}", "s".repeat(43)));
        let letters = [
            Letter::Invitation {
                inviter: Some(format!("Ada\r\nBcc: x@y.example\u{1b}{}", "x".repeat(200)).into()),
                app: AppName::parse("coffee").ok(),
                link: link(),
            },
            Letter::Invitation { inviter: None, app: None, link: link() },
            Letter::SignUp { link: link() },
            Letter::HasAccount,
            Letter::IsInvited,
            Letter::Reset { link: link() },
            Letter::NoPassword,
            Letter::VerifyEmail { link: link() },
            Letter::PasswordReset,
            Letter::Test,
        ];
        let mut kinds = std::collections::HashSet::new();
        for letter in letters {
            let holds = matches!(
                letter,
                Letter::Invitation { .. } | Letter::SignUp { .. } | Letter::Reset { .. } | Letter::VerifyEmail { .. }
            );
            kinds.insert(letter.kind());
            let post = Post { to: "a@b.example".into(), person: None, letter, expires_at: UnixMillis(1_800_000) };
            let Words { subject, text } = write(&post, &names, UnixMillis(0));
            assert!(subject.contains("apps.example.org") && !subject.contains(['\r', '\n']), "{subject}");
            assert!(!text.contains(['\r', '\u{1b}']) && !text.contains("\nBcc"), "{text}");
            assert_eq!(text.matches("?secret=").count(), usize::from(holds), "{text}");
            assert_eq!(text.contains("for 30 minutes"), holds, "{text}");
            let sealed = serde_json::to_vec(&Words { subject, text }).unwrap();
            assert!(sealed.len() < 3_000, "the keeper seals 4 KiB");
        }
        assert_eq!(kinds.len(), 9);
    }

    #[test]
    fn spans_read_well() {
        let from = UnixMillis(5);
        for (seconds, words) in
            [(30, "1 minute"), (1_800, "30 minutes"), (3_600, "60 minutes"), (86_400, "24 hours"), (604_800, "7 days")]
        {
            assert_eq!(span(from, from.plus_seconds(seconds)), words);
        }
    }
}
