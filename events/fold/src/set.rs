//! The folds of all durable partitions, with the names beside them. No I/O: records go in, verdicts
//! come out.

use domain::{
    Aggregate, Applied, Channels, Directory, FoldError, Judged, Outcome, PartitionFold, Readstate,
    Users, Verdict, WindowLimits,
};
use events::{
    ChannelId, Event, EventId, Meta, PARTITIONS, Partition, Position, Record, SharedRecord, Topic,
    UserId,
};
use parking_lot::{RwLock, RwLockReadGuard};
use serde::{Deserialize, Serialize};

use crate::names::{Names, PersonName};

/// A record, what it says, and the verdict on it.
#[derive(Debug, Clone)]
pub struct Folded {
    pub record: SharedRecord,
    /// The one that was open at its position.
    pub epoch: u32,
    /// Absent where the bytes are no event.
    pub decoded: Option<(Meta, Event)>,
    pub verdict: Verdict,
}

impl Folded {
    pub fn position(&self) -> Position {
        let Record { partition, offset, .. } = *self.record;
        Position { epoch: self.epoch, partition, offset }
    }

    pub fn id(&self) -> Option<EventId> {
        self.decoded.as_ref().map(|(meta, _)| meta.id)
    }

    /// Envelope, event and assigned values, where the event has an effect.
    pub fn applied(&self) -> Option<(&Meta, &Event, &Applied)> {
        let (meta, event) = self.decoded.as_ref()?;
        Some((meta, event, self.verdict.applied()?))
    }
}

/// Why a snapshot is of no use; the fold then starts from an older one or from the beginning.
#[derive(Debug, thiserror::Error)]
#[error("a snapshot of {partition} is unreadable: {reason}")]
pub struct InvalidSnapshot {
    pub partition: Partition,
    pub reason: String,
}

/// Format of the snapshots; another one is passed over.
const SNAPSHOT_FORMAT: u8 = 8;

#[derive(Serialize, Deserialize)]
struct DirectorySnapshot {
    fold: PartitionFold<Directory>,
    names: Names,
}

/// One fold per durable partition. Readers and the one writer lock a partition each.
#[derive(Debug)]
pub struct FoldSet {
    directory: RwLock<PartitionFold<Directory>>,
    channels: Vec<RwLock<PartitionFold<Channels>>>,
    users: Vec<RwLock<PartitionFold<Users>>>,
    readstate: Vec<RwLock<PartitionFold<Readstate>>>,
    names: RwLock<Names>,
}

impl Default for FoldSet {
    fn default() -> Self {
        Self::new()
    }
}

impl FoldSet {
    /// Folds of an empty log.
    pub fn new() -> Self {
        Self::with_windows(WindowLimits::DIRECTORY, WindowLimits::STREAM)
    }

    /// The same for a program that knows no newer rules than these.
    pub fn knowing(rules: u32) -> Self {
        let set = Self::new();
        for partition in Partition::durable() {
            set.with_mut(partition, |fold| fold.know(rules));
        }
        set
    }

    /// The rules that are in force in the partition.
    pub fn rules(&self, partition: Partition) -> u32 {
        self.with(partition, |fold| fold.rules())
    }

    /// Folds of an empty log with other windows; only tests shrink windows.
    pub fn with_windows(directory: WindowLimits, streams: WindowLimits) -> Self {
        Self {
            directory: RwLock::new(PartitionFold::with_window(Partition::DIRECTORY, directory)),
            channels: topic(Topic::Channels, streams),
            users: topic(Topic::Users, streams),
            readstate: topic(Topic::Readstate, streams),
            names: RwLock::new(Names::default()),
        }
    }

    pub fn directory(&self) -> RwLockReadGuard<'_, PartitionFold<Directory>> {
        self.directory.read()
    }

    /// The partition of a channel.
    pub fn channels(&self, channel: ChannelId) -> RwLockReadGuard<'_, PartitionFold<Channels>> {
        self.channels_at(Partition::of(Topic::Channels, channel.as_bytes()).index)
    }

    /// # Panics
    /// At 64 and above.
    pub fn channels_at(&self, index: u16) -> RwLockReadGuard<'_, PartitionFold<Channels>> {
        self.channels[usize::from(index)].read()
    }

    /// The partition of a person's own state.
    pub fn users(&self, user: UserId) -> RwLockReadGuard<'_, PartitionFold<Users>> {
        self.users_at(Partition::of(Topic::Users, user.as_bytes()).index)
    }

    /// # Panics
    /// At 64 and above.
    pub fn users_at(&self, index: u16) -> RwLockReadGuard<'_, PartitionFold<Users>> {
        self.users[usize::from(index)].read()
    }

    pub fn readstate(&self, user: UserId) -> RwLockReadGuard<'_, PartitionFold<Readstate>> {
        self.readstate_at(Partition::of(Topic::Readstate, user.as_bytes()).index)
    }

    /// # Panics
    /// At 64 and above.
    pub fn readstate_at(&self, index: u16) -> RwLockReadGuard<'_, PartitionFold<Readstate>> {
        self.readstate[usize::from(index)].read()
    }

    pub fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read()
    }

    /// Channels in which `user` has a present membership of the channel, in all partitions.
    pub fn channels_of(&self, user: UserId) -> Vec<ChannelId> {
        let mut found = Vec::new();
        for index in 0..PARTITIONS {
            let fold = self.channels_at(index);
            found.extend(fold.state().channels_of(user).map(|(id, _, _)| id));
        }
        found
    }

    /// Whether calls to the whole of a channel reach `user`: as they want it everywhere, and here.
    pub fn hears_broadcasts(&self, user: UserId, channel: Option<ChannelId>) -> bool {
        let everywhere = self.names().person(user).is_none_or(PersonName::hears_broadcasts);
        everywhere
            && !channel.is_some_and(|id| {
                let fold = self.channels(id);
                fold.state().channel(id).is_some_and(|channel| channel.ignores_broadcasts(user))
            })
    }

    /// Judges the next record of its partition.
    ///
    /// # Errors
    /// [`FoldError`]; nothing changed.
    ///
    /// # Panics
    /// On a record of `presence`, which is never judged.
    pub fn apply(&self, record: SharedRecord) -> Result<Folded, FoldError> {
        let (Judged { decoded, verdict }, epoch) = self.with_mut(record.partition, |fold| {
            fold.apply(&record).map(|judged| (judged, fold.epoch_at(record.offset)))
        })?;
        let folded = Folded { record, epoch, decoded, verdict };
        if let Some((_, Event::Directory(event), _)) = folded.applied() {
            self.names.write().absorb(event);
        }
        Ok(folded)
    }

    /// The offset that the partition's fold takes next.
    pub fn next(&self, partition: Partition) -> u64 {
        self.with(partition, |fold| fold.next())
    }

    /// The epoch whose events count in the partition now.
    pub fn epoch(&self, partition: Partition) -> u32 {
        self.with(partition, |fold| fold.epoch())
    }

    /// The offset at which an epoch ends in the partition, if it is over there.
    pub fn end_of_epoch(&self, partition: Partition, epoch: u32) -> Option<u64> {
        self.with(partition, |fold| fold.end_of_epoch(epoch))
    }

    /// Whether nothing counts any more that is appended to the partition.
    pub fn is_sealed(&self, partition: Partition) -> bool {
        self.with(partition, |fold| fold.is_sealed())
    }

    /// The position of the record that stands, or will stand, at an offset.
    pub fn position(&self, partition: Partition, offset: u64) -> Position {
        let epoch = self.with(partition, |fold| fold.epoch_at(offset));
        Position { epoch, partition, offset }
    }

    /// Digest of the partition's verdicts so far.
    pub fn hash(&self, partition: Partition) -> u128 {
        self.with(partition, |fold| fold.hash())
    }

    /// Below this offset nothing may be decided any more.
    pub fn floor(&self, partition: Partition) -> u64 {
        self.with(partition, |fold| fold.floor())
    }

    pub fn window_len(&self, partition: Partition) -> usize {
        self.with(partition, |fold| fold.window_len())
    }

    /// The verdict that stands for `id`, if the partition's window remembers it.
    pub fn outcome(&self, partition: Partition, id: EventId) -> Option<Outcome> {
        self.with(partition, |fold| fold.outcome(id))
    }

    /// The partition's state at its position.
    pub fn snapshot(&self, partition: Partition) -> Vec<u8> {
        self.snapshot_at(partition).1
    }

    /// The position that the partition's fold takes next, and its state there: of one moment, however
    /// fast it folds on.
    pub fn snapshot_at(&self, partition: Partition) -> (Position, Vec<u8>) {
        let mut bytes = vec![SNAPSHOT_FORMAT];
        let (next, body) = if partition.topic == Topic::Directory {
            // Both locks at once: the names belong to the same position.
            let fold = self.directory.read();
            let names = self.names.read();
            let snapshot = DirectorySnapshot { fold: fold.clone(), names: names.clone() };
            ((fold.epoch(), fold.next()), postcard::to_stdvec(&snapshot))
        } else {
            self.with(partition, |fold| ((fold.epoch(), fold.next()), fold.encode()))
        };
        let (epoch, offset) = next;
        bytes.extend(body.expect("a fold's state has no type that fails to encode"));
        (Position { epoch, partition, offset }, bytes)
    }

    /// Puts a partition to where a snapshot was taken.
    ///
    /// # Errors
    /// [`InvalidSnapshot`]; nothing changed.
    pub fn restore(&self, partition: Partition, snapshot: &[u8]) -> Result<(), InvalidSnapshot> {
        let invalid = |reason: String| InvalidSnapshot { partition, reason };
        let (format, body) = snapshot.split_first().ok_or_else(|| invalid("it is empty".into()))?;
        if *format != SNAPSHOT_FORMAT {
            return Err(invalid(format!("format {format}")));
        }
        if partition.topic != Topic::Directory {
            return self.with_mut(partition, |fold| fold.decode(body)).map_err(invalid);
        }
        let mut snapshot: DirectorySnapshot =
            postcard::from_bytes(body).map_err(|error| invalid(error.to_string()))?;
        snapshot.names.reindex();
        self.directory.write().resume(snapshot.fold).map_err(invalid)?;
        *self.names.write() = snapshot.names;
        Ok(())
    }

    fn with<T>(&self, partition: Partition, read: impl FnOnce(&dyn AnyFold) -> T) -> T {
        let index = usize::from(partition.index);
        match partition.topic {
            Topic::Directory => read(&*self.directory.read()),
            Topic::Channels => read(&*self.channels[index].read()),
            Topic::Users => read(&*self.users[index].read()),
            Topic::Readstate => read(&*self.readstate[index].read()),
            Topic::Presence => panic!("presence is never folded"),
        }
    }

    fn with_mut<T>(&self, partition: Partition, write: impl FnOnce(&mut dyn AnyFold) -> T) -> T {
        let index = usize::from(partition.index);
        match partition.topic {
            Topic::Directory => write(&mut *self.directory.write()),
            Topic::Channels => write(&mut *self.channels[index].write()),
            Topic::Users => write(&mut *self.users[index].write()),
            Topic::Readstate => write(&mut *self.readstate[index].write()),
            Topic::Presence => panic!("presence is never folded"),
        }
    }
}

fn topic<A: Aggregate>(topic: Topic, limits: WindowLimits) -> Vec<RwLock<PartitionFold<A>>> {
    topic.partitions().map(|p| RwLock::new(PartitionFold::with_window(p, limits))).collect()
}

/// What is done with a partition whatever its topic.
trait AnyFold {
    fn apply(&mut self, record: &Record) -> Result<Judged, FoldError>;
    fn next(&self) -> u64;
    fn epoch(&self) -> u32;
    fn epoch_at(&self, offset: u64) -> u32;
    fn end_of_epoch(&self, epoch: u32) -> Option<u64>;
    fn is_sealed(&self) -> bool;
    fn rules(&self) -> u32;
    fn know(&mut self, rules: u32);
    fn hash(&self) -> u128;
    fn floor(&self) -> u64;
    fn window_len(&self) -> usize;
    fn outcome(&self, id: EventId) -> Option<Outcome>;
    fn encode(&self) -> postcard::Result<Vec<u8>>;
    fn decode(&mut self, body: &[u8]) -> Result<(), String>;
}

impl<A: Aggregate> AnyFold for PartitionFold<A> {
    fn apply(&mut self, record: &Record) -> Result<Judged, FoldError> {
        self.apply(record)
    }

    fn next(&self) -> u64 {
        self.next()
    }

    fn epoch(&self) -> u32 {
        self.epoch()
    }

    fn epoch_at(&self, offset: u64) -> u32 {
        self.epoch_at(offset)
    }

    fn end_of_epoch(&self, epoch: u32) -> Option<u64> {
        self.end_of_epoch(epoch)
    }

    fn is_sealed(&self) -> bool {
        self.is_sealed()
    }

    fn rules(&self) -> u32 {
        self.rules()
    }

    fn know(&mut self, rules: u32) {
        *self = self.clone().knowing(rules);
    }

    fn hash(&self) -> u128 {
        self.hash()
    }

    fn floor(&self) -> u64 {
        self.window().floor()
    }

    fn window_len(&self) -> usize {
        self.window().len()
    }

    fn outcome(&self, id: EventId) -> Option<Outcome> {
        self.outcome(id)
    }

    fn encode(&self) -> postcard::Result<Vec<u8>> {
        postcard::to_stdvec(self)
    }

    fn decode(&mut self, body: &[u8]) -> Result<(), String> {
        self.resume(postcard::from_bytes(body).map_err(|error| error.to_string())?)
    }
}
