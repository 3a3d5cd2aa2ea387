//! Follows the log until it is told to stop; what fails is forgotten and begun anew from the archive's
//! end.

use std::collections::BTreeSet;
use std::time::Instant;

use events::SharedRecord;
use tokio::sync::watch;

use super::digests::Digests;
use super::failure::Failure;
use super::session::Session;
use super::{Deps, Options, telemetry};
use crate::positions::PositionsWatch;

/// What there is to do.
enum Woken {
    Records(Vec<SharedRecord>),
    /// Time has passed.
    Look,
    Stop,
}

pub(super) struct Worker {
    deps: Deps,
    options: Options,
    positions: PositionsWatch,
    stopping: watch::Receiver<bool>,
    /// The kinds of failures that were told since something was archived.
    told: BTreeSet<&'static str>,
}

impl Worker {
    pub(super) fn new(
        deps: Deps,
        options: Options,
        positions: PositionsWatch,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self { deps, options, positions, stopping, told: BTreeSet::new() }
    }

    /// Runs until it is told to stop and has archived what is there, or has failed to.
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let (first, longest) = self.options.retry_after;
        let mut wait = first;
        loop {
            let began = Instant::now();
            let Err(failure) = self.follow().await else { return Ok(()) };
            telemetry::failed(failure.name());
            if failure.is_fatal() {
                return Err(failure);
            }
            self.tell(&failure);
            if *self.stopping.borrow() {
                return Ok(());
            }
            if began.elapsed() > longest {
                wait = first;
            }
            let mut stopping = self.stopping.clone();
            // Whoever gives the word is gone only when the process ends.
            let _ = tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await;
            wait = (wait * 2).min(longest);
        }
    }

    fn tell(&mut self, failure: &Failure) {
        if self.told.insert(failure.name()) {
            let error: &dyn std::error::Error = failure;
            tracing::warn!(error, "failed to archive the log; trying again until it can be done");
        }
    }

    async fn follow(&mut self) -> Result<(), Failure> {
        let mut session =
            Session::open(&self.deps, &self.options, self.positions.clone(), self.stopping.clone())
                .await?;
        let mut digests = Digests::default();
        let mut stopping = self.stopping.clone();
        let mut ticks = tokio::time::interval(self.options.look_every);
        let mut tail = self.deps.log.tail(session.next_offsets()).await?;
        let mut next = tail.next();
        loop {
            let woken = tokio::select! {
                records = &mut next => Woken::Records(records?),
                _ = stopping.wait_for(|stop| *stop) => Woken::Stop,
                _ = ticks.tick() => Woken::Look,
            };
            match woken {
                Woken::Records(records) => {
                    session.take(records).await?;
                    drop(next);
                    next = tail.next();
                }
                Woken::Look => {
                    session.cut_due((self.options.clock)()).await?;
                    session.goes_on().await?;
                    digests.look(&self.deps, &self.options.clock, &session).await?;
                }
                Woken::Stop => return session.finish().await,
            }
            self.archived(&session);
        }
    }

    /// What went wrong before is over.
    fn archived(&mut self, session: &Session) {
        if session.has_written() && !self.told.is_empty() {
            self.told.clear();
            tracing::info!("the log is being archived again");
        }
    }
}
