//! What admitted events do to channels, their members and totals.

use std::collections::{BTreeMap, BTreeSet};

use events::bookmark::BookmarkedFile;
use events::channel::{
    Broadcast, ChannelCreated, ChannelMemberNotifyChanged, ChannelMemberRemoved,
    ChannelMembersAdded, ChannelModerated, LeftBecause, NewMember, Notice, PostCreated,
};
use events::directory::{ChannelType, JoinedVia};
use events::retention::ChannelPostsExpired;
use events::{BookmarkId, ChannelId, TeamId, UserId};

use super::{Channel, Channels, Member, joins};
use crate::bookmarks::{Bookmark, Bookmarks};
use crate::notify::{self, NotifyProps};
use crate::verdict::{Applied, Base, ChannelAfter, MemberAfter};

pub(super) fn conversation(
    channel_id: ChannelId,
    r#type: ChannelType,
    by: UserId,
    users: &[UserId],
) -> ChannelCreated {
    ChannelCreated {
        channel_id,
        team_id: TeamId::default(),
        r#type,
        display_name: String::new(),
        header: String::new(),
        purpose: String::new(),
        creator_id: Some(by),
        is_default: false,
        members: users
            .iter()
            .map(|user_id| NewMember { user_id: *user_id, generation: 0, scheme_admin: false })
            .collect(),
    }
}

impl Channels {
    pub(super) fn with(&mut self, channel: ChannelId, change: impl FnOnce(&mut Channel)) {
        if let Some(channel) = self.channels.get_mut(&channel) {
            change(channel);
        }
    }

    /// Answers the bookmarks' order afterwards.
    pub(super) fn with_bookmarks(
        &mut self,
        channel: ChannelId,
        change: impl FnOnce(&mut Bookmarks),
    ) -> Option<Box<[BookmarkId]>> {
        let channel = self.channels.get_mut(&channel)?;
        change(&mut channel.bookmarks);
        Some(channel.bookmarks.ids())
    }

    pub(super) fn create(
        &mut self,
        created: &ChannelCreated,
        at: i64,
        offset: u64,
    ) -> Vec<MemberAfter> {
        self.create_as(created, Some(created.team_id), at, offset)
    }

    pub(super) fn create_as(
        &mut self,
        created: &ChannelCreated,
        team_id: Option<TeamId>,
        at: i64,
        offset: u64,
    ) -> Vec<MemberAfter> {
        let mut channel = Channel {
            team_id,
            r#type: created.r#type,
            display_name: created.display_name.clone(),
            is_default: created.is_default,
            archived: false,
            creator_id: created.creator_id,
            created: offset,
            last_at: at,
            totals: ChannelAfter::default(),
            members: Vec::new(),
            erased_authors: BTreeSet::new(),
            expired_before: 0,
            files_expired_before: 0,
            cleared_before: 0,
            sealed_from: 0,
            notify: BTreeMap::new(),
            auto_followers: BTreeSet::new(),
            bookmarks: Bookmarks::default(),
            kept: BTreeSet::new(),
        };
        let mut after = Vec::with_capacity(created.members.len());
        for member in &created.members {
            if channel.member(member.user_id).is_none() {
                after.push(admit_member(&mut channel, member, false, at, offset));
                self.channels_of.entry(member.user_id).or_default().insert(created.channel_id);
            }
        }
        self.channels.insert(created.channel_id, channel);
        after
    }

    pub(super) fn add(
        &mut self,
        added: &ChannelMembersAdded,
        at: i64,
        offset: u64,
    ) -> Vec<MemberAfter> {
        let Some(channel) = self.channels.get_mut(&added.channel_id) else { return Vec::new() };
        let mut after = Vec::with_capacity(added.members.len());
        for member in &added.members {
            // Whoever is listed twice came with the first.
            let listed = after.iter().any(|m: &MemberAfter| m.user_id == member.user_id);
            if listed || joins(channel, member, added.via).is_err() {
                continue;
            }
            let by_another = added.via == JoinedVia::Add && added.by != member.user_id;
            after.push(admit_member(channel, member, by_another, at, offset));
            self.channels_of.entry(member.user_id).or_default().insert(added.channel_id);
        }
        if let Some(notice) = &added.notice {
            count_notice(channel, notice, at);
        }
        after
    }

    /// Answers all that the member has set now.
    pub(super) fn set_notify(
        &mut self,
        set: &ChannelMemberNotifyChanged,
    ) -> Option<Box<NotifyProps>> {
        let channel = self.channels.get_mut(&set.channel_id)?;
        let props = channel.notify.entry(set.user_id).or_default();
        props.extend(set.notify_props.iter().map(|(name, value)| (name.clone(), value.clone())));
        let props = Box::new(props.clone());
        if notify::follows_threads(&props) {
            channel.auto_followers.insert(set.user_id);
        } else {
            channel.auto_followers.remove(&set.user_id);
        }
        Some(props)
    }

    pub(super) fn remove(&mut self, removed: &ChannelMemberRemoved) {
        let Some(channel) = self.channels.get_mut(&removed.channel_id) else { return };
        let at = channel.slot_or_insert(removed.user_id);
        let member = &mut channel.members[at];
        if removed.because == LeftBecause::TeamEnded {
            member.generation = removed.generation;
            member.generation_ended = true;
        }
        if member.active {
            member.active = false;
            channel.totals.member_count -= 1;
            channel.forget_notify(removed.user_id);
            if let Some(channels) = self.channels_of.get_mut(&removed.user_id) {
                channels.remove(&removed.channel_id);
            }
        }
    }
}

/// Begins a membership. Somebody who was added by another finds one mention waiting.
fn admit_member(
    channel: &mut Channel,
    new: &NewMember,
    by_another: bool,
    at: i64,
    offset: u64,
) -> MemberAfter {
    let slot = channel.slot_or_insert(new.user_id);
    if !channel.members[slot].active {
        channel.totals.member_count += 1;
    }
    channel.forget_notify(new.user_id);
    let totals = channel.totals_for(&channel.members[slot]);
    let member = &mut channel.members[slot];
    *member = Member {
        generation: new.generation,
        generation_ended: false,
        active: true,
        scheme_admin: new.scheme_admin,
        since: offset,
        joined_at: at,
        mentions: member.mentions + i64::from(by_another),
        mentions_root: member.mentions_root + i64::from(by_another),
        ..*member
    };
    MemberAfter {
        user_id: new.user_id,
        mentions: member.mentions,
        mentions_root: member.mentions_root,
        base: Some(Base { at, totals }),
    }
}

pub(super) fn moderate(channel: &mut Channel, moderated: &ChannelModerated) {
    for change in &moderated.changes {
        let kept = (change.whom, change.what);
        if change.allowed {
            channel.kept.remove(&kept);
        } else {
            channel.kept.insert(kept);
        }
    }
}

/// Nothing that is said from now on is past its time. Bookmarks go with their files.
pub(super) fn expire(channel: &mut Channel, expired: &ChannelPostsExpired, applied: &mut Applied) {
    let before = expired.before.min(applied.at);
    channel.expired_before = channel.expired_before.max(before);
    let files_before = expired.files_before.min(applied.at);
    channel.files_expired_before = channel.files_expired_before.max(files_before);
    if expired.kept_author_ids.is_empty() {
        channel.cleared_before = channel.cleared_before.max(before);
    }
    let is_past = |file: BookmarkedFile| {
        file.create_at < files_before && !expired.kept_author_ids.contains(&file.owner_id)
    };
    let_go(channel, |held| held.file.is_some_and(is_past), applied);
}

/// The order of those that are left is told only where some went.
pub(super) fn let_go(channel: &mut Channel, of: impl Fn(&Bookmark) -> bool, applied: &mut Applied) {
    let gone = channel.bookmarks.let_go(of);
    applied.bookmarks = (!gone.is_empty()).then(|| channel.bookmarks.ids());
    applied.bookmarks_gone = gone;
}

pub(super) fn count_notice(channel: &mut Channel, notice: &Notice, at: i64) {
    if notice.kind.counts() {
        channel.totals.msgs += 1;
        channel.totals.msgs_root += 1;
        channel.totals.last_post_at = at;
        channel.totals.last_root_post_at = at;
    }
}

pub(super) fn count_post(channel: &mut Channel, post: &PostCreated, at: i64) -> Vec<MemberAfter> {
    let is_root = post.root.is_none();
    let totals = &mut channel.totals;
    totals.msgs += 1;
    totals.last_post_at = at;
    if is_root {
        totals.msgs_root += 1;
        totals.last_root_post_at = at;
        if matches!(post.broadcast, Broadcast::Channel | Broadcast::All) {
            totals.broadcasts += 1;
        }
    }
    let mut after: Vec<MemberAfter> = Vec::with_capacity(post.mentions.len() + 1);
    for user in &post.mentions {
        let counted = *user == post.author_id || after.iter().any(|m| m.user_id == *user);
        let Ok(at) = channel.slot(*user) else { continue };
        let member = &mut channel.members[at];
        if counted || !member.active {
            continue;
        }
        member.mentions += 1;
        member.mentions_root += i64::from(is_root);
        after.push(MemberAfter {
            user_id: *user,
            mentions: member.mentions,
            mentions_root: member.mentions_root,
            base: None,
        });
    }
    if post.marks_read
        && let Some(author) = channel.member(post.author_id)
    {
        after.push(MemberAfter {
            user_id: post.author_id,
            mentions: author.mentions,
            mentions_root: author.mentions_root,
            base: Some(Base { at, totals: channel.totals_for(author) }),
        });
    }
    after
}
