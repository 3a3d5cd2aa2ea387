//! The signed digest of each hour, once everything of it is archived.

use std::sync::Arc;

use event_archive::segments::{ArchiveError, DigestOutcome, Hour};
use events::Partition;
use tokio::task::JoinHandle;

use super::failure::Failure;
use super::session::Session;
use super::{Clock, Deps, telemetry};

/// Which hour is next, and what it waits for.
#[derive(Default)]
pub(super) struct Hours {
    next: Option<Hour>,
    /// The ends of all partitions, read after that hour was over.
    ends: Option<Vec<(Partition, u64)>>,
    /// Beside the work: it reads a name list of every partition.
    writing: Option<JoinHandle<Result<DigestOutcome, ArchiveError>>>,
}

impl Hours {
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
            self.ends = None;
            self.next_is(self.next.map(Hour::next));
        }
        let Some(hour) = self.next(deps, session).await? else { return Ok(()) };
        if clock() >= hour.end_ms() && self.has_all(deps, session).await? {
            let (archive, signer) = (deps.archive.clone(), Arc::clone(&deps.signer));
            self.writing =
                Some(tokio::spawn(async move { archive.write_digest(hour, &signer).await }));
        }
        Ok(())
    }

    /// None: nothing is archived.
    async fn next(&mut self, deps: &Deps, session: &Session) -> Result<Option<Hour>, Failure> {
        let anything = || Partition::durable().any(|p| session.archived(p) > 0);
        if self.next.is_none() && anything() {
            let next = deps.archive.next_digest_hour().await?;
            self.next_is(next);
        }
        Ok(self.next)
    }

    fn next_is(&mut self, next: Option<Hour>) {
        self.next = next;
        if let Some(hour) = next {
            telemetry::digested_until(hour);
        }
    }

    /// Whether everything is archived that was appended before the hour was over.
    async fn has_all(&mut self, deps: &Deps, session: &Session) -> Result<bool, Failure> {
        if self.ends.is_none() {
            let partitions: Vec<Partition> = Partition::durable().collect();
            let ends = deps.log.ends(&partitions).await?;
            self.ends = Some(partitions.into_iter().zip(ends).collect());
        }
        let mut ends = self.ends.iter().flatten();
        Ok(ends.all(|(partition, end)| session.archived(*partition) >= *end))
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
