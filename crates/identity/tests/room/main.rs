//! The room through its own door: the traits of `gateway`, a store in memory, a clock moved by hand.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod acting;
mod cached_equals_uncached;
mod credentials;
mod identify;
mod logins;
mod mint;
mod sessions;
mod tokens;
mod world;
