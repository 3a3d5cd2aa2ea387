//! Fields of profiles that an installation adds, and what people say there: `/custom_profile_attributes/…`,
//! `GET /users/{user_id}/custom_profile_attributes`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use domain::profile::takes;
use events::profile::{ProfileField, ProfileValue, ProfileVisibility};
use events::{Id, Partition, ProfileFieldId, Topic};
use platform::http::{ApiError, Path, UserRef};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;
use crate::rights::require_account;

/// `GET /custom_profile_attributes/fields`, as clients order them.
pub(crate) async fn list(State(app): State<App>, _: Caller) -> Response {
    let directory = app.fold.directory();
    let fields = directory.state().profile_fields();
    let mut fields: Vec<_> = fields.all().map(wire::ProfileField::from).collect();
    fields.sort_by_key(|field| (field.attrs.sort_order, field.create_at));
    render::ok(&fields)
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ProfileFieldGroup {
    id: Id,
}

/// `GET /custom_profile_attributes/group`: what all of them belong to.
pub(crate) async fn group(_: Caller) -> Response {
    render::ok(&ProfileFieldGroup { id: wire::ProfileField::group() })
}

/// `GET /users/{user_id}/custom_profile_attributes`
pub(crate) async fn values(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    require_account(&app, &caller, user).await?;
    let partition = Partition::of(Topic::Users, user.as_bytes());
    app.rows_followed(&[partition]).await;
    let values = app.reader.profile_values(user).await.map_err(failed)?;
    let sees_all = caller.user == user || caller.is_system_admin;
    let directory = app.fold.directory();
    let fields = directory.state().profile_fields();
    let shown: BTreeMap<ProfileFieldId, ProfileValue> = values
        .into_iter()
        .filter(|(id, value)| {
            fields.get(*id).is_some_and(|held| is_shown(&held.field, value, sees_all))
        })
        .collect();
    Ok(render::ok(&shown))
}

/// Whether the field takes what was said there once, and shows it.
fn is_shown(field: &ProfileField, value: &ProfileValue, sees_all: bool) -> bool {
    (sees_all || field.visibility != ProfileVisibility::Hidden) && takes(field, value)
}
