//! What members of teams and channels may do there: `PUT …/members/{user_id}/roles` and `/schemeRoles`.

use axum::extract::State;
use axum::response::Response;
use domain::commands::channel_admin::ChangeChannelMemberRoles;
use domain::commands::team::ChangeTeamMemberRoles;
use events::{ChannelId, Partition, TeamId, Topic};
use platform::http::{ApiError, Path, UrlId, UserRef, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Roles {
    roles: Option<Names>,
}

/// As the contract has them, separated by spaces; the official client sends those of teams as a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Names {
    Text(String),
    List(Vec<String>),
}

impl Roles {
    /// Whether they make an administrator. Members keep the member's role, and there are no others here.
    fn make_admin(&self, user_role: &str, admin_role: &str) -> Result<bool, ApiError> {
        let roles: Vec<&str> = match &self.roles {
            None => Vec::new(),
            Some(Names::Text(text)) => text.split_whitespace().collect(),
            Some(Names::List(list)) => list.iter().map(String::as_str).collect(),
        };
        let known = roles.iter().all(|role| [user_role, admin_role].contains(role));
        if !known || !roles.contains(&user_role) {
            return Err(ApiError::invalid_body("roles"));
        }
        Ok(roles.contains(&admin_role))
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SchemeRoles {
    scheme_admin: Option<bool>,
    scheme_user: Option<bool>,
    scheme_guest: Option<bool>,
}

impl SchemeRoles {
    /// The same, said by flags. There are no guests here.
    fn make_admin(&self) -> Result<bool, ApiError> {
        if self.scheme_guest == Some(true) {
            return Err(ApiError::invalid_body("scheme_guest"));
        }
        if self.scheme_user != Some(true) {
            return Err(ApiError::invalid_body("scheme_user"));
        }
        self.scheme_admin.ok_or_else(|| ApiError::invalid_body("scheme_admin"))
    }
}

type OfTeam = Path<(UrlId<TeamId>, UserRef)>;
type OfChannel = Path<(UrlId<ChannelId>, UserRef)>;

/// `PUT /teams/{team_id}/members/{user_id}/roles`
pub(crate) async fn of_team(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(team), user)): OfTeam,
    Json(body): Json<Roles>,
) -> Result<Response, ApiError> {
    let admin = body.make_admin("team_user", "team_admin")?;
    change_in_team(&api, &caller, team, user, admin).await
}

/// `PUT /teams/{team_id}/members/{user_id}/schemeRoles`
pub(crate) async fn of_team_by_scheme(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(team), user)): OfTeam,
    Json(body): Json<SchemeRoles>,
) -> Result<Response, ApiError> {
    change_in_team(&api, &caller, team, user, body.make_admin()?).await
}

async fn change_in_team(
    api: &CommandApi,
    caller: &Caller,
    team_id: TeamId,
    user: UserRef,
    scheme_admin: bool,
) -> Result<Response, ApiError> {
    let (actor, user_id) = (caller.user, user.resolve(caller.user));
    let command = ChangeTeamMemberRoles { actor, team_id, user_id, scheme_admin };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    // It may have taken rights away.
    api.ended(&positions, ok_status()).await
}

/// `PUT /channels/{channel_id}/members/{user_id}/roles`
pub(crate) async fn of_channel(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel), user)): OfChannel,
    Json(body): Json<Roles>,
) -> Result<Response, ApiError> {
    let admin = body.make_admin("channel_user", "channel_admin")?;
    change_in_channel(&api, &caller, channel, user, admin).await
}

/// `PUT /channels/{channel_id}/members/{user_id}/schemeRoles`
pub(crate) async fn of_channel_by_scheme(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((UrlId(channel), user)): OfChannel,
    Json(body): Json<SchemeRoles>,
) -> Result<Response, ApiError> {
    change_in_channel(&api, &caller, channel, user, body.make_admin()?).await
}

async fn change_in_channel(
    api: &CommandApi,
    caller: &Caller,
    channel_id: ChannelId,
    user: UserRef,
    scheme_admin: bool,
) -> Result<Response, ApiError> {
    let (actor, user_id) = (caller.user, user.resolve(caller.user));
    let command = ChangeChannelMemberRoles { actor, channel_id, user_id, scheme_admin };
    let ended =
        api.in_channel(caller, caller.command_id(api), channel_id, |directory, channels| {
            command.decide(directory, channels)
        });
    let written = ended.await?.written()?;
    let partition = Partition::of(Topic::Channels, channel_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    api.ended(&positions, ok_status()).await
}
