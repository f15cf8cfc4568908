//! `whoami` and `logout`.
use control_api::Identity;
use serde_json::json;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

pub(super) async fn run(desk: &Desk) -> Result<Exit, Failure> {
    let client = desk.client()?;
    let identity = client.whoami().await?;
    let place = client.address().to_string();
    desk.out.answer(&identity, |out, identity| show(out, &place, identity))?;
    Ok(Exit::Done)
}

fn show(out: &Out, place: &str, identity: &Identity) -> Result<(), Failure> {
    let name = identity.name.as_deref().map_or_else(|| identity.kind.clone(), text::plain);
    let id = identity.id.map_or_else(String::new, |id| format!(" ({id})"));
    let role = if identity.owner { ", owner of the platform" } else { "" };
    out.line(&format!("{name}{id}{role}, at {place}"))
}

/// Revokes first and forgets then: a credential that nobody knows any more but that still holds helps only a thief.
pub(super) async fn logout(desk: &Desk) -> Result<Exit, Failure> {
    let target = desk.target()?;
    let keyring = desk.keyring()?;
    let Some(stored) = keyring.find(&target.console)? else {
        let failure = Failure::new(format!("no credential is stored for {}", target.console));
        return Err(failure.exit(Exit::NotFound));
    };
    let client = desk.client_of(&target.console, &stored)?;
    let revoked = client.revoke_token(stored.credential).await.map_err(Failure::from);
    keyring.remove(&target.console)?;
    match revoked {
        Ok(_) => {
            let value = json!({ "console": target.console, "revoked": stored.credential });
            desk.out.answer(&value, |out, _| out.line(&format!("signed out of {}", target.console)))?;
            Ok(Exit::Done)
        }
        // Not valid any more is what was wanted.
        Err(failure) if failure.exit == Exit::Refused || failure.exit == Exit::NotFound => {
            let value = json!({ "console": target.console, "revoked": null });
            let sentence = format!("signed out of {}; the credential was not valid any more", target.console);
            desk.out.answer(&value, |out, _| out.line(&sentence))?;
            Ok(Exit::Done)
        }
        Err(failure) => Err(Failure {
            what: format!("the credential is forgotten here but could not be revoked: {}", failure.what),
            next: Some(format!("revoke it later with `serviceful token revoke {}`", stored.credential)),
            ..failure
        }),
    }
}
