//! The keys that access tokens are signed with: seen, and replaced before their time.
use control_api::{KeyList, KeyStage, KeyView, KeysRotated, RotateKeys};
use gateway::{Refusal, Reply, TokenKey, TokenKeyState};
use types::counted;

use crate::{
    KeyFailure,
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

fn view(key: TokenKey) -> KeyView {
    let (stage, since, until) = match key.state {
        TokenKeyState::Next => (KeyStage::Next, key.made_at, key.signs_from),
        TokenKeyState::Active => (KeyStage::Active, key.signs_from, key.signs_until),
        TokenKeyState::Retiring => (KeyStage::Retiring, key.signs_until, key.gone_at),
    };
    KeyView { id: key.id.to_string(), algorithm: "ES256".to_owned(), stage, since, until }
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let keys = shared.ports.keys.keys().await.map_err(|e| Refusal::internal(format!("the keeper: {e}")))?;

    reply::ok(&KeyList { keys: keys.into_iter().map(view).collect() })
}

pub(crate) async fn rotate(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let RotateKeys { emergency } = input::json(&asked.head, asked.body).await?;

    let (keys, ended) = shared.ports.keys.rotate(emergency).await.map_err(|failure| match failure {
        KeyFailure::Refused(reason) => refuse::conflict(reason)
            .next("wait for that, or look at `serviceful keys list`; if a key is in wrong hands, add `--emergency`"),
        // Whoever asked must not believe that all is well.
        half @ KeyFailure::HalfDone(_) => {
            refuse::failed(&half).next("ask for the emergency again: it is safe to do twice")
        }
    })?;

    let keys = keys.into_iter().map(view).collect();
    let mut reply = reply::ok(&KeysRotated { keys, sessions_ended: ended.sessions, logins_ended: ended.credentials })?;
    reply.note = emergency.then(|| {
        let sessions = counted(ended.sessions, "session", "sessions");
        let logins = counted(ended.credentials, "login", "logins");
        format!("emergency: every key of access tokens is another; {sessions} and {logins} ended").into()
    });
    Ok(reply)
}
