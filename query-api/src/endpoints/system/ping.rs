//! `GET /system/ping`: whether this process can serve.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use event_archive::ObjectKey;
use platform::http::{ApiError, Query};

use crate::app::App;
use crate::render;

const OK: &str = "OK";
const UNHEALTHY: &str = "UNHEALTHY";

pub(crate) async fn get(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    app.health.check()?;
    let mut answer = BTreeMap::from([
        ("status", OK),
        ("ActiveSearchBackend", "tantivy"),
        ("AndroidLatestVersion", ""),
        ("AndroidMinVersion", ""),
        ("IosLatestVersion", ""),
        ("IosMinVersion", ""),
    ]);
    if query.flag("get_server_status") {
        let database = app.reader.positions().await.is_ok();
        answer.insert("database_status", said(database));
        answer.insert("filestore_status", said(reaches_objects(&app).await));
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
