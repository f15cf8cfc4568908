//! What a deployment would permit that the present one does not: shown before it counts, written down when it does.
use std::{fmt::Write, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use control_api::{AccessGain, AccessReview, Extent};
use gateway::{Gain, Refusal, Release, Subject, Widening};
use types::{AppName, Caller, DeploymentId, Digest, FunctionTarget};

use crate::{deploy::Plan, directory, refuse, release, service::Shared};

/// What takes the place of the present deployment.
pub(crate) struct Next {
    pub(crate) id: DeploymentId,
    pub(crate) functions: Vec<Arc<FunctionTarget>>,
    pub(crate) cedar: Option<Arc<str>>,
}

impl Next {
    pub(crate) fn of_stored(stored: &store::Deployment, plan: &Plan) -> Self {
        Self { id: stored.id, functions: plan.functions.clone(), cedar: stored.policy.clone() }
    }
}

/// The present release, if something answers, and what changes with `next`.
async fn compare(
    shared: &Shared,
    app: &AppName,
    next: Next,
) -> Result<(Option<DeploymentId>, Widening, Vec<Caller>), Refusal> {
    let found = shared.ports.store.app(app.clone()).await.map_err(refuse::store)?;
    let present = match &found {
        Some(found) => Some(release::release_of(shared, found).await?),
        None => None,
    };
    let after = Release {
        app: app.clone(),
        version: 0,
        deployment: Some(next.id),
        functions: next.functions,
        members: present.as_ref().map(|present| present.members.clone()).unwrap_or_default(),
        cedar: next.cedar,
    };
    let present = present.filter(|present| present.deployment.is_some());
    let against = present.as_ref().and_then(|present| present.deployment);
    let known: Vec<Caller> = directory::around(shared, app).await?.iter().map(directory::caller).collect();
    let review = shared.ports.review.clone();
    let (widening, known) =
        directory::apart(move || (review.widening(present.as_ref(), &after, &known), known)).await?;
    Ok((against, widening.map_err(|e| directory::unreadable(&e))?, known))
}

/// The review of a deployment that is not there yet.
pub(crate) async fn of(shared: &Shared, app: &AppName, next: Next) -> Result<AccessReview, Refusal> {
    let deployment = next.id;
    let (against, widening, known) = compare(shared, app, next).await?;
    let asks = widening.asks();
    let gains: Vec<AccessGain> = widening.gains.iter().map(|gain| shown(gain, &known)).collect();
    let cut_short = widening.cut_short;
    let text = serde_json::to_vec(&(deployment, against, &gains, cut_short))
        .map_err(|e| Refusal::internal(format!("a review is not JSON: {e}")))?;
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest(&SHA256, &text).as_ref()) {
        *to = *from;
    }
    Ok(AccessReview { deployment, against, gains, cut_short, asks, review: Digest::from_bytes(bytes) })
}

fn shown(gain: &Gain, known: &[Caller]) -> AccessGain {
    let name = match &gain.who {
        Subject::Person(id) => known.iter().find_map(|caller| match caller {
            Caller::Person(person) if person.id == *id => Some(person.display_name.to_string()),
            _ => None,
        }),
        Subject::Class(_) | Subject::Service(_) => None,
    };
    AccessGain {
        function: gain.function.to_string(),
        route: gain.route.to_string(),
        who: word(&gain.who),
        name,
        extent: if gain.partly { Extent::Partly } else { Extent::Yes },
        fresh: gain.fresh,
        example: format!("{} {}", gain.example.method, gain.example.path),
        rules: directory::names(&gain.rules),
        expected: gain.is_expected(),
    }
}

fn word(who: &Subject) -> String {
    match who {
        Subject::Class(class) => class.as_str().to_owned(),
        Subject::Person(id) => id.to_string(),
        Subject::Service(name) => format!("service:{name}"),
    }
}

/// The same for the audit log, in one line; `None` when nobody gains anything. Ids and kinds only: names may be erased one day.
pub(crate) async fn note(shared: &Shared, app: &AppName, next: Next) -> Option<Arc<str>> {
    let widening = match compare(shared, app, next).await {
        Ok((_, widening, _)) => widening,
        // The deployment itself may be all right; that it could not be compared is worth a line all the same.
        Err(refusal) => return Some(format!("who gains access is not known: {}", refusal.reason).into()),
    };
    if widening.gains.is_empty() && !widening.cut_short {
        return None;
    }
    let mut text = String::from("gains access:");
    for gain in &widening.gains {
        let partly = if gain.partly { " partly" } else { "" };
        let fresh = if gain.fresh { " (new)" } else { "" };
        let _ = write!(text, " {}{partly} to `{}`{fresh} by {};", word(&gain.who), gain.route, gain.rules.join(", "));
    }
    if widening.cut_short {
        text.push_str(" and more than is compared");
    }
    Some(gateway::events::Event::text(text.trim_end_matches(';')))
}
