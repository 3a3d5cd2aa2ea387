//! The Kafka adapter against real brokers: it keeps the contract; and what only it has.

mod copying;
mod faults;
mod load;
mod positions;
mod replicas;
mod topics;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use event_log::copying::CopyTarget;
use event_log::testing::contract::{CopyLocation, Location};
use event_log::testing::kafka::Cluster;
use event_log::{EventLog, KafkaCopy, KafkaLog, KafkaOptions};
use futures::FutureExt;
use futures::future::BoxFuture;

/// One broker for all tests that leave it alone.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(1));

/// Topics of one test, gone with it.
struct OnKafka {
    cluster: &'static Cluster,
    prefix: String,
}

impl OnKafka {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("t{}.", COUNT.fetch_add(1, Ordering::Relaxed));
        Self { cluster: &CLUSTER, prefix }
    }

    fn options(&self) -> KafkaOptions {
        self.cluster.options(&self.prefix)
    }

    async fn log(&self) -> KafkaLog {
        KafkaLog::connect(self.options()).await.expect("the log connects")
    }
}

impl Drop for OnKafka {
    fn drop(&mut self) {
        self.cluster.delete_topics(&self.prefix);
    }
}

impl Location for OnKafka {
    fn open(&self) -> BoxFuture<'_, Arc<dyn EventLog>> {
        async { Arc::new(self.log().await) as Arc<dyn EventLog> }.boxed()
    }
}

impl CopyLocation for OnKafka {
    fn target(&self) -> BoxFuture<'_, Box<dyn CopyTarget>> {
        async {
            let target = KafkaCopy::connect(self.options()).await.expect("the target connects");
            Box::new(target) as Box<dyn CopyTarget>
        }
        .boxed()
    }

    fn refusal(&self) -> BoxFuture<'_, String> {
        let refused = KafkaLog::connect(self.options());
        refused.map(|refused| refused.expect_err("it is no log").to_string()).boxed()
    }
}

mod contract {
    use super::*;

    event_log::contract_tests!(OnKafka::new());
}

mod copying_contract {
    use super::*;

    event_log::copying_tests!(OnKafka::new());
}
