//! `apps` and `rm`.
use clap::Args;
use control_api::{AppDetail, AppList};
use types::{AppName, Demand};

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `apps`.
#[derive(Debug, Args)]
pub(crate) struct AppsArgs {
    /// Show this app alone, with its functions
    app: Option<AppName>,
}

/// Arguments of `rm`.
#[derive(Debug, Args)]
pub(crate) struct RmArgs {
    app: AppName,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn list(desk: &Desk, args: AppsArgs) -> Result<Exit, Failure> {
    let client = desk.client()?;
    match args.app {
        Some(app) => desk.out.answer(&client.app(&app).await?, show_one)?,
        None => desk.out.answer(&client.apps().await?, show_all)?,
    }
    Ok(Exit::Done)
}

fn show_all(out: &Out, list: &AppList) -> Result<(), Failure> {
    if list.apps.is_empty() {
        out.note("there are no apps that you may see; `serviceful new NAME` and `serviceful deploy` make one");
        return Ok(());
    }
    let rows = list.apps.iter().map(|app| {
        let current = app.current.map_or_else(|| "nothing deployed".to_owned(), |id| id.short());
        vec![app.name.to_string(), current, text::moment(app.created_at), app.url.clone()]
    });
    out.table(&["APP", "DEPLOYMENT", "MADE", "URL"], &rows.collect::<Vec<_>>())
}

fn show_one(out: &Out, detail: &AppDetail) -> Result<(), Failure> {
    let current =
        detail.summary.current.map_or_else(|| "nothing deployed".to_owned(), |id| format!("deployment {}", id.short()));
    out.line(&format!("{}  {}  {current}", detail.summary.name, detail.summary.url))?;
    if detail.has_policy {
        out.line("a Cedar file refines who may call")?;
    }
    let rows = detail.functions.iter().map(|f| {
        let access = if f.callers.is_empty() {
            f.access.to_string()
        } else {
            format!("{} ({})", f.access, f.callers.join(", "))
        };
        let demand = Demand { assurance: f.min_assurance.unwrap_or_default(), max_age_s: f.max_auth_age_s };
        let access = if demand.is_none() { access } else { format!("{access}, {demand}") };
        let kv = f.kv.iter().map(|kv| format!("kv {kv}"));
        let granted: Vec<String> = kv.chain(f.secrets.iter().map(ToString::to_string)).collect();
        vec![f.name.clone(), f.route.clone(), access, granted.join(", "), f.component.chars().take(19).collect()]
    });
    out.table(&["FUNCTION", "ROUTE", "ACCESS", "GRANTED", "COMPONENT"], &rows.collect::<Vec<_>>())
}

pub(super) async fn remove(desk: &Desk, args: RmArgs) -> Result<Exit, Failure> {
    let client = desk.client()?;
    let app = &args.app;
    let what = format!(
        "this removes `{app}` with its deployments, members, service accounts, tokens, secrets and key-value store"
    );
    // Its name, because `yes` is typed too easily.
    confirm(desk, args.yes, &what, app.as_str())?;
    let removed = client.remove_app(&args.app).await?;
    desk.out.answer(&removed, |out, removed| out.line(&format!("removed `{}`", removed.removed)))?;
    Ok(Exit::Done)
}
