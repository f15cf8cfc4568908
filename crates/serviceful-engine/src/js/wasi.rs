//! What the engine module's runtime library asks of WASI: answered with nothing, here and in the jail alike.
use wasmtime::{Linker, Result};

const WASI: &str = "wasi_snapshot_preview1";
/// `EBADF`: there are no files.
const BAD_FILE: i32 = 8;

/// The names that the engine may import; `split.rs` refuses others.
pub(crate) const NAMES: [&str; 7] =
    ["environ_get", "environ_sizes_get", "fd_close", "fd_fdstat_get", "fd_seek", "fd_write", "proc_exit"];

/// Connects them.
pub(crate) fn add_to_linker<T: 'static>(linker: &mut Linker<T>) -> Result<()> {
    linker.func_wrap(WASI, "environ_get", |_: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(WASI, "environ_sizes_get", |_: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(WASI, "fd_close", |_: i32| BAD_FILE)?;
    linker.func_wrap(WASI, "fd_fdstat_get", |_: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(WASI, "fd_seek", |_: i32, _: i64, _: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(WASI, "fd_write", |_: i32, _: i32, _: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(WASI, "proc_exit", |_: i32| -> Result<()> {
        Err(wasmtime::Error::msg("the engine ended itself"))
    })?;
    Ok(())
}
