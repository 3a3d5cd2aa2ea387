//! `GET /posts/{post_id}/thread`: a root and its replies, whichever of them is named.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{ApiError, Path, Query};
use read_model::queries::{ThreadDirection, ThreadQuery};

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::participants::Collapsing;
use crate::endpoints::{PostPath, id_param};
use crate::render::{self, NamesOfToday, Rendered};

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let part = part(&query)?;
    let ask = || app.reader.thread(caller.user, post.0, part);
    let mut thread = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    let ends = app.ends_of(std::iter::once(&thread.root).chain(&thread.replies));
    ends.keep(&mut thread.root).ok_or_else(ApiError::post_not_found)?;
    ends.take_out(&mut thread.replies);
    let root = std::iter::once(thread.root.row.id);
    let marks = Collapsing::of(&query).marks(&app, &caller, root).await?;
    let shown = std::iter::once(&thread.root).chain(&thread.replies);
    let names = NamesOfToday::of_reader(&app, caller.user, shown).await?;
    let body = render::thread(&thread, part.direction, &names, &marks);
    Ok(Rendered::new(body).answer(&headers))
}

fn part(query: &Query) -> Result<ThreadQuery, ApiError> {
    let direction = match query.get("direction") {
        Some("down") => ThreadDirection::Down,
        None | Some("up" | "") => ThreadDirection::Up,
        Some(_) => return Err(ApiError::invalid_param("direction")),
    };
    let time = |name| query.int(name).filter(|time| *time > 0);
    let updates = query.flag("updatesOnly").then(|| time("fromUpdateAt")).flatten();
    Ok(ThreadQuery {
        direction,
        per_page: query
            .int("perPage")
            .filter(|n| *n > 0)
            .map(|_| query.page_by("perPage").per_page),
        from_create_at: time("fromCreateAt"),
        from_post: id_param(query, "fromPost")?,
        updated_after: updates,
    })
}
