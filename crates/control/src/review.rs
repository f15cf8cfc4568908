//! What a deployment would permit that the present one does not: shown before it counts, written down when it does.
use std::{fmt::Write, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use control_api::{AccessGain, AccessReview, Extent};
use gateway::{Gain, Refusal, Release, Subject, Widening};
use types::{AppName, Caller, DeploymentId, Digest, FunctionTarget, GroupName};

use crate::{deploy::Plan, directory, handlers, refuse, release, service::Shared};

/// What takes the place of the present deployment.
pub(crate) struct Next {
    pub(crate) id: DeploymentId,
    pub(crate) functions: Vec<Arc<FunctionTarget>>,
    pub(crate) groups: Vec<GroupName>,
    pub(crate) cedar: Option<Arc<str>>,
}

impl Next {
    pub(crate) fn of_stored(stored: &store::Deployment, plan: &Plan) -> Self {
        Self {
            id: stored.id,
            functions: plan.functions.clone(),
            groups: plan.groups.clone(),
            cedar: stored.policy.clone(),
        }
    }
}

/// The present release, if something answers, and what changes with `next`.
async fn compare(
    shared: &Shared,
    app: &AppName,
    next: Next,
) -> Result<(Option<DeploymentId>, Widening, Vec<Caller>), Refusal> {
    let found = shared.ports.store.app(app.clone()).await.map_err(refuse::store)?;
    // What answers now cannot be read, by this build or under these caps: the more reason to deploy anew. It counts as nothing.
    let (present, unreadable) = match &found {
        Some(found) => match release::release_of(shared, found).await {
            Ok(release) => (Some(release), false),
            Err(_) => (None, true),
        },
        None => (None, false),
    };
    let after = Release {
        app: app.clone(),
        version: 0,
        deployment: Some(next.id),
        functions: next.functions,
        members: present.as_ref().map(|present| present.members.clone()).unwrap_or_default(),
        groups: release::groups_of(shared, app, &next.groups).await?,
        cedar: next.cedar,
    };
    let present = present.filter(|present| present.deployment.is_some());
    let against = present.as_ref().and_then(|present| present.deployment);
    let known: Vec<Caller> = directory::around(shared, app).await?.iter().map(directory::caller).collect();
    let review = shared.ports.review.clone();
    let compared = move || {
        let found = review.widening(present.as_ref(), &after, &known);
        let found =
            found.or_else(|_| review.widening(None, &after, &known).map(|all| Widening { cut_short: true, ..all }));
        (found, known)
    };
    let (widening, known) = directory::apart(compared).await?;
    let mut widening = widening.map_err(|e| directory::unreadable(&e))?;
    widening.cut_short |= unreadable;
    Ok((against, widening, known))
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
        Subject::Class(_) | Subject::Service(_) | Subject::Group(_) => None,
    };
    AccessGain {
        function: gain.function.to_string(),
        route: gain.route.to_string(),
        who: word(&gain.who),
        name,
        extent: if gain.partly { Extent::Partly } else { Extent::Yes },
        fresh: gain.fresh,
        example: handlers::call(&gain.example, gain.shown),
        demands: handlers::demands(gain.demand),
        rules: directory::names(&gain.rules),
        expected: gain.is_expected(),
    }
}

fn word(who: &Subject) -> String {
    match who {
        Subject::Class(class) => class.as_str().to_owned(),
        Subject::Person(id) => id.to_string(),
        Subject::Service(name) => format!("service:{name}"),
        Subject::Group(name) => format!("group:{name}"),
    }
}

/// The same for the audit log, in one line; `None` when nobody gains anything. Ids and kinds only: names may be erased one day.
pub(crate) fn note(review: &AccessReview) -> Option<Arc<str>> {
    if review.gains.is_empty() && !review.cut_short {
        return None;
    }
    let mut text = String::from("gains access:");
    for gain in &review.gains {
        let partly = if gain.extent == Extent::Partly { " partly" } else { "" };
        let fresh = if gain.fresh { " (new)" } else { "" };
        let _ = write!(text, " {}{partly} to `{}`{fresh} by {};", gain.who, gain.route, gain.rules.join(", "));
    }
    if review.cut_short {
        text.push_str(" and more than is compared");
    }
    Some(gateway::events::Event::text(text.trim_end_matches(';')))
}

/// SECURITY: whoever agreed to what was shown agreed to nothing else: not to what comes of it beside a deployment that others made
/// meanwhile.
pub(crate) fn agreed(review: &AccessReview, seen: Option<Digest>) -> Result<(), Refusal> {
    if seen.is_none_or(|seen| seen == review.review) {
        return Ok(());
    }
    Err(refuse::conflict("who gains access is not what was shown any more")
        .next("deploy again, and look at what is shown now"))
}
