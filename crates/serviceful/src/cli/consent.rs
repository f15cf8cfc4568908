//! Who gains access by a deployment: shown, and asked about where somebody gains more than an app that grows gives its own.
use control_api::{AccessReview, Extent};

use super::{confirm, desk::Desk, failure::Failure, text, who_can};

/// One line for each gain.
pub(crate) fn lines(review: &AccessReview) -> Vec<String> {
    let mut lines: Vec<String> = review
        .gains
        .iter()
        .map(|gain| {
            let who = match &gain.name {
                Some(name) => format!("{} ({})", text::plain(name), gain.who),
                None => who_can::kind(&gain.who).to_owned(),
            };
            let new = if gain.fresh { " (a new route)" } else { "" };
            let some = match gain.extent {
                Extent::Partly => format!(", some calls only, such as {}", text::plain(&gain.example)),
                Extent::Yes | Extent::No => String::new(),
            };
            let demands =
                gain.demands.as_deref().map_or_else(String::new, |demand| format!(", which demands {demand}"));
            let rules = gain.rules.join(", ");
            format!("{who} may call {} `{}`{demands}{new}, by rule {rules}{some}", gain.function, gain.route)
        })
        .collect();
    if review.cut_short {
        lines.push("there is more than can be compared: look at the rules yourself".to_owned());
    }
    lines
}

/// What it is that needs a yes.
fn opens(review: &AccessReview) -> &'static str {
    if review.against.is_some() {
        "this deployment opens what was closed"
    } else {
        "this opens functions beyond the app's own members"
    }
}

/// Shows who gains access, and asks where that is called for.
pub(super) fn ask(desk: &Desk, review: &AccessReview, yes: bool) -> Result<(), Failure> {
    let against = if review.against.is_some() { "now" } else { "then" };
    for line in lines(review) {
        desk.out.note(&format!("{against}: {line}"));
    }
    if !review.asks || yes {
        return Ok(());
    }
    if !confirm::somebody(desk) {
        let what = format!("{}:\n{}", opens(review), lines(review).join("\n"));
        return Err(Failure::usage(what).next("add `--yes` when that is what you want; nothing was deployed"));
    }
    if confirm::typed(desk, opens(review), "yes")? {
        Ok(())
    } else {
        Err(Failure::new("nothing was deployed").next("deploy again when it is what you want"))
    }
}
