//! Posts and what belongs to them, preferences, reading.

use events::channel::*;
use events::user::*;
use events::*;
use rand::Rng;

use super::{EMOJI, History, Post};

impl History {
    pub(super) fn live_post(&mut self) -> Option<Post> {
        let posts: Vec<Post> = self.posts.iter().filter(|post| !post.deleted).copied().collect();
        self.pick(&posts)
    }

    pub(super) fn content(&mut self) -> PostContent {
        let mut content = PostContent { message: self.words(), ..PostContent::default() };
        if self.rng.random_bool(0.2) {
            content.props.insert("a\0key".to_owned(), self.words().into());
        }
        content
    }

    pub(super) fn post(&mut self) {
        let channel_id = self.any_channel();
        let Some((author_id, _)) = self.member(channel_id) else { return };
        let roots: Vec<Post> = self
            .posts
            .iter()
            .filter(|post| post.channel == channel_id && post.root.is_none() && !post.deleted)
            .copied()
            .collect();
        let root = if self.rng.random_bool(0.5) { self.pick(&roots) } else { None };
        let files: Vec<_> = self
            .files
            .extract_if(.., |(channel, owner, _)| *channel == channel_id && *owner == author_id)
            .collect();
        let kinds = [Broadcast::None, Broadcast::None, Broadcast::Channel, Broadcast::Here];
        let mentions = vec![self.user(), self.user()];
        let c = PostCreated {
            channel_id,
            post_id: PostId::from_bytes(self.rng.random()),
            author_id,
            root: root.map(|root| Root { post_id: root.id, author_id: root.author }),
            mentions: if self.rng.random_bool(0.4) { mentions } else { Vec::new() },
            named: Vec::new(),
            broadcast: self.pick(&kinds).unwrap_or_default(),
            files: files.into_iter().map(|(_, _, file)| file).collect(),
            marks_read: self.rng.random_bool(0.8),
            auto_follow: true,
            set_online: true,
            priority: if root.is_none() { self.priority() } else { Default::default() },
        };
        let mini = |file: &AttachedFile| if file.has_preview { "mini" } else { "" }.to_owned();
        let p = PostContent {
            file_names: vec!["a.txt".to_owned(); c.files.len()],
            mini_previews: c.files.iter().map(mini).collect(),
            ..self.content()
        };
        let (id, root) = (c.post_id, root.map(|root| root.id));
        let folded = self.channel(channel_id, Body { c, p });
        if let Some(applied) = Self::applied(&folded) {
            let at = applied.at;
            let post =
                Post { id, channel: channel_id, author: author_id, root, at, deleted: false };
            self.posts.push(post);
        }
    }

    pub(super) fn edit(&mut self) {
        let Some(post) = self.live_post() else { return };
        let c = PostEdited {
            channel_id: post.channel,
            post_id: post.id,
            author_id: post.author,
            create_at: post.at,
            root_id: post.root,
            is_pinned: false,
            has_reactions: false,
            reply_count: 0,
            files: Vec::new(),
            priority: Default::default(),
        };
        let p = self.content();
        self.channel(post.channel, Body { c, p });
    }

    pub(super) fn delete(&mut self) {
        let Some(post) = self.live_post() else { return };
        let c = PostDeleted {
            channel_id: post.channel,
            post_id: post.id,
            author_id: post.author,
            root_id: post.root,
            by: post.author,
        };
        if Self::applied(&self.channel(post.channel, Body::from(c))).is_some() {
            for other in &mut self.posts {
                other.deleted |= other.id == post.id || other.root == Some(post.id);
            }
        }
    }

    pub(super) fn pin(&mut self) {
        let Some(post) = self.live_post() else { return };
        let (channel_id, post_id, root_id, by) = (post.channel, post.id, post.root, post.author);
        if self.rng.random_bool(0.5) {
            self.channel(channel_id, Body::from(PostPinned { channel_id, post_id, root_id, by }));
        } else {
            self.channel(channel_id, Body::from(PostUnpinned { channel_id, post_id, root_id, by }));
        }
    }

    pub(super) fn react(&mut self) {
        let Some(post) = self.live_post() else { return };
        let Some((user_id, _)) = self.member(post.channel) else { return };
        let emoji_name = self.pick(&EMOJI).unwrap_or_default().to_owned();
        let (channel_id, post_id, root_id) = (post.channel, post.id, post.root);
        if self.rng.random_bool(0.6) {
            let c = ReactionAdded { channel_id, post_id, root_id, user_id, emoji_name };
            self.channel(channel_id, Body::from(c));
        } else {
            let c = ReactionRemoved { channel_id, post_id, root_id, user_id, emoji_name };
            self.channel(channel_id, Body::from(c));
        }
    }

    pub(super) fn upload(&mut self) {
        let channel_id = self.any_channel();
        let Some((owner_id, _)) = self.member(channel_id) else { return };
        let file = AttachedFile {
            file_id: FileId::from_bytes(self.rng.random()),
            size: 5,
            mime_type: "text/plain".to_owned(),
            extension: "txt".to_owned(),
            width: 0,
            height: 0,
            has_preview: self.rng.random(),
        };
        let c =
            FileUploaded { channel_id, owner_id, file: file.clone(), object: "files/x".to_owned() };
        let mini_preview = if file.has_preview { self.words() } else { String::new() };
        let p = FileDetails { name: self.words(), mini_preview, ..FileDetails::default() };
        if Self::applied(&self.channel(channel_id, Body { c, p })).is_some() {
            self.files.push((channel_id, owner_id, file));
        }
    }

    pub fn personal(&mut self, user: UserId, event: impl Into<UserEvent>) {
        self.emit(Topic::Users, user.0, Some(user), Event::Users(event.into()));
    }

    pub(super) fn prefer(&mut self) {
        let user_id = self.user();
        let preferences = (0..2)
            .map(|_| Preference {
                category: "display".to_owned(),
                name: format!("n{}", self.rng.random_range(0..4)),
                value: self.words(),
            })
            .collect();
        let p = Preferences { preferences };
        if self.rng.random_bool(0.7) {
            self.personal(user_id, Body { c: PreferencesSet { user_id }, p });
        } else {
            self.personal(user_id, Body { c: PreferencesDeleted { user_id }, p });
        }
    }

    pub(super) fn set_status(&mut self) {
        let user_id = self.user();
        let kinds = [StatusKind::Online, StatusKind::Dnd, StatusKind::Away, StatusKind::Offline];
        let status = self.pick(&kinds).unwrap_or(StatusKind::Online);
        self.personal(user_id, Body::from(StatusSet { user_id, status, dnd_end_ms: 0 }));
    }

    pub(super) fn read(&mut self) {
        let channel_id = self.any_channel();
        let Some((user_id, _)) = self.member(channel_id) else { return };
        let Some(marker) = self.marker(channel_id, user_id) else { return };
        let event: ReadstateEvent = if self.rng.random_bool(0.8) {
            Body::from(ReadMarkerAdvanced {
                user_id,
                markers: vec![marker],
                threads: self.rng.random_bool(0.3),
            })
            .into()
        } else {
            let back = ReadMarker { read_to: marker.read_to - 2_000, ..marker };
            let post_id = PostId::default();
            let now = marker.totals;
            Body::from(ReadMarkerSetBack {
                user_id,
                marker: back,
                post_id,
                now,
                urgent_mentions: 0,
            })
            .into()
        };
        self.readstate(user_id, event);
    }

    pub fn readstate(&mut self, user: UserId, event: impl Into<ReadstateEvent>) {
        self.emit(Topic::Readstate, user.0, Some(user), Event::Readstate(event.into()));
    }

    pub fn marker(&self, channel_id: ChannelId, user: UserId) -> Option<ReadMarker> {
        let fold = self.set.channels(channel_id);
        let channel = fold.state().channel(channel_id)?;
        let totals = channel.totals_for(channel.member(user)?);
        let read_to = channel.totals.last_post_at;
        Some(ReadMarker { channel_id, as_of: channel.last_at, read_to, totals })
    }
}
