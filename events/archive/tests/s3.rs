//! The S3 adapter keeps the contract against a server of the protocol, and does what only S3 asks of it.

use std::sync::Arc;

use bytes::Bytes;
use event_archive::testing::S3Server;
use event_archive::testing::contract::Location;
use event_archive::{
    KeyPrefix, ObjectKey, ObjectStore, PutOutcome, S3Credentials, S3Options, S3Store, StoreError,
};
use futures::future::{BoxFuture, join_all};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::OnceCell;

const PART_BYTES: usize = 8 << 20;

/// A server that starts with the first opening: only then is there a runtime.
#[derive(Default)]
struct InS3(OnceCell<S3Server>);

impl Location for InS3 {
    fn open(&self) -> BoxFuture<'_, Arc<dyn ObjectStore>> {
        async {
            let server = self.0.get_or_init(S3Server::start).await;
            Arc::new(server.store().await) as Arc<dyn ObjectStore>
        }
        .boxed()
    }
}

mod contract {
    use super::*;

    event_archive::contract_tests!(InS3::default());
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("a name")
}

async fn with_prefix(server: &S3Server, prefix: &str) -> S3Store {
    let prefix = KeyPrefix::parse(prefix).expect("a folder");
    S3Store::new(S3Options { prefix, ..server.options() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixteen_tasks_that_race_for_two_names_one_wins_each() {
    let server = S3Server::start().await;
    let store = server.store().await;
    let puts = (0..16).map(|task: u8| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut won = [0; 2];
            for (name, won) in ["race/a", "race/b"].into_iter().zip(&mut won) {
                let outcome = store.put_if_absent(&key(name), Bytes::from(vec![task])).await;
                *won = usize::from(outcome.expect("the put succeeds") == PutOutcome::Written);
            }
            won
        })
    });
    let won: Vec<[usize; 2]> =
        join_all(puts).await.into_iter().map(|task| task.expect("the task ends")).collect();
    assert_eq!(won.iter().map(|won| won[0]).sum::<usize>(), 1, "{won:?}");
    assert_eq!(won.iter().map(|won| won[1]).sum::<usize>(), 1, "{won:?}");
}

#[tokio::test]
async fn a_conditional_put_that_meets_another_is_tried_again_a_few_times() {
    let server = S3Server::start().await;
    let store = server.store().await;
    server.let_conditional_puts_conflict(3);
    let outcome = store.put_if_absent(&key("a"), Bytes::from_static(b"1")).await;
    assert_eq!(outcome.unwrap(), PutOutcome::Written);
    server.let_conditional_puts_conflict(usize::MAX);
    let outcome = store.put_if_absent(&key("b"), Bytes::from_static(b"1")).await;
    let refused = outcome.expect_err("the conflict does not end").to_string();
    assert!(refused.contains("object b: ConditionalRequestConflict"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_of_many_pages_is_whole_and_sorted() {
    const OBJECTS: usize = 2_345;
    let server = S3Server::start().await;
    let store = server.store().await;
    let names: Vec<_> = (0..OBJECTS).map(|n| key(&format!("many/{n:05}"))).collect();
    let puts = names.iter().map(|name| store.put(name, Bytes::new()));
    let put: Vec<_> = stream::iter(puts).buffer_unordered(16).collect().await;
    assert!(put.iter().all(Result::is_ok));
    store.put(&key("other/1"), Bytes::new()).await.unwrap();
    assert_eq!(store.list(&KeyPrefix::parse("many/").unwrap()).await.unwrap(), names);
    assert_eq!(store.list(&KeyPrefix::ALL).await.unwrap().len(), OBJECTS + 1);
}

#[tokio::test]
async fn wrong_credentials_are_an_error_that_names_the_object() {
    let server = S3Server::start().await;
    let credentials = S3Credentials { secret_key: "wrong".into(), ..pair(&server) };
    let store =
        S3Store::new(S3Options { credentials: Some(credentials), ..server.options() }).await;
    let refused = store.get(&key("some/object")).await.expect_err("the signature is wrong");
    let text = refused.to_string();
    assert!(text.contains("read the object some/object: SignatureDoesNotMatch"), "{text}");
    let StoreError::Object { source, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(source.kind(), std::io::ErrorKind::PermissionDenied);
    assert!(store.put(&key("some/object"), Bytes::new()).await.is_err());
    assert!(store.size(&key("some/object")).await.is_err());
    assert!(store.check().await.is_err());
}

fn pair(server: &S3Server) -> S3Credentials {
    server.options().credentials.expect("the server has a key pair")
}

#[test]
fn the_secret_key_is_not_shown() {
    let pair = S3Credentials { access_key: "public".into(), secret_key: "hidden".into() };
    let shown = format!("{pair:?}");
    assert!(shown.contains("public") && !shown.contains("hidden"), "{shown}");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_an_error_and_no_missing_object() {
    let server = S3Server::start().await;
    server.store().await.check().await.unwrap();
    let store = S3Store::new(S3Options { bucket: "another".into(), ..server.options() }).await;
    let refused = store.get(&key("a")).await.expect_err("there is no bucket").to_string();
    assert!(refused.contains("NoSuchBucket"), "{refused}");
    let refused = store.check().await.expect_err("there is no bucket").to_string();
    assert!(refused.starts_with("the bucket another cannot be used: NoSuchBucket"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_that_names_the_object() {
    let server = S3Server::start().await;
    let endpoint = "http://127.0.0.1:1".to_owned();
    let store = S3Store::new(S3Options { endpoint: Some(endpoint), ..server.options() }).await;
    let refused = store.put(&key("a/b"), Bytes::new()).await.expect_err("nobody listens");
    let text = refused.to_string();
    assert!(text.starts_with("failed to store the object a/b: dispatch failure: "), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn a_prefix_is_a_store_of_its_own() {
    let server = S3Server::start().await;
    let (one, other) =
        (with_prefix(&server, "cell-1/").await, with_prefix(&server, "cell-2/").await);
    one.put(&key("a"), Bytes::from_static(b"1")).await.unwrap();
    assert_eq!(other.get(&key("a")).await.unwrap(), None);
    assert_eq!(other.list(&KeyPrefix::ALL).await.unwrap(), []);
    assert_eq!(one.list(&KeyPrefix::ALL).await.unwrap(), [key("a")]);
    assert_eq!(server.names(), ["cell-1/a"]);
}

#[tokio::test]
async fn a_body_of_several_parts_comes_back_whole() {
    let server = S3Server::start().await;
    let store = server.store().await;
    for size in [PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 12_345] {
        let whole: Bytes = (0..size).map(|at| (at % 251) as u8).collect();
        let pieces: Vec<_> =
            whole.chunks(1 << 20).map(|piece| Ok(whole.slice_ref(piece))).collect();
        let stored = store.put_stream(&key("large"), stream::iter(pieces).boxed()).await.unwrap();
        assert_eq!(stored, size as u64);
        assert!(store.get(&key("large")).await.unwrap() == Some(whole), "{size} bytes");
    }
    server.every_upload_over(3).await;
}

#[tokio::test]
async fn an_upload_whose_body_fails_leaves_no_parts() {
    let server = S3Server::start().await;
    let store = server.store().await;
    let part = Bytes::from(vec![0; PART_BYTES]);
    let failing = [Ok(part), Err(std::io::Error::other("the upload broke off"))];
    let stored = store.put_stream(&key("large"), stream::iter(failing).boxed()).await;
    assert!(matches!(stored, Err(StoreError::Body { .. })), "{stored:?}");
    server.every_upload_over(1).await;
    assert!(server.names().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_given_up_leaves_no_parts() {
    let server = S3Server::start().await;
    let store = server.store().await;
    let (asked_for_more, more_wanted) = tokio::sync::oneshot::channel();
    let part = stream::once(async { Ok(Bytes::from(vec![0; PART_BYTES])) });
    let rest = stream::once(async move {
        asked_for_more.send(()).expect("the test waits");
        futures::future::pending().await
    });
    let name = key("large");
    let upload = store.put_stream(&name, part.chain(rest).boxed());
    tokio::select! {
        stored = upload => panic!("stored the endless: {stored:?}"),
        wanted = more_wanted => wanted.expect("the body is read"),
    }
    server.every_upload_over(1).await;
    assert!(server.names().is_empty());
}
