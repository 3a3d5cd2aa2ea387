//! What every adapter of [`ObjectStore`] keeps. One test per promise:
//!
//! ```ignore
//! event_archive::contract_tests!(MyLocation::new());
//! ```

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::future::{BoxFuture, join_all};
use futures::{StreamExt, TryStreamExt, stream};

use crate::key::{KeyPrefix, ObjectKey};
use crate::port::{ByteStream, ObjectStore, PutOutcome, StoreError};

/// A place for objects, empty at first. Opening it again gives the same objects.
pub trait Location: Send + Sync + 'static {
    fn open(&self) -> BoxFuture<'_, Arc<dyn ObjectStore>>;
}

/// Makes a module's tests of the whole contract; `$location` is evaluated anew for each.
#[macro_export]
macro_rules! contract_tests {
    ($location:expr) => {
        $crate::contract_tests!(@cases $location;
            an_object_comes_back_until_it_is_replaced_or_deleted,
            what_is_not_there_is_nothing_and_no_error,
            an_empty_object_is_an_object,
            of_many_conditional_puts_exactly_one_wins,
            a_conditional_put_leaves_what_is_there,
            listing_finds_what_is_in_a_folder_and_nothing_else,
            entries_are_what_stands_in_a_folder_itself,
            readers_never_see_a_half_written_object,
            a_large_object_is_stored_and_read_in_pieces,
            a_range_is_cut_at_the_end_and_refused_beyond_it,
            a_stream_that_fails_or_is_given_up_stores_nothing,
            opening_again_finds_every_object,
        );
    };
    (@cases $location:expr; $($case:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::testing::contract::$case($location).await;
            }
        )+
    };
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("a name")
}

fn prefix(text: &str) -> KeyPrefix {
    KeyPrefix::parse(text).expect("a folder")
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

async fn put(store: &Arc<dyn ObjectStore>, name: &str, content: &str) {
    store.put(&key(name), bytes(content)).await.expect("the put succeeds");
}

async fn get(store: &Arc<dyn ObjectStore>, name: &str) -> Option<Bytes> {
    store.get(&key(name)).await.expect("the get succeeds")
}

async fn names(store: &Arc<dyn ObjectStore>, folder: &str) -> Vec<String> {
    let listed = store.list(&prefix(folder)).await.expect("the listing succeeds");
    listed.iter().map(ToString::to_string).collect()
}

async fn collect(body: ByteStream<'_>) -> Bytes {
    let whole: BytesMut = body.try_collect().await.expect("the body can be read");
    whole.freeze()
}

pub async fn an_object_comes_back_until_it_is_replaced_or_deleted(location: impl Location) {
    let store = location.open().await;
    put(&store, "a/b", "first").await;
    put(&store, "a/c", "other").await;
    assert_eq!(get(&store, "a/b").await, Some(bytes("first")));
    put(&store, "a/b", "2").await;
    assert_eq!(get(&store, "a/b").await, Some(bytes("2")));
    assert_eq!(store.size(&key("a/b")).await.expect("the size is known"), Some(1));
    store.delete(&key("a/b")).await.expect("the delete succeeds");
    assert_eq!(get(&store, "a/b").await, None);
    assert_eq!(get(&store, "a/c").await, Some(bytes("other")));
}

pub async fn what_is_not_there_is_nothing_and_no_error(location: impl Location) {
    let store = location.open().await;
    let absent = key("no/where");
    assert_eq!(get(&store, "no/where").await, None);
    assert_eq!(store.size(&absent).await.expect("the size is known"), None);
    assert!(store.get_range(&absent, 0..1).await.expect("the get succeeds").is_none());
    store.delete(&absent).await.expect("the delete succeeds");
    assert!(names(&store, "no/where/").await.is_empty());
    assert!(names(&store, "").await.is_empty());
}

pub async fn an_empty_object_is_an_object(location: impl Location) {
    let store = location.open().await;
    put(&store, "empty", "").await;
    assert_eq!(get(&store, "empty").await, Some(Bytes::new()));
    let body = store.get_range(&key("empty"), 0..10).await.expect("the get succeeds");
    let body = body.expect("the object is there");
    assert_eq!((body.size, body.range.clone()), (0, 0..0));
    assert!(collect(body.bytes).await.is_empty());
}

pub async fn of_many_conditional_puts_exactly_one_wins(location: impl Location) {
    const ROUNDS: usize = 10;
    const PUTS: usize = 16;
    let store = location.open().await;
    for round in 0..ROUNDS {
        let name = key(&format!("race/{round}"));
        let puts = (0..PUTS).map(|put| {
            let (store, name) = (Arc::clone(&store), name.clone());
            tokio::spawn(async move { store.put_if_absent(&name, bytes(&put.to_string())).await })
        });
        let outcomes = join_all(puts).await.into_iter();
        let winners: Vec<_> = outcomes
            .map(|outcome| outcome.expect("the task ends").expect("the put succeeds"))
            .enumerate()
            .filter(|(_, outcome)| *outcome == PutOutcome::Written)
            .collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        let stored = get(&store, name.as_str()).await;
        assert_eq!(stored, Some(bytes(&winners[0].0.to_string())));
    }
}

pub async fn a_conditional_put_leaves_what_is_there(location: impl Location) {
    let store = location.open().await;
    put(&store, "a", "there").await;
    let outcome = store.put_if_absent(&key("a"), bytes("new")).await;
    assert_eq!(outcome.expect("the put succeeds"), PutOutcome::AlreadyThere);
    assert_eq!(get(&store, "a").await, Some(bytes("there")));
    store.delete(&key("a")).await.expect("the delete succeeds");
    let outcome = store.put_if_absent(&key("a"), bytes("new")).await;
    assert_eq!(outcome.expect("the put succeeds"), PutOutcome::Written);
    assert_eq!(get(&store, "a").await, Some(bytes("new")));
}

pub async fn listing_finds_what_is_in_a_folder_and_nothing_else(location: impl Location) {
    let store = location.open().await;
    for name in ["f/b", "f/a/2", "f/a/10", "f/a/x/y", "fa/1", "g", "f-1"] {
        put(&store, name, name).await;
    }
    assert_eq!(names(&store, "f/a/").await, ["f/a/10", "f/a/2", "f/a/x/y"]);
    assert_eq!(names(&store, "f/").await, ["f/a/10", "f/a/2", "f/a/x/y", "f/b"]);
    let all = names(&store, "").await;
    assert_eq!(all, ["f-1", "f/a/10", "f/a/2", "f/a/x/y", "f/b", "fa/1", "g"]);
}

pub async fn entries_are_what_stands_in_a_folder_itself(location: impl Location) {
    let store = location.open().await;
    for name in ["f/b", "f/a", "f/a-1/2", "f/a-1/10", "f/a.b/x/y", "fa/1", "g"] {
        put(&store, name, name).await;
    }
    let entries = async |folder: &str| {
        let found = store.entries(&prefix(folder)).await.expect("the listing succeeds");
        let objects: Vec<_> = found.objects.iter().map(ToString::to_string).collect();
        let folders: Vec<_> = found.folders.iter().map(ToString::to_string).collect();
        (objects.join(" "), folders.join(" "))
    };
    let found = |objects: &str, folders: &str| (objects.to_owned(), folders.to_owned());
    assert_eq!(entries("").await, found("g", "f/ fa/"));
    assert_eq!(entries("f/").await, found("f/a f/b", "f/a-1/ f/a.b/"));
    assert_eq!(entries("f/a-1/").await, found("f/a-1/10 f/a-1/2", ""));
    assert_eq!(entries("f/a.b/").await, found("", "f/a.b/x/"));
    assert_eq!(entries("no/where/").await, found("", ""));
}

pub async fn readers_never_see_a_half_written_object(location: impl Location) {
    let store = location.open().await;
    let version = |number: u8| Bytes::from(vec![number; 300_000 + usize::from(number)]);
    store.put(&key("a"), version(0)).await.expect("the put succeeds");
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for number in 1..20 {
                store.put(&key("a"), version(number)).await.expect("the put succeeds");
            }
        }
    });
    let mut last = 0;
    while !writer.is_finished() {
        let seen = get(&store, "a").await.expect("the object is never missing");
        assert_eq!(seen, version(seen[0]), "a mixture of two versions");
        assert!(seen[0] >= last, "an older version came back");
        last = seen[0];
    }
    writer.await.expect("the writer ends");
    assert_eq!(get(&store, "a").await, Some(version(19)));
}

pub async fn a_large_object_is_stored_and_read_in_pieces(location: impl Location) {
    const PIECES: usize = 37;
    const PIECE: usize = 100_003;
    let store = location.open().await;
    let whole: Bytes = (0..PIECES * PIECE).map(|at| (at % 251) as u8).collect();
    let pieces: Vec<_> = whole.chunks(PIECE).map(|piece| Ok(whole.slice_ref(piece))).collect();
    let size = store.put_stream(&key("large"), stream::iter(pieces).boxed()).await;
    let size = size.expect("the put succeeds");
    assert_eq!(size, whole.len() as u64);
    for range in [0..size, 0..1, 1_000_000..1_000_000, 123_456..2_345_678, size - 1..size] {
        let body = store.get_range(&key("large"), range.clone()).await.expect("the get succeeds");
        let body = body.expect("the object is there");
        assert_eq!((body.size, body.range.clone()), (size, range.clone()));
        let expected = whole.slice(range.start as usize..range.end as usize);
        assert_eq!(collect(body.bytes).await, expected, "{range:?}");
    }
}

pub async fn a_range_is_cut_at_the_end_and_refused_beyond_it(location: impl Location) {
    let store = location.open().await;
    put(&store, "a", "0123456789").await;
    let body = store.get_range(&key("a"), 7..u64::MAX).await.expect("the get succeeds");
    let body = body.expect("the object is there");
    assert_eq!((body.size, body.range.clone()), (10, 7..10));
    assert_eq!(collect(body.bytes).await, bytes("789"));
    let beyond = store.get_range(&key("a"), 11..12).await;
    assert!(matches!(beyond, Err(StoreError::BeyondEnd { start: 11, size: 10, .. })), "{beyond:?}");
}

pub async fn a_stream_that_fails_or_is_given_up_stores_nothing(location: impl Location) {
    let store = location.open().await;
    put(&store, "old", "untouched").await;
    for name in ["old", "new"] {
        let failing = [Ok(bytes("some")), Err(io::Error::other("the upload broke off"))];
        let stored = store.put_stream(&key(name), stream::iter(failing).boxed()).await;
        assert!(matches!(stored, Err(StoreError::Body { .. })), "{stored:?}");
        let started = Arc::new(tokio::sync::Notify::new());
        let first = stream::once({
            let started = Arc::clone(&started);
            async move {
                started.notify_one();
                Ok(bytes("some"))
            }
        });
        let name = key(name);
        let endless = first.chain(stream::pending()).boxed();
        tokio::select! {
            stored = store.put_stream(&name, endless) => panic!("stored the endless: {stored:?}"),
            () = started.notified() => {}
        }
    }
    assert_eq!(get(&store, "old").await, Some(bytes("untouched")));
    assert_eq!(names(&store, "").await, ["old"]);
}

pub async fn opening_again_finds_every_object(location: impl Location) {
    let store = location.open().await;
    for number in 0..20 {
        put(&store, &format!("some/{number}/object"), &number.to_string()).await;
    }
    drop(store);
    let store = location.open().await;
    assert_eq!(names(&store, "some/").await.len(), 20);
    for number in 0..20 {
        let found = get(&store, &format!("some/{number}/object")).await;
        assert_eq!(found, Some(bytes(&number.to_string())));
    }
}
