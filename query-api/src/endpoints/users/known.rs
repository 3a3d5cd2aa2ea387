//! `GET /users/known`, `GET /users/stats`: who shares a channel with the caller, how many there are.

use axum::extract::State;
use axum::response::Response;
use platform::http::ApiError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::render;
use crate::rights::known_people;

pub(crate) async fn known(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    app.require_current(&of_any_channel())?;
    Ok(render::ok(&app.fold.acquaintances(caller.user)))
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct UsersStats {
    total_users_count: usize,
}

pub(crate) async fn stats(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let known = known_people(&app, &caller).await?;
    let directory = app.fold.directory();
    let people = directory
        .state()
        .accounts()
        .filter(|(user, account)| account.active && !account.is_bot && known.contain(*user));
    Ok(render::ok(&UsersStats { total_users_count: people.count() }))
}
