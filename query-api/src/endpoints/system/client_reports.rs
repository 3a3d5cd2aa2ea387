//! `POST /client_perf` and `POST /logs`: what clients tell of themselves. It is read and goes no
//! further than a line at debug level: nothing that others send belongs into the log as if it were ours.

use axum::response::Response;
use platform::http::{ApiError, Json, nullable, ok_status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::caller::Caller;
use crate::endpoints::Object;
use crate::render;

/// Characters of a client's message that are kept.
const MESSAGE_CHARS_MAX: usize = 400;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ClientReport")]
pub(crate) struct Report {
    #[serde(default, deserialize_with = "nullable")]
    level: String,
    #[serde(default, deserialize_with = "nullable")]
    message: String,
}

/// What was kept of a report.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientReportKept")]
pub(crate) struct Kept {
    message: String,
}

pub(crate) async fn performance(_: Caller, Json(_): Json<Map<String, Value>>) -> Response {
    ok_status()
}

pub(crate) async fn log(
    caller: Caller,
    Json(Object(report)): Json<Object<Report>>,
) -> Result<Response, ApiError> {
    let message: String = report.message.chars().take(MESSAGE_CHARS_MAX).collect();
    tracing::debug!(user.id = %caller.user, client.level = report.level, client.message = message);
    Ok(render::ok(&Kept { message }))
}
