//! Carrying a trace from one part of the system to the next.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

use crate::TraceParent;

/// The target of spans that are there for traces, at debug level: log lines name the request, and to render
/// for them what no line shows would cost as much as writing it.
pub const STEPS: &str = "nottermost::steps";

/// Spans that are exported, beside [`STEPS`]: those of reads too, which the log leaves out.
const EXPORTED: &str = "info,platform::http::edge=debug";

/// Looking into spans costs something; without an exporter there is nothing to find there.
static EXPORTING: AtomicBool = AtomicBool::new(false);

pub(super) fn exporting() {
    EXPORTING.store(true, Ordering::Relaxed);
}

pub(super) fn layer<S>(
    provider: &SdkTracerProvider,
    service: &'static str,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(service))
        .with_filter(EnvFilter::new(format!("{EXPORTED},{STEPS}=debug")))
        .boxed()
}

/// The `traceparent` to put into an event or a request: of the current span if spans are exported,
/// else of the request being served.
pub fn current_traceparent() -> Option<String> {
    current().map(|parent| parent.to_string())
}

/// The trace that [`current_traceparent`] names, as log lines show it.
pub fn current_trace_id() -> Option<String> {
    current().map(|parent| parent.trace_id_text())
}

/// The trace that `traceparent` names, as log lines show it.
pub fn trace_id_of(traceparent: &str) -> Option<String> {
    traceparent.parse().ok().map(|parent: TraceParent| parent.trace_id_text())
}

fn current() -> Option<TraceParent> {
    let exported = EXPORTING.load(Ordering::Relaxed).then(of_current_span).flatten();
    exported.or_else(crate::http::traceparent)
}

fn of_current_span() -> Option<TraceParent> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| TraceParent {
        trace_id: span.trace_id().to_bytes(),
        span_id: span.span_id().to_bytes(),
        flags: span.trace_flags().to_u8(),
    })
}

/// Makes `span` a part of the trace that `traceparent` names, which one handling one event does.
/// A text that is none changes nothing.
pub fn continue_trace(span: &Span, traceparent: &str) {
    if let Some(remote) = remote(traceparent) {
        // Refused only if the span is not exported or has begun; it then stands on its own.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote));
    }
}

fn remote(traceparent: &str) -> Option<SpanContext> {
    if !EXPORTING.load(Ordering::Relaxed) {
        return None;
    }
    let parent: TraceParent = traceparent.parse().ok()?;
    Some(SpanContext::new(
        TraceId::from_bytes(parent.trace_id),
        SpanId::from_bytes(parent.span_id),
        TraceFlags::new(parent.flags),
        true,
        TraceState::default(),
    ))
}
