//! Signing up, changing a profile, roles, activity of an account.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::commands::directory::{
    ActivateUser, AddTeamMembers, ChangeProfile, ChangeRoles, CreateUser, DeactivateUser,
};
use events::directory::{NewProfile, ProfilePatch};
use events::{Actor, DirectoryEvent, Event, EventId, Id, Partition, Position, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, Query, UserRef, json, nullable, ok_status, parse_id};
use read_model::rows::UserRow;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::{Caller, MaybeCaller};
use crate::executor::{CommandApi, Written};
use crate::facts::unreadable;
use crate::idempotency::Json;
use crate::passwords;
use crate::process_manager::Key;
use crate::refusals::Rejection;
use crate::submission::Decided;

type Texts = BTreeMap<String, String>;

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SignUp {
    #[serde(default, deserialize_with = "nullable")]
    username: String,
    #[serde(default, deserialize_with = "nullable")]
    email: String,
    #[serde(default, deserialize_with = "nullable")]
    password: String,
    #[serde(default, deserialize_with = "nullable")]
    nickname: String,
    #[serde(default, deserialize_with = "nullable")]
    first_name: String,
    #[serde(default, deserialize_with = "nullable")]
    last_name: String,
    #[serde(default, deserialize_with = "nullable")]
    position: String,
    #[serde(default, deserialize_with = "nullable")]
    locale: String,
    #[serde(default, deserialize_with = "nullable")]
    props: Texts,
    #[serde(default, deserialize_with = "nullable")]
    notify_props: Texts,
    #[serde(default, deserialize_with = "nullable")]
    timezone: Texts,
}

pub(crate) fn password_unacceptable() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "model.user.is_valid.pwd_min_length.app_error",
        "A password has 8 to 72 bytes.",
    )
}

/// `POST /users`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    MaybeCaller(caller, wishes): MaybeCaller,
    query: Query,
    Json(body): Json<SignUp>,
) -> Result<Response, ApiError> {
    let invite = query
        .get("iid")
        .map(|text| parse_id::<Id>(text).ok_or_else(|| ApiError::invalid_param("iid")));
    let invite = invite.transpose()?;
    may_sign_up(&api, caller.as_ref(), invite)?;
    let command = body.into_command(&api).await?;
    let user = command.user_id;
    let actor = Actor::User(caller.map_or(user, |caller| caller.user));
    let written =
        api.in_directory(actor, EventId::random(), |directory| command.decide(directory)).await?;
    let mut positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    if let Some(invite) = invite {
        positions.extend(join_by_invite(&api, user, invite).await?);
    }
    let response = json(StatusCode::CREATED, &created(written)?);
    Ok(api.shown(&wishes, &positions, response).await)
}

/// Where signing up is closed, administrators and invitations open it; the first account is always
/// let in.
fn may_sign_up(
    api: &CommandApi,
    caller: Option<&Caller>,
    invite: Option<Id>,
) -> Result<(), ApiError> {
    let directory = api.fold.directory();
    let invited = invite.is_some_and(|invite| directory.state().team_by_invite(invite).is_some());
    let open = api.settings.open_server
        || invited
        || caller.is_some_and(|caller| caller.account.system_admin)
        || directory.state().account_count() == 0;
    if open {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "api.user.create_user.signup_email_disabled.app_error",
        "Signing up is closed on this server.",
    ))
}

impl SignUp {
    async fn into_command(self, api: &CommandApi) -> Result<CreateUser, ApiError> {
        if !passwords::is_acceptable(&self.password) {
            return Err(password_unacceptable());
        }
        let username = self.username.trim().to_lowercase();
        let email = self.email.trim().to_lowercase();
        Ok(CreateUser {
            user_id: UserId::random(),
            username_hash: api.secrets.username_hash(&username),
            email_hash: api.secrets.email_hash(&email),
            is_bot: false,
            locale: self.locale,
            profile: NewProfile {
                username,
                email,
                nickname: self.nickname,
                first_name: self.first_name,
                last_name: self.last_name,
                position: self.position,
                props: self.props,
                notify_props: self.notify_props,
                timezone: self.timezone,
                password_hash: api.passwords.hash(self.password).await?,
            },
        })
    }
}

fn created(written: Option<Written>) -> Result<wire::User, ApiError> {
    let written = written.as_ref();
    match written.map(|written| (written.event(), written)) {
        Some((Event::Directory(DirectoryEvent::UserCreated(b)), written)) => {
            let first = written.applied().is_some_and(|applied| applied.system_admin);
            Ok(wire::User::from_created(&b.c, &b.p, written.at, first))
        }
        // A fresh account is never there already.
        _ => Err(ApiError::unknown_outcome()),
    }
}

/// The account is made; that its invitation leads nowhere any more does not undo it.
async fn join_by_invite(
    api: &CommandApi,
    user: UserId,
    invite: Id,
) -> Result<Vec<Position>, ApiError> {
    let Some(team_id) = api.fold.directory().state().team_by_invite(invite) else {
        return Ok(vec![]);
    };
    let join = AddTeamMembers { actor: user, team_id, user_ids: vec![user], invite: Some(invite) };
    let actor = Actor::User(user);
    let joined = api.in_directory(actor, EventId::random(), |directory| join.decide(directory));
    let mut positions: Vec<Position> = joined.await?.iter().map(|w| w.position).collect();
    positions.extend(api.complete(&[Key::TeamMember(user, team_id)]).await?);
    Ok(positions)
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Patch {
    username: Option<String>,
    email: Option<String>,
    nickname: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    position: Option<String>,
    locale: Option<String>,
    props: Option<Texts>,
    notify_props: Option<Texts>,
    timezone: Option<Texts>,
}

/// `PUT /users/{user_id}/patch` and `PUT /users/{user_id}`
pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(patch): Json<Patch>,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    caller.may_act_for(user)?;
    let patch = patch.normalised();
    // The row that the decision saw: the answer is what the change makes of it.
    let seen = parking_lot::Mutex::new(None::<UserRow>);
    let order =
        caller.order(caller.command_id(&api), Partition::DIRECTORY, &[Partition::DIRECTORY]);
    let ended = api.submit(order, || {
        Box::pin(async {
            let read = api.reader.credentials_of(user).await?;
            // An account that the fold does not know is unknown, whatever the rows say.
            let known = api.fold.directory().state().account(user).is_some();
            let next_offset = read.as_ref().map_or(0, |read| read.next_offset);
            let rows_at = known.then_some(next_offset);
            let row = read.map(|read| read.user);
            let decision = match &row {
                Some(row) => patch.command(&api, &caller, row).decide(api.fold.directory().state()),
                None => Err(domain::commands::directory::DirectoryRejection::UnknownUser),
            };
            *seen.lock() = row;
            Ok(Decided::new(decision, rows_at))
        })
    });
    let written = ended.await?.written_or(Rejection::to_error)?;
    let row = match seen.into_inner() {
        Some(row) => row,
        // Not decided, but done before, under the same key.
        None => {
            api.reader.user(user).await.map_err(unreadable)?.ok_or_else(ApiError::user_not_found)?
        }
    };
    let mut shown = row.to_wire();
    if let Some(written) = &written
        && let Event::Directory(DirectoryEvent::UserProfileChanged(b)) = written.event()
    {
        shown.patch(&b.c, &b.p, written.at);
    }
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

impl Patch {
    fn normalised(mut self) -> Self {
        let lower = |text: String| text.trim().to_lowercase();
        self.username = self.username.map(lower).filter(|text| !text.is_empty());
        self.email = self.email.map(lower).filter(|text| !text.is_empty());
        self
    }

    /// What stays the same is left out.
    fn command(&self, api: &CommandApi, caller: &Caller, row: &UserRow) -> ChangeProfile {
        fn changed<T: Clone + PartialEq>(new: &Option<T>, held: &T) -> Option<T> {
            new.clone().filter(|new| new != held)
        }
        let patch = ProfilePatch {
            username: changed(&self.username, &row.username),
            email: changed(&self.email, &row.email),
            nickname: changed(&self.nickname, &row.nickname),
            first_name: changed(&self.first_name, &row.first_name),
            last_name: changed(&self.last_name, &row.last_name),
            position: changed(&self.position, &row.position),
            props: changed(&self.props.as_ref().map(own_props), &own_props(&row.props)),
            notify_props: changed(&self.notify_props, &row.notify_props),
            timezone: changed(&self.timezone, &row.timezone),
        };
        ChangeProfile {
            actor: caller.user,
            user_id: row.id,
            username_hash: patch.username.as_deref().map(|name| api.secrets.username_hash(name)),
            email_hash: patch.email.as_deref().map(|email| api.secrets.email_hash(email)),
            locale: changed(&self.locale, &row.locale),
            patch,
            current: profile(row),
            current_locale: row.locale.clone(),
        }
    }
}

/// What an account says in its `props`, without what is only shown there: what the person is at.
fn own_props(props: &Texts) -> Texts {
    let shown = |name: &String| name == "customStatus" || name == "recentCustomStatuses";
    props.iter().filter(|(name, _)| !shown(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
}

fn profile(row: &UserRow) -> NewProfile {
    NewProfile {
        username: row.username.clone(),
        email: row.email.clone(),
        nickname: row.nickname.clone(),
        first_name: row.first_name.clone(),
        last_name: row.last_name.clone(),
        position: row.position.clone(),
        props: own_props(&row.props),
        notify_props: row.notify_props.clone(),
        timezone: row.timezone.clone(),
        password_hash: String::new(),
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Roles {
    #[serde(default, deserialize_with = "nullable")]
    roles: String,
}

/// `PUT /users/{user_id}/roles`
pub(crate) async fn roles(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Roles>,
) -> Result<Response, ApiError> {
    let roles: Vec<&str> = body.roles.split_whitespace().collect();
    let known = roles.iter().all(|role| matches!(*role, "system_user" | "system_admin"));
    if !known || roles.is_empty() {
        return Err(ApiError::invalid_body("roles"));
    }
    let command = ChangeRoles {
        actor: caller.user,
        user_id: user.resolve(caller.user),
        system_admin: roles.contains(&"system_admin"),
    };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    api.ended(&positions, ok_status()).await
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Active {
    active: bool,
}

/// `PUT /users/{user_id}/active`
pub(crate) async fn active(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(body): Json<Active>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    if !body.active {
        return deactivated(&api, &caller, user_id).await;
    }
    let command = ActivateUser { actor: caller.user, user_id };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// `DELETE /users/{user_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    deactivated(&api, &caller, user.resolve(caller.user)).await
}

async fn deactivated(
    api: &CommandApi,
    caller: &Caller,
    user_id: UserId,
) -> Result<Response, ApiError> {
    let command = DeactivateUser { actor: caller.user, user_id };
    let decide = |directory: &domain::Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    api.ended(&positions, ok_status()).await
}
