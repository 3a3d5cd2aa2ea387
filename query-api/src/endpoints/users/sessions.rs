//! `GET /users/{user_id}/sessions`: somebody's live sessions, for them and administrators;
//! tokens are never shown.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::{Session, rights};
use events::{Partition, SessionId, Topic, UserId};
use platform::clock::now_ms;
use platform::http::{ApiError, Path, UserRef};
use read_model::rows::SessionDeviceRow;
use schemars::JsonSchema;
use serde::Serialize;
use wire::StringMap;
use woothee::parser::Parser;
use woothee::woothee::VALUE_UNKNOWN;

use crate::app::{App, failed};
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
    /// Not older than some ten minutes while it is used.
    last_activity_at: i64,
    user_id: UserId,
    /// As an app named it when it logged in.
    device_id: String,
    roles: &'static str,
    is_oauth: bool,
    /// Whether it is the one that asks.
    is_current: bool,
    /// `platform`, `os` and `browser`, as far as they are known.
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
    app.rows_followed(&[Partition::of(Topic::Users, user.as_bytes())]).await;
    let devices = app.reader.session_devices(user).await.map_err(failed)?;
    let mut devices: BTreeMap<SessionId, SessionDeviceRow> =
        devices.into_iter().map(|row| (row.session_id, row)).collect();
    let now = now_ms();
    let directory = app.fold.directory();
    let account = directory.state().account(user).ok_or_else(ApiError::user_not_found)?;
    let roles = wire::system_roles(account.system_admin, account.guest.is_some());
    let users = app.fold.users(user);
    let live =
        |session: &&Session| rights::session_account(directory.state(), session, now).is_some();
    let sessions = users.state().sessions_of(user).filter(live).map(|session| {
        let device = devices.remove(&session.session_id);
        shown(session, device, roles, &caller)
    });
    Ok(render::ok(&sessions.collect::<Vec<_>>()))
}

fn shown(
    session: &Session,
    device: Option<SessionDeviceRow>,
    roles: &'static str,
    caller: &Caller,
) -> ShownSession {
    let (device_id, props) = match device {
        Some(row) => (row.device_id, described(&row.user_agent)),
        None => Default::default(),
    };
    ShownSession {
        id: session.session_id,
        token: "",
        create_at: session.create_at,
        expires_at: session.expires_at,
        last_activity_at: session.used_at,
        user_id: session.user_id,
        device_id,
        roles,
        is_oauth: false,
        is_current: session.session_id == caller.session,
        props,
        team_members: Vec::new(),
    }
}

/// What a `User-Agent` says of where it runs, under the names that clients look for.
fn described(user_agent: &str) -> StringMap {
    let Some(found) = Parser::new().parse(user_agent) else { return StringMap::new() };
    let family = found.os.split(' ').next().unwrap_or_default();
    let browser = format!("{}/{}", found.name, found.version);
    let said = [("platform", family), ("os", found.os), ("browser", &browser)];
    let known = said.into_iter().filter(|(_, text)| !text.starts_with(VALUE_UNKNOWN));
    known.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_and_system_are_named_as_far_as_they_are_known() {
        let firefox =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let said = described(firefox);
        assert_eq!(said["browser"], "Firefox/140.0");
        assert_eq!((said["os"].as_str(), said["platform"].as_str()), ("Windows 10", "Windows"));
        for nothing in ["", "-", "mmctl", "\u{0}\u{fffd}\u{7f}"] {
            assert_eq!(described(nothing), StringMap::new(), "{nothing:?}");
        }
    }
}
