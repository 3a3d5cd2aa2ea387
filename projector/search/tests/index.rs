//! The index as the projector and query-api use it: changes, commits, positions, pages, filters.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Fixture, channel, id, numbers, post, post_id, resolve, resolved, user};
use events::{FileId, Partition, Position, Topic};
use proptest::prelude::*;
use search_index::{
    Hit, IndexChange, IndexedFile, IndexedPost, OpenError, Positions, PostFlags, Query,
    ResolvedQuery, SearchWriter, Searcher, Subject, WriterError, WriterOptions,
};

const OPTIONS: WriterOptions = WriterOptions { threads: 1, memory_bytes_per_thread: 15 << 20 };

fn position(offset: u64) -> Position {
    Position::new(Partition { topic: Topic::Channels, index: 7 }, offset)
}

fn positions(offset: u64) -> Positions {
    [position(offset)].into_iter().collect()
}

#[test]
fn a_hit_says_where_its_post_is() {
    let mut fixture = Fixture::new();
    let indexed = IndexedPost { channel_id: channel(3), offset: 4711, ..post(9, "hello") };
    fixture.apply(&[IndexChange::Add(indexed.clone())]);
    let hits = fixture.searcher.search(&resolved("hello"), &[channel(3)], 0, 10).expect("search");
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].post_id, indexed.post_id);
    assert_eq!(hits[0].channel_id, channel(3));
    assert_eq!((hits[0].partition, hits[0].offset), (indexed.partition, 4711));
    assert_eq!(hits[0].create_at, 9);
}

#[test]
fn an_edit_replaces_and_a_deletion_removes() {
    let mut fixture = Fixture::of(&["first text", "second text"]);
    fixture.apply(&[IndexChange::Put(post(0, "other words"))]);
    assert_eq!(fixture.find("text"), [1]);
    assert_eq!(fixture.find("words"), [0]);
    fixture.apply(&[IndexChange::DeletePost(post_id(1))]);
    assert!(fixture.find("text").is_empty());
    assert_eq!(fixture.searcher.post_count(), 1);
}

#[test]
fn changes_of_one_batch_apply_in_their_order() {
    let mut fixture = Fixture::new();
    fixture.apply(&[
        IndexChange::Add(post(0, "one")),
        IndexChange::Put(post(0, "two")),
        IndexChange::Add(post(1, "gone")),
        IndexChange::DeletePost(post_id(1)),
        IndexChange::DeletePost(post_id(2)),
        IndexChange::Add(post(2, "here")),
    ]);
    assert!(fixture.find("one").is_empty());
    assert_eq!(fixture.find("two"), [0]);
    assert!(fixture.find("gone").is_empty());
    assert_eq!(fixture.find("here"), [2]);
}

#[test]
fn a_deleted_root_takes_its_replies_along() {
    let mut fixture = Fixture::new();
    let reply = |number| IndexedPost { root_id: Some(post_id(0)), ..post(number, "thread") };
    fixture.apply(&[
        IndexChange::Add(post(0, "thread")),
        IndexChange::Add(reply(1)),
        IndexChange::Add(reply(2)),
        IndexChange::Add(post(3, "thread")),
    ]);
    fixture.apply(&[IndexChange::DeletePost(post_id(2))]);
    assert_eq!(fixture.find("thread"), [3, 1, 0]);
    fixture.apply(&[IndexChange::DeleteThread(post_id(0))]);
    assert_eq!(fixture.find("thread"), [3]);
}

#[test]
fn nothing_is_found_outside_the_allowed_channels() {
    let mut fixture = Fixture::new();
    let posts = (0..300).map(|n| {
        IndexChange::Add(IndexedPost { channel_id: channel(n % 150), ..post(n, "secret") })
    });
    fixture.apply(&posts.collect::<Vec<_>>());
    let found = |query: &str, allowed: &[_]| fixture.find_resolved(&resolved(query), allowed);
    assert!(found("secret", &[]).is_empty());
    assert_eq!(found("secret", &[channel(4)]), [154, 4]);
    assert!(found("secret in:c5", &[channel(4)]).is_empty());
    assert_eq!(found("secret in:c4 in:c5", &[channel(4), channel(6)]), [154, 4]);
    assert_eq!(found("secret -in:c4", &[channel(4), channel(6)]), [156, 6]);
    let many: Vec<_> = (0..149).map(channel).collect();
    let hits = found("secret", &many);
    assert_eq!(hits.len(), 298);
    assert!(!hits.contains(&149) && !hits.contains(&299));
}

#[test]
fn filters_narrow_a_search() {
    let mut fixture = Fixture::new();
    let by = |author, number, text| IndexedPost { author_id: user(author), ..post(number, text) };
    fixture.apply(&[
        IndexChange::Add(by(1, 1, "red apple")),
        IndexChange::Add(by(2, 2, "green apple")),
        IndexChange::Add(by(3, 3, "red pear")),
    ]);
    for (query, found) in [
        ("apple", vec![2, 1]),
        ("red apple", vec![1]),
        ("apple -red", vec![2]),
        ("-red", vec![2]),
        ("-\"red pear\"", vec![2, 1]),
        ("from:u1", vec![1]),
        ("from:u1 from:u2", vec![2, 1]),
        ("red -from:u1", vec![3]),
        ("-from:u1 -from:u2", vec![3]),
        ("from:nobody", vec![]),
        ("apple -from:nobody", vec![2, 1]),
        ("in:c0", vec![3, 2, 1]),
        ("in:nowhere", vec![]),
        ("app* -gre*", vec![1]),
        ("", vec![]),
        ("->", vec![]),
    ] {
        assert_eq!(fixture.find(query), found, "{query:?}");
    }
    let any = |query| fixture.find_resolved(&resolve(Query::parse(query, true, 0)), &[channel(0)]);
    assert_eq!(any("apple pear"), [3, 2, 1]);
    assert_eq!(any("green pear -from:u3"), [2]);
}

#[test]
fn types_and_flags_narrow_a_search() {
    let mut fixture = Fixture::new();
    let flags = PostFlags::HAS_FILE.with(PostFlags::FROM_BOT);
    fixture.apply(&[
        IndexChange::Add(IndexedPost { flags, ..post(0, "x") }),
        IndexChange::Add(IndexedPost { flags: PostFlags::HAS_FILE, ..post(1, "x") }),
        IndexChange::Add(IndexedPost { post_type: "custom_poll".to_owned(), ..post(2, "x") }),
    ]);
    let mut query = resolved("x");
    query.flags = PostFlags::HAS_FILE;
    assert_eq!(fixture.find_resolved(&query, &[channel(0)]), [1, 0]);
    query.flags = flags;
    assert_eq!(fixture.find_resolved(&query, &[channel(0)]), [0]);
    query.flags = PostFlags::default();
    query.post_type = Some("custom_poll".to_owned());
    assert_eq!(fixture.find_resolved(&query, &[channel(0)]), [2]);
}

#[test]
fn dates_are_days_of_the_searcher() {
    let mut fixture = Fixture::new();
    let midnight = 1_577_836_800_000;
    let at = |number, create_at| IndexChange::Add(IndexedPost { create_at, ..post(number, "x") });
    fixture.apply(&[
        at(0, midnight - 1),
        at(1, midnight),
        at(2, midnight + 86_399_999),
        at(3, midnight + 86_400_000),
    ]);
    for (query, offset, found) in [
        ("x on:2020-01-01", 0, vec![2, 1]),
        ("on:2020-01-01", 0, vec![2, 1]),
        ("x before:2020-01-01", 0, vec![0]),
        ("x after:2020-01-01", 0, vec![3]),
        ("x after:2019-12-31 before:2020-01-02", 0, vec![2, 1]),
        ("x -on:2020-01-01", 0, vec![3, 0]),
        ("x on:2020-01-01", 3600, vec![1, 0]),
        ("x on:2020-01-01 on:2020-01-02", 0, vec![]),
    ] {
        let query = resolve(Query::parse(query, false, offset));
        assert_eq!(fixture.find_resolved(&query, &[channel(0)]), found, "{query:?}");
    }
}

#[test]
fn pages_are_newest_first_without_gap_or_repeat() {
    let mut fixture = Fixture::new();
    // Many of one time, written in an order that is not that of their ids.
    let changes: Vec<_> = (0..250u64)
        .map(|n| (n * 101) % 250)
        .map(|n| IndexChange::Add(IndexedPost { create_at: (n % 20) as i64, ..post(n, "x") }))
        .collect();
    for batch in changes.chunks(60) {
        fixture.apply(batch);
    }
    let page = |page, per_page| {
        fixture.searcher.search(&resolved("x"), &[channel(0)], page, per_page).expect("search")
    };
    let all = page(0, 1000);
    assert_eq!(all.len(), 250);
    assert!(all.windows(2).all(|pair| pair[0].create_at >= pair[1].create_at));
    let paged: Vec<_> = (0..5).flat_map(|n| page(n, 60)).collect();
    assert_eq!(paged, all);
    for (number, size) in
        [(5, 60), (usize::MAX, 60), (0, 0), (1, usize::MAX), (usize::MAX, usize::MAX)]
    {
        assert!(page(number, size).is_empty(), "{number} {size}");
    }
}

#[test]
fn a_beginning_in_a_phrase_finds_every_continuation() {
    let mut fixture = Fixture::new();
    let posts = (0..1500).map(|n| IndexChange::Add(post(n, &format!("see ticket-{n} done"))));
    fixture.apply(&posts.collect::<Vec<_>>());
    assert_eq!(fixture.find("ticket-*").len(), 1500);
    assert_eq!(
        fixture.find("\"ticket 149*\""),
        [1499, 1498, 1497, 1496, 1495, 1494, 1493, 1492, 1491, 1490, 149]
    );
    assert_eq!(fixture.find("\"see ticket 149*\"").len(), 11);
    assert_eq!(fixture.find("\"see ticket 1*\"").len(), 611);
    assert!(fixture.find("\"done 14*\"").is_empty());
}

#[test]
fn an_index_goes_on_where_its_last_commit_stands() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut writer = SearchWriter::open(directory.path(), OPTIONS).expect("open");
    assert!(writer.positions().is_empty());
    writer.apply(&[IndexChange::Add(post(0, "kept"))]).expect("apply");
    writer.commit(&positions(5)).expect("commit");
    writer.apply(&[IndexChange::Add(post(1, "lost"))]).expect("apply");
    drop(writer);

    let writer = SearchWriter::open(directory.path(), OPTIONS).expect("open again");
    assert_eq!(*writer.positions(), positions(5));
    assert!(writer.positions().contains(position(5)));
    assert!(!writer.positions().contains(position(6)));
    let searcher = writer.searcher().expect("searcher");
    let found =
        |query| numbers(&searcher.search(&resolved(query), &[channel(0)], 0, 9).expect("search"));
    assert_eq!(found("kept"), [0]);
    assert!(found("lost").is_empty());
}

#[test]
fn there_is_one_writer() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = SearchWriter::open(directory.path(), OPTIONS).expect("open");
    let second = SearchWriter::open(directory.path(), OPTIONS);
    assert!(matches!(second, Err(WriterError::InUse)));
    drop(writer);
    SearchWriter::open(directory.path(), OPTIONS).expect("open after it closed");
}

#[test]
fn a_reader_of_the_directory_follows_the_writer() {
    let directory = tempfile::tempdir().expect("a directory");
    assert!(matches!(Searcher::open(directory.path()), Err(OpenError::Missing)));
    let mut writer = SearchWriter::open(directory.path(), OPTIONS).expect("open");
    let reader = Searcher::open(directory.path()).expect("open to read");
    let clone = reader.clone();
    for number in 0..12 {
        writer.apply(&[IndexChange::Put(post(number % 8, "x"))]).expect("apply");
        writer.commit(&positions(number)).expect("commit");
        assert_ne!(clone.positions(), positions(number));
        reader.reload().expect("reload");
        assert_eq!(clone.positions(), positions(number));
        assert_eq!(clone.post_count(), (number + 1).min(8));
    }
}

#[test]
fn an_index_of_another_format_starts_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let meta = directory.path().join("meta.json");
    let stranger = directory.path().join("notes.txt");
    fs::write(&stranger, "not ours").expect("write");
    let spoil: [fn(&str) -> String; 2] = [
        |meta| {
            let spoilt = meta.replace("{\\\"format\\\":", "{\\\"format\\\":9");
            assert_ne!(spoilt, meta);
            spoilt
        },
        |_| "nonsense".to_owned(),
    ];
    for spoil in spoil {
        let mut writer = SearchWriter::open(directory.path(), OPTIONS).expect("open");
        writer.apply(&[IndexChange::Add(post(0, "old"))]).expect("apply");
        writer.commit(&positions(5)).expect("commit");
        writer.close().expect("close");
        let text = fs::read_to_string(&meta).expect("read");
        fs::write(&meta, spoil(&text)).expect("write");
        assert!(Searcher::open(directory.path()).is_err());
        let writer = SearchWriter::open(directory.path(), OPTIONS).expect("open again");
        assert!(writer.positions().is_empty());
        assert_eq!(writer.searcher().expect("searcher").post_count(), 0);
    }
    assert_eq!(fs::read_to_string(&stranger).expect("read"), "not ours");
}

#[test]
fn equal_contents_have_equal_fingerprints() {
    let mut one = Fixture::of(&["a", "b", "c"]);
    let mut two = Fixture::new();
    for number in [2, 0, 1] {
        two.apply(&[IndexChange::Add(post(number, "edited later"))]);
    }
    assert_ne!(one.searcher.fingerprint(), two.searcher.fingerprint());
    let texts = ["a", "b", "c"];
    let edits: Vec<_> = (0..).zip(texts).map(|(n, t)| IndexChange::Put(post(n, t))).collect();
    two.apply(&edits);
    assert_eq!(one.searcher.fingerprint(), two.searcher.fingerprint());
    one.apply(&[IndexChange::Put(IndexedPost { author_id: user(5), ..post(0, "a") })]);
    assert_ne!(one.searcher.fingerprint(), two.searcher.fingerprint());
}

/// Enough posts that a frequent word is searched block by block, in channels of very different size.
#[test]
fn a_frequent_word_is_found_newest_first_among_many() {
    const POSTS: u64 = 60_000;
    let mut fixture = Fixture::new();
    let made: Vec<IndexedPost> = (0..POSTS)
        .map(|n| IndexedPost {
            // Runs of growing time that overlap, as partitions read one after another give them.
            create_at: ((n % 20_000) * 3 + n / 20_000) as i64,
            channel_id: channel(if n % 500 == 0 { 1 } else { 2 * u64::from(n % 12 == 1) }),
            ..post(n, if n % 3 == 0 { "common rare" } else { "common" })
        })
        .collect();
    let changes: Vec<_> = made.iter().cloned().map(IndexChange::Add).collect();
    fixture.apply(&changes);
    let deleted = |n: u64| n % 20_000 > 19_990;
    let gone = (0..POSTS).filter(|n| deleted(*n)).map(|n| IndexChange::DeletePost(post_id(n)));
    fixture.apply(&gone.collect::<Vec<_>>());

    let expected = |keep: &dyn Fn(&IndexedPost) -> bool| {
        let kept = made.iter().filter(|p| !deleted(p.offset) && keep(p));
        let mut kept: Vec<_> = kept.map(|p| (p.create_at, p.offset)).collect();
        kept.sort_unstable_by(|a, b| b.cmp(a));
        kept.into_iter().map(|(_, n)| n).take(100).collect::<Vec<u64>>()
    };
    let found = |query: &str, channels: &[u64]| {
        let allowed: Vec<_> = channels.iter().copied().map(channel).collect();
        let hits = fixture.searcher.search(&resolved(query), &allowed, 0, 100);
        numbers(&hits.expect("search"))
    };
    assert_eq!(found("common", &[0, 1, 2]), expected(&|_| true));
    assert_eq!(found("common", &[1]), expected(&|p| p.channel_id == channel(1)));
    assert_eq!(found("common", &[2]), expected(&|p| p.channel_id == channel(2)));
    assert_eq!(found("com*", &[0]), expected(&|p| p.channel_id == channel(0)));
    assert_eq!(found("common rare", &[0, 1, 2]), expected(&|p| p.offset % 3 == 0));
    assert_eq!(found("\"common rare\"", &[1]), expected(&|p| p.offset % 1500 == 0));
    assert_eq!(found("common -rare", &[0, 1, 2]), expected(&|p| p.offset % 3 != 0));
    assert_eq!(found("from:u0", &[0, 1, 2]), expected(&|_| true));
}

/// A step of the differential test.
#[derive(Debug, Clone)]
enum Step {
    Write { number: u64, word: u8, root: Option<u64>, time: i64 },
    Delete(u64),
    DeleteThread(u64),
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..12u64, 0..3u8, proptest::option::of(0..3u64), 0..20i64)
            .prop_map(|(number, word, root, time)| Step::Write { number, word, root, time }),
        1 => (0..12u64).prop_map(Step::Delete),
        1 => (0..3u64).prop_map(Step::DeleteThread),
        1 => Just(Step::Commit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_index_agrees_with_a_list(steps in proptest::collection::vec(step(), 1..60)) {
        let mut fixture = Fixture::new();
        let mut list: BTreeMap<u64, (u8, Option<u64>, i64)> = BTreeMap::new();
        for step in &steps {
            match step {
                Step::Write { number, word, root, time } => {
                    let written = IndexedPost {
                        root_id: root.map(post_id),
                        create_at: *time,
                        ..post(*number, &format!("word{word}"))
                    };
                    let known = list.insert(*number, (*word, *root, *time)).is_some();
                    let change = if known { IndexChange::Put(written) } else { IndexChange::Add(written) };
                    fixture.writer.apply(&[change]).expect("apply");
                }
                Step::Delete(number) => {
                    list.remove(number);
                    fixture.writer.apply(&[IndexChange::DeletePost(post_id(*number))]).expect("apply");
                }
                Step::DeleteThread(root) => {
                    list.retain(|number, (_, of, _)| number != root && *of != Some(*root));
                    fixture.writer.apply(&[IndexChange::DeleteThread(post_id(*root))]).expect("apply");
                }
                Step::Commit => fixture.apply(&[]),
            }
        }
        fixture.apply(&[]);
        for word in 0..3 {
            let has_word = list.iter().filter(|(_, (w, _, _))| *w == word);
            let mut expected: Vec<_> = has_word.map(|(n, (_, _, time))| (*time, *n)).collect();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            let expected: Vec<u64> = expected.into_iter().map(|(_, n)| n).collect();
            prop_assert_eq!(fixture.find(&format!("word{word}")), expected);
        }
        prop_assert_eq!(fixture.searcher.post_count(), list.len() as u64);
    }
}

/// How many posts are deleted, but still in the files.
fn deleted_but_there(directory: &std::path::Path) -> u32 {
    let index = tantivy::Index::open_in_dir(directory).expect("an index");
    let segments = index.searchable_segment_metas().expect("its segments");
    segments.iter().map(tantivy::index::SegmentMeta::num_deleted_docs).sum()
}

#[test]
fn what_is_erased_while_nothing_is_merged_leaves_the_files_when_the_index_is_opened_again() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let directory = folder.path();
    let mut writer = SearchWriter::open(directory, OPTIONS).expect("a new index");
    let mut posts: Vec<_> = (0..20).map(|n| IndexChange::Add(post(n, "kept"))).collect();
    posts.push(IndexChange::Add(IndexedPost { author_id: user(1), ..post(20, "erased") }));
    writer.apply(&posts).expect("apply");
    writer.commit(&positions(20)).expect("commit");

    let mut writer = writer.without_merges(directory, OPTIONS).expect("the same index");
    let erased = IndexChange::EraseAuthor { channel_id: channel(0), author_id: user(1) };
    writer.apply(&[erased]).expect("apply");
    writer.commit(&positions(21)).expect("commit");
    writer.close().expect("close");
    assert_eq!(deleted_but_there(directory), 1);

    let mut writer = SearchWriter::open(directory, OPTIONS).expect("the same index");
    writer.rewrite();
    writer.commit(&positions(22)).expect("commit");
    writer.close().expect("close");
    assert_eq!(deleted_but_there(directory), 0);
}

fn file(number: u64, name: &str) -> IndexedFile {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    IndexedFile {
        file_id: FileId::from_bytes(id(4, number)),
        name: name.to_owned(),
        extension: extension.to_owned(),
    }
}

/// The numbers of the files in channel 0 that the search string finds, newest first.
fn files_found(fixture: &Fixture, query: &str) -> Vec<u64> {
    let query = ResolvedQuery { subject: Subject::Files, ..resolved(query) };
    let hits = fixture.searcher.search(&query, &[channel(0)], 0, 100).expect("search");
    let number = |hit: &Hit| {
        let id = hit.file_id.expect("a file");
        u64::from_be_bytes(id.as_bytes()[8..].try_into().expect("eight bytes"))
    };
    hits.iter().map(number).collect()
}

#[test]
fn files_are_found_by_their_names_and_posts_by_what_they_say() {
    let mut fixture = Fixture::new();
    let with = |number, message, files| IndexedPost { files, ..post(number, message) };
    fixture.apply(&[
        IndexChange::Add(with(
            1,
            "the plan",
            vec![file(11, "Budget 2026.PDF"), file(12, "cat.png")],
        )),
        IndexChange::Add(with(2, "budget", vec![file(21, "budget-draft.xlsx")])),
        IndexChange::Add(post(3, "cat.png")),
    ]);
    assert_eq!(fixture.find("budget"), [2]);
    assert_eq!(fixture.find("in:c0"), [3, 2, 1], "files are no posts");
    for (query, found) in [
        ("budget", vec![21, 11]),
        ("BUDG*", vec![21, 11]),
        ("budget ext:pdf", vec![11]),
        ("ext:.PDF", vec![11]),
        ("ext:png ext:xlsx", vec![21, 12]),
        ("budget -ext:pdf", vec![21]),
        ("budget -draft", vec![11]),
        ("plan", vec![]),
        ("ext:zip", vec![]),
    ] {
        assert_eq!(files_found(&fixture, query), found, "{query:?}");
    }
}

#[test]
fn a_file_goes_with_its_post() {
    let mut fixture = Fixture::new();
    let with = |number, files| IndexedPost { files, ..post(number, "see") };
    let reply = IndexedPost { root_id: Some(post_id(1)), ..with(2, vec![file(2, "two.txt")]) };
    fixture.apply(&[
        IndexChange::Add(with(1, vec![file(1, "one.txt")])),
        IndexChange::Add(reply),
        IndexChange::Add(with(3, vec![file(3, "three.txt")])),
        IndexChange::Add(IndexedPost { author_id: user(9), ..with(4, vec![file(4, "four.txt")]) }),
    ]);
    fixture.apply(&[IndexChange::Put(with(3, vec![file(5, "five.txt")]))]);
    assert_eq!(files_found(&fixture, "ext:txt"), [4, 5, 2, 1]);
    fixture.apply(&[IndexChange::DeleteThread(post_id(1))]);
    assert_eq!(files_found(&fixture, "ext:txt"), [4, 5]);
    let expired = IndexChange::Expire {
        channel_id: channel(0),
        before: 0,
        files_before: 4,
        kept_authors: vec![user(9)],
    };
    fixture.apply(&[expired]);
    assert_eq!(files_found(&fixture, "ext:txt"), [4]);
    assert_eq!(fixture.find("see"), [4, 3], "files go without their posts");
    let erased = IndexChange::EraseAuthor { channel_id: channel(0), author_id: user(9) };
    fixture.apply(&[erased, IndexChange::DeletePost(post_id(3))]);
    assert!(files_found(&fixture, "ext:txt").is_empty());
}
