//! `GET /channels/{channel_id}/pinned`.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{ApiError, Path, note_channel};

use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::ChannelPath;
use crate::render::{self, NamesOfToday, Rendered};

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    note_channel(channel.0);
    let ask = || app.reader.posts_pinned(caller.user, channel.0);
    let mut page = app.granted(&of_channel(channel.0), ApiError::channel_not_found, ask).await?;
    app.take_out_ended(&mut page);
    let shown = page.posts.iter().chain(&page.roots);
    let names = NamesOfToday::of_reader(&app, caller.user, shown).await?;
    let body = render::page(&page, &names);
    Ok(Rendered::new(body).answer(&headers))
}
