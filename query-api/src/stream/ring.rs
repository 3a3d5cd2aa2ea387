//! What was folded lately, once for all streams of a process. Each reads it at its own pace and holds
//! nothing but its place: a slow reader costs nobody else anything.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use events::Partition;
use fold::{Fold, FoldSet, Folded, Subscription, SubscriptionError};
use parking_lot::RwLock;
use tokio::sync::watch;

use super::cursor::Cursor;
use super::entry::Entry;

/// How much a ring holds. Whichever bound is met first evicts the oldest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub records_max: usize,
    pub bytes_max: usize,
}

/// Public events in the order in which they were folded.
#[derive(Debug)]
pub(super) struct Ring {
    bounds: Bounds,
    held: RwLock<Held>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Held {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// Number of the first entry, in the order of all that were ever held.
    first: u64,
    spans: BTreeMap<Partition, Span>,
}

/// Offsets of a partition whose public events are all held.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: u64,
    next: u64,
}

/// Where a stream is in the ring: the number of the entry that it reads next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

/// What a stream finds at its place.
#[derive(Debug)]
pub(super) enum Read {
    /// These, and its place behind them.
    Entries(Vec<Arc<Entry>>, Place),
    /// Nothing yet.
    End,
    /// It was too slow: what it would read next is no longer held.
    Gone,
}

impl Ring {
    /// Holds what is folded from now on.
    pub fn begin(bounds: Bounds, fold: &FoldSet) -> Self {
        let held = Held { spans: ends(fold), ..Held::default() };
        Self { bounds, held: RwLock::new(held), changed: watch::Sender::new(()) }
    }

    /// Marks each change of the ring.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Forgets everything, and begins again.
    fn begin_again(&self, fold: &FoldSet) {
        let mut held = self.held.write();
        // One that nobody gets: whoever stands at the end has missed something, too.
        held.first += held.entries.len() as u64 + 1;
        held.entries.clear();
        held.bytes = 0;
        held.spans = ends(fold);
        drop(held);
        self.changed.send_replace(());
    }

    pub fn take_in(&self, batch: &[Arc<Folded>]) {
        let mut held = self.held.write();
        for folded in batch {
            let (partition, offset) = (folded.record.partition, folded.record.offset);
            let Some(span) = held.spans.get_mut(&partition) else { continue };
            if offset < span.next {
                continue;
            }
            span.next = offset + 1;
            if let Some(entry) = Entry::of(folded) {
                held.bytes += entry.weight();
                held.entries.push_back(Arc::new(entry));
            }
        }
        held.evict(self.bounds);
        drop(held);
        self.changed.send_replace(());
    }

    /// A place from which nothing is missing behind `cursor`.
    ///
    /// # Errors
    /// A partition of which something is, and the offset from which on everything is held.
    pub fn join(&self, cursor: &Cursor) -> Result<Place, (Partition, u64)> {
        let held = self.held.read();
        let missing = |(partition, next): (Partition, u64)| {
            let span = held.spans.get(&partition)?;
            (next < span.from).then_some((partition, span.from))
        };
        cursor.iter().find_map(missing).map_or(Ok(Place(held.first)), Err)
    }

    /// At most `max` entries from `place` on. At the end the cursor moves over what is not public.
    pub fn read(&self, place: Place, max: usize, cursor: &mut Cursor) -> Read {
        let held = self.held.read();
        let Some(at) = place.0.checked_sub(held.first) else { return Read::Gone };
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(held.entries.len());
        let found: Vec<_> = held.entries.range(at..).take(max).cloned().collect();
        if found.is_empty() {
            held.spans.iter().for_each(|(partition, span)| cursor.advance(*partition, span.next));
            return Read::End;
        }
        let behind = Place(place.0 + found.len() as u64);
        Read::Entries(found, behind)
    }
}

impl Held {
    fn evict(&mut self, bounds: Bounds) {
        while self.entries.len() > bounds.records_max || self.bytes > bounds.bytes_max {
            let Some(entry) = self.entries.pop_front() else { return };
            self.first += 1;
            self.bytes -= entry.weight();
            if let Some(span) = self.spans.get_mut(&entry.partition()) {
                span.from = entry.offset() + 1;
            }
        }
    }
}

/// Nothing is held yet of what stands behind the fold.
fn ends(fold: &FoldSet) -> BTreeMap<Partition, Span> {
    let span = |partition| {
        let next = fold.next(partition);
        (partition, Span { from: next, next })
    };
    Partition::durable().map(span).collect()
}

/// Fills the ring until the fold ends.
pub(super) async fn feed(ring: Arc<Ring>, fold: Fold, mut folded: Subscription) {
    loop {
        match folded.next().await {
            Ok(batch) => ring.take_in(&batch),
            Err(SubscriptionError::Lagged(batches)) => {
                tracing::warn!(
                    batches,
                    "the streams of events fell behind the fold; all read the log"
                );
                ring.begin_again(&fold);
            }
            Err(SubscriptionError::Stopped) => return,
        }
    }
}
