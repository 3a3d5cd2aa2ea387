//! Files of which not all parts have come: `GET /uploads/{upload_id}`, `GET /users/{user_id}/uploads`. They
//! are their owner's alone.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use events::Id;
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, UserRef};
use sealing::{FileKey, Upload, Uploads};

use crate::app::App;
use crate::caller::Caller;
use crate::render;
use crate::rights::own;

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UrlId<Id>>,
) -> Result<Response, ApiError> {
    let uploads = Uploads::new(Arc::clone(&app.objects));
    let found = uploads.one(caller.user, id.0, &key(&app, id.0)).await;
    let unknown = || {
        ApiError::new(StatusCode::NOT_FOUND, "app.upload.get.app_error", "There is no such upload.")
    };
    let upload = found.map_err(ApiError::unavailable)?.ok_or_else(unknown)?;
    Ok(render::ok(&shown(&upload)))
}

pub(crate) async fn of_user(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    let uploads = Uploads::new(Arc::clone(&app.objects));
    let found = uploads.of_person(user, |id| key(&app, id)).await;
    let found = found.map_err(ApiError::unavailable)?;
    Ok(render::ok(&found.iter().map(shown).collect::<Vec<_>>()))
}

fn key(app: &App, upload: Id) -> FileKey {
    FileKey::of_bytes(app.secrets.upload_key(upload))
}

fn shown(upload: &Upload) -> wire::UploadSession {
    let session = &upload.session;
    wire::UploadSession::new(
        session.id,
        session.user_id,
        session.channel_id,
        session.filename.clone(),
        session.file_size,
        session.create_at,
        upload.offset(),
    )
}
