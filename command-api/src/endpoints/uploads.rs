//! Files that come in parts: `POST /uploads`, `POST /uploads/{upload_id}`.
//!
//! What has come is sealed in the object store, so that it survives a restart of any process; the event
//! follows once the file is whole, under an id that the upload determines.

use std::io;
use std::sync::Arc;

use axum::body::Body as HttpBody;
use axum::extract::{Request, State};
use axum::response::Response;
use event_archive::StoreError;
use events::{ChannelEvent, Event, EventId, Id};
use futures::{StreamExt, TryStreamExt};
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use platform::clock;
use platform::http::{ApiError, Path, UrlId, json, note_channel, nullable};
use schemars::JsonSchema;
use sealing::{FileKey, Upload, UploadError, UploadSession, Uploads};
use serde::Deserialize;

use super::files::{base_name, require_name, store};
use super::id_field;
use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::idempotency::Json;

/// Bytes of the first part, unless it is the whole file.
const FIRST_PART_BYTES_MIN: u64 = 5 << 20;
const PARTS_MAX: usize = 1_000;
/// Uploads that one person has under way.
const UPLOADS_MAX: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    r#type: String,
    #[serde(default, deserialize_with = "nullable")]
    channel_id: String,
    #[serde(default, deserialize_with = "nullable")]
    filename: String,
    #[serde(default, deserialize_with = "nullable")]
    file_size: i64,
}

/// `POST /uploads`
pub(crate) async fn begin(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let session = body.into_session(&api, &caller)?;
    note_channel(session.channel_id);
    api.require_member(&caller, session.channel_id).await?;
    let uploads = api.uploads();
    let held = uploads.count_of(caller.user).await.map_err(failed)?;
    if held >= UPLOADS_MAX {
        return Err(refused("too_many", "Finish another upload first: there are 20 under way."));
    }
    uploads.begin(&session, &api.upload_key(session.id)).await.map_err(failed)?;
    let shown = wire::UploadSession::new(
        session.id,
        session.user_id,
        session.channel_id,
        session.filename,
        session.file_size,
        session.create_at,
        0,
    );
    Ok(json(StatusCode::CREATED, &shown))
}

impl Body {
    fn into_session(self, api: &CommandApi, caller: &Caller) -> Result<UploadSession, ApiError> {
        if !matches!(self.r#type.as_str(), "" | "attachment") {
            return Err(ApiError::invalid_body("type"));
        }
        let channel_id = id_field("channel_id", &self.channel_id)?;
        let filename = base_name(&self.filename);
        require_name(&filename)?;
        let file_size = u64::try_from(self.file_size).unwrap_or(0);
        if file_size == 0 {
            return Err(ApiError::invalid_body("file_size"));
        }
        if file_size > api.settings.file_bytes_max {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "api.upload.create.upload_too_large.app_error",
                "The file is larger than this server accepts.",
            ));
        }
        Ok(UploadSession {
            id: Id::random(),
            user_id: caller.user,
            channel_id,
            filename,
            file_size,
            create_at: clock::now_ms(),
        })
    }
}

/// `POST /uploads/{upload_id}`: the next part. 204 while more is missing, 201 with the file's facts once
/// nothing is.
pub(crate) async fn bring(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(upload): Path<UrlId<Id>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (uploads, key) = (api.uploads(), api.upload_key(upload.0));
    let found = uploads.one(caller.user, upload.0, &key).await.map_err(failed)?;
    let mut upload = found.ok_or_else(unknown)?;
    note_channel(upload.session.channel_id);
    if !upload.is_whole() {
        take(&uploads, &mut upload, &key, request).await?;
    }
    if !upload.is_whole() {
        let mut response = Response::new(HttpBody::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return Ok(response);
    }
    finish(&api, &caller, &upload, &key).await
}

/// Stores a part and has it count.
async fn take(
    uploads: &Uploads,
    upload: &mut Upload,
    key: &FileKey,
    request: Request,
) -> Result<(), ApiError> {
    if upload.part_count() == PARTS_MAX {
        return Err(refused("too_many_parts", "An upload has at most 1000 parts."));
    }
    let left = upload.session.file_size - upload.offset();
    let max = usize::try_from(left).unwrap_or(usize::MAX);
    // A body with more bytes than are missing fails, and nothing of it is stored.
    let plain = Limited::new(request.into_body(), max).into_data_stream();
    let stored = uploads.store(upload, key, plain.map_err(io::Error::other).boxed()).await;
    let (data, size) = stored.map_err(|error| match error {
        UploadError::Store(StoreError::Body { .. }) => no_part(),
        error => failed(error),
    })?;
    let fits = match size {
        0 => Err(no_part()),
        size if upload.offset() == 0 && size < FIRST_PART_BYTES_MIN.min(left) => {
            Err(refused("first_part_too_small", "The first part has at least 5 MiB."))
        }
        _ => Ok(()),
    };
    let counts = match fits {
        Ok(()) => uploads.count(upload, data, size).await.map_err(failed)?,
        Err(_) => false,
    };
    if !counts {
        uploads.forget(upload, data).await.map_err(failed)?;
    }
    fits?;
    if counts { Ok(()) } else { Err(refused("concurrent", "Another request brought this part.")) }
}

/// Makes the file of its parts and states it in the channel. Who left the channel meanwhile has nothing
/// copied.
async fn finish(
    api: &CommandApi,
    caller: &Caller,
    upload: &Upload,
    key: &FileKey,
) -> Result<Response, ApiError> {
    let (session, uploads) = (&upload.session, api.uploads());
    api.require_member(caller, session.channel_id).await?;
    let bytes = uploads.bytes(upload, key);
    let stored = store(api, session.filename.clone(), "", bytes).await?;
    let command = stored.command(caller.user, session.channel_id);
    let id = EventId(Id::derived("upload", &[session.id.as_bytes()]));
    let ended = api.in_channel(caller, id, session.channel_id, |directory, channels| {
        command.decide(directory, channels)
    });
    let written = match ended.await.and_then(|ended| ended.written()) {
        Ok(written) => written.ok_or_else(ApiError::unknown_outcome)?,
        Err(error) => {
            if error.status().is_client_error() {
                api.discard(&stored.objects()).await;
            }
            return Err(error);
        }
    };
    let info = info(&written)?;
    if info.id != stored.file.file_id {
        // Another request was first.
        api.discard(&stored.objects()).await;
    }
    if let Err(error) = uploads.remove(upload).await {
        tracing::warn!(%error, "failed to remove the parts of a finished upload");
    }
    let response = json(StatusCode::CREATED, &info);
    Ok(api.shown(&caller.wishes, &[written.position], response).await)
}

fn info(written: &Written) -> Result<wire::FileInfo, ApiError> {
    match written.event() {
        Event::Channels(ChannelEvent::FileUploaded(b)) => {
            Ok(wire::FileInfo::from_uploaded(&b.c, &b.p, written.at))
        }
        _ => Err(ApiError::unknown_outcome()),
    }
}

impl CommandApi {
    fn uploads(&self) -> Uploads {
        Uploads::new(Arc::clone(&self.objects))
    }

    fn upload_key(&self, upload: Id) -> FileKey {
        FileKey::of_bytes(self.secrets.upload_key(upload))
    }
}

fn failed(error: UploadError) -> ApiError {
    ApiError::unavailable(error)
}

fn unknown() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "app.upload.get.app_error", "There is no such upload.")
}

fn no_part() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.upload.upload_data.invalid_content_length",
        "The body is no part of the file: it is empty, broken, or longer than what is missing.",
    )
}

fn refused(why: &str, message: &'static str) -> ApiError {
    let id = format!("app.upload.upload_data.{why}.app_error");
    ApiError::new(StatusCode::BAD_REQUEST, id, message)
}
