//! `GET /users/{user_id}/sessions`: somebody's live sessions, for them and administrators;
//! tokens are never shown.

use axum::extract::State;
use axum::response::Response;
use domain::{Session, rights};
use events::{SessionId, UserId};
use platform::clock::now_ms;
use platform::http::{ApiError, Path, UserRef};
use schemars::JsonSchema;
use serde::Serialize;
use wire::StringMap;

use crate::app::App;
use crate::caller::Caller;
use crate::render;
use crate::rights::{own_or_admin, require_account};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(crate) struct ShownSession {
    id: SessionId,
    token: &'static str,
    create_at: i64,
    expires_at: i64,
    last_activity_at: i64,
    user_id: UserId,
    device_id: &'static str,
    roles: &'static str,
    is_oauth: bool,
    /// Whether it is the one that asks.
    is_current: bool,
    props: StringMap,
    team_members: Vec<()>,
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = own_or_admin(user, &caller)?;
    require_account(&app, &caller, user).await?;
    let now = now_ms();
    let directory = app.fold.directory();
    let account = directory.state().account(user).ok_or_else(ApiError::user_not_found)?;
    let roles = wire::system_roles(account.system_admin, account.guest.is_some());
    let users = app.fold.users(user);
    let live =
        |session: &&Session| rights::session_account(directory.state(), session, now).is_some();
    let sessions =
        users.state().sessions_of(user).filter(live).map(|session| shown(session, roles, &caller));
    Ok(render::ok(&sessions.collect::<Vec<_>>()))
}

fn shown(session: &Session, roles: &'static str, caller: &Caller) -> ShownSession {
    ShownSession {
        id: session.session_id,
        token: "",
        create_at: session.create_at,
        expires_at: session.expires_at,
        // Sessions are not touched when they are used; the one fact is when it began.
        last_activity_at: session.create_at,
        user_id: session.user_id,
        device_id: "",
        roles,
        is_oauth: false,
        is_current: session.session_id == caller.session,
        props: StringMap::new(),
        team_members: Vec::new(),
    }
}
