//! Searches an index, in the writer's process or another one.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use events::{ChannelId, FileId, Partition, PostId};
use parking_lot::Mutex;
use tantivy::TantivyError;
use tantivy::index::Index;
use xxhash_rust::xxh3::Xxh3;

use crate::positions::Positions;
use crate::query::ResolvedQuery;
use crate::schema::{Fields, PostFlags, schema};
use crate::search::search;
use crate::segments::{Segment, Snapshot};

/// Hits, counted from the newest, up to which can be paged.
pub const HITS_MAX: usize = 10_000;

/// A post that matches, or a file of one. The index may be behind the rights in force: whoever shows it checks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub post_id: PostId,
    /// The file, where files are searched for.
    pub file_id: Option<FileId>,
    pub channel_id: ChannelId,
    /// Where the record of its `post.created` stands.
    pub partition: Partition,
    pub offset: u64,
    pub create_at: i64,
}

/// What an index contains, as a number: equal for equal posts and files, whatever their order and segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// Their files counted too.
    pub posts: u64,
    pub sum: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("open the search index: its writer has not made it yet")]
    Missing,
    #[error("open the search index: it is of another format until its writer has started")]
    OtherFormat,
    #[error("open the search index")]
    Index(#[from] TantivyError),
}

#[derive(Debug, thiserror::Error)]
#[error("search the index")]
pub struct SearchError(#[from] TantivyError);

/// Cheap to clone; all clones see the same commit.
#[derive(Clone)]
pub struct Searcher(Arc<Inner>);

struct Inner {
    index: Index,
    fields: Fields,
    current: ArcSwap<Snapshot>,
    reloading: Mutex<()>,
}

impl Searcher {
    /// Opens the index in `directory` to read it only; its writer may be another process.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        if !directory.join("meta.json").exists() {
            return Err(OpenError::Missing);
        }
        Self::of(Index::open_in_dir(directory)?)
    }

    pub(crate) fn of(index: Index) -> Result<Self, OpenError> {
        let fields = schema().1;
        let current = Snapshot::load(&index, &fields, None)?.ok_or(OpenError::OtherFormat)?;
        let current = ArcSwap::from_pointee(current);
        Ok(Self(Arc::new(Inner { index, fields, current, reloading: Mutex::new(()) })))
    }

    /// Shows the newest commit from now on, to all clones. Searches under way finish on theirs.
    pub fn reload(&self) -> Result<(), OpenError> {
        let Inner { index, fields, current, reloading } = &*self.0;
        let _one_at_a_time = reloading.lock();
        let newest = Snapshot::load(index, fields, Some(&current.load()))?;
        current.store(Arc::new(newest.ok_or(OpenError::OtherFormat)?));
        Ok(())
    }

    /// Where the shown commit stands.
    pub fn positions(&self) -> Positions {
        self.0.current.load().positions.clone()
    }

    /// A page of the matching posts, or files, of the `allowed` channels, newest first. Beyond [`HITS_MAX`]
    /// there are no pages.
    pub fn search(
        &self,
        query: &ResolvedQuery,
        allowed: &[ChannelId],
        page: usize,
        per_page: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let skip = page.saturating_mul(per_page);
        let limit = skip.saturating_add(per_page).min(HITS_MAX);
        if skip >= limit {
            return Ok(Vec::new());
        }
        let snapshot = self.0.current.load();
        let mut hits = search(&snapshot, &self.0.fields, query, allowed, limit)?;
        hits.drain(..skip.min(hits.len()));
        Ok(hits)
    }

    /// Posts that can be found; a column of every document is read for it.
    pub fn post_count(&self) -> u64 {
        let snapshot = self.0.current.load();
        let posts = |segment: &Segment| {
            let alive = segment.reader.doc_ids_alive();
            alive.filter(|doc| !segment.columns.flags(*doc).contains(PostFlags::FILE)).count()
                as u64
        };
        snapshot.segments.iter().map(posts).sum()
    }

    /// Reads every post's columns: to compare a rebuilt index with the one it replaces.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint { posts: 0, sum: 0 };
        for segment in &self.0.current.load().segments {
            for doc in segment.reader.doc_ids_alive() {
                let hit = segment.columns.hit(doc);
                let mut hash = Xxh3::new();
                hash.update(hit.post_id.as_bytes());
                hash.update(hit.channel_id.as_bytes());
                hash.update(&hit.create_at.to_le_bytes());
                hash.update(&hit.partition.index.to_le_bytes());
                hash.update(&hit.offset.to_le_bytes());
                hash.update(&segment.columns.flags(doc).0.to_le_bytes());
                hash.update(&segment.columns.digest(doc).to_le_bytes());
                fingerprint.posts += 1;
                fingerprint.sum = fingerprint.sum.wrapping_add(hash.digest());
            }
        }
        fingerprint
    }
}
