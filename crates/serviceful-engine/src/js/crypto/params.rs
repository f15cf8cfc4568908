//! The parameters of one call: a list whose order `web/crypto.js` knows.
use super::Refusal;
use crate::js::list::Items;

pub(super) struct Params<'a>(Items<'a>);

/// The prelude names what is wrong before it asks; this stands behind it.
const MALFORMED: Refusal = Refusal::Operation("the call is malformed");

impl<'a> Params<'a> {
    pub(super) const fn new(list: &'a [u8]) -> Self {
        Self(Items(list))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Refusal> {
        self.0.next().ok_or(MALFORMED)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Refusal> {
        str::from_utf8(self.bytes()?).map_err(|_| MALFORMED)
    }

    pub(super) fn number(&mut self) -> Result<u32, Refusal> {
        self.text()?.parse().map_err(|_| MALFORMED)
    }
}
