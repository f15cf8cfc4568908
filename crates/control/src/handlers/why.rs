//! Why a request was answered as it was: the audit log says what happened, the rules say what would change it.
use control_api::{AuditEvent, AuditQuery, ExplainedCaller, ExplainedRule, Explanation};
use gateway::{Refusal, ReleaseGroup, Reply};
use store::{Principal, PrincipalKind};
use types::{NO_CREDENTIAL, RequestId, UnixMillis};

use super::members;
use crate::{
    deploy::Plan,
    directory, explain,
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

/// Events of one request that are looked for.
const EVENTS_MAX: usize = 20;
/// Pages of the log that are looked through.
const PAGES_MAX: usize = 50;

pub(crate) async fn explain(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let request: RequestId = input::parsed(&asked.call, "request")?;

    let events = events(shared, request).await?;
    let unknown = || {
        refuse::not_found(format!("request `{request}` in the audit log"))
            .next("take it from the field `sf-request` of an answer, or from `serviceful audit`; one that is answered right now is not there yet")
    };
    let event = events.iter().rev().find(|event| closes(event)).or(events.last()).ok_or_else(unknown)?.clone();
    let caller = Someone::of(shared, &event).await?;
    let rules = rules(shared, &event).await?;
    let again = explain::again(shared, &event, caller.principal.as_ref()).await?;

    reply::ok(&Explanation {
        request,
        sentence: sentence(&event, &caller, &rules),
        who: caller.shown,
        rules,
        now: again.now,
        changes: again.changes,
        events,
    })
}

/// All that the log holds of a request, oldest first. An id begins with its moment, so nothing older is read.
async fn events(shared: &Shared, request: RequestId) -> Result<Vec<AuditEvent>, Refusal> {
    let since = request.as_bytes().iter().take(6).fold(0_u64, |ms, byte| (ms << 8) | u64::from(*byte));
    let mut query = AuditQuery {
        request: Some(request),
        since: Some(UnixMillis(since)),
        limit: Some(EVENTS_MAX),
        ..AuditQuery::default()
    };
    let mut found = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = shared.ports.audit.query(query.clone()).await.map_err(Refusal::internal)?;
        found.extend(page.events);
        query.before = page.before;
        if query.before.is_none()
            || found.iter().any(|event: &AuditEvent| event.kind != "control-begin" && closes(event))
        {
            break;
        }
    }
    found.sort_by_key(|event| event.index);
    Ok(found)
}

/// The event that says how it ended, rather than one that goes before or comes after.
fn closes(event: &AuditEvent) -> bool {
    let after = ["broken-off", "deployment-ready", "deployment-failed"];
    matches!(event.kind.as_str(), "request" | "control" | "security") && !after.contains(&event.action.as_str())
}

/// Who made it.
struct Someone {
    principal: Option<Principal>,
    shown: ExplainedCaller,
}

impl Someone {
    async fn of(shared: &Shared, event: &AuditEvent) -> Result<Self, Refusal> {
        let store = &shared.ports.store;
        let principal = match event.who.id {
            Some(id) => store.principal(id).await.map_err(refuse::store)?,
            None => None,
        };
        let role = match (&event.app, event.who.id) {
            (Some(app), Some(id)) => {
                let members = store.members(app.clone()).await.map_err(refuse::store)?;
                members.iter().find(|member| member.principal == id).map(|member| member.role)
            }
            _ => None,
        };
        let mut marks = Vec::new();
        if let Some(principal) = &principal {
            let owner = principal.kind == PrincipalKind::Person { owner: true };
            marks.extend(owner.then(|| "owner".to_owned()));
            marks.extend(principal.disabled.then(|| "disabled".to_owned()));
        }
        let shown = ExplainedCaller {
            kind: event.who.kind.clone(),
            principal: event.who.id,
            name: principal.as_ref().map(directory::name),
            role: role.map(members::role),
            by: by(shared, event).await?,
            marks,
        };
        Ok(Self { principal, shown })
    }
}

/// What proved who they are. Labels and devices are names that their owners gave; none is a secret.
async fn by(shared: &Shared, event: &AuditEvent) -> Result<String, Refusal> {
    let store = &shared.ports.store;
    let Some(credential) = event.who.credential else {
        return Ok(match event.who.kind.as_str() {
            "operator" => "the socket of the host",
            "platform" => "the platform itself",
            _ => "nothing",
        }
        .to_owned());
    };
    if credential == NO_CREDENTIAL {
        return Ok("nothing: `serviceful up --as` said so".to_owned());
    }
    let credentials = store.credentials(event.who.id).await.map_err(refuse::store)?;
    if let Some(found) = credentials.iter().find(|known| known.id == credential) {
        return Ok(format!("token `{}` ({credential})", input::short(&found.label)));
    }
    let sessions = store.sessions(event.who.id).await.map_err(refuse::store)?;
    Ok(match sessions.iter().find(|known| known.id == credential) {
        Some(found) => format!("a browser, {} ({credential})", input::short(&found.device)),
        None => format!("a token or browser that is over ({credential})"),
    })
}

/// The rules that decided then, with their text where it is kept: an app's rules are those of the deployment that answered.
async fn rules(shared: &Shared, event: &AuditEvent) -> Result<Vec<ExplainedRule>, Refusal> {
    let draft = match (&event.app, event.deployment) {
        (Some(app), Some(id)) => {
            let stored = shared.ports.store.deployment(app.clone(), id).await.map_err(refuse::store)?;
            stored.and_then(|stored| draft(shared, &stored).ok())
        }
        _ => None,
    };
    let one = |id: &String| {
        let found = match &draft {
            Some(draft) => draft.rule(id),
            None => shared.ports.review.rule(id),
        };
        let of = if id.starts_with("app:") { "app" } else { "platform" };
        ExplainedRule {
            id: id.clone(),
            effect: found.as_ref().map(|rule| if rule.permits { "permit" } else { "forbid" }.to_owned()),
            of: of.to_owned(),
            text: found.map(|rule| rule.text),
        }
    };
    Ok(event.policies.iter().map(one).collect())
}

fn draft(shared: &Shared, stored: &store::Deployment) -> Result<std::sync::Arc<dyn gateway::Draft>, Refusal> {
    let plan = Plan::of_stored(stored, &shared.ports.caps)?;
    // Only the text of rules is asked for, which is the same whoever is in a group.
    let groups = plan.groups.into_iter().map(|name| ReleaseGroup {
        name,
        admin: None,
        declared: true,
        people: std::sync::Arc::from([]),
    });
    let release = gateway::Release {
        app: stored.app.clone(),
        version: 0,
        deployment: Some(stored.id),
        functions: plan.functions,
        members: Vec::new(),
        groups: groups.collect(),
        cedar: stored.policy.clone(),
    };
    shared.ports.review.draft(&release, &[]).map_err(|e| directory::unreadable(&e))
}

fn sentence(event: &AuditEvent, caller: &Someone, rules: &[ExplainedRule]) -> String {
    let who = match (&caller.shown.name, caller.shown.principal) {
        (Some(name), Some(id)) => format!("{} {name} ({id})", event.who.kind),
        (None, Some(id)) => format!("{} {id}, who is not in the directory any more,", event.who.kind),
        _ => match event.who.kind.as_str() {
            "stranger" => "a stranger".to_owned(),
            other => format!("the {other}"),
        },
    };
    let status = event.outcome.status.map_or_else(String::new, |status| format!(" with {status}"));
    let code = event.outcome.code.as_ref().map_or_else(String::new, |code| format!(" {code}"));
    let ended = match event.outcome.result.as_str() {
        "done" => format!("was allowed, and it ended{status}"),
        "failed" => format!("was allowed, and it failed{status}{code}"),
        _ => format!("was refused{status}{code}"),
    };
    let named = |effect: &str| {
        let ids: Vec<_> = rules
            .iter()
            .filter(|rule| rule.effect.as_deref() == Some(effect))
            .map(|rule| format!("`{}`", rule.id))
            .collect();
        ids.join(" and ")
    };
    let (forbid, permit) = (named("forbid"), named("permit"));
    let why = match (rules.is_empty(), event.outcome.result.as_str(), &event.outcome.reason) {
        (false, "refused", _) if !forbid.is_empty() => format!("forbidden by {forbid}"),
        // Rules let it in, and something else did not: what the function demands, or what is done.
        (false, "refused", Some(reason)) if !permit.is_empty() => {
            format!("permitted by {permit}, and refused because: {}", input::short(reason))
        }
        (false, "refused", _) => "decided by rules that are not there any more".to_owned(),
        (false, ..) if permit.is_empty() => "permitted by rules that are not there any more".to_owned(),
        (false, ..) => format!("permitted by {permit}"),
        (true, "refused", Some(reason)) => format!("no rule permitted it ({})", input::short(reason)),
        (true, ..) => "no rule was asked".to_owned(),
    };
    format!("{who} asked for `{}` on `{}`: {ended}; {why}", event.action, event.resource)
}
