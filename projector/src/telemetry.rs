//! What is seen of the projector from outside.

use std::sync::Arc;
use std::time::Duration;

use event_log::LogReader;
use events::{Event, Partition};
use fold::Folded;

use crate::positions::PositionsWatch;

const LAG_EVERY: Duration = Duration::from_secs(5);

/// A batch that was written.
pub(crate) fn batch_written(records: u64, statements: u64, took: Duration) {
    metrics::counter!("nottermost_projection_records_total").increment(records);
    metrics::counter!("nottermost_projection_statements_total").increment(statements);
    metrics::histogram!("nottermost_projection_batch_records").record(records as f64);
    metrics::histogram!("nottermost_projection_write_seconds").record(took.as_secs_f64());
}

/// The projector has to start over.
pub(crate) fn started_over(reason: &'static str) {
    metrics::counter!("nottermost_projection_restarts_total", "reason" => reason).increment(1);
}

/// A span for a record whose command is being traced.
pub(crate) fn span_of(folded: &Folded) -> Option<tracing::Span> {
    let (meta, event) = folded.decoded.as_ref()?;
    let traceparent = meta.traceparent.as_ref()?;
    if matches!(event, Event::Presence(_)) {
        return None;
    }
    let position = folded.position();
    tracing::debug!(
        request.id = meta.request_id,
        trace.id = platform::telemetry::trace_id_of(traceparent),
        event.r#type = event.event_type(),
        %position,
        "projects"
    );
    let span = tracing::debug_span!(
        target: platform::telemetry::STEPS,
        "project",
        "event.type" = event.event_type(),
        partition = %folded.record.partition,
        offset = folded.record.offset,
    );
    if span.is_disabled() {
        return None;
    }
    platform::telemetry::continue_trace(&span, traceparent);
    Some(span)
}

/// Reports how far these positions are behind the log, every few seconds, for ever.
pub(crate) async fn report_lag(
    name: &'static str,
    log: Arc<dyn LogReader>,
    positions: PositionsWatch,
) {
    let partitions: Vec<Partition> = Partition::durable().collect();
    let mut ticks = tokio::time::interval(LAG_EVERY);
    loop {
        ticks.tick().await;
        let Ok(ends) = log.ends(&partitions).await else { continue };
        for (partition, end) in partitions.iter().zip(ends) {
            let lag = end.saturating_sub(positions.next(*partition));
            metrics::gauge!(name, "partition" => partition.to_string()).set(lag as f64);
        }
    }
}
