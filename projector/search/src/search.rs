//! Running a query: newest block first, until no older block can hold a better hit.
//!
//! A rare word is cheapest asked of a whole segment at once. A frequent one fills a page from the
//! newest blocks, and the millions of older posts that have it are never looked at.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use events::{ChannelId, PostId};
use tantivy::DocId;
use tantivy::query::{EnableScoring, Query, Scorer, Weight};

use crate::compile::{channel_term, compile, has_prefix, within};
use crate::query::{ResolvedQuery, Subject};
use crate::schema::{Fields, PostFlags};
use crate::searcher::Hit;
use crate::segments::{Block, Scope, Segment, Snapshot};

/// Matches of a segment up to which all of them are looked at in one go.
const SWEEP_COST_MAX: u64 = 4_096;
/// Channels up to which their own posts may be the shorter way to the hits.
const NARROW_CHANNELS_MAX: usize = 64;
/// How many times fewer posts the channels must have than the query has matches.
const NARROW_GAIN_MIN: u64 = 8;

/// The newest `limit` hits, newest first.
pub(crate) fn search(
    snapshot: &Snapshot,
    fields: &Fields,
    query: &ResolvedQuery,
    allowed: &[ChannelId],
    limit: usize,
) -> tantivy::Result<Vec<Hit>> {
    let channels = query.scope(allowed);
    let Some(compiled) = compile(query, fields) else { return Ok(Vec::new()) };
    if channels.is_empty() {
        return Ok(Vec::new());
    }
    let mut run = Run::new(snapshot, fields, query, compiled, &channels, limit)?;
    for block in &snapshot.blocks {
        if run.newest.outdates(*block.times.end()) {
            break;
        }
        if run.admits_times_of(block) {
            run.visit(block)?;
        }
    }
    Ok(run.newest.into_hits(snapshot))
}

/// How far a segment has been searched.
enum Progress {
    Untouched,
    /// Block by block; the scorer stands behind the blocks it has been through.
    InBlocks {
        narrow: bool,
        scorer: Option<Box<dyn Scorer>>,
    },
    Done,
}

struct Run<'a> {
    snapshot: &'a Snapshot,
    fields: &'a Fields,
    query: &'a ResolvedQuery,
    compiled: Box<dyn Query>,
    wide: Box<dyn Weight>,
    /// The query within the channels; made when it pays.
    narrow: OnceCell<Box<dyn Weight>>,
    channels: &'a [ChannelId],
    scope: Scope,
    /// Whether segments can only be asked as a whole.
    whole_segments: bool,
    progress: Vec<Progress>,
    newest: Newest,
    /// Matches of the block at hand; kept for its memory.
    matches: Vec<DocId>,
}

impl<'a> Run<'a> {
    fn new(
        snapshot: &'a Snapshot,
        fields: &'a Fields,
        query: &'a ResolvedQuery,
        compiled: Box<dyn Query>,
        channels: &'a [ChannelId],
        limit: usize,
    ) -> tantivy::Result<Self> {
        Ok(Self {
            wide: weight(compiled.as_ref(), snapshot)?,
            narrow: OnceCell::new(),
            scope: Scope::new(channels),
            whole_segments: has_prefix(query),
            progress: snapshot.segments.iter().map(|_| Progress::Untouched).collect(),
            newest: Newest::new(limit),
            matches: Vec::new(),
            snapshot,
            fields,
            query,
            compiled,
            channels,
        })
    }

    fn admits_times_of(&self, block: &Block) -> bool {
        let created = self.query.query.created.as_ref();
        created.is_none_or(|c| c.start <= *block.times.end() && *block.times.start() < c.end)
    }

    /// Takes the hits of a block; of its whole segment, if that is as cheap.
    fn visit(&mut self, block: &Block) -> tantivy::Result<()> {
        if matches!(self.progress[block.segment], Progress::Untouched) {
            self.progress[block.segment] = self.begin(block.segment)?;
        }
        let progress = std::mem::replace(&mut self.progress[block.segment], Progress::Done);
        if let Progress::InBlocks { narrow, scorer } = progress {
            let scorer = self.take_block(block, narrow, scorer)?;
            self.progress[block.segment] = Progress::InBlocks { narrow, scorer: Some(scorer) };
        }
        Ok(())
    }

    /// Looks at a whole segment, or decides to go through its blocks.
    fn begin(&mut self, order: usize) -> tantivy::Result<Progress> {
        let segment = &self.snapshot.segments[order];
        let mut scorer = self.wide.scorer(&segment.reader, 1.0)?;
        let narrow = !self.whole_segments
            && scorer.cost() > SWEEP_COST_MAX
            && self.is_narrow_shorter(segment, scorer.cost())?;
        if narrow {
            scorer = self.narrow()?.scorer(&segment.reader, 1.0)?;
        }
        if self.whole_segments || scorer.cost() <= SWEEP_COST_MAX {
            self.take(order, scorer.as_mut(), segment.reader.max_doc());
            return Ok(Progress::Done);
        }
        Ok(Progress::InBlocks { narrow, scorer: Some(scorer) })
    }

    fn take_block(
        &mut self,
        block: &Block,
        narrow: bool,
        scorer: Option<Box<dyn Scorer>>,
    ) -> tantivy::Result<Box<dyn Scorer>> {
        let segment = &self.snapshot.segments[block.segment];
        // Scorers only go forward; blocks mostly come from the end.
        let mut scorer = match scorer.filter(|s| s.doc() <= block.docs.start) {
            Some(scorer) => scorer,
            None if narrow => self.narrow()?.scorer(&segment.reader, 1.0)?,
            None => self.wide.scorer(&segment.reader, 1.0)?,
        };
        if scorer.doc() < block.docs.start {
            scorer.seek(block.docs.start);
        }
        self.take(block.segment, scorer.as_mut(), block.docs.end);
        Ok(scorer)
    }

    /// Takes the hits of `scorer` below `end`.
    fn take(&mut self, order: usize, scorer: &mut dyn Scorer, end: DocId) {
        self.matches.clear();
        let mut doc = scorer.doc();
        while doc < end {
            self.matches.push(doc);
            doc = scorer.advance();
        }
        let segment = &self.snapshot.segments[order];
        let columns = &segment.columns;
        let alive = segment.reader.alive_bitset();
        let any_flags = self.query.flags == PostFlags::default();
        let files = self.query.subject == Subject::Files;
        // Documents mostly ascend in time: from the end, the first ones outdate the others.
        for &doc in self.matches.iter().rev() {
            let create_at = columns.create_at(doc);
            if !self.newest.outdates(create_at)
                && alive.is_none_or(|alive| alive.is_alive(doc))
                && self.query.admits_time(create_at)
                && columns.flags(doc).contains(PostFlags::FILE) == files
                && (any_flags || columns.flags(doc).contains(self.query.flags))
                && columns.is_in(doc, &self.scope)
            {
                let post_id = columns.post_id(doc);
                self.newest.add(Candidate { create_at, post_id, segment: order, doc });
            }
        }
    }

    /// Whether the channels have far fewer posts in the segment than the query has matches.
    fn is_narrow_shorter(&self, segment: &Segment, cost: u64) -> tantivy::Result<bool> {
        if self.channels.len() > NARROW_CHANNELS_MAX {
            return Ok(false);
        }
        let most = cost / NARROW_GAIN_MIN;
        let index = segment.reader.inverted_index(self.fields.channel)?;
        let mut posts = 0;
        for channel in self.channels {
            posts += u64::from(index.doc_freq(&channel_term(*channel, self.fields))?);
            if posts > most {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn narrow(&self) -> tantivy::Result<&dyn Weight> {
        if self.narrow.get().is_none() {
            let query = within(self.compiled.box_clone(), self.channels, self.fields);
            // Set by nobody else: this is the only place, and it is not shared.
            let _ = self.narrow.set(weight(query.as_ref(), self.snapshot)?);
        }
        Ok(self.narrow.get().map_or(self.wide.as_ref(), AsRef::as_ref))
    }
}

fn weight(query: &dyn Query, snapshot: &Snapshot) -> tantivy::Result<Box<dyn Weight>> {
    query.weight(EnableScoring::disabled_from_schema(&snapshot.schema))
}

/// A hit that may be among the newest; ordered by age, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    create_at: i64,
    post_id: PostId,
    segment: usize,
    doc: DocId,
}

/// The newest hits so far.
struct Newest {
    limit: usize,
    /// The oldest on top.
    heap: BinaryHeap<Reverse<Candidate>>,
}

impl Newest {
    fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new() }
    }

    /// Whether there are enough hits that are newer than this.
    fn outdates(&self, create_at: i64) -> bool {
        self.heap.len() >= self.limit
            && self.heap.peek().is_some_and(|Reverse(oldest)| create_at < oldest.create_at)
    }

    fn add(&mut self, candidate: Candidate) {
        self.heap.push(Reverse(candidate));
        if self.heap.len() > self.limit {
            self.heap.pop();
        }
    }

    fn into_hits(self, snapshot: &Snapshot) -> Vec<Hit> {
        let newest_first = self.heap.into_sorted_vec();
        newest_first
            .into_iter()
            .map(|Reverse(c)| snapshot.segments[c.segment].columns.hit(c.doc))
            .collect()
    }
}
