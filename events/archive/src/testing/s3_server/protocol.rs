//! The operations of the protocol that the server knows.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::objects::{Folder, Objects, PAGE_KEYS_MAX, Put};

/// Bytes of one piece of an answer.
const PIECE_BYTES: usize = 64 << 10;

pub(super) struct Protocol {
    pub(super) bucket: String,
    pub(super) objects: watch::Sender<Objects>,
}

impl Protocol {
    fn check(&self, bucket: &str) -> S3Result<()> {
        if bucket == self.bucket { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
    }

    fn find(&self, bucket: &str, key: &str) -> S3Result<Bytes> {
        self.check(bucket)?;
        self.objects.borrow().get(key).ok_or_else(|| s3_error!(NoSuchKey))
    }

    /// Changes the objects; whoever waits for a change of them sees it.
    fn change<T>(&self, change: impl FnOnce(&mut Objects) -> T) -> T {
        let mut changed = None;
        self.objects.send_modify(|objects| changed = Some(change(objects)));
        changed.expect("the change was made")
    }
}

#[async_trait::async_trait]
impl S3 for Protocol {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        self.check(&input.bucket)?;
        let only_if_absent = matches!(input.if_none_match, Some(IfNoneMatch::Any));
        let body = collect(input.body).await?;
        let e_tag = Some(e_tag(&body));
        match self.change(|objects| objects.put(input.key, body, only_if_absent)) {
            Put::Done => Ok(S3Response::new(PutObjectOutput { e_tag, ..Default::default() })),
            Put::Exists => Err(s3_error!(PreconditionFailed)),
            Put::Conflict => Err(s3_error!(ConditionalRequestConflict)),
        }
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let whole = self.find(&input.bucket, &input.key)?;
        let size = whole.len() as u64;
        let part = input.range.map(|range| range.check(size)).transpose()?;
        let content_range =
            part.as_ref().map(|part| format!("bytes {}-{}/{size}", part.start, part.end - 1));
        let part = part.unwrap_or(0..size);
        let body = whole.slice(part.start as usize..part.end as usize);
        Ok(S3Response::new(GetObjectOutput {
            content_length: Some(body.len() as i64),
            content_range,
            e_tag: Some(e_tag(&whole)),
            body: Some(pieces(body)),
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let whole = self.find(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(whole.len() as i64),
            e_tag: Some(e_tag(&whole)),
            ..Default::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.check(&request.input.bucket)?;
        self.change(|objects| objects.delete(&request.input.key));
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        self.check(&input.bucket)?;
        let asked = input.max_keys.and_then(|max| usize::try_from(max).ok());
        let folder =
            Folder { prefix: input.prefix.unwrap_or_default(), delimiter: input.delimiter };
        let after = input.continuation_token.or(input.start_after).unwrap_or_default();
        let max = asked.unwrap_or(PAGE_KEYS_MAX).min(PAGE_KEYS_MAX);
        let page = self.objects.borrow().page(&folder, &after, max);
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: Some((page.keys.len() + page.folders.len()) as i32),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next,
            contents: Some(page.keys.into_iter().map(listed).collect()),
            common_prefixes: Some(page.folders.into_iter().map(common_prefix).collect()),
            ..Default::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        self.check(&input.bucket)?;
        let upload_id = Some(self.change(Objects::begin_upload));
        let (bucket, key) = (Some(input.bucket), Some(input.key));
        let begun = CreateMultipartUploadOutput { bucket, key, upload_id, ..Default::default() };
        Ok(S3Response::new(begun))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        self.check(&input.bucket)?;
        let checksum_crc32 = input.checksum_crc32;
        let body = collect(input.body).await?;
        let e_tag = Some(e_tag(&body));
        self.change(|objects| objects.add_part(&input.upload_id, input.part_number, body))
            .ok_or_else(|| s3_error!(NoSuchUpload))?;
        let added = UploadPartOutput { e_tag, checksum_crc32, ..Default::default() };
        Ok(S3Response::new(added))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        self.check(&input.bucket)?;
        self.change(|objects| objects.complete_upload(&input.upload_id, input.key))
            .ok_or_else(|| s3_error!(NoSuchUpload))?;
        Ok(S3Response::new(CompleteMultipartUploadOutput::default()))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.check(&request.input.bucket)?;
        self.change(|objects| objects.abort_upload(&request.input.upload_id))
            .ok_or_else(|| s3_error!(NoSuchUpload))?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut whole = BytesMut::new();
    let Some(mut body) = body else { return Ok(Bytes::new()) };
    while let Some(piece) = body.next().await {
        whole.extend_from_slice(&piece.map_err(|_| s3_error!(IncompleteBody))?);
    }
    Ok(whole.freeze())
}

fn pieces(mut body: Bytes) -> StreamingBlob {
    let mut pieces = Vec::new();
    while !body.is_empty() {
        pieces.push(Ok::<_, std::io::Error>(body.split_to(body.len().min(PIECE_BYTES))));
    }
    StreamingBlob::wrap(stream::iter(pieces))
}

fn e_tag(body: &[u8]) -> ETag {
    let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(body)[..16]);
    ETag::Strong(hash)
}

fn listed((key, size): (String, usize)) -> Object {
    Object { key: Some(key), size: Some(size as i64), ..Default::default() }
}

fn common_prefix(folder: String) -> CommonPrefix {
    CommonPrefix { prefix: Some(folder) }
}
