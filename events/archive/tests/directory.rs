//! The directory adapter keeps the contract, and its files where they belong.

use std::fs::{self, File};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use event_archive::testing::contract::Location;
use event_archive::{DirectoryStore, KeyPrefix, ObjectKey, ObjectStore, StoreError};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use tempfile::TempDir;

struct OnDisk(TempDir);

impl OnDisk {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn store(&self) -> DirectoryStore {
        DirectoryStore::open(self.0.path()).expect("the store opens")
    }
}

impl Location for OnDisk {
    fn open(&self) -> BoxFuture<'_, Arc<dyn ObjectStore>> {
        ready(Arc::new(self.store()) as Arc<dyn ObjectStore>).boxed()
    }
}

mod contract {
    use super::*;

    event_archive::contract_tests!(OnDisk::new());
}

#[tokio::test]
async fn nothing_but_the_object_is_left_behind() {
    let at = OnDisk::new();
    let key = ObjectKey::parse("a/b/c").unwrap();
    let store = at.store();
    store.put(&key, Bytes::from_static(b"1")).await.unwrap();
    store.put_if_absent(&key, Bytes::from_static(b"2")).await.unwrap();
    assert_eq!(fs::read_dir(at.0.path().join(".aside")).unwrap().count(), 0);
    assert_eq!(fs::read(at.0.path().join("a/b/c")).unwrap(), b"1");
}

#[tokio::test]
async fn opening_clears_what_a_dead_process_left_and_spares_what_is_being_written() {
    let at = OnDisk::new();
    drop(at.store());
    let (old, new) = (at.0.path().join(".aside/old"), at.0.path().join(".aside/new"));
    fs::write(&new, "").unwrap();
    let day_before_yesterday =
        fs::metadata(&new).unwrap().modified().unwrap() - Duration::from_secs(48 * 3600);
    age(&old, day_before_yesterday);
    drop(at.store());
    assert!(!old.exists());
    assert!(new.exists());
}

fn age(file: &std::path::Path, to: SystemTime) {
    let file = File::create(file).expect("the file is created");
    file.set_modified(to).expect("the time is set");
}

#[tokio::test]
async fn files_that_are_no_objects_are_not_listed() {
    let at = OnDisk::new();
    let store = at.store();
    fs::write(at.0.path().join(".hidden"), "").unwrap();
    fs::write(at.0.path().join("with space"), "").unwrap();
    assert!(store.list(&KeyPrefix::ALL).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_that_is_a_folder_is_an_error_and_harms_nothing() {
    let at = OnDisk::new();
    let store = at.store();
    let inner = ObjectKey::parse("a/b").unwrap();
    let folder = ObjectKey::parse("a").unwrap();
    store.put(&inner, Bytes::from_static(b"1")).await.unwrap();
    assert!(store.put(&folder, Bytes::from_static(b"2")).await.is_err());
    assert!(store.get(&folder).await.is_err());
    assert!(store.get_range(&folder, 0..1).await.is_err());
    assert_eq!(store.get(&inner).await.unwrap(), Some(Bytes::from_static(b"1")));
}

#[test]
fn a_directory_that_cannot_be_used_is_refused_at_once_and_named() {
    let at = OnDisk::new();
    let file = at.0.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = DirectoryStore::open(file.join("objects")).expect_err("a file is no directory");
    assert!(matches!(refused, StoreError::Open { .. }));
    assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
}
