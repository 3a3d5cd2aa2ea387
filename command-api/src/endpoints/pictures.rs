//! Pictures of people and icons of teams: `POST` and `DELETE` of `/users/{user_id}/image` and
//! `/teams/{team_id}/image`.

use axum::extract::{Request, State};
use axum::response::Response;
use domain::Directory;
use domain::commands::Decision;
use domain::commands::directory::DirectoryRejection;
use domain::commands::pictures::{ChangeTeamIcon, ChangeUserPicture};
use event_archive::ObjectKey;
use events::pictures::StoredPicture;
use events::{EventId, Id, Partition, TeamId};
use platform::clock;
use platform::http::{ApiError, Path, UrlId, UserRef, ok_status};
use sealing::FileKey;

use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::forms::heard_out;
use crate::pictures::{Refusals, receive, square};
use crate::refusals::Rejection;
use crate::retention::picture_object;

/// Bytes of an uploaded picture.
const BYTES_MAX: usize = 10 << 20;

const OF_PEOPLE: Refusals = Refusals {
    too_large: "api.user.upload_profile_user.too_large.app_error",
    unreadable: "api.user.upload_profile_user.decode.app_error",
    too_many_pixels: "api.user.upload_profile_user.check_image_limits.app_error",
    no_file: "api.user.upload_profile_user.no_file.app_error",
};

const OF_TEAMS: Refusals = Refusals {
    too_large: "api.team.set_team_icon.too_large.app_error",
    unreadable: "api.team.set_team_icon.decode.app_error",
    too_many_pixels: "api.team.set_team_icon.check_image_limits.app_error",
    no_file: "api.team.set_team_icon.no_file.app_error",
};

/// `POST /users/{user_id}/image`
pub(crate) async fn set_of_user(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    request: Request,
) -> Result<Response, ApiError> {
    let (actor, user_id) = (caller.user, user.resolve(caller.user));
    let allowed = api.allowed(|directory| ChangeUserPicture::allowed(directory, actor, user_id));
    let request = heard_out(request, allowed.await).await?;
    let picture = api.receive_square(request, &OF_PEOPLE).await?;
    let command = ChangeUserPicture { actor, user_id, picture: Some(picture.clone()) };
    api.change(&caller, Some(&picture), |directory| command.decide(directory)).await
}

/// `DELETE /users/{user_id}/image`
pub(crate) async fn unset_of_user(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let command = ChangeUserPicture { actor: caller.user, user_id, picture: None };
    api.change(&caller, None, |directory| command.decide(directory)).await
}

/// `POST /teams/{team_id}/image`
pub(crate) async fn set_of_team(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(team): Path<UrlId<TeamId>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (actor, team_id) = (caller.user, team.0);
    let allowed = api.allowed(|directory| ChangeTeamIcon::allowed(directory, actor, team_id));
    let request = heard_out(request, allowed.await).await?;
    let picture = api.receive_square(request, &OF_TEAMS).await?;
    let command = ChangeTeamIcon { actor, team_id, icon: Some(picture.clone()) };
    api.change(&caller, Some(&picture), |directory| command.decide(directory)).await
}

/// `DELETE /teams/{team_id}/image`
pub(crate) async fn unset_of_team(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(team): Path<UrlId<TeamId>>,
) -> Result<Response, ApiError> {
    let command = ChangeTeamIcon { actor: caller.user, team_id: team.0, icon: None };
    api.change(&caller, None, |directory| command.decide(directory)).await
}

impl CommandApi {
    async fn receive_square(
        &self,
        request: Request,
        refusals: &Refusals,
    ) -> Result<StoredPicture, ApiError> {
        let received = receive(request, BYTES_MAX, refusals).await?;
        let turn = self.pictures.turn().await?;
        let made = turn.make(move || square(&received.image)).await;
        self.keep_picture(made.map_err(|error| refusals.of(error))?).await
    }

    /// Stores a picture, before an event says so.
    ///
    /// # Errors
    /// It cannot be stored now.
    pub(super) async fn keep_picture(&self, bytes: Vec<u8>) -> Result<StoredPicture, ApiError> {
        let object = picture_object(Id::random(), clock::now_ms())?;
        let key = FileKey::random();
        self.store_object(&object, &key, bytes).await.map_err(ApiError::unavailable)?;
        Ok(StoredPicture { object: object.to_string(), key: key.text() })
    }

    /// Decides on a stored picture; what is refused is removed again.
    ///
    /// # Errors
    /// As [`CommandApi::in_directory`].
    pub(super) async fn show_picture<R: Rejection + Send>(
        &self,
        caller: &Caller,
        picture: Option<&StoredPicture>,
        decide: impl Fn(&Directory) -> Result<Decision, R>,
    ) -> Result<Option<Written>, ApiError> {
        let ended = self.in_directory(caller.actor(), EventId::random(), decide).await;
        if let (Err(error), Some(picture)) = (&ended, picture)
            && error.status().is_client_error()
        {
            let object = ObjectKey::parse(picture.object.as_str());
            self.discard(&object.into_iter().collect::<Vec<_>>()).await;
        }
        ended
    }

    async fn change(
        &self,
        caller: &Caller,
        picture: Option<&StoredPicture>,
        decide: impl Fn(&Directory) -> Result<Decision, DirectoryRejection>,
    ) -> Result<Response, ApiError> {
        let written = self.show_picture(caller, picture, decide).await?;
        let positions = self.position_of(written.as_ref(), Partition::DIRECTORY);
        Ok(self.shown(&caller.wishes, &positions, ok_status()).await)
    }
}
