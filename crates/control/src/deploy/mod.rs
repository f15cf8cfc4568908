//! From an accepted deployment to the one that answers: wait for the turn, compile, probe, switch.
mod board;
mod name;
mod pipeline;
mod plan;
mod record;
mod turns;
mod view;

pub(crate) use board::{Board, Ticket};
pub(crate) use name::deployment_id;
pub(crate) use pipeline::{Job, UnderWay, prepare_again, run};
pub(crate) use plan::{Plan, ToPrepare, parse};
pub(crate) use record::{Ended, record};
#[cfg(test)]
pub(crate) use turns::QUEUE_MAX;
pub(crate) use turns::{Turn, Turns};
pub(crate) use view::Seen;
