//! What clients ask for. A request is made once and may be sent several times, to several nodes, under
//! the same id; what an edge would make anew each time (a post's id) is made anew here, too.

use domain::commands::subject_of;
use domain::drafts::DraftPlace;
use events::channel::Broadcast;
use events::sidebar::CategoryKey;
use events::thread::ThreadScope;
use events::{
    ChannelId, Event, EventId, Id, Partition, PostId, ScheduledPostId, SessionId, TeamId, Topic,
    UserId,
};

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
    EraseUser {
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
        urgent: bool,
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
    /// What was said before a time is past it.
    Expire {
        channel: ChannelId,
        before: i64,
    },
    View {
        user: UserId,
        channel: ChannelId,
        /// Its threads with it.
        threads: bool,
    },
    SetUnread {
        user: UserId,
        post: PostId,
        channel: ChannelId,
    },
    Follow {
        user: UserId,
        root: PostId,
        channel: ChannelId,
        follow: bool,
    },
    ReadThread {
        user: UserId,
        root: PostId,
        channel: ChannelId,
        until: i64,
    },
    SetThreadUnread {
        user: UserId,
        root: PostId,
        post: PostId,
        channel: ChannelId,
    },
    ReadThreads {
        user: UserId,
        scope: ThreadScope,
    },
    SaveDraft {
        user: UserId,
        place: DraftPlace,
        /// None: all of it was taken back.
        text: Option<u32>,
    },
    EndDraft {
        user: UserId,
        place: DraftPlace,
        /// It was sent, and one that was saved later stays.
        saved_until: Option<i64>,
    },
    CreateCategory {
        user: UserId,
        team: TeamId,
        channels: Vec<ChannelId>,
    },
    FillCategory {
        user: UserId,
        team: TeamId,
        category: CategoryKey,
        channels: Vec<ChannelId>,
    },
    DeleteCategory {
        user: UserId,
        team: TeamId,
        category: CategoryKey,
    },
    OrderCategories {
        user: UserId,
        team: TeamId,
        order: Vec<CategoryKey>,
    },
    LogIn {
        user: UserId,
        session: SessionId,
    },
    LogOut {
        user: UserId,
        session: SessionId,
    },
    ChangePassword {
        user: UserId,
        number: u32,
        /// The session that asks, and stays.
        kept: Option<SessionId>,
    },
    RevokeSessions {
        user: UserId,
    },
    Schedule {
        user: UserId,
        scheduled: ScheduledPostId,
        channel: ChannelId,
        due_at: i64,
        text: u32,
    },
    Reschedule {
        user: UserId,
        scheduled: ScheduledPostId,
        channel: ChannelId,
        due_at: i64,
        text: u32,
    },
    Unschedule {
        user: UserId,
        scheduled: ScheduledPostId,
    },
    Remind {
        user: UserId,
        post: PostId,
        channel: ChannelId,
        due_at: i64,
    },
}

/// An ask with the id that all its attempts share.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: EventId,
    pub ask: Ask,
}

impl Request {
    /// Whether it comes with an `Idempotency-Key`, as every fourth does: rows remember its id.
    pub fn is_keyed(&self) -> bool {
        self.id.as_bytes()[0].is_multiple_of(4) && self.ask.partition().topic != Topic::Readstate
    }
}

impl Ask {
    /// The partition that the event would stand in.
    pub fn partition(&self) -> Partition {
        match self {
            Self::CreateUser { .. }
            | Self::DeactivateUser { .. }
            | Self::EraseUser { .. }
            | Self::CreateTeam { .. }
            | Self::JoinTeam { .. }
            | Self::LeaveTeam { .. }
            | Self::CreateChannel { .. }
            | Self::RenameChannel { .. }
            | Self::ChangePassword { .. }
            | Self::RevokeSessions { .. } => Partition::DIRECTORY,
            Self::OpenDirect { actor, other } => of_channel(ChannelId::direct(*actor, *other)),
            Self::JoinChannel { channel, .. }
            | Self::LeaveChannel { channel, .. }
            | Self::Post { channel, .. }
            | Self::Edit { channel, .. }
            | Self::Delete { channel, .. }
            | Self::Pin { channel, .. }
            | Self::React { channel, .. }
            | Self::Follow { channel, .. }
            | Self::Expire { channel, .. } => of_channel(*channel),
            Self::View { user, .. }
            | Self::SetUnread { user, .. }
            | Self::ReadThread { user, .. }
            | Self::SetThreadUnread { user, .. }
            | Self::ReadThreads { user, .. }
            | Self::SaveDraft { user, .. }
            | Self::EndDraft { user, .. } => Partition::of(Topic::Readstate, user.as_bytes()),
            Self::LogIn { user, .. }
            | Self::LogOut { user, .. }
            | Self::Schedule { user, .. }
            | Self::Reschedule { user, .. }
            | Self::Unschedule { user, .. }
            | Self::Remind { user, .. }
            | Self::CreateCategory { user, .. }
            | Self::FillCategory { user, .. }
            | Self::DeleteCategory { user, .. }
            | Self::OrderCategories { user, .. } => of_user(*user),
        }
    }

    /// Partitions whose states the decision rests on.
    pub fn rests_on(&self) -> Vec<Partition> {
        let mut partitions = vec![Partition::DIRECTORY, self.partition()];
        match self {
            Self::View { channel, .. }
            | Self::SetUnread { channel, .. }
            | Self::ReadThread { channel, .. }
            | Self::SetThreadUnread { channel, .. }
            | Self::SaveDraft { place: (channel, _), .. }
            | Self::RenameChannel { channel, .. }
            | Self::Schedule { channel, .. }
            | Self::Reschedule { channel, .. }
            | Self::Remind { channel, .. } => partitions.push(of_channel(*channel)),
            Self::RevokeSessions { user } => partitions.push(of_user(*user)),
            _ => {}
        }
        partitions.sort_unstable();
        partitions.dedup();
        partitions
    }

    /// Whether success means that somebody may do less from now on.
    pub fn ends_access(&self) -> bool {
        matches!(
            self,
            Self::DeactivateUser { .. }
                | Self::EraseUser { .. }
                | Self::LeaveTeam { .. }
                | Self::LogOut { .. }
                | Self::ChangePassword { .. }
                | Self::RevokeSessions { .. }
        )
    }

    /// The partition whose rows the decision rests on, if it rests on any.
    pub fn rows_read(&self) -> Option<Partition> {
        match self {
            Self::Edit { channel, .. }
            | Self::Delete { channel, .. }
            | Self::Pin { channel, .. }
            | Self::React { channel, .. }
            | Self::Post { root: Some(_), channel, .. }
            | Self::Follow { channel, .. }
            | Self::SetUnread { channel, .. }
            | Self::Remind { channel, .. } => Some(of_channel(*channel)),
            Self::LogIn { .. } => Some(Partition::DIRECTORY),
            Self::CreateCategory { .. }
            | Self::FillCategory { .. }
            | Self::DeleteCategory { .. }
            | Self::OrderCategories { .. } => Some(self.partition()),
            _ => None,
        }
    }

    /// Partitions whose rows have to be as new as the request before it is looked at: whether something
    /// holds already is judged by them, and no conflict tells that they were old.
    pub fn awaits_rows(&self) -> Vec<Partition> {
        match self {
            Self::Follow { .. }
            | Self::CreateCategory { .. }
            | Self::FillCategory { .. }
            | Self::DeleteCategory { .. }
            | Self::OrderCategories { .. } => vec![self.partition()],
            Self::ReadThread { channel, .. } | Self::SetThreadUnread { channel, .. } => {
                vec![self.partition(), of_channel(*channel)]
            }
            _ => Vec::new(),
        }
    }

    /// Whether the decision looks at rows of channels that no command waits for: a sidebar passes over
    /// what it does not show yet.
    pub fn sees_all_channels(&self) -> bool {
        matches!(self, Self::CreateCategory { .. } | Self::FillCategory { .. })
    }
}

fn of_channel(channel: ChannelId) -> Partition {
    Partition::of(Topic::Channels, channel.as_bytes())
}

fn of_user(user: UserId) -> Partition {
    Partition::of(Topic::Users, user.as_bytes())
}

/// The topic key of an event of a request.
pub fn subject(event: &Event) -> Id {
    subject_of(event)
}
