//! `claim`: the one-time link that makes an owner.
use clap::Args;
use client::{Address, Client};
use control_api::{Claim, ClaimIssued, ClaimLink};
use serde_json::json;

use super::{
    credentials::Stored,
    desk::Desk,
    failure::{Exit, Failure},
    place, text,
};

/// Arguments of `claim`.
#[derive(Debug, Args)]
pub(crate) struct ClaimArgs {
    /// The link that the platform printed; without one, a new link is made on the host
    link: Option<String>,
    /// On the host: make a link and use it at once
    #[arg(long, conflicts_with = "link")]
    accept: bool,
    /// On the host: make a link although there is an owner
    #[arg(long, conflicts_with = "link")]
    again: bool,
    /// What you are called [default: your user name]
    #[arg(long)]
    name: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: ClaimArgs) -> Result<Exit, Failure> {
    if let Some(link) = &args.link {
        let link: ClaimLink = link.parse().map_err(|e: control_api::ClaimLinkError| Failure::usage(e.to_string()))?;
        return redeem(desk, &args, &link).await;
    }
    let issued = desk.operator()?.issue_claim(args.again).await?;
    if args.accept {
        let link: ClaimLink =
            issued.link.parse().map_err(|e: control_api::ClaimLinkError| Failure::new(e.to_string()))?;
        return redeem(desk, &args, &link).await;
    }
    desk.out.answer(&issued, |out, issued: &ClaimIssued| {
        out.line(&issued.link)?;
        let end = text::until(desk.now(), issued.expires_at);
        out.note(&format!("whoever uses this link first is an owner; it ends {end}, and earlier links are void"));
        out.note(&format!("use it with `serviceful claim '{}'`", issued.link));
        Ok(())
    })?;
    Ok(Exit::Done)
}

async fn redeem(desk: &Desk, args: &ClaimArgs, link: &ClaimLink) -> Result<Exit, Failure> {
    let console = place::canonical(&link.console)?;
    let keyring = desk.keyring()?;
    // Before the claim is used up: can its credential be kept?
    if keyring.find(&console)?.is_some_and(|stored| stored.expires_at > desk.now()) {
        return Err(Failure::new(format!("a credential for {console} is stored already"))
            .next("run `serviceful logout` first; `serviceful whoami` says who you are"));
    }
    let name = args.name.clone().or_else(|| desk.user.clone()).unwrap_or_else(|| "owner".to_owned());
    let address: Address = console.parse().map_err(|e: client::AddressError| Failure::usage(e.to_string()))?;
    let claimed = Client::new(address, None).redeem_claim(&Claim { code: link.code.clone(), name }).await?;
    let stored =
        Stored::new(claimed.person, claimed.name.clone(), claimed.credential, claimed.token, claimed.expires_at);
    keyring.put(&console, stored)?;
    let kept = keyring.path().display().to_string();
    let value = json!({ "console": console, "person": claimed.person, "name": claimed.name, "credential": claimed.credential, "expires_at": claimed.expires_at, "kept": kept });
    desk.out.answer(&value, |out, _| {
        let end = text::until(desk.now(), claimed.expires_at);
        out.line(&format!("{} ({}) owns the platform at {console}", text::plain(&claimed.name), claimed.person))?;
        out.note(&format!("the credential is in `{kept}` and ends {end}"));
        Ok(())
    })?;
    Ok(Exit::Done)
}
