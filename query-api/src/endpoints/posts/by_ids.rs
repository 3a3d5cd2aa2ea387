//! `POST /posts/ids`: those of the posts that the caller may read, in the order asked for.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::Response;
use events::PostId;
use platform::http::{ApiError, Json};
use read_model::queries::PostView;
use wire::Post;

use crate::app::{App, failed, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::ids;
use crate::render::{self, NamesOfToday};

/// Those that stand and that the caller may read.
pub(super) async fn known(
    app: &App,
    caller: &Caller,
    wanted: &[PostId],
) -> Result<Vec<PostView>, ApiError> {
    app.rows_followed(&of_any_channel()).await;
    let mut views = app.reader.posts_by_ids(caller.user, wanted).await.map_err(failed)?;
    app.ends_of(&views).take_out(&mut views);
    Ok(views)
}

pub(crate) async fn post(
    State(app): State<App>,
    caller: Caller,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let wanted: Vec<PostId> = ids(&texts)?;
    let views = known(&app, &caller, &wanted).await?;
    let names = NamesOfToday::of_reader(&app, caller.user, views.iter()).await?;
    let mut views: HashMap<PostId, PostView> =
        views.into_iter().map(|view| (view.row.id, view)).collect();
    let posts: Vec<Post> =
        wanted.iter().filter_map(|id| Some(names.shown(&views.remove(id)?))).collect();
    Ok(render::ok(&posts))
}
