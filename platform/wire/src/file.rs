//! Facts about uploaded files.

use events::channel::{AttachedFile, FileDetails, FileUploaded};
use events::{ChannelId, FileId, Id, PostId, UserId};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::ids::or_empty;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileInfo {
    pub id: FileId,
    pub user_id: UserId,
    #[serde(serialize_with = "or_empty")]
    #[schemars(with = "String")]
    pub post_id: Option<PostId>,
    pub channel_id: ChannelId,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub name: String,
    pub extension: String,
    pub size: i64,
    pub mime_type: String,
    pub width: i32,
    pub height: i32,
    pub has_preview_image: bool,
    pub mini_preview: Option<String>,
    pub remote_id: &'static str,
    pub archived: bool,
}

impl FileInfo {
    /// A file as it stands in a post, or, with no post yet, as it was uploaded.
    pub fn new(
        file: &AttachedFile,
        name: &str,
        owner: UserId,
        channel_id: ChannelId,
        post_id: Option<PostId>,
        at: i64,
    ) -> Self {
        Self {
            id: file.file_id,
            user_id: owner,
            post_id,
            channel_id,
            create_at: at,
            update_at: at,
            delete_at: 0,
            name: name.to_owned(),
            extension: file.extension.clone(),
            size: file.size,
            mime_type: file.mime_type.clone(),
            width: file.width,
            height: file.height,
            has_preview_image: file.has_preview,
            mini_preview: None,
            remote_id: "",
            archived: false,
        }
    }

    /// With a tiny preview in base64, empty for none.
    #[must_use]
    pub fn with_mini_preview(mut self, mini_preview: &str) -> Self {
        self.mini_preview = (!mini_preview.is_empty()).then(|| mini_preview.to_owned());
        self
    }

    pub fn from_uploaded(c: &FileUploaded, p: &FileDetails, at: i64) -> Self {
        Self::new(&c.file, &p.name, c.owner_id, c.channel_id, None, at)
            .with_mini_preview(&p.mini_preview)
    }
}

/// The answer of a search for files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileInfoList {
    /// Newest first.
    pub order: Vec<FileId>,
    #[serde(serialize_with = "by_id")]
    #[schemars(with = "std::collections::BTreeMap<FileId, FileInfo>")]
    pub file_infos: Vec<FileInfo>,
    pub next_file_info_id: &'static str,
    pub prev_file_info_id: &'static str,
    pub first_inaccessible_file_time: i64,
}

impl FileInfoList {
    /// In the order of `files`.
    pub fn new(files: Vec<FileInfo>) -> Self {
        let order = files.iter().map(|file| file.id).collect();
        Self { order, file_infos: files, ..Self::default() }
    }
}

fn by_id<S: Serializer>(files: &[FileInfo], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(files.iter().map(|file| (file.id, file)))
}

/// The answer of `POST /files`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileUploadResult {
    pub file_infos: Vec<FileInfo>,
    pub client_ids: Vec<String>,
}

/// A file that comes in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UploadSession {
    pub id: Id,
    pub r#type: &'static str,
    pub create_at: i64,
    pub user_id: UserId,
    pub channel_id: ChannelId,
    pub filename: String,
    pub file_size: u64,
    /// Bytes that have come.
    pub file_offset: u64,
    pub remote_id: &'static str,
    pub req_file_id: &'static str,
}

impl UploadSession {
    pub fn new(
        id: Id,
        user_id: UserId,
        channel_id: ChannelId,
        filename: String,
        file_size: u64,
        create_at: i64,
        file_offset: u64,
    ) -> Self {
        Self {
            id,
            r#type: "attachment",
            create_at,
            user_id,
            channel_id,
            filename,
            file_size,
            file_offset,
            remote_id: "",
            req_file_id: "",
        }
    }
}
