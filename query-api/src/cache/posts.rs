//! Single posts, for search.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::{Conflicts, Kinds, TouchKind, rights};
use events::{ChannelId, PostId, UserId};
use moka::sync::Cache;
use platform::http::ApiError;
use read_model::queries::{Positioned, PostView};

use super::{IDLE, weight};
use crate::app::{App, failed};
use crate::render::{self, NamesOfToday, Told};

const BYTES_MAX: u64 = 128 << 20;

const ANY_TOUCH: Kinds = Kinds::of(&[
    TouchKind::Created,
    TouchKind::Edited,
    TouchKind::Deleted,
    TouchKind::Pinned,
    TouchKind::Reacted,
    TouchKind::Replied,
    TouchKind::Attached,
]);
const DELETED: Kinds = Kinds::of(&[TouchKind::Deleted]);

/// Posts, rendered. The fold's window says whether one was touched since; whether people, emoji and links
/// are still what it says is asked each time. What the window has forgotten is read again.
pub(crate) struct Posts(Cache<PostId, Arc<ShownPost>>);

/// A post with what a search needs of it.
#[derive(Debug)]
pub(crate) struct ShownPost {
    pub body: Bytes,
    pub message: String,
    pub author_id: UserId,
    root_id: Option<PostId>,
    acknowledged_by: Vec<UserId>,
    /// It contains everything of its partition below this offset.
    next_offset: AtomicU64,
    told: Told,
}

impl Posts {
    pub fn new() -> Self {
        let weigh =
            |_: &PostId, post: &Arc<ShownPost>| weight(post.body.len() + post.message.len());
        let cache =
            Cache::builder().max_capacity(BYTES_MAX).weigher(weigh).time_to_idle(IDLE).build();
        Self(cache)
    }
}

impl App {
    /// Those of `posts` that `user` may read now, where the fold is current. With each comes the channel that the index has it in.
    pub(crate) async fn shown_posts(
        &self,
        user: UserId,
        posts: &[(PostId, ChannelId)],
    ) -> Result<HashMap<PostId, Arc<ShownPost>>, ApiError> {
        let mut shown = HashMap::with_capacity(posts.len());
        let mut missing = Vec::new();
        for (post, channel) in posts {
            match self.held_post(user, *post, *channel) {
                Some(held) => drop(shown.insert(*post, held)),
                None => missing.push(*post),
            }
        }
        if missing.is_empty() {
            return Ok(shown);
        }
        let mut reads = self.reader.posts_by_ids_at(user, &missing).await.map_err(failed)?;
        let ends = self.ends_of(&reads);
        ends.take_out(&mut reads);
        for read in reads {
            let (id, post) = (read.value.row.id, self.render_post(&read));
            if !ends.await_rows() {
                self.posts.0.insert(id, Arc::clone(&post));
            }
            shown.insert(id, post);
        }
        Ok(shown)
    }

    fn held_post(&self, user: UserId, post: PostId, channel: ChannelId) -> Option<Arc<ShownPost>> {
        let held = self.posts.0.get(&post)?;
        let stands = self.stands(user, post, channel, &held);
        // By now the first question has let go of the fold, which the second one locks again.
        (stands && render::are_called(self, &held.told)).then_some(held)
    }

    /// Whether `user` may read the post now, and nothing has touched it since.
    fn stands(&self, user: UserId, post: PostId, channel: ChannelId, held: &ShownPost) -> bool {
        let directory = self.fold.directory();
        let channels = self.fold.channels(channel);
        let Some(in_channel) = channels.state().channel(channel) else { return false };
        let may = rights::member(directory.state(), in_channel, user).is_some();
        let mut people = held.acknowledged_by.iter().chain([&held.author_id]);
        if !may || people.any(|user| in_channel.has_erased(*user)) {
            return false;
        }
        let since = held.next_offset.load(Ordering::Relaxed);
        let window = channels.window();
        if since < window.floor() || since > channels.next() {
            return false;
        }
        let mut touches = Conflicts::new();
        touches.push((channel.0, DELETED));
        touches.push((post.0, ANY_TOUCH));
        touches.extend(held.root_id.map(|root| (root.0, DELETED)));
        if window.conflicts(&touches, since) {
            return false;
        }
        // Untouched up to here: the window may forget what is before.
        held.next_offset.fetch_max(channels.next(), Ordering::Relaxed);
        true
    }

    fn render_post(&self, read: &Positioned<PostView>) -> Arc<ShownPost> {
        let row = &read.value.row;
        let names = NamesOfToday::new(self);
        let body = render::post(&read.value, &names);
        Arc::new(ShownPost {
            body,
            message: row.message.clone(),
            author_id: row.user_id,
            root_id: row.root_id,
            acknowledged_by: read.value.acknowledgements.iter().map(|ack| ack.user_id).collect(),
            next_offset: AtomicU64::new(read.next_offset),
            told: names.told(),
        })
    }
}
