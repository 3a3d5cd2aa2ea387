//! One broker that is killed, started again, frozen: on a cluster of this test's own.

use std::sync::Arc;
use std::time::Duration;

use event_log::testing::kafka::Cluster;
use event_log::{AppendError, EventLog, KafkaLog, KafkaOptions, LogReader, ReadError};
use events::{Partition, Topic};

use crate::load::{Load, number_of, numbered, read_all};

const PREFIX: &str = "faults.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_or_freezes_costs_no_record() {
    let cluster = Cluster::start(1);
    let options = cluster.options(PREFIX);
    let log = Arc::new(KafkaLog::connect(options.clone()).await.expect("the log connects"));
    survives_kills(&cluster, &log).await;
    survives_a_freeze(&cluster, options).await;
}

async fn survives_kills(cluster: &Cluster, log: &Arc<KafkaLog>) {
    let load = Load::start(log).await;
    for _ in 0..2 {
        load.acknowledges(200).await;
        cluster.kill(1);
        let ends = log.ends(&[Partition::DIRECTORY]).await;
        assert!(matches!(ends, Err(ReadError::Unavailable(_))), "{ends:?}");
        cluster.restart(1);
        load.acknowledges(200).await;
    }
    load.ends_with_nothing_lost_doubled_or_reordered().await;
}

async fn survives_a_freeze(cluster: &Cluster, options: KafkaOptions) {
    const USER: Partition = Partition { topic: Topic::Users, index: 3 };
    let options = KafkaOptions { append_timeout: Duration::from_secs(1), ..options };
    let log = KafkaLog::connect(options).await.expect("the log connects");
    log.append(USER, numbered(0)).await.expect("the append succeeds");
    cluster.freeze(1);
    let timed_out = log.append(USER, numbered(1)).await;
    assert!(matches!(timed_out, Err(AppendError::Indeterminate(_))), "{timed_out:?}");
    cluster.thaw(1);
    let again = loop {
        match log.append(USER, numbered(1)).await {
            Ok(appended) => break appended,
            Err(AppendError::Indeterminate(_)) => {}
            Err(error) => panic!("an append failed in another way: {error}"),
        }
    };
    let numbers: Vec<_> = read_all(&log, USER).await.iter().map(number_of).collect();
    assert_eq!(numbers[0], 0);
    assert!(numbers[1..].iter().all(|number| *number == 1), "{numbers:?}");
    assert_eq!(numbers.get(again.offset as usize), Some(&1));
}
