//! The world: nodes, projectors, a database, clients, and everything that can go wrong, one random
//! choice after the other from one seed.

use command_api::process_manager::{self, ChannelStates, Step};
use command_api::submission::{Answer, Input};
use domain::Channels;
use events::{PARTITIONS, Partition};
use fold::FoldSet;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::attempt::{Around, Attempt, Work};
use crate::clients::Clients;
use crate::ledger::Ledger;
use crate::log::SimLog;
use crate::node::{self, Node, Snapshots, Verdicts, agreed, said};
use crate::rows::Database;

const NODES: usize = 3;
const PROJECTORS: usize = 2;
/// Random choices before the world is healed.
const CHOICES: u64 = 1_500;
const REQUESTS_MAX: usize = 60;
/// Pieces of work that a request waits for its answer.
const PATIENCE: u32 = 60;
/// Rounds that a healed world may take to come to rest.
const REST_ROUNDS_MAX: u32 = 4_000;

/// Folds at the position of the rows that it believes to have written.
struct Projector {
    set: FoldSet,
}

pub struct World {
    pub rng: SmallRng,
    pub log: SimLog,
    nodes: Vec<Node>,
    projectors: Vec<Projector>,
    pub rows: Database,
    /// Earlier states of the database, which a crash may bring back.
    earlier_rows: Vec<Database>,
    snapshots: Snapshots,
    attempts: Vec<Attempt>,
    attempts_made: usize,
    clients: Clients,
    pub ledger: Ledger,
    pub verdicts: Verdicts,
    now: u64,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let nodes = (0..NODES).map(|_| Node::new(rng.random_range(-5_000..=5_000))).collect();
        let projectors = (0..PROJECTORS).map(|_| Projector { set: node::empty_set() }).collect();
        Self {
            log: SimLog::new(rng.random()),
            nodes,
            projectors,
            rows: Database::default(),
            earlier_rows: Vec::new(),
            snapshots: Snapshots::new(),
            attempts: Vec::new(),
            attempts_made: 0,
            clients: Clients::new(&mut rng),
            ledger: Ledger::default(),
            verdicts: Verdicts::new(),
            now: 0,
            rng,
        }
    }

    /// Chaos, then rest.
    pub fn run(&mut self) -> Result<(), String> {
        while self.now < CHOICES {
            self.now += 1;
            self.choice()?;
        }
        self.come_to_rest()
    }

    fn choice(&mut self) -> Result<(), String> {
        match self.rng.random_range(0..1_000) {
            0..90 => self.new_request(),
            90..130 => self.repeat_request(),
            130..520 => self.advance_any()?,
            520..720 => self.fold_any()?,
            720..830 => self.project_any()?,
            830..870 => self.manage_any(),
            870..900 => self.log.land_one(),
            900..930 => {
                let ms = self.rng.random_range(0..2_000);
                self.log.advance(ms);
            }
            930..955 => self.snapshot_any(),
            955..962 => self.crash_any(),
            962..972 => self.earlier_rows.push(self.rows.clone()),
            972..977 => self.set_rows_back(),
            977..982 => self.crash_projector(),
            982..988 => self.deliver_out_of_order()?,
            988..990 => self.activate_rules(),
            _ => {}
        }
        Ok(())
    }

    fn new_request(&mut self) {
        if self.ledger.requests.len() >= REQUESTS_MAX {
            return;
        }
        let request = self.clients.next(&mut self.rng, &self.ledger, &self.rows);
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

    fn attempt_request(&mut self, index: usize) {
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

    fn attempt_on(&mut self, node: usize, work: Work) {
        let number = self.attempts_made;
        self.attempts_made += 1;
        self.ledger.attempted(number, &work, self.now);
        self.attempts.push(Attempt::new(number, node, work, self.now, &self.log, PATIENCE));
    }

    fn advance_any(&mut self) -> Result<(), String> {
        if self.attempts.is_empty() {
            return Ok(());
        }
        let at = self.rng.random_range(0..self.attempts.len());
        self.advance(at)
    }

    fn advance(&mut self, at: usize) -> Result<(), String> {
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
        let access_ended_at = match (&attempt.work, &answer) {
            (Work::Request { request, .. }, Answer::Applied { offset })
                if request.ask.ends_access() =>
            {
                // The answer leaves only once every node has heard.
                for at in 0..NODES {
                    while self.nodes[at].set.next(Partition::DIRECTORY) <= *offset {
                        self.fold_on(at, Partition::DIRECTORY)?;
                    }
                }
                Some(self.now)
            }
            _ => None,
        };
        self.ledger.answered(attempt.number, answer, access_ended_at.unwrap_or(self.now));
        Ok(())
    }

    /// No answer from behind: where nothing was appended between the request and its refusal, whoever
    /// knows the whole log must come to a refusal, too.
    fn unchanged_means_same_decision(
        &mut self,
        attempt: &Attempt,
        answer: &Answer<String>,
    ) -> Result<(), String> {
        let Answer::Rejected(reason) = answer else { return Ok(()) };
        let partitions = attempt.work.rests_on();
        let unchanged = partitions
            .iter()
            .zip(&attempt.ends_at_start)
            .all(|(partition, end)| self.log.end_of(*partition) == *end);
        if !unchanged {
            return Ok(());
        }
        let oracle = self.oracle(&partitions)?;
        let rows = self.oracle_rows()?;
        let decided = attempt.work.decide(&oracle, &self.log, &rows, &mut self.rng);
        match decided.decision {
            Err(_) => Ok(()),
            Ok(decision) => Err(format!(
                "attempt {} was refused ({reason}) from behind: at the log's end it comes to {decision:?}",
                attempt.number
            )),
        }
    }

    /// A node that has folded everything in these partitions.
    pub fn oracle(&self, partitions: &[Partition]) -> Result<Node, String> {
        let oracle = Node::new(0);
        for partition in partitions {
            while oracle.fold_one(&self.log, *partition)?.is_some() {}
        }
        Ok(oracle)
    }

    fn oracle_rows(&self) -> Result<Database, String> {
        let oracle = Node::new(0);
        let mut rows = Database::default();
        for partition in node::channel_partitions() {
            let mut batch = Vec::new();
            while let Some(folded) = oracle.fold_one(&self.log, partition)? {
                batch.push(folded);
            }
            rows.write(partition, 0, &batch).map_err(|e| format!("{e:?}"))?;
        }
        Ok(rows)
    }

    fn any_partition(&mut self) -> Option<Partition> {
        let partitions = self.log.partitions();
        let count = partitions.len();
        (count > 0).then(|| partitions[self.rng.random_range(0..count)])
    }

    fn fold_any(&mut self) -> Result<(), String> {
        let Some(partition) = self.any_partition() else { return Ok(()) };
        let node = self.rng.random_range(0..NODES);
        for _ in 0..self.rng.random_range(1..=4) {
            self.fold_on(node, partition)?;
        }
        Ok(())
    }

    fn fold_on(&mut self, at: usize, partition: Partition) -> Result<(), String> {
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

    fn project_any(&mut self) -> Result<(), String> {
        let Some(partition) = self.any_partition() else { return Ok(()) };
        let at = self.rng.random_range(0..PROJECTORS);
        self.project(at, partition)
    }

    fn project(&mut self, at: usize, partition: Partition) -> Result<(), String> {
        let projector = &mut self.projectors[at];
        let from = projector.set.next(partition);
        let mut batch = Vec::new();
        for _ in 0..self.rng.random_range(1..=5) {
            let Some(record) = self.log.record(partition, projector.set.next(partition)) else {
                break;
            };
            batch.push(projector.set.apply(record).map_err(|error| error.to_string())?);
        }
        for folded in &batch {
            agreed(&mut self.verdicts, folded)?;
        }
        // An empty batch is a look at the position: a database that went back is a new connection.
        if self.rows.write(partition, from, &batch).is_err() {
            // Somebody else wrote, or the database went back: forget and start from where the rows are.
            self.restart_projector(at);
        }
        Ok(())
    }

    fn restart_projector(&mut self, at: usize) {
        let rows = &self.rows;
        let rng = &mut self.rng;
        // The newest snapshot at or before the rows, or, as if that one were lost, an older one.
        let set = node::restored(&self.snapshots, |p| rows.next(p), |offsets| pick(rng, offsets));
        for partition in self.log.partitions() {
            while set.next(partition) < rows.next(partition) {
                let record = self.log.record(partition, set.next(partition));
                let record = record.expect("rows stand at a position of the log");
                set.apply(record).expect("the log was folded before");
            }
        }
        self.projectors[at].set = set;
    }

    fn crash_projector(&mut self) {
        let at = self.rng.random_range(0..PROJECTORS);
        self.restart_projector(at);
    }

    fn set_rows_back(&mut self) {
        let count = self.earlier_rows.len();
        if count > 0 {
            let at = self.rng.random_range(count.saturating_sub(3)..count);
            self.rows = self.earlier_rows[at].clone();
            self.earlier_rows.truncate(at + 1);
        }
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
        let set = node::restored(&self.snapshots, |_| u64::MAX, |offsets| pick(rng, offsets));
        let skew_ms = self.rng.random_range(-5_000..=5_000);
        let partitions = self.log.partitions().into_iter();
        let serves_from = partitions.map(|p| (p, self.log.end_of(p))).collect();
        self.nodes[at] = Node { set, serves_from, ..Node::new(skew_ms) };
    }

    fn manage_any(&mut self) {
        let at = self.rng.random_range(0..NODES);
        self.manage(at);
    }

    /// The process manager of one node looks at its states. Gives how much was due.
    fn manage(&mut self, at: usize) -> usize {
        let steps = due(&self.nodes[at].set);
        let count = steps.len();
        for step in steps {
            let busy = |attempt: &Attempt| attempt.node == at && attempt.work.id() == step.id;
            if !self.attempts.iter().any(busy) {
                self.attempt_on(at, Work::Step(step));
            }
        }
        count
    }

    /// Some partition goes over to the test-only second version of the rules.
    fn activate_rules(&mut self) {
        if let Some(partition) = self.any_partition()
            && partition.topic == events::Topic::Channels
        {
            crate::clients::activate_rules(&self.log, partition);
        }
    }

    /// No more faults: every append lands, every request is repeated until it has an answer, every fold
    /// and every row reaches the end.
    fn come_to_rest(&mut self) -> Result<(), String> {
        self.log.heal();
        while self.log.late_count() > 0 {
            self.log.land_one();
        }
        for _ in 0..REST_ROUNDS_MAX {
            self.now += 1;
            self.catch_up_all()?;
            while let Some(at) = self.attempts.len().checked_sub(1) {
                let before = self.attempts.len();
                self.settle(at)?;
                debug_assert!(self.attempts.len() < before);
            }
            self.catch_up_all()?;
            let unanswered = self.ledger.unanswered();
            unanswered.iter().for_each(|index| self.attempt_request(*index));
            let due: usize = (0..NODES).map(|at| self.manage(at)).sum();
            if unanswered.is_empty() && due == 0 && self.attempts.is_empty() {
                return Ok(());
            }
        }
        Err(format!(
            "the world does not come to rest: {} requests wait",
            self.ledger.unanswered().len()
        ))
    }

    /// Brings one attempt to its answer.
    fn settle(&mut self, at: usize) -> Result<(), String> {
        let number = self.attempts[at].number;
        for _ in 0..4 * PATIENCE {
            let Some(at) = self.attempts.iter().position(|attempt| attempt.number == number) else {
                return Ok(());
            };
            let node = self.attempts[at].node;
            self.advance(at)?;
            for partition in self.log.partitions() {
                while self.log.record(partition, self.nodes[node].set.next(partition)).is_some() {
                    self.fold_on(node, partition)?;
                }
                while self.rows.next(partition) < self.log.end_of(partition) {
                    self.project(0, partition)?;
                }
            }
        }
        Err(format!("attempt {number} gets no answer"))
    }

    fn catch_up_all(&mut self) -> Result<(), String> {
        for partition in self.log.partitions() {
            for at in 0..NODES {
                while self.log.record(partition, self.nodes[at].set.next(partition)).is_some() {
                    self.fold_on(at, partition)?;
                }
            }
            while self.rows.next(partition) < self.log.end_of(partition) {
                self.project(0, partition)?;
            }
        }
        Ok(())
    }

    /// Digests of all nodes' folds, which must be equal at rest.
    pub fn hashes_agree(&self) -> Result<(), String> {
        for partition in self.log.partitions() {
            let hashes: Vec<u128> = self.nodes.iter().map(|n| n.set.hash(partition)).collect();
            if hashes.iter().any(|hash| *hash != hashes[0]) {
                return Err(format!("folds of {partition} part: {hashes:x?}"));
            }
        }
        Ok(())
    }
}

fn pick(rng: &mut SmallRng, offsets: &[u64]) -> Option<u64> {
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
