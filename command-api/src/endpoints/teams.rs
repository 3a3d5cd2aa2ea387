//! `POST /teams`

use axum::extract::State;
use axum::response::Response;
use domain::commands::directory::CreateTeam;
use events::directory::TeamType;
use events::{ChannelId, DirectoryEvent, Event, Id, TeamId};
use http::StatusCode;
use platform::http::{ApiError, json, nullable};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;
use crate::process_manager::Key;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    display_name: String,
    #[serde(default, deserialize_with = "nullable")]
    description: String,
    #[serde(default, deserialize_with = "nullable")]
    r#type: String,
    #[serde(default, deserialize_with = "nullable")]
    allow_open_invite: bool,
    #[serde(default, deserialize_with = "nullable")]
    email: String,
}

pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let command = body.into_command(&caller)?;
    let id = caller.command_id(&api);
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), id, decide).await?;
    let Some(written) = written else { return Err(ApiError::unknown_outcome()) };
    let Event::Directory(DirectoryEvent::TeamCreated(b)) = written.event() else {
        return Err(ApiError::idempotency_key_reused());
    };
    let defaults: Vec<ChannelId> = b.c.default_channels.iter().map(|c| c.channel_id).collect();
    let keys: Vec<Key> = defaults.into_iter().map(Key::Channel).collect();
    let mut positions = vec![written.position];
    positions.extend(api.complete(&keys).await?);
    let team = wire::Team::from_created(&b.c, &b.p, written.at);
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &team)).await)
}

impl Body {
    fn into_command(self, caller: &Caller) -> Result<CreateTeam, ApiError> {
        let r#type = match self.r#type.as_str() {
            "O" => TeamType::Open,
            "I" => TeamType::InviteOnly,
            _ => return Err(ApiError::invalid_body("type")),
        };
        Ok(CreateTeam {
            actor: caller.user,
            team_id: TeamId::random(),
            name: self.name.trim().to_owned(),
            display_name: self.display_name.trim().to_owned(),
            description: self.description,
            r#type,
            allow_open_invite: self.allow_open_invite,
            invite_id: Id::random(),
            email: self.email.trim().to_lowercase(),
        })
    }
}
