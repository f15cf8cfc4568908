//! People: taken out, and let in again. Everything that counts as theirs ends at once, and nothing of it is removed.
use control_api::{PersonView, PutPerson};
use gateway::{Refusal, Reply};
use store::{Principal, PrincipalKind};

use super::members;
use crate::{
    input, refuse, reply,
    service::{Asked, Shared},
};

pub(crate) async fn put(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let word = input::param(&asked.call, "person")?;
    let wanted: PutPerson = input::json(&asked.head, asked.body).await?;

    let found = members::person(shared, &word).await?;
    let Principal { id, kind: PrincipalKind::Person { owner }, name, .. } = found else {
        let sentence = format!("{} is a service account", found.id);
        return Err(refuse::bad_input(sentence).next("revoke its tokens, or remove it from the app's members"));
    };
    if wanted.disabled && asked.caller.principal() == Some(id) {
        // Else the last owner shuts the door from outside by a slip of the hand.
        let sentence = "nobody can disable themselves";
        return Err(refuse::conflict(sentence)
            .next("let another owner do it, or the host: `serviceful people disable NAME --host`"));
    }

    if !shared.ports.people.set_disabled(id, wanted.disabled).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("person `{}`", input::short(&word))));
    }

    reply::ok(&PersonView { person: id, name: name.to_string(), owner, disabled: wanted.disabled })
}
