//! What an erasure comes to in the end, without I/O: the steps in their order, and what is appended on the way.
//! Whoever drives it does each step before it asks for the next: the command side, and the simulation with
//! everything that can go wrong in between.

use domain::Directory;
use domain::commands::Decision;
use events::directory::UserKeyDestroyed;
use events::draft::DraftsErased;
use events::user::UserStateErased;
use events::{
    Body, DirectoryEvent, Event, EventId, Partition, Position, ReadstateEvent, UserEvent, UserId,
};
use fold::FoldSet;

/// How far the end of an erasure has come: every channel has erased what the person said. Begun anew, it does
/// again what was done; nothing comes of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    user: UserId,
    erased: Position,
    at: At,
}

/// In this order: what is left of a person is readable until their key goes, and processes forget the key only
/// once it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    State,
    Drafts,
    Uploads,
    Key,
    Told,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Append(Box<Append>),
    /// Those under way: no event names them.
    RemoveUploads,
    DestroyKey,
}

/// An event that is appended unless what it says is so.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    pub id: EventId,
    user: UserId,
    event: Event,
}

impl Ending {
    /// Of the person's erasure, if there is one that has not ended.
    pub fn of(directory: &Directory, user: UserId) -> Option<Self> {
        let account = directory.account(user).filter(|account| !account.key_destroyed)?;
        let erased = Position::new(Partition::DIRECTORY, account.erased?);
        Some(Self { user, erased, at: At::State })
    }

    /// Of every erasure that has not ended.
    pub fn unfinished(directory: &Directory) -> impl Iterator<Item = Self> {
        directory.accounts().filter_map(|(user, _)| Self::of(directory, user))
    }

    pub fn user(&self) -> UserId {
        self.user
    }

    pub fn step(&self) -> Step {
        let user_id = self.user;
        let event: Event = match self.at {
            At::State => UserEvent::from(Body::from(UserStateErased { user_id })).into(),
            At::Drafts => ReadstateEvent::from(Body::from(DraftsErased { user_id })).into(),
            At::Uploads => return Step::RemoveUploads,
            At::Key => return Step::DestroyKey,
            At::Told => DirectoryEvent::from(Body::from(UserKeyDestroyed { user_id })).into(),
        };
        let id = EventId::step(&self.erased, event.event_type(), user_id.as_bytes());
        Step::Append(Box::new(Append { id, user: user_id, event }))
    }

    /// What follows once its step is done.
    pub fn done(self) -> Option<Self> {
        let at = match self.at {
            At::State => At::Drafts,
            At::Drafts => At::Uploads,
            At::Uploads => At::Key,
            At::Key => At::Told,
            At::Told => return None,
        };
        Some(Self { at, ..self })
    }
}

impl Append {
    /// Where it is appended; it rests on nothing else.
    pub fn partition(&self) -> Partition {
        match self.event {
            Event::Directory(_) => Partition::DIRECTORY,
            _ => Partition::of(self.event.topic(), self.user.as_bytes()),
        }
    }

    pub fn decide(&self, folds: &FoldSet) -> Decision {
        if self.is_so(folds) { Decision::AlreadySo } else { Decision::Append(self.event.clone()) }
    }

    fn is_so(&self, folds: &FoldSet) -> bool {
        let user = self.user;
        match self.event {
            Event::Users(_) => folds.users(user).state().has_erased(user),
            Event::Readstate(_) => folds.readstate(user).state().drafts().has_erased(user),
            _ => Ending::of(folds.directory().state(), user).is_none(),
        }
    }
}
