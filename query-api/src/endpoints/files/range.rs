//! The `Range` header: one range of bytes. Several at once are answered with the whole, as the
//! protocol allows.

use std::ops::Range;

/// What a request wants of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Whole,
    Part(Range<u64>),
    /// The range begins behind the end.
    Unsatisfiable,
}

/// Reads the header of a request for a file of `size` bytes. What cannot be read asks for the whole.
pub(super) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let range = header.and_then(|text| text.trim().strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|text| text.trim().split_once('-')) else {
        return Wanted::Whole;
    };
    match (number(first), number(last)) {
        (Bound::At(first), Bound::None) => part(first, size, size),
        (Bound::At(first), Bound::At(last)) if first <= last => {
            part(first, last.saturating_add(1), size)
        }
        (Bound::None, Bound::At(0)) => Wanted::Unsatisfiable,
        (Bound::None, Bound::At(suffix)) => part(size.saturating_sub(suffix), size, size),
        _ => Wanted::Whole,
    }
}

fn part(start: u64, end: u64, size: u64) -> Wanted {
    if start < size { Wanted::Part(start..end.min(size)) } else { Wanted::Unsatisfiable }
}

enum Bound {
    None,
    At(u64),
    Unreadable,
}

fn number(text: &str) -> Bound {
    let text = text.trim();
    if text.is_empty() {
        return Bound::None;
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Bound::Unreadable;
    }
    Bound::At(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_forms_of_a_range() {
        assert_eq!(wanted(Some("bytes=0-4"), 10), Wanted::Part(0..5));
        assert_eq!(wanted(Some("bytes=4-"), 10), Wanted::Part(4..10));
        assert_eq!(wanted(Some("bytes=-3"), 10), Wanted::Part(7..10));
        assert_eq!(wanted(Some("bytes=-30"), 10), Wanted::Part(0..10));
        assert_eq!(wanted(Some("bytes=8-99999999999999999999999"), 10), Wanted::Part(8..10));
    }

    #[test]
    fn a_range_behind_the_end_cannot_be_satisfied() {
        for range in ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(wanted(Some(range), 10), Wanted::Unsatisfiable, "{range}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
    }

    #[test]
    fn what_cannot_be_read_asks_for_the_whole() {
        assert_eq!(wanted(None, 10), Wanted::Whole);
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-2",
            "bytes=a-b",
            "lines=1-2",
            "bytes=0-1,4-5",
        ] {
            assert_eq!(wanted(Some(range), 10), Wanted::Whole, "{range}");
        }
    }
}
