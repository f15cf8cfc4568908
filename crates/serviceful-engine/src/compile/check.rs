//! What is looked at before a byte is compiled: sizes, counts, imports, exports. One pass, no allocation by announced size.
use types::{CompileLimits, RunLimits};
use wasmparser::{
    BinaryReaderError, ComponentType, ComponentTypeRef, Encoding, Parser, Payload, SectionLimited, WasmFeatures,
};
use wire::compile::Failed;

use super::imports;

/// Components and modules inside each other; tools make two or three levels.
const NESTING_MAX: usize = 8;
/// Globals of one module. Each takes 16 bytes of an instance, and an instance has one MiB in the pool.
const GLOBALS_MAX: u64 = 20_000;
/// Bytes of a WebAssembly page.
const PAGE_BYTES: u64 = 64 << 10;

/// What a component that passed says about itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inspected {
    /// Imported interfaces, sorted.
    pub(super) imports: Vec<String>,
    /// The handler interface that it exports.
    pub(super) serves: String,
}

/// Reads the component once and refuses what is too large, unknown, or not a component.
pub(super) fn inspect(bytes: &[u8], limits: &CompileLimits) -> Result<Inspected, Failed> {
    let mut pass = Pass { limits, depth: 0, functions: 0, items: 0, imports: Vec::new(), serves: None };
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    for payload in parser.parse_all(bytes) {
        pass.payload(payload.map_err(invalid)?)?;
    }
    let Pass { mut imports, serves, .. } = pass;
    imports.sort();
    if let Some(unknown) = imports.iter().find(|name| imports::backing(name).is_none()) {
        return Err(Failed::UnknownImport { import: unknown.clone(), served: imports::list() });
    }
    Ok(Inspected { imports, serves: serves.ok_or(Failed::ServesNothing)? })
}

struct Pass<'a> {
    limits: &'a CompileLimits,
    /// How many parsers are open; 1 is the component itself.
    depth: usize,
    functions: u64,
    items: u64,
    imports: Vec<String>,
    serves: Option<String>,
}

impl Pass<'_> {
    fn payload(&mut self, payload: Payload<'_>) -> Result<(), Failed> {
        match payload {
            Payload::Version { encoding, .. } => self.opens(encoding),
            Payload::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Payload::FunctionSection(section) => self.functions(section.count()),
            Payload::CodeSectionEntry(body) => self.body(body.range().end.saturating_sub(body.range().start)),
            Payload::MemorySection(section) => self.memories(section),
            Payload::TableSection(section) => self.tables(section),
            Payload::GlobalSection(section) => self.globals(section.count()),
            Payload::TypeSection(section) => self.items(section.count()),
            Payload::ImportSection(section) => self.items(section.count()),
            Payload::ExportSection(section) => self.items(section.count()),
            Payload::ElementSection(section) => self.items(section.count()),
            Payload::DataSection(section) => self.items(section.count()),
            Payload::CoreTypeSection(section) => self.items(section.count()),
            Payload::InstanceSection(section) => self.items(section.count()),
            Payload::ComponentInstanceSection(section) => self.items(section.count()),
            Payload::ComponentAliasSection(section) => self.items(section.count()),
            Payload::ComponentCanonicalSection(section) => self.items(section.count()),
            Payload::ComponentTypeSection(section) => self.types(section),
            Payload::ComponentImportSection(section) => self.imports(section),
            Payload::ComponentExportSection(section) => self.exports(section),
            _ => Ok(()),
        }
    }

    fn opens(&mut self, encoding: Encoding) -> Result<(), Failed> {
        self.depth += 1;
        if self.depth == 1 && encoding == Encoding::Module {
            let reason = "this is a plain WebAssembly module, not a component; build it for `wasm32-wasip2`, \
                          or wrap it with `wasm-tools component new`";
            return Err(Failed::Invalid { reason: reason.into() });
        }
        at_most("nesting", self.depth as u64, NESTING_MAX as u64, "components and modules inside each other")
    }

    fn functions(&mut self, count: u32) -> Result<(), Failed> {
        self.functions += u64::from(count);
        at_most("functions", self.functions, self.limits.functions, "functions")
    }

    fn body(&self, bytes: u64) -> Result<(), Failed> {
        at_most("function_body_bytes", bytes, self.limits.function_body_bytes, "bytes in one function body")
    }

    fn items(&mut self, count: u32) -> Result<(), Failed> {
        self.items += u64::from(count);
        at_most("items", self.items, self.limits.items, "types, imports, exports and globals")
    }

    fn globals(&mut self, count: u32) -> Result<(), Failed> {
        at_most("globals", u64::from(count), GLOBALS_MAX, "globals in one module")?;
        self.items(count)
    }

    fn memories(&mut self, section: SectionLimited<'_, wasmparser::MemoryType>) -> Result<(), Failed> {
        self.items(section.count())?;
        for memory in section {
            let page = memory.clone().map_err(invalid)?.page_size_log2.map_or(PAGE_BYTES, |log2| 1 << log2.min(16));
            let mib = memory.map_err(invalid)?.initial.saturating_mul(page).div_ceil(1 << 20);
            at_most("memory_mib", mib, RunLimits::CAP.memory_mib, "MiB as a memory's least size")?;
        }
        Ok(())
    }

    fn tables(&mut self, section: SectionLimited<'_, wasmparser::Table<'_>>) -> Result<(), Failed> {
        self.items(section.count())?;
        for table in section {
            let elements = table.map_err(invalid)?.ty.initial;
            at_most("table_elements", elements, RunLimits::CAP.table_elements, "elements as a table's least size")?;
        }
        Ok(())
    }

    fn types(&mut self, section: SectionLimited<'_, ComponentType<'_>>) -> Result<(), Failed> {
        self.items(section.count())?;
        for ty in section {
            let inside = match ty.map_err(invalid)? {
                ComponentType::Component(declared) => declared.len(),
                ComponentType::Instance(declared) => declared.len(),
                _ => 0,
            };
            self.items(u32::try_from(inside).unwrap_or(u32::MAX))?;
        }
        Ok(())
    }

    fn imports(&mut self, section: SectionLimited<'_, wasmparser::ComponentImport<'_>>) -> Result<(), Failed> {
        self.items(section.count())?;
        if self.depth > 1 {
            return Ok(());
        }
        for import in section {
            let import = import.map_err(invalid)?;
            let name = import.name.name.to_owned();
            if !matches!(import.ty, ComponentTypeRef::Instance(_)) {
                return Err(Failed::UnknownImport { import: name, served: imports::list() });
            }
            self.imports.push(name);
        }
        Ok(())
    }

    fn exports(&mut self, section: SectionLimited<'_, wasmparser::ComponentExport<'_>>) -> Result<(), Failed> {
        self.items(section.count())?;
        if self.depth > 1 {
            return Ok(());
        }
        for export in section {
            let name = export.map_err(invalid)?.name.name;
            // A component may export both; the newer interface is what it is called through.
            let newer = self.serves.is_none() || name.starts_with("wasi:http/handler@");
            if imports::is_handler(name) && newer {
                self.serves = Some(name.to_owned());
            }
        }
        Ok(())
    }
}

fn at_most(limit: &str, found: u64, max: u64, what: &str) -> Result<(), Failed> {
    if found <= max {
        return Ok(());
    }
    Err(Failed::Limit { limit: limit.into(), reason: format!("it has {found} {what}; at most {max} are allowed") })
}

fn invalid(error: BinaryReaderError) -> Failed {
    Failed::Invalid { reason: format!("{} at byte {}", error.message(), error.offset()) }
}

#[cfg(test)]
mod tests;
