//! The world: nodes, projectors, a database, clients, and everything that can go wrong, one random
//! choice after the other from one seed.

use std::collections::BTreeMap;

use command_api::process_manager::{self, ChannelStates, Step};
use command_api::submission::{Answer, Input};
use domain::{Channels, Session, rights};
use events::{EventId, Id, PARTITIONS, Partition, UserId};
use fold::FoldSet;
use projector::MemoryTables;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::archivers::Archivers;
use crate::attempt::{Around, Attempt, Work};
use crate::beside::Beside;
use crate::clients::Clients;
use crate::erasures::KeyDestroyed;
use crate::ledger::Ledger;
use crate::log::SimLog;
use crate::node::{self, NODES, Node, Snapshots, Verdicts, agreed, said};
use crate::profile::Profile;
use crate::projectors::{PROJECTORS, Projector};
use crate::request::{Ask, Request};

/// Random choices before the world is healed, those of archivers apart.
const CHOICES: u64 = 1_500;
/// What the weights of all other choices come to, and a little more.
const WEIGHT: u32 = 1_120;
const REQUESTS_MAX: usize = 60;
/// Pieces of work that a request waits for its answer.
pub const PATIENCE: u32 = 60;

pub struct World {
    pub rng: SmallRng,
    pub profile: Profile,
    pub log: SimLog,
    pub nodes: Vec<Node>,
    pub projectors: Vec<Projector>,
    pub rows: MemoryTables,
    /// Earlier states of the database, which a crash may bring back.
    pub earlier_rows: Vec<MemoryTables>,
    pub beside: Option<Beside>,
    pub archivers: Archivers,
    /// The keys of people that are gone, and when the first of all who destroyed it did so.
    pub keys_destroyed: BTreeMap<UserId, KeyDestroyed>,
    pub snapshots: Snapshots,
    pub attempts: Vec<Attempt>,
    attempts_made: usize,
    clients: Clients,
    pub ledger: Ledger,
    pub verdicts: Verdicts,
    pub now: u64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let profile = Profile::of(&mut rng);
        let node = |rng: &mut SmallRng| Node::new(&profile, rng.random_range(-5_000..=5_000));
        let projector = || Projector { set: node::empty_set(&profile) };
        Self {
            log: SimLog::new(rng.random()),
            nodes: (0..NODES).map(|_| node(&mut rng)).collect(),
            projectors: (0..PROJECTORS).map(|_| projector()).collect(),
            rows: MemoryTables::default(),
            earlier_rows: Vec::new(),
            beside: None,
            archivers: Archivers::new(profile.archivers),
            keys_destroyed: BTreeMap::new(),
            snapshots: Snapshots::new(),
            attempts: Vec::new(),
            attempts_made: 0,
            clients: Clients::new(profile.mix),
            ledger: Ledger::default(),
            verdicts: Verdicts::new(),
            now: 0,
            profile,
            rng,
        }
    }

    /// Perhaps a quiet beginning, then chaos, then rest.
    pub fn run(&mut self) -> Result<(), String> {
        if self.profile.founded {
            while let Some(request) = self.clients.found(&mut self.rng) {
                let index = self.ledger.begin(request);
                self.attempt_request(index);
                self.come_to_rest()?;
            }
        }
        self.log.set_faults(self.profile.faults);
        let archiving = u64::from(self.profile.weights.archiving);
        let end = self.now + CHOICES + CHOICES * archiving / u64::from(WEIGHT);
        while self.now < end {
            self.now += 1;
            self.choice()?;
        }
        self.come_to_rest()?;
        self.archive_all_to_end()
    }

    fn choice(&mut self) -> Result<(), String> {
        let weights = self.profile.weights;
        let mut left = self.rng.random_range(0..WEIGHT + weights.archiving);
        let mut falls = |weight: u32| {
            let hit = left < weight;
            // One thing at a time: what is over counts for the next.
            left = if hit { u32::MAX } else { left - weight };
            hit
        };
        if falls(weights.requests) {
            self.new_request();
        } else if falls(weights.repeats) {
            self.repeat_request();
        } else if falls(390) {
            self.advance_any()?;
        } else if falls(200) {
            self.fold_any()?;
        } else if falls(110) {
            self.project_any()?;
        } else if falls(40) {
            self.manage_any();
        } else if falls(weights.landings) {
            self.log.land_one();
        } else if falls(30) {
            self.log.advance(self.rng.random_range(0..2_000));
        } else if falls(25) {
            self.snapshot_any();
        } else if falls(weights.crashes) {
            self.crash_any();
        } else if falls(10) {
            self.earlier_rows.push(self.rows.clone());
        } else if falls(weights.set_backs) {
            self.set_rows_back();
        } else if falls(5) {
            self.crash_projector();
        } else if falls(6) {
            self.deliver_out_of_order()?;
        } else if falls(2) {
            self.activate_rules();
        } else if falls(2) {
            self.restore_log()?;
        } else if falls(25) {
            self.rebuild_any()?;
        } else if falls(weights.archiving) {
            self.archive_any()?;
        }
        Ok(())
    }

    fn new_request(&mut self) {
        if self.ledger.requests.len() >= REQUESTS_MAX {
            return;
        }
        let request = self.clients.next(&mut self.rng, &self.rows);
        let index = self.ledger.begin(request);
        self.attempt_request(index);
    }

    /// A client repeats a request that it has no answer to, or one that it has: in parallel, or later.
    fn repeat_request(&mut self) {
        let count = self.ledger.requests.len();
        if count > 0 {
            let index = self.rng.random_range(count.saturating_sub(12)..count);
            self.attempt_request(index);
        }
    }

    pub fn attempt_request(&mut self, index: usize) {
        let request = self.ledger.requests[index].request.clone();
        self.attempt(Work::Request { index, request });
    }

    fn attempt(&mut self, work: Work) {
        let node = self.rng.random_range(0..NODES);
        // A node that has just started refuses connections: the client comes back another time.
        if self.nodes[node].serves() {
            self.attempt_on(node, work);
        }
    }

    pub fn attempt_on(&mut self, node: usize, work: Work) {
        let number = self.attempts_made;
        self.attempts_made += 1;
        self.ledger.attempted(number, &work, self.now);
        self.attempts.push(Attempt::new(number, node, work, &self.log, PATIENCE));
    }

    fn advance_any(&mut self) -> Result<(), String> {
        if self.attempts.is_empty() {
            return Ok(());
        }
        let at = self.rng.random_range(0..self.attempts.len());
        self.advance(at)
    }

    pub fn advance(&mut self, at: usize) -> Result<(), String> {
        let attempt = &mut self.attempts[at];
        let mut around = Around {
            node: &mut self.nodes[attempt.node],
            log: &self.log,
            rows: &self.rows,
            rng: &mut self.rng,
        };
        let Some(answer) = attempt.advance(&mut around) else { return Ok(()) };
        let attempt = self.attempts.swap_remove(at);
        self.answered(&attempt, answer)
    }

    fn answered(&mut self, attempt: &Attempt, answer: Answer<String>) -> Result<(), String> {
        self.unchanged_means_same_decision(attempt, &answer)?;
        self.go_on(attempt, &answer);
        self.let_go_of_draft(attempt, &answer);
        if let (Work::Request { request, .. }, Answer::Applied { offset }) =
            (&attempt.work, &answer)
            && request.ask.ends_access()
        {
            // The answer leaves only once every node has heard.
            let partition = request.ask.partition();
            for at in 0..NODES {
                while self.nodes[at].set.next(partition) <= *offset {
                    self.fold_on(at, partition)?;
                }
                access_is_gone(&self.nodes[at].set, &request.ask, *offset)?;
            }
        }
        self.ledger.answered(attempt.number, answer, self.now);
        Ok(())
    }

    /// What was said is a draft no longer, as far as the node that took it knows of one.
    fn let_go_of_draft(&mut self, attempt: &Attempt, answer: &Answer<String>) {
        let (Work::Request { request, .. }, Answer::Applied { .. }) = (&attempt.work, answer)
        else {
            return;
        };
        let Ask::Post { author, channel, root, .. } = request.ask else { return };
        let set = &self.nodes[attempt.node].set;
        let outcome = set.outcome(request.ask.partition(), request.id);
        let Some(said_at) = outcome.and_then(|outcome| outcome.result.ok()) else { return };
        let place = (channel, root);
        let held = set.readstate(author).state().drafts().draft(author, place);
        if held.is_some_and(|held| held.saved_at <= said_at) {
            let ask = Ask::EndDraft { user: author, place, saved_until: Some(said_at) };
            let index = self.ledger.begin(Request { id: EventId(Id(self.rng.random())), ask });
            let request = self.ledger.requests[index].request.clone();
            self.attempt_on(attempt.node, Work::Request { index, request });
        }
    }

    pub fn any_partition(&mut self) -> Option<Partition> {
        let partitions = self.log.partitions();
        let count = partitions.len();
        (count > 0).then(|| partitions[self.rng.random_range(0..count)])
    }

    fn fold_any(&mut self) -> Result<(), String> {
        let Some(partition) = self.any_partition() else { return Ok(()) };
        let node = self.rng.random_range(0..NODES);
        if self.profile.deaf.as_ref().is_some_and(|deaf| {
            deaf.node == node && deaf.topic == partition.topic && deaf.during.contains(&self.now)
        }) {
            return Ok(());
        }
        for _ in 0..self.rng.random_range(1..=4) {
            self.fold_on(node, partition)?;
        }
        Ok(())
    }

    pub fn fold_on(&mut self, at: usize, partition: Partition) -> Result<(), String> {
        let Some(folded) = self.nodes[at].fold_one(&self.log, partition)? else { return Ok(()) };
        agreed(&mut self.verdicts, &folded)?;
        if let Some((id, offset, said)) = said(&folded) {
            for attempt in &mut self.attempts {
                if attempt.node == at && attempt.work.id() == id {
                    attempt.pass(Input::Passed { offset, said });
                }
            }
        }
        Ok(())
    }

    /// A consumer that is handed the wrong record refuses it.
    fn deliver_out_of_order(&mut self) -> Result<(), String> {
        let Some(partition) = self.any_partition() else { return Ok(()) };
        let at = self.rng.random_range(0..NODES);
        let next = self.nodes[at].set.next(partition);
        let wrong = if self.rng.random() { next.checked_sub(1) } else { Some(next + 1) };
        if let Some(record) = wrong.and_then(|offset| self.log.record(partition, offset))
            && let Ok(folded) = self.nodes[at].set.apply(record)
        {
            agreed(&mut self.verdicts, &folded)?;
        }
        Ok(())
    }

    fn snapshot_any(&mut self) {
        let Some(partition) = self.any_partition() else { return };
        let set = &self.nodes[self.rng.random_range(0..NODES)].set;
        self.snapshots.insert((partition, set.next(partition)), set.snapshot(partition));
    }

    fn crash_any(&mut self) {
        let at = self.rng.random_range(0..NODES);
        let ledger = &mut self.ledger;
        self.attempts.retain(|attempt| {
            if attempt.node == at {
                ledger.lost(attempt.number);
            }
            attempt.node != at
        });
        let rng = &mut self.rng;
        let set = node::restored(
            &self.profile,
            &self.snapshots,
            |_| u64::MAX,
            |offsets| pick(rng, offsets),
        );
        let skew_ms = self.rng.random_range(-5_000..=5_000);
        let partitions = self.log.partitions().into_iter();
        let serves_from = partitions.map(|p| (p, self.log.end_of(p))).collect();
        self.nodes[at] = Node { set, serves_from, ..Node::new(&self.profile, skew_ms) };
    }

    fn manage_any(&mut self) {
        let at = self.rng.random_range(0..NODES);
        self.manage(at);
        self.schedule(at);
    }

    /// The process manager of one node looks at its states. Gives how much was due.
    pub fn manage(&mut self, at: usize) -> usize {
        let steps = due(&self.nodes[at].set);
        if steps.is_empty() {
            return self.finish_erasures(at);
        }
        let count = steps.len();
        for step in steps {
            let busy = |attempt: &Attempt| attempt.node == at && attempt.work.id() == step.id;
            if !self.attempts.iter().any(busy) {
                self.attempt_on(at, Work::Step(step));
            }
        }
        count
    }

    /// Another log goes on where this one ends, as after a restore from an archive that had all of it; what is
    /// still on its way was meant for the log of before.
    fn restore_log(&mut self) -> Result<(), String> {
        let partitions = self.log.partitions();
        if self.rng.random() {
            for partition in &partitions {
                self.log.seal_epoch(*partition);
                self.log.land_one();
            }
        }
        self.open_epoch_of_archive()?;
        partitions.into_iter().for_each(|partition| self.log.open_epoch(partition));
        Ok(())
    }

    /// Some partition goes over to the newest rules, the last of which only tests know.
    fn activate_rules(&mut self) {
        if let Some(partition) = self.any_partition()
            && partition.topic == events::Topic::Channels
        {
            crate::clients::activate_rules(&self.log, partition);
        }
    }
}

pub fn pick(rng: &mut SmallRng, offsets: &[u64]) -> Option<u64> {
    // One in five restarts finds no snapshot at all.
    (!rng.random_ratio(1, 5)).then(|| offsets[rng.random_range(0..offsets.len())])
}

/// The states of a set's channels, all locked at once.
struct LockedChannels<'s>(Vec<parking_lot::RwLockReadGuard<'s, domain::PartitionFold<Channels>>>);

impl ChannelStates for LockedChannels<'_> {
    fn partition(&self, index: u16) -> &Channels {
        self.0[usize::from(index)].state()
    }
}

/// What the process manager finds due in `set`.
pub fn due(set: &FoldSet) -> Vec<Step> {
    let directory = set.directory();
    let channels = LockedChannels((0..PARTITIONS).map(|index| set.channels_at(index)).collect());
    process_manager::due(directory.state(), directory.next(), &channels)
}

/// Where a person's sessions were ended at `offset`, none of them lets anybody in.
fn access_is_gone(set: &FoldSet, ask: &Ask, offset: u64) -> Result<(), String> {
    let (Ask::DeactivateUser { user, .. }
    | Ask::EraseUser { user, .. }
    | Ask::ChangePassword { user, .. }
    | Ask::RevokeSessions { user }) = ask
    else {
        return Ok(());
    };
    let directory = set.directory();
    let users = set.users(*user);
    let mut sessions = users.state().sessions_of(*user);
    let kept = if let Ask::ChangePassword { kept, .. } = ask { *kept } else { None };
    let live = |session: &&Session| {
        session.auth_generation < offset
            && Some(session.session_id) != kept
            && rights::session_account(directory.state(), session, 0).is_some()
    };
    sessions.find(live).map_or(Ok(()), |session| {
        Err(format!("session {} outlives the end of all at {offset}", session.session_id))
    })
}
