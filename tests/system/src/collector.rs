//! A collector of spans, as OTLP exporters know it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::until;

type Spans = Arc<Mutex<Vec<Span>>>;

/// Takes spans for as long as it lives.
#[derive(Debug)]
pub struct Collector {
    endpoint: String,
    spans: Spans,
    serving: JoinHandle<()>,
}

impl Collector {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let spans = Spans::default();
        let app = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&spans));
        let serving = tokio::spawn(async move {
            // It ends with the collector; until then a listener on loopback does not fail.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { endpoint, spans, serving })
    }

    /// What an exporter is told.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Waits until a span has come that matches.
    pub async fn span(&self, what: &str, matches: impl Fn(&Span) -> bool) -> Result<Span> {
        let look = || async {
            let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(spans.iter().find(|span| matches(span)).cloned())
        };
        until(&format!("a span {what} is exported"), look).await
    }

    /// The names of the spans so far, for a message about one that is missing.
    pub fn names(&self) -> Vec<String> {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = spans.iter().map(|span| span.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(State(spans): State<Spans>, body: Bytes) {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return };
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    spans.lock().unwrap_or_else(PoisonError::into_inner).extend(scopes.flat_map(|s| s.spans));
}
