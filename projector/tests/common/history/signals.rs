//! Priorities, acknowledgements, bookmarks.

use events::bookmark::*;
use events::channel::*;
use events::priority::{Priority, PriorityLevel};
use events::*;
use rand::Rng;

use super::History;

impl History {
    pub(super) fn priority(&mut self) -> Priority {
        let level = self.pick(&PriorityLevel::ALL).unwrap_or_default();
        Priority { level, requested_ack: self.rng.random_bool(0.3) }
    }

    pub(super) fn signal(&mut self) {
        if self.rng.random_bool(0.4) { self.acknowledge() } else { self.bookmark() }
    }

    fn acknowledge(&mut self) {
        let Some(post) = self.live_post() else { return };
        let Some((user_id, _)) = self.member(post.channel) else { return };
        let (channel_id, post_id, root_id) = (post.channel, post.id, post.root);
        if self.rng.random_bool(0.7) {
            let c = PostAcknowledged { channel_id, post_id, root_id, user_id };
            self.channel(channel_id, Body::from(c));
        } else {
            let c = PostAcknowledgementRemoved { channel_id, post_id, root_id, user_id };
            self.channel(channel_id, Body::from(c));
        }
    }

    fn bookmark(&mut self) {
        let known = self.bookmarks.clone();
        match (self.rng.random_range(0..6), self.pick(&known)) {
            (0..3, _) | (_, None) => self.create_bookmark(),
            (3, Some(of)) => self.change_bookmark(of),
            (4, Some((channel_id, bookmark_id))) => {
                let by = self.user();
                let place = self.rng.random_range(0..4);
                let c = BookmarkMoved { channel_id, bookmark_id, place, by };
                self.channel(channel_id, Body::from(c));
            }
            (_, Some((channel_id, bookmark_id))) => {
                let by = self.user();
                let c = BookmarkDeleted { channel_id, bookmark_id, by };
                self.channel(channel_id, Body::from(c));
            }
        }
    }

    fn create_bookmark(&mut self) {
        let channel_id = self.any_channel();
        let Some((owner_id, _)) = self.member(channel_id) else { return };
        let bookmark_id = BookmarkId::from_bytes(self.rng.random());
        let create_at = self.now_ms - self.rng.random_range(0..20_000);
        let file_id = FileId::from_bytes(self.rng.random());
        let is_file = self.rng.random_bool(0.5);
        let file = is_file.then_some(BookmarkedFile { file_id, owner_id, create_at });
        let c = BookmarkCreated { channel_id, bookmark_id, owner_id, file };
        let p = self.shown();
        if Self::applied(&self.channel(channel_id, Body { c, p })).is_some() {
            self.bookmarks.push((channel_id, bookmark_id));
        }
    }

    fn change_bookmark(&mut self, (channel_id, held): (ChannelId, BookmarkId)) {
        let Some((owner_id, _)) = self.member(channel_id) else { return };
        let file = {
            let fold = self.set.channels(channel_id);
            let channel = fold.state().channel(channel_id);
            channel.and_then(|channel| channel.bookmarks.get(held)?.file)
        };
        let another = self.rng.random_bool(0.5);
        let new_id = BookmarkId::from_bytes(self.rng.random());
        let (bookmark_id, replaces) = if another { (new_id, Some(held)) } else { (held, None) };
        let c = BookmarkChanged { channel_id, bookmark_id, replaces, owner_id, file };
        let p = self.shown();
        if Self::applied(&self.channel(channel_id, Body { c, p })).is_some() && another {
            self.bookmarks.push((channel_id, bookmark_id));
        }
    }

    fn shown(&mut self) -> BookmarkContent {
        BookmarkContent {
            display_name: self.words(),
            link_url: self.words(),
            ..BookmarkContent::default()
        }
    }
}
