//! The aggregate of the topic `channels`: channels, their members, their totals. Never posts.

mod effects;

use std::collections::{BTreeMap, BTreeSet};

use events::bookmark::BookmarkedFile;
use events::channel::{
    Broadcast, ChannelMemberRemoved, ChannelMemberRolesChanged, ChannelMembersAdded,
    ChannelModerated, ChannelPrivacyChanged, LeftBecause, Moderated, Moderatee, Moderation,
    NewMember,
};
use events::directory::{ChannelType, JoinedVia};
use events::user::Totals;
use events::{BookmarkId, ChannelEvent, ChannelId, Event, Meta, PostId, TeamId, UserId};
use serde::{Deserialize, Serialize};

use self::effects::{conversation, count_notice, count_post, expire, let_go, moderate};
use crate::aggregate::{Aggregate, Control, RULES_KNOWN};
use crate::bookmarks::Bookmarks;
use crate::directory::refuse_if;
use crate::faults::{self, Rule};
use crate::notify::{self, NotifyProps};
use crate::verdict::{Applied, ChannelAfter, Refusal};
use crate::window::{Conflicts, Kinds, TouchKind, Touches, WindowLimits};

/// A membership, present or past. An ended one stays, so that its generation is never taken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub user_id: UserId,
    /// The highest generation of a team membership that the channel has seen for the person.
    pub generation: u64,
    /// Whether that generation has ended for ever.
    pub generation_ended: bool,
    pub active: bool,
    pub scheme_admin: bool,
    /// Offset of the event that began the present (or last) membership.
    pub since: u64,
    /// Its assigned time.
    pub joined_at: i64,
    /// Posts that mentioned the person; only grows.
    pub mentions: i64,
    pub mentions_root: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Absent in direct and group channels.
    pub team_id: Option<TeamId>,
    pub r#type: ChannelType,
    pub display_name: String,
    pub is_default: bool,
    pub archived: bool,
    pub creator_id: Option<UserId>,
    /// Offset of the event that created it.
    pub created: u64,
    /// The latest assigned time.
    pub last_at: i64,
    pub totals: ChannelAfter,
    /// Sorted by account; past members included.
    members: Vec<Member>,
    /// Whose words in the channel are erased.
    erased_authors: BTreeSet<UserId>,
    /// Posts and files of before these times are gone; 0 for none.
    pub expired_before: i64,
    pub files_expired_before: i64,
    /// Nobody's posts of before this time are left, not even those that a hold spared.
    pub cleared_before: i64,
    /// What was sealed before this time can be read nowhere.
    pub sealed_from: i64,
    /// How present members who have set anything want to be told.
    notify: BTreeMap<UserId, NotifyProps>,
    /// Those of them who follow every thread: asked for with each reply.
    auto_followers: BTreeSet<UserId>,
    pub bookmarks: Bookmarks,
    /// What is kept to the channel's administrators.
    kept: BTreeSet<(Moderatee, Moderated)>,
}

impl Channel {
    /// The membership of `user`, present or past.
    pub fn any_member(&self, user: UserId) -> Option<&Member> {
        self.slot(user).ok().map(|at| &self.members[at])
    }

    /// The present membership of `user` in this channel alone; see [`crate::rights`] for whether it
    /// still gives rights.
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.any_member(user).filter(|member| member.active)
    }

    /// Present members, sorted by account.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.active)
    }

    /// Everyone who ever was a member.
    pub fn all_members(&self) -> &[Member] {
        &self.members
    }

    /// Whether what `user` said here is erased.
    pub fn has_erased(&self, user: UserId) -> bool {
        self.erased_authors.contains(&user)
    }

    /// What a present member has set of how they are told; nothing where they never set anything.
    pub fn notify_props(&self, user: UserId) -> Option<&NotifyProps> {
        self.notify.get(&user)
    }

    /// Whether calls to the whole channel pass a member by because of what they set here.
    pub fn ignores_broadcasts(&self, user: UserId) -> bool {
        self.notify.get(&user).is_some_and(notify::ignores_broadcasts)
    }

    /// Whether the channel keeps this from those, for its administrators.
    pub fn keeps(&self, what: Moderated, whom: Moderatee) -> bool {
        self.kept.contains(&(whom, what))
    }

    /// All that it keeps from them.
    pub fn kept_from(&self, whom: Moderatee) -> impl Iterator<Item = Moderated> + '_ {
        self.kept.iter().filter(move |(from, _)| *from == whom).map(|(_, what)| *what)
    }

    /// The channel's and the member's totals now.
    pub fn totals_for(&self, member: &Member) -> Totals {
        Totals {
            msgs: self.totals.msgs,
            msgs_root: self.totals.msgs_root,
            mentions: member.mentions,
            mentions_root: member.mentions_root,
            broadcasts: self.totals.broadcasts,
        }
    }

    fn forget_notify(&mut self, user: UserId) {
        self.notify.remove(&user);
        self.auto_followers.remove(&user);
    }

    fn slot(&self, user: UserId) -> Result<usize, usize> {
        self.members.binary_search_by_key(&user, |member| member.user_id)
    }

    fn slot_or_insert(&mut self, user: UserId) -> usize {
        match self.slot(user) {
            Ok(at) => at,
            Err(at) => {
                self.members.insert(at, past_member(user));
                at
            }
        }
    }
}

fn past_member(user_id: UserId) -> Member {
    Member {
        user_id,
        generation: 0,
        generation_ended: false,
        active: false,
        scheme_admin: false,
        since: 0,
        joined_at: 0,
        mentions: 0,
        mentions_root: 0,
    }
}

/// The channels of one partition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Channels {
    channels: BTreeMap<ChannelId, Channel>,
    /// Present memberships by person.
    channels_of: BTreeMap<UserId, BTreeSet<ChannelId>>,
}

impl Channels {
    pub fn channel(&self, channel: ChannelId) -> Option<&Channel> {
        self.channels.get(&channel)
    }

    pub fn channels(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.channels.iter().map(|(id, channel)| (*id, channel))
    }

    /// Channels of this partition in which `user` has a present membership.
    pub fn channels_of(
        &self,
        user: UserId,
    ) -> impl Iterator<Item = (ChannelId, &Channel, &Member)> {
        self.channels_of.get(&user).into_iter().flatten().filter_map(move |id| {
            let channel = self.channels.get(id)?;
            Some((*id, channel, channel.member(user)?))
        })
    }
}

impl Aggregate for Channels {
    type Event = ChannelEvent;
    const WINDOW: WindowLimits = WindowLimits::STREAM;

    fn event(event: &Event) -> Option<&ChannelEvent> {
        match event {
            Event::Channels(event) => Some(event),
            _ => None,
        }
    }

    fn control(event: &ChannelEvent) -> Option<Control> {
        match event {
            ChannelEvent::RulesActivated(body) => Some(Control::Rules(body.c.rules)),
            ChannelEvent::EpochOpened(body) => Some(Control::EpochOpened(body.c.epoch)),
            ChannelEvent::EpochSealed(body) => Some(Control::EpochSealed(body.c.epoch)),
            _ => None,
        }
    }

    fn last_at(&self, meta: &Meta) -> i64 {
        self.channels.get(&ChannelId(meta.subject)).map_or(0, |channel| channel.last_at)
    }

    fn admit(&self, rules: u32, event: &ChannelEvent) -> Result<(), Refusal> {
        use ChannelEvent as E;
        match event {
            E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => Ok(()),
            E::ChannelCreated(b) => self.unknown(b.c.channel_id),
            E::ChannelDirectOpened(b) => self.unknown(b.c.channel_id),
            E::ChannelGroupOpened(b) => self.unknown(b.c.channel_id),
            E::ChannelSettingsChanged(b) => self.open(b.c.channel_id).map(drop),
            E::ChannelPrivacyChanged(b) => self.admit_privacy(&b.c),
            E::ChannelArchived(b) => self.archivable(b.c.channel_id, true),
            E::ChannelRestored(b) => self.archivable(b.c.channel_id, false),
            E::ChannelMembersAdded(b) => self.admit_members(&b.c),
            E::ChannelMemberRemoved(b) => self.admit_removal(&b.c),
            E::ChannelMemberRolesChanged(b) => self.admit_roles(&b.c),
            E::ChannelModerated(b) => self.admit_moderation(&b.c),
            E::PostCreated(b) => {
                // The newest rules where rules can be switched off, and in no program that serves.
                let of_tests = cfg!(feature = "faults") && rules == RULES_KNOWN;
                let here = b.c.broadcast == Broadcast::Here;
                refuse_if(of_tests && here, Refusal::Forbidden)?;
                self.open_to_author(b.c.channel_id, b.c.author_id)
            }
            E::PostEdited(b) => {
                let channel = self.open(b.c.channel_id)?;
                refuse_if(channel.has_erased(b.c.author_id), Refusal::UserInactive)?;
                refuse_if(b.c.create_at < channel.expired_before, Refusal::Expired)
            }
            E::PostDeleted(b) => self.known(b.c.channel_id).map(drop),
            E::PostPinned(b) => self.admit_pin(rules, b.c.channel_id, b.c.by),
            E::PostUnpinned(b) => self.admit_pin(rules, b.c.channel_id, b.c.by),
            E::ReactionAdded(b) => self.open_to(b.c.channel_id, b.c.user_id),
            E::ReactionRemoved(b) => self.open_to(b.c.channel_id, b.c.user_id),
            E::PostAcknowledged(b) => self.open_to_author(b.c.channel_id, b.c.user_id),
            E::PostAcknowledgementRemoved(b) => self.open_to(b.c.channel_id, b.c.user_id),
            E::BookmarkCreated(b) => {
                self.open_to_author(b.c.channel_id, b.c.owner_id)?;
                let channel = self.known(b.c.channel_id)?;
                channel.bookmarks.admit_new(b.c.bookmark_id)?;
                admit_file(channel, b.c.owner_id, b.c.file)
            }
            E::BookmarkChanged(b) => {
                self.open_to_author(b.c.channel_id, b.c.owner_id)?;
                let channel = self.known(b.c.channel_id)?;
                let file = channel.bookmarks.admit_change(&b.c)?;
                admit_file(channel, b.c.owner_id, file)
            }
            E::BookmarkDeleted(b) => self.open(b.c.channel_id)?.bookmarks.known(b.c.bookmark_id),
            E::BookmarkMoved(b) => self.open(b.c.channel_id)?.bookmarks.known(b.c.bookmark_id),
            E::FileUploaded(b) => self.open_to_author(b.c.channel_id, b.c.owner_id),
            E::ChannelAuthorErased(b) => {
                let erased = self.known(b.c.channel_id)?.has_erased(b.c.user_id);
                refuse_if(erased, Refusal::Already)
            }
            E::ChannelPostsExpired(b) => {
                let channel = self.known(b.c.channel_id)?;
                let later = b.c.before > channel.expired_before
                    || b.c.files_before > channel.files_expired_before
                    || b.c.before > channel.cleared_before;
                refuse_if(!later, Refusal::Already)
            }
            E::ChannelMemberNotifyChanged(b) => {
                let held = self.known(b.c.channel_id)?.member(b.c.user_id);
                refuse_if(held.is_none(), Refusal::NotAMember)
            }
            E::ChannelKeyAdvanced(b) => {
                let channel = self.known(b.c.channel_id)?;
                refuse_if(b.c.sealed_from <= channel.sealed_from, Refusal::Already)?;
                refuse_if(b.c.sealed_from > channel.cleared_before, Refusal::NotExpired)
            }
            E::ThreadFollowed(b) => self.member_of(b.c.channel_id, b.c.user_id),
            E::ThreadUnfollowed(b) => self.member_of(b.c.channel_id, b.c.user_id),
        }
    }

    fn evolve(&mut self, meta: &Meta, event: &ChannelEvent, at: i64, offset: u64) -> Applied {
        use ChannelEvent as E;
        let channel_id = ChannelId(meta.subject);
        let mut applied = Applied { at, ..Applied::default() };
        match event {
            E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => return applied,
            E::ChannelCreated(b) => {
                applied.members = self.create(&b.c, at, offset);
            }
            E::ChannelDirectOpened(b) => {
                let made = conversation(b.c.channel_id, ChannelType::Direct, b.c.by, &b.c.user_ids);
                applied.members = self.create_as(&made, None, at, offset);
            }
            E::ChannelGroupOpened(b) => {
                let made = conversation(b.c.channel_id, ChannelType::Group, b.c.by, &b.c.user_ids);
                applied.members = self.create_as(&made, None, at, offset);
            }
            E::ChannelSettingsChanged(b) => {
                self.with(channel_id, |channel| {
                    if let Some(name) = &b.c.display_name {
                        channel.display_name.clone_from(name);
                    }
                    b.c.notices.iter().for_each(|notice| count_notice(channel, notice, at));
                });
            }
            E::ChannelPrivacyChanged(b) => self.with(channel_id, |channel| {
                channel.r#type = b.c.r#type;
                count_notice(channel, &b.c.notice, at);
            }),
            E::ChannelArchived(b) => self.with(channel_id, |channel| {
                channel.archived = true;
                count_notice(channel, &b.c.notice, at);
            }),
            E::ChannelRestored(b) => self.with(channel_id, |channel| {
                channel.archived = false;
                count_notice(channel, &b.c.notice, at);
            }),
            E::ChannelMembersAdded(b) => applied.members = self.add(&b.c, at, offset),
            E::ChannelMemberRemoved(b) => self.remove(&b.c),
            E::ChannelMemberRolesChanged(b) => self.with(channel_id, |channel| {
                if let Ok(at) = channel.slot(b.c.user_id) {
                    channel.members[at].scheme_admin = b.c.scheme_admin;
                }
            }),
            E::ChannelModerated(b) => self.with(channel_id, |channel| moderate(channel, &b.c)),
            E::PostCreated(b) => {
                if let Some(channel) = self.channels.get_mut(&channel_id) {
                    applied.members = count_post(channel, &b.c, at);
                    if b.c.root.is_some() && b.c.auto_follow {
                        applied.auto_followers = channel.auto_followers.iter().copied().collect();
                    }
                }
            }
            E::ChannelAuthorErased(b) => self.with(channel_id, |channel| {
                channel.erased_authors.insert(b.c.user_id);
                let_go(channel, |held| held.is_of(b.c.user_id), &mut applied);
            }),
            E::ChannelPostsExpired(b) => {
                self.with(channel_id, |channel| expire(channel, &b.c, &mut applied));
            }
            E::ChannelKeyAdvanced(b) => {
                self.with(channel_id, |channel| channel.sealed_from = b.c.sealed_from);
            }
            E::ChannelMemberNotifyChanged(b) => applied.notify_props = self.set_notify(&b.c),
            E::BookmarkCreated(b) => {
                applied.bookmarks = self.with_bookmarks(channel_id, |held| held.add(&b.c));
            }
            E::BookmarkChanged(b) => {
                applied.bookmarks = self.with_bookmarks(channel_id, |held| held.change(&b.c));
            }
            E::BookmarkDeleted(b) => {
                applied.bookmarks =
                    self.with_bookmarks(channel_id, |held| held.remove(b.c.bookmark_id));
            }
            E::BookmarkMoved(b) => {
                applied.bookmarks = self.with_bookmarks(channel_id, |held| held.r#move(&b.c));
            }
            E::PostEdited(_)
            | E::PostDeleted(_)
            | E::PostPinned(_)
            | E::PostUnpinned(_)
            | E::ReactionAdded(_)
            | E::ReactionRemoved(_)
            | E::PostAcknowledged(_)
            | E::PostAcknowledgementRemoved(_)
            | E::FileUploaded(_)
            | E::ThreadFollowed(_)
            | E::ThreadUnfollowed(_) => {}
        }
        if let Some(channel) = self.channels.get_mut(&channel_id) {
            channel.last_at = at;
            applied.channel = Some(channel.totals);
        }
        applied
    }

    fn touches(event: &ChannelEvent) -> Touches {
        use ChannelEvent as E;
        use TouchKind as K;
        match event {
            E::PostCreated(b) => {
                let mut touches = Touches::new();
                touches.push((b.c.post_id.0, K::Created));
                touches.extend(b.c.root.iter().map(|root| (root.post_id.0, K::Replied)));
                touches.extend(b.c.files.iter().map(|file| (file.file_id.0, K::Attached)));
                touches
            }
            E::PostEdited(b) => [(b.c.post_id.0, K::Edited)].into_iter().collect(),
            E::PostDeleted(b) => [(b.c.post_id.0, K::Deleted)].into_iter().collect(),
            E::PostPinned(b) => [(b.c.post_id.0, K::Pinned)].into_iter().collect(),
            E::PostUnpinned(b) => [(b.c.post_id.0, K::Pinned)].into_iter().collect(),
            E::ReactionAdded(b) => [(b.c.post_id.0, K::Reacted)].into_iter().collect(),
            E::ReactionRemoved(b) => [(b.c.post_id.0, K::Reacted)].into_iter().collect(),
            E::PostAcknowledged(b) => [(b.c.post_id.0, K::Reacted)].into_iter().collect(),
            E::PostAcknowledgementRemoved(b) => [(b.c.post_id.0, K::Reacted)].into_iter().collect(),
            E::BookmarkCreated(b) => bookmarked(b.c.bookmark_id, b.c.file),
            E::BookmarkChanged(b) => bookmarked(b.c.replaces.unwrap_or(b.c.bookmark_id), b.c.file),
            E::FileUploaded(b) => [(b.c.file.file_id.0, K::Created)].into_iter().collect(),
            E::ChannelPostsExpired(b) => [(b.c.channel_id.0, K::Deleted)].into_iter().collect(),
            E::ChannelPrivacyChanged(b) => [(b.c.channel_id.0, K::Edited)].into_iter().collect(),
            E::ChannelModerated(b) => {
                let mut touches = Touches::new();
                touches.push((b.c.channel_id.0, K::RightsEnded));
                if b.c.changes.iter().any(|one| one.what == Moderated::ManageBookmarks) {
                    touches.push((b.c.channel_id.0, K::Pinned));
                }
                touches
            }
            E::RulesActivated(_)
            | E::EpochOpened(_)
            | E::EpochSealed(_)
            | E::ChannelCreated(_)
            | E::ChannelDirectOpened(_)
            | E::ChannelGroupOpened(_)
            | E::ChannelSettingsChanged(_)
            | E::ChannelArchived(_)
            | E::ChannelRestored(_)
            | E::ChannelMembersAdded(_)
            | E::ChannelMemberRemoved(_)
            | E::ChannelMemberRolesChanged(_)
            | E::ChannelAuthorErased(_)
            | E::ChannelKeyAdvanced(_)
            | E::ThreadFollowed(_)
            | E::ThreadUnfollowed(_)
            | E::BookmarkDeleted(_)
            | E::BookmarkMoved(_)
            | E::ChannelMemberNotifyChanged(_) => Touches::new(),
        }
    }

    /// | event | conflicts on the post with | on its root with |
    /// |---|---|---|
    /// | a reply | – | deletion |
    /// | an edit | edits, deletion | deletion |
    /// | a deletion | deletion | deletion |
    /// | a pin | pins, deletion | deletion |
    /// | a reaction, an acknowledgement | deletion | deletion |
    /// | a follow | – | deletion |
    ///
    /// An attached file conflicts with its attachment to another post. Whatever looks at a post or a file
    /// that was there before conflicts with the channel's expiry, which may have taken it. Who joins by
    /// oneself relies on the channel being open: that conflicts with a change of its privacy. Who changes a
    /// bookmark carries the rest of it as read: that conflicts with another change of it. Who says something,
    /// reacts, brings people in or takes them out relies on the channel not keeping that to its administrators:
    /// that conflicts with its moderation; who manages bookmarks, with a moderation that concerns those: before
    /// there was any, bookmarks conflicted with none.
    fn conflicts(event: &ChannelEvent) -> Conflicts {
        use ChannelEvent as E;
        use TouchKind as K;
        const DELETED: Kinds = Kinds::of(&[K::Deleted]);
        const MODERATED: Kinds = Kinds::of(&[K::RightsEnded]);
        let of = |channel: ChannelId, post: PostId, root: Option<PostId>, kinds| {
            let mut conflicts = Conflicts::new();
            conflicts.push((channel.0, DELETED));
            conflicts.push((post.0, kinds));
            conflicts.extend(root.map(|root| (root.0, DELETED)));
            conflicts
        };
        let reaction = |channel: ChannelId, post, root| {
            let mut conflicts = of(channel, post, root, DELETED);
            conflicts.push((channel.0, MODERATED));
            conflicts
        };
        match event {
            E::PostCreated(b) => {
                let rests_on_earlier = b.c.root.is_some() || !b.c.files.is_empty();
                let both = Kinds::of(&[K::Deleted, K::RightsEnded]);
                let channel = (b.c.channel_id.0, if rests_on_earlier { both } else { MODERATED });
                let root = b.c.root.iter().map(|root| (root.post_id.0, DELETED));
                let attached = Kinds::of(&[K::Attached]);
                let files = b.c.files.iter().map(|file| (file.file_id.0, attached));
                std::iter::once(channel).chain(root).chain(files).collect()
            }
            E::PostEdited(b) => {
                of(b.c.channel_id, b.c.post_id, b.c.root_id, Kinds::of(&[K::Edited, K::Deleted]))
            }
            E::PostDeleted(b) => of(b.c.channel_id, b.c.post_id, b.c.root_id, DELETED),
            E::PostPinned(b) => {
                of(b.c.channel_id, b.c.post_id, b.c.root_id, Kinds::of(&[K::Pinned, K::Deleted]))
            }
            E::PostUnpinned(b) => {
                of(b.c.channel_id, b.c.post_id, b.c.root_id, Kinds::of(&[K::Pinned, K::Deleted]))
            }
            E::PostAcknowledged(b) => of(b.c.channel_id, b.c.post_id, b.c.root_id, DELETED),
            E::PostAcknowledgementRemoved(b) => {
                of(b.c.channel_id, b.c.post_id, b.c.root_id, DELETED)
            }
            E::BookmarkCreated(b) => of_bookmark(b.c.channel_id, None, b.c.file),
            E::BookmarkChanged(b) => {
                let before = b.c.replaces.unwrap_or(b.c.bookmark_id);
                of_bookmark(b.c.channel_id, Some(before), b.c.file)
            }
            E::BookmarkDeleted(b) => of_bookmark(b.c.channel_id, None, None),
            E::BookmarkMoved(b) => of_bookmark(b.c.channel_id, None, None),
            E::ReactionAdded(b) => reaction(b.c.channel_id, b.c.post_id, b.c.root_id),
            E::ReactionRemoved(b) => reaction(b.c.channel_id, b.c.post_id, b.c.root_id),
            E::ChannelMembersAdded(b) => match b.c.via {
                JoinedVia::Join => {
                    [(b.c.channel_id.0, Kinds::of(&[K::Edited]))].into_iter().collect()
                }
                JoinedVia::Add => [(b.c.channel_id.0, MODERATED)].into_iter().collect(),
                JoinedVia::Step => Conflicts::new(),
            },
            E::ChannelMemberRemoved(b) if b.c.because == LeftBecause::Removed => {
                [(b.c.channel_id.0, MODERATED)].into_iter().collect()
            }
            E::ThreadFollowed(b) => of(b.c.channel_id, b.c.root_id, None, DELETED),
            E::ThreadUnfollowed(b) => of(b.c.channel_id, b.c.root_id, None, DELETED),
            E::RulesActivated(_)
            | E::EpochOpened(_)
            | E::EpochSealed(_)
            | E::ChannelCreated(_)
            | E::ChannelDirectOpened(_)
            | E::ChannelGroupOpened(_)
            | E::ChannelSettingsChanged(_)
            | E::ChannelPrivacyChanged(_)
            | E::ChannelArchived(_)
            | E::ChannelRestored(_)
            | E::ChannelMemberRemoved(_)
            | E::ChannelMemberRolesChanged(_)
            | E::ChannelModerated(_)
            | E::ChannelAuthorErased(_)
            | E::ChannelPostsExpired(_)
            | E::ChannelKeyAdvanced(_)
            | E::ChannelMemberNotifyChanged(_)
            | E::FileUploaded(_) => Conflicts::new(),
        }
    }
}

/// Rules.
impl Channels {
    fn known(&self, channel: ChannelId) -> Result<&Channel, Refusal> {
        self.channels.get(&channel).ok_or(Refusal::UnknownChannel)
    }

    fn unknown(&self, channel: ChannelId) -> Result<(), Refusal> {
        refuse_if(self.channels.contains_key(&channel), Refusal::Already)
    }

    fn open(&self, channel: ChannelId) -> Result<&Channel, Refusal> {
        let channel = self.known(channel)?;
        refuse_if(channel.archived, Refusal::Archived)?;
        Ok(channel)
    }

    /// In an archived channel, too.
    fn member_of(&self, channel: ChannelId, user: UserId) -> Result<(), Refusal> {
        refuse_if(self.known(channel)?.member(user).is_none(), Refusal::NotAMember)
    }

    fn open_to(&self, channel: ChannelId, user: UserId) -> Result<(), Refusal> {
        refuse_if(self.open(channel)?.member(user).is_none(), Refusal::NotAMember)
    }

    /// The same for what is somebody's own words.
    fn open_to_author(&self, channel: ChannelId, author: UserId) -> Result<(), Refusal> {
        let channel = self.open(channel)?;
        refuse_if(channel.member(author).is_none(), Refusal::NotAMember)?;
        refuse_if(channel.has_erased(author), Refusal::UserInactive)
    }

    fn admit_pin(&self, rules: u32, channel: ChannelId, by: UserId) -> Result<(), Refusal> {
        if rules >= 2 { self.open_to(channel, by) } else { self.open(channel).map(drop) }
    }

    fn archivable(&self, channel: ChannelId, archive: bool) -> Result<(), Refusal> {
        let channel = self.known(channel)?;
        refuse_if(channel.archived == archive, Refusal::Already)?;
        refuse_if(channel.is_default, Refusal::DefaultChannel)?;
        refuse_if(!channel.r#type.in_team(), Refusal::FixedMembers)
    }

    fn admit_privacy(&self, changed: &ChannelPrivacyChanged) -> Result<(), Refusal> {
        let channel = self.open(changed.channel_id)?;
        let in_team = channel.r#type.in_team() && changed.r#type.in_team();
        refuse_if(!in_team, Refusal::FixedMembers)?;
        refuse_if(channel.r#type == changed.r#type, Refusal::Already)?;
        refuse_if(channel.is_default, Refusal::DefaultChannel)
    }

    fn admit_roles(&self, changed: &ChannelMemberRolesChanged) -> Result<(), Refusal> {
        let channel = self.known(changed.channel_id)?;
        refuse_if(!channel.r#type.in_team(), Refusal::FixedMembers)?;
        let held = channel.member(changed.user_id).ok_or(Refusal::NotAMember)?;
        refuse_if(held.since != changed.membership, Refusal::OtherMembership)?;
        refuse_if(held.scheme_admin == changed.scheme_admin, Refusal::Already)
    }

    fn admit_moderation(&self, moderated: &ChannelModerated) -> Result<(), Refusal> {
        let channel = self.open(moderated.channel_id)?;
        refuse_if(!channel.r#type.in_team(), Refusal::FixedMembers)?;
        let differs = |one: &Moderation| channel.keeps(one.what, one.whom) == one.allowed;
        refuse_if(!moderated.changes.iter().any(differs), Refusal::Already)
    }

    fn admit_members(&self, added: &ChannelMembersAdded) -> Result<(), Refusal> {
        let channel = match added.via {
            JoinedVia::Step => self.known(added.channel_id)?,
            JoinedVia::Join | JoinedVia::Add => self.open(added.channel_id)?,
        };
        refuse_if(!channel.r#type.in_team(), Refusal::FixedMembers)?;
        let mut refusal = Refusal::Already;
        for member in &added.members {
            match joins(channel, member, added.via) {
                Ok(()) => return Ok(()),
                Err(Refusal::Already) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }

    fn admit_removal(&self, removed: &ChannelMemberRemoved) -> Result<(), Refusal> {
        let channel = self.known(removed.channel_id)?;
        refuse_if(!channel.r#type.in_team(), Refusal::FixedMembers)?;
        let held = channel.any_member(removed.user_id);
        if removed.because == LeftBecause::TeamEnded {
            let over = held.is_some_and(|m| {
                m.generation > removed.generation
                    || (m.generation == removed.generation && m.generation_ended)
            });
            return refuse_if(over, Refusal::Already);
        }
        refuse_if(channel.is_default && !removed.is_guest, Refusal::DefaultChannel)?;
        let held = held.filter(|m| m.active).ok_or(Refusal::Already)?;
        let named = removed.membership == Some(held.since) || !faults::is_on(Rule::NamedMembership);
        refuse_if(!named, Refusal::OtherMembership)
    }
}

/// One bookmarks one's own files, and none that is past its time.
fn admit_file(
    channel: &Channel,
    owner: UserId,
    file: Option<BookmarkedFile>,
) -> Result<(), Refusal> {
    let Some(file) = file else { return Ok(()) };
    refuse_if(file.owner_id != owner, Refusal::Forbidden)?;
    refuse_if(file.create_at < channel.files_expired_before, Refusal::Expired)
}

fn bookmarked(bookmark: BookmarkId, file: Option<BookmarkedFile>) -> Touches {
    let attached = file.map(|file| (file.file_id.0, TouchKind::Attached));
    std::iter::once((bookmark.0, TouchKind::Edited)).chain(attached).collect()
}

/// A file is bookmarked while no post shows it, and no other bookmark that was not read.
fn of_bookmark(
    channel: ChannelId,
    before: Option<BookmarkId>,
    file: Option<BookmarkedFile>,
) -> Conflicts {
    const KEPT: Kinds = Kinds::of(&[TouchKind::Pinned]);
    const KEPT_OR_EXPIRED: Kinds = Kinds::of(&[TouchKind::Pinned, TouchKind::Deleted]);
    let edited = before.map(|bookmark| (bookmark.0, Kinds::of(&[TouchKind::Edited])));
    let of_channel = (channel.0, if file.is_some() { KEPT_OR_EXPIRED } else { KEPT });
    let attached = file.map(|file| (file.file_id.0, Kinds::of(&[TouchKind::Attached])));
    std::iter::once(of_channel).chain(edited).chain(attached).collect()
}

/// Whether `member` may come in. A step needs a generation above any seen; a person's own command may
/// also return within a generation that has not ended.
fn joins(channel: &Channel, member: &NewMember, via: JoinedVia) -> Result<(), Refusal> {
    let Some(held) = channel.any_member(member.user_id) else { return Ok(()) };
    if !faults::is_on(Rule::Generations) {
        return refuse_if(held.active, Refusal::Already);
    }
    if member.generation > held.generation {
        return Ok(());
    }
    if held.active && member.generation == held.generation {
        return Err(Refusal::Already);
    }
    let returns = via != JoinedVia::Step
        && member.generation == held.generation
        && (!held.generation_ended || !faults::is_on(Rule::EndedGenerations));
    refuse_if(!returns, Refusal::GenerationEnded)
}
