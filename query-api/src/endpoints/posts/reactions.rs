//! `GET /posts/{post_id}/reactions`, `POST /posts/ids/reactions`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use events::PostId;
use platform::http::{ApiError, Json, Path};
use read_model::rows::ReactionRow;
use wire::Reaction;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::posts::by_ids::known;
use crate::endpoints::{PostPath, ids};
use crate::render;

pub(crate) async fn of_post(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.reactions(caller.user, post.0);
    let found = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    app.require_post(found.post, ApiError::post_not_found)?;
    let reactions: Vec<Reaction> = found.value.iter().map(ReactionRow::to_wire).collect();
    Ok(render::ok(&reactions))
}

pub(crate) async fn of_posts(
    State(app): State<App>,
    caller: Caller,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let wanted: Vec<PostId> = ids(&texts)?;
    let views = known(&app, &caller, &wanted).await?;
    let reactions: BTreeMap<PostId, Vec<Reaction>> =
        views.into_iter().map(|view| (view.row.id, view.reactions)).collect();
    Ok(render::ok(&reactions))
}
