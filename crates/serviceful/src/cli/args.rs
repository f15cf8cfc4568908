//! What can be typed.
use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{
    apps::{AppsArgs, RmArgs},
    audit_log::AuditArgs,
    breach_list::BreachListArgs,
    check::CheckArgs,
    claim::ClaimArgs,
    completions::CompletionsArgs,
    deploy::DeployArgs,
    deployments::{DeploymentsArgs, RollbackArgs},
    groups::GroupsArgs,
    invite::InviteArgs,
    invoke::InvokeArgs,
    keys::KeysArgs,
    login::LoginArgs,
    logs::LogsArgs,
    mail::MailArgs,
    members::MembersArgs,
    new::NewArgs,
    people::PeopleArgs,
    policies::PolicyArgs,
    secrets::SecretsArgs,
    sessions::SessionsArgs,
    tester::TestArgs,
    token::TokenArgs,
    typings::TypesArgs,
    who_can::WhoCanArgs,
    why::WhyArgs,
};

const EXITS: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused (identity or policy), 4 not found, 5 platform not reachable.";

/// Runs functions behind a login that they do not have to write.
#[derive(Debug, Parser)]
#[command(name = "serviceful", version, max_term_width = 120, arg_required_else_help = true, after_help = EXITS)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every verb.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Global {
    /// The platform's console, such as https://console.example.com
    #[arg(long, global = true, env = "SERVICEFUL_PLATFORM", value_name = "URL", hide_env_values = true)]
    pub(crate) platform: Option<String>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Speak through the platform's socket on this host, as its operator
    #[arg(long, global = true)]
    pub(crate) host: bool,
    /// When to use colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    // On a terminal, unless NO_COLOR is set. (A comment of three slashes would make every help page longer.)
    #[default]
    Auto,
    Always,
    Never,
}

/// All verbs.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it lives as long as the process")]
pub(crate) enum Command {
    /// Run the platform for a project: build, deploy, and again on every change
    #[command(
        after_help = "Example:\n  serviceful up\n  serviceful up shop --listen 127.0.0.1:9000\n  serviceful up --as bob              be somebody, without signing in\n  serviceful up --as alice --assurance mfa"
    )]
    Up(UpArgs),
    /// Run the platform on a server
    #[command(after_help = "Example:\n  serviceful serve --config /etc/serviceful/serviceful.toml")]
    Serve(ServeArgs),
    #[command(flatten)]
    Hand(Hand),
}

/// Arguments of `up`.
#[derive(Debug, Clone, Args)]
pub(crate) struct UpArgs {
    /// The project's folder; one without a manifest starts an empty platform
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub(crate) project: PathBuf,
    /// Address to listen on; only a loopback address, because there is no TLS
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Where the platform keeps its data [default: .serviceful in the project's folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Deploy once; do not watch for changes
    #[arg(long)]
    pub(crate) no_watch: bool,
    /// Be this person in every app: alice (admin), bob (member), carol (not a member), stranger, or one of people.toml
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) person: Option<String>,
    /// How strongly that person proved who they are: password, mfa, passkey, or none
    #[arg(long, value_name = "WORD", requires = "person", value_parser = crate::development::assurance)]
    pub(crate) assurance: Option<types::Assurance>,
    /// Refuse to start where the kernel cannot close every door
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Arguments of `serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// The operator's file
    #[arg(long, default_value = "/etc/serviceful/serviceful.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Read the file, print what it means, and end
    #[arg(long)]
    pub(crate) check: bool,
}

/// Verbs that work on a platform, or on files.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it lives as long as the process")]
pub(crate) enum Hand {
    /// Make a new project
    #[command(
        after_help = "Example:\n  serviceful new hello && cd hello && serviceful deploy\n  serviceful new shop --template ts"
    )]
    New(NewArgs),
    /// Write what this app's functions are given, for editors
    #[command(after_help = "Example:\n  serviceful types\n  serviceful types shop --print")]
    Types(TypesArgs),
    /// Check a manifest and its sources, without a platform
    #[command(after_help = "Example:\n  serviceful check\n  serviceful check shop/serviceful.toml")]
    Check(CheckArgs),
    /// Run an app's own tests in the engine that runs the app
    #[command(after_help = "Example:\n  serviceful test\n  serviceful test shop --only price")]
    Test(TestArgs),
    /// Build a project and put it on the platform
    #[command(
        after_help = "Example:\n  serviceful deploy\n  serviceful deploy shop --no-build\n  serviceful deploy --yes"
    )]
    Deploy(DeployArgs),
    /// List apps, or show one
    #[command(after_help = "Example:\n  serviceful apps\n  serviceful apps coffee --json")]
    Apps(AppsArgs),
    /// List the deployments of an app
    #[command(after_help = "Example:\n  serviceful deployments coffee")]
    Deployments(DeploymentsArgs),
    /// Go back to an earlier deployment
    #[command(after_help = "Example:\n  serviceful rollback coffee\n  serviceful rollback coffee --to 3fa29c11")]
    Rollback(RollbackArgs),
    /// Remove an app with all that belongs to it
    #[command(after_help = "Example:\n  serviceful rm coffee\n  serviceful rm coffee --yes")]
    Rm(RmArgs),
    /// Call a function as yourself
    #[command(
        after_help = "Example:\n  serviceful invoke coffee /menu\n  serviceful invoke coffee /orders -X POST -H 'content-type: application/json' -d @order.json"
    )]
    Invoke(InvokeArgs),
    /// Read what an app's functions wrote
    #[command(after_help = "Example:\n  serviceful logs coffee\n  serviceful logs coffee -f")]
    Logs(LogsArgs),
    /// See, add and remove the members of an app
    #[command(after_help = "Example:\n  serviceful members coffee\n  serviceful members coffee add Ada --role admin")]
    Members(MembersArgs),
    /// List who may call a function
    #[command(after_help = "Example:\n  serviceful who-can invoke coffee/orders")]
    WhoCan(WhoCanArgs),
    /// Say why a request was answered as it was
    #[command(
        after_help = "Example:\n  serviceful why r-aaaaaaaaaaaaaaaaaaaaaaaaaa\n  serviceful why r-aaaaaaaaaaaaaaaaaaaaaaaaaa --rules"
    )]
    Why(WhyArgs),
    /// Test an app's access rules against a table, without a platform
    #[command(after_help = "Example:\n  serviceful policy test\n  serviceful policy test shop --json")]
    Policy(PolicyArgs),
    /// Invite somebody who has no account yet; see and take back what nobody has accepted
    #[command(
        after_help = "Example:\n  serviceful invite ada@example.org\n  serviceful invite ada@example.org --app coffee --group baristas\n  serviceful invite list\n  serviceful invite revoke ada@example.org"
    )]
    Invite(InviteArgs),
    /// Keep people from choosing passwords that got out
    #[command(
        after_help = "Example:\n  serviceful breach-list status\n  serviceful breach-list import pwned-passwords.txt --limit 10000000"
    )]
    BreachList(BreachListArgs),
    /// See what is on its way by mail, try it again, and try it out
    #[command(after_help = "Example:\n  serviceful mail list\n  serviceful mail test ada@example.org")]
    Mail(MailArgs),
    /// List, import, rename, disable and remove people, and give them a link to a new password
    #[command(
        after_help = "Example:\n  serviceful people list\n  serviceful people import people.csv --dry-run\n  serviceful people disable Ada"
    )]
    People(PeopleArgs),
    /// Make groups of people, and say who is in them
    #[command(
        after_help = "Example:\n  serviceful groups create baristas\n  serviceful groups add baristas Ada Bob\n  serviceful members coffee add group:baristas"
    )]
    Groups(GroupsArgs),
    /// See where people are signed in, and sign them out
    #[command(after_help = "Example:\n  serviceful sessions list Ada\n  serviceful sessions end Ada")]
    Sessions(SessionsArgs),
    /// Set, list and remove the secrets that an app's functions read
    #[command(after_help = "Example:\n  serviceful secrets set coffee STRIPE_KEY\n  serviceful secrets list coffee")]
    Secrets(SecretsArgs),
    /// See what access tokens are signed with, and replace it
    #[command(after_help = "Example:\n  serviceful keys list\n  serviceful keys rotate --emergency")]
    Keys(KeysArgs),
    /// Make, see and revoke tokens
    #[command(
        after_help = "Example:\n  serviceful token create coffee till --days 30\n  serviceful token ls\n  serviceful token revoke c-aibagbafaydqqcikbmga2dqpca"
    )]
    Token(TokenArgs),
    /// Read and verify the audit log
    #[command(
        after_help = "Example:\n  serviceful audit --app coffee --result refused\n  serviceful audit verify\n  serviceful audit verify --dir /backup/audit --key 'NAME+HASH+KEY'"
    )]
    Audit(AuditArgs),
    /// Say how well the platform's walls stand
    #[command(after_help = "Example:\n  serviceful posture")]
    Posture,
    /// Say whether this machine is fit to run or use a platform
    #[command(after_help = "Example:\n  serviceful doctor")]
    Doctor,
    /// Print the description of the control API (OpenAPI 3.1)
    #[command(after_help = "Example:\n  serviceful openapi > openapi.json")]
    Openapi,
    /// Become an owner of the platform
    #[command(
        after_help = "Example:\n  serviceful claim                    on the host: make a new claim link\n  serviceful claim 'http://console.localhost:8080/claim#CODE'\n  serviceful claim --accept           on the host: both at once"
    )]
    Claim(ClaimArgs),
    /// Sign in through a browser
    #[command(
        after_help = "Example:\n  serviceful login\n  serviceful login --platform https://console.example.com\n  serviceful login --paste            the browser is on another computer"
    )]
    Login(LoginArgs),
    /// Say who you are to the platform
    #[command(after_help = "Example:\n  serviceful whoami")]
    Whoami,
    /// Sign out: revoke the stored credential and forget it
    #[command(after_help = "Example:\n  serviceful logout")]
    Logout,
    /// Print completions for a shell
    #[command(after_help = "Example:\n  serviceful completions bash > /etc/bash_completion.d/serviceful")]
    Completions(CompletionsArgs),
}
