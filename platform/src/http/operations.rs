//! What every process answers for itself, to those who run it.

use axum::Router;
use axum::response::{IntoResponse, Response};

use super::urls::Service;
use super::{Mount, ok_status};
use crate::health::Health;
use crate::telemetry::Metrics;

/// `GET /metrics`, and `GET /api/nottermost/v1/health`: 200 if this process can serve, else a 503 that
/// names what cannot.
pub fn operations(metrics: &Metrics, health: Health) -> Router {
    let metrics = metrics.clone();
    let render = move || async move { metrics.response() };
    let check = move || async move { checked(&health) };
    Mount::new(Service::Each)
        .get("/metrics", render)
        .get("/api/nottermost/v1/health", check)
        .router()
}

fn checked(health: &Health) -> Response {
    match health.check() {
        Ok(()) => ok_status(),
        Err(error) => error.into_response(),
    }
}
