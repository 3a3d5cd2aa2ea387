//! `GET /users/known`, `GET /users/stats`: who shares a channel with the caller, how many there are.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::response::Response;
use domain::rights;
use events::UserId;
use fold::FoldSet;
use platform::http::ApiError;
use serde_json::json;

use crate::app::{App, of_any_channel};
use crate::caller::Caller;
use crate::render;

pub(crate) async fn known(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    app.require_current(&of_any_channel())?;
    Ok(render::ok(&acquaintances(&app.fold, caller.user)))
}

fn acquaintances(fold: &FoldSet, user: UserId) -> BTreeSet<UserId> {
    let mut known = BTreeSet::new();
    let directory = fold.directory();
    for index in 0..events::PARTITIONS {
        let channels = fold.channels_at(index);
        for (_, channel, mine) in channels.state().channels_of(user) {
            if rights::rests(directory.state(), channel, mine) {
                let present = |member: &&_| rights::rests(directory.state(), channel, member);
                known.extend(channel.members().filter(present).map(|member| member.user_id));
            }
        }
    }
    known.remove(&user);
    known
}

pub(crate) async fn stats(State(app): State<App>, _: Caller) -> Response {
    let people = |fold: &FoldSet| {
        let directory = fold.directory();
        directory
            .state()
            .accounts()
            .filter(|(_, account)| account.active && !account.is_bot)
            .count()
    };
    render::ok(&json!({ "total_users_count": people(&app.fold) }))
}
