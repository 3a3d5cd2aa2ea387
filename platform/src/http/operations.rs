//! What every process answers for itself, to those who run it.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::urls::Service;
use super::{Mount, Operation, ok_status};
use crate::health::Health;
use crate::telemetry::Metrics;

/// Where a process tells whether it can serve.
pub const HEALTH: &str = "/api/nottermost/v1/health";

#[derive(Debug, Clone)]
struct Process {
    metrics: Metrics,
    health: Health,
}

/// `GET /metrics`, and `GET` [`HEALTH`]: 200 if this process can serve, else a 503 that
/// names what cannot.
pub fn operations(metrics: &Metrics, health: Health) -> Router {
    mounted().router().with_state(Process { metrics: metrics.clone(), health })
}

/// What each of these addresses takes and gives.
pub fn operations_described() -> Vec<Operation> {
    mounted().operations()
}

fn mounted() -> Mount<Process> {
    Mount::new(Service::Each)
        .get("/metrics", counted)
        .sends("text/plain", "What this process counts, for Prometheus.")
        .get(HEALTH, checked)
        .does("Whether this process can serve.")
}

async fn counted(State(process): State<Process>) -> Response {
    process.metrics.response()
}

async fn checked(State(process): State<Process>) -> Response {
    match process.health.check() {
        Ok(()) => ok_status(),
        Err(error) => error.into_response(),
    }
}
