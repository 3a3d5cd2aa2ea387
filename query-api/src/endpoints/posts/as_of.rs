//! `GET /api/nottermost/v1/channels/{channel_id}/as_of`: a channel as it was at a time.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use events::PostId;
use http::StatusCode;
use platform::clock::now_ms;
use platform::http::{ApiError, Path, Query, note_channel, raw_json};
use read_model::queries::{AsOfQuery, PostPageAsOf, PostViewAsOf};
use schemars::JsonSchema;
use wire::{PostAsOf, PostList};

use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::endpoints::{ChannelPath, id_param};
use crate::render::NamesOfToday;

/// The answer as it reads: it is put together from posts that were rendered before.
#[derive(JsonSchema)]
#[schemars(rename = "PostListAsOf")]
#[allow(dead_code, reason = "it is only described")]
pub(crate) struct Document {
    order: Vec<PostId>,
    /// Those of `order`, and the roots that they answer.
    posts: BTreeMap<PostId, PostAsOf>,
    /// Empty where there is none.
    next_post_id: String,
    prev_post_id: String,
    first_inaccessible_post_time: i64,
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    query: Query,
) -> Result<Response, ApiError> {
    let channel = channel.0;
    note_channel(channel);
    let wanted = AsOfQuery {
        at: past(&query, now_ms())?,
        before: id_param(&query, "before")?,
        per_page: query.page().per_page,
    };
    let ask = || app.reader.posts_as_of(caller.user, channel, wanted);
    let mut page = app.granted(&of_channel(channel), ApiError::channel_not_found, ask).await?;
    // What is left of what is being deleted is told once rows know.
    let ends = app.ends_of(page.posts.iter().chain(&page.roots));
    ends.take_out(&mut page.posts);
    ends.take_out(&mut page.roots);
    Ok(raw_json(StatusCode::OK, rendered(&page, &NamesOfToday::new(&app))))
}

/// The time that is asked about; what is still to come can be told by nobody.
fn past(query: &Query, now: i64) -> Result<i64, ApiError> {
    let at = query.get("at").and_then(|at| at.trim().parse().ok());
    at.filter(|at| (1..=now).contains(at)).ok_or_else(|| ApiError::invalid_param("at"))
}

fn rendered(page: &PostPageAsOf, names: &NamesOfToday<'_>) -> Bytes {
    let shown = |stood: &PostViewAsOf| {
        let post = PostAsOf { post: names.shown(&stood.view), as_of: stood.as_of };
        (stood.view.row.id, wire::to_json(&post))
    };
    let list = PostList {
        order: page.posts.iter().map(|stood| stood.view.row.id).collect(),
        posts: page.posts.iter().chain(&page.roots).map(shown).collect(),
        next_post_id: page.next,
        prev_post_id: page.prev,
        ..PostList::default()
    };
    list.to_json()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_that_has_been_is_one_to_look_back_to() {
        let of = |query: &str| {
            past(&Query::parse(query).unwrap(), 1_000).map_err(|error| error.status().as_u16())
        };
        assert_eq!((of("at=1"), of("at=1000")), (Ok(1), Ok(1_000)));
        for query in ["", "at=", "at=0", "at=-5", "at=1001", "at=yesterday", "at=1e3", "at=9e99"] {
            assert_eq!(of(query), Err(400), "{query}");
        }
        assert_eq!(of("at=99999999999999999999"), Err(400));
    }
}
