//! `POST /files`: as a form with any number of files, or one file as the raw body.
//!
//! The bytes are in the object store, sealed, before the event says so: rows of an upload that died never
//! exist, and objects that no event names are swept by age.

use std::io;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Request, State};
use axum::response::Response;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use domain::commands::post::UploadFile;
use event_archive::{ObjectKey, StoreError};
use events::channel::{AttachedFile, FileDetails};
use events::{ChannelEvent, ChannelId, Event, EventId, FileId, Position, UserId};
use futures::{Stream, StreamExt};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use parking_lot::Mutex;
use platform::clock;
use platform::http::{ApiError, Query, json};
use sealing::FileKey;
use sha2::{Digest, Sha256};

use super::id_field;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::forms::{bytes, heard_out, is_too_large, limited};
use crate::image_size::image_size;
use crate::pictures::{PREVIEW, Previews, THUMBNAIL, beside, may_be_picture};
use crate::retention::object_of;

/// Files of one request.
const FILES_MAX: usize = 10;
/// Bytes of a form's field that is no file.
const FIELD_BYTES_MAX: usize = 4_096;
/// What a request may hold besides the bytes of one file of the largest size.
const BESIDE_BYTES_MAX: u64 = 1 << 20;
/// Characters of what is taken for a file's extension.
const EXTENSION_LEN_MAX: usize = 10;
/// Bytes at a file's beginning that tell the size of a picture.
const HEAD_BYTES: usize = 64 << 10;

/// A file whose bytes are stored.
pub(super) struct Stored {
    pub file: AttachedFile,
    pub details: FileDetails,
    pub object: ObjectKey,
}

/// What a request brought.
#[derive(Default)]
struct Form {
    channel_id: String,
    client_ids: Vec<String>,
    stored: Vec<Stored>,
}

pub(crate) async fn upload(
    State(api): State<CommandApi>,
    caller: Caller,
    query: Query,
    request: Request,
) -> Result<Response, ApiError> {
    let mut form = Form::default();
    let received = receive(&api, &query, request, &mut form).await;
    let uploaded = match received {
        Ok(()) => state_all(&api, &caller, &query, &form).await,
        Err(error) => Err(error),
    };
    let (file_infos, positions) = match uploaded {
        Ok(uploaded) => uploaded,
        Err(error) => {
            forget(&api, &form, &error).await;
            return Err(error);
        }
    };
    let shown = wire::FileUploadResult { file_infos, client_ids: form.client_ids };
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &shown)).await)
}

/// Objects of an upload that was refused. Where the outcome is unknown they stay: an event may name
/// them.
async fn forget(api: &CommandApi, form: &Form, error: &ApiError) {
    if error.status().is_server_error() {
        return;
    }
    for stored in &form.stored {
        api.discard(&stored.objects()).await;
    }
}

impl Stored {
    /// The file's object and those beside it, which need not be there.
    pub(super) fn objects(&self) -> Vec<ObjectKey> {
        let made = [PREVIEW, THUMBNAIL].into_iter().flat_map(|what| beside(&self.object, what));
        made.chain([self.object.clone()]).collect()
    }

    /// States it in a channel.
    pub(super) fn command(&self, actor: UserId, channel_id: ChannelId) -> UploadFile {
        UploadFile {
            actor,
            channel_id,
            file: self.file.clone(),
            details: self.details.clone(),
            object: self.object.to_string(),
        }
    }
}

async fn receive(
    api: &CommandApi,
    query: &Query,
    request: Request,
    form: &mut Form,
) -> Result<(), ApiError> {
    let content_type = header(&request, &CONTENT_TYPE).unwrap_or_default().to_owned();
    let length: Option<u64> = header(&request, &CONTENT_LENGTH).and_then(|text| text.parse().ok());
    let max = api.settings.file_bytes_max + BESIDE_BYTES_MAX;
    if length.is_some_and(|length| length > max) {
        return Err(ApiError::file_too_large());
    }
    if content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
        let multipart = limited(request, usize::try_from(max).unwrap_or(usize::MAX)).await;
        return receive_form(api, multipart.map_err(|_| malformed())?, form).await;
    }
    let name = base_name(query.get("filename").unwrap_or_default());
    let request = heard_out(request, require_name(&name)).await?;
    form.client_ids.extend(query.get("client_id").map(str::to_owned));
    let bytes = request.into_body().into_data_stream();
    let bytes = bytes.map(|piece| piece.map_err(io::Error::other));
    form.stored.push(store(api, name, &content_type, bytes).await?);
    Ok(())
}

fn header<'r>(request: &'r Request, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

fn malformed() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.file.upload_file.read_form_value.app_error",
        "The form cannot be read.",
    )
}

/// What a form is refused with that cannot be read on.
fn broken(error: &MultipartError) -> ApiError {
    if is_too_large(error) { ApiError::file_too_large() } else { malformed() }
}

/// The same inside of a file.
fn cut(error: MultipartError) -> io::Error {
    let too_large = is_too_large(&error);
    let kind = if too_large { io::ErrorKind::FileTooLarge } else { io::ErrorKind::Other };
    io::Error::new(kind, error)
}

async fn receive_form(
    api: &CommandApi,
    mut multipart: Multipart,
    form: &mut Form,
) -> Result<(), ApiError> {
    while let Some(field) = multipart.next_field().await.map_err(|e| broken(&e))? {
        let is_file = field.name() == Some("files") || field.file_name().is_some();
        if is_file {
            if form.stored.len() == FILES_MAX {
                return Err(ApiError::invalid_body("too many files"));
            }
            let name = base_name(field.file_name().unwrap_or_default());
            let content_type = field.content_type().unwrap_or_default().to_owned();
            let bytes = field.map(|piece| piece.map_err(cut));
            form.stored.push(store(api, name, &content_type, bytes).await?);
            continue;
        }
        let name = field.name().unwrap_or_default().to_owned();
        let text = text(field).await?;
        match name.as_str() {
            "channel_id" => form.channel_id = text,
            "client_ids" if form.client_ids.len() < FILES_MAX => form.client_ids.push(text),
            _ => {}
        }
    }
    Ok(())
}

async fn text(field: Field<'_>) -> Result<String, ApiError> {
    let bytes = bytes(field, FIELD_BYTES_MAX).await.map_err(|error| broken(&error))?;
    String::from_utf8(bytes.ok_or_else(malformed)?).map_err(|_| malformed())
}

/// Clients name files with their whole path.
pub(super) fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().trim().to_owned()
}

/// What is learned of a file while its bytes pass.
#[derive(Default)]
struct Meter {
    hash: Sha256,
    size: u64,
    head: Vec<u8>,
    too_large: bool,
}

impl Meter {
    fn pass(&mut self, piece: io::Result<Bytes>, max: u64) -> io::Result<Bytes> {
        let of_size = |error: &io::Error| error.kind() == io::ErrorKind::FileTooLarge;
        let piece = piece.inspect_err(|error| self.too_large |= of_size(error))?;
        self.size += piece.len() as u64;
        if self.size > max {
            self.too_large = true;
            return Err(io::Error::other("the file is too large"));
        }
        self.hash.update(&piece);
        let missing = HEAD_BYTES.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(&piece[..missing]);
        Ok(piece)
    }
}

/// A name that a file can have.
pub(super) fn require_name(name: &str) -> Result<(), ApiError> {
    if !name.is_empty() && name.chars().count() <= 255 && !name.contains('\0') {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::BAD_REQUEST,
        "api.file.upload_file.invalid_filename.app_error",
        "A file has a name of at most 255 characters.",
    ))
}

/// Stores the bytes, and what is made of them.
pub(super) async fn store(
    api: &CommandApi,
    name: String,
    content_type: &str,
    bytes: impl Stream<Item = io::Result<Bytes>> + Send,
) -> Result<Stored, ApiError> {
    require_name(&name)?;
    let file_id = FileId::random();
    let object = object_of(file_id, clock::now_ms())?;
    let key = FileKey::random();
    let meter = put(api, &object, &key, bytes).await?;
    let previews = previews(api, &object, &key, &meter).await;
    let (width, height) = match &previews {
        Some(made) => (pixels(made.width), pixels(made.height)),
        None => image_size(&meter.head).unwrap_or_default(),
    };
    let file = AttachedFile {
        file_id,
        size: i64::try_from(meter.size).map_err(ApiError::internal)?,
        mime_type: mime_type(&name, content_type),
        extension: extension(&name),
        width,
        height,
        has_preview: previews.is_some(),
    };
    let details = FileDetails {
        name,
        sha256: HEXLOWER.encode(&meter.hash.finalize()),
        key: key.text(),
        mini_preview: previews.map(|made| made.mini).unwrap_or_default(),
    };
    Ok(Stored { file, details, object })
}

/// What lies beside the file. It is taken with or without.
async fn previews(
    api: &CommandApi,
    object: &ObjectKey,
    key: &FileKey,
    meter: &Meter,
) -> Option<Previews> {
    if !may_be_picture(&meter.head) {
        return None;
    }
    api.preview(object, key, meter.size).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "failed to store previews of a file");
        None
    })
}

/// Stores the bytes, sealed, and says what was learned of them.
async fn put(
    api: &CommandApi,
    object: &ObjectKey,
    key: &FileKey,
    bytes: impl Stream<Item = io::Result<Bytes>> + Send,
) -> Result<Meter, ApiError> {
    let meter = Mutex::new(Meter::default());
    let max = api.settings.file_bytes_max;
    let metered = bytes.map(|piece| meter.lock().pass(piece, max));
    let put = api.objects.put_stream(object, key.seal(Box::pin(metered))).await;
    let meter = meter.into_inner();
    match put {
        Ok(_) => Ok(meter),
        Err(StoreError::Body { .. }) if meter.too_large => Err(ApiError::file_too_large()),
        Err(StoreError::Body { .. }) => Err(malformed()),
        Err(error) => Err(ApiError::unavailable(error)),
    }
}

fn pixels(side: u32) -> i32 {
    i32::try_from(side).unwrap_or(i32::MAX)
}

/// What follows a name's last dot, where that is an extension and no part of a sentence: it is not
/// sealed.
fn extension(name: &str) -> String {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let plain = extension.len() <= EXTENSION_LEN_MAX
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { extension.to_ascii_lowercase() } else { String::new() }
}

/// What the name says, else what the client says, if it is a type that is known: it is not sealed.
fn mime_type(name: &str, content_type: &str) -> String {
    let stated = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match mime_guess::from_path(name).first_raw() {
        Some(guessed) => guessed.to_owned(),
        None if mime_guess::get_mime_extensions_str(&stated).is_some() => stated,
        None => "application/octet-stream".to_owned(),
    }
}

/// States every stored file in the channel, one event each.
async fn state_all(
    api: &CommandApi,
    caller: &Caller,
    query: &Query,
    form: &Form,
) -> Result<(Vec<wire::FileInfo>, Vec<Position>), ApiError> {
    let stated = if form.channel_id.is_empty() {
        query.get("channel_id").unwrap_or_default()
    } else {
        &form.channel_id
    };
    let channel_id: ChannelId = id_field("channel_id", stated)?;
    if form.stored.is_empty() {
        return Err(ApiError::invalid_body("files"));
    }
    let (mut infos, mut positions) = (Vec::new(), Vec::new());
    for stored in &form.stored {
        let command = stored.command(caller.user, channel_id);
        let ended = api.in_channel(caller, EventId::random(), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
        let Some(written) = ended.await?.written()? else {
            return Err(ApiError::unknown_outcome());
        };
        if let Event::Channels(ChannelEvent::FileUploaded(b)) = written.event() {
            infos.push(wire::FileInfo::from_uploaded(&b.c, &b.p, written.at));
        }
        positions.push(written.position);
    }
    Ok((infos, positions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_the_last_part_of_its_path() {
        assert_eq!(base_name("/tmp/a b.txt"), "a b.txt");
        assert_eq!(base_name("C:\\x\\y.png"), "y.png");
        assert_eq!(base_name("plain"), "plain");
        assert_eq!(base_name("dir/"), "");
    }

    #[test]
    fn a_sentence_has_no_extension() {
        for (name, is) in [("a.PNG", "png"), ("a.tar.gz", "gz"), ("a", ""), ("a.", "")] {
            assert_eq!(extension(name), is, "{name}");
        }
        for name in ["Dr.Smith on Ada's diagnosis", "a.äöü", "a.abcdefghijk"] {
            assert_eq!(extension(name), "", "{name}");
        }
    }

    #[test]
    fn the_name_says_what_a_file_is_before_the_client_does() {
        assert_eq!(mime_type("a.png", "text/html"), "image/png");
        assert_eq!(mime_type("a", "Text/Plain; charset=x"), "text/plain");
        assert_eq!(mime_type("a", "nonsense"), "application/octet-stream");
        assert_eq!(mime_type("a", "text/what-ada-thinks"), "application/octet-stream");
        assert_eq!(mime_type("a", "a/b\"c"), "application/octet-stream");
    }
}
