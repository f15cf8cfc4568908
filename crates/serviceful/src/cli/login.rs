//! `login`: the command line signs in as a person, through their browser.
use std::{
    io::{BufRead, IsTerminal, Write},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use client::{Address, Attempt, Brought, ClientError, Loopback, ProofKey, SignIn, Wanted};
use serde_json::json;
use types::{CredentialId, Rng, Secret, UnixMillis};

use super::{
    credentials::{Login, Stored},
    desk::Desk,
    failure::{Exit, Failure},
    holder::Held,
    text,
};

/// As long as the platform keeps the request open.
const PATIENCE: Duration = Duration::from_secs(600);
/// Longer than any code.
const CODE_BYTES_MAX: u64 = 200;

/// Arguments of `login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The browser is on another computer: it shows a code, which is typed here
    #[arg(long)]
    paste: bool,
    /// Only print the link; open no browser
    #[arg(long)]
    no_browser: bool,
}

pub(super) async fn run(desk: &Desk, args: LoginArgs) -> Result<Exit, Failure> {
    let console = desk.target()?.console;
    let keyring = desk.keyring()?;
    // A file that cannot be used is found before anybody is asked for anything.
    let former = keyring.find(&console)?;
    let address: Address = console.parse().map_err(|e: client::AddressError| Failure::usage(e.to_string()))?;
    let (clock, rng) = (desk.clock(), desk.rng());
    let sign_in = SignIn::of(&address).await?;
    let (key, key_text) = ProofKey::fresh(clock.clone(), rng.clone())?;
    let (attempt, code) = if args.paste {
        by_hand(desk, &sign_in, &key, &rng).await?
    } else {
        by_browser(desk, &sign_in, &key, &rng, !args.no_browser).await?
    };
    let tokens = sign_in.exchange(&key, &attempt, &code).await?;
    let access_until = clock.now().plus_seconds(tokens.access_s);
    let login = Login::new(&key_text, &tokens.refresh(), access_until);
    let who = tokens.person.clone().ok_or_else(|| Failure::new("the platform does not say who signed in"))?;
    let (person, name, credential, expires_at) = (who.id, who.name, tokens.login, UnixMillis(tokens.login_expires_at));
    let token = tokens.access().reveal().to_owned();
    let stored = Stored::new(person, name.clone(), credential, token, expires_at).with(&tokens.access(), login);
    if let Err(failure) = keyring.put(&console, stored) {
        // Nobody could use it, and nobody would see why it is on the list.
        let once = Once { token: tokens.access(), key };
        let _over_by_itself = client::Client::of_login(address, Arc::new(once)).revoke_token(credential).await;
        return Err(failure);
    }
    if let Some(former) = former {
        forget(desk, &address, &console, former).await;
    }
    let value = json!({ "console": console, "person": person, "name": name, "credential": credential, "expires_at": expires_at, "kept": keyring.path().display().to_string() });
    desk.out.answer(&value, |out, _| {
        out.line(&format!("signed in to {console} as {} ({person})", text::plain(&name)))?;
        let end = text::until(desk.now(), expires_at);
        out.note(&format!("the login is in `{}`, bound to a key there, and ends {end}", keyring.path().display()));
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// Waits at a port of this computer.
async fn by_browser(
    desk: &Desk,
    sign_in: &SignIn,
    key: &ProofKey,
    rng: &Arc<dyn Rng>,
    open: bool,
) -> Result<(Attempt, String), Failure> {
    let closed = |e: std::io::Error| {
        Failure::new(format!("no port of this computer can be opened: {e}")).next("try `serviceful login --paste`")
    };
    let loopback = Loopback::open().await.map_err(closed)?;
    let attempt = sign_in.begin(key, Some(&loopback.redirect()), &computer(), rng).await?;
    invite(desk, &attempt);
    if open {
        open_browser(&attempt.link);
    }
    desk.out.note("waiting for the browser; press Ctrl-C to give up");
    let wanted = Wanted {
        state: attempt.state.clone(),
        issuer: sign_in.issuer.clone(),
        done: format!("{}/cli/done", sign_in.issuer),
    };
    let late = |_| Failure::new("nobody answered within ten minutes").next("run `serviceful login` again");
    match tokio::time::timeout(PATIENCE, loopback.answer(wanted)).await.map_err(late)?? {
        Brought::Code(code) => Ok((attempt, code)),
        Brought::Error(word) => {
            let what = format!("it was refused in the browser ({})", text::plain(&word));
            Err(Failure::new(what).exit(Exit::Refused))
        }
    }
}

/// Waits for somebody to type what the browser shows.
async fn by_hand(
    desk: &Desk,
    sign_in: &SignIn,
    key: &ProofKey,
    rng: &Arc<dyn Rng>,
) -> Result<(Attempt, String), Failure> {
    let attempt = sign_in.begin(key, None, &computer(), rng).await?;
    invite(desk, &attempt);
    if std::io::stdin().is_terminal() {
        let mut out = std::io::stderr().lock();
        let _unread = out.write_all(b"Code: ").and_then(|()| out.flush());
    }
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        let mut input = std::io::Read::take(std::io::stdin().lock(), CODE_BYTES_MAX);
        input.read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(std::io::Error::other).and_then(|line| line);
    let line = line.map_err(|e| Failure::new(format!("the code cannot be read: {e}")))?;
    // However it was typed: the letters count.
    let code: String = line.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    if code.is_empty() {
        return Err(Failure::usage("no code was typed").next("run `serviceful login --paste` again"));
    }
    Ok((attempt, code))
}

fn invite(desk: &Desk, attempt: &Attempt) {
    desk.out.note("open this in a browser, and go on only if it shows the same code:");
    desk.out.note(&format!("\n  {}\n\n  {}\n", attempt.link, attempt.comparison));
}

/// What this computer calls itself.
fn computer() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Best effort: the link is on the screen.
#[expect(clippy::disallowed_methods, reason = "the person's own browser, on their own computer")]
fn open_browser(link: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let null = std::process::Stdio::null;
    let _unopened = std::process::Command::new(program).arg(link).stdin(null()).stdout(null()).stderr(null()).spawn();
}

/// A token that was given out just now.
struct Once {
    token: Secret,
    key: ProofKey,
}

impl client::Holder for Once {
    fn access(&self) -> std::pin::Pin<Box<dyn Future<Output = Result<client::Bound, ClientError>> + Send + '_>> {
        let bound = client::Bound { token: self.token.clone(), key: self.key.clone() };
        Box::pin(std::future::ready(Ok(bound)))
    }
}

/// Ends the credential that the login took the place of. It may be over, or another's to end: then it ends by itself.
async fn forget(desk: &Desk, address: &Address, console: &str, former: Stored) {
    let id: CredentialId = former.credential;
    let held = Held {
        keyring: match desk.keyring() {
            Ok(keyring) => keyring.clone(),
            Err(_) => return,
        },
        console: console.to_owned(),
        clock: desk.clock(),
        rng: desk.rng(),
    };
    let client = client::Client::of_login(address.clone(), Arc::new(held));
    if client.revoke_token(id).await.is_err() {
        desk.out
            .note(&format!("the former credential {id} is another's; revoke it with `serviceful token revoke {id}`"));
    }
}
