//! `GET /users/{user_id}/posts/flagged`: what somebody has saved, as a preference names it, and may read
//! now.

use axum::extract::State;
use axum::response::Response;
use events::PostId;
use http::StatusCode;
use platform::http::{ApiError, Path, Query, UserRef, parse_id, raw_json};
use read_model::queries::{PostPage, SavedQuery};

use crate::app::{App, failed, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::{id_param, rows_page};
use crate::render::{self, NamesOfToday};
use crate::rights::own;

/// The preference by which clients save a post, by its id.
const SAVED: &str = "flagged_post";

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    let query = SavedQuery {
        team: id_param(&query, "team_id")?,
        channel: id_param(&query, "channel_id")?,
        page: rows_page(query.page()),
    };
    let marked = app.reader.preferences(user, Some(SAVED), None).await.map_err(failed)?;
    let saved: Vec<PostId> = marked
        .iter()
        .filter(|preference| preference.value == "true")
        .filter_map(|preference| parse_id(&preference.name))
        .collect();
    app.rows_followed(&of_any_channel()).await;
    let mut posts = app.reader.posts_saved(user, &saved, query).await.map_err(failed)?;
    app.ends_of(&posts).take_out(&mut posts);
    let page = PostPage { posts, ..PostPage::default() };
    let names = NamesOfToday::of_reader(&app, user, page.posts.iter()).await?;
    let body = render::page(&page, &names);
    Ok(raw_json(StatusCode::OK, body))
}
