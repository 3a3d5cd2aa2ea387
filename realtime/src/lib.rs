//! Pushes what happens to those who may know it: the v4 WebSocket.
//!
//! Owns the sockets, their protocol, who hears which event, and automatic presence. It must never
//! decide what is true (the fold does), write anywhere but to the topic `presence`, or reach the
//! database: rows that a frame needs come through the port [`Hydrate`]. To add a frame: its data in
//! `wire`, its arm in `frames`.

mod asyncapi;
mod audience;
mod codec;
mod feeds;
mod frames;
mod handshake;
mod hub;
mod metrics;
mod ports;
mod presence;
mod presence_log;
mod progress;
mod protocol;

use std::io;
use std::sync::Arc;

use event_log::PresenceAppender;
use events::{Partition, Position};
use fold::{AccessEnded, Fold, Presence, StatusBoard};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

pub use asyncapi::document as asyncapi_document;
pub use handshake::operations;
use hub::{Command, Hub, Inbox, World};
pub use ports::{Hydrate, ThreadTold, ThreadTouched};
use presence_log::PresenceLog;
use progress::Progress;
use protocol::ServerInfo;

/// What realtime is made of.
pub struct Parts {
    pub fold: Fold,
    /// What is said in `presence`.
    pub presence: Presence,
    /// Where realtime says who is there and who types.
    pub presence_log: PresenceAppender,
    /// What `presence` fills.
    pub statuses: Arc<StatusBoard>,
    pub hydrate: Arc<dyn Hydrate>,
    pub options: Options,
}

#[derive(Debug, Clone)]
pub struct Options {
    /// The cell, as the source of records.
    pub source: String,
    /// What `hello` and pings name as the server's version.
    pub version: String,
    /// The origin of the address that people reach the server by, where that is another one.
    pub site_origin: Option<String>,
    pub sockets_per_account_max: usize,
}

/// Realtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("failed to start the fan-out thread: {0}")]
    Thread(#[from] io::Error),
}

/// Running sockets. Clones share them; they end with the last.
#[derive(Clone)]
pub struct Realtime(Arc<Inner>);

struct Inner {
    fold: Fold,
    /// Followed for as long as there are sockets.
    _presence: Presence,
    inbox: Arc<Inbox>,
    progress: Arc<Progress>,
    site_origin: Option<String>,
    feeds: Vec<AbortHandle>,
    /// Closed when the thread ends.
    running: watch::Receiver<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.feeds.iter().for_each(AbortHandle::abort);
        let (done, _) = oneshot::channel();
        self.inbox.send(Command::Stop(done));
    }
}

impl Realtime {
    /// Starts the fan-out thread and what feeds it.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let Parts { fold, presence, presence_log, statuses, hydrate, options } = parts;
        let heard = presence.subscribe();
        let subscription = fold.subscribe();
        let progress = Arc::new(Progress::new(|partition| fold.next(partition)));
        let (presence_log, appends) = PresenceLog::start(presence_log, options.source);
        let world = World {
            fold: fold.clone(),
            hydrate,
            statuses,
            presence_log,
            progress: Arc::clone(&progress),
            runtime: Handle::current(),
            info: ServerInfo { version: options.version, hostname: String::new() },
            sockets_per_account_max: options.sockets_per_account_max.max(1),
        };
        let (hub, inbox) = Hub::new(world)?;
        let (ends, running) = watch::channel(());
        std::thread::Builder::new().name("fan-out".to_owned()).spawn(move || {
            hub.run();
            drop(ends);
        })?;
        let folded = tokio::spawn(feeds::folded(subscription, Arc::clone(&inbox)));
        let said = tokio::spawn(feeds::presence(heard, Arc::clone(&inbox)));
        let feeds = vec![appends, folded.abort_handle(), said.abort_handle()];
        let site_origin = options.site_origin;
        let inner =
            Inner { fold, _presence: presence, inbox, progress, site_origin, feeds, running };
        Ok(Self(Arc::new(inner)))
    }

    /// The route `/api/v4/websocket`.
    pub fn router(&self) -> axum::Router {
        handshake::router(Arc::new(handshake::Gate {
            fold: self.0.fold.clone(),
            inbox: Arc::clone(&self.0.inbox),
            site_origin: self.0.site_origin.clone(),
        }))
    }

    /// Everything of the partition below this offset has been pushed.
    pub fn pushed(&self, partition: Partition) -> u64 {
        self.0.progress.next(partition)
    }

    /// Tells every client goodbye and closes all sockets. Nothing is served afterwards.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        self.0.inbox.send(Command::Stop(done));
        tokio::select! {
            // An error says that the thread had ended before.
            _ = closed => {}
            () = self.stopped() => {}
        }
    }

    /// Resolves when the fan-out thread has ended. Unless it was told to, the process must end.
    pub async fn stopped(&self) {
        let mut running = self.0.running.clone();
        while running.changed().await.is_ok() {}
    }
}

impl AccessEnded for Realtime {
    fn passed(&self, position: Position) -> BoxFuture<'_, ()> {
        self.0.progress.passed(position).boxed()
    }
}
