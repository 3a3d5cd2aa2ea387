//! Appends per second of the embedded log by number of producers, beside the same bytes in a plain file
//! with an fsync per record, 32 or 1,024; and how fast the log is read back.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use event_log::{EmbeddedLog, EmbeddedOptions, EventLog, LogReader, ReadLimit};
use events::{NewRecord, Partition, Topic};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A post with its envelope.
const BODY_BYTES: usize = 600;
const SCANNED: u64 = 200_000;
const GROUPS: [u64; 3] = [1, 32, 1_024];

fn record() -> NewRecord {
    let header = |name: &'static str, value: &'static str| {
        (name.into(), Bytes::from_static(value.as_bytes()))
    };
    NewRecord {
        key: [7; 16],
        headers: vec![
            header("ce_specversion", "1.0"),
            header("ce_id", "yqk3m8ch7jrfxwz1bn5tgd4poe"),
            header("ce_source", "nottermost/cell"),
            header("ce_type", "post.created"),
            header("ce_version", "1"),
            header("ce_subject", "1gfrm8h5pfn3t8d7xk6qyzwouc"),
            header("ce_time", "2026-01-01T00:00:00.000Z"),
            header("ce_actor", "ce5bq1xk7tnz8mh3yrdw9jfpoa"),
            header("ce_readat", "123456"),
            header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ],
        body: Bytes::from(vec![b'x'; BODY_BYTES]),
    }
}

fn partition(number: u64) -> Partition {
    Partition { topic: Topic::Channels, index: (number % 64) as u16 }
}

fn open() -> (TempDir, Arc<EmbeddedLog>) {
    let dir = tempfile::tempdir().expect("a directory");
    let log = EmbeddedLog::open(dir.path(), EmbeddedOptions::default()).expect("the log opens");
    (dir, Arc::new(log))
}

/// So many producers, each waiting for its acknowledgement, append `records` records in all.
fn produce(runtime: &Runtime, log: &Arc<EmbeddedLog>, producers: u64, records: u64) -> Duration {
    let each = records.div_ceil(producers);
    let started = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..producers)
            .map(|producer| {
                let log = Arc::clone(log);
                tokio::spawn(async move {
                    for _ in 0..each {
                        let appended = log.append(partition(producer), record()).await;
                        appended.expect("the append succeeds");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("the producer ends");
        }
    });
    started.elapsed()
}

fn appends(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let mut group = c.benchmark_group("append");
    for per_group in GROUPS {
        group.throughput(Throughput::Elements(per_group));
        group.bench_function(BenchmarkId::new("embedded producers", per_group), |b| {
            let (_dir, log) = open();
            b.iter_custom(|rounds| produce(&runtime, &log, per_group, rounds * per_group));
        });
        group.bench_function(BenchmarkId::new("plain file, records per fsync", per_group), |b| {
            let dir = tempfile::tempdir().expect("a directory");
            let mut file = File::create(dir.path().join("plain")).expect("a file");
            let bytes = vec![b'x'; record().size_bytes() * per_group as usize];
            b.iter(|| {
                file.write_all(&bytes).expect("the write succeeds");
                file.sync_all().expect("the fsync succeeds");
            });
        });
    }
    group.finish();
}

fn reads(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let (_dir, log) = open();
    produce(&runtime, &log, 4_096, SCANNED);
    let partitions: Vec<_> = Topic::Channels.partitions().collect();
    let ends = runtime.block_on(log.ends(&partitions)).expect("the ends are known");
    let records: u64 = ends.iter().sum();
    let mut group = c.benchmark_group("read back");
    group.sample_size(10).throughput(Throughput::Elements(records));
    group.bench_function("scan", |b| {
        b.iter(|| {
            let scans = partitions.iter().flat_map(|one| log.scan(*one, 0).expect("it begins"));
            let bodies: usize = scans.map(|record| record.expect("it reads").body.len()).sum();
            assert_eq!(bodies, records as usize * BODY_BYTES);
        });
    });
    group.bench_function("tail", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let from = partitions.iter().map(|one| (*one, 0)).collect();
                let mut tail = log.tail(from).await.expect("the tail begins");
                let mut seen = 0;
                while seen < records {
                    seen += tail.next().await.expect("the tail goes on").len() as u64;
                }
            });
        });
    });
    group.bench_function("read", |b| {
        b.iter(|| {
            runtime.block_on(async {
                for (one, end) in partitions.iter().zip(&ends) {
                    let mut from = 0;
                    while from < *end {
                        let read = log.read(*one, from, ReadLimit::default()).await;
                        from += read.expect("the read succeeds").len() as u64;
                    }
                }
            });
        });
    });
    group.finish();
}

criterion_group!(benches, appends, reads);
criterion_main!(benches);
