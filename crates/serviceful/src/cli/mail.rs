//! `mail`: what is on its way to people, and whether it arrives.
use clap::{Args, Subcommand};
use control_api::{MailList, MailStage, TestMail};
use types::MailId;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `mail`.
#[derive(Debug, Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    verb: MailVerb,
}

#[derive(Debug, Subcommand)]
enum MailVerb {
    /// List the newest mails and how far they have come
    #[command(visible_alias = "ls", after_help = "Example:\n  serviceful mail list\n  serviceful mail list --json")]
    List,
    /// Try a mail now that waits or has failed
    #[command(after_help = "Example:\n  serviceful mail retry m-…")]
    Retry {
        /// Id (`m-…`), as `mail list` shows it
        #[arg(value_name = "ID")]
        mail: MailId,
    },
    /// Send a mail that says nothing but that it arrived
    #[command(after_help = "Example:\n  serviceful mail test ada@example.org")]
    Test {
        /// Where to
        #[arg(value_name = "E-MAIL")]
        to: String,
    },
}

pub(super) async fn run(desk: &Desk, args: MailArgs) -> Result<Exit, Failure> {
    let look = |out: &Out| out.note("`serviceful mail list` shows whether the server took it");
    match args.verb {
        MailVerb::List => desk.out.answer(&desk.client()?.mails().await?, show)?,
        MailVerb::Retry { mail } => {
            let queued = desk.client()?.retry_mail(mail).await?;
            desk.out.answer(&queued, |out, queued| {
                out.line(&format!("mail {} is tried now", queued.id))?;
                look(out);
                Ok(())
            })?;
        }
        MailVerb::Test { to } => {
            let queued = desk.client()?.test_mail(&TestMail { to }).await?;
            desk.out.answer(&queued, |out, queued| {
                out.line(&format!("mail {} is on its way", queued.id))?;
                look(out);
                Ok(())
            })?;
        }
    }
    Ok(Exit::Done)
}

const fn word(stage: MailStage) -> &'static str {
    match stage {
        MailStage::Waiting => "waiting",
        MailStage::Sending => "sending",
        MailStage::Delivered => "delivered",
        MailStage::Failed => "failed",
    }
}

fn show(out: &Out, list: &MailList) -> Result<(), Failure> {
    if !list.on {
        out.note("no mail server is configured: add `[mail]` to the operator's file");
    }
    if list.mails.is_empty() {
        out.note("there are no mails");
        return Ok(());
    }
    let rows = list.mails.iter().map(|mail| {
        vec![
            mail.id.to_string(),
            text::plain(&mail.kind),
            text::plain(&mail.to),
            word(mail.stage).to_owned(),
            text::moment(mail.stage_at),
            mail.attempts.to_string(),
            mail.error.as_deref().map_or_else(String::new, text::plain),
        ]
    });
    out.table(&["ID", "ABOUT", "TO", "STAGE", "AT", "TRIED", ""], &rows.collect::<Vec<_>>())
}
