//! Components: what is missing, and taking it in.
use std::io::Read as _;

use control_api::{COMPONENTS_MAX, ComponentStored, ComponentsMissing, ComponentsNamed};
use gateway::{Refusal, Reply};
use store::{Contents, ContentsError};
use types::{Code, Digest, UnixMillis};

use crate::{
    deploy::ToPrepare,
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

/// Refuses a deployment one of whose files is not stored, or is not what the manifest takes it for. The others get a new
/// time: they stay until the deployment is written down.
pub(crate) async fn check(shared: &Shared, files: Vec<ToPrepare>) -> Result<(), Refusal> {
    let (contents, now) = (shared.ports.contents.clone(), shared.ports.clock.now());
    let wrong = blocking(move || first_wrong(&*contents, files, now)).await?.map_err(refuse::contents)?;
    let Some((file, wrong)) = wrong else { return Ok(()) };
    let (path, digest) = (input::short(&file.path), file.digest);
    let (sentence, next) = match wrong {
        Wrong::Missing => {
            (format!("`{path}` ({digest}) is not stored"), format!("upload it with `PUT /api/v1/components/{digest}`"))
        }
        Wrong::Kind if file.is_source => (
            format!("`{path}` is a `source`, and what was uploaded for it is WebAssembly"),
            "upload the bundled module, or write `component` in the manifest".to_owned(),
        ),
        Wrong::Kind => (
            format!("`{path}` is a `component`, and what was uploaded for it is not WebAssembly"),
            "upload the `.wasm` file that the build makes".to_owned(),
        ),
    };
    Err(Refusal::new(Code::CTL_COMPONENT, sentence.clone()).detail(sentence).next(next))
}

enum Wrong {
    Missing,
    Kind,
}

fn first_wrong(
    contents: &dyn Contents,
    files: Vec<ToPrepare>,
    now: UnixMillis,
) -> Result<Option<(ToPrepare, Wrong)>, ContentsError> {
    for file in files {
        let found = if contents.want(file.digest, now)? { contents.open(file.digest)? } else { None };
        let Some(found) = found else { return Ok(Some((file, Wrong::Missing))) };
        let mut begins = Vec::new();
        let read = found.take(4).read_to_end(&mut begins);
        read.map_err(|source| ContentsError::Io { doing: "looked at what is stored", source })?;
        // SECURITY: from here on, what it is is told by these bytes alone.
        if (begins == b"\0asm") == file.is_source {
            return Ok(Some((file, Wrong::Kind)));
        }
    }
    Ok(None)
}
