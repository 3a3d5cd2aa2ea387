//! The index in the making, on a thread of its own.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use events::{Partition, Position, PostId};
use search_index::{IndexChange, SearchWriter, WriterError, WriterOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::rows::Rows;
use super::{AHEAD, RebuildError};
use crate::index_feed::IndexFeed;

pub(super) struct Indexing {
    feeds: mpsc::Sender<(Vec<IndexChange>, Vec<Position>)>,
    made: JoinHandle<Result<(), WriterError>>,
    posts: Posts,
}

impl Indexing {
    pub(super) fn start(directory: &Path, options: WriterOptions) -> Result<Self, WriterError> {
        let mut writer = SearchWriter::open(directory, options)?;
        let (feeds, mut incoming) = mpsc::channel::<(Vec<IndexChange>, Vec<Position>)>(AHEAD);
        let made = tokio::task::spawn_blocking(move || {
            let mut positions = writer.positions().clone();
            while let Some((changes, reached)) = incoming.blocking_recv() {
                writer.apply(&changes)?;
                reached.into_iter().for_each(|position| positions.advance(position));
            }
            writer.commit(&positions)?;
            writer.close()
        });
        Ok(Self { feeds, made, posts: Posts::default() })
    }

    /// Takes what a batch means in; its rows, if any are made, are written. Says false if the index cannot
    /// be written.
    pub(super) async fn feed(
        &mut self,
        feed: IndexFeed,
        rows: Option<&mut Rows>,
    ) -> Result<bool, RebuildError> {
        let places = match rows {
            Some(rows) => rows.places(&feed.unplaced()).await?,
            None => self.posts.places(&feed),
        };
        let (changes, reached, _) = feed.finish(places);
        Ok(self.feeds.send((changes, reached)).await.is_ok())
    }

    /// Everything was fed: the thread commits and ends.
    pub(super) fn finish(self) -> JoinHandle<Result<(), WriterError>> {
        self.made
    }
}

/// Where the posts of the partition stand that is being read, where no rows can be asked. What is done to a
/// post stands in the partition of the post, and partitions come one behind the other: no more are held.
#[derive(Default)]
struct Posts {
    partition: Option<Partition>,
    places: HashMap<PostId, (Partition, u64)>,
}

impl Posts {
    /// The places of earlier posts that the batch names; keeps those of its own.
    fn places(&mut self, feed: &IndexFeed) -> BTreeMap<PostId, (Partition, u64)> {
        // A page without records is of no partition.
        let Some(partition) = feed.partitions().next() else { return BTreeMap::new() };
        if self.partition != Some(partition) {
            self.partition = Some(partition);
            self.places.clear();
        }
        let place = |id: PostId| Some((id, *self.places.get(&id)?));
        let found = feed.unplaced().into_iter().filter_map(place).collect();
        self.places.extend(feed.places());
        found
    }
}
