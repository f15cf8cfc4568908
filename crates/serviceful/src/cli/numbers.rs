//! Numbers as they are typed. How they are said is `types::counted`.
use std::ops::RangeInclusive;

/// Reads a whole number of a range; `_` may part its digits. What it is not is said with what it may be.
pub(super) fn within(range: RangeInclusive<usize>) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync {
    move |text| {
        let digits = text.replace('_', "");
        let number = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("write a number from {} to {}", range.start(), range.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_the_range_is_told_the_range() {
        let read = within(1..=1_000);
        assert_eq!((read("1"), read("1_000")), (Ok(1), Ok(1_000)));
        for bad in ["0", "1001", "-1", "+1", "", "_", "1.5", "1e2", "abc", "99999999999999999999999"] {
            assert_eq!(read(bad), Err("write a number from 1 to 1000".to_owned()), "{bad}");
        }
        assert_eq!(within(0..=5)("0"), Ok(0));
    }
}
