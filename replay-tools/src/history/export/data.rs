//! The bytes of files, opened, in the folder `data`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use event_archive::ObjectKey;
use events::channel::FileUploaded;
use events::{Body, FileId};
use futures::TryStreamExt;
use sealing::FileKey;
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::collect::Collected;
use crate::history::source::Source;

/// What was copied.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// Where the bytes of a file are, below the export's folder.
    pub paths: BTreeMap<FileId, String>,
    /// Files whose key or object is gone.
    pub missing: usize,
}

/// Copies the files that posts of the export show.
///
/// # Errors
/// The objects cannot be read, or the folder cannot be written.
pub(super) async fn copy(source: &Source, collected: &Collected, out: &Path) -> Result<Copied> {
    let mut copied = Copied::default();
    for channel in &collected.channels {
        let versions = channel.posts.values().flat_map(|post| &post.versions);
        let shown = versions.flat_map(|version| &version.files);
        for (file, _) in shown {
            if copied.paths.contains_key(&file.file_id) {
                continue;
            }
            let path = format!("data/{}/{}", file.file_id, name(channel.files.get(&file.file_id)));
            let uploaded = channel.files.get(&file.file_id);
            let there = match uploaded {
                Some(uploaded) => copy_one(source, uploaded, &out.join(&path)).await?,
                None => false,
            };
            if there {
                copied.paths.insert(file.file_id, path);
            } else {
                copied.missing += 1;
            }
        }
    }
    Ok(copied)
}

/// The file's name as one of a file here: it says nothing of folders, and hides nothing.
fn name(uploaded: Option<&Body<FileUploaded>>) -> String {
    let name = uploaded.map_or("", |uploaded| uploaded.p.name.as_str());
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let name: String = name.chars().map(|c| if kept(c) { c } else { '_' }).take(100).collect();
    let name = name.trim_start_matches(['.', ' ']).to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// Whether the bytes are there.
async fn copy_one(source: &Source, uploaded: &Body<FileUploaded>, to: &Path) -> Result<bool> {
    let Ok(key) = FileKey::parse(&uploaded.p.key) else { return Ok(false) };
    let object = ObjectKey::parse(uploaded.c.object.as_str())?;
    let size = u64::try_from(uploaded.c.file.size).unwrap_or(0);
    let sealed = FileKey::sealed_range(&(0..size.max(1)), size.max(1));
    let Some(body) = source.objects.get_range(&object, sealed).await? else { return Ok(false) };
    let failed =
        || format!("failed to copy the file {} to {}", uploaded.c.file.file_id, to.display());
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).await.with_context(failed)?;
    }
    let mut file = fs::File::create(to).await.with_context(failed)?;
    if size > 0 {
        let mut plain = key.open(body.bytes, 0..size, size);
        while let Some(piece) = plain.try_next().await.with_context(failed)? {
            file.write_all(&piece).await.with_context(failed)?;
        }
    }
    file.flush().await.with_context(failed)?;
    Ok(true)
}
