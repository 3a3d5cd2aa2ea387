//! `POST /users/{user_id}/demote` and `/promote`: an account becomes a guest's, or an ordinary one.

use axum::extract::State;
use axum::response::Response;
use domain::Directory;
use domain::commands::directory::ChangeGuest;
use events::{Partition, Position, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, UserRef, ok_status};

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::process_manager::Key;

pub(crate) async fn demote(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    if caller.account.system_admin && !api.settings.enable_guest_accounts {
        return Err(no_guests());
    }
    let user_id = user.resolve(caller.user);
    let mut positions = changed(&api, &caller, user_id, true).await?;
    positions.extend(api.complete(&[Key::Guest(user_id)]).await?);
    api.ended(&positions, ok_status()).await
}

pub(crate) async fn promote(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let mut positions = changed(&api, &caller, user_id, false).await?;
    let teams: Vec<Key> = {
        let directory = api.fold.directory();
        let held = directory.state().memberships_of(user_id).filter(|(_, held)| held.active);
        held.map(|(team, _)| Key::TeamMember(user_id, team)).collect()
    };
    positions.extend(api.complete(&teams).await?);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

async fn changed(
    api: &CommandApi,
    caller: &Caller,
    user_id: UserId,
    is_guest: bool,
) -> Result<Vec<Position>, ApiError> {
    let command = ChangeGuest { actor: caller.user, user_id, is_guest };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(api), decide).await?;
    Ok(api.position_of(written.as_ref(), Partition::DIRECTORY))
}

fn no_guests() -> ApiError {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "api.user.demote_user_to_guest.disabled.app_error",
        "There are no guests on this server.",
    )
}
