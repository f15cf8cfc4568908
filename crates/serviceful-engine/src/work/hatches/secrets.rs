//! `serviceful:secrets`: the app's secrets that the manifest grants, by name. Getting one is apart from seeing it.
use wasmtime::component::{HasSelf, Linker, Resource};

use crate::work::{
    asks::{self, NoSecret},
    guest::Guest,
};

/// A secret that the guest holds: its name, and nothing else.
#[expect(unreachable_pub, reason = "the generated bindings give it another name")]
pub struct Held {
    name: String,
}

wasmtime::component::bindgen!({
    path: "../../wit/secrets",
    world: "serviceful:secrets/imports",
    imports: { default: async | trappable },
    with: { "serviceful:secrets/store.secret": Held },
});

use serviceful::secrets::{
    reveal,
    store::{self, Error},
};

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Imports::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)
}

impl From<NoSecret> for Error {
    fn from(none: NoSecret) -> Self {
        match none {
            NoSecret::NotGranted => Self::NotGranted,
            NoSecret::NotSet => Self::NotSet,
            NoSecret::Unavailable => Self::Unavailable,
        }
    }
}

impl store::Host for Guest {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<Resource<Held>, Error>> {
        if !self.in_request {
            return Ok(Err(Error::NoRequest));
        }
        match asks::granted(&self.call, &name) {
            Ok(name) => Ok(Ok(self.table.push(Held { name: name.to_string() })?)),
            Err(none) => Ok(Err(none.into())),
        }
    }
}

impl store::HostSecret for Guest {
    async fn name(&mut self, secret: Resource<Held>) -> wasmtime::Result<String> {
        Ok(self.table.get(&secret)?.name.clone())
    }

    async fn drop(&mut self, secret: Resource<Held>) -> wasmtime::Result<()> {
        self.table.delete(secret)?;
        Ok(())
    }
}

impl reveal::Host for Guest {
    async fn reveal(&mut self, secret: Resource<Held>) -> wasmtime::Result<Result<String, Error>> {
        if !self.in_request {
            return Ok(Err(Error::NoRequest));
        }
        let (call, name) = (self.call.clone(), self.table.get(&secret)?.name.clone());
        Ok(asks::secret(&call, &name).await.map(|value| value.reveal().to_owned()).map_err(Error::from))
    }
}
