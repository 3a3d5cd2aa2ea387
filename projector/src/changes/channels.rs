//! Rows of channels and their members.

use domain::{Applied, Base, ChannelAfter, MemberAfter, notify};
use events::channel::{
    ChannelCreated, ChannelPrivacyChanged, ChannelSettingsChanged, NewMember, Notice,
};
use events::directory::ChannelType;
use events::{ChannelEvent, ChannelId, Partition, UserId};
use read_model::partition_key;
use read_model::rows::{ChannelMemberRow, ChannelRow, NotifyPropsRow};

use super::posts::Place;
use super::{Change, MemberChange, RowChanges, amend, amend_membership};
use crate::patches::{ChannelPatch, MemberPatch, Patch, ThreadPatch, text, text_map};

impl RowChanges {
    pub(super) fn absorb_channel(
        &mut self,
        event: &ChannelEvent,
        applied: &Applied,
        partition: Partition,
        offset: u64,
    ) {
        use ChannelEvent as E;
        let at = applied.at;
        let after = applied.channel.unwrap_or_default();
        let log_offset = offset.cast_signed();
        let place = Place { at, after, partition: partition_key(partition), log_offset };
        match event {
            E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => {}
            E::ChannelCreated(b) => {
                let row = channel_row(&b.c, at, after);
                self.channels.insert(b.c.channel_id, Change::New(row));
                self.begin_memberships(b.c.channel_id, &b.c.members, applied, log_offset);
            }
            E::ChannelDirectOpened(b) => {
                let (channel, by) = (b.c.channel_id, b.c.by);
                self.open_conversation(channel, ChannelType::Direct, by, applied, log_offset);
            }
            E::ChannelGroupOpened(b) => {
                let (channel, by) = (b.c.channel_id, b.c.by);
                self.open_conversation(channel, ChannelType::Group, by, applied, log_offset);
            }
            E::ChannelSettingsChanged(b) => self.change_settings(&b.c, &place),
            E::ChannelPrivacyChanged(b) => self.change_privacy(&b.c, &place),
            E::ChannelArchived(b) => {
                self.archive(b.c.channel_id, Some(at), &b.c.notice, &place);
            }
            E::ChannelRestored(b) => self.archive(b.c.channel_id, Some(0), &b.c.notice, &place),
            E::ChannelMembersAdded(b) => {
                amend(&mut self.channels, b.c.channel_id, totals(after));
                self.begin_memberships(b.c.channel_id, &b.c.members, applied, log_offset);
                self.post_notices(b.c.channel_id, b.c.notice.as_slice(), &place);
            }
            E::ChannelMemberRemoved(b) => {
                amend(&mut self.channels, b.c.channel_id, totals(after));
                self.channel_members.insert((b.c.channel_id, b.c.user_id), MemberChange::Delete);
                self.notify_props.insert((b.c.channel_id, b.c.user_id), None);
                self.post_notices(b.c.channel_id, b.c.notice.as_slice(), &place);
            }
            E::ChannelMemberRolesChanged(b) => {
                let scheme_admin = Some(b.c.scheme_admin);
                let patch = MemberPatch { scheme_admin, ..MemberPatch::default() };
                let key = (b.c.channel_id, b.c.user_id);
                amend_membership(&mut self.channel_members, key, patch);
            }
            // What it keeps stands in the fold.
            E::ChannelModerated(b) => {
                let patch = ChannelPatch { update_at: Some(at), ..totals(after) };
                amend(&mut self.channels, b.c.channel_id, patch);
            }
            E::PostCreated(b) => {
                amend(&mut self.channels, b.c.channel_id, totals(after));
                for member in &applied.members {
                    self.move_totals(b.c.channel_id, member);
                }
                self.create_post(&b.c, &b.p, &applied.members, &place);
                self.answer(&b.c, applied);
            }
            E::PostEdited(b) => self.edit_post(&b.c, &b.p, at),
            E::PostDeleted(b) => self.delete_post(&b.c, at),
            E::PostPinned(b) => self.pin_post(b.c.post_id, true, at),
            E::PostUnpinned(b) => self.pin_post(b.c.post_id, false, at),
            E::ReactionAdded(b) => self.add_reaction(&b.c, at),
            E::ReactionRemoved(b) => self.remove_reaction(&b.c, at),
            E::PostAcknowledged(b) => self.acknowledge(&b.c, at),
            E::PostAcknowledgementRemoved(b) => self.remove_acknowledgement(&b.c, at),
            E::BookmarkCreated(b) => self.create_bookmark(&b.c, &b.p, at),
            E::BookmarkChanged(b) => self.change_bookmark(&b.c, &b.p, at),
            E::BookmarkDeleted(b) => self.delete_bookmark(b.c.bookmark_id, at),
            E::BookmarkMoved(_) => {}
            E::FileUploaded(b) => self.upload_file(&b.c, &b.p, at),
            E::ChannelAuthorErased(b) => {
                self.gone.authors.insert((b.c.channel_id, b.c.user_id), at);
            }
            E::ChannelPostsExpired(b) => self.expire_posts(&b.c, at),
            E::ChannelKeyAdvanced(_) => {}
            E::ThreadFollowed(b) => {
                let patch =
                    ThreadPatch { following: true, follow_at: at, base_at: at, replied_at: 0 };
                self.say_follows(b.c.root_id, b.c.user_id, b.c.channel_id, patch);
            }
            E::ThreadUnfollowed(b) => {
                let patch = ThreadPatch { follow_at: at, ..ThreadPatch::default() };
                self.say_follows(b.c.root_id, b.c.user_id, b.c.channel_id, patch);
            }
            E::ChannelMemberNotifyChanged(b) => {
                self.notify(b.c.channel_id, b.c.user_id, applied);
            }
        }
        self.order_bookmarks(applied, matches!(event, E::BookmarkMoved(_)));
    }

    fn open_conversation(
        &mut self,
        channel_id: ChannelId,
        kind: ChannelType,
        by: UserId,
        applied: &Applied,
        since: i64,
    ) {
        let row = ChannelRow {
            id: channel_id,
            team_id: None,
            kind,
            display_name: String::new(),
            header: String::new(),
            purpose: String::new(),
            creator_id: Some(by),
            ..empty_channel(channel_id, applied.at, applied.channel.unwrap_or_default())
        };
        self.channels.insert(channel_id, Change::New(row));
        self.begin_memberships(channel_id, &[], applied, since);
    }

    /// Those whom the fold admitted, with what the event says of them.
    fn begin_memberships(
        &mut self,
        channel_id: ChannelId,
        listed: &[NewMember],
        applied: &Applied,
        since: i64,
    ) {
        let mut listed = listed.iter();
        for member in &applied.members {
            // The fold keeps the event's order and passes over those whom it does not admit.
            let new = listed.find(|new| new.user_id == member.user_id);
            let base = member.base.unwrap_or_default();
            let row = ChannelMemberRow {
                channel_id,
                user_id: member.user_id,
                generation: new.map_or(0, |new| new.generation.cast_signed()),
                scheme_admin: new.is_some_and(|new| new.scheme_admin),
                since,
                create_at: applied.at,
                mentions: member.mentions,
                mentions_root: member.mentions_root,
                base_at: base.at,
                base_msgs: base.totals.msgs,
                base_msgs_root: base.totals.msgs_root,
                base_mentions: base.totals.mentions,
                base_mentions_root: base.totals.mentions_root,
                base_broadcasts: base.totals.broadcasts,
            };
            let change = MemberChange::Put(row);
            self.channel_members.insert((channel_id, member.user_id), change);
            self.notify_props.insert((channel_id, member.user_id), None);
        }
    }

    fn notify(&mut self, channel_id: ChannelId, user_id: UserId, applied: &Applied) {
        let Some(set) = &applied.notify_props else { return };
        let row = NotifyPropsRow {
            channel_id,
            user_id,
            notify_props: text_map(set),
            is_muted: notify::is_muted(set),
            ignores_broadcasts: notify::ignores_broadcasts(set),
            update_at: applied.at,
        };
        self.notify_props.insert((channel_id, user_id), Some(row));
    }

    fn move_totals(&mut self, channel_id: ChannelId, member: &MemberAfter) {
        let key = (channel_id, member.user_id);
        amend_membership(&mut self.channel_members, key, member_patch(member));
    }

    fn change_settings(&mut self, changed: &ChannelSettingsChanged, place: &Place) {
        let patch = ChannelPatch {
            display_name: changed.display_name.as_deref().map(text),
            header: changed.header.as_deref().map(text),
            purpose: changed.purpose.as_deref().map(text),
            update_at: Some(place.at),
            ..totals(place.after)
        };
        amend(&mut self.channels, changed.channel_id, patch);
        self.post_notices(changed.channel_id, &changed.notices, place);
    }

    fn change_privacy(&mut self, changed: &ChannelPrivacyChanged, place: &Place) {
        let (kind, update_at) = (Some(changed.r#type), Some(place.at));
        let patch = ChannelPatch { kind, update_at, ..totals(place.after) };
        amend(&mut self.channels, changed.channel_id, patch);
        self.post_notices(changed.channel_id, std::slice::from_ref(&changed.notice), place);
    }

    fn archive(
        &mut self,
        channel: ChannelId,
        delete_at: Option<i64>,
        notice: &Notice,
        place: &Place,
    ) {
        let patch = ChannelPatch { delete_at, update_at: Some(place.at), ..totals(place.after) };
        amend(&mut self.channels, channel, patch);
        self.post_notices(channel, std::slice::from_ref(notice), place);
    }
}

fn channel_row(created: &ChannelCreated, at: i64, after: ChannelAfter) -> ChannelRow {
    ChannelRow {
        team_id: Some(created.team_id),
        kind: created.r#type,
        display_name: text(&created.display_name),
        header: text(&created.header),
        purpose: text(&created.purpose),
        creator_id: created.creator_id,
        ..empty_channel(created.channel_id, at, after)
    }
}

fn empty_channel(id: ChannelId, at: i64, after: ChannelAfter) -> ChannelRow {
    let mut row = ChannelRow {
        id,
        team_id: None,
        kind: ChannelType::Open,
        display_name: String::new(),
        header: String::new(),
        purpose: String::new(),
        creator_id: None,
        create_at: at,
        update_at: at,
        delete_at: 0,
        last_post_at: 0,
        last_root_post_at: 0,
        msgs: 0,
        msgs_root: 0,
        broadcasts: 0,
        member_count: 0,
    };
    totals(after).apply(&mut row);
    row
}

fn totals(after: ChannelAfter) -> ChannelPatch {
    ChannelPatch {
        last_post_at: Some(after.last_post_at),
        last_root_post_at: Some(after.last_root_post_at),
        msgs: Some(after.msgs),
        msgs_root: Some(after.msgs_root),
        broadcasts: Some(after.broadcasts),
        member_count: Some(i64::from(after.member_count)),
        ..ChannelPatch::default()
    }
}

fn member_patch(member: &MemberAfter) -> MemberPatch {
    let base = |of: fn(&Base) -> i64| member.base.as_ref().map(of);
    MemberPatch {
        mentions: Some(member.mentions),
        mentions_root: Some(member.mentions_root),
        base_at: base(|base| base.at),
        base_msgs: base(|base| base.totals.msgs),
        base_msgs_root: base(|base| base.totals.msgs_root),
        base_mentions: base(|base| base.totals.mentions),
        base_mentions_root: base(|base| base.totals.mentions_root),
        base_broadcasts: base(|base| base.totals.broadcasts),
        ..MemberPatch::default()
    }
}
