//! `GET /users/{user_id}/channels/{channel_id}/posts/unread`: what stands around the first unread post.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{
    ApiError, PER_PAGE_DEFAULT, PER_PAGE_MAX, Path, Query, UserRef, note_channel,
};

use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::ChannelPath;
use crate::endpoints::participants::Collapsing;
use crate::render::{self, NamesOfToday, Rendered};
use crate::rights::own;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((user, channel)): Path<(UserRef, ChannelPath)>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    let channel = channel.0;
    note_channel(channel);
    let (before, after) = (limit(&query, "limit_before"), limit(&query, "limit_after"));
    if after == 0 {
        return Err(ApiError::invalid_param("limit_after"));
    }
    let with_roots = !query.flag("skipFetchThreads");
    let collapsing = Collapsing::of(&query);
    let replies = collapsing.replies(with_roots);
    let ask = || app.reader.posts_around_unread(user, channel, before, after, replies);
    let mut page = app.granted(&of_channel(channel), ApiError::channel_not_found, ask).await?;
    app.take_out_ended(&mut page);
    let listed = page.posts.iter().map(|post| post.row.id);
    let marks = collapsing.marks(&app, &caller, listed).await?;
    let shown = page.posts.iter().chain(&page.roots);
    let names = NamesOfToday::of_reader(&app, user, shown).await?;
    let body = render::marked_page(&page, &names, &marks);
    Ok(Rendered::new(body).answer(&headers))
}

/// Too many are as many as there may be; what is no number is as good as absent.
fn limit(query: &Query, name: &str) -> u32 {
    let asked = query.int(name).filter(|limit| *limit >= 0);
    let limit = asked.unwrap_or(i64::from(PER_PAGE_DEFAULT)).min(i64::from(PER_PAGE_MAX));
    u32::try_from(limit).unwrap_or(PER_PAGE_MAX)
}
