//! How much of anything a manifest may hold. All of it is read by the front process, so all of it is bounded.

/// Bytes of the whole text.
pub const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Errors reported at once; further ones are left for the next try.
pub const ERRORS_MAX: usize = 50;
/// Functions of one app.
pub const FUNCTIONS_MAX: usize = 256;
/// Entries of any list: `callers`, `groups`, `watch`.
pub(crate) const LIST_MAX: usize = 64;
/// Entries of a `config` table.
pub(crate) const CONFIG_MAX: usize = 64;
/// Bytes of one `config` value.
pub(crate) const CONFIG_VALUE_BYTES_MAX: usize = 4_096;
/// Bytes of a `reason`.
pub(crate) const REASON_BYTES_MAX: usize = 500;
/// Bytes of `build.command`.
pub(crate) const COMMAND_BYTES_MAX: usize = 4_096;
/// Bytes of a `handler`.
pub(crate) const HANDLER_BYTES_MAX: usize = 64;
/// Bytes of a path.
pub(crate) const PATH_BYTES_MAX: usize = 255;
