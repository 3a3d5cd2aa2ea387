//! The segments of one commit, with what a search reads of them held open.
//!
//! Columns never change once written, so they are kept from commit to commit; a reload costs what
//! is new. Each segment is cut into blocks with the earliest and latest time in them, by which a
//! search goes from the newest block to older ones and stops early.

use std::ops::RangeInclusive;
use std::sync::Arc;

use events::{ChannelId, FileId, PostId};
use tantivy::columnar::ColumnValues;
use tantivy::directory::{Directory, META_LOCK};
use tantivy::index::{Index, SegmentReader};
use tantivy::schema::Schema;
use tantivy::{DocId, Segment as IndexSegment, TantivyError};

use crate::positions::Positions;
use crate::schema::{Fields, PostFlags, column, halves, partition_of, whole};
use crate::searcher::Hit;
use crate::writer::committed_positions;

/// Documents of a block.
pub(crate) const BLOCK_DOCS: u32 = 4_096;

type Column<T> = Arc<dyn ColumnValues<T>>;

/// What a search reads per hit.
pub(crate) struct Columns {
    post: [Column<u64>; 2],
    channel: [Column<u64>; 2],
    file: [Column<u64>; 2],
    create_at: Column<i64>,
    partition: Column<u64>,
    offset: Column<u64>,
    flags: Column<u64>,
    digest: Column<u64>,
    /// Times of creation in each block.
    blocks: Vec<RangeInclusive<i64>>,
}

impl Columns {
    fn open(reader: &SegmentReader) -> tantivy::Result<Self> {
        let fast = reader.fast_fields();
        let number = |name| Ok::<_, TantivyError>(fast.u64(name)?.first_or_default_col(0));
        let create_at = fast.i64(column::CREATE_AT)?.first_or_default_col(0);
        let blocks = block_times(create_at.as_ref(), reader.max_doc());
        Ok(Self {
            post: [number(column::POST_HIGH)?, number(column::POST_LOW)?],
            channel: [number(column::CHANNEL_HIGH)?, number(column::CHANNEL_LOW)?],
            file: [number(column::FILE_HIGH)?, number(column::FILE_LOW)?],
            create_at,
            partition: number(column::PARTITION)?,
            offset: number(column::OFFSET)?,
            flags: number(column::FLAGS)?,
            digest: number(column::DIGEST)?,
            blocks,
        })
    }

    pub(crate) fn create_at(&self, doc: DocId) -> i64 {
        self.create_at.get_val(doc)
    }

    pub(crate) fn flags(&self, doc: DocId) -> PostFlags {
        PostFlags(self.flags.get_val(doc))
    }

    pub(crate) fn digest(&self, doc: DocId) -> u64 {
        self.digest.get_val(doc)
    }

    pub(crate) fn post_id(&self, doc: DocId) -> PostId {
        let [high, low] = &self.post;
        PostId::from_bytes(whole(high.get_val(doc), low.get_val(doc)))
    }

    /// The file that the document is, if it is not a post.
    fn file_id(&self, doc: DocId) -> Option<FileId> {
        let [high, low] = &self.file;
        let id = || FileId::from_bytes(whole(high.get_val(doc), low.get_val(doc)));
        self.flags(doc).contains(PostFlags::FILE).then(id)
    }

    pub(crate) fn is_in(&self, doc: DocId, scope: &Scope) -> bool {
        let high = self.channel[0].get_val(doc);
        let from = scope.0.partition_point(|(h, _)| *h < high);
        let alike = scope.0[from..].iter().take_while(|(h, _)| *h == high);
        alike.map(|(_, low)| *low).any(|low| low == self.channel[1].get_val(doc))
    }

    pub(crate) fn hit(&self, doc: DocId) -> Hit {
        let [high, low] = &self.channel;
        Hit {
            post_id: self.post_id(doc),
            file_id: self.file_id(doc),
            channel_id: ChannelId::from_bytes(whole(high.get_val(doc), low.get_val(doc))),
            partition: partition_of(self.partition.get_val(doc)),
            offset: self.offset.get_val(doc),
            create_at: self.create_at(doc),
        }
    }
}

/// Channels to look in, as the columns have them, sorted.
pub(crate) struct Scope(Vec<(u64, u64)>);

impl Scope {
    /// `channels` are sorted.
    pub(crate) fn new(channels: &[ChannelId]) -> Self {
        Self(channels.iter().map(|c| halves(c.as_bytes())).collect())
    }
}

fn block_times(create_at: &dyn ColumnValues<i64>, docs: DocId) -> Vec<RangeInclusive<i64>> {
    let mut times = vec![0; BLOCK_DOCS as usize];
    (0..docs)
        .step_by(BLOCK_DOCS as usize)
        .map(|start| {
            let times = &mut times[..(docs - start).min(BLOCK_DOCS) as usize];
            create_at.get_range(u64::from(start), times);
            let (mut first, mut last) = (i64::MAX, i64::MIN);
            for time in times {
                first = first.min(*time);
                last = last.max(*time);
            }
            first..=last
        })
        .collect()
}

pub(crate) struct Segment {
    pub reader: SegmentReader,
    pub columns: Arc<Columns>,
}

/// A block of a segment.
pub(crate) struct Block {
    pub segment: usize,
    pub docs: std::ops::Range<DocId>,
    pub times: RangeInclusive<i64>,
}

/// Everything that one commit makes findable.
pub(crate) struct Snapshot {
    pub segments: Vec<Segment>,
    /// Newest first, by the latest time in them.
    pub blocks: Vec<Block>,
    pub positions: Positions,
    pub schema: Schema,
}

impl Snapshot {
    /// The newest commit; `None` if it is of another format.
    pub(crate) fn load(
        index: &Index,
        fields: &Fields,
        before: Option<&Self>,
    ) -> tantivy::Result<Option<Self>> {
        // Keeps the writer from removing files that are about to be opened.
        let _files = index
            .directory()
            .acquire_lock(&META_LOCK)
            .map_err(|error| TantivyError::LockFailure(error, None))?;
        // Read first: a commit in between shows more than the positions say, never less.
        let Some(positions) = committed_positions(index)? else { return Ok(None) };
        let segments = index
            .searchable_segments()?
            .iter()
            .map(|segment| open_segment(segment, fields, before))
            .collect::<tantivy::Result<Vec<_>>>()?;
        let blocks = blocks_newest_first(&segments);
        Ok(Some(Self { segments, blocks, positions, schema: index.schema() }))
    }
}

fn open_segment(
    segment: &IndexSegment,
    fields: &Fields,
    before: Option<&Snapshot>,
) -> tantivy::Result<Segment> {
    let known =
        before.and_then(|b| b.segments.iter().find(|s| s.reader.segment_id() == segment.id()));
    if let Some(known) = known
        && known.reader.delete_opstamp() == segment.meta().delete_opstamp()
    {
        return Ok(Segment { reader: known.reader.clone(), columns: known.columns.clone() });
    }
    let reader = SegmentReader::open(segment)?;
    // Opened now rather than by the first search.
    reader.inverted_index(fields.message)?;
    let columns = match known {
        Some(known) => known.columns.clone(),
        None => Arc::new(Columns::open(&reader)?),
    };
    Ok(Segment { reader, columns })
}

fn blocks_newest_first(segments: &[Segment]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (segment, Segment { reader, columns }) in segments.iter().enumerate() {
        for (start, times) in (0..).step_by(BLOCK_DOCS as usize).zip(&columns.blocks) {
            let docs = start..reader.max_doc().min(start + BLOCK_DOCS);
            blocks.push(Block { segment, docs, times: times.clone() });
        }
    }
    blocks.sort_by_key(|b| std::cmp::Reverse(*b.times.end()));
    blocks
}
