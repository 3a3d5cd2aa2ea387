//! `GET /users`: people by page, of a team, of a channel, or all.

use axum::extract::State;
use axum::response::Response;
use events::user::StatusKind;
use events::{ChannelId, Partition, UserId};
use http::HeaderMap;
use platform::http::{ApiError, Query};
use read_model::Page;
use read_model::queries::{PeopleOrder, PeopleQuery};

use crate::app::{App, DIRECTORY, of_channel};
use crate::caller::Caller;
use crate::endpoints::users::statuses::status;
use crate::endpoints::{id_param, rows_page};
use crate::render;
use crate::rights::known_people;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let page = rows_page(query.page());
    let mut people = PeopleQuery {
        in_team: id_param(&query, "in_team")?,
        not_in_team: id_param(&query, "not_in_team")?,
        in_channel: id_param(&query, "in_channel")?,
        most_are_in_channel: false,
        not_in_channel: id_param(&query, "not_in_channel")?,
        active: activity(&query),
        term: None,
        among: known_people(&app, &caller).await?.listed(),
        order: order(&query),
        places: Vec::new(),
    };
    if let (Some("status"), Some(channel)) = (query.get("sort"), people.in_channel) {
        (people.order, people.places) = (PeopleOrder::Place, who_is_there(&app, channel));
    }
    people.most_are_in_channel = most_are_in_channel(&app, &people, page);
    let rows = app
        .granted(&decided_by(&people), ApiError::forbidden, || {
            app.reader.people(caller.user, &people, page)
        })
        .await?;
    Ok(render::tagged(&headers, &render::users(&rows, &caller)))
}

/// Members of a channel who are not offline, those first who are reached soonest.
fn who_is_there(app: &App, channel: ChannelId) -> Vec<(UserId, i16)> {
    let channels = app.fold.channels(channel);
    let members = channels.state().channel(channel).into_iter().flat_map(|held| held.members());
    let members: Vec<UserId> = members.map(|member| member.user_id).collect();
    drop(channels);
    let placed = members.into_iter().filter_map(|user| {
        let place = match status(app, user).status {
            StatusKind::Online => 0,
            StatusKind::Away => 1,
            StatusKind::Dnd => 2,
            StatusKind::Offline => return None,
        };
        Some((user, place))
    });
    placed.collect()
}

/// Whether fewer accounts are looked at by going through all of them in order, up to the page's end, than
/// there are people in the channel.
fn most_are_in_channel(app: &App, people: &PeopleQuery, page: Page) -> bool {
    let (Some(channel), PeopleOrder::Username) = (people.in_channel, people.order) else {
        return false;
    };
    let accounts = app.fold.directory().state().account_count() as u64;
    let channels = app.fold.channels(channel);
    let members = channels.state().channel(channel).map_or(0, |held| held.totals.member_count);
    let listed = (u64::from(page.page) + 1) * u64::from(page.per_page);
    listed.saturating_mul(accounts) < u64::from(members).pow(2)
}

fn activity(query: &Query) -> Option<bool> {
    match (query.flag("active"), query.flag("inactive")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn order(query: &Query) -> PeopleOrder {
    match query.get("sort") {
        Some("create_at") => PeopleOrder::CreateAt,
        _ => PeopleOrder::Username,
    }
}

/// The partitions that decide whether `people` may be asked for.
pub(super) fn decided_by(people: &PeopleQuery) -> Vec<Partition> {
    let channels = people.in_channel.into_iter().chain(people.not_in_channel);
    DIRECTORY.iter().copied().chain(channels.map(|channel| of_channel(channel)[1])).collect()
}
