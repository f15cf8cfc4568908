//! Every operation as a typed call.
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use control_api::{
    AccessDenied, AccessRequestList, AccessReview, AddToGroup, AddedToGroup, AppDetail, AppList, ApproveAccess,
    AuditPage, AuditQuery, AuditVerdict, BreachListView, CallerList, Claim, ClaimIssue, ClaimIssued, Claimed,
    ComponentStored, ComponentsMissing, ComponentsNamed, CreateCallToken, CreateDeployment, CreateGroup,
    CreateInvitation, CreateReset, CreateToken, DeploymentList, DeploymentView, EverythingEnded, Explanation,
    GroupDetail, GroupList, GroupView, Identity, ImportMembers, ImportPeople, InvitationCreated, InvitationList,
    KeyList, KeysRotated, LogEntry, MailList, MailQueued, Member, MemberGroup, MemberList, MembersImported, Op,
    PeopleImported, PeopleList, PersonView, Posture, PutAppGroup, PutMember, PutPerson, PutSecret, Removed,
    RenamePerson, ResetCreated, Rollback, RotateKeys, SecretList, SecretPut, SessionList, SessionsEnded, TestMail,
    Token, TokenCreated, TokenList,
};
use http::{HeaderValue, Method, header};
use serde::{Serialize, de::DeserializeOwned};
use types::{
    AppName, CredentialId, DeploymentId, Digest, FunctionName, GroupName, MailId, PrincipalId, RequestId, Secret,
    SecretName,
};

use crate::{Address, Answer, Bound, ClientError, Outgoing};

/// Longest answer that is read whole, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1_048_576;
/// Longest line of a log, in bytes.
const LINE_BYTES_MAX: usize = 1_048_576;
/// What may compile or check a lot before it answers.
const LONG: Duration = Duration::from_secs(15 * 60);

/// Has a token that is bound to a key, and gets another when it ends.
pub trait Holder: Send + Sync {
    /// The token for a request that is sent now.
    fn access(&self) -> Pin<Box<dyn Future<Output = Result<Bound, ClientError>> + Send + '_>>;
}

/// As whom to speak.
#[derive(Clone)]
enum Credential {
    Nobody,
    Token(Secret),
    Login(Arc<dyn Holder>),
}

/// A platform, and as whom to speak to it.
#[derive(Clone)]
pub struct Client {
    address: Address,
    credential: Credential,
}

/// One call: path values, query, body.
struct Call<'a> {
    op: Op,
    values: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<(&'static str, Bytes)>,
}

impl<'a> Call<'a> {
    const fn of(op: Op, values: &'a [&'a str]) -> Self {
        Self { op, values, query: Vec::new(), body: None }
    }

    fn json<T: Serialize>(mut self, body: &T) -> Result<Self, ClientError> {
        let bytes = serde_json::to_vec(body).map_err(|e| ClientError::Unsendable { reason: e.to_string() })?;
        self.body = Some(("application/json", bytes.into()));
        Ok(self)
    }
}

/// Percent-encodes all that is not unreserved (RFC 3986 section 2.3).
fn encode(text: &str) -> String {
    let one = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

impl Client {
    pub fn new(address: Address, credential: Option<Secret>) -> Self {
        Self { address, credential: credential.map_or(Credential::Nobody, Credential::Token) }
    }

    /// The same with a login.
    pub fn of_login(address: Address, holder: Arc<dyn Holder>) -> Self {
        Self { address, credential: Credential::Login(holder) }
    }

    pub const fn address(&self) -> &Address {
        &self.address
    }

    async fn send(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let row = call.op.row();
        // The rest of a path keeps its slashes; a name in it does not.
        let rest = row.path.ends_with('*');
        let values: Vec<String> = call.values.iter().map(|v| if rest { (*v).to_owned() } else { encode(v) }).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let mut target = row.path_with(&values);
        for (at, (name, value)) in call.query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{name}={}", encode(value)));
        }
        let method = Method::from_bytes(row.method.as_str().as_bytes());
        let method = method.map_err(|e| ClientError::Unsendable { reason: e.to_string() })?;
        let mut outgoing = Outgoing::new(method, target);
        match &self.credential {
            Credential::Nobody => {}
            Credential::Token(token) => outgoing.credential = Some(token.clone()),
            Credential::Login(holder) => {
                let Bound { token, key } = holder.access().await?;
                (outgoing.credential, outgoing.key) = (Some(token), Some(key));
            }
        }
        if matches!(call.op, Op::AppRollback | Op::AuditVerify | Op::ComponentPut | Op::BreachListPut) {
            outgoing.patience = LONG;
        }
        if let Some((kind, body)) = call.body {
            outgoing.headers.push((header::CONTENT_TYPE, HeaderValue::from_static(kind)));
            outgoing.body = body;
        }
        outgoing.send(&self.address).await?.succeeded().await
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, ClientError> {
        let mut answer = self.send(call).await?;
        let bytes = answer.bytes(ANSWER_BYTES_MAX).await?;
        serde_json::from_slice(&bytes)
            .map_err(|e| ClientError::Shape { place: answer.place().to_owned(), reason: e.to_string() })
    }

    pub async fn redeem_claim(&self, claim: &Claim) -> Result<Claimed, ClientError> {
        self.ask(Call::of(Op::ClaimRedeem, &[]).json(claim)?).await
    }

    pub async fn issue_claim(&self, again: bool) -> Result<ClaimIssued, ClientError> {
        self.ask(Call::of(Op::ClaimIssue, &[]).json(&ClaimIssue { again })?).await
    }

    pub async fn whoami(&self) -> Result<Identity, ClientError> {
        self.ask(Call::of(Op::Whoami, &[])).await
    }

    pub async fn apps(&self) -> Result<AppList, ClientError> {
        self.ask(Call::of(Op::AppsList, &[])).await
    }

    pub async fn app(&self, app: &AppName) -> Result<AppDetail, ClientError> {
        self.ask(Call::of(Op::AppGet, &[app.as_str()])).await
    }

    pub async fn remove_app(&self, app: &AppName) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::AppRemove, &[app.as_str()])).await
    }

    pub async fn components_missing(&self, digests: Vec<Digest>) -> Result<ComponentsMissing, ClientError> {
        self.ask(Call::of(Op::ComponentsMissing, &[]).json(&ComponentsNamed { digests })?).await
    }

    pub async fn put_component(&self, digest: Digest, bytes: Bytes) -> Result<ComponentStored, ClientError> {
        let name = digest.to_string();
        let values = [name.as_str()];
        let mut call = Call::of(Op::ComponentPut, &values);
        call.body = Some(("application/wasm", bytes));
        self.ask(call).await
    }

    pub async fn create_deployment(
        &self,
        app: &AppName,
        new: &CreateDeployment,
    ) -> Result<DeploymentView, ClientError> {
        self.ask(Call::of(Op::DeploymentCreate, &[app.as_str()]).json(new)?).await
    }

    /// What the deployment would permit that the present one does not.
    pub async fn review_deployment(&self, app: &AppName, new: &CreateDeployment) -> Result<AccessReview, ClientError> {
        self.ask(Call::of(Op::DeploymentReview, &[app.as_str()]).json(new)?).await
    }

    pub async fn deployment(&self, app: &AppName, id: DeploymentId) -> Result<DeploymentView, ClientError> {
        self.ask(Call::of(Op::DeploymentGet, &[app.as_str(), &id.to_string()])).await
    }

    pub async fn deployments(&self, app: &AppName) -> Result<DeploymentList, ClientError> {
        self.ask(Call::of(Op::DeploymentsList, &[app.as_str()])).await
    }

    pub async fn rollback(&self, app: &AppName, to: Option<String>) -> Result<DeploymentView, ClientError> {
        self.ask(Call::of(Op::AppRollback, &[app.as_str()]).json(&Rollback { to })?).await
    }

    pub async fn members(&self, app: &AppName) -> Result<MemberList, ClientError> {
        self.ask(Call::of(Op::MembersList, &[app.as_str()])).await
    }

    pub async fn put_member(&self, app: &AppName, person: &str, put: PutMember) -> Result<Member, ClientError> {
        self.ask(Call::of(Op::MemberPut, &[app.as_str(), person]).json(&put)?).await
    }

    pub async fn remove_member(&self, app: &AppName, person: &str) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::MemberRemove, &[app.as_str(), person])).await
    }

    pub async fn import_members(&self, app: &AppName, import: &ImportMembers) -> Result<MembersImported, ClientError> {
        self.ask(Call::of(Op::MembersImport, &[app.as_str()]).json(import)?).await
    }

    pub async fn access_requests(&self, app: &AppName) -> Result<AccessRequestList, ClientError> {
        self.ask(Call::of(Op::AccessRequestsList, &[app.as_str()])).await
    }

    pub async fn approve_access(
        &self,
        app: &AppName,
        person: &str,
        approve: ApproveAccess,
    ) -> Result<Member, ClientError> {
        self.ask(Call::of(Op::AccessRequestApprove, &[app.as_str(), person]).json(&approve)?).await
    }

    pub async fn deny_access(&self, app: &AppName, person: &str) -> Result<AccessDenied, ClientError> {
        self.ask(Call::of(Op::AccessRequestDeny, &[app.as_str(), person])).await
    }

    /// A page of those who may call a function.
    pub async fn callers(
        &self,
        app: &AppName,
        function: &FunctionName,
        limit: usize,
        after: Option<PrincipalId>,
    ) -> Result<CallerList, ClientError> {
        let values = [app.as_str(), function.as_str()];
        let mut call = Call::of(Op::FunctionCallers, &values);
        call.query.push(("limit", limit.to_string()));
        call.query.extend(after.map(|after| ("after", after.to_string())));
        self.ask(call).await
    }

    pub async fn explain(&self, request: RequestId) -> Result<Explanation, ClientError> {
        self.ask(Call::of(Op::RequestExplain, &[&request.to_string()])).await
    }

    pub async fn put_person(&self, person: &str, put: PutPerson) -> Result<PersonView, ClientError> {
        self.ask(Call::of(Op::PersonPut, &[person]).json(&put)?).await
    }

    /// One page of the directory, from behind `after`; `find` narrows it, `groups` asks for those of each person.
    pub async fn people(
        &self,
        after: Option<PrincipalId>,
        find: Option<&str>,
        groups: bool,
    ) -> Result<PeopleList, ClientError> {
        let mut call = Call::of(Op::PeopleList, &[]);
        call.query.extend(after.map(|after| ("after", after.to_string())));
        call.query.extend(find.map(|find| ("find", find.to_owned())));
        call.query.extend(groups.then(|| ("groups", "true".to_owned())));
        self.ask(call).await
    }

    pub async fn import_people(&self, import: &ImportPeople) -> Result<PeopleImported, ClientError> {
        self.ask(Call::of(Op::PeopleImport, &[]).json(import)?).await
    }

    pub async fn rename_person(&self, person: &str, rename: &RenamePerson) -> Result<PersonView, ClientError> {
        self.ask(Call::of(Op::PersonRename, &[person]).json(rename)?).await
    }

    pub async fn invitations(&self) -> Result<InvitationList, ClientError> {
        self.ask(Call::of(Op::InvitationsList, &[])).await
    }

    pub async fn revoke_invitation(&self, invitation: &str) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::InvitationRevoke, &[invitation])).await
    }

    /// Everything of everybody; only through the host's socket.
    pub async fn end_everything(&self) -> Result<EverythingEnded, ClientError> {
        self.ask(Call::of(Op::EverythingEnd, &[])).await
    }

    pub async fn groups(&self) -> Result<GroupList, ClientError> {
        self.ask(Call::of(Op::GroupsList, &[])).await
    }

    pub async fn create_group(&self, new: &CreateGroup) -> Result<GroupView, ClientError> {
        self.ask(Call::of(Op::GroupCreate, &[]).json(new)?).await
    }

    /// A group and one page of its people, from behind `after`.
    pub async fn group(&self, group: &GroupName, after: Option<PrincipalId>) -> Result<GroupDetail, ClientError> {
        let values = [group.as_str()];
        let mut call = Call::of(Op::GroupGet, &values);
        call.query.extend(after.map(|after| ("after", after.to_string())));
        self.ask(call).await
    }

    pub async fn remove_group(&self, group: &GroupName) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::GroupRemove, &[group.as_str()])).await
    }

    pub async fn add_to_group(&self, group: &GroupName, add: &AddToGroup) -> Result<AddedToGroup, ClientError> {
        self.ask(Call::of(Op::GroupAdd, &[group.as_str()]).json(add)?).await
    }

    pub async fn take_from_group(&self, group: &GroupName, person: &str) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::GroupTake, &[group.as_str(), person])).await
    }

    pub async fn put_app_group(
        &self,
        app: &AppName,
        group: &GroupName,
        put: PutAppGroup,
    ) -> Result<MemberGroup, ClientError> {
        self.ask(Call::of(Op::AppGroupPut, &[app.as_str(), group.as_str()]).json(&put)?).await
    }

    pub async fn remove_app_group(&self, app: &AppName, group: &GroupName) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::AppGroupRemove, &[app.as_str(), group.as_str()])).await
    }

    pub async fn remove_person(&self, person: &str) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::PersonRemove, &[person])).await
    }

    pub async fn sessions(&self, person: &str) -> Result<SessionList, ClientError> {
        self.ask(Call::of(Op::SessionsList, &[person])).await
    }

    pub async fn end_sessions(&self, person: &str) -> Result<SessionsEnded, ClientError> {
        self.ask(Call::of(Op::SessionsEnd, &[person])).await
    }

    pub async fn invite(&self, new: &CreateInvitation) -> Result<InvitationCreated, ClientError> {
        self.ask(Call::of(Op::InvitationCreate, &[]).json(new)?).await
    }

    pub async fn reset(&self, person: &str, new: CreateReset) -> Result<ResetCreated, ClientError> {
        self.ask(Call::of(Op::ResetCreate, &[person]).json(&new)?).await
    }

    /// The keys that access tokens are signed with.
    pub async fn keys(&self) -> Result<KeyList, ClientError> {
        self.ask(Call::of(Op::KeysList, &[])).await
    }

    /// Replaces them.
    pub async fn rotate_keys(&self, how: &RotateKeys) -> Result<KeysRotated, ClientError> {
        self.ask(Call::of(Op::KeysRotate, &[]).json(how)?).await
    }

    pub async fn mails(&self) -> Result<MailList, ClientError> {
        self.ask(Call::of(Op::MailsList, &[])).await
    }

    pub async fn retry_mail(&self, mail: MailId) -> Result<MailQueued, ClientError> {
        self.ask(Call::of(Op::MailRetry, &[&mail.to_string()])).await
    }

    pub async fn test_mail(&self, test: &TestMail) -> Result<MailQueued, ClientError> {
        self.ask(Call::of(Op::MailTest, &[]).json(test)?).await
    }

    pub async fn breach_list(&self) -> Result<BreachListView, ClientError> {
        self.ask(Call::of(Op::BreachListGet, &[])).await
    }

    pub async fn put_breach_list(&self, file: Bytes) -> Result<BreachListView, ClientError> {
        let mut call = Call::of(Op::BreachListPut, &[]);
        call.body = Some(("application/octet-stream", file));
        self.ask(call).await
    }

    pub async fn remove_breach_list(&self) -> Result<BreachListView, ClientError> {
        self.ask(Call::of(Op::BreachListRemove, &[])).await
    }

    pub async fn app_tokens(&self, app: &AppName) -> Result<TokenList, ClientError> {
        self.ask(Call::of(Op::AppTokensList, &[app.as_str()])).await
    }

    pub async fn create_token(&self, app: &AppName, new: &CreateToken) -> Result<TokenCreated, ClientError> {
        self.ask(Call::of(Op::AppTokenCreate, &[app.as_str()]).json(new)?).await
    }

    pub async fn revoke_app_token(&self, app: &AppName, token: CredentialId) -> Result<Token, ClientError> {
        self.ask(Call::of(Op::AppTokenRevoke, &[app.as_str(), &token.to_string()])).await
    }

    pub async fn secrets(&self, app: &AppName) -> Result<SecretList, ClientError> {
        self.ask(Call::of(Op::SecretsList, &[app.as_str()])).await
    }

    pub async fn put_secret(&self, app: &AppName, name: &SecretName, value: &Secret) -> Result<SecretPut, ClientError> {
        let put = PutSecret { value: value.reveal().to_owned() };
        self.ask(Call::of(Op::SecretPut, &[app.as_str(), name.as_str()]).json(&put)?).await
    }

    pub async fn remove_secret(&self, app: &AppName, name: &SecretName) -> Result<Removed, ClientError> {
        self.ask(Call::of(Op::SecretRemove, &[app.as_str(), name.as_str()])).await
    }

    pub async fn tokens(&self, all: bool) -> Result<TokenList, ClientError> {
        let mut call = Call::of(Op::TokensList, &[]);
        if all {
            call.query.push(("all", "true".to_owned()));
        }
        self.ask(call).await
    }

    pub async fn create_call_token(&self, new: &CreateCallToken) -> Result<TokenCreated, ClientError> {
        self.ask(Call::of(Op::CallTokenCreate, &[]).json(new)?).await
    }

    pub async fn revoke_token(&self, token: CredentialId) -> Result<Token, ClientError> {
        self.ask(Call::of(Op::TokenRevoke, &[&token.to_string()])).await
    }

    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ClientError> {
        let mut call = Call::of(Op::AuditList, &[]);
        call.query = query.pairs();
        self.ask(call).await
    }

    pub async fn verify_audit(&self) -> Result<AuditVerdict, ClientError> {
        self.ask(Call::of(Op::AuditVerify, &[])).await
    }

    /// A file of the audit log by its tlog-tiles path.
    pub async fn audit_file(&self, path: &str) -> Result<Bytes, ClientError> {
        let values = [path];
        self.send(Call::of(Op::AuditFile, &values)).await?.bytes(ANSWER_BYTES_MAX).await
    }

    pub async fn posture(&self) -> Result<Posture, ClientError> {
        self.ask(Call::of(Op::PostureGet, &[])).await
    }

    /// The newest `tail` lines of a log, and with `follow` those to come, as they come.
    pub async fn logs(&self, app: &AppName, tail: usize, follow: bool) -> Result<LogLines, ClientError> {
        let values = [app.as_str()];
        let mut call = Call::of(Op::AppLogs, &values);
        call.query = vec![("tail", tail.to_string()), ("follow", follow.to_string())];
        Ok(LogLines { answer: self.send(call).await?, rest: BytesMut::new() })
    }
}

/// Lines of a log as they arrive.
pub struct LogLines {
    answer: Answer,
    rest: BytesMut,
}

impl LogLines {
    /// The next line; `None` when the platform ended the answer (when following: ask again).
    pub async fn next(&mut self) -> Result<Option<LogEntry>, ClientError> {
        loop {
            while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let line = self.rest.split_to(end + 1);
                let text = line.trim_ascii();
                if text.is_empty() {
                    continue;
                }
                return serde_json::from_slice(text).map(Some).map_err(|e| self.shape(e.to_string()));
            }
            if self.rest.len() > LINE_BYTES_MAX {
                return Err(self.shape("a line without an end".to_owned()));
            }
            match self.answer.piece().await? {
                Some(piece) => self.rest.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }

    fn shape(&self, reason: String) -> ClientError {
        ClientError::Shape { place: self.answer.place().to_owned(), reason }
    }
}
