//! Where history is read from: the log, or the archive beside servers that run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use domain::Verdict;
use event_archive::ObjectStore;
use event_archive::segments::Archive;
use event_log::{LogReader, ReadLimit};
use events::{
    ChannelEvent, ChannelId, DirectoryEvent, Event, Id, Partition, Position, Record, SharedRecord,
    UserId,
};
use fold::{FoldSet, Folded};
use platform::config::Config;
use platform::data_dir::{DataDir, DataDirError};
use sealing::Keys;

use super::moment::{Instant, Moment, Until};
use crate::archive_log::ArchiveLog;
use crate::stopped::{secrets, there};

/// Where history is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadFrom {
    /// The archive: servers may run meanwhile; what was appended in the last minute may be missing.
    Archive,
    /// The log of a stopped server.
    Log,
}

/// History, as it is stored, with the keys to what is personal in it.
pub(crate) struct Source {
    pub log: Arc<dyn LogReader>,
    pub keys: Keys,
    pub from: ReadFrom,
    pub archive: Archive,
    pub objects: Arc<dyn ObjectStore>,
    ends: BTreeMap<Partition, u64>,
    /// Nothing of theirs is opened, though their keys may be there for another moment.
    erased: BTreeSet<UserId>,
    /// When the newest record was appended.
    newest: Instant,
    /// Held, so that no server starts meanwhile.
    _data: Option<DataDir>,
}

/// A record that was judged, and what is personal in it opened where it still can be.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// As it is stored.
    pub sealed: SharedRecord,
    pub opened: Folded,
}

impl Entry {
    /// The assigned time; that of the append where the event has no effect.
    pub fn at(&self) -> i64 {
        at(&self.opened)
    }
}

/// As [`Entry::at`].
pub(crate) fn at(folded: &Folded) -> i64 {
    let appended_ms = || match &folded.decoded {
        Some((meta, _)) => meta.first_appended_ms(&folded.record),
        None => folded.record.appended_ms,
    };
    folded.verdict.applied().map_or_else(appended_ms, |applied| applied.at)
}

impl Source {
    /// Opens what `from` says; if it does not, the log where no server holds it, else the archive. Says
    /// on standard error which it is and how far it goes.
    ///
    /// # Errors
    /// What kept it from being opened; there is nothing in it.
    pub async fn open(config: &Config, from: Option<ReadFrom>) -> Result<Self> {
        let data = there(config)?;
        let secrets = secrets(config, data)?;
        let held = match from {
            Some(ReadFrom::Archive) => None,
            Some(ReadFrom::Log) => Some(DataDir::open(data)?),
            None => match DataDir::open(data) {
                Err(DataDirError::InUse { .. } | DataDirError::Joined { .. }) => None,
                held => Some(held?),
            },
        };
        let keys = Keys::new(Arc::new(process::open_key_store(config, data).await?));
        let objects = process::open_objects(config, data).await?;
        let archive = process::open_archive(config, data, &secrets).await?;
        let log: Arc<dyn LogReader> = match held {
            Some(_) => process::open_log(config, data).await?,
            None => Arc::new(ArchiveLog::new(archive.clone())),
        };
        let from = if held.is_some() { ReadFrom::Log } else { ReadFrom::Archive };
        let source = Self::of(log, keys, from, archive, objects).await?;
        source.tell();
        Ok(Self { _data: held, ..source })
    }

    /// The archive, if anything is in it.
    ///
    /// # Errors
    /// What kept it from being opened.
    pub async fn open_archived(config: &Config) -> Result<Option<Self>> {
        let data = there(config)?;
        let archive = process::open_archive(config, data, &secrets(config, data)?).await?;
        let ends = crate::archive_log::ends(&archive).await?;
        if ends.iter().all(|(_, end)| *end == 0) {
            return Ok(None);
        }
        Ok(Some(Self::open(config, Some(ReadFrom::Archive)).await?))
    }

    /// History in `log`.
    ///
    /// # Errors
    /// The log cannot be read, or holds nothing.
    pub async fn of(
        log: Arc<dyn LogReader>,
        keys: Keys,
        from: ReadFrom,
        archive: Archive,
        objects: Arc<dyn ObjectStore>,
    ) -> Result<Self> {
        let partitions: Vec<Partition> = Partition::durable().collect();
        let ends = log.ends(&partitions).await?;
        let ends: BTreeMap<_, _> = partitions.into_iter().zip(ends).collect();
        let mut newest = None;
        for (partition, end) in ends.iter().filter(|(_, end)| **end > 0) {
            let last = log.read(*partition, end - 1, ReadLimit::default()).await?;
            newest = newest.max(last.last().map(|record| record.appended_ms));
        }
        let newest = Instant(newest.context("there is no record in it")?);
        let erased = BTreeSet::new();
        let mut source =
            Self { log, keys, from, archive, objects, ends, erased, newest, _data: None };
        source.erased = source.read_erased().await?;
        Ok(source)
    }

    async fn read_erased(&self) -> Result<BTreeSet<UserId>> {
        let mut erased = BTreeSet::new();
        let person = |folded: &Folded| match folded.applied() {
            Some((_, Event::Directory(DirectoryEvent::UserErased(b)), _)) => Some(b.c.user_id),
            _ => None,
        };
        let wanted = |folded: &Folded| person(folded).is_some();
        let each = |entry: Entry| erased.extend(person(&entry.opened));
        self.walk(Partition::DIRECTORY, Until::END, wanted, each).await?;
        Ok(erased)
    }

    fn tell(&self) {
        let records: u64 = self.ends.values().sum();
        let name = self.name();
        // Nobody may read it, and it is no result.
        let _ = writeln!(
            std::io::stderr(),
            "read from the {name}: {records} records, the newest appended {} UTC",
            self.newest
        );
    }

    fn name(&self) -> &'static str {
        match self.from {
            ReadFrom::Archive => "archive",
            ReadFrom::Log => "log",
        }
    }

    /// Where each durable partition ends.
    pub fn ends(&self) -> &BTreeMap<Partition, u64> {
        &self.ends
    }

    pub fn newest(&self) -> Instant {
        self.newest
    }

    /// Up to where history counts that is asked for at `moment`, the end if there is none.
    ///
    /// # Errors
    /// It lies beyond what there is: what happened then is not known here.
    pub async fn until(&self, moment: Option<Moment>) -> Result<Until> {
        match moment {
            None => Ok(Until::END),
            Some(Moment::At(at)) => {
                let known_to = match self.from {
                    ReadFrom::Archive => self.newest,
                    ReadFrom::Log => self.newest.max(Instant(platform::clock::now_ms())),
                };
                ensure!(
                    at <= known_to,
                    "{at} lies beyond the {}, which ends at {known_to} UTC",
                    self.name()
                );
                Ok(Until::at(at))
            }
            Some(Moment::Behind(position)) => self.behind(position).await,
        }
    }

    async fn behind(&self, position: Position) -> Result<Until> {
        let end = self.ends.get(&position.partition).copied();
        let Some(end) = end else { bail!("{} is not kept", position.partition) };
        ensure!(
            position.offset < end,
            "{position} lies beyond the {}: {} ends before offset {end}",
            self.name(),
            position.partition,
        );
        let mut found = None;
        let only = Until { at: Instant(i64::MIN), position: Some(position) };
        let wanted = |folded: &Folded| folded.record.offset == position.offset;
        self.walk(position.partition, only, wanted, |entry| found = Some(entry.at())).await?;
        let at = found.with_context(|| format!("there is no record at {position}"))?;
        Ok(Until { at: Instant(at), position: Some(position) })
    }

    /// Folds a partition from its beginning and hands out the records that count and are wanted, in
    /// order. `wanted` sees them sealed, so that no key is asked for what nobody wants.
    ///
    /// # Errors
    /// The log cannot be read or judged, or a key cannot be had now.
    pub async fn walk(
        &self,
        partition: Partition,
        until: Until,
        wanted: impl Fn(&Folded) -> bool,
        mut each: impl FnMut(Entry),
    ) -> Result<()> {
        self.search(partition, until, wanted, |entry| {
            each(entry);
            ControlFlow::Continue(())
        })
        .await
    }

    /// The same, until `each` has enough.
    ///
    /// # Errors
    /// As [`walk`](Self::walk).
    pub async fn search(
        &self,
        partition: Partition,
        until: Until,
        wanted: impl Fn(&Folded) -> bool,
        mut each: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<()> {
        let end = self.ends.get(&partition).copied().unwrap_or(0);
        let set = FoldSet::new();
        while set.next(partition) < end && !passed(until, partition, set.next(partition)) {
            let next = set.next(partition);
            let page = self.log.read(partition, next, ReadLimit::default()).await?;
            ensure!(!page.is_empty(), "{partition} ends at offset {next}, not {end}");
            let mut folded = Vec::new();
            for record in page.into_iter().take_while(|record| record.offset < end) {
                let sealed = set.apply(record)?;
                let counts = until.includes(partition, sealed.record.offset, at(&sealed));
                if counts && wanted(&sealed) {
                    folded.push(sealed);
                }
            }
            for entry in self.opened(folded).await? {
                if each(entry).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn is_of_erased(&self, folded: &Folded) -> bool {
        let owner = folded.decoded.as_ref().and_then(|(_, event)| event.owner());
        owner.is_some_and(|owner| self.erased.contains(&owner.person()))
    }

    async fn opened(&self, sealed: Vec<Folded>) -> Result<Vec<Entry>> {
        // A half that stays sealed reads as erased.
        let (kept, records): (Vec<_>, Vec<_>) = sealed
            .iter()
            .map(|folded| (self.is_of_erased(folded), Arc::clone(&folded.record)))
            .unzip();
        let to_open = records.iter().zip(&kept).filter(|(_, kept)| !**kept);
        let to_open = to_open.map(|(record, _)| Arc::clone(record)).collect();
        let mut opened = self.keys.opened(to_open).await?.into_iter();
        let opened = records.into_iter().zip(kept).map(|(record, kept)| {
            let other = if kept { None } else { opened.next() };
            other.unwrap_or_else(|| blank(&record))
        });
        let entries = sealed.into_iter().zip(opened).map(|(folded, record)| {
            let Folded { record: sealed, epoch, decoded, verdict } = folded;
            // Judged once already: what is no event stays none.
            let decoded = decoded.and_then(|_| events::decode(&record).ok());
            Entry { sealed, opened: Folded { record, epoch, decoded, verdict } }
        });
        Ok(entries.collect())
    }
}

/// The record without its sealed half, as it is read once the key is destroyed.
fn blank(record: &SharedRecord) -> SharedRecord {
    if events::sealed(&record.body).is_none() {
        return Arc::clone(record);
    }
    Arc::new(Record { body: events::opened(&record.body, None), ..Record::clone(record) })
}

/// Whether nothing that counts stands at `next` or behind it.
fn passed(until: Until, partition: Partition, next: u64) -> bool {
    until.position.is_some_and(|last| last.partition == partition && next > last.offset)
}

/// Whether a record has an effect.
pub(crate) fn is_applied(folded: &Folded) -> bool {
    matches!(folded.verdict, Verdict::Applied(_))
}

/// The event of a channel, if it is one.
pub(crate) fn channel_event(folded: &Folded) -> Option<(ChannelId, &ChannelEvent)> {
    match folded.decoded.as_ref()? {
        (meta, Event::Channels(event)) => Some((ChannelId(meta.subject), event)),
        _ => None,
    }
}

/// Who became a member by it.
pub(crate) fn joined(entry: &Entry) -> Vec<UserId> {
    let applied = entry.opened.verdict.applied();
    let members = applied.into_iter().flat_map(|applied| &applied.members);
    members.filter(|member| member.base.is_some()).map(|member| member.user_id).collect()
}

/// Whether the clear half names `id`. Personal halves are sealed here: no words of anybody can match.
pub(crate) fn names_id(folded: &Folded, id: Id) -> bool {
    memchr::memmem::find(&folded.record.body, id.to_string().as_bytes()).is_some()
}
