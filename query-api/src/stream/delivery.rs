//! One open stream: a cursor that moves through the past and then through the ring, as fast as its client
//! reads. What it is asked for next it makes then; nothing waits for a slow client but its cursor.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::{Partition, Topic, UserId};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::catch_up::{CatchUp, Failed};
use super::cursor::Cursor;
use super::entry::{Entry, Shown};
use super::request::Filter;
use super::rights::{may_hear, may_know_actor, shown};
use super::ring::{Place, Read};
use super::standing::{Question, Stance};
use super::{Opened, telemetry};
use crate::app::App;

/// Events that a stream takes from the ring at a time.
const BATCH: usize = 128;
/// How long clients wait before they come again, ms.
const RETRY_MS: u32 = 2_000;
/// Until it is looked again whether the fold is current.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// An event that is to be delivered, with what the rows said of it.
pub(super) struct Item {
    pub entry: Arc<Entry>,
    pub stance: Option<Stance>,
}

/// Whose stream it is.
pub(super) struct Listener {
    pub user: UserId,
    pub token: String,
}

pub(super) struct Delivery {
    app: App,
    listener: Listener,
    filter: Filter,
    cursor: Cursor,
    /// The cursor that the client has.
    told: Cursor,
    place: Option<Place>,
    past: Option<CatchUp>,
    permit: Option<BoxFuture<'static, OwnedSemaphorePermit>>,
    batch: VecDeque<Item>,
    /// Where the page of the past ends that the batch is of.
    page_end: Option<(Partition, u64)>,
    /// The pieces of one event at most.
    out: VecDeque<Bytes>,
    changes: watch::Receiver<()>,
    /// When something has to be sent.
    beat: Instant,
    _opened: Opened,
}

impl Delivery {
    pub fn new(
        app: App,
        listener: Listener,
        filter: Filter,
        cursor: Cursor,
        opened: Opened,
    ) -> Self {
        let greeting = format!("retry: {RETRY_MS}\nid: {}\n\n", cursor.encode());
        let beat = Instant::now() + app.streams.options.heartbeat;
        Self {
            changes: app.streams.ring.changes(),
            app,
            listener,
            filter,
            told: cursor.clone(),
            cursor,
            place: None,
            past: None,
            permit: None,
            batch: VecDeque::new(),
            page_end: None,
            out: VecDeque::from([greeting.into()]),
            beat,
            _opened: opened,
        }
    }

    /// The next piece of the stream; `None` at its end.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(reason) = self.over() {
                telemetry::closed(reason);
                return None;
            }
            if let Some(piece) = self.out.pop_front() {
                return Some(piece);
            }
            if Instant::now() >= self.beat {
                self.heartbeat();
                continue;
            }
            if let Err(failed) = self.step().await {
                tracing::warn!(
                    error = platform::failure_line(&failed),
                    user.id = %self.listener.user,
                    "a stream of events is closed; its client comes again"
                );
                telemetry::closed("failed");
                return None;
            }
        }
    }

    /// Why the stream must end, if it must.
    fn over(&self) -> Option<&'static str> {
        if self.app.streams.options.leaving.is_cancelled() {
            return Some("leaving");
        }
        let now_ms = platform::clock::now_ms();
        let live = fold::auth::authenticate(&self.app.fold, &self.listener.token, now_ms).is_some();
        (!live).then_some("session_ended")
    }

    /// Something for proxies, with the cursor if it has moved over what is not for this client.
    fn heartbeat(&mut self) {
        let behind = |(p, next)| self.app.fold.next(p).saturating_sub(next);
        telemetry::behind(self.cursor.iter().map(behind).sum());
        let mut piece = String::from(":\n\n");
        if self.told != self.cursor {
            piece = format!(":\nid: {}\n\n", self.cursor.encode());
            self.told = self.cursor.clone();
        }
        self.send([piece.into()]);
    }

    fn send<const N: usize>(&mut self, pieces: [Bytes; N]) {
        self.out.extend(pieces);
        self.beat = Instant::now() + self.app.streams.options.heartbeat;
    }

    async fn step(&mut self) -> Result<(), Failed> {
        match self.batch.front() {
            Some(item) if !self.is_current(item.entry.partition()) => {
                self.patience().rest().await;
                Ok(())
            }
            Some(_) => {
                if !self.deliver() {
                    self.look_up().await?;
                }
                Ok(())
            }
            None => self.refill().await,
        }
    }

    /// Whether rights can be judged now.
    fn is_current(&self, partition: Partition) -> bool {
        let own = Partition::of(Topic::Users, self.listener.user.as_bytes());
        [Partition::DIRECTORY, own, partition].iter().all(|p| self.app.fold.is_current(*p))
    }

    /// Passes the first event of the batch, delivering what its listener may see of it; whether the fold can
    /// tell what that is.
    fn deliver(&mut self) -> bool {
        let Some(item) = self.batch.pop_front() else { return true };
        let shown = if self.is_for_listener(&item.entry) {
            match shown(&self.app, self.listener.user, &item.entry, item.stance.as_ref()) {
                Some(shown) => Some(shown),
                None => {
                    self.batch.push_front(item);
                    return false;
                }
            }
        } else {
            None
        };
        self.cursor.advance(item.entry.partition(), item.entry.offset() + 1);
        if let Some(shown) = shown {
            self.tell(&item.entry, shown);
        }
        true
    }

    fn is_for_listener(&self, entry: &Entry) -> bool {
        self.filter.wants(&self.app, entry) && may_hear(&self.app, self.listener.user, entry)
    }

    fn tell(&mut self, entry: &Entry, shown: Shown) {
        let names_actor = may_know_actor(&self.app, self.listener.user);
        let lines = entry.lines(shown, names_actor, &self.app.streams.options.source);
        let id = format!("id: {}\n\n", self.cursor.encode());
        self.told = self.cursor.clone();
        telemetry::delivered(entry.public.event_type, shown);
        // Rights were judged for the lines: nothing may come between, as a client that does not read.
        self.send([lines, id.into()]);
    }

    /// Asks the rows what became of the batch's posts, as soon as they are as far as the fold.
    async fn look_up(&mut self) -> Result<(), Failed> {
        let hers = self.batch.iter().filter(|item| self.is_for_listener(&item.entry));
        let question = Question::of(&self.app, self.listener.user, hers);
        let ends = question.ends(&self.app);
        let app = self.app.clone();
        if self.patience().wait(app.rows.passed(&ends)).await.is_none() {
            return Ok(());
        }
        let said = question.ask(&self.app).await?;
        let mut learnt = false;
        for item in &mut self.batch {
            if let Some(stance) = question.stance(&said, &item.entry) {
                item.stance = Some(stance);
                learnt = true;
            }
        }
        if !learnt {
            // A database that went back; the projector brings it on.
            self.patience().rest().await;
        }
        // Rows that are ahead of this fold say what it will know in a moment.
        for (partition, next) in said.positions {
            let deadline = self.beat.into_std();
            if self.app.fold.wait_for(partition, next, deadline).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn refill(&mut self) -> Result<(), Failed> {
        if let Some((partition, next)) = self.page_end.take() {
            self.cursor.advance(partition, next);
        }
        let Some(place) = self.place else { return self.find_place().await };
        self.changes.mark_unchanged();
        match self.app.streams.ring.read(place, BATCH, &mut self.cursor) {
            Read::Entries(entries, behind) => {
                self.place = Some(behind);
                self.fill(entries);
                // A ring full of what is not for this client must not keep a thread to itself.
                tokio::task::yield_now().await;
            }
            Read::End => self.await_change().await,
            Read::Gone => self.place = None,
        }
        Ok(())
    }

    /// Those that lie before it.
    fn fill(&mut self, entries: Vec<Arc<Entry>>) {
        for entry in entries {
            let next = self.cursor.get(entry.partition());
            if next.is_some_and(|next| entry.offset() >= next) {
                self.batch.push_back(Item { entry, stance: None });
            }
        }
    }

    /// Goes to the ring if nothing is missing there, else through the past.
    async fn find_place(&mut self) -> Result<(), Failed> {
        let (partition, held_from) = match self.app.streams.ring.join(&self.cursor) {
            Ok(place) => {
                (self.place, self.past) = (Some(place), None);
                return Ok(());
            }
            Err(missing) => missing,
        };
        let Some(past) = &mut self.past else { return self.await_permit().await };
        let from = self.cursor.get(partition).unwrap_or(held_from);
        let streams = &self.app.streams;
        let page = past.page(&self.app.fold, &streams.snapshots, partition, from).await?;
        self.page_end = Some((partition, page.next));
        self.fill(page.entries);
        Ok(())
    }

    async fn await_permit(&mut self) -> Result<(), Failed> {
        let catch_ups = &self.app.streams.catch_ups;
        // Kept from one heartbeat to the next: who waits longest is next.
        let mut permit = self.permit.take().unwrap_or_else(|| {
            let asked = Arc::clone(catch_ups).acquire_owned();
            asked.map(|permit| permit.expect("nobody closes the semaphore")).boxed()
        });
        match self.patience().wait(&mut permit).await {
            Some(permit) => self.past = Some(CatchUp::new(permit)),
            None => self.permit = Some(permit),
        }
        Ok(())
    }

    async fn await_change(&mut self) {
        let mut changes = self.changes.clone();
        if let Some(Err(_)) = self.patience().wait(changes.changed()).await {
            // The ring lives as long as the streams do.
            self.patience().rest().await;
        }
    }

    fn patience(&self) -> Patience {
        let leaving = self.app.streams.options.leaving.clone();
        Patience { beat: self.beat, leaving }
    }
}

/// How long a stream may wait: until something has to be sent, or the process leaves.
struct Patience {
    beat: Instant,
    leaving: CancellationToken,
}

impl Patience {
    /// What comes of `work` before that.
    async fn wait<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = sleep_until(self.beat) => None,
            () = self.leaving.cancelled() => None,
        }
    }

    async fn rest(&self) {
        self.wait(tokio::time::sleep(LOOK_AGAIN)).await;
    }
}
