//! `GET /channels/{channel_id}/bookmarks`

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Path, Query, note_channel};
use read_model::queries::BookmarkView;

use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::ChannelPath;
use crate::render;

/// With `bookmarks_since` those that changed since, with those that stood then and are gone.
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    query: Query,
) -> Result<Response, ApiError> {
    note_channel(channel.0);
    let since = since(&query)?;
    let ask = || app.reader.bookmarks(caller.user, channel.0, since);
    let found = app.granted(&of_channel(channel.0), ApiError::channel_not_found, ask).await?;
    let shown: Vec<wire::Bookmark> = found.iter().map(BookmarkView::to_wire).collect();
    Ok(render::ok(&shown))
}

fn since(query: &Query) -> Result<i64, ApiError> {
    const NAME: &str = "bookmarks_since";
    match query.get(NAME).map(str::trim) {
        None | Some("") => Ok(0),
        Some(text) => {
            let since = text.parse().ok().filter(|since: &i64| *since >= 0);
            since.ok_or_else(|| ApiError::invalid_param(NAME))
        }
    }
}
