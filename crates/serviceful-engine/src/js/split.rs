//! Takes memory and data out of the engine module: the code is compiled once, each function brings its own memory.
//!
//! That is right only for a module whose whole state is in its memory. What follows is checked here, on the module itself:
//! one memory; data that is placed at the start and never again; tables that code cannot change; no start function; imports
//! from known names. The values of mutable globals are compared by whoever makes a snapshot ([`Globals`]).
use wasm_encoder::{EntityType, ExportKind, ExportSection, ImportSection, MemoryType, Module, RawSection, SectionId};
use wasmparser::{DataKind, ElementKind, ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};

use super::{abi, wasi};

/// What is left of the engine module.
#[derive(Debug)]
pub(crate) struct Split {
    /// The code, importing its memory.
    pub(crate) code: Vec<u8>,
    /// The memory's smallest size, in pages of 64 KiB.
    pub(crate) pages: u64,
    /// What the memory holds at the start: offsets and bytes.
    pub(crate) data: Vec<(u32, Vec<u8>)>,
    /// How many mutable globals the code exports as [`global`].
    pub(crate) globals: u32,
}

/// Why an engine module cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SplitError {
    #[error("the JavaScript engine is no valid module: {0}")]
    Invalid(String),
    #[error("the JavaScript engine {0}")]
    Unfit(&'static str),
    #[error("the JavaScript engine imports `{0}`")]
    Import(String),
    #[error("the JavaScript engine does not export `{0}`")]
    Export(&'static str),
}

use SplitError::{Export, Import, Invalid, Unfit};

impl From<wasmparser::BinaryReaderError> for SplitError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Invalid(error.to_string())
    }
}

/// The name under which the code exports its mutable global number `at`.
pub(crate) fn global(at: u32) -> String {
    format!("global {at}")
}

/// Splits the engine module, or says why its state is not all in its memory.
pub(crate) fn split(bytes: &[u8]) -> Result<Split, SplitError> {
    // One line for what is no module at all: the parser would print the bytes that it found.
    if !Parser::is_core_wasm(bytes) {
        return Err(Unfit("is no WebAssembly module"));
    }
    let mut parts = Parts::default();
    for payload in Parser::new(0).parse_all(bytes) {
        parts.payload(bytes, payload?)?;
    }
    parts.finish()
}

#[derive(Default)]
struct Parts {
    code: Module,
    memory: Option<u64>,
    data: Vec<(u32, Vec<u8>)>,
    globals: Vec<u32>,
    exported: Vec<(&'static str, u32)>,
    placed_exports: bool,
}

impl Parts {
    fn payload(&mut self, whole: &[u8], payload: Payload<'_>) -> Result<(), SplitError> {
        match payload {
            Payload::Version { encoding: wasmparser::Encoding::Module, .. } | Payload::End(_) => Ok(()),
            Payload::CustomSection(_) | Payload::DataCountSection { .. } => Ok(()),
            Payload::ImportSection(section) => self.imports(section),
            Payload::MemorySection(section) => self.memory(section),
            Payload::GlobalSection(section) => {
                for (at, global) in section.clone().into_iter().enumerate() {
                    if global?.ty.mutable {
                        self.globals.push(u32::try_from(at).unwrap_or(u32::MAX));
                    }
                }
                self.copy(whole, SectionId::Global, section.range())
            }
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { .. } => Err(Unfit("has a start function")),
            Payload::ElementSection(section) => {
                for element in section.clone() {
                    if !matches!(element?.kind, ElementKind::Active { .. } | ElementKind::Declared) {
                        return Err(Unfit("has table elements that are placed later"));
                    }
                }
                self.place_exports()?;
                self.copy(whole, SectionId::Element, section.range())
            }
            Payload::DataSection(section) => self.data(section),
            Payload::CodeSectionStart { unchecked_range: range, .. } => {
                self.place_exports()?;
                self.copy(whole, SectionId::Code, range)
            }
            Payload::CodeSectionEntry(body) => body_is_fit(&body),
            Payload::TypeSection(section) => self.copy(whole, SectionId::Type, section.range()),
            Payload::FunctionSection(section) => self.copy(whole, SectionId::Function, section.range()),
            Payload::TableSection(section) => self.copy(whole, SectionId::Table, section.range()),
            _ => Err(Unfit("has a part that is not known here")),
        }
    }

    fn copy(&mut self, whole: &[u8], id: SectionId, range: std::ops::Range<u64>) -> Result<(), SplitError> {
        let cut = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let data = whole.get(cut(range.start)..cut(range.end)).ok_or(Unfit("is cut off"))?;
        self.code.section(&RawSection { id: id as u8, data });
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), SplitError> {
        let mut imports = ImportSection::new();
        for import in section.into_imports() {
            let import = import?;
            let TypeRef::Func(ty) = import.ty else { return Err(Unfit("imports something that is no function")) };
            if import.module != abi::HOST && !wasi::NAMES.contains(&import.name) {
                return Err(Import(format!("{}/{}", import.module, import.name)));
            }
            imports.import(import.module, import.name, EntityType::Function(ty));
        }
        // The only memory there is: code goes on to name it 0.
        let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        imports.import(abi::MEMORY.0, abi::MEMORY.1, memory);
        self.code.section(&imports);
        Ok(())
    }

    fn memory(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<(), SplitError> {
        for memory in section {
            let memory = memory?;
            if self.memory.is_some() || memory.shared || memory.memory64 || memory.page_size_log2.is_some() {
                return Err(Unfit("has more than one plain memory"));
            }
            self.memory = Some(memory.initial);
        }
        Ok(())
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<(), SplitError> {
        for export in section {
            let export = export?;
            match export.kind {
                ExternalKind::Func => {
                    let known = abi::EXPORTS.iter().find(|known| **known == export.name);
                    self.exported.extend(known.map(|known| (*known, export.index)));
                    if export.name == "_initialize" {
                        return Err(Unfit("wants to be initialised by a call"));
                    }
                }
                ExternalKind::Memory => {}
                _ => return Err(Unfit("exports a table or global")),
            }
        }
        Ok(())
    }

    /// Exports stand before elements and code.
    fn place_exports(&mut self) -> Result<(), SplitError> {
        if std::mem::replace(&mut self.placed_exports, true) {
            return Ok(());
        }
        let mut exports = ExportSection::new();
        for wanted in abi::EXPORTS {
            let (_, index) = self.exported.iter().find(|(name, _)| *name == wanted).ok_or(Export(wanted))?;
            exports.export(wanted, ExportKind::Func, *index);
        }
        for (at, index) in self.globals.iter().enumerate() {
            exports.export(&global(u32::try_from(at).unwrap_or(u32::MAX)), ExportKind::Global, *index);
        }
        self.code.section(&exports);
        Ok(())
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'_>) -> Result<(), SplitError> {
        for data in section {
            let data = data?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                return Err(Unfit("has data that is placed later"));
            };
            let mut operators = offset_expr.get_operators_reader();
            let Operator::I32Const { value } = operators.read()? else {
                return Err(Unfit("has data at a place that is not constant"));
            };
            self.data.push((u32::from_ne_bytes(value.to_ne_bytes()), data.data.to_vec()));
        }
        Ok(())
    }

    fn finish(self) -> Result<Split, SplitError> {
        if !self.placed_exports {
            return Err(Unfit("has no code"));
        }
        let pages = self.memory.ok_or(Unfit("has no memory"))?;
        let globals = u32::try_from(self.globals.len()).unwrap_or(u32::MAX);
        Ok(Split { code: self.code.finish(), pages, data: self.data, globals })
    }
}

/// Code must not place data a second time, or change a table.
fn body_is_fit(body: &FunctionBody<'_>) -> Result<(), SplitError> {
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        match operators.read()? {
            Operator::MemoryInit { .. } | Operator::DataDrop { .. } => {
                return Err(Unfit("places data while it runs"));
            }
            Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. } => return Err(Unfit("changes a table while it runs")),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
