//! What is past its time, and what holds it.

use events::retention::*;
use events::*;
use rand::Rng;

use super::{History, Post};

impl History {
    pub(super) fn retain(&mut self) {
        match self.rng.random_range(0..5) {
            0 => self.hold(),
            1 => {
                let c = RetentionRunFinished {
                    run_id: Id(self.rng.random()),
                    began_at: self.now_ms,
                    by: self.rng.random_bool(0.5).then(|| self.user()),
                    channels: 3,
                    posts: 1,
                    files: 4,
                    channels_held: 1,
                    keys_advanced: 5,
                    objects_removed: 9,
                    channels_failed: 2,
                };
                self.directory(Body::from(c));
            }
            _ => self.expire(),
        }
    }

    fn hold(&mut self) {
        let (by, hold_id) = (self.user(), HoldId::from_bytes([self.rng.random_range(0..3); 16]));
        if self.rng.random_bool(0.5) {
            let c = LegalHoldPlaced { hold_id, user_ids: vec![by], channel_ids: Vec::new(), by };
            let p = HoldMatter { name: self.words() };
            self.directory(Body { c, p });
        } else {
            self.directory(Body::from(LegalHoldReleased { hold_id, by }));
        }
    }

    /// As the command side does it: nobody refers to what is gone afterwards.
    fn expire(&mut self) {
        let channel_id = self.any_channel();
        let times: Vec<i64> =
            self.posts.iter().filter(|post| post.channel == channel_id).map(|p| p.at).collect();
        let Some(before) = self.pick(&times).map(|at| at + self.rng.random_range(0..2)) else {
            return;
        };
        let kept = if self.rng.random_bool(0.3) { vec![self.user()] } else { Vec::new() };
        let c = ChannelPostsExpired {
            channel_id,
            before: if self.rng.random_bool(0.8) { before } else { 0 },
            files_before: before + self.rng.random_range(0..3_000),
            kept_author_ids: kept.clone(),
            policy_id: self.rng.random_bool(0.5).then(|| PolicyId::from_bytes([1; 16])),
            run_id: Id([2; 16]),
            posts: 1,
            files: 2,
        };
        let before = c.before;
        let folded = self.channel(channel_id, Body::from(c));
        if Self::applied(&folded).is_none() {
            return;
        }
        let past = |post: &Post| {
            post.channel == channel_id && post.at < before && !kept.contains(&post.author)
        };
        let answered: Vec<PostId> =
            self.posts.iter().filter(|post| !past(post)).filter_map(|post| post.root).collect();
        self.posts.retain(|post| !past(post) || answered.contains(&post.id));
        self.files.retain(|(channel, ..)| *channel != channel_id);
    }
}
