//! One file a noun; each handler reads, decides, calls, renders, in this order.
pub(crate) mod about;
pub(crate) mod apps;
pub(crate) mod audit;
pub(crate) mod breach_list;
pub(crate) mod callers;
pub(crate) mod claim;
pub(crate) mod components;
pub(crate) mod deployments;
pub(crate) mod directory_import;
pub(crate) mod groups;
pub(crate) mod import;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod logs;
pub(crate) mod mails;
pub(crate) mod members;
pub(crate) mod people;
pub(crate) mod requests;
pub(crate) mod secrets;
pub(crate) mod tokens;
pub(crate) mod why;

pub(crate) use callers::{call, demands, extent, parts};
