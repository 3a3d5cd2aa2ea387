//! `GET /channels/{channel_id}/posts`: by page, before or after a post, or what was touched since.

use axum::extract::State;
use axum::response::Response;
use events::{ChannelId, PostId};
use http::{HeaderMap, StatusCode};
use platform::http::{ApiError, Path, Query, note_channel, raw_json};
use read_model::Page;
use read_model::queries::{PostPage, Replies};

use crate::app::{App, of_channel};
use crate::cache::PageShape;
use crate::caller::Caller;
use crate::endpoints::participants::Collapsing;
use crate::endpoints::{ChannelPath, id_param, rows_page};
use crate::render::{self, NamesOfToday, Rendered};

/// Which part of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Since(i64),
    Before(PostId),
    After(PostId),
    Page,
}

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(channel): Path<ChannelPath>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let channel = channel.0;
    note_channel(channel);
    let part = part(&query)?;
    let page = rows_page(query.page());
    let with_roots = !query.flag("skipFetchThreads");
    let collapsing = Collapsing::of(&query);
    // What is collapsed differs from reader to reader.
    if part == Part::Page && page.page == 0 && !collapsing.on {
        let shape = PageShape { per_page: page.per_page, with_roots };
        return Ok(app.newest_page(&caller, channel, shape).await?.answer(&headers));
    }
    let replies = collapsing.replies(with_roots);
    let mut posts = read(&app, &caller, channel, part, page, replies).await?;
    if let Part::Since(_) = part {
        app.tell_ended(&mut posts);
    } else {
        app.take_out_ended(&mut posts);
    }
    let listed = posts.posts.iter().map(|post| post.row.id);
    let marks = collapsing.marks(&app, &caller, listed).await?;
    let shown = posts.posts.iter().chain(&posts.roots);
    let names = NamesOfToday::of_reader(&app, caller.user, shown).await?;
    let body = render::marked_page(&posts, &names, &marks);
    // What was touched since has no tag: a client that asks again has another moment in mind.
    if let Part::Since(_) = part {
        return Ok(raw_json(StatusCode::OK, body));
    }
    Ok(Rendered::new(body).answer(&headers))
}

fn part(query: &Query) -> Result<Part, ApiError> {
    if let Some(since) = query.get("since") {
        let since = since.trim().parse().ok().filter(|since: &i64| *since >= 0);
        let since = since.ok_or_else(|| ApiError::invalid_param("since"))?;
        if since > 0 {
            return Ok(Part::Since(since));
        }
    }
    if let Some(post) = id_param(query, "before")? {
        return Ok(Part::Before(post));
    }
    Ok(id_param(query, "after")?.map_or(Part::Page, Part::After))
}

async fn read(
    app: &App,
    caller: &Caller,
    channel: ChannelId,
    part: Part,
    page: Page,
    replies: Replies,
) -> Result<PostPage, ApiError> {
    let (reader, viewer) = (&app.reader, caller.user);
    let decided_by = of_channel(channel);
    app.granted(&decided_by, ApiError::channel_not_found, || async move {
        match part {
            Part::Since(since) => reader.posts_since(viewer, channel, since, replies).await,
            Part::Before(post) => reader.posts_before(viewer, channel, post, page, replies).await,
            Part::After(post) => reader.posts_after(viewer, channel, post, page, replies).await,
            Part::Page => reader.posts_page(viewer, channel, page, replies).await,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Part, u16> {
        part(&Query::parse(query).unwrap()).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn since_comes_before_cursors_and_zero_is_no_since() {
        let post = PostId::from_bytes([1; 16]);
        assert_eq!(of(&format!("since=5&before={post}")), Ok(Part::Since(5)));
        assert_eq!(of(&format!("since=0&before={post}")), Ok(Part::Before(post)));
        assert_eq!(of(&format!("after={post}&page=2")), Ok(Part::After(post)));
        assert_eq!(of("page=2"), Ok(Part::Page));
    }

    #[test]
    fn cursors_that_are_none_are_refused() {
        for query in ["since=abc", "since=-1", "before=short", "after=short"] {
            assert_eq!(of(query), Err(400), "{query}");
        }
    }
}
