//! `GET /`: the web page. It is HTML under the version's header, from which some clients learn it.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use platform::http::ApiError;

use crate::app::App;

pub(crate) async fn get(State(app): State<App>, request: Request) -> Response {
    (app.page)(&request).unwrap_or_else(|| ApiError::unknown_route().into_response())
}
