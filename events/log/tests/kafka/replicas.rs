//! Three brokers, three copies: the one that leads is killed.

use std::sync::Arc;

use event_log::testing::kafka::Cluster;
use event_log::{KafkaLog, LogReader};
use events::{Partition, Topic};

use crate::load::Load;

const PREFIX: &str = "replicas.";
const CHANNEL: Partition = Partition { topic: Topic::Channels, index: 7 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_killed_costs_no_record() {
    let cluster = Cluster::start(3);
    let log = KafkaLog::connect(cluster.options(PREFIX)).await.expect("the log connects");
    let log = Arc::new(log);
    let load = Load::start(&log).await;
    load.acknowledges(300).await;
    let all: Vec<_> = Partition::durable().collect();
    log.ends(&all).await.expect("the ends are known");
    let leader = cluster.leader(PREFIX, CHANNEL);
    cluster.kill(leader);
    // One of the appenders writes to the partition that has lost its leader.
    load.each_acknowledges(20).await;
    assert_ne!(cluster.leader(PREFIX, CHANNEL), leader);
    log.ends(&all).await.expect("the new leaders know the ends");
    cluster.restart(leader);
    load.acknowledges(300).await;
    log.ends(&all).await.expect("the ends are known");
    load.ends_with_nothing_lost_doubled_or_reordered().await;
}
