//! Threads that somebody follows: `GET /users/{user_id}/teams/{team_id}/threads` and `…/threads/{thread_id}`.

use axum::extract::State;
use axum::response::Response;
use events::{PostId, TeamId, UserId};
use platform::http::{ApiError, Path, Query, UserRef, note_channel};
use read_model::queries::{FollowedQuery, FollowedThread, FollowedTotals};
use wire::{Thread, Threads};

use super::participants::People;
use super::{PostPath, TeamPath, id_param};
use crate::app::{App, failed, of_any_channel};
use crate::caller::Caller;
use crate::render::{self, NamesOfToday};
use crate::rights::{own, require_team};

/// What of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    threads: bool,
    totals: bool,
    extended: bool,
}

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path((user, team)): Path<(UserRef, TeamPath)>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    let (wanted, asked) = (wanted(&query)?, asked(&query, team.0)?);
    app.rows_followed(&of_any_channel()).await;
    let (mut threads, mut totals) = (Vec::new(), FollowedTotals::default());
    if wanted.totals {
        totals = app.reader.followed_totals(user, &asked).await.map_err(failed)?;
    }
    if wanted.threads {
        threads = app.reader.followed_threads(user, &asked).await.map_err(failed)?;
        let ends = app.ends_of(&threads);
        if asked.deleted { ends.tell(&mut threads) } else { ends.take_out(&mut threads) }
    }
    Ok(render::ok(&Threads {
        total: totals.threads,
        total_unread_threads: totals.unread_threads,
        total_unread_mentions: totals.unread_mentions,
        total_unread_urgent_mentions: totals.urgent_mentions,
        threads: shown(&app, &caller, &threads, wanted.extended).await?,
    }))
}

pub(crate) async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((user, team, thread)): Path<(UserRef, TeamPath, PostPath)>,
    query: Query,
) -> Result<Response, ApiError> {
    let user = own(user, &caller)?;
    require_team(&app, &caller, team.0).await?;
    let mut found = followed(&app, user, team.0, thread.0).await?;
    note_channel(found.root.row.channel_id);
    app.ends_of([&found]).keep(&mut found).ok_or_else(ApiError::post_not_found)?;
    let shown = shown(&app, &caller, &[found], query.flag("extended")).await?;
    Ok(render::ok(shown.first().ok_or_else(ApiError::post_not_found)?))
}

/// The thread, if it is followed and belongs to the team or to all of them.
async fn followed(
    app: &App,
    user: UserId,
    team: TeamId,
    thread: PostId,
) -> Result<FollowedThread, ApiError> {
    let ask = || app.reader.thread_of(user, thread);
    let found = app.granted(&of_any_channel(), ApiError::post_not_found, ask).await?;
    let channel_id = found.root.row.channel_id;
    let channels = app.fold.channels(channel_id);
    let channel = channels.state().channel(channel_id).ok_or_else(ApiError::post_not_found)?;
    let here = channel.team_id.is_none_or(|of| of == team);
    if here && found.following { Ok(found) } else { Err(ApiError::post_not_found()) }
}

fn wanted(query: &Query) -> Result<Wanted, ApiError> {
    let (only_threads, only_totals) = (query.flag("threadsOnly"), query.flag("totalsOnly"));
    if only_threads && only_totals {
        return Err(ApiError::invalid_param("totalsOnly"));
    }
    let extended = query.flag("extended");
    Ok(Wanted { threads: !only_totals, totals: !only_threads, extended })
}

fn asked(query: &Query, team: TeamId) -> Result<FollowedQuery, ApiError> {
    let size = if query.get("per_page").is_some() { "per_page" } else { "pageSize" };
    let since = query.get("since").map(|text| {
        let since = text.trim().parse().ok().filter(|since: &i64| *since >= 0);
        since.ok_or_else(|| ApiError::invalid_param("since"))
    });
    let (before, after): (Option<PostId>, Option<PostId>) =
        (id_param(query, "before")?, id_param(query, "after")?);
    Ok(FollowedQuery {
        team,
        exclude_direct: query.flag("excludeDirect"),
        since: since.transpose()?.filter(|since| *since > 0),
        before,
        // As with posts: the first of the two counts.
        after: after.filter(|_| before.is_none()),
        deleted: query.flag("deleted"),
        unread: query.flag("unread"),
        per_page: query.page_by(size).per_page,
    })
}

async fn shown(
    app: &App,
    caller: &Caller,
    threads: &[FollowedThread],
    extended: bool,
) -> Result<Vec<Thread>, ApiError> {
    let of_threads = threads.iter().flat_map(|thread| thread.participants.iter().copied());
    let people = People::of(app, caller, of_threads, extended).await?;
    let roots = threads.iter().map(|thread| &thread.root);
    let names = NamesOfToday::of_reader(app, caller.user, roots).await?;
    let one = |thread: &FollowedThread| {
        thread.to_wire(people.shown(&thread.participants), names.shown(&thread.root))
    };
    Ok(threads.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAM: TeamId = TeamId(events::Id([4; 16]));

    fn query(text: &str) -> Query {
        Query::parse(text).unwrap()
    }

    #[test]
    fn either_half_of_the_answer_may_be_left_out_but_not_both() {
        let halves = |text| wanted(&query(text)).map(|w| (w.threads, w.totals)).ok();
        assert_eq!(halves(""), Some((true, true)));
        assert_eq!(halves("totalsOnly=true"), Some((false, true)));
        assert_eq!(halves("threadsOnly=true"), Some((true, false)));
        assert_eq!(halves("threadsOnly=true&totalsOnly=true"), None);
    }

    #[test]
    fn sizes_have_two_names_and_cursors_must_be_ids() {
        let size = |text| asked(&query(text), TEAM).unwrap().per_page;
        assert_eq!((size("per_page=5&pageSize=7"), size("pageSize=7"), size("")), (5, 7, 60));
        assert_eq!(size("per_page=1000"), 200);
        for bad in ["before=short", "after=short", "since=abc", "since=-1"] {
            assert!(asked(&query(bad), TEAM).is_err(), "{bad}");
        }
        let post = PostId::from_bytes([1; 16]);
        let both = asked(&query(&format!("before={post}&after={post}")), TEAM).unwrap();
        assert_eq!((both.before, both.after), (Some(post), None));
    }
}
