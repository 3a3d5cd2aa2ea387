//! The one writer of an index.

use std::fs;
use std::io;
use std::path::Path;

use events::{ChannelId, PostId, UserId};
use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory, RamDirectory};
use tantivy::index::{Index, IndexSettings};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, NoMergePolicy};
use tantivy::store::Compressor;
use tantivy::{IndexWriter, TantivyError};

use crate::positions::{Positions, from_payload, to_payload};
use crate::schema::{Fields, IndexedPost, register_tokenizer, schema};
use crate::searcher::{OpenError, Searcher};
use crate::segments::Snapshot;

/// Segments of this size are not merged further: many middle-sized ones let a search stop at the
/// newest, and no merge takes long.
const MERGE_DOCS_MAX: usize = 1_000_000;
/// Deleted posts leave the disk when they are this share of a segment.
const DELETED_SHARE_MAX: f32 = 0.2;

/// Commits after an erasure that look for what still holds it. A segment takes less than that to merge.
const REWRITES: u8 = 20;

/// A change of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexChange {
    /// A post that the index does not have.
    Add(IndexedPost),
    /// A post as it is now, in place of what the index has of it.
    Put(IndexedPost),
    /// A post, but not its replies.
    DeletePost(PostId),
    /// A root and all its replies.
    DeleteThread(PostId),
    /// All that somebody said in a channel. It leaves the disk with the next commit, not when so much was
    /// deleted that it is worth it.
    EraseAuthor { channel_id: ChannelId, author_id: UserId },
    /// All that was said in a channel before a time, and the files of before another, but of some people. It
    /// leaves the disk likewise.
    Expire { channel_id: ChannelId, before: i64, files_before: i64, kept_authors: Vec<UserId> },
}

/// How much the writer may use.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    pub threads: usize,
    pub memory_bytes_per_thread: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { threads: 1, memory_bytes_per_thread: 64 << 20 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    #[error("open the search index: another process writes it")]
    InUse,
    #[error("prepare the directory of the search index")]
    Directory(#[source] io::Error),
    #[error("write the search index")]
    Index(#[source] TantivyError),
}

impl From<TantivyError> for WriterError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::InUse,
            other => Self::Index(other),
        }
    }
}

/// Applies changes and commits them together with the positions they came from. After an error it
/// is of no more use: open it again, and go on from the positions that were committed.
pub struct SearchWriter {
    writer: IndexWriter,
    fields: Fields,
    index: Index,
    positions: Positions,
    /// For how many commits segments with deletions are written anew, because something was erased.
    rewrites: u8,
    /// Segments may be merged now.
    merges: bool,
}

impl SearchWriter {
    /// Opens the index in `directory`, which is this index's alone; an index that is missing, of
    /// another format or unreadable starts empty.
    pub fn open(directory: &Path, options: WriterOptions) -> Result<Self, WriterError> {
        fs::create_dir_all(directory).map_err(WriterError::Directory)?;
        if let Some((index, positions)) = existing(directory)? {
            return Self::start(index, positions, options);
        }
        clear(directory)?;
        let directory = MmapDirectory::open(directory).map_err(TantivyError::from)?;
        Self::start(create(directory)?, Positions::default(), options)
    }

    /// An index that lives as long as it is open: for tests and simulations.
    pub fn in_memory() -> Result<Self, WriterError> {
        let options = WriterOptions { memory_bytes_per_thread: 15 << 20, ..Default::default() };
        Self::start(create(RamDirectory::create())?, Positions::default(), options)
    }

    fn start(
        index: Index,
        positions: Positions,
        options: WriterOptions,
    ) -> Result<Self, WriterError> {
        register_tokenizer(&index);
        let options = IndexWriterOptions::builder()
            .num_worker_threads(options.threads)
            .memory_budget_per_thread(options.memory_bytes_per_thread)
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options)?;
        let mut started =
            Self { writer, fields: schema().1, index, positions, rewrites: 0, merges: true };
        started.merge();
        Ok(started)
    }

    /// Merges segments from now on, as a writer does that was just opened.
    pub fn merge(&mut self) {
        let mut policy = LogMergePolicy::default();
        policy.set_max_docs_before_merge(MERGE_DOCS_MAX);
        policy.set_del_docs_ratio_before_merge(DELETED_SHARE_MAX);
        self.writer.set_merge_policy(Box::new(policy));
        self.merges = true;
    }

    /// Waits for merges, and goes on without any, so that it can be closed in no time. `directory` and
    /// `options` are those that it was opened with; what is not committed is lost.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn without_merges(
        self,
        directory: &Path,
        options: WriterOptions,
    ) -> Result<Self, WriterError> {
        let rewrites = self.rewrites;
        self.close()?;
        let opened = Self::open(directory, options)?;
        opened.writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self { rewrites, merges: false, ..opened })
    }

    /// Has the next commits write anew what holds deletions: an erasure may have been among them when the
    /// index was closed.
    pub fn rewrite(&mut self) {
        self.rewrites = REWRITES;
    }

    /// Where the last commit stands.
    pub fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Takes changes in; they are found after the next [`commit`](Self::commit). Blocks while the
    /// indexing thread is behind.
    pub fn apply(&mut self, changes: &[IndexChange]) -> Result<(), WriterError> {
        for change in changes {
            match change {
                IndexChange::Add(post) => {
                    self.add(post)?;
                }
                IndexChange::Put(post) => {
                    self.writer.delete_term(self.fields.post_term(post.post_id));
                    self.add(post)?;
                }
                IndexChange::DeletePost(id) => {
                    self.writer.delete_term(self.fields.post_term(*id));
                }
                IndexChange::DeleteThread(root) => {
                    self.writer.delete_term(self.fields.post_term(*root));
                    self.writer.delete_term(self.fields.root_term(*root));
                }
                IndexChange::EraseAuthor { channel_id, author_id } => {
                    let said = self.fields.said_by(*channel_id, *author_id);
                    self.writer.delete_query(said)?;
                    self.rewrites = REWRITES;
                }
                IndexChange::Expire { channel_id, before, files_before, kept_authors } => {
                    let files = self.fields.files_before(*channel_id, *files_before, kept_authors);
                    self.writer.delete_query(files)?;
                    let past = self.fields.said_before(*channel_id, *before, kept_authors);
                    self.writer.delete_query(past)?;
                    self.rewrites = REWRITES;
                }
            }
        }
        Ok(())
    }

    fn add(&self, post: &IndexedPost) -> Result<(), WriterError> {
        for document in self.fields.documents(post) {
            self.writer.add_document(document)?;
        }
        Ok(())
    }

    /// Makes everything applied durable together with `positions`. Blocks for tens of milliseconds.
    pub fn commit(&mut self, positions: &Positions) -> Result<(), WriterError> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&to_payload(positions));
        prepared.commit()?;
        self.positions = positions.clone();
        if self.rewrites > 0 && self.merges {
            self.rewrite_segments_with_deletions()?;
        }
        Ok(())
    }

    /// Writes anew, each by itself, the segments that hold what was deleted; the merging thread does it
    /// beside the work, and the old files go. One that is being merged already is refused, and what comes
    /// of it holds the same: the next commits look again.
    fn rewrite_segments_with_deletions(&mut self) -> Result<(), WriterError> {
        let segments = self.index.searchable_segment_metas()?;
        let holding: Vec<_> = segments.iter().filter(|s| s.num_deleted_docs() > 0).collect();
        self.rewrites = if holding.is_empty() { 0 } else { self.rewrites - 1 };
        for segment in holding {
            drop(self.writer.merge(&[segment.id()]));
        }
        Ok(())
    }

    /// A searcher of this index; [`Searcher::reload`] shows it later commits.
    pub fn searcher(&self) -> Result<Searcher, OpenError> {
        Searcher::of(self.index.clone())
    }

    /// Waits for merges, then closes. What is not committed is lost.
    pub fn close(self) -> Result<(), WriterError> {
        Ok(self.writer.wait_merging_threads()?)
    }
}

/// The index in `directory`, if it is one that can go on. A disk that cannot be read is an error: an
/// index is not thrown away for it.
fn existing(directory: &Path) -> Result<Option<(Index, Positions)>, WriterError> {
    let opened = Index::open_in_dir(directory).and_then(|index| {
        let snapshot = Snapshot::load(&index, &schema().1, None)?;
        Ok(snapshot.map(|s| (index, s.positions)))
    });
    match opened {
        Ok(found) => Ok(found),
        Err(error) if is_of_disk(&error) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

fn is_of_disk(error: &TantivyError) -> bool {
    matches!(
        error,
        TantivyError::IoError(_)
            | TantivyError::LockFailure(..)
            | TantivyError::OpenDirectoryError(_)
            | TantivyError::OpenReadError(OpenReadError::IoError { .. })
            | TantivyError::SystemError(_)
    )
}

/// The positions of the newest commit; `None` if the index is of another format.
pub(crate) fn committed_positions(index: &Index) -> tantivy::Result<Option<Positions>> {
    if index.schema() != schema().0 {
        return Ok(None);
    }
    Ok(match index.load_metas()?.payload {
        Some(payload) => from_payload(&payload),
        // Created, but never committed.
        None => Some(Positions::default()),
    })
}

fn create(directory: impl Into<Box<dyn Directory>>) -> Result<Index, TantivyError> {
    let settings = IndexSettings {
        // Nothing is stored, so there is nothing to compress.
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..Default::default()
    };
    Index::create(directory, schema().0, settings)
}

/// Empties `directory` while nobody writes there.
fn clear(directory: &Path) -> Result<(), WriterError> {
    let lock = MmapDirectory::open(directory)
        .map_err(TantivyError::from)?
        .acquire_lock(&INDEX_WRITER_LOCK)
        .map_err(|error| TantivyError::LockFailure(error, None))?;
    for entry in fs::read_dir(directory).map_err(WriterError::Directory)? {
        let entry = entry.map_err(WriterError::Directory)?;
        if is_index_file(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path()).map_err(WriterError::Directory)?;
        }
    }
    drop(lock);
    Ok(())
}

/// Names that Tantivy gives; a directory set by mistake keeps all others.
fn is_index_file(name: &str) -> bool {
    let is_segment = name
        .split('.')
        .next()
        .is_some_and(|stem| stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit()));
    is_segment || matches!(name, "meta.json" | ".managed.json")
}
