//! A log that is made as a copy of another.

use std::path::Path;

use events::SharedRecord;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

use super::directory::Marker;
use super::{EmbeddedLog, EmbeddedOptions, OpenError};
use crate::copying::{CopyError, CopyTarget, again, check_place};
use crate::port::LogReader;

/// A directory into which a log is copied. While its marker says so, it opens as no log.
#[derive(Debug)]
pub struct EmbeddedCopy {
    log: EmbeddedLog,
}

impl EmbeddedCopy {
    /// Opens `dir`, which is created if need be; what is there stays as it is. Blocks for disk work.
    ///
    /// # Errors
    /// As [`EmbeddedLog::open`], but for an unfinished copy.
    pub fn open(dir: impl AsRef<Path>, options: EmbeddedOptions) -> Result<Self, OpenError> {
        let log = EmbeddedLog::open_as(Marker::UnfinishedCopy, dir.as_ref(), options)?;
        Ok(Self { log })
    }

    /// Blocks for two small writes, which nobody else waits for.
    fn mark(&self, marker: Marker) -> Result<(), CopyError> {
        let marked = self.log.inner.store.mark(marker);
        marked.map_err(|error| CopyError::Target(format!("failed to mark the directory: {error}")))
    }
}

impl CopyTarget for EmbeddedCopy {
    fn reader(&self) -> &dyn LogReader {
        &self.log
    }

    fn begin(&self) -> BoxFuture<'_, Result<(), CopyError>> {
        ready(self.mark(Marker::UnfinishedCopy)).boxed()
    }

    fn put(&self, records: Vec<SharedRecord>) -> BoxFuture<'_, Result<(), CopyError>> {
        async move {
            let mut written = Vec::with_capacity(records.len());
            for record in &records {
                let queued =
                    self.log.enqueue(record.partition, again(record), Some(record.appended_ms));
                written.push(queued.map_err(|error| CopyError::Target(error.to_string()))?);
            }
            for (record, outcome) in records.iter().zip(written) {
                match outcome.await {
                    Ok(Ok(appended)) => check_place(record, appended.offset)?,
                    Ok(Err(error)) => return Err(CopyError::Target(error.to_string())),
                    Err(_) => return Err(CopyError::Target("the writer has stopped".into())),
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), CopyError>> {
        ready(self.mark(Marker::Log)).boxed()
    }
}
