//! Decisions: what a command comes to, given the states. One file per aggregate.
//!
//! Pure and synchronous: no clock, no ids, no I/O. What a rule must know (fresh ids, hashes, rows that
//! were read, people whom a text names) is in the command. A decision is an opinion of this process at
//! its position; what counts is the verdict at the event's own position.

pub mod account;
pub mod acknowledgement;
pub mod bookmark;
pub mod channel;
pub mod channel_admin;
pub mod custom_status;
pub mod directory;
pub mod draft;
pub mod mentions;
pub mod notify;
pub mod pictures;
pub mod post;
pub mod profile;
pub mod reaction;
pub mod readstate;
pub mod reminder;
pub mod retention;
pub mod scheduled_post;
pub mod sidebar;
pub mod team;
pub mod thread;
pub mod user;

#[cfg(test)]
mod administering_tests;
#[cfg(test)]
mod errand_tests;
#[cfg(test)]
mod given;
#[cfg(test)]
mod guest_tests;
#[cfg(test)]
mod personal_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod signal_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod thread_tests;

use events::{Body, ChannelEvent, DirectoryEvent, Event, Fact, Id, ReadstateEvent, UserEvent};

/// What a command comes to.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "moved once; a box would be an allocation per post")]
pub enum Decision {
    /// This event says all that was decided.
    Append(Event),
    /// It holds already: success without an event.
    AlreadySo,
}

impl Decision {
    /// The event, where there is one to append.
    pub fn event(self) -> Option<Event> {
        match self {
            Self::Append(event) => Some(event),
            Self::AlreadySo => None,
        }
    }
}

/// Appends `c` with its personal half to `directory`.
fn in_directory<F: Fact>(c: F, p: F::Personal) -> Decision
where
    Body<F>: Into<DirectoryEvent>,
{
    Decision::Append(Body { c, p }.into().into())
}

fn in_channels<F: Fact>(c: F, p: F::Personal) -> Decision
where
    Body<F>: Into<ChannelEvent>,
{
    Decision::Append(Body { c, p }.into().into())
}

fn in_users<F: Fact>(c: F, p: F::Personal) -> Decision
where
    Body<F>: Into<UserEvent>,
{
    Decision::Append(Body { c, p }.into().into())
}

fn in_readstate<F: Fact>(c: F, p: F::Personal) -> Decision
where
    Body<F>: Into<ReadstateEvent>,
{
    Decision::Append(Body { c, p }.into().into())
}

/// The topic key of a command's event: the channel, the account, or nothing for `directory`.
pub fn subject_of(event: &Event) -> Id {
    match event {
        Event::Directory(_) => Id::default(),
        Event::Channels(event) => channel_of(event),
        Event::Users(event) => match event {
            UserEvent::SessionCreated(b) => b.c.user_id.0,
            UserEvent::SessionRevoked(b) => b.c.user_id.0,
            UserEvent::SessionUsed(b) => b.c.user_id.0,
            UserEvent::PreferencesSet(b) => b.c.user_id.0,
            UserEvent::PreferencesDeleted(b) => b.c.user_id.0,
            UserEvent::StatusSet(b) => b.c.user_id.0,
            UserEvent::UserStateErased(b) => b.c.user_id.0,
            UserEvent::SidebarCategoryCreated(b) => b.c.user_id.0,
            UserEvent::SidebarCategoriesChanged(b) => b.c.user_id.0,
            UserEvent::SidebarCategoryDeleted(b) => b.c.user_id.0,
            UserEvent::SidebarOrderSet(b) => b.c.user_id.0,
            UserEvent::CustomStatusSet(b) => b.c.user_id.0,
            UserEvent::CustomStatusCleared(b) => b.c.user_id.0,
            UserEvent::CustomStatusRecentRemoved(b) => b.c.user_id.0,
            UserEvent::ScheduledPostCreated(b) => b.c.user_id.0,
            UserEvent::ScheduledPostChanged(b) => b.c.user_id.0,
            UserEvent::ScheduledPostDeleted(b) => b.c.user_id.0,
            UserEvent::ScheduledPostFired(b) => b.c.user_id.0,
            UserEvent::ScheduledPostSent(b) => b.c.user_id.0,
            UserEvent::ScheduledPostFailed(b) => b.c.user_id.0,
            UserEvent::ReminderSet(b) => b.c.user_id.0,
            UserEvent::ReminderFired(b) => b.c.user_id.0,
            UserEvent::ReminderEnded(b) => b.c.user_id.0,
            UserEvent::ProfileValuesSet(b) => b.c.user_id.0,
            UserEvent::RulesActivated(_)
            | UserEvent::EpochOpened(_)
            | UserEvent::EpochSealed(_) => Id::default(),
        },
        Event::Readstate(event) => match event {
            ReadstateEvent::ReadMarkerAdvanced(b) => b.c.user_id.0,
            ReadstateEvent::ReadMarkerSetBack(b) => b.c.user_id.0,
            ReadstateEvent::ThreadMarkerAdvanced(b) => b.c.user_id.0,
            ReadstateEvent::ThreadMarkerSetBack(b) => b.c.user_id.0,
            ReadstateEvent::ThreadMarkersAdvanced(b) => b.c.user_id.0,
            ReadstateEvent::DraftSaved(b) => b.c.user_id.0,
            ReadstateEvent::DraftDeleted(b) => b.c.user_id.0,
            ReadstateEvent::DraftsErased(b) => b.c.user_id.0,
            ReadstateEvent::RulesActivated(_)
            | ReadstateEvent::EpochOpened(_)
            | ReadstateEvent::EpochSealed(_) => Id::default(),
        },
        Event::Presence(event) => match event {
            events::PresenceEvent::TypingStarted(b) => b.c.channel_id.0,
            events::PresenceEvent::PresenceChanged(b) => b.c.user_id.0,
            events::PresenceEvent::StatusChosen(b) => b.c.user_id.0,
            events::PresenceEvent::SessionSeen(b) => b.c.user_id.0,
            events::PresenceEvent::PositionsNoted(b) => b.c.process_id,
            events::PresenceEvent::ProcessNoted(b) => b.c.process_id,
        },
    }
}

fn channel_of(event: &ChannelEvent) -> Id {
    use ChannelEvent as E;
    let channel = match event {
        E::RulesActivated(_) | E::EpochOpened(_) | E::EpochSealed(_) => return Id::default(),
        E::ChannelCreated(b) => b.c.channel_id,
        E::ChannelDirectOpened(b) => b.c.channel_id,
        E::ChannelGroupOpened(b) => b.c.channel_id,
        E::ChannelSettingsChanged(b) => b.c.channel_id,
        E::ChannelPrivacyChanged(b) => b.c.channel_id,
        E::ChannelArchived(b) => b.c.channel_id,
        E::ChannelRestored(b) => b.c.channel_id,
        E::ChannelMembersAdded(b) => b.c.channel_id,
        E::ChannelMemberRemoved(b) => b.c.channel_id,
        E::ChannelMemberRolesChanged(b) => b.c.channel_id,
        E::ChannelModerated(b) => b.c.channel_id,
        E::PostCreated(b) => b.c.channel_id,
        E::PostEdited(b) => b.c.channel_id,
        E::PostDeleted(b) => b.c.channel_id,
        E::PostPinned(b) => b.c.channel_id,
        E::PostUnpinned(b) => b.c.channel_id,
        E::ReactionAdded(b) => b.c.channel_id,
        E::ReactionRemoved(b) => b.c.channel_id,
        E::FileUploaded(b) => b.c.channel_id,
        E::ChannelAuthorErased(b) => b.c.channel_id,
        E::ChannelPostsExpired(b) => b.c.channel_id,
        E::ChannelKeyAdvanced(b) => b.c.channel_id,
        E::ThreadFollowed(b) => b.c.channel_id,
        E::ThreadUnfollowed(b) => b.c.channel_id,
        E::ChannelMemberNotifyChanged(b) => b.c.channel_id,
        E::PostAcknowledged(b) => b.c.channel_id,
        E::PostAcknowledgementRemoved(b) => b.c.channel_id,
        E::BookmarkCreated(b) => b.c.channel_id,
        E::BookmarkChanged(b) => b.c.channel_id,
        E::BookmarkDeleted(b) => b.c.channel_id,
        E::BookmarkMoved(b) => b.c.channel_id,
    };
    channel.0
}

/// Refuses with `rejection` where `holds` is false.
fn ensure<R>(holds: bool, rejection: R) -> Result<(), R> {
    if holds { Ok(()) } else { Err(rejection) }
}

/// Whether `text` has at most `max` characters.
fn fits(text: &str, max: usize) -> bool {
    text.len() <= max || text.chars().nth(max).is_none()
}
