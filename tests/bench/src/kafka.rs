//! What Kafka gives in the same run: librdkafka's own producer and consumer, with our settings, against
//! the brokers that the cell stands on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use event_log::testing::kafka::Cluster;
use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::util::Timeout;

use crate::processes::Cpu;
use crate::stats::Latencies;

/// Records on their way at once: as many as there are posters, and so many that the log is full when it is
/// read.
const IN_FLIGHT: [u64; 4] = [1, 32, 128, 1_024];
/// As many as the log has of channels.
const PARTITIONS: i32 = 64;
const TOPIC: &str = "bench";
/// A post with its envelope: 0.9 KB.
const BODY: [u8; 600] = [b'x'; 600];
const HEADERS: [(&str, &str); 6] = [
    ("ce_id", "yqk3m8ch7jrfxwz1bn5tgd4poe"),
    ("ce_type", "post.created"),
    ("ce_subject", "1gfrm8h5pfn3t8d7xk6qyzwouc"),
    ("ce_time", "2026-01-01T00:00:00.000Z"),
    ("ce_actor", "ce5bq1xk7tnz8mh3yrdw9jfpoa"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
];
/// Records per second, and their number, while the way to a consumer is measured: as posts to sockets.
const RATE: u32 = 20;
const LATENCY_RECORDS: u64 = 100;
const RECORD_WAIT: Duration = Duration::from_secs(30);

pub async fn figures(cluster: Arc<Cluster>, time: Duration) -> Result<()> {
    let admin = cluster.admin();
    let replicas = cluster.bootstrap().split(',').count() as i32;
    let topic = NewTopic::new(TOPIC, PARTITIONS, TopicReplication::Fixed(replicas));
    for made in admin.create_topics(&[topic], &AdminOptions::new()).await? {
        made.map_err(|(name, code)| anyhow::anyhow!("make the topic {name}: {code}"))?;
    }
    let producer: FutureProducer = cluster.plain_producer().create()?;
    let mut stored = 0;
    for in_flight in IN_FLIGHT {
        stored += produced(&producer, in_flight, time / 3).await?.len() as u64;
        let (cpu, began) = (Cpu::read()?, Instant::now());
        let latencies = produced(&producer, in_flight, time).await?;
        let records = latencies.len() as f64;
        stored += latencies.len() as u64;
        println!(
            "records/s of one librdkafka producer, {in_flight:>4} in flight: {:>8.0}/s  \
             p50 {:>6.2} ms  p99 {:>6.2} ms  CPU per record {}",
            records / began.elapsed().as_secs_f64(),
            latencies.percentile_ms(50.0),
            latencies.percentile_ms(99.0),
            Cpu::read()?.since(cpu).only("Kafka").per(records),
        );
    }
    let config = cluster.plain_consumer();
    let consumer = tokio::task::spawn_blocking(move || caught_up(&config, stored)).await??;
    latency(&producer, consumer).await?;
    admin.delete_topics(&[TOPIC], &AdminOptions::new()).await?;
    Ok(())
}

/// How long each record took until it was acknowledged.
async fn produced(producer: &FutureProducer, in_flight: u64, time: Duration) -> Result<Latencies> {
    let until = Instant::now() + time;
    let mut tasks = Vec::new();
    for first in 0..in_flight {
        let producer = producer.clone();
        tasks.push(tokio::spawn(async move {
            let mut latencies = Latencies::default();
            let mut number = first;
            while Instant::now() < until {
                let sent = Instant::now();
                produce(&producer, number).await?;
                latencies.record(sent.elapsed());
                number += in_flight;
            }
            anyhow::Ok(latencies)
        }));
    }
    let mut all = Latencies::default();
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

/// The record's number is its key.
async fn produce(producer: &FutureProducer, number: u64) -> Result<()> {
    let key = u128::from(number).to_be_bytes();
    let headers = HEADERS.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(*value) })
    });
    let partition = (number % PARTITIONS as u64) as i32;
    let record = FutureRecord::to(TOPIC).key(&key).payload(&BODY).partition(partition);
    let sent = producer.send(record.headers(headers), Timeout::Never).await;
    sent.map_err(|(error, _)| error)?;
    Ok(())
}

/// Reads all that is stored, and gives the consumer, which is at the end then.
fn caught_up(config: &ClientConfig, stored: u64) -> Result<BaseConsumer> {
    let began = Instant::now();
    let consumer: BaseConsumer = config.create()?;
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(TOPIC, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    for _ in 0..stored {
        next(&consumer)?;
    }
    let per_s = stored as f64 / began.elapsed().as_secs_f64();
    println!("records/s of one librdkafka consumer, from the beginning: {per_s:.0}/s");
    Ok(consumer)
}

/// The number of the next record.
fn next(consumer: &BaseConsumer) -> Result<u64> {
    let record = consumer.poll(RECORD_WAIT).context("a record is there")??;
    // Whoever reads a record reads its headers, which are parsed only then.
    let headers = record.headers().map(|all| all.iter().count());
    anyhow::ensure!(headers == Some(HEADERS.len()), "a record has its headers");
    let key = record.key().context("a record has a key")?.try_into()?;
    Ok(u128::from_be_bytes(key) as u64)
}

/// From a record's sending to a consumer that waits for it.
async fn latency(producer: &FutureProducer, consumer: BaseConsumer) -> Result<()> {
    let reading = tokio::task::spawn_blocking(move || {
        (0..LATENCY_RECORDS).map(|_| Ok((next(&consumer)?, Instant::now()))).collect()
    });
    let mut sent = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
    for number in 0..LATENCY_RECORDS {
        ticks.tick().await;
        sent.push(Instant::now());
        produce(producer, number).await?;
    }
    let mut latencies = Latencies::default();
    let seen: Result<Vec<(u64, Instant)>> = reading.await?;
    for (number, at) in seen? {
        latencies.record(at - sent[number as usize]);
    }
    println!(
        "record to consumer, {RATE} records/s: p50 {:.2} ms  p99 {:.2} ms",
        latencies.percentile_ms(50.0),
        latencies.percentile_ms(99.0),
    );
    Ok(())
}
