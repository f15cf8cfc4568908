//! Components that cost far more to compile or to instantiate than to send. Sizes follow what was published and measured.

use anyhow::Result;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

use crate::Hostile;
use crate::component::{HANDLER, answering_http};

const EMPTY_FUNCTIONS: u32 = 200_000;
const STRAIGHT_ADDS: u32 = 2_300_000;
const GLOBALS: u32 = 100_000;
/// 4 GiB in pages of 64 KiB.
const MEMORY_PAGES: u64 = 65_536;
const TABLE_ENTRIES: u64 = 10_000_000;
const DATA_BYTES: u32 = 100_000_000;
const MEMORIES: u32 = 90;
/// With the two parameters, as many as a function may have.
const LOCALS: u32 = 49_998;
const NESTED_BLOCKS: u32 = 40_000;

/// Every bomb with its name.
pub(crate) fn all() -> Result<Vec<Hostile>> {
    [
        ("functions", many_functions()),
        ("straight", straight_function()),
        ("globals", Parts { globals: GLOBALS, ..Parts::default() }.module()),
        ("memory-minimum", Parts { memory_pages: Some(MEMORY_PAGES), ..Parts::default() }.module()),
        ("memories", Parts { memory_pages: Some(16), memories: MEMORIES, ..Parts::default() }.module()),
        ("table-minimum", Parts { table_entries: Some(TABLE_ENTRIES), ..Parts::default() }.module()),
        (
            "data",
            Parts {
                memory_pages: Some(u64::from(DATA_BYTES) / 65_536 + 1),
                data_bytes: DATA_BYTES,
                ..Parts::default()
            }
            .module(),
        ),
        ("locals", Parts { locals: LOCALS, ..Parts::default() }.module()),
        ("nested-blocks", nested_blocks()),
    ]
    .into_iter()
    .map(|(name, module)| Ok(Hostile { name, bytes: answering_http(module)?, valid: true }))
    .collect()
}

/// A module with one handler, and much of one thing.
#[derive(Default)]
struct Parts {
    globals: u32,
    memory_pages: Option<u64>,
    /// Further memories beside the first.
    memories: u32,
    table_entries: Option<u64>,
    data_bytes: u32,
    locals: u32,
    /// Empty functions beside the handler.
    functions: u32,
    /// The handler's instructions before its end.
    body: Vec<Instruction<'static>>,
}

impl Parts {
    fn module(self) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32, ValType::I32], []);
        types.ty().function([], []);
        module.section(&types);
        let mut functions = FunctionSection::new();
        functions.function(0);
        (0..self.functions).for_each(|_| {
            functions.function(1);
        });
        module.section(&functions);
        if let Some(minimum) = self.table_entries {
            let mut tables = TableSection::new();
            tables.table(TableType {
                element_type: RefType::FUNCREF,
                table64: false,
                minimum,
                maximum: None,
                shared: false,
            });
            module.section(&tables);
        }
        if let Some(minimum) = self.memory_pages {
            let mut memories = MemorySection::new();
            for _ in 0..=self.memories {
                memories.memory(MemoryType {
                    minimum,
                    maximum: None,
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                });
            }
            module.section(&memories);
        }
        self.rest(module)
    }

    fn rest(self, mut module: Module) -> Vec<u8> {
        if self.globals > 0 {
            let mut globals = GlobalSection::new();
            for number in 0..self.globals {
                let kind = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
                globals.global(kind, &ConstExpr::i64_const(i64::from(number)));
            }
            module.section(&globals);
        }
        let mut exports = ExportSection::new();
        exports.export(HANDLER, ExportKind::Func, 0);
        module.section(&exports);
        let mut code = CodeSection::new();
        let mut handler = Function::new((self.locals > 0).then_some((self.locals, ValType::I64)));
        for instruction in &self.body {
            handler.instruction(instruction);
        }
        handler.instruction(&Instruction::End);
        code.function(&handler);
        let mut empty = Function::new([]);
        empty.instruction(&Instruction::End);
        (0..self.functions).for_each(|_| {
            code.function(&empty);
        });
        module.section(&code);
        if self.data_bytes > 0 {
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(0), noise(self.data_bytes));
            module.section(&data);
        }
        module.finish()
    }
}

/// Each costs a fixed amount, whatever is in it.
fn many_functions() -> Vec<u8> {
    Parts { functions: EMPTY_FUNCTIONS, ..Parts::default() }.module()
}

/// Register allocation over one block without a branch.
fn straight_function() -> Vec<u8> {
    let mut body = vec![Instruction::LocalGet(0)];
    for number in 0..STRAIGHT_ADDS {
        body.push(Instruction::I32Const((number % 63) as i32 + 1));
        body.push(Instruction::I32Add);
    }
    body.push(Instruction::Drop);
    Parts { body, ..Parts::default() }.module()
}

/// Deep rather than long: recursion in a compiler must not run out of its stack.
fn nested_blocks() -> Vec<u8> {
    let open = (0..NESTED_BLOCKS).map(|_| Instruction::Block(wasm_encoder::BlockType::Empty));
    let close = (0..NESTED_BLOCKS).map(|_| Instruction::End);
    Parts { body: open.chain(close).collect(), ..Parts::default() }.module()
}

/// Bytes that neither compress nor repeat, the same on every run (xorshift64).
pub(crate) fn noise(bytes: u32) -> impl ExactSizeIterator<Item = u8> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    (0..bytes).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
}
