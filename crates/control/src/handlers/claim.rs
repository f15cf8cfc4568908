//! The claim that makes the first owner.
use control_api::{Claim, ClaimIssue, ClaimIssued, ClaimLink, Claimed};
use gateway::{Refusal, Reply};
use http::StatusCode;

use crate::{
    input::{self, display_text},
    membership, refuse, reply,
    service::{Asked, Shared},
};

/// Longest name of a person, in characters.
const NAME_CHARS_MAX: usize = 80;
/// Longest code that is looked at, in bytes; a longer one is wrong in any case.
const CODE_BYTES_MAX: usize = 200;

pub(crate) async fn redeem(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let claim: Claim = input::json(&asked.head, asked.body).await?;

    let name = display_text("`name`", &claim.name, NAME_CHARS_MAX)?;
    if claim.code.is_empty() || claim.code.len() > CODE_BYTES_MAX {
        return Err(refuse::bad_input(format!("`code` has 1 to {CODE_BYTES_MAX} bytes")));
    }

    let redeemed = shared.ports.credentials.redeem_claim(&claim.code, name.into()).await;
    let (person, credential, secret) = redeemed.map_err(refuse::credential)?;
    // The claim is used up: whatever goes wrong now, its holder must get the secret.
    if let Err(refusal) = membership::adopt(shared, person.id).await {
        tracing::error!("apps without members could not be given to the new owner: {}", refusal.reason);
    }

    let claimed = Claimed {
        person: person.id,
        name: person.name.to_string(),
        credential: credential.id,
        token: secret.reveal().to_owned(),
        expires_at: credential.expires_at,
    };
    reply::json(StatusCode::CREATED, &claimed)
}

pub(crate) async fn issue(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let ClaimIssue { again } = input::json(&asked.head, asked.body).await?;

    let claim = shared.ports.credentials.issue_claim(again).await.map_err(refuse::credential)?;

    let link = ClaimLink { console: shared.ports.names.console_url(), code: claim.code.reveal().to_owned() };
    reply::json(StatusCode::CREATED, &ClaimIssued { link: link.to_string(), expires_at: claim.expires_at })
}
