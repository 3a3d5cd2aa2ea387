//! A public event as streams share it: judged once, rendered once.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::{Applied, Conflicts, Kinds, TouchKind};
use events::{
    ChannelEvent, ChannelId, DirectoryEvent, Event, Meta, Partition, PostId, TeamId, UserEvent,
    UserId,
};
use fold::Folded;

use super::render;
use super::table::{Audience, PublicType};

/// What it takes in memory beside the record's body and what is made of it.
const BESIDE_BYTES: usize = 1_024;

/// How much of an event is shown. Each is the same for all who see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    All,
    WithoutFiles,
    /// Without files, too.
    WithoutTexts,
}

/// Whom an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concerns {
    Channel(ChannelId),
    Team(TeamId),
    Everyone,
    Person(UserId),
}

/// An event that has an effect and is public.
#[derive(Debug)]
pub(super) struct Entry {
    pub folded: Arc<Folded>,
    pub public: &'static PublicType,
    pub concerns: Concerns,
    /// By how much is shown, without and with the actor.
    rendered: [[OnceLock<Bytes>; 2]; 3],
}

/// What an event tells of a post.
pub(super) struct OfPost<'e> {
    pub post: PostId,
    pub root: Option<PostId>,
    /// Absent where it tells only what hangs on the post.
    pub words: Option<Words<'e>>,
}

/// What a post says, with who says it.
pub(super) struct Words<'e> {
    pub author: UserId,
    pub content: &'e events::channel::PostContent,
    pub files: &'e [events::channel::AttachedFile],
}

impl Entry {
    /// Of a record that streams may tell of: applied, and public by its type.
    pub fn of(folded: &Arc<Folded>) -> Option<Self> {
        let (meta, event, _) = folded.applied()?;
        let public = PublicType::named(event.event_type())?;
        let concerns = concerns(public.audience, meta, event)?;
        Some(Self { folded: Arc::clone(folded), public, concerns, rendered: Default::default() })
    }

    pub fn partition(&self) -> Partition {
        self.folded.record.partition
    }

    pub fn offset(&self) -> u64 {
        self.folded.record.offset
    }

    pub fn decoded(&self) -> (&Meta, &Event, &Applied) {
        self.folded.applied().expect("entries are made of what is applied")
    }

    /// Bytes that it takes in memory, near enough to compare with a limit.
    pub fn weight(&self) -> usize {
        BESIDE_BYTES + 3 * self.folded.record.body.len()
    }

    /// The event's lines in the stream, without its cursor.
    pub fn lines(&self, shown: Shown, names_actor: bool, source: &str) -> Bytes {
        let rendered = &self.rendered[shown as usize][usize::from(names_actor)];
        rendered.get_or_init(|| render::lines(self, shown, names_actor, source)).clone()
    }

    /// Whom it is about, where it stands in the directory.
    pub fn people(&self) -> Vec<UserId> {
        use DirectoryEvent as E;
        let (_, event, applied) = self.decoded();
        let Event::Directory(event) = event else { return Vec::new() };
        match event {
            E::UserCreated(b) => vec![b.c.user_id],
            E::UserProfileChanged(b) => vec![b.c.user_id],
            E::UserRolesChanged(b) => vec![b.c.user_id],
            E::UserGuestChanged(b) => vec![b.c.user_id],
            E::UserDeactivated(b) => vec![b.c.user_id],
            E::UserActivated(b) => vec![b.c.user_id],
            E::UserErased(b) => vec![b.c.user_id],
            E::UserPictureChanged(b) => vec![b.c.user_id],
            E::TeamCreated(b) => vec![b.c.creator_id],
            E::TeamMembersAdded(_) => applied.admitted.clone(),
            E::TeamMemberRemoved(b) => vec![b.c.user_id],
            E::TeamMemberRolesChanged(b) => vec![b.c.user_id],
            E::UserPasswordChanged(b) => vec![b.c.user_id],
            E::UserSessionsRevoked(b) => vec![b.c.user_id],
            E::UserKeyDestroyed(b) => vec![b.c.user_id],
            E::CellOpened(_)
            | E::RulesActivated(_)
            | E::EpochOpened(_)
            | E::EpochSealed(_)
            | E::TeamChanged(_)
            | E::TeamInviteRegenerated(_)
            | E::TeamArchived(_)
            | E::TeamRestored(_)
            | E::TeamIconChanged(_)
            | E::ChannelNameClaimed(_)
            | E::ChannelNameChanged(_)
            | E::EmojiCreated(_)
            | E::EmojiDeleted(_)
            | E::ProfileFieldCreated(_)
            | E::ProfileFieldChanged(_)
            | E::ProfileFieldDeleted(_)
            | E::RetentionPolicyCreated(_)
            | E::RetentionPolicyChanged(_)
            | E::RetentionPolicyDeleted(_)
            | E::LegalHoldPlaced(_)
            | E::LegalHoldReleased(_)
            | E::RetentionRunFinished(_) => Vec::new(),
        }
    }

    /// What it tells of a post that may be gone since.
    pub fn of_post(&self) -> Option<OfPost<'_>> {
        let Event::Channels(event) = self.decoded().1 else { return None };
        let hangs_on = |post, root| Some(OfPost { post, root, words: None });
        match event {
            ChannelEvent::PostCreated(b) => Some(OfPost {
                post: b.c.post_id,
                root: b.c.root.as_ref().map(|root| root.post_id),
                words: Some(Words { author: b.c.author_id, content: &b.p, files: &b.c.files }),
            }),
            ChannelEvent::PostEdited(b) => Some(OfPost {
                post: b.c.post_id,
                root: b.c.root_id,
                words: Some(Words { author: b.c.author_id, content: &b.p, files: &b.c.files }),
            }),
            ChannelEvent::ReactionAdded(b) => hangs_on(b.c.post_id, b.c.root_id),
            ChannelEvent::ReactionRemoved(b) => hangs_on(b.c.post_id, b.c.root_id),
            ChannelEvent::PostAcknowledged(b) => hangs_on(b.c.post_id, b.c.root_id),
            ChannelEvent::PostAcknowledgementRemoved(b) => hangs_on(b.c.post_id, b.c.root_id),
            _ => None,
        }
    }
}

impl OfPost<'_> {
    /// What, if it comes after it, makes the event no longer tell what stands.
    pub fn ended_by(&self, channel: ChannelId) -> Conflicts {
        const DELETED: Kinds = Kinds::of(&[TouchKind::Deleted]);
        const REPLACED: Kinds = Kinds::of(&[TouchKind::Edited, TouchKind::Deleted]);
        let mut touches = Conflicts::new();
        touches.push((channel.0, DELETED));
        touches.push((self.post.0, if self.words.is_some() { REPLACED } else { DELETED }));
        touches.extend(self.root.map(|root| (root.0, DELETED)));
        touches
    }
}

fn concerns(audience: Audience, meta: &Meta, event: &Event) -> Option<Concerns> {
    Some(match audience {
        Audience::Everyone => Concerns::Everyone,
        Audience::Channel => Concerns::Channel(channel_of(meta, event)?),
        Audience::Team => Concerns::Team(team_of(event)?),
        Audience::Person => Concerns::Person(person_of(event)?),
    })
}

fn channel_of(meta: &Meta, event: &Event) -> Option<ChannelId> {
    match event {
        Event::Channels(_) => Some(ChannelId(meta.subject)),
        Event::Directory(DirectoryEvent::ChannelNameClaimed(b)) => Some(b.c.channel_id),
        Event::Directory(DirectoryEvent::ChannelNameChanged(b)) => Some(b.c.channel_id),
        _ => None,
    }
}

fn team_of(event: &Event) -> Option<TeamId> {
    match event {
        Event::Directory(DirectoryEvent::TeamCreated(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamIconChanged(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamMembersAdded(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamMemberRemoved(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamMemberRolesChanged(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamChanged(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamArchived(b)) => Some(b.c.team_id),
        Event::Directory(DirectoryEvent::TeamRestored(b)) => Some(b.c.team_id),
        _ => None,
    }
}

fn person_of(event: &Event) -> Option<UserId> {
    match event {
        Event::Users(UserEvent::PreferencesSet(b)) => Some(b.c.user_id),
        Event::Users(UserEvent::PreferencesDeleted(b)) => Some(b.c.user_id),
        Event::Users(UserEvent::StatusSet(b)) => Some(b.c.user_id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use events::{Actor, EventId, Id, catalogue};
    use serde_json::Value;

    use super::*;
    use crate::stream::table::PUBLIC;

    /// The event of its golden file.
    fn golden(public: &PublicType) -> Event {
        let all = catalogue();
        let same = |info: &&events::TypeInfo| {
            info.topic == public.topic && info.event_type == public.event_type
        };
        let version = all.iter().find(same).expect("a public type is in the catalogue").version;
        let path = format!(
            "{}/../events/golden/{}/{}.v{version}.json",
            env!("CARGO_MANIFEST_DIR"),
            public.topic.name(),
            public.event_type
        );
        let text = std::fs::read_to_string(&path).expect("every type has a golden file");
        let record: Value = serde_json::from_str(&text).expect("golden files are JSON");
        let body = record["body"].to_string();
        Event::decode(public.topic, public.event_type, version, body.as_bytes())
            .expect("golden files can be read")
    }

    #[test]
    fn every_public_type_concerns_somebody() {
        let id = EventId::from_bytes([1; 16]);
        let meta = Meta::new(id, Id([2; 16]), 0, 0, Actor::System);
        for public in PUBLIC {
            let concerned = concerns(public.audience, &meta, &golden(public));
            assert!(concerned.is_some(), "{} is public, but streamed to nobody", public.event_type);
        }
    }
}
