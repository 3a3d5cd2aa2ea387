//! Rows and index tell of the same posts, whatever happened to them.

mod common;

use std::collections::BTreeMap;

use common::history::History;
use fold::FoldSet;
use projector::{IndexFeed, MemoryTables, RowChanges};
use read_model::rows::PostRow;
use search_index::SearchWriter;

#[test]
fn the_index_has_the_posts_that_say_something_and_no_others() {
    for seed in 0..60 {
        let history = History::random(seed, 800);
        let (mut changes, mut feed) = (RowChanges::default(), IndexFeed::default());
        let set = FoldSet::new();
        for record in history.log.values().flatten() {
            let folded = set.apply(record.clone()).expect("known events");
            changes.absorb(&folded);
            feed.absorb(&folded);
        }
        let gone = changes.gone.clone();
        let mut tables = MemoryTables::default();
        tables.apply(&changes).expect("both begin at the beginning");
        let (indexed, positions, _) = feed.finish(BTreeMap::new());
        let mut writer = SearchWriter::in_memory().expect("an index in memory");
        writer.apply(&indexed).expect("it takes them");
        let mut reached = writer.positions().clone();
        positions.into_iter().for_each(|position| reached.advance(position));
        writer.commit(&reached).expect("it commits");
        let says_something = |post: &&PostRow| {
            let blank = gone.expired.iter().any(|expiry| {
                expiry.channel_id == post.channel_id
                    && post.create_at < expiry.before
                    && !expiry.kept_authors.contains(&post.user_id)
            });
            let by_nobody = gone.authors.contains_key(&(post.channel_id, post.user_id));
            post.delete_at == 0 && post.notice.is_empty() && !by_nobody && !blank
        };
        let expected = tables.posts.values().filter(says_something).count() as u64;
        let searcher = writer.searcher().expect("a searcher of it");
        assert_eq!(searcher.post_count(), expected, "seed {seed}");
    }
}
