//! Who checks what only the fold knows.

use std::sync::Arc;

use event_archive::segments::{ArchiveEnd, Archived, FindingKind, Visitor};
use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use events::Partition;

use crate::sample::{PARTITION, archive, fill, log};

/// Notes what it sees; refuses one offset, and any state hash but the next offset.
#[derive(Default)]
struct Notes {
    seen: Vec<u64>,
    ends: Vec<(Partition, u64)>,
    refused: Option<u64>,
}

impl Visitor for Notes {
    fn record(&mut self, archived: &Archived) -> Result<(), String> {
        let offset = archived.record.offset;
        self.seen.push(offset);
        if self.refused == Some(offset) {
            return Err(format!("the verdict on {offset} is another"));
        }
        Ok(())
    }

    fn segment_end(
        &mut self,
        partition: Partition,
        next_offset: u64,
        state_hash: Option<&str>,
    ) -> Result<(), String> {
        self.ends.push((partition, next_offset));
        match state_hash {
            Some(hash) if hash != next_offset.to_string() => Err("the state is another".into()),
            _ => Ok(()),
        }
    }
}

fn key(first_offset: u64) -> ObjectKey {
    ObjectKey::parse(format!("segments/1/channels-07/{first_offset:020}")).expect("a name")
}

#[tokio::test]
async fn a_visitor_sees_every_record_in_order_and_every_end() {
    let archive = archive(&Arc::new(MemoryStore::new()));
    fill(&archive, PARTITION, &[3, 2]).await;
    fill(&archive, Partition::DIRECTORY, &[2]).await;
    let mut notes = Notes::default();
    assert!(archive.verify(&[], &mut notes).await.unwrap().is_sound());
    assert_eq!(notes.seen, [0, 1, 0, 1, 2, 3, 4]);
    assert_eq!(notes.ends, [(Partition::DIRECTORY, 2), (PARTITION, 3), (PARTITION, 5)]);
}

#[tokio::test]
async fn what_a_visitor_refuses_is_found_at_its_segment() {
    let archive = archive(&Arc::new(MemoryStore::new()));
    let records = log(PARTITION, 4);
    let mut end = ArchiveEnd::default();
    for (half, state_hash) in records.chunks(2).zip(["2", "not 4"]) {
        archive.append(PARTITION, &end, half, Some(state_hash)).await.unwrap();
        end = archive.end(PARTITION).await.unwrap();
    }
    let mut notes = Notes { refused: Some(0), ..Notes::default() };
    let report = archive.verify(&[], &mut notes).await.unwrap();
    assert_eq!(notes.seen, [0, 1, 2, 3]);
    let found: Vec<_> = report.findings.iter().map(|f| (&f.object, f.kind, &*f.reason)).collect();
    assert_eq!(
        found,
        [
            (&key(0), FindingKind::Refused, "the verdict on 0 is another"),
            (&key(2), FindingKind::Refused, "the state is another"),
        ]
    );
}

#[tokio::test]
async fn a_visitor_sees_nothing_behind_a_gap() {
    let store = Arc::new(MemoryStore::new());
    let archive = archive(&store);
    fill(&archive, PARTITION, &[2, 2, 2]).await;
    store.delete(&key(2)).await.unwrap();
    let mut notes = Notes::default();
    assert!(!archive.verify(&[], &mut notes).await.unwrap().is_sound());
    assert_eq!(notes.seen, [0, 1]);
}
