//! What became of posts that rows show as they were. Rows may be behind for longer than an answer waits, and
//! whoever heard of an end, from a frame or as the answer to a command, does not see again what ended. What the
//! fold's window has forgotten is judged by rows alone, as the post of a bookmark is.

use std::collections::{BTreeMap, HashMap};

use domain::{Channel, TouchKind, Window};
use events::{ChannelId, Partition, PostId, Topic};
use platform::http::ApiError;
use read_model::queries::{
    FollowedThread, LinkedPostView, Positioned, PostHead, PostPage, PostView, PostViewAsOf,
};
use read_model::rows::PostRow;

use crate::app::App;

/// What the log says of a post beside its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was deleted at this time, or its root.
    Deleted(i64),
    /// It is past its time. What a hold or a reply leaves of it is told once rows know.
    Past,
    /// What its author said was erased.
    Erased,
    /// Its files alone are past their time.
    OfFiles,
}

impl End {
    /// Whether the post itself is there no more.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Deleted(_) | Self::Past)
    }
}

/// What shows a post.
pub(crate) trait ShowsPost {
    fn post(&self) -> &PostView;

    fn post_mut(&mut self) -> &mut PostView;

    /// Whether it says by itself that the post was deleted.
    fn tells_deletion(&self) -> bool {
        self.post().row.delete_at > 0
    }
}

impl ShowsPost for PostView {
    fn post(&self) -> &PostView {
        self
    }

    fn post_mut(&mut self) -> &mut PostView {
        self
    }
}

impl ShowsPost for Positioned<PostView> {
    fn post(&self) -> &PostView {
        &self.value
    }

    fn post_mut(&mut self) -> &mut PostView {
        &mut self.value
    }
}

impl ShowsPost for FollowedThread {
    fn post(&self) -> &PostView {
        &self.root
    }

    fn post_mut(&mut self) -> &mut PostView {
        &mut self.root
    }
}

impl ShowsPost for LinkedPostView {
    fn post(&self) -> &PostView {
        &self.post
    }

    fn post_mut(&mut self) -> &mut PostView {
        &mut self.post
    }
}

impl ShowsPost for PostViewAsOf {
    fn post(&self) -> &PostView {
        &self.view
    }

    fn post_mut(&mut self) -> &mut PostView {
        &mut self.view
    }

    fn tells_deletion(&self) -> bool {
        self.as_of.is_some_and(|as_of| as_of.deleted_since)
    }
}

/// What became of the posts of one answer, of those that anything became of.
pub(crate) struct Ends(HashMap<PostId, End>);

impl Ends {
    /// Takes out what is there no more, and the words that were erased.
    pub fn take_out<T: ShowsPost>(&self, shown: &mut Vec<T>) {
        self.retain(shown, |_, _| false);
    }

    /// As [`Self::take_out`], but what was deleted stays, as one that is told to be deleted.
    pub fn tell<T: ShowsPost>(&self, shown: &mut Vec<T>) {
        self.retain(shown, |row, end| {
            let End::Deleted(at) = end else { return false };
            (row.delete_at, row.update_at) = (at, row.update_at.max(at));
            true
        });
    }

    /// One that is there no more is none.
    pub fn keep<T: ShowsPost>(&self, shown: &mut T) -> Option<()> {
        self.judge(shown, |_, _| false).then_some(())
    }

    /// Whether rows will tell otherwise of one of them, as of what a hold spared.
    pub fn await_rows(&self) -> bool {
        self.0.values().any(|end| matches!(end, End::Past | End::OfFiles))
    }

    /// What became of one of them.
    pub fn of(&self, post: PostId) -> Option<End> {
        self.0.get(&post).copied()
    }

    fn retain<T: ShowsPost>(
        &self,
        shown: &mut Vec<T>,
        stays: impl Fn(&mut PostRow, End) -> bool + Copy,
    ) {
        if !self.0.is_empty() {
            shown.retain_mut(|one| self.judge(one, stays));
        }
    }

    /// Whether it is shown on: as `stays` leaves it where the post is there no more.
    fn judge<T: ShowsPost>(
        &self,
        shown: &mut T,
        stays: impl Fn(&mut PostRow, End) -> bool,
    ) -> bool {
        let Some(end) = self.of(shown.post().row.id) else { return true };
        if matches!(end, End::Deleted(_)) && shown.tells_deletion() {
            return true;
        }
        let row = &mut shown.post_mut().row;
        if end.is_whole() {
            return stays(row, end);
        }
        forget(row, end);
        true
    }
}

/// As rows will have it.
fn forget(row: &mut PostRow, end: End) {
    match end {
        End::Erased => row.forget(),
        _ => row.files.clear(),
    }
}

/// What the fold knows of a channel.
struct Known<'f> {
    channel: &'f Channel,
    window: &'f Window,
    /// Whether rows may not know yet what of it is past its time.
    expires: bool,
}

impl Known<'_> {
    fn end(&self, post: &PostHead) -> Option<End> {
        let deleted = |id: PostId| self.window.last_touched_at(id.0, TouchKind::Deleted);
        if let Some(at) = deleted(post.id).or_else(|| post.root_id.and_then(deleted)) {
            return Some(End::Deleted(at));
        }
        let past = |before: i64| self.expires && post.create_at < before;
        if past(self.channel.expired_before) {
            return Some(End::Past);
        }
        if self.channel.has_erased(post.user_id) {
            return Some(End::Erased);
        }
        past(self.channel.files_expired_before).then_some(End::OfFiles)
    }
}

impl App {
    /// What became of `posts`. Each channel is looked at once.
    pub(crate) fn ends(&self, posts: impl IntoIterator<Item = PostHead>) -> Ends {
        let mut of_channels: BTreeMap<ChannelId, Vec<PostHead>> = BTreeMap::new();
        for post in posts {
            of_channels.entry(post.channel_id).or_default().push(post);
        }
        let ended = |(channel, posts): (ChannelId, Vec<PostHead>)| {
            let channels = self.fold.channels(channel);
            let window = channels.window();
            let expires = window
                .last_touch(channel.0, TouchKind::Deleted)
                .is_some_and(|at| !self.rows.have_passed(partition_of(channel), at + 1));
            let held = channels.state().channel(channel);
            let known = held.map(|channel| Known { channel, window, expires });
            let end = |post: &PostHead| Some((post.id, known.as_ref()?.end(post)?));
            posts.iter().filter_map(end).collect::<Vec<_>>()
        };
        Ends(of_channels.into_iter().flat_map(ended).collect())
    }

    /// What became of the posts of several lists.
    pub(crate) fn ends_of<'s, T: ShowsPost + 's>(
        &self,
        shown: impl IntoIterator<Item = &'s T>,
    ) -> Ends {
        self.ends(shown.into_iter().map(|one| PostHead::from(&one.post().row)))
    }

    /// Takes out of a page what is there no more, and the words that were erased.
    pub(crate) fn take_out_ended(&self, page: &mut PostPage) -> Ends {
        let ends = self.ends_of(page.posts.iter().chain(&page.roots));
        ends.take_out(&mut page.posts);
        ends.take_out(&mut page.roots);
        ends
    }

    /// The same, with what was deleted told as such.
    pub(crate) fn tell_ended(&self, page: &mut PostPage) {
        let ends = self.ends_of(page.posts.iter().chain(&page.roots));
        ends.tell(&mut page.posts);
        ends.tell(&mut page.roots);
    }

    /// What became of one post.
    pub(crate) fn end(&self, post: PostHead) -> Option<End> {
        self.ends([post]).of(post.id)
    }

    /// Refuses what hangs on a post that is there no more, as what is not there.
    pub(crate) fn require_post(
        &self,
        post: PostHead,
        unknown: fn() -> ApiError,
    ) -> Result<(), ApiError> {
        match self.end(post) {
            Some(end) if end.is_whole() => Err(unknown()),
            _ => Ok(()),
        }
    }
}

fn partition_of(channel: ChannelId) -> Partition {
    Partition::of(Topic::Channels, channel.as_bytes())
}
