//! The task that fulfils wishes, one after another, and keeps the version beside up to date.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use events::Partition;
use futures::FutureExt;
use search_index::{Fingerprint, Searcher};
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, timeout};

use super::swap::{self, Fulfilled, SwapError};
use super::versions::{Version, Versions};
use super::wish::{Beside, Step, Wish, decide};
use super::wishes::{Outcome, Pending, Wishes};
use crate::compare::{Comparison, Difference};
use crate::positions::PositionsWatch;
use crate::rebuild::{Place, Progress, RebuildError, rebuild_beside};
use crate::run::{Deps, Options};
use crate::running::Running;
use crate::standing::{Goal, NotStanding, Orders, Standing};
use crate::worker::{Role, Worker};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between two attempts while the database does not answer.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// How long two versions may take to stand at the same positions.
const STAND_WITHIN: Duration = Duration::from_secs(10);
/// Merges of the index can take so long.
const QUIET_WITHIN: Duration = Duration::from_secs(300);
/// Both stand still while one catches up with the other: it must not be far.
const BEHIND_MAX: u64 = 20_000;

/// Keeps the version beside the one that serves.
pub(crate) struct Keeper {
    deps: Deps,
    options: Options,
    versions: Versions,
    serving: Kept,
    beside: Option<Follower>,
    stopping: watch::Receiver<bool>,
}

/// A worker, from outside.
struct Kept {
    orders: Orders,
    positions: PositionsWatch,
}

/// The worker of the version beside.
struct Follower {
    what: Beside,
    kept: Kept,
    running: Running,
}

/// What a wish came to.
type Answer = (Outcome, String);
type Failure = Box<dyn Error + Send + Sync>;

impl Keeper {
    pub(crate) fn new(
        deps: Deps,
        options: Options,
        (orders, positions): (Orders, PositionsWatch),
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let versions = Versions::new(deps.database.clone(), deps.index.clone());
        let serving = Kept { orders, positions };
        Self { deps, options, versions, serving, beside: None, stopping }
    }

    /// Runs until it is told to stop, once the versions are `found`.
    pub(crate) async fn run(mut self, found: oneshot::Receiver<()>) -> Result<(), Infallible> {
        // Who looks for them has ended only if the process ends.
        let _ = found.await;
        while !self.is_stopping() {
            if let Err(error) = self.keep().await {
                let error = platform::failure_line(&*error);
                tracing::warn!(error, "failed to look after the version beside; trying again");
                self.rest(TRY_AGAIN).await;
            }
        }
        if let Some(follower) = self.beside.take() {
            follower.running.stop().await;
        }
        Ok(())
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits a while, or until it is told to stop.
    async fn rest(&mut self, a_while: Duration) {
        // Either way the caller looks again.
        let _ = timeout(a_while, self.stopping.wait_for(|stop| *stop)).await;
    }

    async fn keep(&mut self) -> Result<(), Failure> {
        let mut wishes = Wishes::open(&self.deps.database).await?;
        self.take_up().await?;
        while !self.is_stopping() {
            match wishes.pending().await? {
                None => self.rest(LOOK_EVERY).await,
                Some(pending) => {
                    let (outcome, said) = self.fulfilled(&mut wishes, &pending).await?;
                    if outcome == Outcome::Failed && self.is_stopping() {
                        // The next start looks at it again.
                        return Ok(());
                    }
                    let wish = pending.wish;
                    tracing::info!(wish, ?outcome, said, "a wish about versions is answered");
                    wishes.answer(pending.number, outcome, &said).await?;
                    if outcome == Outcome::Failed {
                        // What could not be removed is followed again.
                        self.take_up().await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Follows what is whole, and removes what is not.
    async fn take_up(&mut self) -> Result<(), Failure> {
        if self.versions.found().await?.contains(&Version::Making) {
            tracing::warn!("a version of the rows was left half made; it is removed");
        }
        self.versions.remove(Version::Making).await?;
        let Some(beside) = self.versions.beside().await? else { return Ok(()) };
        if self.beside.is_some() {
            return Ok(());
        }
        if self.versions.database(beside.into()).is_current().await? {
            self.follow(beside);
            return Ok(());
        }
        let version = Version::from(beside).name();
        tracing::warn!(version, "a version of the rows is of another nottermost; it is removed");
        Ok(self.versions.remove(beside.into()).await?)
    }

    fn follow(&mut self, what: Beside) {
        let deps = Deps {
            database: self.versions.database(what.into()),
            index: self.versions.index(what.into()),
            ..self.deps.clone()
        };
        let (orders, incoming) = Orders::channel();
        let positions = PositionsWatch::new();
        let told = (positions.clone(), watch::Sender::new(0));
        let options = self.options.clone();
        let running = Running::start("version beside", std::future::pending(), |stopping| {
            Worker::new(deps, options, Role::Beside, told, (incoming, stopping)).run()
        });
        self.beside = Some(Follower { what, kept: Kept { orders, positions }, running });
    }

    /// What a wish comes to. An error is the database's: the wish waits until it is back.
    async fn fulfilled(
        &mut self,
        wishes: &mut Wishes,
        pending: &Pending,
    ) -> Result<Answer, Failure> {
        let (number, wish) = (pending.number, pending.wish.parse());
        if pending.is_stale && !matches!(wish, Ok(Wish::Rebuild | Wish::Settle)) {
            return Ok((Outcome::Failed, "it was cut short: wish again".to_owned()));
        }
        wishes.tell(number, "beginning", Progress::default()).await?;
        let step = wish.and_then(|wish| decide(wish, self.beside.as_ref().map(|b| b.what)));
        let done = match step {
            Err(refusal) => Err(refusal.into()),
            Ok(Step::Nothing) => Ok(done("nothing is beside the version that serves")),
            Ok(Step::Make) => self.make(wishes, number).await,
            Ok(Step::Compare(beside)) => self.compare(beside).await,
            Ok(Step::Swap(beside)) => self.swap(beside, wishes.schema(), number).await,
            Ok(Step::Drop(beside)) => self.let_go().await.map(|()| {
                done(&format!("the {} version is removed", Version::from(beside).name()))
            }),
        };
        Ok(done.unwrap_or_else(|error| (Outcome::Failed, platform::failure_line(&*error))))
    }

    /// Stops following what is beside, and removes it.
    async fn let_go(&mut self) -> Result<(), Failure> {
        if let Some(Follower { what, kept, running }) = self.beside.take() {
            // A merge that goes on would write into a folder that is being removed.
            if let Err(error) = quiet(&kept).await {
                tracing::warn!(%error, "the version beside is stopped as it is");
            }
            running.stop().await;
            self.versions.remove(what.into()).await?;
        }
        Ok(())
    }

    /// Makes a next version, whatever was beside.
    async fn make(&mut self, wishes: &mut Wishes, number: i64) -> Result<Answer, Failure> {
        self.let_go().await?;
        self.versions.remove(Version::Making).await?;
        let made = self.made(wishes, number).await;
        if !matches!(made, Ok(Some(_)))
            && let Err(error) = self.versions.remove(Version::Making).await
        {
            let error = platform::failure_line(&error);
            tracing::warn!(error, "what was made of a version is left; the next one removes it");
        }
        let Some(records) = made? else { return Ok(settled()) };
        self.versions.promote().await?;
        self.follow(Beside::Next);
        if !self.caught_up(wishes, number, records).await? {
            return Ok(settled());
        }
        Ok(done(&format!(
            "the next version is made from {records} records and kept up to date: \
             `replay compare --beside` compares it, `replay cutover` has it serve"
        )))
    }

    /// The bulk of it; nothing if it is to be settled meanwhile.
    async fn made(&self, wishes: &mut Wishes, number: i64) -> Result<Option<u64>, Failure> {
        let (told, progress) = watch::channel(Progress::default());
        let (stop, stopped) = watch::channel(false);
        let place = (self.versions.database(Version::Making), self.versions.index(Version::Making));
        let place = Place { rows: Some(&place.0), index: place.1.as_deref() };
        let making = rebuild_beside(&self.deps.log, place, stopped, told);
        tokio::pin!(making);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                made = &mut making => return match made {
                    Ok(made) => Ok(Some(made.records)),
                    Err(RebuildError::Stopped) => Ok(None),
                    Err(error) => Err(error.into()),
                },
                _ = looks.tick() => {
                    let so_far = *progress.borrow();
                    let phase = if so_far.records < so_far.of { "making" } else { "finishing" };
                    // Whether the database is there the rebuild itself will notice.
                    let told = wishes.tell(number, phase, so_far).await;
                    let settled = wishes.is_settled_after(number).await;
                    if settled.unwrap_or(false) || self.is_stopping() {
                        stop.send_replace(true);
                    }
                    if let Err(error) = told {
                        tracing::warn!(%error, "failed to tell how far a rebuild is");
                    }
                }
            }
        }
    }

    /// Waits until the next version holds what the log holds now; says false if it is to be settled.
    async fn caught_up(
        &mut self,
        wishes: &mut Wishes,
        number: i64,
        records: u64,
    ) -> Result<bool, Failure> {
        let partitions: Vec<Partition> = Partition::durable().collect();
        let ends = self.deps.log.ends(&partitions).await?;
        let of: u64 = ends.iter().sum();
        loop {
            let Some(follower) = &self.beside else { return Ok(false) };
            let positions = &follower.kept.positions;
            let left: u64 = partitions
                .iter()
                .zip(&ends)
                .map(|(partition, end)| end.saturating_sub(positions.next(*partition)))
                .sum();
            if left == 0 {
                return Ok(true);
            }
            if let Some(stopped) = follower.running.has_stopped() {
                return Err(stopped.into());
            }
            let so_far = Progress { records: records.max(of - left), of };
            wishes.tell(number, "catching up", so_far).await?;
            if wishes.is_settled_after(number).await? {
                return Ok(false);
            }
            if self.is_stopping() {
                return Err(NotStanding.into());
            }
            self.rest(LOOK_EVERY).await;
        }
    }

    /// Compares the version beside with the one that serves, both held at the same positions.
    async fn compare(&self, beside: Beside) -> Result<Answer, Failure> {
        let (of_serving, of_beside) = self.both_standing(false).await?;
        let left = self.versions.database(Version::Serving);
        let right = self.versions.database(beside.into());
        let rows = Comparison::open(&left, &right).await?;
        let held = [Version::Serving, beside.into()].map(|v| self.versions.index(v));
        let searchers: Vec<Searcher> =
            held.iter().flatten().map(|i| Searcher::open(i)).collect::<Result<_, _>>()?;
        drop((of_serving, of_beside));
        let differences = rows.differences().await?;
        let prints = tokio::task::spawn_blocking(move || {
            searchers.iter().map(Searcher::fingerprint).collect::<Vec<_>>()
        });
        Ok(told(beside, &differences, &prints.await?))
    }

    /// Has the version beside serve.
    async fn swap(&mut self, beside: Beside, wishes: &str, number: i64) -> Result<Answer, Failure> {
        let (of_serving, of_beside) = self.both_quiet_and_standing().await?;
        let said = match beside {
            Beside::Next => {
                "the next version serves; the one before is kept up to date: \
                 `replay rollback` has it serve again, `replay settle` drops it"
            }
            Beside::Previous => {
                "the version before serves again; the other one is kept up to date as the next one"
            }
        };
        let fulfilled = Fulfilled { schema: wishes, number, said };
        let swapped = swap::rows(&self.versions, beside, fulfilled).boxed().await;
        if let Err(error @ (SwapError::OtherTables | SwapError::Apart)) = swapped {
            return Err(error.into());
        }
        // A commit whose answer was lost may have happened.
        let now = self.beside_now().await?;
        if now != Some(beside.swapped()) {
            return Err(swapped.err().map_or_else(|| SwapError::Apart.into(), Into::into));
        }
        // Independent of each other; whatever fails, both versions must go on.
        for followed in [self.versions.finish().await, swap::readers(&self.versions).await] {
            if let Err(error) = followed {
                let error = platform::failure_line(&error);
                tracing::error!(error, "two versions changed places, but not everything followed");
            }
        }
        self.moved(of_serving, Version::Serving);
        self.moved(of_beside, beside.swapped().into());
        if let Some(follower) = &mut self.beside {
            follower.what = beside.swapped();
        }
        Ok(done(said))
    }

    fn moved(&self, standing: Standing, version: Version) {
        let index = self.versions.index(version);
        standing.go_on(self.versions.database(version), index);
    }

    /// What the database says, as soon as it says anything.
    async fn beside_now(&mut self) -> Result<Option<Beside>, Failure> {
        loop {
            match self.versions.beside().await {
                Ok(beside) => return Ok(beside),
                Err(error) if self.is_stopping() => return Err(error.into()),
                Err(_) => self.rest(LOOK_EVERY).await,
            }
        }
    }

    /// Both at the same positions, with their indexes let go of.
    async fn both_quiet_and_standing(&self) -> Result<(Standing, Standing), Failure> {
        let both = [Some(&self.serving), self.beside.as_ref().map(|beside| &beside.kept)];
        let quiet = futures::future::try_join_all(both.into_iter().flatten().map(quiet)).await;
        let standing = match quiet {
            Ok(_) => self.both_standing(true).await,
            Err(error) => Err(error.into()),
        };
        if standing.is_err() {
            for kept in both.into_iter().flatten() {
                // One that has ended merges nothing.
                let _ = kept.orders.merge().await;
            }
        }
        standing
    }

    /// Has the one beside stand where it is, the serving one there or later, and the one beside come to it.
    async fn both_standing(&self, close: bool) -> Result<(Standing, Standing), Failure> {
        let Some(Follower { kept: beside, .. }) = &self.beside else {
            return Err(NotStanding.into());
        };
        let behind = behind(&self.serving.positions, &beside.positions);
        if behind > BEHIND_MAX {
            let far =
                format!("the version beside is {behind} records apart: wait until it is near");
            return Err(far.into());
        }
        let standing = async {
            let waiting = beside.orders.stand(Goal::Here, false).await?;
            let here = waiting.await.map_err(|_| NotStanding)?;
            let goal = Goal::AtLeast(here.positions.clone());
            let waiting = self.serving.orders.stand(goal, close).await?;
            let serving = waiting.await.map_err(|_| NotStanding)?;
            let goal = Goal::Exactly(serving.positions.clone());
            let waiting = beside.orders.stand(goal, close).await?;
            drop(here);
            let beside = waiting.await.map_err(|_| NotStanding)?;
            Ok::<_, NotStanding>((serving, beside))
        };
        Ok(timeout(STAND_WITHIN, standing).await.map_err(|_| NotStanding)??)
    }
}

async fn quiet(kept: &Kept) -> Result<(), NotStanding> {
    timeout(QUIET_WITHIN, kept.orders.quiet()).await.map_err(|_| NotStanding)?
}

/// Records by which two versions are apart.
fn behind(one: &PositionsWatch, other: &PositionsWatch) -> u64 {
    Partition::durable().map(|p| one.next(p).abs_diff(other.next(p))).sum()
}

fn done(said: &str) -> Answer {
    (Outcome::Done, said.to_owned())
}

fn settled() -> Answer {
    (Outcome::Failed, "it was settled meanwhile".to_owned())
}

/// What a comparison came to, line by line.
fn told(beside: Beside, differences: &[Difference], prints: &[Fingerprint]) -> Answer {
    let beside = Version::from(beside).name();
    let mut lines: Vec<String> = differences
        .iter()
        .map(|Difference { table, left, right }| {
            format!(
                "{table}: the serving version has {} rows, the {beside} one {} (checksums {} and {})",
                left.0, right.0, left.1, right.1
            )
        })
        .collect();
    if let [left, right] = prints
        && left != right
    {
        lines.push(format!(
            "the serving search index has {} posts, the {beside} one {} (checksums {:016x} and {:016x})",
            left.posts, right.posts, left.sum, right.sum
        ));
    }
    if lines.is_empty() {
        return (Outcome::Done, format!("the serving version and the {beside} one are equal"));
    }
    (Outcome::Different, lines.join("\n"))
}
