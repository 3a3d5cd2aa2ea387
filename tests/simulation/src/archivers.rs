//! Archivers: one or several that follow the log into one archive, each cutting its segments elsewhere,
//! in pieces between which another can come, or a crash. A restore opens an epoch in their archive; those of
//! the log of before may go on for a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use event_archive::ObjectStore;
use event_archive::segments::{
    AppendOutcome, Archive, ArchiveError, DigestOutcome, Head, RollerOptions, Signer,
};
use events::{FIRST_EPOCH, Partition, Record};
use fold::FoldSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::task::noop_waker_ref;
use projector::archiver::{Chains, ChainsError, Hours};
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

use crate::log::SimLog;
use crate::node::{self, Snapshots};
use crate::profile::Profile;
use crate::store::{SimStore, Turn, at_once};
use crate::world::{World, pick};

pub const CELL: &str = "simulation";
/// Archivers of logs of before that still run.
const OF_BEFORE_MAX: usize = 2;
/// Pieces that an archiver may take to come to the end of the log.
const PIECES_MAX: usize = 100_000;

/// The key that signs.
pub const SEED: [u8; 32] = [7; 32];
/// The log's clock goes on by so much at times, so that more than one hour is over.
const LEAP_MS: i64 = 3_600_000;

type Appending = BoxFuture<'static, Result<AppendOutcome, ArchiveError>>;
type Digesting = BoxFuture<'static, Result<DigestOutcome, ArchiveError>>;

/// All archivers of a world, and what they write.
pub struct Archivers {
    pub store: SimStore,
    /// As whoever starts now opens it.
    archive: Archive,
    /// None: it is down.
    running: Vec<Option<Archiver>>,
    of_before: Vec<Archiver>,
    /// Where the partitions went on in each epoch after the first.
    pub begun: Vec<BTreeMap<Partition, u64>>,
    /// The newest hour with a digest when each of them was opened.
    digested: Vec<Option<String>>,
}

struct Archiver {
    archive: Archive,
    store: SimStore,
    log: SimLog,
    chains: Chains,
    /// Where its fold is not the log's: it must find out, and never lengthen that chain.
    another: Option<Partition>,
    /// To be cut before anything more is taken.
    due: Vec<Partition>,
    appending: Option<(Partition, Appending)>,
    hours: Hours,
    digesting: Option<Digesting>,
}

/// Why an archiver goes no further.
enum Stopped {
    /// Its fold came to another state than the archive says.
    Parted(Partition),
    Otherwise(String),
}

impl From<ChainsError> for Stopped {
    fn from(error: ChainsError) -> Self {
        match error {
            ChainsError::Parted { partition, .. } => Self::Parted(partition),
            other => Self::Otherwise(other.to_string()),
        }
    }
}

impl From<String> for Stopped {
    fn from(what: String) -> Self {
        Self::Otherwise(what)
    }
}

impl Stopped {
    /// Whether it had to: one whose fold is another in that partition.
    fn was_due(self, another: Option<Partition>) -> Result<(), String> {
        match self {
            Self::Parted(partition) if another == Some(partition) => Ok(()),
            Self::Parted(partition) => Err(format!("finds another log of {partition} archived")),
            Self::Otherwise(what) => Err(what),
        }
    }
}

/// What an archiver finds around it when it starts.
struct Around<'w> {
    profile: &'w Profile,
    snapshots: &'w Snapshots,
    log: &'w SimLog,
    rng: &'w mut SmallRng,
    /// Its fold may be another than the log's.
    parts: bool,
}

impl Archivers {
    pub fn new(count: usize) -> Self {
        let store = SimStore::default();
        let objects: Arc<dyn ObjectStore> = Arc::new(store.clone());
        Self {
            store,
            archive: Archive::new(objects, CELL),
            running: (0..count).map(|_| None).collect(),
            of_before: Vec::new(),
            begun: Vec::new(),
            digested: Vec::new(),
        }
    }

    pub fn are_any(&self) -> bool {
        !self.running.is_empty()
    }

    /// The epoch of what stands at an offset.
    pub fn epoch_at(&self, partition: Partition, offset: u64) -> u32 {
        let begins = |begun: &BTreeMap<Partition, u64>| begun.get(&partition).copied().unwrap_or(0);
        let newest = self.begun.iter().rposition(|begun| begins(begun) <= offset);
        newest.map_or(FIRST_EPOCH, |index| FIRST_EPOCH + 1 + index as u32)
    }

    /// The epoch of an hour's digest.
    pub fn epoch_of_hour(&self, hour: &str) -> u32 {
        let begun = |last: &Option<String>| last.as_deref().is_none_or(|last| last < hour);
        let newest = self.digested.iter().rposition(begun);
        newest.map_or(FIRST_EPOCH, |index| FIRST_EPOCH + 1 + index as u32)
    }

    fn newest_digest(&self) -> Option<String> {
        let names = self.store.objects().into_iter().filter_map(|(name, _)| {
            let (epoch, hour) = name.strip_prefix("digests/")?.split_once('/')?;
            (epoch == self.epoch_of_hour(hour).to_string()).then(|| hour.to_owned())
        });
        names.max()
    }

    fn start(&mut self, at: usize, around: Around<'_>) -> Result<(), String> {
        self.store.set_open(true);
        let started = Archiver::start(self.archive.clone(), self.store.clone(), around);
        self.store.set_open(false);
        self.running[at] = started?;
        Ok(())
    }

    /// A piece of what one of them does.
    fn piece(&mut self, at: usize, rng: &mut SmallRng) -> Result<(), String> {
        let turn = if rng.random_ratio(1, 12) { Turn::Fails } else { Turn::Goes };
        self.store.give(turn);
        let archiver = match at.checked_sub(self.running.len()) {
            None => self.running[at].as_mut(),
            Some(at) => self.of_before.get_mut(at),
        };
        let Some(archiver) = archiver else { return Ok(()) };
        let Err(stopped) = archiver.piece(rng) else { return Ok(()) };
        stopped.was_due(archiver.another).map_err(|what| format!("archiver {at} {what}"))?;
        match at.checked_sub(self.running.len()) {
            None => self.running[at] = None,
            Some(at) => drop(self.of_before.remove(at)),
        }
        Ok(())
    }

    /// One of them comes to the end of the log, unless it stops before.
    fn finish(&mut self, at: usize) -> Result<(), Stopped> {
        self.store.set_open(true);
        let finished = self.running[at].as_mut().map_or(Ok(()), Archiver::finish);
        self.store.set_open(false);
        finished
    }

    /// Whoever runs follows a log of before from now on, or is gone.
    fn leave_behind(&mut self, log: &SimLog, rng: &mut SmallRng) {
        for archiver in self.running.iter_mut().filter_map(Option::take) {
            if rng.random() {
                self.of_before.push(Archiver { log: log.clone(), ..archiver });
            }
        }
        let more = self.of_before.len().saturating_sub(OF_BEFORE_MAX);
        self.of_before.drain(..more);
    }

    /// As `replay restore` does it.
    fn open_epoch(&mut self, log: &SimLog) -> Result<(), String> {
        let epoch = self.archive.epoch() + 1;
        let next = self.archive.next_epoch(epoch, "simulated".to_owned(), log.now_ms());
        let next = at_once(next).map_err(|error| error.to_string())?;
        let signer = Signer::from_seed(&SEED);
        let opened = at_once(self.archive.open_epoch(next, &signer));
        let ours = opened.map_err(|error| error.to_string())?;
        if ours { Ok(()) } else { Err(format!("somebody else opened epoch {epoch}")) }
    }
}

impl Archiver {
    /// From the archive's end, with some snapshot at or before it. None: it found out at once that its fold is
    /// another.
    fn start(
        archive: Archive,
        store: SimStore,
        around: Around<'_>,
    ) -> Result<Option<Self>, String> {
        let mut lasts = BTreeMap::<Partition, Option<Head>>::new();
        for partition in Partition::durable() {
            let begun = around.log.end_of(partition) > 0;
            let last = if begun { at_once(archive.last(partition)) } else { Ok(None) };
            lasts.insert(partition, last.map_err(|error| error.to_string())?);
        }
        let end = |p: Partition| {
            lasts.get(&p).and_then(Option::as_ref).map_or(0, |head| head.end().next_offset)
        };
        let log = around.log.clone();
        let rng = around.rng;
        let mut set =
            node::restored(around.profile, around.snapshots, end, |offsets| pick(rng, offsets));
        let another = around.parts.then(|| another(around.profile, &log, end, rng)).flatten();
        let another = another.map(|(partition, other)| {
            set = other;
            partition
        });
        let roller = RollerOptions {
            bytes_max: rng.random_range(1_000..8_000),
            age_max_ms: rng.random_range(500..20_000),
        };
        match Chains::behind(lasts, set, roller, rng.random_range(8_000..30_000)) {
            Ok(chains) => Ok(Some(Self {
                archive,
                store,
                log,
                chains,
                another,
                due: Vec::new(),
                appending: None,
                hours: Hours::default(),
                digesting: None,
            })),
            Err(error) => Stopped::from(error).was_due(another).map(|()| None),
        }
    }

    fn piece(&mut self, rng: &mut SmallRng) -> Result<(), Stopped> {
        if rng.random_ratio(1, 6) {
            return self.look().map(drop);
        }
        if self.appending.is_some() {
            return self.go_on();
        }
        if let Some(partition) = self.due.pop() {
            return self.append(partition);
        }
        if rng.random_ratio(1, 8) {
            self.due = self.chains.due(self.log.now_ms());
            return Ok(());
        }
        let partitions = self.log.partitions();
        if partitions.is_empty() {
            return Ok(());
        }
        let partition = partitions[rng.random_range(0..partitions.len())];
        self.take(partition, rng.random_range(1..=8))
    }

    /// Takes the next records of a partition, until something is to be cut.
    fn take(&mut self, partition: Partition, most: usize) -> Result<(), Stopped> {
        for _ in 0..most {
            let next = self.chains.next(partition);
            let Some(record) = self.log.record(partition, next) else { return Ok(()) };
            if self.chains.closes(&record) {
                self.due.push(partition);
                return Ok(());
            }
            let taken = self.chains.take(record)?;
            self.due.extend(taken.cut);
            if !self.due.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Begins the append of what is held of a partition.
    fn append(&mut self, partition: Partition) -> Result<(), Stopped> {
        let segment = self.chains.segment(partition);
        if segment.records.is_empty() {
            return Ok(());
        }
        if self.another == Some(partition) {
            let what = format!("lengthens the chain of {partition}, whose fold is another");
            return Err(Stopped::Otherwise(what));
        }
        let (end, records, hash) = (*segment.end, segment.records.to_vec(), segment.state_hash);
        let archive = self.archive.clone();
        let appending =
            async move { archive.append(partition, &end, &records, Some(&hash)).await }.boxed();
        self.appending = Some((partition, appending));
        Ok(())
    }

    /// The append goes on, as far as the store lets it.
    fn go_on(&mut self) -> Result<(), Stopped> {
        let Some((partition, mut appending)) = self.appending.take() else { return Ok(()) };
        match appending.as_mut().poll(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Pending => self.appending = Some((partition, appending)),
            Poll::Ready(Ok(outcome)) => self.chains.absorb(partition, outcome),
            // Unknown whether it was written: the same append again tells.
            Poll::Ready(Err(ArchiveError::Store(_))) => return self.append(partition),
            Poll::Ready(Err(error)) => return Err(format!("has to stop: {error}").into()),
        }
        Ok(())
    }

    /// A piece of the work on digests. Says whether there was any.
    fn look(&mut self) -> Result<bool, Stopped> {
        self.store.set_reads_open(true);
        let looked = self.digest();
        self.store.set_reads_open(false);
        looked.map_err(|error| format!("has to stop: {error}").into())
    }

    fn digest(&mut self) -> Result<bool, ArchiveError> {
        if let Some(mut digesting) = self.digesting.take() {
            match digesting.as_mut().poll(&mut Context::from_waker(noop_waker_ref())) {
                Poll::Pending => self.digesting = Some(digesting),
                Poll::Ready(Ok(_)) => self.hours.written(),
                // Unknown whether it was written: the same digest again tells.
                Poll::Ready(Err(ArchiveError::Store(_))) => {}
                Poll::Ready(Err(error)) => return Err(error),
            }
            return Ok(true);
        }
        let anything = Partition::durable().any(|partition| self.chains.archived(partition) > 0);
        if self.hours.next().is_none() && anything {
            self.hours.is_next(at_once(self.archive.next_digest_hour())?);
            return Ok(true);
        }
        if self.hours.awaits_ends(self.log.now_ms()) {
            let ends =
                Partition::durable().map(|partition| (partition, self.log.end_of(partition)));
            self.hours.end_at(ends.collect());
            return Ok(true);
        }
        let Some(hour) = self.hours.due(|partition| self.chains.archived(partition)) else {
            return Ok(false);
        };
        let (archive, signer) = (self.archive.clone(), Signer::from_seed(&SEED));
        self.digesting = Some(async move { archive.write_digest(hour, &signer).await }.boxed());
        Ok(true)
    }

    /// Everything that the log holds is archived, and everybody knows it; so are the digests of all hours that
    /// are over. The store is open.
    fn finish(&mut self) -> Result<(), Stopped> {
        let partitions = self.log.partitions();
        for _ in 0..PIECES_MAX {
            if self.appending.is_some() {
                self.go_on()?;
            } else if let Some(partition) = self.due.pop() {
                self.append(partition)?;
            } else if let Some(partition) = partitions.iter().find(|p| self.is_behind(**p)) {
                self.take(*partition, usize::MAX)?;
            } else {
                self.due = self.chains.held();
                if self.due.is_empty() && !self.look()? {
                    return self.is_at_end(&partitions);
                }
            }
        }
        Err("does not come to the end of the log".to_owned().into())
    }

    fn is_behind(&self, partition: Partition) -> bool {
        self.log.record(partition, self.chains.next(partition)).is_some()
    }

    fn is_at_end(&self, partitions: &[Partition]) -> Result<(), Stopped> {
        let short = |p: &&Partition| self.chains.archived(**p) != self.log.end_of(**p);
        partitions.iter().find(short).map_or(Ok(()), |partition| {
            let (archived, end) = (self.chains.archived(*partition), self.log.end_of(*partition));
            Err(format!("takes {partition} for archived up to {archived}, of {end}").into())
        })
    }
}

/// A fold that judged a record otherwise which is archived, and stands behind it, at the archive's end or before.
fn another(
    profile: &Profile,
    log: &SimLog,
    end: impl Fn(Partition) -> u64,
    rng: &mut SmallRng,
) -> Option<(Partition, FoldSet)> {
    let archived: Vec<Partition> = Partition::durable().filter(|p| end(*p) > 0).collect();
    let partition = *archived.choose(rng)?;
    let end = end(partition);
    let differs_at = rng.random_range(0..end);
    let (set, right) = (node::empty_set(profile), node::empty_set(profile));
    for offset in 0..rng.random_range(differs_at + 1..=end) {
        let record = log.record(partition, offset)?;
        let garbage = || Arc::new(Record { body: Bytes::from_static(b"{"), ..(*record).clone() });
        let other = if offset == differs_at { garbage() } else { Arc::clone(&record) };
        right.apply(record).ok()?;
        set.apply(other).ok()?;
    }
    (set.hash(partition) != right.hash(partition)).then_some((partition, set))
}

impl World {
    /// A piece of the work of some archiver, its start or its end.
    pub fn archive_any(&mut self) -> Result<(), String> {
        let archivers = &mut self.archivers;
        let count = archivers.running.len();
        if count == 0 {
            return Ok(());
        }
        if self.rng.random_ratio(1, 300) {
            self.log.advance(LEAP_MS);
        }
        // The later ones lag.
        let most = self.rng.random_range(1..=count + archivers.of_before.len());
        let at = self.rng.random_range(0..most);
        if at < count && archivers.running[at].is_none() {
            let parts = self.rng.random_ratio(1, 6);
            return self.start_archiver(at, parts);
        }
        if at < count && self.rng.random_ratio(1, 40) {
            archivers.running[at] = None;
            return Ok(());
        }
        archivers.piece(at, &mut self.rng)
    }

    fn start_archiver(&mut self, at: usize, parts: bool) -> Result<(), String> {
        let around = Around {
            parts,
            profile: &self.profile,
            snapshots: &self.snapshots,
            log: &self.log,
            rng: &mut self.rng,
        };
        self.archivers.start(at, around)
    }

    /// The first so many archivers come to the end of the log, where all must know of one archive.
    pub fn archive_to_end(&mut self, count: usize) -> Result<(), String> {
        for at in 0..count.min(self.archivers.running.len()) {
            self.finish_archiver(at).map_err(|what| format!("archiver {at} {what}"))?;
        }
        Ok(())
    }

    /// One whose fold is another stops on its way there, and is started anew.
    fn finish_archiver(&mut self, at: usize) -> Result<(), String> {
        if let Some(another) = self.archivers.running[at].as_ref().and_then(|it| it.another) {
            match self.archivers.finish(at) {
                Ok(()) => return Err(format!("goes on with another fold of {another}")),
                Err(stopped) => stopped.was_due(Some(another))?,
            }
            self.archivers.running[at] = None;
        }
        if self.archivers.running[at].is_none() {
            self.start_archiver(at, false)?;
        }
        self.archivers.finish(at).or_else(|stopped| stopped.was_due(None))
    }

    pub fn archive_all_to_end(&mut self) -> Result<(), String> {
        self.archive_to_end(self.archivers.running.len())
    }

    /// The archive goes on in the next epoch, from the log's end, which it has come to.
    pub fn open_epoch_of_archive(&mut self) -> Result<(), String> {
        if self.archivers.running.is_empty() {
            return Ok(());
        }
        self.archive_to_end(1)?;
        let begins = self.log.partitions().into_iter().map(|p| (p, self.log.end_of(p))).collect();
        let newest = self.archivers.newest_digest();
        self.archivers.begun.push(begins);
        self.archivers.digested.push(newest);
        self.archivers.store.set_open(true);
        let opened = self.archivers.open_epoch(&self.log);
        self.archivers.store.set_open(false);
        opened?;
        let of_before = self.log.copy();
        // What is still on its way lands there, and is nobody's any more.
        of_before.partitions().into_iter().for_each(|partition| of_before.seal_epoch(partition));
        of_before.land_one();
        self.archivers.leave_behind(&of_before, &mut self.rng);
        Ok(())
    }
}
