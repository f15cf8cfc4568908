//! `why`: one request, explained.
use clap::Args;
use control_api::{ExplainedNow, Explanation, Extent};
use types::RequestId;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    groups,
    out::{Out, Tone},
    text,
};

/// Arguments of `why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The request's id (`r-…`): the field `sf-request` of an answer, `request` in an error, or from `serviceful audit`
    #[arg(value_name = "REQUEST")]
    request: RequestId,
    /// Print the text of each rule
    #[arg(long)]
    rules: bool,
}

pub(super) async fn run(desk: &Desk, args: WhyArgs) -> Result<Exit, Failure> {
    let found = desk.client()?.explain(args.request).await?;
    desk.out.answer(&found, |out, found| show(out, found, args.rules))?;
    Ok(Exit::Done)
}

/// How much is allowed, in a word.
pub(super) const fn extent(extent: Extent) -> &'static str {
    match extent {
        Extent::Yes => "yes",
        Extent::Partly => "partly",
        Extent::No => "no",
    }
}

fn show(out: &Out, found: &Explanation, with_text: bool) -> Result<(), Failure> {
    out.line(&text::plain(&found.sentence))?;
    let who = &found.who;
    let role = who.role.map(|role| format!(", {} of the app now", super::members::word(role)));
    let marks = who.marks.iter().map(|mark| format!(", {mark} now")).collect::<String>();
    out.line(&format!("  by      {}{}{marks}", text::plain(&who.by), role.unwrap_or_default()))?;
    for rule in &found.rules {
        let effect = rule.effect.as_deref().unwrap_or("a rule that is not kept any more");
        out.line(&format!("  rule    {} ({effect}, of the {})", text::plain(&rule.id), rule.of))?;
        if let Some(words) = rule.text.as_ref().filter(|_| with_text) {
            for line in words.lines() {
                out.line(&format!("          {}", out.tone(Tone::Quiet, &text::plain(line))))?;
            }
        }
    }
    match &found.now {
        None => {
            out.note("the rules cannot be asked again: what was asked for, or whoever asked, is not there any more")
        }
        Some(now) => show_now(out, now)?,
    }
    if found.changes.is_empty() && found.now.is_some() {
        out.line("  change  nothing that was tried makes the answer another one")?;
    }
    for change in &found.changes {
        let then = match change.may {
            Extent::Yes => "allowed",
            Extent::Partly => "allowed in part",
            Extent::No => "refused",
        };
        let by = if change.rules.is_empty() { String::new() } else { format!(" by {}", change.rules.join(", ")) };
        out.line(&format!("  change  if {}: {then}{by}", text::plain(&change.change)))?;
    }
    Ok(())
}

fn show_now(out: &Out, now: &ExplainedNow) -> Result<(), Failure> {
    let tone = if now.may == Extent::No { Tone::Bad } else { Tone::Good };
    let rules = if now.rules.is_empty() { String::new() } else { format!(" ({})", now.rules.join(", ")) };
    let told = now.told.as_ref().map_or_else(String::new, |told| format!(": {}", text::plain(told)));
    out.line(&format!("  now     {}{}{told}", out.tone(tone, extent(now.may)), text::plain(&rules)))?;
    if !now.groups.is_empty() {
        let groups: Vec<String> = now.groups.iter().map(groups::written).collect();
        out.line(&format!("  in      {}", groups.join(", ")))?;
    }
    if let Some(next) = &now.next {
        out.line(&format!("  next    {}", text::plain(next)))?;
    }
    if !now.unknown.is_empty() {
        out.note(&format!(
            "rules read {} of a request, which the log does not hold: every kind was tried",
            now.unknown.join(" and ")
        ));
    }
    Ok(())
}
