//! `GET /files/{file_id}`: the bytes, whole or in part.

use std::ops::Range;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use event_archive::ObjectKey;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use platform::http::{ApiError, Path, Query, note_channel};
use read_model::rows::FileRow;
use sealing::FileKey;

use super::range::{Wanted, wanted};
use super::{FilePath, file};
use crate::app::App;
use crate::caller::Caller;
use crate::pictures::confine;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FilePath>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let row = file(&app, &caller, id.0).await?;
    note_channel(row.channel_id);
    served(&app, &row, &query, &headers).await
}

/// What a request wants of a file that it may have.
pub(super) async fn served(
    app: &App,
    row: &FileRow,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let size = u64::try_from(row.size).unwrap_or(0);
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let mut response = match wanted(range, size) {
        Wanted::Unsatisfiable => return unsatisfiable(size),
        Wanted::Whole => part(app, row, 0..size, size).await?,
        Wanted::Part(range) => {
            let mut response = part(app, row, range.clone(), size).await?;
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let told = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            insert(response.headers_mut(), CONTENT_RANGE, &told)?;
            response
        }
    };
    describe(response.headers_mut(), row, query.flag("download"))?;
    Ok(response)
}

async fn part(
    app: &App,
    row: &FileRow,
    range: Range<u64>,
    size: u64,
) -> Result<Response, ApiError> {
    let len = range.end - range.start;
    let body = if len == 0 {
        Body::empty()
    } else {
        let name = ObjectKey::parse(row.object.as_str()).map_err(ApiError::internal)?;
        let key = FileKey::parse(&row.key).map_err(ApiError::internal)?;
        let sealed = FileKey::sealed_range(&range, size);
        let object = app.objects.get_range(&name, sealed).await.map_err(ApiError::unavailable)?;
        let missing = || ApiError::internal(format!("the object {name} of a file is missing"));
        Body::from_stream(key.open(object.ok_or_else(missing)?.bytes, range, size))
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(len));
    Ok(response)
}

fn unsatisfiable(size: u64) -> Result<Response, ApiError> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    insert(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{size}"))?;
    Ok(response)
}

fn describe(headers: &mut HeaderMap, row: &FileRow, download: bool) -> Result<(), ApiError> {
    let shown = !download && may_be_shown(&row.mime_type);
    let kind = if shown { "inline" } else { "attachment" };
    let content_type = HeaderValue::try_from(row.mime_type.as_str())
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_TYPE, content_type);
    confine(headers);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(headers, CONTENT_DISPOSITION, &disposition(kind, &row.name))
}

/// Types that browsers show without running anything.
fn may_be_shown(mime_type: &str) -> bool {
    let plain = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match plain.split_once('/') {
        Some(("image", kind)) => !kind.contains("svg") && !kind.contains("xml"),
        Some(("audio" | "video", _)) => true,
        _ => matches!(plain.as_str(), "text/plain" | "application/pdf"),
    }
}

fn disposition(kind: &str, name: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let plain: String = name.chars().map(|c| if is_quotable(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

fn is_quotable(c: char) -> bool {
    (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%')
}

fn insert(headers: &mut HeaderMap, name: http::HeaderName, value: &str) -> Result<(), ApiError> {
    headers.insert(name, HeaderValue::try_from(value).map_err(ApiError::internal)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_never_shown_in_place() {
        for runs in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/html; charset=utf-8",
            "",
            "x",
        ] {
            assert!(!may_be_shown(runs), "{runs}");
        }
        for shows in
            ["image/png", "IMAGE/JPEG", "text/plain; charset=utf-8", "video/mp4", "application/pdf"]
        {
            assert!(may_be_shown(shows), "{shows}");
        }
    }

    #[test]
    fn a_name_survives_in_its_own_letters() {
        assert_eq!(
            disposition("inline", "Bär \"1\".txt"),
            "inline; filename=\"B_r _1_.txt\"; filename*=UTF-8''B%C3%A4r%20%221%22.txt"
        );
    }
}
