//! `POST /users/login/type`: how somebody logs in. Always with a password, and the answer does not
//! tell whether there is such an account.

use axum::response::Response;
use platform::http::Json;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::render;

#[derive(Serialize, JsonSchema)]
pub(crate) struct LoginType {
    /// Empty: a password of this server.
    auth_service: &'static str,
}

pub(crate) async fn post(Json(_): Json<Map<String, Value>>) -> Response {
    render::ok(&LoginType { auth_service: "" })
}
