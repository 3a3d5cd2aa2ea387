//! Who answered: as ids, or as accounts where a client asks for them.

use std::collections::{BTreeSet, HashMap};

use events::{PostId, UserId};
use platform::http::{ApiError, Query};
use read_model::queries::{Replies, ThreadMark};
use wire::{Participant, Post, User};

use crate::app::{App, failed};
use crate::caller::Caller;
use crate::render;
use crate::rights::known_people;

/// Accounts by id; without any, people are told by their ids.
pub(crate) struct People(HashMap<UserId, User>);

impl People {
    /// Reads the accounts if they are wanted, of those of whom the caller may know.
    pub async fn of(
        app: &App,
        caller: &Caller,
        ids: impl Iterator<Item = UserId>,
        wanted: bool,
    ) -> Result<Self, ApiError> {
        let mut ids: BTreeSet<UserId> = if wanted { ids.collect() } else { BTreeSet::new() };
        if ids.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let known = known_people(app, caller).await?;
        ids.retain(|id| known.contain(*id));
        let ids: Vec<UserId> = ids.into_iter().collect();
        let rows = app.reader.users_by_ids(&ids).await.map_err(failed)?;
        Ok(Self(rows.iter().map(|row| (row.id, render::user(row, caller))).collect()))
    }

    pub fn shown(&self, ids: &[UserId]) -> Vec<Participant> {
        ids.iter().map(|id| Participant::among(&self.0, *id)).collect()
    }
}

/// How a client that reads threads apart from channels wants its posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Collapsing {
    pub on: bool,
    extended: bool,
}

impl Collapsing {
    pub fn of(query: &Query) -> Self {
        let extended = query.flag("collapsedThreadsExtended");
        Self { on: query.flag("collapsedThreads"), extended }
    }

    /// What becomes of replies, where otherwise their roots come along or not.
    pub fn replies(self, with_roots: bool) -> Replies {
        if self.on { Replies::Collapsed } else { Replies::from(with_roots) }
    }

    /// What these posts say of their threads to the caller; nothing unless threads are collapsed.
    pub async fn marks(
        self,
        app: &App,
        caller: &Caller,
        posts: impl Iterator<Item = PostId>,
    ) -> Result<ThreadMarks, ApiError> {
        let roots: Vec<PostId> = if self.on { posts.collect() } else { Vec::new() };
        if roots.is_empty() {
            return Ok(ThreadMarks::default());
        }
        let found = app.reader.thread_marks(caller.user, &roots).await.map_err(failed)?;
        let of_threads = found.iter().flat_map(|mark| mark.participants.iter().copied());
        let people = People::of(app, caller, of_threads, self.extended).await?;
        let marked = |mark: ThreadMark| {
            let participants = people.shown(&mark.participants);
            (mark.root_id, (mark.following, participants))
        };
        Ok(ThreadMarks(found.into_iter().map(marked).collect()))
    }
}

/// What posts say of their threads, by root.
#[derive(Debug, Default)]
pub(crate) struct ThreadMarks(HashMap<PostId, (bool, Vec<Participant>)>);

impl ThreadMarks {
    pub fn put_on(&self, post: &mut Post) {
        if let Some((following, participants)) = self.0.get(&post.id) {
            post.is_following = Some(*following);
            post.participants.clone_from(participants);
        }
    }
}
