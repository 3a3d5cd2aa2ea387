//! A small installation that a test writes line by line.

use events::channel::*;
use events::directory::*;
use events::user::*;
use events::*;
use projector::{RowChanges, RowWriter};

use super::history::History;

/// People, teams, channels and what they say.
pub struct Scene {
    pub history: History,
    written: std::collections::BTreeMap<Partition, usize>,
    ids: u8,
}

impl Scene {
    pub fn new() -> Self {
        Self { history: History::empty(), written: Default::default(), ids: 0 }
    }

    fn id(&mut self) -> [u8; 16] {
        self.ids += 1;
        let mut id = [7; 16];
        id[15] = self.ids;
        id
    }

    pub fn user(&mut self, username: &str) -> UserId {
        let user_id = UserId::from_bytes(self.id());
        let hash = KeyedHash(user_id.0);
        let c = UserCreated {
            user_id,
            username_hash: hash,
            email_hash: hash,
            is_bot: false,
            locale: String::new(),
        };
        let p = NewProfile {
            username: username.to_owned(),
            email: format!("{username}@Example.org"),
            first_name: format!("First-{username}"),
            password_hash: format!("$hash-of-{username}"),
            ..NewProfile::default()
        };
        self.history.directory(Body { c, p });
        user_id
    }

    pub fn team(&mut self, name: &str, creator_id: UserId) -> TeamId {
        let team_id = TeamId::from_bytes(self.id());
        let invite_id = Id(self.id());
        let c = TeamCreated {
            team_id,
            name: name.to_owned(),
            display_name: format!("The {name}"),
            description: String::new(),
            r#type: TeamType::Open,
            allow_open_invite: false,
            invite_id,
            creator_id,
            default_channels: Vec::new(),
        };
        self.history.directory(Body { c, p: TeamContact::default() });
        team_id
    }

    pub fn join_team(&mut self, team_id: TeamId, user_id: UserId) {
        let members = vec![NewTeamMember { user_id, scheme_admin: false }];
        let c = TeamMembersAdded { team_id, members, via: JoinedVia::Add };
        self.history.directory(Body::from(c));
    }

    pub fn leave_team(&mut self, team_id: TeamId, user_id: UserId) {
        let generation = self.history.generation(user_id, team_id);
        self.history.directory(Body::from(TeamMemberRemoved { team_id, user_id, generation }));
    }

    pub fn channel(
        &mut self,
        team_id: TeamId,
        kind: ChannelType,
        name: &str,
        members: &[UserId],
    ) -> ChannelId {
        let channel_id = ChannelId::from_bytes(self.id());
        let creator_id = members[0];
        let channel = ClaimedChannel {
            r#type: kind,
            display_name: format!("The {name}"),
            header: String::new(),
            purpose: String::new(),
            creator_id,
            creator_generation: self.history.generation(creator_id, team_id),
        };
        let c = ChannelNameClaimed { team_id, channel_id, name: name.to_owned(), channel };
        self.history.directory(Body::from(c));
        let members = members
            .iter()
            .map(|user_id| NewMember {
                user_id: *user_id,
                generation: self.history.generation(*user_id, team_id),
                scheme_admin: *user_id == creator_id,
            })
            .collect();
        let c = ChannelCreated {
            channel_id,
            team_id,
            r#type: kind,
            display_name: format!("The {name}"),
            header: String::new(),
            purpose: String::new(),
            creator_id: Some(creator_id),
            is_default: false,
            members,
        };
        self.history.channel(channel_id, Body::from(c));
        channel_id
    }

    pub fn direct(&mut self, a: UserId, b: UserId) -> ChannelId {
        let channel_id = ChannelId::direct(a, b);
        let c = ChannelDirectOpened { channel_id, user_ids: vec![a, b], by: a };
        self.history.channel(channel_id, Body::from(c));
        channel_id
    }

    pub fn group(&mut self, user_ids: &[UserId]) -> ChannelId {
        let channel_id = ChannelId::group(user_ids);
        let c = ChannelGroupOpened { channel_id, user_ids: user_ids.to_vec(), by: user_ids[0] };
        self.history.channel(channel_id, Body::from(c));
        channel_id
    }

    pub fn post(&mut self, channel: ChannelId, author: UserId, message: &str) -> PostId {
        self.post_with(channel, author, message, None, &[], Broadcast::None, Vec::new())
    }

    pub fn reply(&mut self, channel: ChannelId, author: UserId, root: PostId) -> PostId {
        self.post_with(channel, author, "a reply", Some(root), &[], Broadcast::None, Vec::new())
    }

    #[allow(clippy::too_many_arguments, reason = "a test says all of it in one line")]
    pub fn post_with(
        &mut self,
        channel_id: ChannelId,
        author_id: UserId,
        message: &str,
        root: Option<PostId>,
        mentions: &[UserId],
        broadcast: Broadcast,
        files: Vec<AttachedFile>,
    ) -> PostId {
        let post_id = PostId::from_bytes(self.id());
        let c = PostCreated {
            channel_id,
            post_id,
            author_id,
            root: root.map(|post_id| Root { post_id, author_id }),
            mentions: mentions.to_vec(),
            named: Vec::new(),
            broadcast,
            marks_read: true,
            auto_follow: true,
            set_online: true,
            files,
            priority: Default::default(),
        };
        let file_names = c.files.iter().map(|_| "notes.txt".to_owned()).collect();
        let p = PostContent { message: message.to_owned(), file_names, ..PostContent::default() };
        self.history.channel(channel_id, Body { c, p });
        post_id
    }

    pub fn edit(&mut self, channel_id: ChannelId, post_id: PostId, author_id: UserId, text: &str) {
        let c = PostEdited {
            channel_id,
            post_id,
            author_id,
            create_at: 0,
            root_id: None,
            is_pinned: false,
            has_reactions: false,
            reply_count: 0,
            files: Vec::new(),
            priority: Default::default(),
        };
        let p = PostContent { message: text.to_owned(), ..PostContent::default() };
        self.history.channel(channel_id, Body { c, p });
    }

    pub fn delete(
        &mut self,
        channel_id: ChannelId,
        post_id: PostId,
        by: UserId,
        root_id: Option<PostId>,
    ) {
        let c = PostDeleted { channel_id, post_id, author_id: by, root_id, by };
        self.history.channel(channel_id, Body::from(c));
    }

    /// Reads the channel up to its end.
    pub fn view(&mut self, user_id: UserId, channel: ChannelId) {
        let markers = self.history.marker(channel, user_id).into_iter().collect();
        self.history.readstate(
            user_id,
            Body::from(ReadMarkerAdvanced { user_id, markers, threads: false }),
        );
    }

    /// Writes what is new.
    pub async fn write(&mut self, writer: &mut RowWriter) {
        let set = fold::FoldSet::new();
        let mut changes = RowChanges::default();
        for (partition, records) in &self.history.log {
            let written = self.written.entry(*partition).or_default();
            for (at, record) in records.iter().enumerate() {
                let folded = set.apply(std::sync::Arc::clone(record)).expect("known events");
                if at >= *written {
                    changes.absorb(&folded);
                }
            }
            *written = records.len();
        }
        writer.write(&changes).await.expect("the batch starts where the rows stand");
    }
}
