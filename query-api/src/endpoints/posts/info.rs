//! `GET /posts/{post_id}/info`: where a permalink leads, also for who would have to join first.

use axum::extract::State;
use axum::response::Response;
use platform::http::{ApiError, Path};

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::endpoints::PostPath;
use crate::render;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(post): Path<PostPath>,
) -> Result<Response, ApiError> {
    let ask = || app.reader.post_place(caller.user, post.0);
    let place = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    app.require_post(place.post, ApiError::post_not_found)?;
    Ok(render::ok(&place.to_wire()))
}
