//! Metrics, as Prometheus reads them.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of durations: from a read out of memory to a request that waits for its deadline.
const SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];
/// Upper bounds of everything that is counted: records of a batch, bytes of a body.
const COUNTS: &[f64] = &[
    1.0,
    2.0,
    4.0,
    8.0,
    16.0,
    32.0,
    64.0,
    128.0,
    256.0,
    512.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
];
/// Recorded values wait in memory until they are sorted into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);
const CONTENT_TYPE_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(COUNTS)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

impl Metrics {
    /// Makes this process' recorder the one that `metrics::counter!` and its kin write to.
    pub(super) fn install() -> Result<Self, BuildError> {
        let handle = builder()?.install_recorder()?;
        crate::http::describe_metrics();
        let upkept = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkept.run_upkeep();
            }
        });
        Ok(Self(handle))
    }

    /// All metrics in Prometheus' text format.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// What `GET /metrics` answers.
    pub fn response(&self) -> Response {
        ([(CONTENT_TYPE, CONTENT_TYPE_TEXT)], self.render()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_counts_are_sorted_into_buckets() {
        let recorder = builder().unwrap().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("nottermost_test_duration_seconds").record(0.0002);
            metrics::histogram!("nottermost_test_batch_events").record(3.0);
            metrics::counter!("nottermost_test_total", "route" => "/a\"b").increment(2);
        });
        let text = recorder.handle().render();
        assert!(
            text.contains("nottermost_test_duration_seconds_bucket{le=\"0.00025\"} 1"),
            "{text}"
        );
        assert!(text.contains("nottermost_test_batch_events_bucket{le=\"2\"} 0"), "{text}");
        assert!(text.contains("nottermost_test_batch_events_bucket{le=\"4\"} 1"), "{text}");
        assert!(text.contains("nottermost_test_total{route=\"/a\\\"b\"} 2"), "{text}");
    }
}
