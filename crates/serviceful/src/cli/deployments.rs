//! `deployments` and `rollback`.
use clap::Args;
use control_api::{DeploymentList, DeploymentPhase, DeploymentView};
use types::AppName;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `deployments`.
#[derive(Debug, Args)]
pub(crate) struct DeploymentsArgs {
    app: AppName,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    app: AppName,
    /// The deployment to go back to, or at least 8 of its digits [default: the ready one before the current]
    #[arg(long, value_name = "DEPLOYMENT")]
    to: Option<String>,
}

pub(super) async fn list(desk: &Desk, args: DeploymentsArgs) -> Result<Exit, Failure> {
    let list = desk.client()?.deployments(&args.app).await?;
    desk.out.answer(&list, show)?;
    Ok(Exit::Done)
}

fn state(view: &DeploymentView) -> String {
    match (view.phase, view.current, &view.failure) {
        (DeploymentPhase::Preparing, ..) => "preparing".to_owned(),
        (DeploymentPhase::Ready, true, _) => "answers".to_owned(),
        (DeploymentPhase::Ready, false, _) => "ready".to_owned(),
        (DeploymentPhase::Failed, _, Some(failure)) => {
            // The source with its caret is for `deploy`; a table has one line.
            format!("failed: {}", text::plain(failure.reason.lines().next().unwrap_or_default()))
        }
        (DeploymentPhase::Failed, _, None) => "failed".to_owned(),
    }
}

fn show(out: &Out, list: &DeploymentList) -> Result<(), Failure> {
    let rows = list.deployments.iter().map(|view| {
        let by = view.created_by.map_or_else(|| "operator".to_owned(), |id| id.to_string());
        vec![view.id.short(), text::moment(view.created_at), by, state(view)]
    });
    out.table(&["DEPLOYMENT", "MADE", "BY", "STATE"], &rows.collect::<Vec<_>>())
}

pub(super) async fn rollback(desk: &Desk, args: RollbackArgs) -> Result<Exit, Failure> {
    let view = desk.client()?.rollback(&args.app, args.to).await?;
    desk.out.answer(&view, |out, view| out.line(&format!("deployment {} answers at {}", view.id.short(), view.url)))?;
    Ok(Exit::Done)
}
