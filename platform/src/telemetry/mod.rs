//! What is seen of a process from outside: log lines, metrics, spans.
//!
//! A trace goes along with what it is about: a request's into the event that it appends, from there
//! into the projection and the frames. The event carries it as a W3C `traceparent`, whether spans
//! are exported or not; without an exporter the trace id is the id of the request.

mod metrics;
mod otlp;
mod trace;

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

pub use self::metrics::Metrics;
pub use trace::{STEPS, continue_trace, current_trace_id, current_traceparent, trace_id_of};

use crate::config::{Bounded, HttpUrl, LogFilter, OneOf};

crate::settings_section! {
    /// What is seen from outside.
    "telemetry" => pub struct TelemetrySettings {
        /// Which log lines are written, by target and level. Requests are logged under
        /// `nottermost::access`: failures at warn, writes and refusals at info, reads at debug.
        log_filter: LogFilter = "info,fjall=warn,lsm_tree=warn,tantivy=warn",
        /// One JSON object per line, or text for people.
        log_format: LogFormat = "json",
        /// The collector that spans are sent to, by OTLP over plain HTTP (`/v1/traces` is added).
        /// Not set: spans are not exported.
        otlp_endpoint: Option<HttpUrl>,
        /// How many of a hundred traces are exported, unless the caller's `traceparent` says so.
        otlp_sample_percent: Bounded<0, 100> = "100",
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}

impl OneOf for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] = &[("json", Self::Json), ("text", Self::Text)];
}

/// Telemetry cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("failed to set up log lines: {0}")]
    Logs(#[from] tracing_subscriber::util::TryInitError),
    #[error("failed to set up metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    #[error("failed to set up the export of spans to {endpoint}: {reason}")]
    Otlp { endpoint: String, reason: String },
}

/// What this process shows of itself.
#[derive(Debug)]
pub struct Telemetry {
    metrics: Metrics,
    spans: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sets up log lines on standard error, metrics, and the export of spans if it is configured.
    /// Once per process, within a runtime. Panics are logged from here on.
    pub fn install(
        settings: &TelemetrySettings,
        service: &'static str,
    ) -> Result<Self, TelemetryError> {
        let spans = otlp::provider(settings, service)?;
        let span_layer = spans.as_ref().map(|provider| trace::layer(provider, service));
        tracing_subscriber::registry().with(span_layer).with(log_layer(settings)).try_init()?;
        let metrics = Metrics::install()?;
        if spans.is_some() {
            trace::exporting();
        }
        std::panic::set_hook(Box::new(log_panic));
        Ok(Self { metrics, spans })
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Sends the spans that were not sent yet.
    pub async fn shutdown(self) {
        let Some(spans) = self.spans else { return };
        // It waits for the exporter, which needs this runtime.
        let sent = tokio::task::spawn_blocking(move || spans.shutdown()).await;
        if let Ok(Err(error)) = sent {
            tracing::warn!(%error, "failed to send the last spans");
        }
    }
}

fn log_layer<S>(settings: &TelemetrySettings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let filter = EnvFilter::new(settings.log_filter.as_str());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Json => {
            lines.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed()
        }
        LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed()
        }
    }
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let message = panic.payload_as_str().unwrap_or("(no text)");
    let request = crate::http::request_id().map(|id| id.to_string());
    tracing::error!(
        request.id = request,
        panic.location = location,
        panic.message = message,
        "panic"
    );
}
