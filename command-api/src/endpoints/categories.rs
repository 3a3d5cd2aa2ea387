//! How somebody arranges the channels of a team:
//! `/users/{user_id}/teams/{team_id}/channels/categories`.

use axum::extract::State;
use axum::response::Response;
use domain::Directory;
use domain::commands::Decision;
use domain::commands::notify::ChangeMemberNotify;
use domain::commands::sidebar::{
    CategoryUpdate, CreateCategory, DeleteCategory, Rearranged, SetCategoryOrder, Sidebar,
    SidebarRejection, UpdateCategories,
};
use events::sidebar::{CategoryKey, CategorySorting};
use events::{
    ChannelId, Event, EventId, Id, Partition, Position, TeamId, Topic, UserEvent, UserId,
};
use futures::future::try_join_all;
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, UserRef, json, nullable, ok_status};
use read_model::queries::SidebarRows;
use schemars::JsonSchema;
use serde::Deserialize;
use wire::{SidebarCategory, category_key, category_text};

use super::id_fields;
use crate::caller::Caller;
use crate::executor::{CommandApi, Written};
use crate::facts::unreadable;
use crate::idempotency::Json;
use crate::refusals::Rejection;
use crate::submission::Decided;

/// Channels that are muted at once.
const MUTES_AT_ONCE: usize = 16;

type InTeam = (UserRef, UrlId<TeamId>);
type OfTeam = (UserRef, UrlId<TeamId>, String);

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SidebarCategoryChange")]
pub(crate) struct Body {
    #[serde(default, deserialize_with = "nullable")]
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    user_id: String,
    #[serde(default, deserialize_with = "nullable")]
    team_id: String,
    #[serde(default, deserialize_with = "nullable")]
    display_name: String,
    #[serde(default, deserialize_with = "nullable")]
    sorting: String,
    #[serde(default, deserialize_with = "nullable")]
    muted: bool,
    #[serde(default, deserialize_with = "nullable")]
    collapsed: bool,
    #[serde(default, deserialize_with = "nullable")]
    channel_ids: Vec<String>,
}

/// Whose sidebar a request is about.
#[derive(Debug, Clone, Copy)]
struct Whose {
    user: UserId,
    team: TeamId,
}

impl Whose {
    fn of(caller: &Caller, user: UserRef, team: UrlId<TeamId>) -> Result<Self, ApiError> {
        let user = user.resolve(caller.user);
        caller.may_act_for(user)?;
        Ok(Self { user, team: team.0 })
    }

    fn partition(self) -> Partition {
        Partition::of(Topic::Users, self.user.as_bytes())
    }

    fn sidebar(self, caller: &Caller, rows: &SidebarRows) -> Sidebar {
        Sidebar {
            actor: caller.user,
            user_id: self.user,
            team_id: self.team,
            current: rows.arrangement.shown(),
            conversations: rows.arrangement.conversations.iter().copied().collect(),
        }
    }

    /// The category that a path or a body names. What names none of theirs is not there.
    fn key(self, text: &str) -> Result<CategoryKey, ApiError> {
        category_key(text, self.user, self.team)
            .ok_or_else(|| SidebarRejection::UnknownCategory.to_error())
    }

    /// Bodies say again whose they are, or nothing.
    fn update(self, key: CategoryKey, body: &Body) -> Result<CategoryUpdate, ApiError> {
        let own = [(&body.user_id, self.user.to_string()), (&body.team_id, self.team.to_string())];
        if own.iter().any(|(said, own)| !said.is_empty() && *said != own) {
            return Err(ApiError::invalid_body("category"));
        }
        Ok(CategoryUpdate {
            category_id: key,
            name: body.display_name.clone(),
            sorting: sorting(&body.sorting)?,
            muted: body.muted,
            collapsed: body.collapsed,
            channel_ids: id_fields("channel_ids", &body.channel_ids)?,
        })
    }
}

fn sorting(text: &str) -> Result<CategorySorting, ApiError> {
    match text {
        "" => Ok(CategorySorting::Unset),
        "alpha" => Ok(CategorySorting::Alphabetical),
        "recent" => Ok(CategorySorting::Recent),
        "manual" => Ok(CategorySorting::Manual),
        _ => Err(ApiError::invalid_body("sorting")),
    }
}

/// `POST /users/{user_id}/teams/{team_id}/channels/categories`
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, team)): Path<InTeam>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller, user, team)?;
    let category = whose.update(CategoryKey::Own(Id::random()), &body)?;
    let command = |sidebar| CreateCategory { sidebar, category: category.clone() };
    let planned = command(api.sidebar(&caller, whose).await?);
    let plan = planned.rearranged().map_err(Rejection::to_error)?;
    let mut positions = api.mute(&caller, whose.user, &plan.mutes).await?;
    let written = api
        .in_sidebar(&caller, whose, |directory, sidebar| command(sidebar).decide(directory))
        .await?;
    let made = written.as_ref().and_then(|written| made(whose, written));
    let made = made.ok_or_else(ApiError::idempotency_key_reused)?;
    positions.splice(0..0, api.position_of(written.as_ref(), whose.partition()));
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::CREATED, &made)).await)
}

fn made(whose: Whose, written: &Written) -> Option<SidebarCategory> {
    let Event::Users(UserEvent::SidebarCategoryCreated(b)) = written.event() else { return None };
    let at = b.c.categories.iter().position(|one| one.category_id == b.c.category_id)?;
    let name = b.p.names.get(at).map_or("", String::as_str);
    Some(SidebarCategory::new(whose.user, whose.team, b.c.categories.get(at)?, name))
}

/// `PUT /users/{user_id}/teams/{team_id}/channels/categories`
pub(crate) async fn update_all(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, team)): Path<InTeam>,
    Json(bodies): Json<Vec<Body>>,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller, user, team)?;
    let updates = bodies.iter().map(|body| whose.update(whose.key(&body.id)?, body));
    let updates: Vec<CategoryUpdate> = updates.collect::<Result<_, ApiError>>()?;
    let (shown, positions) = updated(&api, &caller, whose, updates).await?;
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

/// `PUT /users/{user_id}/teams/{team_id}/channels/categories/{category_id}`
pub(crate) async fn update(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, team, category)): Path<OfTeam>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller, user, team)?;
    if !body.id.is_empty() && body.id != category {
        return Err(ApiError::invalid_body("id"));
    }
    let update = whose.update(whose.key(&category)?, &body)?;
    let (mut shown, positions) = updated(&api, &caller, whose, vec![update]).await?;
    let shown = shown.pop().ok_or_else(ApiError::unknown_outcome)?;
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

/// Channels are muted first: cut short in between, the same request again finishes it.
async fn updated(
    api: &CommandApi,
    caller: &Caller,
    whose: Whose,
    updates: Vec<CategoryUpdate>,
) -> Result<(Vec<SidebarCategory>, Vec<Position>), ApiError> {
    let named: Vec<CategoryKey> = updates.iter().map(|update| update.category_id).collect();
    let command = |sidebar| UpdateCategories { sidebar, updates: updates.clone() };
    let planned = command(api.sidebar(caller, whose).await?);
    let plan = planned.rearranged().map_err(Rejection::to_error)?;
    let mut positions = api.mute(caller, whose.user, &plan.mutes).await?;
    let last = parking_lot::Mutex::new(plan);
    let written = api.in_sidebar(caller, whose, |directory, sidebar| {
        let command = command(sidebar);
        *last.lock() = command.rearranged()?;
        command.decide(directory)
    });
    let written = written.await?;
    positions.splice(0..0, api.position_of(written.as_ref(), whose.partition()));
    Ok((shown(whose, &last.into_inner(), &named), positions))
}

/// Those that were named, in their order.
fn shown(whose: Whose, plan: &Rearranged, named: &[CategoryKey]) -> Vec<SidebarCategory> {
    let find = |key| plan.categories.iter().find(|one| one.category.category_id == key);
    let found = named.iter().filter_map(|key| find(*key));
    found
        .map(|one| SidebarCategory::new(whose.user, whose.team, &one.category, &one.name))
        .collect()
}

/// `DELETE /users/{user_id}/teams/{team_id}/channels/categories/{category_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, team, category)): Path<OfTeam>,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller, user, team)?;
    let category_id = whose.key(&category)?;
    api.rows_at_ends(&[whose.partition()]).await?;
    let written = api.in_sidebar(&caller, whose, |directory, sidebar| {
        DeleteCategory { sidebar, category_id }.decide(directory)
    });
    let positions = api.position_of(written.await?.as_ref(), whose.partition());
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

/// `PUT /users/{user_id}/teams/{team_id}/channels/categories/order`
pub(crate) async fn order(
    State(api): State<CommandApi>,
    caller: Caller,
    Path((user, team)): Path<InTeam>,
    Json(texts): Json<Vec<String>>,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&caller, user, team)?;
    let key = |text: &String| category_key(text, whose.user, whose.team);
    let order: Option<Vec<CategoryKey>> = texts.iter().map(key).collect();
    let order = order.ok_or_else(|| ApiError::invalid_body("order"))?;
    api.rows_at_ends(&[whose.partition()]).await?;
    let written = api.in_sidebar(&caller, whose, |directory, sidebar| {
        SetCategoryOrder { sidebar, order: order.clone() }.decide(directory)
    });
    let positions = api.position_of(written.await?.as_ref(), whose.partition());
    let shown: Vec<String> =
        order.iter().map(|key| category_text(*key, whose.user, whose.team)).collect();
    Ok(api.shown(&caller.wishes, &positions, json(StatusCode::OK, &shown)).await)
}

impl CommandApi {
    /// The sidebar as it is shown once the rows have come to the end of the person's partition.
    async fn sidebar(&self, caller: &Caller, whose: Whose) -> Result<Sidebar, ApiError> {
        self.rows_at_ends(&[whose.partition()]).await?;
        let rows = self.reader.sidebar(whose.user, whose.team).await.map_err(unreadable)?;
        let sidebar = whose.sidebar(caller, &rows);
        sidebar.allowed(self.fold.directory().state()).map_err(Rejection::to_error)?;
        Ok(sidebar)
    }

    /// A command on a sidebar as its rows are read.
    async fn in_sidebar(
        &self,
        caller: &Caller,
        whose: Whose,
        decide: impl Fn(&Directory, Sidebar) -> Result<Decision, SidebarRejection> + Sync,
    ) -> Result<Option<Written>, ApiError> {
        let partition = whose.partition();
        let rests_on = [Partition::DIRECTORY, partition];
        let order = caller.order(caller.command_id(self), partition, &rests_on);
        let ended = self.submit(order, || {
            Box::pin(async {
                let rows = self.reader.sidebar(whose.user, whose.team).await?;
                let sidebar = whose.sidebar(caller, &rows);
                let decision = decide(self.fold.directory().state(), sidebar);
                Ok(Decided::new(decision, Some(rows.next_offset)))
            })
        });
        ended.await?.written()
    }

    /// Mutes channels, or lets them be heard again. Those that were left meanwhile are passed over.
    async fn mute(
        &self,
        caller: &Caller,
        user_id: UserId,
        mutes: &[(ChannelId, bool)],
    ) -> Result<Vec<Position>, ApiError> {
        let mut positions = Vec::new();
        for mutes in mutes.chunks(MUTES_AT_ONCE) {
            let muted = mutes.iter().map(|(channel_id, muted)| async move {
                let what = if *muted { "mention" } else { "all" };
                let command = ChangeMemberNotify {
                    actor: caller.user,
                    channel_id: *channel_id,
                    user_id,
                    notify_props: [("mark_unread".to_owned(), what.to_owned())].into(),
                };
                let ended = self.in_channel(caller, EventId::random(), *channel_id, |d, c| {
                    command.decide(d, c)
                });
                Ok::<_, ApiError>(ended.await?.written().ok().flatten().map(|w| w.position))
            });
            positions.extend(try_join_all(muted).await?.into_iter().flatten());
        }
        Ok(positions)
    }
}
