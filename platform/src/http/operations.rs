//! What every process answers for itself, to those who run it.

use axum::Router;
use axum::response::{IntoResponse, Response};

use super::urls::Service;
use super::{Mount, ok_status};
use crate::health::Health;
use crate::telemetry::Metrics;

/// Where a process tells whether it can serve.
pub const HEALTH: &str = "/api/nottermost/v1/health";

/// `GET /metrics`, and `GET` [`HEALTH`]: 200 if this process can serve, else a 503 that
/// names what cannot.
pub fn operations(metrics: &Metrics, health: Health) -> Router {
    let metrics = metrics.clone();
    let render = move || async move { metrics.response() };
    let check = move || async move { checked(&health) };
    Mount::new(Service::Each).get("/metrics", render).get(HEALTH, check).router()
}

fn checked(health: &Health) -> Response {
    match health.check() {
        Ok(()) => ok_status(),
        Err(error) => error.into_response(),
    }
}
