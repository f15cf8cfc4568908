//! The OpenAPI 3.1 description, made from the table of operations and the types' own schemas.
use std::collections::BTreeMap;

use types::{Code, Method};
use utoipa::{
    OpenApi,
    openapi::{
        Content, Header, HttpMethod, Info, OpenApi as Document, OpenApiBuilder, Paths, Ref, RefOr, Required, Response,
        ResponseBuilder,
        path::{Operation as PathOperation, OperationBuilder},
        request_body::RequestBodyBuilder,
        schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::{OPERATIONS, Op, Operation, parameters, refusals};

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
#[derive(utoipa::ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a schema only; the type itself is `types::Problem`")]
struct Problem {
    /// Path of the code's page.
    #[schema(pattern = "^/errors/[A-Z]+-[0-9]{3}$")]
    r#type: String,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Such as `CTL-001`.
    #[schema(pattern = "^[A-Z]+-[0-9]{3}$")]
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

/// What statuses an operation has beside that of success, with the codes that each stands for.
fn statuses(codes: impl IntoIterator<Item = Code>) -> BTreeMap<u16, Vec<Code>> {
    let mut found: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        found.entry(code.status()).or_default().push(code);
    }
    found
}

/// The answer for one status.
fn refusal(status: u16, codes: &[Code]) -> Response {
    let lines: Vec<String> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
    let id = Header::new(text("^r-[a-z2-7]{26}$"));
    let mut response = ResponseBuilder::new().description(lines.join("\n\n")).header("sf-request", id);
    if status == Code::ID_REQUIRED.status() {
        response = response.header("www-authenticate", Header::new(text("^(Bearer|DPoP) ")));
    }
    if status == Code::ID_THROTTLED.status() {
        response = response.header("retry-after", Header::new(text("^[0-9]+$")));
    }
    if !codes.iter().all(|code| refusals::is_bare(*code)) {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        response = response.content("application/problem+json", problem);
    }
    response.build()
}

fn text(pattern: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

/// The name of a response that every operation has.
fn shared(status: u16) -> String {
    format!("Refusal{status}")
}

fn operation(row: &Operation, names: &[String]) -> PathOperation {
    let (input, output, status) = shapes(row.op);
    let mut answer = ResponseBuilder::new().description(row.summary);
    if let Some((kind, content)) = output.content() {
        answer = answer.content(kind, content);
    }
    let mut builder = OperationBuilder::new()
        .operation_id(Some(row.id()))
        .summary(Some(row.summary))
        .description(Some(format!("Policy decides it as `{}`.", row.action)))
        .response(status, answer.build());
    let road = statuses(refusals::of_the_road().iter().copied());
    for (status, codes) in statuses(row.op.refusals()) {
        let response: RefOr<Response> = if road.get(&status) == Some(&codes) {
            Ref::from_response_name(shared(status)).into()
        } else {
            refusal(status, &codes).into()
        };
        builder = builder.response(status.to_string(), response);
    }
    for name in names {
        builder = builder.parameter(parameters::in_path(name));
    }
    for parameter in parameters::query(row.op) {
        builder = builder.parameter(parameters::in_query(*parameter));
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
    for (status, codes) in statuses(refusals::of_the_road().iter().copied()) {
        components.responses.insert(shared(status), refusal(status, &codes).into());
    }
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
