//! Who may, and why: answers of the rules about calls that are over, calls that nobody made, and deployments that are not there yet.
use serde::{Deserialize, Serialize};
use types::{Access, AppName, DeploymentId, Digest, GroupName, PrincipalId, RequestId};
use utoipa::ToSchema;

use crate::{AuditEvent, Role};

/// How much of what was asked is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// In every way that rules tell apart.
    Yes,
    /// In some ways: a rule reads the method, the path, or how strong or how long ago the sign-in was, or the function demands
    /// something of it.
    Partly,
    No,
}

/// A kind of caller, and how far it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerClass {
    /// `stranger`, `signed-in`, `owner`, `member`, `admin`, `service`, `member-service` or `operator`.
    pub class: String,
    pub may: Extent,
    /// Rules that let in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// A call that is allowed, with the weakest sign-in that does, when not every one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// A group of people that means something to the app, and how far somebody gets who is in it and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerGroup {
    #[schema(value_type = String)]
    pub group: GroupName,
    /// What its people are in the app; absent for one that the manifest only declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many are in it.
    pub people: u64,
    pub may: Extent,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// Somebody who may call a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerEntry {
    #[schema(value_type = String)]
    pub principal: PrincipalId,
    /// The person's name, or `service:NAME`.
    pub name: String,
    /// What they are in the app by themselves; absent for somebody who does not belong to it, or does through a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Groups that they are in and that mean something to the app.
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    pub may: Extent,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// Whom a list looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallersScope {
    /// Everybody of the platform.
    Directory,
    /// Members by themselves and service accounts of the app; of groups, how many are in them: whoever asks does not look after the platform, and people who are not in the app
    /// are none of their business.
    App,
}

/// Who may call a function as it answers now, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallerList {
    #[schema(value_type = String)]
    pub app: AppName,
    pub function: String,
    pub route: String,
    #[schema(value_type = String)]
    pub access: Access,
    /// What the function demands of people beside that: how surely, and how lately, they showed who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demands: Option<String>,
    pub scope: CallersScope,
    /// Parts of a request that rules read or the function demands: `method`, `path`, `assurance`, `age` (of the sign-in).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// Kinds of callers, whether there is one now or not.
    pub classes: Vec<CallerClass>,
    /// Groups of people among the members or in the manifest, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<CallerGroup>,
    /// Those of this page who may, by id.
    pub callers: Vec<CallerEntry>,
    /// Ask again with `after` set to this for more; absent when there are none.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PrincipalId>,
}

/// Somebody gains access to a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessGain {
    pub function: String,
    pub route: String,
    /// A kind of caller as in `CallerClass`, a person's id, `service:NAME`, or `group:NAME`.
    pub who: String,
    /// The name of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `yes`: in every way; `partly`: for some methods, paths or strengths of sign-in.
    pub extent: Extent,
    /// Nothing answered there before.
    pub fresh: bool,
    /// One call that is allowed then, with the weakest sign-in that does where that makes a difference.
    pub example: String,
    /// What the function demands of people then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demands: Option<String>,
    /// Rules that let in then.
    pub rules: Vec<String>,
    /// A new route for those who belong to the app, which is no reason to ask.
    pub expected: bool,
}

/// What a deployment would permit that the present one does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessReview {
    #[schema(value_type = String)]
    pub deployment: DeploymentId,
    /// What it was compared with; absent when nothing answers yet.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<DeploymentId>,
    pub gains: Vec<AccessGain>,
    /// There was more to compare than is compared.
    pub cut_short: bool,
    /// Somebody should look before it counts.
    pub asks: bool,
    /// Names all of this. `deployment-create` with it is refused when the answer is another one by then.
    #[schema(value_type = String)]
    pub review: Digest,
}

/// Who made a request, as far as that is known still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainedCaller {
    /// `stranger`, `person`, `service`, `operator` or `platform`.
    pub kind: String,
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<PrincipalId>,
    /// The name in the directory; absent when they are not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they are in the app now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What proved who they are, in a few words.
    pub by: String,
    /// What they are now: `owner`, `disabled`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
}

/// A rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainedRule {
    pub id: String,
    /// `permit` or `forbid`; absent when the rule is not kept any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// `platform` or `app`.
    pub of: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What the same caller would be answered now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainedNow {
    pub may: Extent,
    /// Groups that they are in now and that mean something to the app.
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// What the caller is told when refused, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Parts of a request that the rules read and the log does not hold, so that every kind was tried: `method`, `path`,
    /// `assurance`, `age`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// Something that would make the answer another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainedChange {
    pub change: String,
    /// What they may do then.
    pub may: Extent,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
}

/// One request explained from the audit log and the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    #[schema(value_type = String)]
    pub request: RequestId,
    pub sentence: String,
    pub who: ExplainedCaller,
    /// Rules that decided then. None: nothing permitted it, or no rule was asked.
    pub rules: Vec<ExplainedRule>,
    /// Absent where rules cannot be asked again: what was asked for, or who asked, is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<ExplainedNow>,
    /// Each alone would do; tried with the rules that are in force now.
    pub changes: Vec<ExplainedChange>,
    /// What the log holds of the request, oldest first.
    pub events: Vec<AuditEvent>,
}
