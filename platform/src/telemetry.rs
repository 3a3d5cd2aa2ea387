//! stub
pub fn continue_trace(_span: &tracing::Span, _incoming: &str) {}
