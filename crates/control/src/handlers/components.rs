//! Components: what is missing, and taking it in.
use std::sync::Arc;

use control_api::{COMPONENTS_MAX, ComponentStored, ComponentsMissing, ComponentsNamed};
use gateway::{Refusal, Reply};
use types::Digest;

use crate::{
    input, refuse, reply,
    service::{Asked, Shared},
};

pub(crate) async fn missing(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let ComponentsNamed { digests } = input::json(&asked.head, asked.body).await?;

    if digests.len() > COMPONENTS_MAX {
        return Err(refuse::bad_input(format!("a deployment has at most {COMPONENTS_MAX} components")));
    }

    let contents = shared.ports.contents.clone();
    let missing = blocking(move || digests.into_iter().filter(|digest| !contents.has(*digest)).collect()).await?;

    reply::ok(&ComponentsMissing { missing })
}

pub(crate) async fn put(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let digest: Digest = input::parsed(&asked.call, "digest")?;
    // An upload waits here with its body unread: back-pressure reaches the client, memory stays bounded.
    let closed = |_| Refusal::internal("the room is closed");
    let _one_of_few = shared.uploads.acquire().await.map_err(closed)?;
    let max = shared.ports.caps.compile.component_kib.saturating_mul(1_024);
    let bytes = input::bytes(asked.body, max).await?;

    if bytes.is_empty() {
        return Err(refuse::bad_input("the body is empty; send the component's bytes"));
    }

    let contents = shared.ports.contents.clone();
    let length = bytes.len() as u64;
    blocking(move || contents.put(digest, &bytes)).await?.map_err(refuse::contents)?;

    reply::ok(&ComponentStored { digest, bytes: length })
}

/// Runs file work off the request path.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::internal(format!("file work ended early: {e}")))
}

/// The first component that is not stored, by path.
pub(crate) async fn first_missing(
    shared: &Shared,
    components: Vec<(Arc<str>, Digest)>,
) -> Result<Option<(Arc<str>, Digest)>, Refusal> {
    let contents = shared.ports.contents.clone();
    blocking(move || components.into_iter().find(|(_, digest)| !contents.has(*digest))).await
}
