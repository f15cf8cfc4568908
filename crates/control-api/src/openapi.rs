//! The OpenAPI 3.1 description, made from the table of operations and the types' own schemas.
use types::Method;
use utoipa::{
    OpenApi,
    openapi::{
        Content, HttpMethod, Info, OpenApi as Document, OpenApiBuilder, Paths, Ref, Required, Response,
        ResponseBuilder,
        path::{Operation as PathOperation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{AuditQuery, OPERATIONS, Op, Operation};

#[derive(OpenApi)]
#[openapi(components(schemas(
    crate::Claim,
    crate::Claimed,
    crate::ClaimIssue,
    crate::ClaimIssued,
    crate::Identity,
    crate::AppList,
    crate::AppSummary,
    crate::AppDetail,
    crate::FunctionView,
    crate::Removed,
    crate::MemberList,
    crate::Member,
    crate::PutMember,
    crate::Role,
    crate::ComponentsNamed,
    crate::ComponentsMissing,
    crate::ComponentStored,
    crate::CreateDeployment,
    crate::DeploymentView,
    crate::DeploymentList,
    crate::DeploymentPhase,
    crate::DeploymentFailure,
    crate::ComponentProgress,
    crate::ComponentStage,
    crate::Inspected,
    crate::Import,
    crate::ImportState,
    crate::Rollback,
    crate::LogEntry,
    crate::Token,
    crate::TokenUse,
    crate::TokenList,
    crate::CreateToken,
    crate::CreateCallToken,
    crate::TokenCreated,
    crate::AuditPage,
    crate::AuditEvent,
    crate::AuditWho,
    crate::AuditOutcome,
    crate::AuditTimings,
    crate::AuditVerdict,
    crate::ImportMembers,
    crate::ImportedMember,
    crate::MembersImported,
    crate::AccessRequestList,
    crate::AccessRequestView,
    crate::ApproveAccess,
    crate::AccessDenied,
    crate::SecretList,
    crate::SecretView,
    crate::PutSecret,
    crate::SecretPut,
    crate::CallerList,
    crate::CallerClass,
    crate::CallerEntry,
    crate::CallersScope,
    crate::Extent,
    crate::AccessReview,
    crate::AccessGain,
    crate::Explanation,
    crate::ExplainedCaller,
    crate::ExplainedRule,
    crate::ExplainedNow,
    crate::ExplainedChange,
    crate::CreateGroup,
    crate::GroupView,
    crate::GroupList,
    crate::GroupDetail,
    crate::GroupApp,
    crate::GroupPerson,
    crate::AddToGroup,
    crate::AddedToGroup,
    crate::PutAppGroup,
    crate::MemberGroup,
    crate::CallerGroup,
    crate::InvitationList,
    crate::InvitationView,
    crate::ImportPeople,
    crate::ImportedPerson,
    crate::ImportedLink,
    crate::PeopleImported,
    crate::RenamePerson,
    crate::EverythingEnded,
    crate::PersonView,
    crate::PutPerson,
    crate::PeopleList,
    crate::PersonEntry,
    crate::CreateInvitation,
    crate::InvitationCreated,
    crate::CreateReset,
    crate::ResetCreated,
    crate::KeyList,
    crate::KeyView,
    crate::KeyStage,
    crate::RotateKeys,
    crate::KeysRotated,
    crate::MailList,
    crate::MailView,
    crate::MailStage,
    crate::TestMail,
    crate::MailQueued,
    crate::BreachListView,
    crate::BreachListStage,
    crate::SessionList,
    crate::SessionView,
    crate::SessionsEnded,
    crate::Posture,
    crate::ProcessPosture,
    crate::PostureCheck,
    crate::BrokenConnections,
    crate::ResourceMetadata,
    Problem,
)))]
struct Schemas;

/// The body of every refusal and failure (RFC 9457).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "a schema only; the type itself is `types::Problem`")]
struct Problem {
    /// Path of the code's page.
    r#type: String,
    status: u16,
    /// Such as `CTL-001`.
    code: String,
    title: String,
    /// What is particular to this case.
    detail: Option<String>,
    /// What to do next.
    next: Option<String>,
    /// Where a person signs in, of a 401: to be opened in a browser, never followed by a program.
    login_url: Option<String>,
    /// The request's id, to find it in logs and audit.
    request: Option<String>,
}

/// What goes in or comes out.
enum Shape {
    Nothing,
    Json(&'static str),
    /// One JSON document a line.
    Lines(&'static str),
    Bytes,
}

/// Body, answer and status of success.
const fn shapes(op: Op) -> (Shape, Shape, &'static str) {
    use Shape::{Bytes, Json, Lines, Nothing};
    match op {
        Op::ClaimRedeem => (Json("Claim"), Json("Claimed"), "201"),
        Op::ClaimIssue => (Json("ClaimIssue"), Json("ClaimIssued"), "201"),
        Op::Whoami => (Nothing, Json("Identity"), "200"),
        Op::AppsList => (Nothing, Json("AppList"), "200"),
        Op::AppGet => (Nothing, Json("AppDetail"), "200"),
        Op::AppRemove
        | Op::MemberRemove
        | Op::PersonRemove
        | Op::AppGroupRemove
        | Op::GroupRemove
        | Op::GroupTake
        | Op::InvitationRevoke
        | Op::SecretRemove => (Nothing, Json("Removed"), "200"),
        Op::ComponentsMissing => (Json("ComponentsNamed"), Json("ComponentsMissing"), "200"),
        Op::ComponentPut => (Bytes, Json("ComponentStored"), "200"),
        Op::DeploymentCreate => (Json("CreateDeployment"), Json("DeploymentView"), "202"),
        Op::DeploymentReview => (Json("CreateDeployment"), Json("AccessReview"), "200"),
        Op::MembersImport => (Json("ImportMembers"), Json("MembersImported"), "200"),
        Op::AccessRequestsList => (Nothing, Json("AccessRequestList"), "200"),
        Op::AccessRequestApprove => (Json("ApproveAccess"), Json("Member"), "200"),
        Op::AccessRequestDeny => (Nothing, Json("AccessDenied"), "200"),
        Op::SecretsList => (Nothing, Json("SecretList"), "200"),
        Op::SecretPut => (Json("PutSecret"), Json("SecretPut"), "200"),
        Op::FunctionCallers => (Nothing, Json("CallerList"), "200"),
        Op::RequestExplain => (Nothing, Json("Explanation"), "200"),
        Op::DeploymentsList => (Nothing, Json("DeploymentList"), "200"),
        Op::DeploymentGet => (Nothing, Json("DeploymentView"), "200"),
        Op::AppRollback => (Json("Rollback"), Json("DeploymentView"), "200"),
        Op::AppLogs => (Nothing, Lines("LogEntry"), "200"),
        Op::MembersList => (Nothing, Json("MemberList"), "200"),
        Op::MemberPut => (Json("PutMember"), Json("Member"), "200"),
        Op::AppGroupPut => (Json("PutAppGroup"), Json("MemberGroup"), "200"),
        Op::GroupsList => (Nothing, Json("GroupList"), "200"),
        Op::GroupCreate => (Json("CreateGroup"), Json("GroupView"), "201"),
        Op::GroupGet => (Nothing, Json("GroupDetail"), "200"),
        Op::GroupAdd => (Json("AddToGroup"), Json("AddedToGroup"), "200"),
        Op::PeopleImport => (Json("ImportPeople"), Json("PeopleImported"), "200"),
        Op::PersonRename => (Json("RenamePerson"), Json("PersonView"), "200"),
        Op::EverythingEnd => (Nothing, Json("EverythingEnded"), "200"),
        Op::InvitationsList => (Nothing, Json("InvitationList"), "200"),
        Op::PersonPut => (Json("PutPerson"), Json("PersonView"), "200"),
        Op::PeopleList => (Nothing, Json("PeopleList"), "200"),
        Op::SessionsList => (Nothing, Json("SessionList"), "200"),
        Op::SessionsEnd => (Nothing, Json("SessionsEnded"), "200"),
        Op::InvitationCreate => (Json("CreateInvitation"), Json("InvitationCreated"), "201"),
        Op::ResetCreate => (Json("CreateReset"), Json("ResetCreated"), "201"),
        Op::KeysList => (Nothing, Json("KeyList"), "200"),
        Op::KeysRotate => (Json("RotateKeys"), Json("KeysRotated"), "200"),
        Op::MailsList => (Nothing, Json("MailList"), "200"),
        Op::MailRetry => (Nothing, Json("MailQueued"), "200"),
        Op::MailTest => (Json("TestMail"), Json("MailQueued"), "201"),
        Op::BreachListGet | Op::BreachListRemove => (Nothing, Json("BreachListView"), "200"),
        Op::BreachListPut => (Bytes, Json("BreachListView"), "200"),
        Op::AppTokensList | Op::TokensList => (Nothing, Json("TokenList"), "200"),
        Op::AppTokenCreate => (Json("CreateToken"), Json("TokenCreated"), "201"),
        Op::CallTokenCreate => (Json("CreateCallToken"), Json("TokenCreated"), "201"),
        Op::AppTokenRevoke | Op::TokenRevoke => (Nothing, Json("Token"), "200"),
        Op::AuditList => (Nothing, Json("AuditPage"), "200"),
        Op::AuditVerify => (Nothing, Json("AuditVerdict"), "200"),
        Op::AuditFile => (Nothing, Bytes, "200"),
        Op::PostureGet => (Nothing, Json("Posture"), "200"),
        Op::ResourceMetadata => (Nothing, Json("ResourceMetadata"), "200"),
    }
}

/// Parameters of the query string.
const fn query(op: Op) -> &'static [&'static str] {
    match op {
        Op::AppLogs => &["tail", "follow"],
        Op::TokensList => &["all"],
        Op::FunctionCallers | Op::GroupGet => &["limit", "after"],
        Op::PeopleList => &["limit", "after", "find", "groups"],
        Op::AuditList => &AuditQuery::PARAMETERS,
        _ => &[],
    }
}

impl Shape {
    fn content(&self) -> Option<(&'static str, Content)> {
        let named = |name: &str| Content::new(Some(Ref::from_schema_name(name)));
        match self {
            Self::Nothing => None,
            Self::Json(name) => Some(("application/json", named(name))),
            Self::Lines(name) => Some(("application/x-ndjson", named(name))),
            Self::Bytes => Some(("application/octet-stream", Content::new(Some(bytes())))),
        }
    }
}

fn bytes() -> Object {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).build()
}

fn text() -> Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

/// `/apps/:app/x/*` in OpenAPI's spelling, `/apps/{app}/x/{rest}`, and the names in it.
fn template(path: &str) -> (String, Vec<String>) {
    let mut names = Vec::new();
    let segments =
        path.split('/').map(|segment| match segment.strip_prefix(':').or((segment == "*").then_some("rest")) {
            Some(name) => {
                names.push(name.to_owned());
                format!("{{{name}}}")
            }
            None => segment.to_owned(),
        });
    let path = segments.collect::<Vec<_>>().join("/");
    (path, names)
}

fn parameter(name: &str, place: ParameterIn, required: Required) -> Parameter {
    ParameterBuilder::new().name(name).parameter_in(place).required(required).schema(Some(text())).build()
}

fn operation(row: &Operation, names: &[String]) -> PathOperation {
    let (input, output, status) = shapes(row.op);
    let mut answer = ResponseBuilder::new().description(row.summary);
    if let Some((kind, content)) = output.content() {
        answer = answer.content(kind, content);
    }
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let refusal: Response = ResponseBuilder::new()
        .description("A refusal or a failure")
        .content("application/problem+json", problem)
        .build();
    let mut builder = OperationBuilder::new()
        .operation_id(Some(row.id()))
        .summary(Some(row.summary))
        .description(Some(format!("Policy decides it as `{}`.", row.action)))
        .response(status, answer.build())
        .response("default", refusal);
    for name in names {
        builder = builder.parameter(parameter(name, ParameterIn::Path, Required::True));
    }
    for name in query(row.op) {
        builder = builder.parameter(parameter(name, ParameterIn::Query, Required::False));
    }
    if let Some((kind, content)) = input.content() {
        let body = RequestBodyBuilder::new().content(kind, content).required(Some(Required::True)).build();
        builder = builder.request_body(Some(body));
    }
    // Whoever redeems a claim, or asks which identity is wanted, has none yet.
    let open = matches!(row.op, Op::ClaimRedeem | Op::ResourceMetadata);
    let securities = if open { Vec::new() } else { vec![SecurityRequirement::new("bearer", [] as [&str; 0])] };
    builder.securities(Some(securities)).build()
}

const fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Head => HttpMethod::Head,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
        Method::Options => HttpMethod::Options,
    }
}

/// The whole description.
pub fn document() -> Document {
    let mut paths = Paths::new();
    for row in OPERATIONS {
        let (path, names) = template(row.path);
        paths.add_path_operation(path, vec![method(row.method)], operation(row, &names));
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of this platform; it counts for exactly one audience."))
        .build();
    let mut components = Schemas::openapi().components.unwrap_or_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let mut info = Info::new("Serviceful control API", "1");
    info.description = Some("Every operation passes the same path as a function call: identity, policy, audit.".into());
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

/// The description as the JSON text that is checked in, with a final newline.
pub fn json() -> Result<String, serde_json::Error> {
    let mut text = document().to_pretty_json()?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CHECKED_IN: &str = include_str!("../../../docs/reference/openapi.json");

    #[test]
    fn the_checked_in_document_is_current() {
        assert_eq!(
            json().expect("the description is JSON"),
            CHECKED_IN,
            "If you are here because you changed the API: run `serviceful openapi > docs/reference/openapi.json`"
        );
    }

    fn refs(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(serde_json::Value::String(name)) = map.get("$ref") {
                    found.insert(name.clone());
                }
                map.values().for_each(|v| refs(v, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|v| refs(v, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let value = serde_json::to_value(document()).expect("JSON");
        let mut found = BTreeSet::new();
        refs(&value, &mut found);
        assert!(found.len() > 20, "{found:?}");
        for name in found {
            let pointer = name.trim_start_matches('#');
            assert!(value.pointer(pointer).is_some(), "{name} leads nowhere");
        }
    }

    #[test]
    fn every_operation_is_described_once() {
        let value = serde_json::to_value(document()).expect("JSON");
        assert_eq!(value["openapi"], "3.1.0");
        for row in OPERATIONS {
            let (path, _) = template(row.path);
            let word = row.method.as_str().to_lowercase();
            assert_eq!(value["paths"][&path][&word]["operationId"], row.id());
        }
        let described: usize =
            value["paths"].as_object().expect("paths").values().map(|p| p.as_object().map_or(0, |m| m.len())).sum();
        assert_eq!(described, OPERATIONS.len());
    }
}
