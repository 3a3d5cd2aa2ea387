//! `POST /users/login/type`: how somebody logs in. Always with a password, and the answer does not
//! tell whether there is such an account.

use axum::response::Response;
use platform::http::Json;
use serde_json::{Map, Value, json};

use crate::render;

pub(crate) async fn post(Json(_): Json<Map<String, Value>>) -> Response {
    render::ok(&json!({ "auth_service": "" }))
}
