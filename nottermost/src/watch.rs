//! What can keep a server that has started from serving.

use std::time::Duration;

use events::Partition;
use fold::Fold;
use platform::health::PartHealth;
use platform::postgres::Database;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Follows the log's health: every partition's tail must be confirmed lately.
pub(crate) async fn log(fold: Fold, health: PartHealth) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        if Partition::durable().all(|partition| fold.is_current(partition)) {
            health.ready();
        } else {
            health.not_ready("its tail is not confirmed");
        }
    }
}

/// Follows the private Postgres; any other is its owner's to watch.
pub(crate) fn postgres(
    database: &Database,
    health: PartHealth,
) -> impl Future<Output = ()> + use<> {
    let running = match database {
        Database::Private(cluster) => Some(cluster.running()),
        Database::External(_) => None,
    };
    async move {
        let Some(mut running) = running else { return };
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
}
