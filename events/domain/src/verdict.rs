//! What the fold says of a record, the same for every consumer.

use events::{BookmarkId, EventId, SessionId, TeamId, UserId};
use serde::{Deserialize, Serialize};

use crate::bookmarks::Bookmark;

/// The verdict on one record and what the fold assigned.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are applied: a box would be an allocation per record"
)]
pub enum Verdict {
    Applied(Applied),
    Void(Void),
}

impl Verdict {
    pub fn applied(&self) -> Option<&Applied> {
        match self {
            Self::Applied(applied) => Some(applied),
            Self::Void(_) => None,
        }
    }
}

/// Values that the fold assigned to an event whose rule held. Numbers are absolute, as they stand
/// after the event, so that writing them twice changes nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// The event's time, Unix milliseconds, strictly increasing within its channel, user or the directory.
    pub at: i64,
    /// `channels`: the channel after the event.
    pub channel: Option<ChannelAfter>,
    /// `channels`: memberships that the event began or whose totals it moved.
    pub members: Vec<MemberAfter>,
    /// `directory`, team.created and team.members_added: who really became a member.
    pub admitted: Vec<UserId>,
    /// `directory`, user.erased and user.guest_changed: the teams that the person was a member of.
    pub teams: Vec<TeamId>,
    /// `directory`, user.created: the account is the first and therefore the administrator.
    pub system_admin: bool,
    /// `channels`, channel.member_notify_changed: all that the member has set now.
    pub notify_props: Option<Box<crate::notify::NotifyProps>>,
    /// `channels`: the channel's bookmarks in their order, where the event concerns some.
    pub bookmarks: Option<Box<[BookmarkId]>>,
    /// `channels`: the bookmarks that went with their author, or with their time.
    pub bookmarks_gone: Box<[Bookmark]>,
    /// `channels`, post.created: those who follow the answered thread unless they ever said otherwise.
    pub auto_followers: Box<[UserId]>,
    /// `readstate`: the markers that really moved.
    pub markers: Vec<events::user::ReadMarker>,
    /// `users`, session.created: expired sessions, and the oldest of too many.
    pub ended_sessions: Vec<SessionId>,
}

/// Totals of a channel. They only grow, except for the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelAfter {
    pub msgs: i64,
    pub msgs_root: i64,
    /// Roots that called the whole channel.
    pub broadcasts: i64,
    /// Assigned time of the latest post that counts, 0 for none.
    pub last_post_at: i64,
    pub last_root_post_at: i64,
    pub member_count: u32,
}

/// A membership after the event.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberAfter {
    pub user_id: UserId,
    pub mentions: i64,
    pub mentions_root: i64,
    /// Where the member's unread numbers start from now on; absent where the event leaves it.
    pub base: Option<Base>,
}

/// The point from which a member's unread numbers count, unless a later read marker says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Base {
    /// Assigned time of the join, or of the own post that marked the channel read.
    pub at: i64,
    pub totals: events::user::Totals,
}

/// Why an event has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Void {
    /// The same id stands at `first`; its verdict is the answer.
    Duplicate { first: u64 },
    /// Something that the command could not know may have changed. Not remembered: the id stays unseen.
    Stale,
    /// The rule does not hold at this position.
    Refused(Refusal),
    /// The bytes are no event.
    Invalid,
    /// It was decided in another epoch than the one that was open at its position. Not remembered either.
    ForeignEpoch,
}

/// Why a rule refused an event. `Already*` are successes for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// What the event says holds already.
    Already,
    UsernameTaken,
    EmailTaken,
    UnknownUser,
    UserInactive,
    /// The key of an account that stands is not destroyed.
    NotErased,
    LastAdmin,
    TeamNameTaken,
    UnknownTeam,
    NotATeamMember,
    ChannelNameTaken,
    UnknownChannel,
    Archived,
    NotAMember,
    DefaultChannel,
    /// Direct and group channels keep the members they began with.
    FixedMembers,
    /// The membership that the event names is not the present one.
    OtherMembership,
    /// The team membership that it rests on has ended, or an equal or later one was seen.
    GenerationEnded,
    UnknownSession,
    TokenTaken,
    /// A read marker that lies behind the present one.
    Behind,
    /// `rules.activated` does not follow the rules in force.
    NotTheNextRules,
    /// `cell.opened` stands already.
    CellOpen,
    /// A test-only rule.
    Forbidden,
    UnknownPolicy,
    /// A legal hold keeps it.
    Held,
    /// The post is past its retention.
    Expired,
    /// Keys are destroyed of times only before which everything has expired.
    NotExpired,
    /// `epoch.sealed` names another epoch than its own.
    OtherEpoch,
    /// Nobody joins an archived team, and it does not change.
    TeamArchived,
    EmojiNameTaken,
    /// What the event is about is not, or no longer, waiting for its time.
    NotWaiting,
    UnknownBookmark,
    /// A channel has as many as it may have.
    TooManyBookmarks,
    /// Guests administer nothing, and found neither teams nor channels.
    Guest,
    UnknownProfileField,
    ProfileFieldNameTaken,
    TooManyProfileFields,
}

/// A remembered verdict: what a repeated id is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub event_id: EventId,
    pub offset: u64,
    /// The assigned time, or the reason.
    pub result: Result<i64, Refusal>,
}
