//! `openapi`.
use super::{
    desk::Desk,
    failure::{Exit, Failure},
};

pub(super) fn run(desk: &Desk) -> Result<Exit, Failure> {
    let text = control_api::json().map_err(|e| Failure::new(format!("the description is not JSON: {e}")))?;
    desk.out.bytes(text.as_bytes())?;
    Ok(Exit::Done)
}
