//! Following threads, and reading them.

use events::thread::*;
use events::*;
use rand::Rng;

use super::{History, Post};

impl History {
    pub(super) fn mind_threads(&mut self) {
        let roots: Vec<Post> = self.posts.iter().filter(|p| p.root.is_none()).copied().collect();
        let Some(root) = self.pick(&roots) else { return };
        let Some((user_id, _)) = self.member(root.channel) else { return };
        let (channel_id, root_id) = (root.channel, root.id);
        match self.rng.random_range(0..5) {
            0 => {
                let c = ThreadFollowed { channel_id, root_id, user_id, reply_count: 0 };
                self.channel(channel_id, Body::from(c));
            }
            1 => {
                let c = ThreadUnfollowed { channel_id, root_id, user_id, reply_count: 0 };
                self.channel(channel_id, Body::from(c));
            }
            2 => self.read_threads(channel_id, user_id),
            _ => self.read_thread(root, user_id),
        }
    }

    /// Reads the thread up to any of its posts.
    fn read_thread(&mut self, root: Post, user_id: UserId) {
        let of_thread: Vec<Post> = self
            .posts
            .iter()
            .filter(|post| post.id == root.id || post.root == Some(root.id))
            .copied()
            .collect();
        let Some(post) = self.pick(&of_thread) else { return };
        let (before, now) = (ThreadUnread::default(), ThreadUnread::default());
        let as_of = self.marker(root.channel, user_id).map_or(0, |marker| marker.as_of);
        let back = self.rng.random_bool(0.3);
        let read_to = post.at - i64::from(back);
        let (channel_id, root_id) = (root.channel, root.id);
        let marker = ThreadMarker { channel_id, root_id, as_of, read_to, before, now };
        let event: ReadstateEvent = if back {
            Body::from(ThreadMarkerSetBack { user_id, marker, post_id: post.id }).into()
        } else {
            Body::from(ThreadMarkerAdvanced { user_id, marker }).into()
        };
        self.readstate(user_id, event);
    }

    fn read_threads(&mut self, channel_id: ChannelId, user_id: UserId) {
        let teams = self.teams.clone();
        let team = self.pick(&teams).filter(|_| self.rng.random_bool(0.5));
        let scope = team.map_or(ThreadScope::Channel(channel_id), ThreadScope::Team);
        // No earlier than anything that was said.
        let read_to = self.posts.iter().map(|post| post.at).max().unwrap_or(0).max(self.now_ms);
        let c = ThreadMarkersAdvanced::of(user_id, scope, read_to);
        self.readstate(user_id, Body::from(c));
    }
}
