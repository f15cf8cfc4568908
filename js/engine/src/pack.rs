//! Lists of byte strings, as they cross to the host and back: for each its length as `u32`, little-endian, then its bytes.
use std::vec::Vec;

pub fn push(list: &mut Vec<u8>, item: &[u8]) {
    list.extend_from_slice(&(item.len() as u32).to_le_bytes());
    list.extend_from_slice(item);
}

/// The items of a list that the host wrote; what is cut off is not there.
pub struct Items<'a>(pub &'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(item)
    }
}
