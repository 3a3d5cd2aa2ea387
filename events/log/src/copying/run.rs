//! One copy: look at what is there, write the rest, read it back.

use events::{Partition, SharedRecord};
use futures::stream::{self, StreamExt, TryStreamExt};
use parking_lot::Mutex;

use super::{CopyError, CopyTarget};
use crate::port::{LogReader, ReadError, ReadLimit};

/// Partitions at once: while one waits for the target, another is read. Not more than the adapters keep
/// readers for.
const AT_ONCE: usize = 4;

/// How far a copy is: records that are known to be the same in both logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub records: u64,
    pub of: u64,
}

/// What a copy came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Records of the log.
    pub records: u64,
    /// Those that were not there before.
    pub written: u64,
}

/// Refuses a source of which there would be nothing to copy, before a target is made for it.
///
/// # Errors
/// [`CopyError::Empty`], or that the source cannot be read.
pub async fn require_records(source: &dyn LogReader) -> Result<(), CopyError> {
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends = source.ends(&partitions).await.map_err(CopyError::Source)?;
    if ends.iter().all(|end| *end == 0) { Err(CopyError::Empty) } else { Ok(()) }
}

/// Makes `target` the same log as `source`, whose writers have ended. What the target holds already must
/// be how the source begins: so a copy that was cut short is simply made again. `told` hears of the
/// progress.
///
/// # Errors
/// [`CopyError`]; a target that does not fit is left as it is.
pub async fn copy(
    source: &dyn LogReader,
    target: &dyn CopyTarget,
    told: impl FnMut(Progress) + Send,
) -> Result<Copied, CopyError> {
    require_records(source).await?;
    let spans = spans(source, target.reader()).await?;
    let records = spans.iter().map(|span| span.end).sum();
    let written = spans.iter().map(|span| span.end - span.held).sum();
    let progress = Progress { records: 0, of: records };
    let copy = Copy { source, target, told: Mutex::new((progress, told)) };
    copy.each(&spans, |span| Part { span, write: false }).await?;
    if written > 0 {
        target.begin().await?;
        copy.each(&spans, |span| Part { span, write: true }).await?;
    }
    for (log, reader) in [("target", target.reader()), ("source", source)] {
        not_grown(log, reader, &spans).await?;
    }
    target.finish().await?;
    Ok(Copied { records, written })
}

/// Refuses a target that is not how the source begins, before anything is done that rests on the copy.
///
/// # Errors
/// As [`copy`].
pub async fn require_fits(
    source: &dyn LogReader,
    target: &dyn CopyTarget,
) -> Result<(), CopyError> {
    let spans = spans(source, target.reader()).await?;
    let told = Mutex::new((Progress { records: 0, of: 0 }, |_: Progress| {}));
    Copy { source, target, told }.each(&spans, |span| Part { span, write: false }).await
}

/// A partition with where it ends in the target and in the source.
#[derive(Debug, Clone, Copy)]
struct Span {
    partition: Partition,
    held: u64,
    end: u64,
}

async fn spans(source: &dyn LogReader, target: &dyn LogReader) -> Result<Vec<Span>, CopyError> {
    let partitions: Vec<Partition> = Partition::durable().collect();
    let ends = source.ends(&partitions).await.map_err(CopyError::Source)?;
    let held = target.ends(&partitions).await.map_err(CopyError::Read)?;
    let spans: Vec<_> = partitions
        .into_iter()
        .zip(held.into_iter().zip(ends))
        .map(|(partition, (held, end))| Span { partition, held, end })
        .collect();
    match spans.iter().find(|span| span.held > span.end) {
        Some(&Span { partition, held, end }) => {
            Err(CopyError::Ahead { partition, target: held, source_end: end })
        }
        None => Ok(spans),
    }
}

async fn not_grown(
    log: &'static str,
    reader: &dyn LogReader,
    spans: &[Span],
) -> Result<(), CopyError> {
    let partitions: Vec<_> = spans.iter().map(|span| span.partition).collect();
    let ends = reader.ends(&partitions).await.map_err(|error| failed(log, error))?;
    match spans.iter().zip(ends).find(|(span, end)| span.end != *end) {
        Some((span, _)) => Err(CopyError::Grown { log, partition: span.partition }),
        None => Ok(()),
    }
}

/// What is done with a span: what the target holds is compared, or the rest is written.
#[derive(Debug, Clone, Copy)]
struct Part {
    span: Span,
    write: bool,
}

struct Copy<'c, F> {
    source: &'c dyn LogReader,
    target: &'c dyn CopyTarget,
    told: Mutex<(Progress, F)>,
}

impl<F: FnMut(Progress) + Send> Copy<'_, F> {
    async fn each(&self, spans: &[Span], part: fn(Span) -> Part) -> Result<(), CopyError> {
        let parts = stream::iter(spans.iter().map(|span| self.pass(part(*span))));
        parts.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Goes through a part; what it passes is the same in both logs.
    async fn pass(&self, Part { span, write }: Part) -> Result<(), CopyError> {
        let Span { partition, held, end } = span;
        let (mut next, to) = if write { (held, end) } else { (0, held) };
        while next < to {
            let read = self.source.read(partition, next, ReadLimit::default()).await;
            let mut records = read.map_err(|error| failed("source", error))?;
            records.retain(|record| record.offset < to);
            if write {
                self.target.put(records.clone()).await?;
            }
            self.compare(&records).await?;
            next += records.len() as u64;
            self.tell(records.len() as u64);
        }
        Ok(())
    }

    /// Whether the target holds these records.
    async fn compare(&self, mut records: &[SharedRecord]) -> Result<(), CopyError> {
        while let Some(first) = records.first() {
            let limit = ReadLimit { records_max: records.len(), ..ReadLimit::default() };
            let read = self.target.reader().read(first.partition, first.offset, limit).await;
            let found = read.map_err(|error| failed("target", error))?;
            let same = records.iter().zip(&found).take_while(|(one, other)| one == other).count();
            if same < found.len() || found.is_empty() {
                let offset = first.offset + same as u64;
                return Err(CopyError::Differs { partition: first.partition, offset });
            }
            records = &records[same..];
        }
        Ok(())
    }

    fn tell(&self, records: u64) {
        let (progress, told) = &mut *self.told.lock();
        progress.records += records;
        told(*progress);
    }
}

fn failed(log: &'static str, error: ReadError) -> CopyError {
    match error {
        ReadError::OutOfRange { partition, from, first, .. } if from < first => {
            CopyError::BeginningGone { log, partition, first }
        }
        error if log == "source" => CopyError::Source(error),
        error => CopyError::Read(error),
    }
}
