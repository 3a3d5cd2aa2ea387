//! What a node makes of a request: the rules' own commands, on its folds and on rows as they are.

use command_api::submission::Decided;
use domain::commands::Decision;
use domain::commands::channel::{AddChannelMembers, OpenDirectChannel, RemoveChannelMember};
use domain::commands::directory::{
    AddTeamMembers, ChangePassword, CreateChannel, CreateTeam, CreateUser, DeactivateUser,
    EraseUser, RemoveTeamMember, RenameChannel, RevokeSessions,
};
use domain::commands::post::{
    AddReaction, Calls, CreatePost, DeletePost, EditPost, PinPost, PostFacts, RemoveReaction,
    UnpinPost,
};
use domain::commands::readstate::{Seen, SetUnread, ViewChannels};
use domain::commands::reminder::SetReminder;
use domain::commands::scheduled_post::{ChangeScheduledPost, DeleteScheduledPost, SchedulePost};
use domain::commands::user::{CreateSession, RevokeSession};
use domain::rights;
use events::channel::PostContent;
use events::directory::{ChannelType, NewProfile, TeamType};
use events::priority::{Priority, PriorityLevel};
use events::retention::ChannelPostsExpired;
use events::user::{SessionOrigin, TokenHash};
use events::{
    Body, ChannelEvent, ChannelId, Id, KeyedHash, PostId, ScheduledPostId, SessionId, TeamId,
    UserId,
};
use projector::MemoryTables;
use rand::Rng;
use rand::rngs::SmallRng;
use read_model::rows::PostRow;

use crate::node::Node;
use crate::request::Ask;
use crate::rows;

/// As a run of retention decides it.
fn expire(node: &Node, channel_id: ChannelId, before: i64) -> Result<Decision, String> {
    let channels = node.set.channels(channel_id);
    let held = channels.state().channel(channel_id).ok_or("unknown channel")?;
    if before <= held.expired_before {
        return Ok(Decision::AlreadySo);
    }
    let expired = ChannelPostsExpired {
        channel_id,
        before,
        files_before: before,
        kept_author_ids: vec![],
        policy_id: None,
        run_id: Id::default(),
        posts: 0,
        files: 0,
    };
    Ok(Decision::Append(ChannelEvent::from(Body::from(expired)).into()))
}

fn unschedule(
    node: &Node,
    user_id: UserId,
    scheduled_id: ScheduledPostId,
) -> Result<Decision, String> {
    let users = node.set.users(user_id);
    let decided = DeleteScheduledPost { user_id, scheduled_id }.decide(users.state());
    decided.map_err(|rejection| format!("{rejection:?}"))
}

/// A root that calls nobody, of somebody who need not be there.
pub fn said_later(
    actor: UserId,
    channel_id: ChannelId,
    post_id: PostId,
    content: PostContent,
) -> CreatePost {
    CreatePost {
        actor,
        channel_id,
        post_id,
        root: None,
        calls: Calls::default(),
        files: Vec::new(),
        content,
        set_online: false,
        collapses: false,
        priority: Priority::default(),
    }
}

impl Ask {
    /// What the node makes of it now.
    pub fn decide(&self, node: &Node, rows: &MemoryTables, rng: &mut SmallRng) -> Decided<String> {
        let decision = self.decision(node, rows, rng);
        let read = self.rows_read().map(|partition| (partition, rows.next(partition)));
        let own = read.filter(|(partition, _)| *partition == self.partition());
        let other_rows_at = read.filter(|_| own.is_none());
        Decided { decision, rows_at: own.map(|(_, at)| at), other_rows_at }
    }

    fn decision(
        &self,
        node: &Node,
        rows: &MemoryTables,
        rng: &mut SmallRng,
    ) -> Result<Decision, String> {
        match self {
            Self::CreateUser { .. }
            | Self::DeactivateUser { .. }
            | Self::EraseUser { .. }
            | Self::CreateTeam { .. }
            | Self::JoinTeam { .. }
            | Self::LeaveTeam { .. }
            | Self::CreateChannel { .. }
            | Self::RenameChannel { .. } => self.decide_directory(node),
            Self::ChangePassword { .. }
            | Self::RevokeSessions { .. }
            | Self::LogIn { .. }
            | Self::LogOut { .. } => self.decide_access(node, rows),
            Self::OpenDirect { .. } | Self::JoinChannel { .. } | Self::LeaveChannel { .. } => {
                self.decide_members(node, rng)
            }
            Self::Expire { channel, before } => expire(node, *channel, *before),
            Self::Post { .. } => self.decide_post(node, rows, rng),
            Self::Edit { post, .. }
            | Self::Delete { post, .. }
            | Self::Pin { post, .. }
            | Self::React { post, .. } => {
                let row = rows.posts.get(post).ok_or("unknown post")?;
                self.decide_on_post(node, rows, row)
            }
            Self::View { .. } | Self::SetUnread { .. } => self.decide_reading(node, rows),
            Self::Follow { .. }
            | Self::ReadThread { .. }
            | Self::SetThreadUnread { .. }
            | Self::ReadThreads { .. } => self.decide_thread(node, rows),
            Self::SaveDraft { .. } | Self::EndDraft { .. } => self.decide_draft(node),
            Self::CreateCategory { .. }
            | Self::FillCategory { .. }
            | Self::DeleteCategory { .. }
            | Self::OrderCategories { .. } => self.decide_sidebar(node, rows, rng),
            Self::Schedule { .. } | Self::Reschedule { .. } => self.decide_later(node),
            Self::Unschedule { user, scheduled } => unschedule(node, *user, *scheduled),
            Self::Remind { user, post, channel, due_at } => {
                let row = rows.posts.get(post).ok_or("unknown post")?;
                let directory = node.set.directory();
                let channels = node.set.channels(*channel);
                let users = node.set.users(*user);
                let (user_id, post, due_at) = (*user, rows::facts(row), *due_at);
                SetReminder { user_id, post, due_at, now_ms: due_at - 1 }
                    .decide(directory.state(), channels.state(), users.state())
                    .map_err(|rejection| format!("{rejection:?}"))
            }
        }
    }

    fn decide_reading(&self, node: &Node, rows: &MemoryTables) -> Result<Decision, String> {
        let (Self::View { user, channel, .. } | Self::SetUnread { user, channel, .. }) = self
        else {
            unreachable!("only reading is decided here")
        };
        let directory = node.set.directory();
        let channels = node.set.channels(*channel);
        let readstate = node.set.readstate(*user);
        let seen = Seen::of(directory.state(), channels.state(), *channel, *user)
            .map_err(|rejection| format!("{rejection:?}"))?;
        let decided = match self {
            Self::SetUnread { post, .. } => {
                let row = rows.posts.get(post).ok_or("unknown post")?;
                let before = rows::totals_before(rows, *user, row).ok_or("no such post")?;
                let (actor, user_id, post) = (*user, *user, rows::facts(row));
                SetUnread { actor, user_id, post, seen, before, urgent_mentions: 0 }
                    .decide(directory.state(), readstate.state())
            }
            _ => {
                let threads = matches!(self, Self::View { threads: true, .. });
                ViewChannels { user_id: *user, seen: vec![seen], threads }.decide(readstate.state())
            }
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    fn decide_later(&self, node: &Node) -> Result<Decision, String> {
        let (Self::Schedule { user, scheduled, channel, due_at, text }
        | Self::Reschedule { user, scheduled, channel, due_at, text }) = self
        else {
            unreachable!("only what is to be said later is decided here")
        };
        let directory = node.set.directory();
        let channels = node.set.channels(*channel);
        let users = node.set.users(*user);
        let later = SchedulePost {
            scheduled_id: *scheduled,
            post: said_later(*user, *channel, PostId::default(), content(*text)),
            priority: Default::default(),
            due_at: *due_at,
            now_ms: due_at - 1,
        };
        let (directory, channels, users) = (directory.state(), channels.state(), users.state());
        let decided = match self {
            Self::Schedule { .. } => later.decide(directory, channels, users),
            _ => ChangeScheduledPost(later).decide(directory, channels, users),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    fn decide_access(&self, node: &Node, rows: &MemoryTables) -> Result<Decision, String> {
        let directory = node.set.directory();
        let directory = directory.state();
        let decided = match self {
            Self::LogIn { user, session } => {
                let credentials = rows.credentials.get(user).ok_or("unknown user")?;
                let users = node.set.users(*user);
                return CreateSession {
                    user_id: *user,
                    session_id: *session,
                    token_hash: token_of(*session),
                    expires_at: i64::MAX,
                    auth_generation: credentials.auth_generation.cast_unsigned(),
                    origin: SessionOrigin::default(),
                }
                .decide(directory, users.state())
                .map_err(|rejection| format!("{rejection:?}"));
            }
            Self::LogOut { user, session } => {
                let users = node.set.users(*user);
                return RevokeSession { actor: *user, user_id: *user, session_id: *session }
                    .decide(directory, users.state())
                    .map_err(|rejection| format!("{rejection:?}"));
            }
            Self::ChangePassword { user, number, kept } => {
                let users = node.set.users(*user);
                let session = kept.map(|kept| users.state().session(&token_of(kept)).copied());
                let kept_session = match session {
                    None => None,
                    Some(session) => Some(session.ok_or("no session")?),
                };
                let password_hash = format!("$argon2id${number}");
                ChangePassword { actor: *user, user_id: *user, password_hash, kept_session }
                    .decide(directory)
            }
            Self::RevokeSessions { user } => {
                let users = node.set.users(*user);
                let mut sessions = users.state().sessions_of(*user);
                let any_live = sessions.any(|s| rights::session_account(directory, s, 0).is_some());
                RevokeSessions { actor: *user, user_id: *user, any_live }.decide(directory)
            }
            other => unreachable!("{other:?} is decided elsewhere"),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    fn decide_directory(&self, node: &Node) -> Result<Decision, String> {
        let directory = node.set.directory();
        let state = directory.state();
        let decided = match self {
            Self::CreateUser { user, name } => create_user(*user, *name).decide(state),
            Self::DeactivateUser { actor, user } => {
                DeactivateUser { actor: *actor, user_id: *user }.decide(state)
            }
            Self::EraseUser { actor, user } => {
                EraseUser { actor: *actor, user_id: *user }.decide(state)
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
                OpenDirectChannel { actor: *actor, user_ids: [*actor, *other], knows_all: true }
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
        rows: &MemoryTables,
        rng: &mut SmallRng,
    ) -> Result<Decision, String> {
        let Self::Post { author, channel, root, named, broadcast, urgent, text } = self else {
            unreachable!("only posts are decided here")
        };
        let level = if *urgent { PriorityLevel::Urgent } else { PriorityLevel::Standard };
        let directory = node.set.directory();
        let channels = node.set.channels(*channel);
        let create = CreatePost {
            actor: *author,
            channel_id: *channel,
            post_id: PostId(fresh(rng)),
            root: root.map(|root| (root, rows::facts_of(rows, root))),
            calls: Calls {
                named: named.iter().copied().collect(),
                broadcast: *broadcast,
                ..Calls::default()
            },
            files: Vec::new(),
            content: content(*text),
            set_online: true,
            collapses: false,
            priority: Priority { level, ..Priority::default() },
        };
        create.decide(directory.state(), channels.state()).map_err(|r| format!("{r:?}"))
    }

    fn decide_on_post(
        &self,
        node: &Node,
        rows: &MemoryTables,
        row: &PostRow,
    ) -> Result<Decision, String> {
        let directory = node.set.directory();
        let channels = node.set.channels(row.channel_id);
        let (directory, channels) = (directory.state(), channels.state());
        let post: PostFacts = rows::facts(row);
        let stands = |by: UserId| rows.reactions.contains_key(&(row.id, by, EMOJI.to_owned()));
        let emoji_name = EMOJI.to_owned();
        let decided = match self {
            Self::Edit { actor, text, .. } => EditPost {
                actor: *actor,
                post,
                priority: Default::default(),
                has_reactions: rows::has_reactions(rows, row.id),
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

/// The account in whose name the system writes to people.
pub fn create_bot(user_id: UserId) -> CreateUser {
    CreateUser { is_bot: true, ..create_user(user_id, u8::MAX) }
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

/// The token that belongs to a session.
pub fn token_of(session: SessionId) -> TokenHash {
    TokenHash::of(&session.to_string())
}

pub fn fresh(rng: &mut SmallRng) -> Id {
    Id(rng.random())
}

fn hash(label: &str, n: u8) -> KeyedHash {
    KeyedHash(Id::derived(label, &[&[n]]))
}
