//! `GET /users/{user_id}/preferences`, of a category, of one name.

use axum::extract::State;
use axum::response::Response;
use events::{Partition, Topic, UserId};
use futures::FutureExt;
use http::StatusCode;
use platform::http::{ApiError, Path, UserRef};
use wire::Preference;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;
use crate::rights::own;

pub(crate) async fn all(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    Ok(render::ok(&read(&app, user, None).await?))
}

pub(crate) async fn of_category(
    State(app): State<App>,
    caller: Caller,
    Path((user, category)): Path<(UserRef, String)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    Ok(render::ok(&read(&app, user, Some(&category)).await?))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((user, category, name)): Path<(UserRef, String, String)>,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    let decided_by = [Partition::of(Topic::Users, user.as_bytes())];
    let ask = || {
        let rows = app.reader.preferences(user, Some(&category), Some(&name));
        rows.map(|rows| Ok(rows?.pop()))
    };
    let row = app.found(&decided_by, no_preference, ask).await?;
    Ok(render::ok(&row.to_wire()))
}

async fn read(
    app: &App,
    user: UserId,
    category: Option<&str>,
) -> Result<Vec<Preference>, ApiError> {
    app.rows_followed(&[Partition::of(Topic::Users, user.as_bytes())]).await;
    let rows = app.reader.preferences(user, category, None).await.map_err(failed)?;
    Ok(rows.iter().map(read_model::rows::PreferenceRow::to_wire).collect())
}

fn no_preference() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.preference.get.app_error",
        "There is no such preference.",
    )
}
