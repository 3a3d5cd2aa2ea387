//! Where the roller cuts.

use event_archive::segments::{Archived, Roller, RollerOptions};

use crate::sample::{HOUR_MS, PARTITION, START_MS, archived_at};

const OPTIONS: RollerOptions = RollerOptions { bytes_max: 1_000_000, age_max_ms: 60_000 };

fn at(offset: u64, ms: i64) -> Archived {
    archived_at(PARTITION, offset, START_MS + ms)
}

#[test]
fn nothing_is_due_while_nothing_is_held() {
    let mut roller = Roller::new(OPTIONS);
    assert!(!roller.is_due(i64::MAX) && !roller.closes(i64::MAX));
    assert!(roller.cut().is_empty());
}

#[test]
fn a_segment_is_due_with_the_record_that_fills_it() {
    let size = at(4, 0).size_bytes();
    let mut roller = Roller::new(RollerOptions { bytes_max: 3 * size, ..OPTIONS });
    for due in [false, false, true] {
        roller.push(at(4, 0));
        assert_eq!((roller.is_due(START_MS), roller.is_full()), (due, due));
    }
    assert_eq!(roller.cut().len(), 3);
    roller.push(at(4, 0));
    assert!(!roller.is_due(START_MS));
}

#[test]
fn a_quiet_partition_is_due_by_age() {
    let mut roller = Roller::new(OPTIONS);
    roller.push(at(0, 0));
    roller.push(at(1, 30_000));
    assert!(!roller.is_due(START_MS + 59_999));
    assert!(roller.is_due(START_MS + 60_000));
}

#[test]
fn no_segment_spans_two_hours() {
    let mut roller = Roller::new(OPTIONS);
    roller.push(at(0, HOUR_MS - 2));
    assert!(!roller.closes(START_MS + HOUR_MS - 1));
    assert!(roller.closes(START_MS + HOUR_MS));
    assert!(!roller.is_due(START_MS + HOUR_MS - 1));
    assert!(roller.is_due(START_MS + HOUR_MS));
    assert_eq!(roller.cut().len(), 1);
    assert!(!roller.closes(START_MS + HOUR_MS));
}

#[test]
fn a_clock_that_goes_back_over_the_hour_cuts_once() {
    let mut roller = Roller::new(OPTIONS);
    roller.push(at(0, HOUR_MS));
    assert!(!roller.closes(START_MS + HOUR_MS - 1));
    roller.push(at(1, HOUR_MS - 1));
    assert!(!roller.closes(START_MS + HOUR_MS + 1));
    assert!(roller.closes(START_MS + 2 * HOUR_MS));
}

#[test]
fn what_another_archiver_wrote_is_forgotten() {
    let size = at(4, 0).size_bytes();
    let mut roller = Roller::new(RollerOptions { bytes_max: 2 * size, ..OPTIONS });
    roller.push(at(4, 0));
    roller.push(at(5, 0));
    roller.forget_below(5);
    assert!(!roller.is_due(START_MS));
    let offsets: Vec<_> = roller.held().iter().map(|held| held.record.offset).collect();
    assert_eq!(offsets, [5]);
}
