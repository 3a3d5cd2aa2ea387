//! Preferences: `PUT /users/{user_id}/preferences` and `POST …/preferences/delete`.

use axum::extract::State;
use axum::response::Response;
use domain::Directory;
use domain::commands::Decision;
use domain::commands::user::{DeletePreferences, SetPreferences, UserRejection};
use events::user::Preference;
use events::{Partition, Topic, UserId};
use platform::http::{ApiError, Path, UserRef, nullable, ok_status};
use read_model::rows::PreferenceRow;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::idempotency::Json;
use crate::submission::Decided;

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "PreferenceItem")]
pub(crate) struct Item {
    #[serde(default, deserialize_with = "nullable")]
    user_id: String,
    #[serde(default, deserialize_with = "nullable")]
    category: String,
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    value: String,
}

/// The preferences that a body lists, each of which may say whose it is: the path's person's.
fn listed(caller: &Caller, user: UserId, items: Vec<Item>) -> Result<Vec<Preference>, ApiError> {
    let listed = items.into_iter().map(|Item { user_id, category, name, value }| {
        let own = user_id.is_empty()
            || UserRef::from_field("user_id", &user_id)?.resolve(caller.user) == user;
        if own { Ok(Preference { category, name, value }) } else { Err(ApiError::forbidden()) }
    });
    listed.collect()
}

/// `PUT /users/{user_id}/preferences`
pub(crate) async fn set(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(items): Json<Vec<Item>>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let preferences = listed(&caller, user_id, items)?;
    changed(&api, &caller, user_id, |directory, current| {
        let preferences = preferences.clone();
        SetPreferences { actor: caller.user, user_id, preferences, current }.decide(directory)
    })
    .await
}

/// `POST /users/{user_id}/preferences/delete`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(user): Path<UserRef>,
    Json(items): Json<Vec<Item>>,
) -> Result<Response, ApiError> {
    let user_id = user.resolve(caller.user);
    let preferences = listed(&caller, user_id, items)?;
    changed(&api, &caller, user_id, |directory, current| {
        let preferences = preferences.clone();
        DeletePreferences { actor: caller.user, user_id, preferences, current }.decide(directory)
    })
    .await
}

/// The rows are brought to the end of the person's partition first: what holds already is judged by
/// them, and nothing in the log would notice that they were old.
async fn changed(
    api: &CommandApi,
    caller: &Caller,
    user: UserId,
    decide: impl Fn(&Directory, Vec<Preference>) -> Result<Decision, UserRejection> + Sync,
) -> Result<Response, ApiError> {
    caller.may_act_for(user)?;
    let partition = Partition::of(Topic::Users, user.as_bytes());
    api.rows_at_ends(&[partition]).await?;
    let rests_on = [Partition::DIRECTORY, partition];
    let order = caller.order(caller.command_id(api), partition, &rests_on);
    let ended = api.submit(order, || {
        Box::pin(async {
            let read = api.positioned(partition, api.reader.preferences(user, None, None));
            let (rows, rows_at) = read.await?;
            let current = rows.into_iter().map(preference).collect();
            let decision = decide(api.fold.directory().state(), current);
            Ok(Decided::new(decision, Some(rows_at)))
        })
    });
    let written = ended.await?.written()?;
    let positions = api.position_of(written.as_ref(), partition);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

fn preference(row: PreferenceRow) -> Preference {
    Preference { category: row.category, name: row.name, value: row.value }
}
