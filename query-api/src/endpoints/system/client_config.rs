//! `GET /config/client` and `GET /license/client`: the maps that clients configure themselves by.

use axum::extract::State;
use axum::response::Response;
use platform::http::ApiError;

use crate::app::App;
use crate::caller::MaybeCaller;
use crate::render;

pub(crate) async fn config(
    State(app): State<App>,
    MaybeCaller(caller): MaybeCaller,
) -> Result<Response, ApiError> {
    Ok(match caller {
        Some(_) => render::ok(&wire::client_config(&app.config)),
        None => render::ok(&wire::anonymous_client_config(&app.config)),
    })
}

pub(crate) async fn license() -> Response {
    render::ok(&wire::client_license())
}
