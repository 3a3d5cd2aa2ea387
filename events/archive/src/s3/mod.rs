//! Objects in a bucket of S3, or of a store that speaks its protocol.
//!
//! Every request has a bound: 5 s to connect, 30 s to the first byte of an answer, 60 s for an attempt,
//! 4 minutes with its repetitions. The SDK repeats what may be repeated (up to four attempts, 100 ms to
//! 5 s apart, growing, with jitter) and checks what is sent and received by CRC. A body that is being
//! read has no bound as a whole; one that stalls is an error (the SDK's stall protection).

mod errors;
mod options;
mod ranges;
mod upload;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream as Body;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

pub use options::{S3Credentials, S3Options, sdk_config};

use crate::key::{KeyPrefix, ObjectKey};
use crate::port::{ByteStream, Entries, ObjectBody, ObjectStore, PutOutcome, StoreError};
use errors::{Failure, status};

/// A conditional put that meets another one in flight is tried so often, first after so long, then
/// after twice that, and so on: 2.5 s in all.
const CONFLICTS_MAX: u32 = 8;
const CONFLICT_PAUSE: Duration = Duration::from_millis(20);

const CONFLICT: u16 = 409;
const PRECONDITION_FAILED: u16 = 412;

/// An [`ObjectStore`] in a bucket.
///
/// Of a conditional put whose answer is lost the SDK's repetition finds the object that the first
/// attempt stored: that is [`PutOutcome::AlreadyThere`]. Who must know whose object it is compares it.
#[derive(Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
    prefix: KeyPrefix,
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix.as_str())
            .finish_non_exhaustive()
    }
}

impl S3Store {
    /// A store that has tried nothing yet; without credentials in the options it looks for the usual ones
    /// of AWS (environment, profile, web identity, container, instance) when it needs them.
    pub async fn new(options: S3Options) -> Self {
        let client = Client::from_conf(options::config(&options).await);
        Self { client, bucket: options.bucket, prefix: options.prefix }
    }

    /// Tries that the bucket is there and may be listed.
    pub async fn check(&self) -> Result<(), StoreError> {
        let tried = self.client.list_objects_v2().bucket(&self.bucket).max_keys(1);
        let tried = tried.prefix(self.prefix.as_str()).send().await;
        tried.map(drop).map_err(|failure| StoreError::Bucket {
            bucket: self.bucket.clone(),
            source: failure.into_io(),
        })
    }

    /// The name in the bucket.
    fn name(&self, key: &ObjectKey) -> String {
        format!("{}{key}", self.prefix.as_str())
    }

    /// The object of a name in the bucket, if it is one of ours.
    fn key(&self, name: &str) -> Option<ObjectKey> {
        ObjectKey::parse(name.strip_prefix(self.prefix.as_str())?).ok()
    }

    /// The folder of a name in the bucket, likewise.
    fn folder(&self, name: &str) -> Option<KeyPrefix> {
        KeyPrefix::parse(name.strip_prefix(self.prefix.as_str())?).ok()
    }

    async fn store(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), StoreError> {
        let request = self.client.put_object().bucket(&self.bucket).key(self.name(key));
        let stored = request.body(Body::from(bytes)).send().await;
        stored.map(drop).map_err(|failure| failure.of("store", key))
    }

    async fn store_if_absent(
        &self,
        key: &ObjectKey,
        bytes: Bytes,
    ) -> Result<PutOutcome, StoreError> {
        let mut pause = CONFLICT_PAUSE;
        for _ in 1..CONFLICTS_MAX {
            match self.try_store_if_absent(key, bytes.clone()).await {
                Err(failure) if status(&failure) == Some(CONFLICT) => {}
                outcome => return outcome.map_err(|failure| failure.of("store", key)),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        let outcome = self.try_store_if_absent(key, bytes).await;
        outcome.map_err(|failure| failure.of("store", key))
    }

    async fn try_store_if_absent(
        &self,
        key: &ObjectKey,
        bytes: Bytes,
    ) -> Result<PutOutcome, SdkError<impl errors::Described>> {
        let request = self.client.put_object().bucket(&self.bucket).key(self.name(key));
        match request.if_none_match("*").body(Body::from(bytes)).send().await {
            Ok(_) => Ok(PutOutcome::Written),
            Err(failure) if status(&failure) == Some(PRECONDITION_FAILED) => {
                Ok(PutOutcome::AlreadyThere)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn read(&self, key: &ObjectKey) -> Result<Option<Bytes>, StoreError> {
        let request = self.client.get_object().bucket(&self.bucket).key(self.name(key));
        let object = match request.send().await {
            Ok(object) => object,
            Err(failure) if failure.is_missing_object() => return Ok(None),
            Err(failure) => return Err(failure.of("read", key)),
        };
        let body = object.body.collect().await;
        let body = body.map_err(|broken| errors::object("read", key, std::io::Error::from(broken)));
        Ok(Some(body?.into_bytes()))
    }

    async fn examine(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let request = self.client.head_object().bucket(&self.bucket).key(self.name(key));
        match request.send().await {
            Ok(head) => Ok(Some(ranges::length(head.content_length()))),
            Err(failure) if failure.is_missing_object() => Ok(None),
            Err(failure) => Err(failure.of("examine", key)),
        }
    }

    /// What is in a folder, up to the next delimiter where there is one.
    async fn listing(
        &self,
        prefix: &KeyPrefix,
        delimiter: Option<String>,
    ) -> Result<Entries, StoreError> {
        let folder = format!("{}{}", self.prefix.as_str(), prefix.as_str());
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(folder);
        let mut pages = request.set_delimiter(delimiter).into_paginator().send();
        let mut entries = Entries::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|failure| StoreError::List {
                prefix: prefix.clone(),
                source: failure.into_io(),
            })?;
            let names = page.contents().iter().filter_map(|object| object.key());
            entries.objects.extend(names.filter_map(|name| self.key(name)));
            let names = page.common_prefixes().iter().filter_map(|folder| folder.prefix());
            entries.folders.extend(names.filter_map(|name| self.folder(name)));
        }
        entries.objects.sort();
        entries.folders.sort();
        Ok(entries)
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(self.name(key));
        match request.send().await {
            Err(failure) if !failure.is_missing_object() => Err(failure.of("delete", key)),
            _ => Ok(()),
        }
    }
}

impl ObjectStore for S3Store {
    fn put<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store(key, bytes).boxed()
    }

    fn put_if_absent<'a>(
        &'a self,
        key: &'a ObjectKey,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<PutOutcome, StoreError>> {
        self.store_if_absent(key, bytes).boxed()
    }

    fn put_stream<'a>(
        &'a self,
        key: &'a ObjectKey,
        body: ByteStream<'a>,
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.store_stream(key, body).boxed()
    }

    fn get<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.read(key).boxed()
    }

    fn size<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        self.examine(key).boxed()
    }

    fn get_range<'a>(
        &'a self,
        key: &'a ObjectKey,
        range: Range<u64>,
    ) -> BoxFuture<'a, Result<Option<ObjectBody>, StoreError>> {
        self.read_range(key, range).boxed()
    }

    fn list<'a>(
        &'a self,
        prefix: &'a KeyPrefix,
    ) -> BoxFuture<'a, Result<Vec<ObjectKey>, StoreError>> {
        async move { Ok(self.listing(prefix, None).await?.objects) }.boxed()
    }

    fn entries<'a>(&'a self, prefix: &'a KeyPrefix) -> BoxFuture<'a, Result<Entries, StoreError>> {
        self.listing(prefix, Some("/".to_owned())).boxed()
    }

    fn delete<'a>(&'a self, key: &'a ObjectKey) -> BoxFuture<'a, Result<(), StoreError>> {
        self.remove(key).boxed()
    }
}
