//! How far fold and index are behind the log; the projector tells of its rows itself.

use std::time::Duration;

use events::Partition;
use fold::Fold;
use search_index::Searcher;

const EVERY: Duration = Duration::from_secs(5);

/// Reports for ever.
pub async fn report(fold: Fold, searcher: Searcher) {
    let partitions = fold.partitions();
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let Ok(ends) = fold.log().ends(partitions).await else { continue };
        let indexed = searcher.positions();
        for (partition, end) in partitions.iter().zip(ends) {
            let index_next = indexed.get(*partition).map_or(0, |last| last.offset + 1);
            set("nottermost_fold_lag_records", *partition, end, fold.next(*partition));
            set("nottermost_index_lag_records", *partition, end, index_next);
        }
    }
}

fn set(name: &'static str, partition: Partition, end: u64, next: u64) {
    let lag = end.saturating_sub(next);
    metrics::gauge!(name, "partition" => partition.to_string()).set(lag as f64);
}
