//! Accepting an invitation. Its link opens a page; only the button uses it up, because programs that scan mail open links.
use gateway::{Refusal, SecurityClass};
use pages::{Fault, Faults, ProblemKind};
use store::{Invitation, StoreError};
use types::{Code, Digest};

use crate::{
    answer::{Answer, frame, problem, refuse, show},
    ask::Ask,
    new_password::About,
    newcomer::{self, First},
    secret,
    service::{Shared, store},
};

/// The open invitation with the code of this visit.
async fn open(shared: &Shared, ask: &Ask) -> Result<(Digest, Invitation), Refusal> {
    let gone = |reason: &str, kind| {
        let reason = format!("invitation: {reason}");
        Err(problem(shared, ask, Code::ID_ATTEMPT, reason, kind).security(SecurityClass::Credential))
    };
    if !shared.ports.sign_up.invites() {
        return gone("`sign_up.mode` is `off`", ProblemKind::LinkExpired);
    }
    let hash = secret::hash(ask.form.get("secret").trim().as_bytes());
    match shared.ports.store.invitation(hash).await.map_err(store)? {
        None => gone("no such code, or it was used", ProblemKind::LinkExpired),
        Some(found) if ask.now >= found.expires_at => gone("it is over", ProblemKind::LinkExpired),
        Some(found) => {
            // What somebody began who is shut out does not go on without them. The store says the same when it is accepted.
            if let Some(by) = found.invited_by
                && shared.ports.store.principal(by).await.map_err(store)?.is_some_and(|maker| maker.disabled)
            {
                return gone("whoever made it is disabled", ProblemKind::LinkExpired);
            }
            Ok((hash, found))
        }
    }
}

/// What stands in the field for the name: what they typed, or, at first, what whoever invited them calls them.
fn called(ask: &Ask, found: &Invitation) -> pages::Shown {
    let typed = ask.form.get("name");
    match &found.name {
        Some(name) if typed.is_empty() => (&**name).into(),
        _ => typed.into(),
    }
}

async fn view(shared: &Shared, ask: &Ask, found: &Invitation, faults: Faults) -> Result<pages::Page, Refusal> {
    let inviter = match found.invited_by {
        Some(id) => shared.ports.store.principal(id).await.map_err(store)?,
        None => None,
    };
    let view = pages::Invitation {
        hidden: ask.hidden(),
        secret: ask.form.get("secret").to_owned(),
        // Whoever signed up was invited by nobody.
        inviter: (!found.sign_up).then(|| inviter.map_or_else(pages::Shown::default, |person| (&*person.name).into())),
        app: found.app.as_ref().map(|(app, _)| app.as_str().into()),
        email: (&*found.email).into(),
        name: called(ask, found),
        signed_in: None,
        choice: Some(newcomer::choice(shared)),
        faults,
    };
    Ok(view.render(&frame(shared, ask)))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let (_, found) = open(shared, ask).await?;
    show(shared, ask, view(shared, ask, &found, Faults::none()).await?)
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (code_hash, found) = open(shared, ask).await?;
    let name = newcomer::name(ask.form.get("name"));
    let about = About { email: &found.email, name: ask.form.get("name") };
    let first = First::of(shared, ask, &code_hash, about).await?;
    let (name, first) = match (name, first) {
        (Ok(name), Ok(first)) => (name, first),
        (name, first) => {
            let faults = newcomer::faults([name.err(), first.err()]);
            let page = view(shared, ask, &found, faults).await?;
            return Err(refuse(shared, ask, Code::ID_FORM, "invitation: the form is not complete", page));
        }
    };
    // The address is the invitation's, whatever the form says.
    let (person, account) = first.account(ask, false, name, (found.email.clone(), found.mailed))?;
    match shared.ports.store.accept_invitation(code_hash, ask.now, person.clone(), account).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let reason = "invitation: it was used or taken back just now";
            return Err(problem(shared, ask, Code::ID_ATTEMPT, reason, ProblemKind::LinkExpired));
        }
        Err(StoreError::Conflict { .. }) => {
            let page = view(shared, ask, &found, Fault::EmailNotAccepted.into()).await?;
            return Err(refuse(shared, ask, Code::ID_FORM, "invitation: the address has an account", page));
        }
        Err(error) => return Err(store(error)),
    }
    if let Some((app, _)) = &found.app
        && let Err(refusal) = shared.ports.membership.members_changed(app.clone()).await
    {
        tracing::error!(app.name = %app, "a new member could not be published: {}", refusal.reason);
    }
    for group in &found.groups {
        if let Err(refusal) = shared.ports.membership.group_changed(group.clone()).await {
            tracing::error!(group = %group, "somebody new in a group could not be published: {}", refusal.reason);
        }
    }
    first.welcome(shared, ask, &person, if found.sign_up { "signing up" } else { "an invitation" }).await
}
