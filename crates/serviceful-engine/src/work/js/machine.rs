//! The engine's compiled code with what it imports, shared by all functions of this worker.
use wasmtime::{Engine, Error, Extern, Instance, Linker, Memory, Module, ModuleExport, Result, Store, TypedFunc};

use super::{guest::Guest, host};
use crate::js::{abi, image};

/// See the module.
pub(in crate::work) struct Machine {
    code: Module,
    linker: Linker<Guest>,
    /// For snapshots, which import nothing.
    pub(super) empty: Linker<Guest>,
    /// What the code imports, in order; `None` is its memory.
    imports: Vec<Option<(String, String)>>,
    input: ModuleExport,
    request: ModuleExport,
    event: ModuleExport,
}

/// An instance of engine and snapshot together.
pub(super) struct Instantiated {
    pub(super) memory: Memory,
    pub(super) input: TypedFunc<u32, u32>,
    pub(super) request: TypedFunc<(u32, u32), u32>,
    pub(super) event: TypedFunc<(u32, u32), u32>,
}

impl Machine {
    /// Connects the code.
    pub(super) fn new(engine: &Engine, code: Module) -> Result<Self> {
        let linker = host::linker(engine)?;

        let imports = code
            .imports()
            .map(|import| {
                let memory = (import.module(), import.name()) == abi::MEMORY;
                (!memory).then(|| (import.module().to_owned(), import.name().to_owned()))
            })
            .collect();
        let export = |name: &str| {
            code.get_export_index(name).ok_or_else(|| Error::msg(format!("the engine does not export `{name}`")))
        };
        let (input, request, event) = (export("input")?, export("request")?, export("event")?);
        Ok(Self { linker, empty: Linker::new(engine), imports, input, request, event, code })
    }

    /// One instance of the snapshot, and one of the engine over its memory.
    pub(super) async fn instantiate(
        &self,
        store: &mut Store<Guest>,
        snapshot: &wasmtime::InstancePre<Guest>,
    ) -> Result<Instantiated> {
        let image = snapshot.instantiate_async(&mut *store).await?;
        let memory = image::memory_of(store, &image)?;
        store.data_mut().memory = Some(memory);
        let mut imports = Vec::with_capacity(self.imports.len());
        for import in &self.imports {
            imports.push(match import {
                None => Extern::Memory(memory),
                Some((module, name)) => self.linker.get(&mut *store, module, name)?,
            });
        }
        let instance = Instance::new_async(&mut *store, &self.code, &imports).await?;
        Ok(Instantiated {
            memory,
            input: function(store, &instance, &self.input)?.typed(&*store)?,
            request: function(store, &instance, &self.request)?.typed(&*store)?,
            event: function(store, &instance, &self.event)?.typed(&*store)?,
        })
    }
}

fn function(store: &mut Store<Guest>, instance: &Instance, export: &ModuleExport) -> Result<wasmtime::Func> {
    let found = instance.get_module_export(store, export).and_then(Extern::into_func);
    found.ok_or_else(|| Error::msg("an export of the engine is no function"))
}
