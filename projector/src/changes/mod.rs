//! Which rows admitted events change, merged per row in memory. Pure: the same changes go into the
//! tables in memory that the simulation uses and into Postgres.

mod bookmarks;
mod channels;
mod directory;
mod drafts;
mod personal;
mod posts;
mod requests;
mod retention;
mod scheduled_posts;
mod sidebar;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use events::sidebar::CategoryKey;
use events::{
    BookmarkId, ChannelId, Event, EventId, FileId, HoldId, Id, Partition, PostId, ScheduledPostId,
    SessionId, TeamId, UserId,
};
use fold::Folded;
use read_model::rows::{
    AcknowledgementRow, BookmarkRow, ChannelMemberRow, ChannelNameRow, ChannelRequestRow,
    ChannelRow, CredentialRow, CustomStatusRow, DirectoryRequestRow, DraftRow, ExpiryRow, FileRow,
    HoldRow, NotifyPropsRow, PostRow, PostVersionRow, PreferenceRow, ProfileValueRow, ReactionRow,
    ReadMarkerRow, RecentStatusesRow, RetentionRunRow, ScheduledPostFailureRow, ScheduledPostRow,
    SessionDeviceRow, SidebarCategoryRow, SidebarOrderRow, StatusRow, TeamMemberRow, TeamRow,
    ThreadFloorRow, ThreadMarkerRow, UserRequestRow, UserRow,
};

use crate::patches::{
    BookmarkPatch, ChannelNamePatch, ChannelPatch, CredentialPatch, Deletion, HoldPatch,
    MemberPatch, Patch, PostPatch, TeamMemberPatch, TeamPatch, UserPatch,
};

pub use retention::Expiry;
pub use threads::FollowerChange;
pub(crate) use threads::{first_row, implied_by};

/// A new row, or a change of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<R, P> {
    New(R),
    Patch(P),
}

/// What becomes of a membership.
#[derive(Debug, Clone, PartialEq)]
pub enum MembershipChange<R, P> {
    /// It begins, in place of an earlier one if there is one.
    Put(R),
    Patch(P),
    Delete,
}

/// Of a channel.
pub type MemberChange = MembershipChange<ChannelMemberRow, MemberPatch>;
/// Of a team.
pub type TeamMemberChange = MembershipChange<TeamMemberRow, TeamMemberPatch>;

/// What becomes of what somebody hangs on a post.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkChange<R> {
    /// It is there; if it was before, that one stays.
    Add(R),
    /// It was taken away and made anew.
    Replace(R),
    Delete,
}

pub type ReactionChange = MarkChange<ReactionRow>;
pub type AcknowledgementChange = MarkChange<AcknowledgementRow>;

/// An earlier text of a post.
#[derive(Debug, Clone, PartialEq)]
pub enum VersionChange {
    Known(PostVersionRow),
    /// What the row says before this batch.
    OfRow,
}

/// How far a partition gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// Where the rows must stand.
    pub from: u64,
    pub to: u64,
    pub last_event_id: Option<EventId>,
}

/// The changes of one batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowChanges {
    pub positions: BTreeMap<Partition, Advance>,
    pub users: BTreeMap<UserId, Change<UserRow, UserPatch>>,
    pub credentials: BTreeMap<UserId, Change<CredentialRow, CredentialPatch>>,
    pub teams: BTreeMap<TeamId, Change<TeamRow, TeamPatch>>,
    pub team_members: BTreeMap<(UserId, TeamId), TeamMemberChange>,
    pub channel_names: BTreeMap<ChannelId, Change<ChannelNameRow, ChannelNamePatch>>,
    pub channels: BTreeMap<ChannelId, Change<ChannelRow, ChannelPatch>>,
    pub channel_members: BTreeMap<(ChannelId, UserId), MemberChange>,
    pub posts: BTreeMap<PostId, Change<PostRow, PostPatch>>,
    pub post_versions: BTreeMap<(PostId, i64), VersionChange>,
    pub reactions: BTreeMap<(PostId, UserId, String), ReactionChange>,
    pub acknowledgements: BTreeMap<(PostId, UserId), AcknowledgementChange>,
    pub bookmarks: BTreeMap<BookmarkId, Change<BookmarkRow, BookmarkPatch>>,
    pub files: BTreeMap<FileId, FileRow>,
    /// Files of earlier batches that a post shows now.
    pub attached: BTreeMap<FileId, PostId>,
    /// `None`: deleted.
    pub preferences: BTreeMap<(UserId, String, String), Option<PreferenceRow>>,
    pub statuses: BTreeMap<UserId, StatusRow>,
    pub read_markers: BTreeMap<(UserId, ChannelId), ReadMarkerRow>,
    pub thread_members: BTreeMap<(PostId, UserId), FollowerChange>,
    /// Roots of earlier batches that were answered, and when first: whom they concern begins to follow,
    /// but for those in `thread_members`.
    pub answered_roots: BTreeMap<PostId, i64>,
    pub thread_markers: BTreeMap<(UserId, PostId), ThreadMarkerRow>,
    pub thread_floors: BTreeMap<(UserId, Id), ThreadFloorRow>,
    /// `None`: the membership ended, or began anew.
    pub notify_props: BTreeMap<(ChannelId, UserId), Option<NotifyPropsRow>>,
    /// `None`: deleted.
    pub sidebar_categories: BTreeMap<(UserId, TeamId, CategoryKey), Option<SidebarCategoryRow>>,
    pub sidebar_orders: BTreeMap<(UserId, TeamId), SidebarOrderRow>,
    /// `None`: cleared.
    pub custom_statuses: BTreeMap<UserId, Option<CustomStatusRow>>,
    pub recent_statuses: BTreeMap<UserId, RecentStatusesRow>,
    /// `None`: nothing is said any more.
    pub profile_values: BTreeMap<(UserId, Id), Option<ProfileValueRow>>,
    /// `None`: the session has ended.
    pub session_devices: BTreeMap<(UserId, SessionId), Option<SessionDeviceRow>>,
    /// `None`: deleted.
    pub drafts: BTreeMap<(UserId, ChannelId, PostId), Option<DraftRow>>,
    /// `None`: sent, or deleted.
    pub scheduled_posts: BTreeMap<(UserId, ScheduledPostId), Option<ScheduledPostRow>>,
    /// `None`: to be sent again, or gone.
    pub scheduled_post_failures:
        BTreeMap<(UserId, ScheduledPostId), Option<ScheduledPostFailureRow>>,
    pub holds: BTreeMap<HoldId, Change<HoldRow, HoldPatch>>,
    pub retention_runs: BTreeMap<Id, RetentionRunRow>,
    pub channel_expiries: BTreeMap<(ChannelId, i64), ExpiryRow>,
    pub directory_requests: BTreeMap<EventId, DirectoryRequestRow>,
    pub channel_requests: BTreeMap<EventId, ChannelRequestRow>,
    pub user_requests: BTreeMap<EventId, UserRequestRow>,
    /// After all else: roots that lost a reply, so that the latest one is to be found anew.
    pub recounted_roots: BTreeSet<PostId>,
    /// People who lost a reply, by root: the same of their own.
    pub recounted_participants: BTreeSet<(PostId, UserId)>,
    /// After that: roots whose replies go with them.
    pub deleted_threads: BTreeMap<PostId, Deletion>,
    /// At last.
    pub gone: Gone,
}

/// What goes for ever. It may as well go later than everything that comes behind it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gone {
    /// Whose words in a channel are erased, and when.
    pub authors: BTreeMap<(ChannelId, UserId), i64>,
    /// Whose memberships and contact addresses of teams are gone.
    pub people: BTreeSet<UserId>,
    /// Whose preferences and status are gone.
    pub states: BTreeSet<UserId>,
    /// Whose drafts are gone.
    pub drafts: BTreeSet<UserId>,
    /// What of channels is past its time, in the log's order.
    pub expired: Vec<Expiry>,
}

impl Gone {
    pub fn is_empty(&self) -> bool {
        self.authors.is_empty()
            && self.people.is_empty()
            && self.states.is_empty()
            && self.drafts.is_empty()
            && self.expired.is_empty()
    }

    /// Takes in what came later.
    pub fn extend(&mut self, later: Self) {
        self.authors.extend(later.authors);
        self.people.extend(later.people);
        self.states.extend(later.states);
        self.drafts.extend(later.drafts);
        self.expired.extend(later.expired);
    }
}

impl RowChanges {
    /// Takes in the next record of a partition. Void records move the position alone.
    pub fn absorb(&mut self, folded: &Folded) {
        let offset = folded.record.offset;
        let advance = self.positions.entry(folded.record.partition).or_insert(Advance {
            from: offset,
            to: offset,
            last_event_id: None,
        });
        advance.to = offset + 1;
        advance.last_event_id = folded.id();
        let Some((meta, event, applied)) = folded.applied() else { return };
        if meta.request_hash.is_some() {
            self.keep_request(meta.id, folded.position(), applied.at);
        }
        match event {
            Event::Directory(event) => self.absorb_directory(event, applied, offset),
            Event::Channels(event) => {
                self.absorb_channel(event, applied, folded.record.partition, offset);
            }
            Event::Users(event) => self.absorb_personal(event, applied),
            Event::Readstate(event) => self.absorb_readstate(event, applied),
            Event::Presence(_) => {}
        }
    }

    /// Nothing to write, not even a position.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Whether something comes after all else, over rows that the batch does not name.
    pub fn has_sequel(&self) -> bool {
        !(self.recounted_roots.is_empty()
            && self.recounted_participants.is_empty()
            && self.deleted_threads.is_empty()
            && self.gone.is_empty())
    }

    /// Records taken in.
    pub fn records(&self) -> u64 {
        self.positions.values().map(|advance| advance.to - advance.from).sum()
    }
}

/// Changes the membership that begins in this batch, or notes the change of an earlier one. One that
/// ended in the batch is changed by nothing.
fn amend_membership<K, R, P>(changes: &mut BTreeMap<K, MembershipChange<R, P>>, key: K, patch: P)
where
    K: Ord,
    P: Patch<Row = R>,
{
    match changes.get_mut(&key) {
        Some(MembershipChange::Put(row)) => patch.apply(row),
        Some(MembershipChange::Patch(earlier)) => earlier.merge(patch),
        Some(MembershipChange::Delete) => {}
        None => {
            changes.insert(key, MembershipChange::Patch(patch));
        }
    }
}

/// Changes the row that is new in this batch, or notes the change for one that is not.
fn amend<K, R, P>(changes: &mut BTreeMap<K, Change<R, P>>, key: K, patch: P)
where
    K: Ord + Hash,
    P: Patch<Row = R>,
{
    match changes.get_mut(&key) {
        Some(Change::New(row)) => patch.apply(row),
        Some(Change::Patch(earlier)) => earlier.merge(patch),
        None => {
            changes.insert(key, Change::Patch(patch));
        }
    }
}

/// Notes what is hung on a post.
fn add_mark<K: Ord, R>(changes: &mut BTreeMap<K, MarkChange<R>>, key: K, row: R) {
    match changes.get_mut(&key) {
        Some(change @ MarkChange::Delete) => *change = MarkChange::Replace(row),
        Some(MarkChange::Add(_) | MarkChange::Replace(_)) => {}
        None => {
            changes.insert(key, MarkChange::Add(row));
        }
    }
}
