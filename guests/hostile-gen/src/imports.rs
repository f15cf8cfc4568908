//! Prints what a component imports and exports: its authority can be read off this list.

use std::path::Path;

use anyhow::{Context, Result};
use wasmparser::{Parser, Payload};

pub(crate) fn print(path: &Path) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    println!("{} ({} bytes)", path.display(), bytes.len());
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    println!("  import {}", import?.name.name);
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    println!("  export {}", export?.name.name);
                }
            }
            _ => {}
        }
    }
    Ok(())
}
