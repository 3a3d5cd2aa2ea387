//! Stores of objects, wherever the configuration says: a directory, or a bucket of S3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use event_archive::segments::{Archive, OpenedEpoch, Signer};
use event_archive::{
    DirectoryStore, KeyPrefix, ObjectStore, S3Credentials, S3Options, S3Store, StoreError,
};
use event_log::{LogReader, ReadLimit};
use events::{DirectoryEvent, Event, Partition};
use futures::FutureExt;
use futures::future::BoxFuture;
use platform::config::{Config, S3Settings, StorePlace};
use platform::secrets::Secrets;

use crate::cell;

/// One of the stores of an installation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Store {
    Objects,
    Keys,
    Archive,
}

impl Store {
    fn place(self, config: &Config, data: &Path) -> StorePlace {
        match self {
            Self::Objects => config.objects.url.place(data, "objects"),
            Self::Keys => config.keys.url.place(data, "keys"),
            Self::Archive => config.archive.url.place(data, "archive"),
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Objects => "objects.url",
            Self::Keys => "keys.url",
            Self::Archive => "archive.url",
        }
    }

    /// Opens it, and tries that it can be used. Boxed: the SDK's futures are nested so deeply that the
    /// compiler would not lay out those of whoever awaits them.
    pub(crate) fn open<'a>(
        self,
        config: &'a Config,
        data: &Path,
    ) -> BoxFuture<'a, Result<Arc<dyn ObjectStore>>> {
        let place = self.place(config, data);
        let failed = format!("failed to open {place} ({})", self.setting());
        async move {
            Ok(match place {
                StorePlace::Directory(path) => Arc::new(directory(path).await?) as _,
                StorePlace::Bucket { bucket, prefix } => {
                    Arc::new(s3(&config.s3, bucket, prefix).await.context(failed)?) as _
                }
            })
        }
        .boxed()
    }
}

async fn directory(path: PathBuf) -> Result<DirectoryStore, StoreError> {
    let opened = tokio::task::spawn_blocking(move || DirectoryStore::open(path));
    opened.await.expect("opening a directory does not panic")
}

async fn s3(settings: &S3Settings, bucket: String, prefix: String) -> Result<S3Store> {
    let options = S3Options {
        bucket,
        prefix: KeyPrefix::parse(prefix)?,
        region: settings.region.clone(),
        endpoint: settings.endpoint.as_ref().map(|url| url.as_str().to_owned()),
        force_path_style: settings.force_path_style,
        credentials: credentials(settings)?,
    };
    let store = S3Store::new(options).await;
    store.check().await?;
    Ok(store)
}

pub(crate) fn credentials(settings: &S3Settings) -> Result<Option<S3Credentials>> {
    match (&settings.access_key, &settings.secret_key) {
        (None, None) => Ok(None),
        (Some(access_key), Some(secret_key)) => Ok(Some(S3Credentials {
            access_key: access_key.clone(),
            secret_key: secret_key.reveal().to_owned(),
        })),
        (Some(_), None) => bail!("s3.access_key is set, s3.secret_key is not"),
        (None, Some(_)) => bail!("s3.secret_key is set, s3.access_key is not"),
    }
}

/// The archive of this installation's log. Nothing else may lie in its place: what does not belong to it
/// would be found wrong in it.
///
/// # Errors
/// What kept it from being opened.
pub async fn open_archive(config: &Config, data: &Path, secrets: &Secrets) -> Result<Archive> {
    let place = Store::Archive.place(config, data);
    for other in [Store::Objects, Store::Keys] {
        let setting = other.setting();
        ensure!(other.place(config, data) != place, "archive.url and {setting} are both {place}");
    }
    let objects = Store::Archive.open(config, data).await?;
    let signer = archive_signer(secrets).public_key();
    Archive::new(objects, cell(secrets))
        .open(&[signer])
        .await
        .map_err(|error| anyhow!("failed to {error}"))
}

/// The archive of this installation's log, and that it is the log of the newest epoch there.
///
/// # Errors
/// What kept either from being read; the log that a restore put another in place of.
pub async fn open_archive_of(
    log: &dyn LogReader,
    config: &Config,
    data: &Path,
    secrets: &Secrets,
) -> Result<Archive> {
    let archive = open_archive(config, data, secrets).await?;
    if let Some(newest) = archive.epochs().last() {
        ensure!(
            opens(log, newest).await.context("failed to read the log")?,
            "{} is the log of an epoch that is over: epoch {} was opened with {} in its place \
             (archive.url says so)",
            config.log.url,
            newest.epoch,
            newest.log
        );
    }
    Ok(archive)
}

/// Whether the log holds the beginning of the epoch.
async fn opens(log: &dyn LogReader, epoch: &OpenedEpoch) -> Result<bool> {
    let at = epoch.begins_at(Partition::DIRECTORY);
    if log.ends(&[Partition::DIRECTORY]).await?.iter().all(|end| *end <= at) {
        return Ok(false);
    }
    let limit = ReadLimit { records_max: 1, ..ReadLimit::default() };
    let found = log.read(Partition::DIRECTORY, at, limit).await?;
    let event = found.first().and_then(|record| events::decode(record).ok());
    Ok(matches!(event, Some((_, Event::Directory(DirectoryEvent::EpochOpened(opened))))
        if opened.c.epoch == epoch.epoch))
}

/// Who signs the archive's digests: whoever has the secrets of the cell.
pub fn archive_signer(secrets: &Secrets) -> Signer {
    Signer::from_seed(&secrets.mac("archive.digest", b"seed"))
}
