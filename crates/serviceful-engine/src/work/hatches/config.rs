//! `wasi:config`: the values that the manifest grants. Two versions are in use; both say the same.
use wasmtime::component::{HasSelf, Linker};

use crate::work::guest::Guest;

mod rc1 {
    wasmtime::component::bindgen!({
        inline: "
            package wasi:config@0.2.0-rc.1;
            interface store {
                variant error { upstream(string), io(string) }
                get: func(key: string) -> result<option<string>, error>;
                get-all: func() -> result<list<tuple<string, string>>, error>;
            }
            world imports { import store; }
        ",
    });
}

mod draft {
    wasmtime::component::bindgen!({
        inline: "
            package wasi:config@0.2.0-draft-2024-09-27;
            interface store {
                variant error { upstream(string), io(string) }
                get: func(key: string) -> result<option<string>, error>;
                get-all: func() -> result<list<tuple<string, string>>, error>;
            }
            world imports { import store; }
        ",
    });
}

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    rc1::Imports::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    draft::Imports::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)
}

impl Guest {
    fn value(&self, key: &str) -> Option<String> {
        self.call.grants.config.get(key).cloned()
    }

    fn values(&self) -> Vec<(String, String)> {
        self.call.grants.config.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl rc1::wasi::config::store::Host for Guest {
    fn get(&mut self, key: String) -> Result<Option<String>, rc1::wasi::config::store::Error> {
        Ok(self.value(&key))
    }

    fn get_all(&mut self) -> Result<Vec<(String, String)>, rc1::wasi::config::store::Error> {
        Ok(self.values())
    }
}

impl draft::wasi::config::store::Host for Guest {
    fn get(&mut self, key: String) -> Result<Option<String>, draft::wasi::config::store::Error> {
        Ok(self.value(&key))
    }

    fn get_all(&mut self) -> Result<Vec<(String, String)>, draft::wasi::config::store::Error> {
        Ok(self.values())
    }
}
