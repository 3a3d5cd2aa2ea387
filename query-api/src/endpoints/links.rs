//! What other servers have, through this one: `POST /opengraph`, `GET /image`, `GET /redirect_location`.

use std::io;
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::channel::{mpsc, oneshot};
use futures::{SinkExt, Stream, StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};
use platform::http::{ApiError, Json, Query, nullable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use url::Url;
use wire::{OpenGraph, OpenGraphImage};

use crate::app::App;
use crate::caller::Caller;
use crate::links::{FetchError, Fetched, Target, parsed};
use crate::pictures::confine;
use crate::render;

/// Pictures that browsers draw and that hold no script.
const PICTURES: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "image/x-icon",
    "image/vnd.microsoft.icon",
];
/// A picture comes within this time, and no piece of it takes longer than that to come or to go.
const PICTURE_WITHIN: Duration = Duration::from_secs(60);
const STALLED_AFTER: Duration = Duration::from_secs(5);
const ACCEPT_PICTURE: &str = "image/webp,image/png,image/jpeg,image/gif,image/*;q=0.5";

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "LinkAddress")]
pub(crate) struct Link {
    #[serde(default, deserialize_with = "nullable")]
    url: String,
}

/// `POST /opengraph`: what a page says of itself; of one that says nothing its address.
pub(crate) async fn open_graph(
    State(app): State<App>,
    _: Caller,
    Json(link): Json<Link>,
) -> Result<Response, ApiError> {
    if app.links.previews().is_none() {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "api.post.link_preview_disabled.app_error",
            "Link previews are switched off on this server.",
        ));
    }
    if parsed(&link.url).is_none() {
        return Err(ApiError::invalid_body("url"));
    }
    Ok(match app.links.fetched(&link.url).await {
        Target::Page(page) => render::ok(&*page),
        target => render::ok(&said_nothing(link.url, &target)),
    })
}

fn said_nothing(url: String, target: &Target) -> OpenGraph {
    let images = match target {
        Target::Image(size) => vec![OpenGraphImage {
            url: url.clone(),
            width: size.map_or(0, |size| size.width),
            height: size.map_or(0, |size| size.height),
            ..OpenGraphImage::default()
        }],
        Target::Page(_) | Target::Nothing => vec![],
    };
    OpenGraph { url, images, ..OpenGraph::default() }
}

/// `GET /image?url=`: a picture that lies elsewhere.
pub(crate) async fn image(
    State(app): State<App>,
    _: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let Some(fetcher) = app.links.image_proxy() else { return Err(ApiError::not_implemented()) };
    let url = asked(&query)?;
    let permit = fetcher.permitted().await.map_err(not_had)?;
    let fetched = fetcher.get(&url, ACCEPT_PICTURE, permit).await.map_err(not_had)?;
    picture(fetched, app.links.image_bytes_max())
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct RedirectLocation {
    location: String,
}

/// `GET /redirect_location?url=`: where a link redirects to; nowhere if it cannot be asked.
pub(crate) async fn redirect_location(
    State(app): State<App>,
    _: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    let url = asked(&query)?;
    let location = match app.links.previews() {
        Some(fetcher) => fetcher.location(&url).await.ok().flatten(),
        None => None,
    };
    let location = location.map_or(String::new(), String::from);
    Ok(render::ok(&RedirectLocation { location }))
}

fn asked(query: &Query) -> Result<Url, ApiError> {
    query.get("url").and_then(parsed).ok_or_else(|| ApiError::invalid_param("url"))
}

/// Handed on while it comes, as long as it is a picture and not too large.
fn picture(fetched: Fetched, bytes_max: u64) -> Result<Response, ApiError> {
    let media_type = fetched.media_type();
    let Some(content_type) = PICTURES.iter().find(|known| **known == media_type) else {
        return Err(no_picture());
    };
    let Fetched { response, permit, .. } = fetched;
    let length = response.headers().get(CONTENT_LENGTH).cloned();
    let says = |length: &HeaderValue| length.to_str().ok()?.parse::<u64>().ok();
    if length.as_ref().and_then(says).is_some_and(|length| length > bytes_max) {
        return Err(no_picture());
    }
    let limited =
        Limited::new(response.into_body(), usize::try_from(bytes_max).unwrap_or(usize::MAX));
    let pieces = handed_on(limited.into_data_stream(), permit);
    let mut answer = Body::from_stream(pieces).into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    headers.extend(length.map(|length| (CONTENT_LENGTH, length)));
    confine(headers);
    Ok(answer)
}

/// Pieces as they come. Neither a server that stalls nor a client that does not read holds the right to
/// fetch for long; what is cut off ends with an error, so that nobody takes it for the whole.
fn handed_on<S>(
    pieces: S,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static
where
    S: Stream<Item = Result<Bytes, BoxError>> + Send + Unpin + 'static,
{
    let (to_client, coming) = mpsc::channel(2);
    let (whole, is_whole) = oneshot::channel();
    tokio::spawn(async move {
        let _held = permit;
        if timeout(PICTURE_WITHIN, pump(pieces, to_client)).await == Ok(true) {
            // A client that is gone need not know.
            let _ = whole.send(());
        }
    });
    let cut_off = async move {
        is_whole.await.err().map(|_| Err(io::Error::other("the picture was cut off")))
    };
    coming.map(Ok).chain(stream::once(cut_off).filter_map(std::future::ready))
}

/// Says whether everything was handed on.
async fn pump<S>(mut pieces: S, mut to_client: mpsc::Sender<Bytes>) -> bool
where
    S: Stream<Item = Result<Bytes, BoxError>> + Unpin,
{
    loop {
        match timeout(STALLED_AFTER, pieces.next()).await {
            Ok(None) => return true,
            Ok(Some(Ok(piece))) => {
                let sent = timeout(STALLED_AFTER, to_client.send(piece)).await;
                if !matches!(sent, Ok(Ok(()))) {
                    return false;
                }
            }
            Ok(Some(Err(_))) | Err(_) => return false,
        }
    }
}

fn not_had(error: FetchError) -> ApiError {
    match error {
        FetchError::Busy => ApiError::unavailable(error),
        FetchError::Refused | FetchError::Late | FetchError::Failed(_) => no_picture(),
    }
}

/// Why is not said: it would tell what this server reaches.
fn no_picture() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "api.nottermost.image_proxy.not_found.app_error",
        "There is no picture at this address.",
    )
}
