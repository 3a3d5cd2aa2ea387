//! What is seen of the fold from outside.

use domain::{Verdict, Void};
use events::Partition;

use crate::set::{FoldSet, Folded};

pub(crate) fn count(folded: &Folded) {
    let topic = folded.record.partition.topic.name();
    let verdict = match folded.verdict {
        Verdict::Applied(_) => "applied",
        Verdict::Void(Void::Duplicate { .. }) => "duplicate",
        Verdict::Void(Void::Stale) => "stale",
        Verdict::Void(Void::Refused(_)) => "refused",
        Verdict::Void(Void::Invalid) => "invalid",
        Verdict::Void(Void::ForeignEpoch) => "foreign_epoch",
    };
    metrics::counter!("nottermost_fold_records_total", "topic" => topic, "verdict" => verdict)
        .increment(1);
    if let Verdict::Void(Void::Invalid) = folded.verdict {
        tracing::error!(
            partition = %folded.record.partition,
            offset = folded.record.offset,
            "a record is no event; it is void for every consumer"
        );
    }
}

/// Sizes, once a second.
pub(crate) fn report(set: &FoldSet) {
    for topic in events::Topic::DURABLE {
        let window: usize = topic.partitions().map(|p: Partition| set.window_len(p)).sum();
        metrics::gauge!("nottermost_fold_window_entries", "topic" => topic.name())
            .set(window as f64);
    }
    let directory = set.directory();
    metrics::gauge!("nottermost_fold_accounts").set(directory.state().account_count() as f64);
    metrics::gauge!("nottermost_fold_channels")
        .set(directory.state().channel_names().count() as f64);
}
