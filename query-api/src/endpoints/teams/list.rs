//! `GET /teams`, `GET /users/{user_id}/teams`.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use platform::http::{ApiError, Path, Query, UserRef};
use serde_json::json;

use super::all_shown;
use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::endpoints::{ALL, rows_page};
use crate::render;
use crate::rights::own_or_admin;

/// The teams that the caller is in or could join; with the number of all, if that is asked for.
pub(crate) async fn listed(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = query.page();
    if !query.flag("include_total_count") {
        let rows = app.reader.teams_listed(caller.user, None, rows_page(page)).await;
        let teams = all_shown(&app, &rows.map_err(failed)?, &caller);
        return Ok(render::tagged(&headers, &teams));
    }
    // Number and page are of one moment.
    let rows = app.reader.teams_listed(caller.user, None, ALL).await.map_err(failed)?;
    let teams = all_shown(&app, page.slice(&rows), &caller);
    Ok(render::ok(&json!({ "teams": teams, "total_count": rows.len() })))
}

pub(crate) async fn of_user(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = own_or_admin(user, &caller)?;
    app.rows_followed(DIRECTORY).await;
    let rows = app.reader.teams_of(user).await.map_err(failed)?;
    Ok(render::ok(&all_shown(&app, &rows, &caller)))
}
