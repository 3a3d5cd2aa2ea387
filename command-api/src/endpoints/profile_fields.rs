//! Fields of profiles that an installation adds, and what people say there: `/custom_profile_attributes/…`,
//! `PATCH /users/{user_id}/custom_profile_attributes`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::commands::profile::{
    ChangeProfileField, CreateProfileField, DeleteProfileField, ProfileFieldPatch, SetProfileValues,
};
use domain::{Directory, Users};
use events::profile::{
    ProfileField, ProfileFieldType, ProfileOption, ProfileValue, ProfileValueType,
    ProfileVisibility,
};
use events::{EventId, Id, Partition, ProfileFieldId, Topic, UserId};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, UserRef, json, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use super::id_field;
use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;

type FieldPath = UrlId<ProfileFieldId>;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Body {
    name: Option<String>,
    r#type: Option<ProfileFieldType>,
    attrs: Option<Attrs>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct Attrs {
    visibility: Option<ProfileVisibility>,
    value_type: Option<ProfileValueType>,
    /// Clients count in fractions to put a field between two others.
    sort_order: Option<f64>,
    options: Option<Vec<NewOption>>,
    managed: Option<String>,
    display_name: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct NewOption {
    id: Option<String>,
    name: Option<String>,
    color: Option<String>,
}

impl Body {
    /// What the body says; options that come without an id get one that follows from the request's.
    fn patch(self, request: EventId) -> Result<ProfileFieldPatch, ApiError> {
        let attrs = self.attrs.unwrap_or_default();
        let managed = attrs.managed.map(|by| match by.as_str() {
            "" => Ok(false),
            "admin" => Ok(true),
            _ => Err(ApiError::invalid_body("managed")),
        });
        let option = |(n, option): (usize, NewOption)| ProfileOption {
            id: option.id.filter(|id| !id.is_empty()).unwrap_or_else(|| option_id(request, n)),
            name: option.name.unwrap_or_default(),
            color: option.color.unwrap_or_default(),
        };
        Ok(ProfileFieldPatch {
            name: self.name.map(|name| name.trim().to_owned()),
            r#type: self.r#type,
            display_name: attrs.display_name,
            visibility: attrs.visibility,
            value_type: attrs.value_type,
            sort_order: attrs.sort_order.map(|order| order as i64),
            options: attrs.options.map(|list| list.into_iter().enumerate().map(option).collect()),
            managed: managed.transpose()?,
        })
    }
}

fn option_id(request: EventId, n: usize) -> String {
    Id::derived("profile.option", &[request.as_bytes(), n.to_string().as_bytes()]).to_string()
}

/// `POST /custom_profile_attributes/fields`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let command_id = caller.command_id(&api);
    // The request again makes the same.
    let field_id = ProfileFieldId(Id::derived("profile.field", &[command_id.event.as_bytes()]));
    let mut field = ProfileField {
        field_id,
        name: String::new(),
        r#type: body.r#type.ok_or_else(|| ApiError::invalid_body("type"))?,
        display_name: String::new(),
        visibility: ProfileVisibility::default(),
        value_type: ProfileValueType::default(),
        sort_order: 0,
        options: vec![],
        managed: false,
    };
    body.patch(command_id.event)?.apply(&mut field);
    let command = CreateProfileField { actor: caller.user, field };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), command_id, decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    let shown = json(StatusCode::CREATED, &api.profile_field_shown(field_id)?);
    Ok(api.shown(&caller.wishes, &positions, shown).await)
}

/// `PATCH /custom_profile_attributes/fields/{field_id}`
pub(crate) async fn patch(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(field): Path<FieldPath>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let command_id = caller.command_id(&api);
    let patch = body.patch(command_id.event)?;
    let command = ChangeProfileField { actor: caller.user, field_id: field.0, patch };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), command_id, decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    let shown = json(StatusCode::OK, &api.profile_field_shown(field.0)?);
    Ok(api.shown(&caller.wishes, &positions, shown).await)
}

/// `DELETE /custom_profile_attributes/fields/{field_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(field): Path<FieldPath>,
) -> Result<Response, ApiError> {
    let command = DeleteProfileField { actor: caller.user, field_id: field.0 };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// Each field with what is said there; nothing to say no more.
type Said = BTreeMap<String, Option<ProfileValue>>;

/// What is said in fields, each under its id.
pub(crate) type ProfileValues = BTreeMap<ProfileFieldId, ProfileValue>;

/// `PATCH /custom_profile_attributes/values`
pub(crate) async fn set_own(
    State(api): State<CommandApi>,
    caller: Caller,
    Json(said): Json<Said>,
) -> Result<Response, ApiError> {
    let user = caller.user;
    set(&api, &caller, user, said).await
}

/// `PATCH /users/{user_id}/custom_profile_attributes`
pub(crate) async fn set_of_user(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(said): Json<Said>,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    set(&api, &caller, user, said).await
}

async fn set(
    api: &CommandApi,
    caller: &Caller,
    user_id: UserId,
    said: Said,
) -> Result<Response, ApiError> {
    let field = |(id, value): (String, Option<ProfileValue>)| {
        Ok((id_field("field_id", &id)?, value.unwrap_or(ProfileValue::One(String::new()))))
    };
    let values: ProfileValues = said.into_iter().map(field).collect::<Result<_, ApiError>>()?;
    let command = SetProfileValues { actor: caller.user, user_id, values };
    let decide = |directory: &Directory, _: &Users| command.decide(directory);
    let id = caller.command_id(api);
    let written = api.in_users(caller.actor(), id, user_id, decide).await?;
    let partition = Partition::of(Topic::Users, user_id.as_bytes());
    let positions = api.position_of(written.as_ref(), partition);
    let shown = json(StatusCode::OK, &command.values);
    Ok(api.shown(&caller.wishes, &positions, shown).await)
}

impl CommandApi {
    fn profile_field_shown(&self, id: ProfileFieldId) -> Result<wire::ProfileField, ApiError> {
        let directory = self.fold.directory();
        let held = directory.state().profile_fields().get(id);
        held.map(wire::ProfileField::from).ok_or_else(ApiError::unknown_outcome)
    }
}
