//! What people arrange, set and begin to write for themselves.

use domain::errands::Errand;
use events::channel::ChannelMemberNotifyChanged;
use events::custom_status::*;
use events::draft::*;
use events::profile::*;
use events::scheduled_post::*;
use events::sidebar::*;
use events::user::{SessionCreated, SessionOrigin, SessionRevoked, TokenHash};
use events::*;
use rand::Rng;

use super::History;

impl History {
    pub(super) fn notify(&mut self) {
        let channel_id = self.any_channel();
        let user_id = match self.member(channel_id) {
            Some((member, _)) if self.rng.random_bool(0.9) => member,
            _ => self.user(),
        };
        // Often those that mute a channel, let calls to all of it pass by, or follow all its threads.
        let unread = [("mark_unread", "mention"), ("mark_unread", "all"), ("push", "a\0b")];
        let calls = ["on", "off", "default"].map(|value| ("ignore_channel_mentions", value));
        let follows = ["on", "off"].map(|value| ("channel_auto_follow_threads", value));
        let set = [self.pick(&unread), self.pick(&calls), self.pick(&follows)];
        let set = set.into_iter().flatten();
        let notify_props = set.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let c = ChannelMemberNotifyChanged { channel_id, user_id, notify_props };
        self.channel(channel_id, Body::from(c));
    }

    pub(super) fn arrange(&mut self) {
        let (user_id, team_id) = (self.user(), self.teams[0]);
        let own = CategoryKey::Own(Id([self.rng.random_range(0..3); 16]));
        let categories: Vec<Category> =
            [own, CategoryKey::Favorites].map(|key| self.category(key)).to_vec();
        let (favorites_added, favorites_removed) = (self.some_channels(), self.some_channels());
        let order = vec![own, CategoryKey::Channels];
        let names = CategoryNames { names: vec![self.words(), String::new()] };
        match self.rng.random_range(0..4) {
            0 => {
                let c = SidebarCategoryCreated {
                    user_id,
                    team_id,
                    category_id: own,
                    categories,
                    order,
                    favorites_removed,
                };
                self.personal(user_id, Body { c, p: names });
            }
            1 => {
                let c = SidebarCategoryDeleted { user_id, team_id, category_id: own };
                self.personal(user_id, Body::from(c));
            }
            2 => self.personal(user_id, Body::from(SidebarOrderSet { user_id, team_id, order })),
            _ => {
                let c = SidebarCategoriesChanged {
                    user_id,
                    team_id,
                    categories,
                    favorites_added,
                    favorites_removed,
                };
                self.personal(user_id, Body { c, p: names });
            }
        }
    }

    fn category(&mut self, category_id: CategoryKey) -> Category {
        Category {
            category_id,
            sorting: CategorySorting::Manual,
            muted: self.rng.random_bool(0.5),
            collapsed: false,
            channel_ids: self.some_channels(),
            sort_order: 10,
        }
    }

    fn some_channels(&mut self) -> Vec<ChannelId> {
        (0..self.rng.random_range(0..3)).map(|_| self.any_channel()).collect()
    }

    pub(super) fn say_status(&mut self) {
        let user_id = self.user();
        let said =
            |history: &mut Self| CustomStatus { text: history.words(), ..CustomStatus::default() };
        let recent = vec![said(self), said(self)];
        match self.rng.random_range(0..4) {
            0 => self.personal(user_id, Body::from(CustomStatusCleared { user_id })),
            1 => {
                let c = CustomStatusRecentRemoved { user_id };
                self.personal(user_id, Body { c, p: RecentCustomStatuses { recent } });
            }
            _ => {
                let c = CustomStatusSet { user_id, expires_at_ms: 0 };
                let p = CustomStatusContent { status: said(self), recent };
                self.personal(user_id, Body { c, p });
            }
        }
    }

    /// Posts that are to be sent later, or are being sent, each with where that was said.
    fn held_for_later(&self) -> Vec<(UserId, ScheduledPostId, u64)> {
        let mut held = Vec::new();
        for index in 0..PARTITIONS {
            for (user, errand, timer) in
                self.set.users_at(index).state().errands().due(i64::MAX, i64::MAX)
            {
                if let Errand::Post(id) = errand {
                    held.push((user, id, timer.said_at));
                }
            }
        }
        held
    }

    pub(super) fn schedule(&mut self) {
        let held = self.held_for_later();
        let fresh = (self.user(), ScheduledPostId(Id([self.rng.random_range(0..3); 16])), 0);
        let known = if self.rng.random_bool(0.7) { self.pick(&held) } else { None };
        let (user_id, scheduled_id, said_at) = known.unwrap_or(fresh);
        let channel_id = self.any_channel();
        let root_id = self.rng.random_bool(0.3).then(PostId::default);
        let (file_ids, due_at) = (vec![FileId::default()], self.now_ms + 500);
        let mut p = ScheduledContent { message: self.words(), ..ScheduledContent::default() };
        if self.rng.random_bool(0.3) {
            p.props.insert("a\0key".to_owned(), self.words().into());
        }
        match self.rng.random_range(0..12) {
            0..3 => {
                let c = ScheduledPostCreated {
                    scheduled_id,
                    user_id,
                    channel_id,
                    root_id,
                    file_ids,
                    due_at,
                };
                self.personal(user_id, Body { c, p });
            }
            3 => {
                let c = ScheduledPostChanged {
                    scheduled_id,
                    user_id,
                    channel_id,
                    root_id,
                    file_ids,
                    due_at,
                    created_at: self.now_ms - 500,
                };
                self.personal(user_id, Body { c, p });
            }
            4 => {
                let c = ScheduledPostDeleted { scheduled_id, user_id, channel_id, root_id };
                self.personal(user_id, Body::from(c));
            }
            5..8 => {
                let c = ScheduledPostFired { scheduled_id, user_id, said_at };
                self.personal(user_id, Body::from(c));
            }
            8 => {
                let post_id = PostId::default();
                let c = ScheduledPostSent { scheduled_id, user_id, channel_id, root_id, post_id };
                self.personal(user_id, Body::from(c));
            }
            _ => {
                let error_code = ScheduledPostError::ChannelArchived;
                let c = ScheduledPostFailed { scheduled_id, user_id, said_at, error_code };
                self.personal(user_id, Body::from(c));
            }
        }
    }

    pub(super) fn say_of_profile(&mut self) {
        let user_id = self.user();
        let field = |n| ProfileFieldId(Id([n; 16]));
        let field_ids = vec![field(self.rng.random_range(0..3)), field(3)];
        let cleared = self.rng.random_bool(0.3);
        let first = if cleared { String::new() } else { self.words() };
        let many = ProfileValue::Many(vec![self.words()]);
        // Of one whose key is gone nothing is left.
        let lost = self.rng.random_bool(0.1);
        let values = if lost { vec![] } else { vec![ProfileValue::One(first), many] };
        let c = ProfileValuesSet { user_id, field_ids };
        self.personal(user_id, Body { c, p: ProfileValues { values } });
    }

    /// Some sessions have expired by the next login.
    pub(super) fn log_in_or_out(&mut self) {
        let user_id = self.user();
        let session_id = SessionId(Id([self.rng.random_range(0..4); 16]));
        if self.rng.random_bool(0.3) {
            self.personal(user_id, Body::from(SessionRevoked { user_id, session_id }));
            return;
        }
        let c = SessionCreated {
            user_id,
            session_id,
            token_hash: TokenHash(self.rng.random()),
            expires_at: self.now_ms + 20_000,
            auth_generation: 0,
        };
        let p = SessionOrigin { user_agent: self.words(), ..SessionOrigin::default() };
        self.personal(user_id, Body { c, p });
    }

    pub(super) fn draft(&mut self) {
        let (user_id, channel_id) = (self.user(), self.any_channel());
        let root_id = self.rng.random_bool(0.3).then(PostId::default);
        if self.rng.random_bool(0.3) {
            let because = DraftEnd::Sent;
            let saved_until = self.rng.random_bool(0.3).then_some(self.now_ms - 5_000);
            let c = DraftDeleted { user_id, channel_id, root_id, because, saved_until };
            self.readstate(user_id, Body::from(c));
        } else {
            let begun_at = self.rng.random_bool(0.5).then_some(self.now_ms - 500);
            let c = DraftSaved { user_id, channel_id, root_id, file_ids: vec![], begun_at };
            let mut p = DraftContent { message: self.words(), ..DraftContent::default() };
            if self.rng.random_bool(0.3) {
                p.props.insert("a\0key".to_owned(), self.words().into());
            }
            self.readstate(user_id, Body { c, p });
        }
    }
}
