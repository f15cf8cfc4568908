//! Lists of byte strings: for each its length as `u32`, little-endian, then its bytes. `js/engine/src/pack.rs` is the other side.

/// Adds an item.
pub(crate) fn push(list: &mut Vec<u8>, item: &[u8]) {
    list.extend_from_slice(&u32::try_from(item.len()).unwrap_or(u32::MAX).to_le_bytes());
    list.extend_from_slice(item);
}

/// The items, as far as the list is well formed.
pub(crate) struct Items<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (item, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_and_a_cut_list_ends() {
        let mut list = Vec::new();
        for item in [&b"a"[..], b"", b"longer"] {
            push(&mut list, item);
        }
        assert_eq!(Items(&list).collect::<Vec<_>>(), [&b"a"[..], b"", b"longer"]);
        assert_eq!(Items(&list[..list.len() - 1]).count(), 2);
        assert_eq!(Items(&[0xff, 0xff, 0xff, 0xff, 1]).count(), 0);
    }
}
