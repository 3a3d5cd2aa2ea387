//! What it costs to write records to a segment and to read them back, in memory: encoding, zstd, SHA-256.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use event_archive::segments::{AppendOutcome, Archive, ArchiveEnd, Archived};
use event_archive::testing::MemoryStore;
use events::{Partition, Record, Topic};
use futures::TryStreamExt;
use tokio::runtime::Runtime;

const PARTITION: Partition = Partition { topic: Topic::Channels, index: 7 };
/// About the 8 MiB of a full segment.
const RECORDS: u64 = 12_000;
const BODY_BYTES: usize = 500;
const WORDS: [&str; 8] =
    ["meeting ", "tomorrow ", "deploy ", "thanks ", "the ", "please review ", "build ", "lunch? "];

/// Numbers that look random and are the same each time.
fn mix(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// As a post's: ids that do not compress, words that do.
fn body(offset: u64) -> Bytes {
    let mut text = format!("{{\"c\":{{\"post_id\":\"{:016x}\"}},\"p\":\"", mix(offset));
    for word in 0.. {
        text.push_str(WORDS[mix(offset * 100 + word) as usize % WORDS.len()]);
        if text.len() >= BODY_BYTES {
            break;
        }
    }
    text.truncate(BODY_BYTES);
    text.into()
}

fn archived(offset: u64) -> Archived {
    let id = Bytes::from(format!("{:016x}{:016x}", mix(offset), mix(!offset)));
    let record = Record {
        partition: PARTITION,
        offset,
        appended_ms: 1_767_225_600_000 + offset as i64,
        key: [7; 16],
        headers: vec![
            ("ce_id".into(), id),
            ("ce_type".into(), Bytes::from_static(b"post.created")),
            ("ce_source".into(), Bytes::from_static(b"nottermost/cell-1")),
            ("ce_time".into(), Bytes::from_static(b"2026-01-01T00:00:00.123Z")),
        ],
        body: body(offset),
    };
    Archived { record: Arc::new(record), verdict: Bytes::from_static(b"\x01\x02\x03\x04\x05") }
}

fn empty() -> Archive {
    Archive::new(Arc::new(MemoryStore::new()), "cell-1")
}

async fn write(archive: &Archive, records: &[Archived]) {
    let outcome = archive.append(PARTITION, &ArchiveEnd::default(), records, None).await;
    assert!(matches!(outcome, Ok(AppendOutcome::Written(_))));
}

async fn read(archive: &Archive) -> u64 {
    let records = archive.read(PARTITION, 0);
    let counted = records.try_fold(0, |count, archived| async move {
        black_box(&archived);
        Ok(count + 1)
    });
    counted.await.expect("the archive can be read")
}

fn segments(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let records: Vec<_> = (0..RECORDS).map(archived).collect();
    let mut group = criterion.benchmark_group("segments");
    group.throughput(Throughput::Elements(RECORDS)).sample_size(20);
    group.bench_function("write", |bencher| {
        let written = |archive: Archive| runtime.block_on(write(&archive, &records));
        bencher.iter_batched(empty, written, BatchSize::PerIteration);
    });
    let archive = empty();
    runtime.block_on(write(&archive, &records));
    group.bench_function("read", |bencher| {
        bencher.iter(|| assert_eq!(runtime.block_on(read(&archive)), RECORDS));
    });
    group.bench_function("verify", |bencher| {
        bencher.iter(|| {
            let report = runtime.block_on(archive.verify(&[], &mut ())).expect("it can be read");
            assert_eq!(report.records, RECORDS);
        });
    });
    group.finish();
}

criterion_group!(benches, segments);
criterion_main!(benches);
