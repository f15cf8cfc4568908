//! Components: what is missing, and taking it in.
use std::sync::Arc;

use control_api::{COMPONENTS_MAX, ComponentStored, ComponentsMissing, ComponentsNamed};
use gateway::{Refusal, Reply};
use store::{Contents, ContentsError};
use types::{Digest, UnixMillis};

use crate::{
    input, quota, refuse, reply,
    service::{Asked, Shared},
};

pub(crate) async fn missing(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let ComponentsNamed { digests } = input::json(&asked.head, asked.body).await?;

    if digests.len() > COMPONENTS_MAX {
        return Err(refuse::bad_input(format!("a deployment has at most {COMPONENTS_MAX} components")));
    }

    let (contents, now) = (shared.ports.contents.clone(), shared.ports.clock.now());
    // What is said to be there may be deployed next, so it must not be removed meanwhile.
    let missing = blocking(move || absent(&*contents, digests, now)).await?.map_err(refuse::contents)?;

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
    let _room = shared.keeping.lock().await;
    quota::check(shared, digest, length).await?;
    blocking(move || contents.put(digest, &bytes)).await?.map_err(refuse::contents)?;

    reply::ok(&ComponentStored { digest, bytes: length })
}

/// Those of the digests that are not stored; the others get a new time.
fn absent(contents: &dyn Contents, digests: Vec<Digest>, now: UnixMillis) -> Result<Vec<Digest>, ContentsError> {
    let mut missing = Vec::new();
    for digest in digests {
        if !contents.want(digest, now)? {
            missing.push(digest);
        }
    }
    Ok(missing)
}

/// Runs file work off the request path.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::internal(format!("file work ended early: {e}")))
}

/// The first component that is not stored, by path. The others get a new time: they stay until the deployment is written down.
pub(crate) async fn first_missing(
    shared: &Shared,
    components: Vec<(Arc<str>, Digest)>,
) -> Result<Option<(Arc<str>, Digest)>, Refusal> {
    let (contents, now) = (shared.ports.contents.clone(), shared.ports.clock.now());
    let digests = components.iter().map(|(_, digest)| *digest).collect();
    let missing = blocking(move || absent(&*contents, digests, now)).await?.map_err(refuse::contents)?;
    Ok(components.into_iter().find(|(_, digest)| missing.contains(digest)))
}
