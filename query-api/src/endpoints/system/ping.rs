//! `GET /system/ping`: whether this process can serve.

use axum::extract::State;
use axum::response::Response;
use event_archive::ObjectKey;
use platform::http::{ApiError, Query};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::render;

const OK: &str = "OK";
const UNHEALTHY: &str = "UNHEALTHY";

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Ping {
    active_search_backend: &'static str,
    android_latest_version: &'static str,
    android_min_version: &'static str,
    ios_latest_version: &'static str,
    ios_min_version: &'static str,
    /// Only where it was asked for, as the next one.
    #[serde(rename = "database_status", skip_serializing_if = "Option::is_none")]
    database: Option<&'static str>,
    #[serde(rename = "filestore_status", skip_serializing_if = "Option::is_none")]
    objects: Option<&'static str>,
    #[serde(rename = "status")]
    status: &'static str,
}

pub(crate) async fn get(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    app.health.check()?;
    let mut answer = Ping {
        active_search_backend: "tantivy",
        android_latest_version: "",
        android_min_version: "",
        ios_latest_version: "",
        ios_min_version: "",
        database: None,
        objects: None,
        status: OK,
    };
    if query.flag("get_server_status") {
        answer.database = Some(said(app.reader.positions().await.is_ok()));
        answer.objects = Some(said(reaches_objects(&app).await));
    }
    Ok(render::ok(&answer))
}

fn said(healthy: bool) -> &'static str {
    if healthy { OK } else { UNHEALTHY }
}

async fn reaches_objects(app: &App) -> bool {
    let probe = ObjectKey::parse("ping").expect("one plain word is a name");
    app.objects.size(&probe).await.is_ok()
}
