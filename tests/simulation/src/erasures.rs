//! The end of an erasure, in the order of the command side's own (`command-api/src/erasure.rs`), which is not
//! what runs here: once every channel has erased what the person said, their own state goes, their drafts, and
//! then their key.

use command_api::submission::{Answer, Decided};
use domain::commands::Decision;
use events::directory::UserKeyDestroyed;
use events::draft::DraftsErased;
use events::user::UserStateErased;
use events::{
    Body, DirectoryEvent, Event, EventId, Partition, Position, ReadstateEvent, Topic, UserEvent,
    UserId,
};

use crate::attempt::{Attempt, Work};
use crate::node::Node;
use crate::world::World;

/// One append on the way.
#[derive(Debug, Clone)]
pub struct ErasureWork {
    pub id: EventId,
    user: UserId,
    erased: Position,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    State,
    Drafts,
    Key,
}

impl ErasureWork {
    fn new(user: UserId, erased: Position, part: Part) -> Self {
        let name = match part {
            Part::State => "user_state.erased",
            Part::Drafts => "drafts.erased",
            Part::Key => "user.key_destroyed",
        };
        Self { id: EventId::step(&erased, name, user.as_bytes()), user, erased, part }
    }

    pub fn partition(&self) -> Partition {
        match self.part {
            Part::State => Partition::of(Topic::Users, self.user.as_bytes()),
            Part::Drafts => Partition::of(Topic::Readstate, self.user.as_bytes()),
            Part::Key => Partition::DIRECTORY,
        }
    }

    pub fn decide(&self, node: &Node) -> Decided<String> {
        let (user_id, done) = (self.user, self.is_done(node));
        let event: Event = match self.part {
            Part::State => UserEvent::from(Body::from(UserStateErased { user_id })).into(),
            Part::Drafts => ReadstateEvent::from(Body::from(DraftsErased { user_id })).into(),
            Part::Key => DirectoryEvent::from(Body::from(UserKeyDestroyed { user_id })).into(),
        };
        let decision = if done { Decision::AlreadySo } else { Decision::Append(event) };
        Decided::new(Ok(decision), None)
    }

    fn is_done(&self, node: &Node) -> bool {
        let user = self.user;
        match self.part {
            Part::State => node.set.users(user).state().has_erased(user),
            Part::Drafts => node.set.readstate(user).state().drafts().has_erased(user),
            Part::Key => {
                let directory = node.set.directory();
                directory.state().account(user).is_some_and(|account| account.key_destroyed)
            }
        }
    }

    /// What comes next, once its part is done.
    pub fn next(&self, answer: &Answer<String>) -> Option<Self> {
        let next = match self.part {
            Part::State => Part::Drafts,
            Part::Drafts => Part::Key,
            Part::Key => return None,
        };
        answer.is_success().then(|| Self::new(self.user, self.erased, next))
    }
}

impl World {
    /// Ends the erasures that one node finds unfinished. Gives how many there are.
    pub fn finish_erasures(&mut self, at: usize) -> usize {
        let unfinished: Vec<(UserId, u64)> = {
            let directory = self.nodes[at].set.directory();
            let accounts = directory.state().accounts();
            let left = accounts.filter(|(_, account)| !account.key_destroyed);
            left.filter_map(|(user, account)| Some((user, account.erased?))).collect()
        };
        for (user, offset) in &unfinished {
            let of_user = |work: &ErasureWork| work.user == *user;
            let busy = |attempt: &Attempt| {
                attempt.node == at && matches!(&attempt.work, Work::Erasure(work) if of_user(work))
            };
            if !self.attempts.iter().any(busy) {
                let erased = Position::new(Partition::DIRECTORY, *offset);
                let work = ErasureWork::new(*user, erased, Part::State);
                self.attempt_on(at, Work::Erasure(work));
            }
        }
        unfinished.len()
    }
}
