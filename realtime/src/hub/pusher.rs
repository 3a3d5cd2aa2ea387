//! Events to sockets: interest, ends of access, frames.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::Applied;
use events::presence::TypingStarted;
use events::{ChannelEvent, ChannelId, DirectoryEvent, Event, Position, PostId, UserEvent, UserId};
use fold::{Batch, FoldSet, Folded};
use tracing::field::Empty;
use wire::frame::Frame;

use super::link::Piece;
use super::{Command, Hub};
use crate::audience::ConnectionKey;
use crate::frames::{self, Audience, Mentions, Rows, Sink};
use crate::metrics;
use crate::ports::{Hydrate, ThreadTouched};
use crate::protocol::{Admission, Output, Sent};

/// Messages that are gathered for one socket before a write is tried.
const GATHERED_MAX: usize = 32;

impl Hub {
    /// Pushes what was folded, in order.
    pub(super) fn push_batch(&mut self, batch: &Batch) {
        for folded in batch.iter() {
            self.push_folded(folded);
            let position = folded.position();
            self.world.progress.advance(position.partition, position.offset + 1);
        }
        self.hydrate_threads();
        self.hydrate_called();
        self.flush_dirty();
        if !self.index.is_empty()
            && let Some(last) = batch.last()
        {
            let delay_ms = platform::clock::now_ms() - last.record.appended_ms;
            metrics::push_delay(delay_ms.max(0) as f64 / 1000.0);
        }
    }

    fn push_folded(&mut self, folded: &Folded) {
        let Some((meta, event, applied)) = folded.applied() else { return };
        if self.index.is_empty() {
            // Nobody hears what changes now.
            self.followers.clear();
            return;
        }
        let position = folded.position();
        let span = tracing::debug_span!(
            target: platform::telemetry::STEPS,
            "push",
            otel.kind = "consumer",
            event.r#type = event.event_type(),
            position = %position,
            frames = Empty,
        );
        if let Some(traceparent) = &meta.traceparent {
            platform::telemetry::continue_trace(&span, traceparent);
        }
        let _entered = span.enter();
        self.follow(event, applied);
        self.follow_threads(event, applied, position);
        let fold = self.world.fold.clone();
        let told = Some((position, applied.at));
        let mut pusher = Pusher { hub: self, told, frames: 0 };
        frames::of(&fold, folded, &mut pusher);
        let frames = pusher.frames;
        span.record("frames", frames);
        tracing::debug!(
            request.id = meta.request_id,
            trace.id = meta.traceparent.as_deref().and_then(platform::telemetry::trace_id_of),
            event.r#type = event.event_type(),
            %position,
            frames,
            "pushed"
        );
        self.follow_up(event);
    }

    /// What an event changes about who hears and who is heard, before it is told.
    fn follow(&mut self, event: &Event, applied: &Applied) {
        if erases(event) {
            self.connections.values_mut().for_each(|held| held.protocol.forget_sent());
        }
        match event {
            Event::Channels(event) => self.follow_channel(event, applied),
            Event::Directory(event) => {
                if let Some(user) = ends_sessions(event) {
                    self.recheck(user);
                }
            }
            Event::Users(UserEvent::SessionCreated(b)) => self.recheck(b.c.user_id),
            Event::Users(UserEvent::SessionRevoked(b)) => self.recheck(b.c.user_id),
            Event::Users(UserEvent::UserStateErased(b)) => self.recheck(b.c.user_id),
            Event::Users(
                UserEvent::StatusSet(_)
                | UserEvent::SessionUsed(_)
                | UserEvent::PreferencesSet(_)
                | UserEvent::PreferencesDeleted(_)
                | UserEvent::SidebarCategoryCreated(_)
                | UserEvent::SidebarCategoriesChanged(_)
                | UserEvent::SidebarCategoryDeleted(_)
                | UserEvent::SidebarOrderSet(_)
                | UserEvent::CustomStatusSet(_)
                | UserEvent::CustomStatusCleared(_)
                | UserEvent::CustomStatusRecentRemoved(_)
                | UserEvent::ScheduledPostCreated(_)
                | UserEvent::ScheduledPostChanged(_)
                | UserEvent::ScheduledPostDeleted(_)
                | UserEvent::ScheduledPostFired(_)
                | UserEvent::ScheduledPostSent(_)
                | UserEvent::ScheduledPostFailed(_)
                | UserEvent::ReminderSet(_)
                | UserEvent::ReminderFired(_)
                | UserEvent::ReminderEnded(_)
                | UserEvent::ProfileValuesSet(_)
                | UserEvent::RulesActivated(_)
                | UserEvent::EpochOpened(_)
                | UserEvent::EpochSealed(_),
            )
            | Event::Readstate(_)
            | Event::Presence(_) => {}
        }
    }

    fn follow_channel(&mut self, event: &ChannelEvent, applied: &Applied) {
        let channel_id = match event {
            ChannelEvent::ChannelCreated(b) => b.c.channel_id,
            ChannelEvent::ChannelDirectOpened(b) => b.c.channel_id,
            ChannelEvent::ChannelGroupOpened(b) => b.c.channel_id,
            ChannelEvent::ChannelMembersAdded(b) => b.c.channel_id,
            ChannelEvent::PostCreated(b) => {
                if b.c.set_online {
                    self.act(b.c.author_id);
                }
                return;
            }
            ChannelEvent::RulesActivated(_)
            | ChannelEvent::EpochOpened(_)
            | ChannelEvent::EpochSealed(_)
            | ChannelEvent::ChannelSettingsChanged(_)
            | ChannelEvent::ChannelPrivacyChanged(_)
            | ChannelEvent::ChannelArchived(_)
            | ChannelEvent::ChannelRestored(_)
            | ChannelEvent::ChannelMemberRemoved(_)
            | ChannelEvent::ChannelMemberRolesChanged(_)
            | ChannelEvent::ChannelModerated(_)
            | ChannelEvent::PostEdited(_)
            | ChannelEvent::PostDeleted(_)
            | ChannelEvent::PostPinned(_)
            | ChannelEvent::PostUnpinned(_)
            | ChannelEvent::ReactionAdded(_)
            | ChannelEvent::ReactionRemoved(_)
            | ChannelEvent::ChannelAuthorErased(_)
            | ChannelEvent::ChannelPostsExpired(_)
            | ChannelEvent::ChannelKeyAdvanced(_)
            | ChannelEvent::ThreadFollowed(_)
            | ChannelEvent::ThreadUnfollowed(_)
            | ChannelEvent::ChannelMemberNotifyChanged(_)
            | ChannelEvent::PostAcknowledged(_)
            | ChannelEvent::PostAcknowledgementRemoved(_)
            | ChannelEvent::BookmarkCreated(_)
            | ChannelEvent::BookmarkChanged(_)
            | ChannelEvent::BookmarkDeleted(_)
            | ChannelEvent::BookmarkMoved(_)
            | ChannelEvent::FileUploaded(_) => return,
        };
        for member in &applied.members {
            self.index.joined(member.user_id, channel_id);
        }
    }

    /// Who follows which thread from now on. What was not heard from its beginning is read, for the
    /// replies that come after this one.
    fn follow_threads(&mut self, event: &Event, applied: &Applied, position: Position) {
        let Event::Channels(event) = event else { return };
        let Some(root) = self.followers.follow(event, applied) else { return };
        let (hydrate, inbox) = (Arc::clone(&self.world.hydrate), Arc::clone(&self.inbox));
        self.world.runtime.spawn(async move {
            let users = hydrate.followers(position, root).await;
            inbox.send(Command::Followers { root, users });
        });
    }

    /// What is told with the clock rather than by the event alone.
    fn follow_up(&mut self, event: &Event) {
        match event {
            Event::Users(UserEvent::StatusSet(b)) => self.tell_status(b.c.user_id),
            Event::Readstate(events::ReadstateEvent::ReadMarkerAdvanced(b)) => {
                self.act(b.c.user_id);
            }
            Event::Directory(_)
            | Event::Channels(_)
            | Event::Users(_)
            | Event::Readstate(_)
            | Event::Presence(_) => {}
        }
    }

    pub(super) fn push_typing(&mut self, typing: &TypingStarted) {
        frames::typing(typing, &mut Pusher { hub: self, told: None, frames: 0 });
    }

    /// Reads what followers are told of the threads that the batch touched, all at once.
    fn hydrate_threads(&mut self) {
        let (positions, touched) = std::mem::take(&mut self.threads).into_parts();
        if touched.is_empty() {
            return;
        }
        let (hydrate, inbox) = (Arc::clone(&self.world.hydrate), Arc::clone(&self.inbox));
        self.world.runtime.spawn(async move {
            for told in hydrate.threads(positions, touched).await {
                let (audience, frame) = frames::thread_updated(told);
                inbox.send(Command::Hydrated { audience, frame });
            }
        });
    }

    /// Tells those whom deleted posts called urgently how often they are called now, all at once.
    fn hydrate_called(&mut self) {
        let (positions, deleted) = std::mem::take(&mut self.deleted_roots).into_parts();
        if deleted.is_empty() {
            return;
        }
        let posts = deleted.iter().map(|(post, _)| *post).collect();
        let users: BTreeSet<UserId> = deleted.into_iter().flat_map(|(_, users)| users).collect();
        let (hydrate, inbox) = (Arc::clone(&self.world.hydrate), Arc::clone(&self.inbox));
        self.world.runtime.spawn(async move {
            let users = users.into_iter().collect();
            for (channel_id, user_id, member) in
                hydrate.members_called_urgently(positions, posts, users).await
            {
                let audience = Audience::Member { channel_id, user_id };
                let frame = frames::channel_member_updated(user_id, member);
                inbox.send(Command::Hydrated { audience, frame });
            }
        });
    }

    /// A frame whose rows were read.
    pub(super) fn push_hydrated(&mut self, audience: Audience, frame: Frame) {
        Pusher { hub: self, told: None, frames: 0 }.tell(audience, || frame);
    }

    /// Queues an event for one connection.
    fn queue(&mut self, key: ConnectionKey, sent: Sent, outputs: &mut Vec<Output>) -> bool {
        let Some(connection) = self.connections.get_mut(&key) else { return false };
        if connection.link.is_none() && sent.frame.event() == "typing" {
            // Nobody comes back for it, and it would push what matters out of the ring.
            return false;
        }
        let queued = connection.link.as_ref().map_or(0, super::link::Link::queued);
        let admission = connection.protocol.event(sent, queued, outputs);
        match (admission, outputs.pop()) {
            (Admission::Send, Some(Output::Event { seq, sent })) => {
                let Some(link) = connection.link.as_mut() else {
                    if !connection.is_resumable() {
                        self.remove(key);
                    }
                    return true;
                };
                link.push(Piece::Event { sent, seq });
                match link.queued() {
                    1 => self.dirty.push(key),
                    n if n.is_multiple_of(GATHERED_MAX) => self.flush(key),
                    _ => {}
                }
                true
            }
            (Admission::Overflow, Some(close)) => {
                metrics::closed("too_slow");
                self.apply(key, vec![close]);
                false
            }
            (_, _) => false,
        }
    }
}

/// Whether somebody's words of before, or what somebody is called, may be sent to nobody any more.
fn erases(event: &Event) -> bool {
    matches!(
        event,
        Event::Directory(DirectoryEvent::UserErased(_))
            | Event::Channels(ChannelEvent::ChannelAuthorErased(_))
    )
}

/// Whose sessions an event may have ended.
fn ends_sessions(event: &DirectoryEvent) -> Option<UserId> {
    match event {
        DirectoryEvent::UserPasswordChanged(b) => Some(b.c.user_id),
        DirectoryEvent::UserDeactivated(b) => Some(b.c.user_id),
        DirectoryEvent::UserErased(b) => Some(b.c.user_id),
        DirectoryEvent::UserSessionsRevoked(b) => Some(b.c.user_id),
        DirectoryEvent::CellOpened(_)
        | DirectoryEvent::RulesActivated(_)
        | DirectoryEvent::EpochOpened(_)
        | DirectoryEvent::EpochSealed(_)
        | DirectoryEvent::UserCreated(_)
        | DirectoryEvent::UserProfileChanged(_)
        | DirectoryEvent::UserRolesChanged(_)
        | DirectoryEvent::UserGuestChanged(_)
        | DirectoryEvent::UserActivated(_)
        | DirectoryEvent::UserKeyDestroyed(_)
        | DirectoryEvent::TeamCreated(_)
        | DirectoryEvent::TeamMembersAdded(_)
        | DirectoryEvent::TeamMemberRemoved(_)
        | DirectoryEvent::TeamMemberRolesChanged(_)
        | DirectoryEvent::TeamChanged(_)
        | DirectoryEvent::TeamInviteRegenerated(_)
        | DirectoryEvent::TeamArchived(_)
        | DirectoryEvent::TeamRestored(_)
        | DirectoryEvent::ChannelNameClaimed(_)
        | DirectoryEvent::ChannelNameChanged(_)
        | DirectoryEvent::UserPictureChanged(_)
        | DirectoryEvent::TeamIconChanged(_)
        | DirectoryEvent::EmojiCreated(_)
        | DirectoryEvent::EmojiDeleted(_)
        | DirectoryEvent::ProfileFieldCreated(_)
        | DirectoryEvent::ProfileFieldChanged(_)
        | DirectoryEvent::ProfileFieldDeleted(_)
        | DirectoryEvent::RetentionPolicyCreated(_)
        | DirectoryEvent::RetentionPolicyChanged(_)
        | DirectoryEvent::RetentionPolicyDeleted(_)
        | DirectoryEvent::LegalHoldPlaced(_)
        | DirectoryEvent::LegalHoldReleased(_)
        | DirectoryEvent::RetentionRunFinished(_) => None,
    }
}

/// Takes frames to the connections of those who may hear them.
pub(super) struct Pusher<'h> {
    pub hub: &'h mut Hub,
    /// Where the event stands, behind which rows are read, and when it happened.
    pub told: Option<(Position, i64)>,
    pub frames: usize,
}

impl Pusher<'_> {
    fn named(&self, users: &[UserId], audience: &Audience, mentions: Mentions<'_>) -> Vec<bool> {
        let set: &FoldSet = &self.hub.world.fold;
        let channel = match audience {
            Audience::Channel { channel_id, .. } => Some(*channel_id),
            _ => None,
        };
        let hears = |user| set.hears_broadcasts(user, channel);
        users.iter().map(|user| mentions.call(*user, || hears(*user))).collect()
    }

    /// Which of `users` follow the thread that is answered, if any is.
    fn following(&self, users: &[UserId], root: Option<PostId>) -> Vec<bool> {
        let of = |root| self.hub.followers.of(root, users);
        root.map_or_else(|| vec![false; users.len()], of)
    }

    /// The connection that clients call so, if it is the person's.
    fn named_connection(&self, user: UserId, id: &str) -> Option<ConnectionKey> {
        let key = self.hub.streams.get(&id.parse().ok()?)?;
        self.hub.index.connections(user).contains(key).then_some(*key)
    }
}

impl Sink for Pusher<'_> {
    fn push(&mut self, audience: Audience, mentions: Mentions<'_>, make: impl FnOnce() -> Frame) {
        let users = self.hub.index.resolve(&self.hub.world.fold, &audience);
        if users.is_empty() {
            return;
        }
        let named = self.named(&users, &audience, mentions);
        let following = self.following(&users, mentions.root);
        let omitted = match &audience {
            Audience::Devices { user, except: Some(id) } => self.named_connection(*user, id),
            Audience::Others { by, except, .. } => self.named_connection(*by, except),
            _ => None,
        };
        let frame = Arc::new(make());
        let (mut frames, mut drops) = (0, 0);
        let mut outputs = Vec::new();
        for ((user, mentioned), follows) in users.into_iter().zip(named).zip(following) {
            for n in (0..self.hub.index.connections(user).len()).rev() {
                let Some(key) = self.hub.index.connections(user).get(n).copied() else { continue };
                if Some(key) == omitted {
                    continue;
                }
                let sent = Sent { frame: Arc::clone(&frame), mentioned, follows };
                match self.hub.queue(key, sent, &mut outputs) {
                    true => frames += 1,
                    false => drops += 1,
                }
            }
        }
        metrics::pushed(frame.event(), frames, drops);
        self.frames += frames;
    }

    fn push_rows(&mut self, audience: Audience, rows: Rows) {
        let hub = &mut *self.hub;
        let Some((position, at)) = self.told else { return };
        let users = hub.index.resolve(&hub.world.fold, &audience);
        if users.is_empty() {
            return;
        }
        match rows {
            Rows::Thread { root, reply, gone } => {
                hub.threads.touch(position, ThreadTouched { root, reply, gone, users });
                return;
            }
            Rows::UrgentMentions(post) => {
                hub.deleted_roots.touch(position, (post, users));
                return;
            }
            _ => {}
        }
        let (hydrate, inbox) = (Arc::clone(&hub.world.hydrate), Arc::clone(&hub.inbox));
        hub.world.runtime.spawn(async move {
            for frame in frames_of(&*hydrate, (position, at), rows, &audience).await {
                inbox.send(Command::Hydrated { audience: audience.clone(), frame });
            }
        });
    }
}

/// What rows tell `audience`; nothing where there are none.
async fn frames_of(
    hydrate: &dyn Hydrate,
    (position, at): (Position, i64),
    rows: Rows,
    audience: &Audience,
) -> Vec<Frame> {
    let frame = match (rows, audience) {
        (Rows::Post(post), Audience::Channel { channel_id, .. }) => {
            let post = hydrate.post(position, post).await;
            post.map(|post| frames::post_edited(*channel_id, post))
        }
        (Rows::Channel(channel), _) => {
            let row = hydrate.channel(position, channel).await;
            row.map(|row| frames::channel_updated(channel, row))
        }
        (Rows::Sidebar(team), Audience::User(user)) => {
            let categories = hydrate.categories(position, *user, team).await;
            categories.map(|all| frames::categories_updated(*user, team, all))
        }
        (Rows::ScheduledPost(id), Audience::User(user)) => {
            let row = hydrate.scheduled_post(position, *user, id).await;
            row.map(|row| frames::scheduled_post_updated(*user, row))
        }
        (Rows::User(user), _) => {
            let user = hydrate.user(position, user).await;
            let whole = !matches!(audience, Audience::Strangers(_));
            let shown = |mut u: wire::User| {
                // Clients pass over word of themselves that is no newer than what they have, and a
                // custom status is not in the account's own row.
                u.update_at = u.update_at.max(at);
                if whole { u } else { u.for_others(wire::Privacy::default()) }
            };
            user.map(shown).map(frames::user_updated)
        }
        (Rows::ChannelMembersOf(user), _) => {
            let rows = hydrate.channel_members_of(position, user).await.into_iter();
            return rows.map(|row| frames::channel_member_updated(user, row)).collect();
        }
        (Rows::ChannelMember(channel, user), _) => {
            let row = hydrate.channel_member(position, channel, user).await;
            row.map(|row| frames::channel_member_updated(user, row))
        }
        (
            rows @ (Rows::Bookmark(..) | Rows::ChangedBookmark(..) | Rows::Bookmarks),
            Audience::Channel { channel_id, .. } | Audience::Others { channel_id, .. },
        ) => bookmarks(hydrate, position, *channel_id, rows, audience).await,
        (Rows::Team(team, event), _) => {
            let row = hydrate.team(position, team).await;
            row.map(|row| frames::team_changed(event, team, row))
        }
        (
            Rows::Post(_)
            | Rows::Thread { .. }
            | Rows::UrgentMentions(_)
            | Rows::Bookmark(..)
            | Rows::ChangedBookmark(..)
            | Rows::Bookmarks
            | Rows::Sidebar(_)
            | Rows::ScheduledPost(_),
            _,
        ) => None,
    };
    frame.into_iter().collect()
}

/// What is told of a channel's bookmarks, from their rows.
async fn bookmarks(
    hydrate: &dyn Hydrate,
    position: Position,
    channel: ChannelId,
    rows: Rows,
    audience: &Audience,
) -> Option<Frame> {
    let only = match rows {
        Rows::Bookmark(id, _) => Some(vec![id]),
        Rows::ChangedBookmark(id, replaced) => Some([id].into_iter().chain(replaced).collect()),
        _ => None,
    };
    let found = hydrate.bookmarks(position, channel, only).await?;
    match rows {
        Rows::Bookmark(_, event) => {
            found.first().map(|bookmark| frames::bookmark_told(event, audience, bookmark))
        }
        Rows::ChangedBookmark(id, _) => frames::bookmark_changed(audience, id, found),
        _ => Some(frames::bookmarks_sorted(audience, &found)),
    }
}
