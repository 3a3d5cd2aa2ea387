//! The signed digest of each hour, once everything of it is archived.

use std::sync::Arc;

use event_archive::segments::{ArchiveError, DigestOutcome};
use events::Partition;
use tokio::task::JoinHandle;

use super::failure::Failure;
use super::hours::Hours;
use super::session::Session;
use super::{Clock, Deps, telemetry};

#[derive(Default)]
pub(super) struct Digests {
    hours: Hours,
    /// Beside the work: it reads a name list of every partition.
    writing: Option<JoinHandle<Result<DigestOutcome, ArchiveError>>>,
}

impl Digests {
    /// Writes the next digest if it is time; one at a time.
    pub(super) async fn look(
        &mut self,
        deps: &Deps,
        clock: &Clock,
        session: &Session,
    ) -> Result<(), Failure> {
        if self.writing.as_ref().is_some_and(|writing| !writing.is_finished()) {
            return Ok(());
        }
        if let Some(writing) = self.writing.take() {
            written(writing).await?;
            self.hours.written();
            self.tell();
        }
        let anything = || Partition::durable().any(|partition| session.archived(partition) > 0);
        if self.hours.next().is_none() && anything() {
            self.hours.is_next(deps.archive.next_digest_hour().await?);
            self.tell();
        }
        if self.hours.awaits_ends(clock()) {
            let partitions: Vec<Partition> = Partition::durable().collect();
            let ends = deps.log.ends(&partitions).await?;
            self.hours.end_at(partitions.into_iter().zip(ends).collect());
        }
        if let Some(hour) = self.hours.due(|partition| session.archived(partition)) {
            let (archive, signer) = (deps.archive.clone(), Arc::clone(&deps.signer));
            self.writing =
                Some(tokio::spawn(async move { archive.write_digest(hour, &signer).await }));
        }
        Ok(())
    }

    fn tell(&self) {
        if let Some(hour) = self.hours.next() {
            telemetry::digested_until(hour);
        }
    }
}

async fn written(
    writing: JoinHandle<Result<DigestOutcome, ArchiveError>>,
) -> Result<DigestOutcome, Failure> {
    match writing.await {
        Ok(outcome) => Ok(outcome?),
        Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
    }
}
