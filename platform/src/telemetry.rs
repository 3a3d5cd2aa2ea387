//! stub
use crate::config::{HttpUrl, LogFilter, OneOf};
pub fn continue_trace(_span: &tracing::Span, _incoming: &str) {}
/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Text,
}
impl OneOf for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] = &[("json", Self::Json), ("text", Self::Text)];
}
crate::settings_section! {
    /// What is seen from outside.
    "telemetry" => pub struct TelemetrySettings {
        /// Which log lines are written.
        log_filter: LogFilter = "info",
        /// JSON, one object per line, or text for people.
        log_format: LogFormat = "json",
        /// Where spans are sent.
        otlp_endpoint: Option<HttpUrl>,
    }
}
