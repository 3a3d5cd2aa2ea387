//! Links by which anybody may have a file that a post shows: `GET /files/{file_id}/link` and, at the root
//! of the server, `GET /files/{file_id}/public?h=`. They end with the file, or when the setting is off.

use axum::extract::State;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use events::FileId;
use http::header::HOST;
use http::{HeaderMap, StatusCode};
use platform::http::{ApiError, Path, Query, note_channel};
use read_model::queries::OfPost;
use schemars::JsonSchema;
use serde::Serialize;

use super::{FilePath, download, file};
use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::render;

/// What the tag of a link is for.
const DOMAIN: &str = "file.public_link";

#[derive(Serialize, JsonSchema)]
pub(crate) struct PublicLink {
    link: String,
}

pub(crate) async fn link(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let row = file(&app, &caller, id.0).await?;
    require_enabled(&app)?;
    if row.post_id.is_none() {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "api.file.get_public_link.no_post.app_error",
            "No post shows this file.",
        ));
    }
    let tag = BASE64URL_NOPAD.encode(&app.secrets.mac(DOMAIN, row.id.as_bytes()));
    let link = format!("{}/files/{}/public?h={tag}", address(&app, &headers), row.id);
    Ok(render::ok(&PublicLink { link }))
}

/// Without a session. Whoever has no tag learns nothing of the file.
pub(crate) async fn public(
    State(app): State<App>,
    Path(id): Path<FilePath>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    require_enabled(&app)?;
    if !is_genuine(&app, id.0, query.get("h").unwrap_or_default()) {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "api.file.get_file.public_invalid.app_error",
            "The link is not valid.",
        ));
    }
    let ask = || app.reader.public_file(id.0);
    let OfPost { post, value: row } =
        app.found(&of_any_channel(), ApiError::file_not_found, ask).await?;
    note_channel(row.channel_id);
    if app.end(post).is_some() {
        return Err(ApiError::file_not_found());
    }
    download::served(&app, &row, &query, &headers).await
}

fn is_genuine(app: &App, file: FileId, tag: &str) -> bool {
    let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).unwrap_or_default();
    app.secrets.mac_is_valid(DOMAIN, file.as_bytes(), &tag)
}

fn require_enabled(app: &App) -> Result<(), ApiError> {
    if app.config.enable_public_link {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "api.file.get_public_link.disabled.app_error",
        "Public links are switched off on this server.",
    ))
}

/// Where the server is reached: as it is set, else as the client found it.
fn address(app: &App, headers: &HeaderMap) -> String {
    if !app.config.site_url.is_empty() {
        return app.config.site_url.clone();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
}
