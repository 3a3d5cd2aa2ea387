//! Appends per second of the Kafka log by number in flight, beside librdkafka's own producer with the
//! same settings against the same broker; how fast the log is read back, beside its own consumer; and
//! what a look-up of all ends costs. The broker is started for it, and is on the same machine.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use event_log::testing::kafka::Cluster;
use event_log::{EventLog, KafkaLog, LogReader};
use events::{NewRecord, Partition, Topic};
use futures::stream::{self, StreamExt};
use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::runtime::Runtime;

/// A post with its envelope: about 1 KB.
const BODY_BYTES: usize = 600;
const HEADERS: [(&str, &str); 6] = [
    ("ce_id", "yqk3m8ch7jrfxwz1bn5tgd4poe"),
    ("ce_type", "post.created"),
    ("ce_subject", "1gfrm8h5pfn3t8d7xk6qyzwouc"),
    ("ce_time", "2026-01-01T00:00:00.000Z"),
    ("ce_actor", "ce5bq1xk7tnz8mh3yrdw9jfpoa"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
];
/// In flight, and how many records are appended so.
const ROUNDS: [(usize, u64); 3] = [(1, 3_000), (32, 60_000), (1_024, 200_000)];
const LOOK_UPS: u32 = 500;
const PREFIX: &str = "bench.";

fn main() {
    let cluster = Cluster::start(1);
    let runtime = Runtime::new().expect("a runtime starts");
    let log = runtime.block_on(KafkaLog::connect(cluster.options(PREFIX)));
    let log = log.expect("the log connects");
    let own = Own::new(&cluster);
    for (in_flight, records) in ROUNDS {
        // Once each beforehand, so that neither pays for the other's connections.
        runtime.block_on(append(&log, in_flight, 100));
        own.append(in_flight, 100);
        let ours = runtime.block_on(append(&log, in_flight, records));
        let beside = own.append(in_flight, records);
        row(&format!("append, {in_flight} in flight"), records, ours, beside);
    }
    let ends = runtime.block_on(ends(&log));
    let stored: u64 = ends.iter().sum();
    let (ours, beside) =
        (runtime.block_on(read_back(&log, stored)), read_back_own(&cluster, stored));
    row("read back", stored, ours, beside);
    runtime.block_on(look_up(&log));
}

fn row(name: &str, records: u64, ours: Duration, beside: Duration) {
    let rate = |took: Duration| records as f64 / took.as_secs_f64();
    println!("{name}: {:.0} records/s; librdkafka {:.0}", rate(ours), rate(beside));
}

fn channels() -> Vec<Partition> {
    Topic::Channels.partitions().collect()
}

fn record() -> NewRecord {
    let headers = HEADERS.map(|(name, value)| (name.into(), Bytes::from_static(value.as_bytes())));
    NewRecord {
        key: [7; 16],
        headers: headers.into(),
        body: Bytes::from_static(&[b'x'; BODY_BYTES]),
    }
}

async fn append(log: &KafkaLog, in_flight: usize, records: u64) -> Duration {
    let started = Instant::now();
    let appends = stream::iter(0..records).map(|number| {
        let index = (number % 64) as u16;
        log.append(Partition { topic: Topic::Channels, index }, record())
    });
    let mut appends = appends.buffer_unordered(in_flight);
    while let Some(appended) = appends.next().await {
        appended.expect("the append succeeds");
    }
    started.elapsed()
}

async fn ends(log: &KafkaLog) -> Vec<u64> {
    log.ends(&channels()).await.expect("the ends are known")
}

async fn read_back(log: &KafkaLog, stored: u64) -> Duration {
    let started = Instant::now();
    let from = channels().into_iter().map(|one| (one, 0)).collect();
    let mut tail = log.tail(from).await.expect("the tail begins");
    let mut seen = 0;
    while seen < stored {
        seen += tail.next().await.expect("the tail goes on").len() as u64;
    }
    started.elapsed()
}

async fn look_up(log: &KafkaLog) {
    let all: Vec<_> = Partition::durable().collect();
    let started = Instant::now();
    for _ in 0..LOOK_UPS {
        log.ends(&all).await.expect("the ends are known");
    }
    let each = started.elapsed() / LOOK_UPS;
    println!("ends of {} partitions: {each:?}", all.len());
}

/// librdkafka's producer, polled by who produces.
struct Own(BaseProducer<Counting>);

#[derive(Clone, Default)]
struct Counting(Arc<AtomicU64>);

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, delivered: &DeliveryResult<'_>, (): ()) {
        assert!(delivered.is_ok(), "the broker takes it");
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Own {
    fn new(cluster: &Cluster) -> Self {
        let config = cluster.plain_producer();
        let client = BaseProducer::from_config_and_context(&config, Counting::default());
        Self(client.expect("a producer"))
    }

    fn append(&self, in_flight: usize, records: u64) -> Duration {
        use rdkafka::producer::Producer;
        let topic = format!("{PREFIX}channels");
        let body = [b'x'; BODY_BYTES];
        let counter = &self.0.context().0;
        let before = counter.load(Ordering::Relaxed);
        let acknowledged = || counter.load(Ordering::Relaxed) - before;
        let (started, sent) = (Instant::now(), Cell::new(0));
        while acknowledged() < records {
            while sent.get() < records && sent.get() - acknowledged() < in_flight as u64 {
                let headers = HEADERS.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                    headers.insert(Header { key, value: Some(*value) })
                });
                let message = BaseRecord::to(&topic).key(&[7; 16]).payload(&body);
                let message = message.partition((sent.get() % 64) as i32).headers(headers);
                self.0.send(message).map_err(|(error, _)| error).expect("it is handed over");
                sent.set(sent.get() + 1);
            }
            self.0.poll(Duration::ZERO);
        }
        started.elapsed()
    }
}

fn read_back_own(cluster: &Cluster, stored: u64) -> Duration {
    let started = Instant::now();
    let consumer: BaseConsumer = cluster.plain_consumer().create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    let topic = format!("{PREFIX}channels");
    for one in channels() {
        list.add_partition_offset(&topic, one.index.into(), Offset::Offset(0)).expect("a position");
    }
    consumer.assign(&list).expect("it is assigned");
    let mut seen = 0;
    while seen < stored {
        let message = consumer.poll(Duration::from_secs(10)).expect("a record is there");
        // Whoever reads a record reads its headers, which are parsed only then.
        let message = message.expect("it is read");
        assert_eq!(message.headers().map(|all| all.iter().count()), Some(HEADERS.len()));
        seen += 1;
    }
    started.elapsed()
}
