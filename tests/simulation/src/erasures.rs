//! The end of an erasure on each node, as the command side does it; what it takes beside appends happens at once.

use command_api::erasure::{Append, Ending, Step};
use command_api::submission::{Answer, Decided};
use events::{EventId, Partition, Topic, UserId};

use crate::attempt::{Attempt, Work};
use crate::log::SimLog;
use crate::node::Node;
use crate::world::World;

/// One append on the way.
#[derive(Debug, Clone)]
pub struct ErasureWork {
    ending: Ending,
    append: Box<Append>,
}

/// Where the log ended of what a person's key seals, when the key was destroyed.
pub type KeyDestroyed = [(Partition, u64); 2];

impl ErasureWork {
    /// The next append. Says whether the key is to be destroyed before it.
    fn from(ending: Ending) -> Option<(Self, bool)> {
        let (mut left, mut destroys) = (Some(ending), false);
        while let Some(ending) = left {
            match ending.step() {
                Step::Append(append) => return Some((Self { ending, append }, destroys)),
                Step::RemoveUploads => {}
                Step::DestroyKey => destroys = true,
            }
            left = ending.done();
        }
        None
    }

    pub fn id(&self) -> EventId {
        self.append.id
    }

    pub fn partition(&self) -> Partition {
        self.append.partition()
    }

    pub fn decide(&self, node: &Node) -> Decided<String> {
        Decided::new(Ok(self.append.decide(&node.set)), None)
    }
}

fn key_destroyed(user: UserId, log: &SimLog) -> KeyDestroyed {
    [Topic::Users, Topic::Readstate].map(|topic| {
        let partition = Partition::of(topic, user.as_bytes());
        (partition, log.end_of(partition))
    })
}

impl World {
    /// Ends the erasures that one node finds unfinished. Gives how many there are.
    pub fn finish_erasures(&mut self, at: usize) -> usize {
        let unfinished: Vec<Ending> =
            Ending::unfinished(self.nodes[at].set.directory().state()).collect();
        for ending in &unfinished {
            let of_user = |work: &ErasureWork| work.ending.user() == ending.user();
            let busy = |attempt: &Attempt| {
                attempt.node == at && matches!(&attempt.work, Work::Erasure(work) if of_user(work))
            };
            if !self.attempts.iter().any(busy) {
                self.erase_from(at, *ending);
            }
        }
        unfinished.len()
    }

    /// What comes next, once an append has happened.
    pub fn erase_on(&mut self, at: usize, work: &ErasureWork, answer: &Answer<String>) {
        if let Some(next) = work.ending.done().filter(|_| answer.is_success()) {
            self.erase_from(at, next);
        }
    }

    fn erase_from(&mut self, at: usize, ending: Ending) {
        let Some((work, destroys)) = ErasureWork::from(ending) else { return };
        if destroys {
            let user = ending.user();
            let log = &self.log;
            self.keys_destroyed.entry(user).or_insert_with(|| key_destroyed(user, log));
        }
        self.attempt_on(at, Work::Erasure(work));
    }
}
