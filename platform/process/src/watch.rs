//! What can keep a server that has started from serving.

use std::time::Duration;

use fold::Fold;
use platform::health::PartHealth;
use platform::postgres::Database;
use read_model::Reader;
use tokio::sync::watch;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Follows the log's health: every partition's tail must be confirmed lately.
pub async fn log(fold: Fold, health: PartHealth) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        if fold.partitions().iter().all(|partition| fold.is_current(*partition)) {
            health.ready();
        } else {
            health.not_ready("its tail is not confirmed");
        }
    }
}

/// Follows Postgres: the private one tells by itself whether it runs, any other is asked.
pub fn postgres(
    database: &Database,
    reader: Reader,
    health: PartHealth,
) -> impl Future<Output = ()> + use<> {
    let running = match database {
        Database::Private(cluster) => Some(cluster.running()),
        Database::External(_) => None,
    };
    async move {
        match running {
            Some(running) => private(running, health).await,
            None => external(reader, health).await,
        }
    }
}

async fn private(mut running: watch::Receiver<bool>, health: PartHealth) {
    loop {
        if *running.borrow_and_update() {
            health.ready();
        } else {
            health.not_ready("starting again");
        }
        if running.changed().await.is_err() {
            return;
        }
    }
}

async fn external(reader: Reader, health: PartHealth) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        match reader.positions().await {
            Ok(_) => health.ready(),
            Err(_) => health.not_ready("it does not answer"),
        }
    }
}
