//! What clients ask for. A request is made once and may be sent several times, to several nodes, under
//! the same id; what an edge would make anew each time (a post's id) is made anew here, too.

use command_api::submission::Decided;
use domain::commands::channel::{AddChannelMembers, OpenDirectChannel, RemoveChannelMember};
use domain::commands::directory::{
    AddTeamMembers, CreateChannel, CreateTeam, CreateUser, DeactivateUser, RemoveTeamMember,
    RenameChannel,
};
use domain::commands::post::{
    AddReaction, Calls, CreatePost, DeletePost, EditPost, PinPost, PostFacts, RemoveReaction,
    UnpinPost,
};
use domain::commands::readstate::{Seen, ViewChannels};
use domain::commands::{Decision, subject_of};
use events::channel::{Broadcast, PostContent};
use events::directory::{ChannelType, NewProfile, TeamType};
use events::{ChannelId, Event, EventId, Id, KeyedHash, Partition, PostId, TeamId, Topic, UserId};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::node::Node;
use crate::rows::{Database, PostRow};

/// A command of a client.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    CreateUser {
        user: UserId,
        name: u8,
    },
    DeactivateUser {
        actor: UserId,
        user: UserId,
    },
    CreateTeam {
        actor: UserId,
        team: TeamId,
        name: u8,
    },
    JoinTeam {
        user: UserId,
        team: TeamId,
    },
    LeaveTeam {
        user: UserId,
        team: TeamId,
    },
    CreateChannel {
        actor: UserId,
        channel: ChannelId,
        team: TeamId,
        name: u8,
    },
    RenameChannel {
        actor: UserId,
        channel: ChannelId,
        name: u8,
    },
    OpenDirect {
        actor: UserId,
        other: UserId,
    },
    JoinChannel {
        actor: UserId,
        user: UserId,
        channel: ChannelId,
    },
    LeaveChannel {
        user: UserId,
        channel: ChannelId,
    },
    Post {
        author: UserId,
        channel: ChannelId,
        root: Option<PostId>,
        named: Option<UserId>,
        broadcast: Broadcast,
        text: u32,
    },
    Edit {
        actor: UserId,
        post: PostId,
        channel: ChannelId,
        text: u32,
    },
    Delete {
        actor: UserId,
        post: PostId,
        channel: ChannelId,
    },
    Pin {
        actor: UserId,
        post: PostId,
        channel: ChannelId,
        pinned: bool,
    },
    React {
        actor: UserId,
        post: PostId,
        channel: ChannelId,
        add: bool,
    },
    View {
        user: UserId,
        channel: ChannelId,
    },
}

/// An ask with the id that all its attempts share.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: EventId,
    pub ask: Ask,
}

fn fresh(rng: &mut SmallRng) -> Id {
    Id(rng.random())
}

fn hash(label: &str, n: u8) -> KeyedHash {
    KeyedHash(Id::derived(label, &[&[n]]))
}

impl Ask {
    /// The partition that the event would stand in.
    pub fn partition(&self) -> Partition {
        match self {
            Self::CreateUser { .. }
            | Self::DeactivateUser { .. }
            | Self::CreateTeam { .. }
            | Self::JoinTeam { .. }
            | Self::LeaveTeam { .. }
            | Self::CreateChannel { .. }
            | Self::RenameChannel { .. } => Partition::DIRECTORY,
            Self::OpenDirect { actor, other } => of_channel(ChannelId::direct(*actor, *other)),
            Self::JoinChannel { channel, .. }
            | Self::LeaveChannel { channel, .. }
            | Self::Post { channel, .. }
            | Self::Edit { channel, .. }
            | Self::Delete { channel, .. }
            | Self::Pin { channel, .. }
            | Self::React { channel, .. } => of_channel(*channel),
            Self::View { user, .. } => Partition::of(Topic::Readstate, user.as_bytes()),
        }
    }

    /// Partitions whose states the decision rests on.
    pub fn rests_on(&self) -> Vec<Partition> {
        let mut partitions = vec![Partition::DIRECTORY, self.partition()];
        match self {
            Self::View { channel, .. } | Self::RenameChannel { channel, .. } => {
                partitions.push(of_channel(*channel));
            }
            _ => {}
        }
        partitions.sort_unstable();
        partitions.dedup();
        partitions
    }

    /// Whether success means that somebody may do less from now on.
    pub fn ends_access(&self) -> bool {
        matches!(self, Self::DeactivateUser { .. } | Self::LeaveTeam { .. })
    }

    /// Whether the decision rests on rows.
    pub fn reads_rows(&self) -> bool {
        matches!(
            self,
            Self::Edit { .. }
                | Self::Delete { .. }
                | Self::Pin { .. }
                | Self::React { .. }
                | Self::Post { root: Some(_), .. }
        )
    }

    /// What the node makes of it now.
    pub fn decide(&self, node: &Node, rows: &Database, rng: &mut SmallRng) -> Decided<String> {
        let decision = self.decision(node, rows, rng);
        let rows_at = self.reads_rows().then(|| rows.next(self.partition()));
        Decided { decision, rows_at }
    }

    fn decision(
        &self,
        node: &Node,
        rows: &Database,
        rng: &mut SmallRng,
    ) -> Result<Decision, String> {
        match self {
            Self::CreateUser { .. }
            | Self::DeactivateUser { .. }
            | Self::CreateTeam { .. }
            | Self::JoinTeam { .. }
            | Self::LeaveTeam { .. }
            | Self::CreateChannel { .. }
            | Self::RenameChannel { .. } => self.decide_directory(node),
            Self::OpenDirect { .. } | Self::JoinChannel { .. } | Self::LeaveChannel { .. } => {
                self.decide_members(node, rng)
            }
            Self::Post { .. } => self.decide_post(node, rows, rng),
            Self::Edit { post, .. }
            | Self::Delete { post, .. }
            | Self::Pin { post, .. }
            | Self::React { post, .. } => {
                let row = rows.posts.get(post).ok_or("unknown post")?;
                self.decide_on_post(node, row)
            }
            Self::View { user, channel } => {
                let directory = node.set.directory();
                let channels = node.set.channels(*channel);
                let readstate = node.set.readstate(*user);
                let seen = Seen::of(directory.state(), channels.state(), *channel, *user)
                    .map_err(|r| format!("{r:?}"))?;
                let view = ViewChannels { user_id: *user, seen: vec![seen] };
                view.decide(readstate.state()).map_err(|r| format!("{r:?}"))
            }
        }
    }

    fn decide_directory(&self, node: &Node) -> Result<Decision, String> {
        let directory = node.set.directory();
        let state = directory.state();
        let decided = match self {
            Self::CreateUser { user, name } => create_user(*user, *name).decide(state),
            Self::DeactivateUser { actor, user } => {
                DeactivateUser { actor: *actor, user_id: *user }.decide(state)
            }
            Self::CreateTeam { actor, team, name } => {
                create_team(*actor, *team, *name).decide(state)
            }
            Self::JoinTeam { user, team } => {
                let user_ids = vec![*user];
                AddTeamMembers { actor: *user, team_id: *team, user_ids, invite: None }
                    .decide(state)
            }
            Self::LeaveTeam { user, team } => {
                RemoveTeamMember { actor: *user, team_id: *team, user_id: *user }.decide(state)
            }
            Self::CreateChannel { actor, channel, team, name } => CreateChannel {
                actor: *actor,
                channel_id: *channel,
                team_id: *team,
                r#type: if *name % 2 == 0 { ChannelType::Open } else { ChannelType::Private },
                name: format!("channel-{name}"),
                display_name: format!("Channel {name}"),
                header: String::new(),
                purpose: String::new(),
            }
            .decide(state),
            Self::RenameChannel { actor, channel, name } => {
                let channels = node.set.channels(*channel);
                let name = format!("channel-{name}");
                RenameChannel { actor: *actor, channel_id: *channel, name }
                    .decide(state, channels.state().channel(*channel))
            }
            other => unreachable!("{other:?} is decided elsewhere"),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    fn decide_members(&self, node: &Node, rng: &mut SmallRng) -> Result<Decision, String> {
        let directory = node.set.directory();
        let channels = node.set.channels_at(self.partition().index);
        let (directory, channels) = (directory.state(), channels.state());
        let notice_id = PostId(fresh(rng));
        let decided = match self {
            Self::OpenDirect { actor, other } => {
                OpenDirectChannel { actor: *actor, user_ids: [*actor, *other] }
                    .decide(directory, channels)
            }
            Self::JoinChannel { actor, user, channel } => AddChannelMembers {
                actor: *actor,
                channel_id: *channel,
                user_ids: vec![*user],
                notice_id,
            }
            .decide(directory, channels),
            Self::LeaveChannel { user, channel } => RemoveChannelMember {
                actor: *user,
                channel_id: *channel,
                user_id: *user,
                notice_id,
            }
            .decide(directory, channels),
            other => unreachable!("{other:?} is decided elsewhere"),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    fn decide_post(
        &self,
        node: &Node,
        rows: &Database,
        rng: &mut SmallRng,
    ) -> Result<Decision, String> {
        let Self::Post { author, channel, root, named, broadcast, text } = self else {
            unreachable!("only posts are decided here")
        };
        let directory = node.set.directory();
        let channels = node.set.channels(*channel);
        let create = CreatePost {
            actor: *author,
            channel_id: *channel,
            post_id: PostId(fresh(rng)),
            root: root.map(|root| (root, rows.posts.get(&root).map(|row| row.facts))),
            calls: Calls {
                named: named.iter().copied().collect(),
                broadcast: *broadcast,
                ..Calls::default()
            },
            files: Vec::new(),
            content: content(*text),
            set_online: true,
        };
        create.decide(directory.state(), channels.state()).map_err(|r| format!("{r:?}"))
    }

    fn decide_on_post(&self, node: &Node, row: &PostRow) -> Result<Decision, String> {
        let directory = node.set.directory();
        let channels = node.set.channels(row.facts.channel_id);
        let (directory, channels) = (directory.state(), channels.state());
        let post: PostFacts = row.facts;
        let stands = |actor: UserId| row.reactions.contains(&(actor, EMOJI.to_owned()));
        let emoji_name = EMOJI.to_owned();
        let decided = match self {
            Self::Edit { actor, text, .. } => EditPost {
                actor: *actor,
                post,
                has_reactions: !row.reactions.is_empty(),
                reply_count: row.reply_count,
                files: Vec::new(),
                current: PostContent { message: row.message.clone(), ..PostContent::default() },
                content: content(*text),
            }
            .decide(directory, channels),
            Self::Delete { actor, .. } => {
                DeletePost { actor: *actor, post }.decide(directory, channels)
            }
            Self::Pin { actor, pinned: true, .. } => {
                PinPost { actor: *actor, post }.decide(directory, channels)
            }
            Self::Pin { actor, .. } => {
                UnpinPost { actor: *actor, post }.decide(directory, channels)
            }
            Self::React { actor, add: true, .. } => {
                AddReaction { actor: *actor, post, emoji_name, stands: stands(*actor) }
                    .decide(directory, channels)
            }
            Self::React { actor, .. } => RemoveReaction {
                actor: *actor,
                user_id: *actor,
                post,
                emoji_name,
                stands: stands(*actor),
            }
            .decide(directory, channels),
            other => unreachable!("{other:?} is decided elsewhere"),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }
}

const EMOJI: &str = "tada";

fn of_channel(channel: ChannelId) -> Partition {
    Partition::of(Topic::Channels, channel.as_bytes())
}

fn content(text: u32) -> PostContent {
    PostContent { message: format!("text {text}"), ..PostContent::default() }
}

fn create_user(user_id: UserId, name: u8) -> CreateUser {
    CreateUser {
        user_id,
        username_hash: hash("username", name),
        email_hash: hash("email", name),
        is_bot: false,
        locale: "en".to_owned(),
        profile: NewProfile {
            username: format!("person{name}"),
            email: format!("person{name}@example.org"),
            password_hash: "$argon2id$".to_owned(),
            ..NewProfile::default()
        },
    }
}

fn create_team(actor: UserId, team_id: TeamId, name: u8) -> CreateTeam {
    CreateTeam {
        actor,
        team_id,
        name: format!("team-{name}"),
        display_name: format!("Team {name}"),
        description: String::new(),
        r#type: TeamType::Open,
        allow_open_invite: true,
        invite_id: team_id.0,
        email: String::new(),
    }
}

/// The topic key of an event of this request.
pub fn subject(event: &Event) -> Id {
    subject_of(event)
}
