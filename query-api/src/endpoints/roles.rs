//! `POST /roles/names`, `GET /roles/name/{role_name}`, `GET /roles`: what the strings in `roles` grant.

use std::collections::BTreeSet;

use axum::response::Response;
use http::StatusCode;
use platform::http::{ApiError, Json, Path};
use wire::{built_in_roles, role_named};

use crate::caller::Caller;
use crate::render;

pub(crate) async fn by_names(_: Caller, Json(names): Json<Vec<String>>) -> Response {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let roles: Vec<_> = names.into_iter().filter_map(role_named).collect();
    render::ok(&roles)
}

pub(crate) async fn by_name(_: Caller, Path(name): Path<String>) -> Result<Response, ApiError> {
    let role = role_named(&name).ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "app.role.get_by_name.app_error",
            "There is no role of this name.",
        )
    })?;
    Ok(render::ok(&role))
}

pub(crate) async fn all(caller: Caller) -> Result<Response, ApiError> {
    if !caller.is_system_admin {
        return Err(ApiError::forbidden());
    }
    Ok(render::ok(&built_in_roles()))
}
