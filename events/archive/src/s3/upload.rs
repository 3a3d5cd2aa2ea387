//! Objects of unknown size, stored in parts.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream as Body;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use super::S3Store;
use super::errors::Failure;
use crate::key::ObjectKey;
use crate::port::{ByteStream, StoreError};

/// Bytes of a part; what is smaller is stored at once. With S3's 10,000 parts an object has up to 78 GiB.
const PART_BYTES: usize = 8 << 20;

impl S3Store {
    pub(super) async fn store_stream(
        &self,
        key: &ObjectKey,
        body: ByteStream<'_>,
    ) -> Result<u64, StoreError> {
        let mut parts = Parts { key, body, buffered: BytesMut::new() };
        let first = parts.next().await?;
        let mut size = first.len() as u64;
        if first.len() < PART_BYTES {
            self.store(key, first).await?;
            return Ok(size);
        }
        let mut upload = Upload::begin(self, key).await?;
        let stored = async {
            let mut part = first;
            while !part.is_empty() {
                upload.add(key, part).await?;
                part = parts.next().await?;
                size += part.len() as u64;
            }
            upload.complete(key).await
        };
        match stored.await {
            Ok(()) => Ok(size),
            Err(failed) => {
                upload.abort().await;
                Err(failed)
            }
        }
    }
}

/// A body cut into parts: all but the last of [`PART_BYTES`].
struct Parts<'a> {
    key: &'a ObjectKey,
    body: ByteStream<'a>,
    buffered: BytesMut,
}

impl Parts<'_> {
    /// The next part, empty behind the last.
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        while self.buffered.len() < PART_BYTES {
            let Some(piece) = self.body.next().await else { break };
            let failed = |source| StoreError::Body { key: self.key.clone(), source };
            self.buffered.extend_from_slice(&piece.map_err(failed)?);
        }
        let len = self.buffered.len().min(PART_BYTES);
        Ok(self.buffered.split_to(len).freeze())
    }
}

/// An upload in parts. Dropped before it is complete, it is aborted behind the scenes; what a killed
/// process leaves is for the bucket's lifecycle rule.
struct Upload {
    client: Client,
    bucket: String,
    name: String,
    id: String,
    parts: Vec<CompletedPart>,
    over: bool,
}

impl Upload {
    async fn begin(store: &S3Store, key: &ObjectKey) -> Result<Self, StoreError> {
        let (client, bucket, name) = (store.client.clone(), store.bucket.clone(), store.name(key));
        // The checksum that the SDK gives each part by default.
        let request = client.create_multipart_upload().bucket(&bucket).key(&name);
        let begun = request.checksum_algorithm(ChecksumAlgorithm::Crc32).send().await;
        let begun = begun.map_err(|failure| failure.of("store", key))?;
        let id = begun.upload_id().unwrap_or_default().to_owned();
        Ok(Self { client, bucket, name, id, parts: Vec::new(), over: false })
    }

    async fn add(&mut self, key: &ObjectKey, part: Bytes) -> Result<(), StoreError> {
        let number = self.parts.len() as i32 + 1;
        let request = self.client.upload_part().bucket(&self.bucket).key(&self.name);
        let request = request.upload_id(&self.id).part_number(number).body(Body::from(part));
        let added = request.send().await.map_err(|failure| failure.of("store", key))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(added.e_tag)
            .set_checksum_crc32(added.checksum_crc32)
            .build();
        self.parts.push(part);
        Ok(())
    }

    async fn complete(&mut self, key: &ObjectKey) -> Result<(), StoreError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.name);
        let completed = request.upload_id(&self.id).multipart_upload(parts).send().await;
        completed.map_err(|failure| failure.of("store", key))?;
        self.over = true;
        Ok(())
    }

    async fn abort(mut self) {
        self.over = true;
        abort(&self.client, &self.bucket, &self.name, &self.id).await;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let client = self.client.clone();
        let [bucket, name, id] =
            [&mut self.bucket, &mut self.name, &mut self.id].map(std::mem::take);
        runtime.spawn(async move { abort(&client, &bucket, &name, &id).await });
    }
}

/// The parts take room until the upload is aborted, by us or by the bucket's lifecycle rule.
async fn abort(client: &Client, bucket: &str, name: &str, id: &str) {
    let request = client.abort_multipart_upload().bucket(bucket).key(name).upload_id(id);
    if let Err(failure) = request.send().await {
        let error = failure.into_io();
        tracing::warn!(object.key = name, %error, "an upload that failed could not be aborted");
    }
}
