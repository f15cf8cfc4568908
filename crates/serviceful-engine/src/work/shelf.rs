//! The components that this worker has loaded, bounded by number and bytes; the one used longest ago goes first.
use std::{collections::HashMap, sync::Arc};

use types::Digest;

use super::{js::Machine, link::Loaded};

/// Most components of one app that stay loaded. Each takes three memory maps and some 75 KiB beside its code.
const COMPONENTS_MAX: usize = 256;
/// Most bytes of machine code that stay loaded.
const BYTES_MAX: usize = 512 << 20;

/// See the module.
#[derive(Default)]
pub(crate) struct Shelf {
    loaded: HashMap<Digest, Place>,
    bytes: usize,
    uses: u64,
    /// The JavaScript engine, once it is loaded. It stays: every function written in JavaScript needs it.
    pub(super) machine: Option<Arc<Machine>>,
}

struct Place {
    component: Arc<Loaded>,
    bytes: usize,
    used: u64,
}

impl Shelf {
    /// The component, if it is loaded. Asking counts as use.
    pub(crate) fn find(&mut self, digest: &Digest) -> Option<Arc<Loaded>> {
        self.uses += 1;
        let place = self.loaded.get_mut(digest)?;
        place.used = self.uses;
        Some(place.component.clone())
    }

    /// Puts a component in and takes others out until all fit. Calls that run keep what they use.
    pub(crate) fn put(&mut self, digest: Digest, component: Arc<Loaded>, bytes: usize) {
        self.remove(&digest);
        while !self.loaded.is_empty()
            && (self.loaded.len() >= COMPONENTS_MAX || self.bytes.saturating_add(bytes) > BYTES_MAX)
        {
            let Some(oldest) = self.loaded.iter().min_by_key(|(_, place)| place.used).map(|(digest, _)| *digest) else {
                break;
            };
            self.remove(&oldest);
        }
        self.uses += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.loaded.insert(digest, Place { component, bytes, used: self.uses });
    }

    pub(crate) fn remove(&mut self, digest: &Digest) {
        if let Some(place) = self.loaded.remove(digest) {
            self.bytes = self.bytes.saturating_sub(place.bytes);
        }
    }
}
