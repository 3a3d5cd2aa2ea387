//! A channel with its members and posts.

use std::collections::{BTreeMap, BTreeSet};

use events::channel::{
    ChannelCreated, ChannelMembersAdded, FileDetails, FileUploaded, Notice, PostDeleted,
};
use events::directory::ChannelType;
use events::retention::ChannelPostsExpired;
use events::{Body, ChannelEvent, ChannelId, FileId, PostId, TeamId, UserId};

use super::{PostPast, Version};

/// A membership at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemberPast {
    pub since: i64,
    pub is_admin: bool,
}

/// A channel, as its events made it so far. Without the events of posts it is one without posts.
#[derive(Debug, Clone)]
pub(crate) struct ChannelPast {
    pub id: ChannelId,
    pub r#type: ChannelType,
    /// Absent in conversations.
    pub team_id: Option<TeamId>,
    pub display_name: String,
    pub header: String,
    pub purpose: String,
    pub creator_id: Option<UserId>,
    /// 0: it is not there yet.
    pub create_at: i64,
    pub archived_at: Option<i64>,
    pub members: BTreeMap<UserId, MemberPast>,
    pub posts: BTreeMap<PostId, PostPast>,
    pub files: BTreeMap<FileId, Body<FileUploaded>>,
    pub erased: BTreeSet<UserId>,
    uploaded_at: BTreeMap<FileId, i64>,
}

impl ChannelPast {
    /// A channel that is not there yet.
    pub fn new(id: ChannelId) -> Self {
        Self {
            id,
            r#type: ChannelType::Open,
            team_id: None,
            display_name: String::new(),
            header: String::new(),
            purpose: String::new(),
            creator_id: None,
            create_at: 0,
            archived_at: None,
            members: BTreeMap::new(),
            posts: BTreeMap::new(),
            files: BTreeMap::new(),
            erased: BTreeSet::new(),
            uploaded_at: BTreeMap::new(),
        }
    }

    pub fn exists(&self) -> bool {
        self.create_at != 0
    }

    /// The posts that stand, newest first.
    pub fn live_posts(&self) -> Vec<&PostPast> {
        let mut live: Vec<&PostPast> = self.posts.values().filter(|post| post.is_live()).collect();
        live.sort_by_key(|post| std::cmp::Reverse((post.create_at, post.id)));
        live
    }

    /// Follows an applied event of this channel. `joined` are those who really became members by it.
    pub fn absorb(&mut self, event: &ChannelEvent, at: i64, joined: &[UserId]) {
        use ChannelEvent as E;
        match event {
            E::ChannelCreated(b) => self.create(&b.c, at),
            E::ChannelDirectOpened(b) => {
                self.open(ChannelType::Direct, b.c.by, &b.c.user_ids, at);
            }
            E::ChannelGroupOpened(b) => {
                self.open(ChannelType::Group, b.c.by, &b.c.user_ids, at);
            }
            E::ChannelSettingsChanged(b) => {
                let changed = [
                    (&mut self.display_name, &b.c.display_name),
                    (&mut self.header, &b.c.header),
                    (&mut self.purpose, &b.c.purpose),
                ];
                for (text, new) in changed {
                    if let Some(new) = new {
                        text.clone_from(new);
                    }
                }
                b.c.notices.iter().for_each(|notice| self.post_notice(notice, at));
            }
            E::ChannelPrivacyChanged(b) => {
                self.r#type = b.c.r#type;
                self.post_notice(&b.c.notice, at);
            }
            E::ChannelArchived(b) => {
                self.archived_at = Some(at);
                self.post_notice(&b.c.notice, at);
            }
            E::ChannelRestored(b) => {
                self.archived_at = None;
                self.post_notice(&b.c.notice, at);
            }
            E::ChannelMembersAdded(b) => self.add(&b.c, joined, at),
            E::ChannelMemberRemoved(b) => {
                self.members.remove(&b.c.user_id);
                b.c.notice.iter().for_each(|notice| self.post_notice(notice, at));
            }
            E::ChannelMemberRolesChanged(b) => {
                if let Some(member) = self.members.get_mut(&b.c.user_id) {
                    member.is_admin = b.c.scheme_admin;
                }
            }
            E::PostCreated(b) => {
                let root_id = b.c.root.as_ref().map(|root| root.post_id);
                let first = Version::new(at, &b.p, &b.c.files);
                let post = PostPast::new(b.c.post_id, b.c.author_id, root_id, first);
                self.posts.entry(b.c.post_id).or_insert(post);
            }
            E::PostEdited(b) => {
                let version = Version::new(at, &b.p, &b.c.files);
                self.with_post(b.c.post_id, |post| post.versions.push(version));
            }
            E::PostDeleted(b) => self.delete(&b.c, at),
            E::PostPinned(b) => self.with_post(b.c.post_id, |post| post.is_pinned = true),
            E::PostUnpinned(b) => self.with_post(b.c.post_id, |post| post.is_pinned = false),
            E::ReactionAdded(b) => {
                let key = (b.c.user_id, b.c.emoji_name.clone());
                self.with_post(b.c.post_id, |post| {
                    post.reactions.entry(key).or_insert(at);
                });
            }
            E::ReactionRemoved(b) => {
                let key = (b.c.user_id, b.c.emoji_name.clone());
                self.with_post(b.c.post_id, |post| {
                    post.reactions.remove(&key);
                });
            }
            E::FileUploaded(b) => {
                self.uploaded_at.entry(b.c.file.file_id).or_insert(at);
                self.files.entry(b.c.file.file_id).or_insert_with(|| b.clone());
            }
            E::ChannelAuthorErased(b) => self.erase(b.c.user_id),
            E::ChannelPostsExpired(b) => self.expire(&b.c, at),
            E::RulesActivated(_)
            | E::EpochOpened(_)
            | E::EpochSealed(_)
            | E::PostAcknowledged(_)
            | E::PostAcknowledgementRemoved(_)
            | E::BookmarkCreated(_)
            | E::BookmarkChanged(_)
            | E::BookmarkDeleted(_)
            | E::BookmarkMoved(_)
            | E::ThreadFollowed(_)
            | E::ThreadUnfollowed(_)
            | E::ChannelKeyAdvanced(_)
            | E::ChannelModerated(_)
            | E::ChannelMemberNotifyChanged(_) => {}
        }
    }

    fn create(&mut self, created: &ChannelCreated, at: i64) {
        self.r#type = created.r#type;
        self.team_id = Some(created.team_id);
        self.display_name.clone_from(&created.display_name);
        self.header.clone_from(&created.header);
        self.purpose.clone_from(&created.purpose);
        self.creator_id = created.creator_id;
        self.create_at = at;
        for member in &created.members {
            let is_admin = member.scheme_admin;
            self.members.entry(member.user_id).or_insert(MemberPast { since: at, is_admin });
        }
    }

    fn open(&mut self, r#type: ChannelType, by: UserId, users: &[UserId], at: i64) {
        self.r#type = r#type;
        self.creator_id = Some(by);
        self.create_at = at;
        let member = MemberPast { since: at, is_admin: false };
        self.members.extend(users.iter().map(|user| (*user, member)));
    }

    fn add(&mut self, added: &ChannelMembersAdded, joined: &[UserId], at: i64) {
        for member in added.members.iter().filter(|m| joined.contains(&m.user_id)) {
            let is_admin = member.scheme_admin;
            self.members.insert(member.user_id, MemberPast { since: at, is_admin });
        }
        added.notice.iter().for_each(|notice| self.post_notice(notice, at));
    }

    fn post_notice(&mut self, notice: &Notice, at: i64) {
        let post = PostPast::notice(notice, at);
        self.posts.entry(notice.post_id).or_insert(post);
    }

    fn with_post(&mut self, post: PostId, change: impl FnOnce(&mut PostPast)) {
        if let Some(post) = self.posts.get_mut(&post) {
            change(post);
        }
    }

    /// With the replies that still stand, where it is a root.
    fn delete(&mut self, deleted: &PostDeleted, at: i64) {
        let gone =
            |post: &PostPast| post.id == deleted.post_id || post.root_id == Some(deleted.post_id);
        for post in self.posts.values_mut().filter(|post| gone(post)) {
            post.deleted.get_or_insert((at, deleted.by));
        }
    }

    /// A root stays for its replies, blank; files go by the time of the posts that show them, or by their own.
    fn expire(&mut self, expired: &ChannelPostsExpired, at: i64) {
        let spared = |author: &UserId| expired.kept_author_ids.contains(author);
        let (before, files_before) = (expired.before.min(at), expired.files_before.min(at));
        let files_of_posts = before.max(files_before);
        let mut shown: BTreeMap<FileId, bool> = BTreeMap::new();
        for post in self.posts.values() {
            let goes = post.create_at < files_of_posts && !spared(&post.author_id);
            let files = post.versions.iter().flat_map(|version| &version.files);
            shown.extend(files.map(|(file, _)| (file.file_id, goes)));
        }
        let uploads = &self.uploaded_at;
        self.files.retain(|id, file| {
            let old = || uploads.get(id).is_some_and(|at| *at < files_before);
            spared(&file.c.owner_id) || !shown.get(id).copied().unwrap_or_else(old)
        });
        let past = |post: &PostPast| post.create_at < before && !spared(&post.author_id);
        let answered: BTreeSet<PostId> = self
            .posts
            .values()
            .filter(|post| !past(post))
            .filter_map(|post| post.root_id)
            .collect();
        self.posts
            .retain(|id, post| !past(post) || (post.root_id.is_none() && answered.contains(id)));
        for post in self.posts.values_mut().filter(|post| past(post)) {
            post.erase();
        }
    }

    fn erase(&mut self, author: UserId) {
        self.erased.insert(author);
        for post in self.posts.values_mut().filter(|post| post.author_id == author) {
            post.erase();
        }
        for file in self.files.values_mut().filter(|file| file.c.owner_id == author) {
            file.p = FileDetails::default();
        }
    }
}
