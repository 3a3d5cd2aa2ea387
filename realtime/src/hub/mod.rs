//! The fan-out thread: owns every socket, tells each what it may know.
//!
//! One thread with one epoll. It never blocks and never waits for a lock that is held over I/O;
//! whatever has to wait (a look-up, a row, an append) is done elsewhere and comes back as a
//! [`Command`].

mod asked;
mod connections;
mod followers;
mod inbox;
mod link;
mod pusher;
mod statuses;
mod touched;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::user::StatusKind;
use events::{Id, Partition, PostId, PresenceEvent, UserId};
use fold::{Fold, StatusBoard};
use mio::{Events, Poll, Token};
use tokio::runtime::Handle;

use crate::audience::{ConnectionKey, Index};
use crate::ports::{Hydrate, ThreadTouched};
use crate::presence::Presence;
use crate::presence_log::PresenceLog;
use crate::progress::Progress;
use crate::protocol::{Now, ServerInfo};
pub use asked::look_up;
use connections::{Connection, Goodbye};
use followers::Followers;
pub use inbox::{Command, Inbox, LookedUp, Opening};
use touched::Touched;

const WAKE: Token = Token(usize::MAX);
const TICK_EVERY: Duration = Duration::from_secs(1);
const READ_BUFFER_BYTES: usize = 16 * 1024;

/// What the thread works with.
pub struct World {
    pub fold: Fold,
    pub hydrate: Arc<dyn Hydrate>,
    pub statuses: Arc<StatusBoard>,
    pub presence_log: PresenceLog,
    pub progress: Arc<Progress>,
    pub runtime: Handle,
    pub info: ServerInfo,
    pub sockets_per_account_max: usize,
}

pub struct Hub {
    world: World,
    poll: Poll,
    inbox: Arc<Inbox>,
    started: Instant,
    next_key: ConnectionKey,
    connections: HashMap<ConnectionKey, Connection>,
    /// By the id that clients know, for a resume.
    streams: HashMap<Id, ConnectionKey>,
    index: Index,
    /// When to look after which connection.
    due: BinaryHeap<Reverse<(u64, ConnectionKey)>>,
    /// Sockets that were told goodbye, until their clients close.
    goodbyes: HashMap<ConnectionKey, Goodbye>,
    /// Connections with messages that were not tried to be written yet.
    dirty: Vec<ConnectionKey>,
    /// Sockets with more to read than one turn takes.
    unread: Vec<ConnectionKey>,
    presence: Presence,
    /// The status that connected people were last told of, and when it ends by itself.
    shown: HashMap<UserId, (StatusKind, i64)>,
    /// Threads that the batch at hand has touched.
    threads: Touched<ThreadTouched>,
    /// Roots that were deleted, with whom of their channels listens here.
    deleted_roots: Touched<(PostId, Vec<UserId>)>,
    followers: Followers,
    buffer: Box<[u8]>,
    bytes_written: usize,
}

impl Hub {
    /// A hub and the way to it.
    pub fn new(world: World) -> io::Result<(Self, Arc<Inbox>)> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKE)?;
        let inbox = Arc::new(Inbox::new(waker));
        let hub = Self {
            world,
            poll,
            inbox: Arc::clone(&inbox),
            started: Instant::now(),
            next_key: 0,
            connections: HashMap::new(),
            streams: HashMap::new(),
            index: Index::default(),
            due: BinaryHeap::new(),
            goodbyes: HashMap::new(),
            dirty: Vec::new(),
            unread: Vec::new(),
            presence: Presence::default(),
            shown: HashMap::new(),
            threads: Touched::default(),
            deleted_roots: Touched::default(),
            followers: Followers::default(),
            buffer: vec![0; READ_BUFFER_BYTES].into(),
            bytes_written: 0,
        };
        Ok((hub, inbox))
    }

    /// Works until told to stop.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        let mut next_tick = self.started + TICK_EVERY;
        loop {
            let wait = if self.unread.is_empty() {
                next_tick.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            match self.poll.poll(&mut events, Some(wait)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, "failed to poll the sockets");
                    return;
                }
            }
            for key in std::mem::take(&mut self.unread) {
                self.readable(key);
            }
            for event in &events {
                self.ready(event);
            }
            for command in self.inbox.take() {
                if let Command::Stop(done) = command {
                    self.close_all();
                    // Whoever asked may have given up waiting.
                    let _ = done.send(());
                    return;
                }
                self.obey(command);
            }
            self.flush_dirty();
            self.world.progress.announce();
            if Instant::now() >= next_tick {
                self.tick();
                next_tick = Instant::now() + TICK_EVERY;
            }
            self.report_written();
        }
    }

    fn now(&self) -> Now {
        let mono_ms = self.started.elapsed().as_millis();
        let mono_ms = u64::try_from(mono_ms).expect("a process runs less than 500 million years");
        Now { mono_ms, unix_ms: platform::clock::now_ms() }
    }

    fn ready(&mut self, event: &mio::event::Event) {
        let Token(token) = event.token();
        if event.token() == WAKE {
            return;
        }
        let key = token as ConnectionKey;
        if event.is_writable()
            && let Some(link) = self.connections.get_mut(&key).and_then(|c| c.link.as_mut())
        {
            link.unblock();
            if link.queued() > 0 {
                self.dirty.push(key);
            }
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.readable(key);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open(opening) => self.open(opening),
            Command::Authenticated { connection, looked_up } => {
                self.authenticated(connection, looked_up);
            }
            Command::Folded { batch, permit } => {
                self.push_batch(&batch);
                drop(permit);
            }
            Command::Presence(heard) => {
                for said in heard.iter() {
                    self.presence_event(&said.event);
                }
            }
            Command::Hydrated { audience, frame } => self.push_hydrated(audience, frame),
            Command::Followers { root, users } => self.followers.loaded(root, users),
            Command::StartOver => self.start_over(),
            Command::Stop(_) => {}
        }
    }

    fn presence_event(&mut self, event: &PresenceEvent) {
        match event {
            PresenceEvent::TypingStarted(b) => self.push_typing(&b.c),
            PresenceEvent::PresenceChanged(b) => {
                self.tell_status(b.c.user_id);
            }
            // Between processes.
            PresenceEvent::StatusChosen(_)
            | PresenceEvent::SessionSeen(_)
            | PresenceEvent::PositionsNoted(_)
            | PresenceEvent::ProcessNoted(_) => {}
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        while let Some(Reverse((at, key))) = self.due.peek().copied()
            && at <= now.mono_ms
        {
            self.due.pop();
            self.look_after(now, key);
        }
        self.goodbyes.retain(|_, goodbye| goodbye.until_ms > now.mono_ms);
        for change in self.presence.tick(now) {
            self.tell_presence(change);
        }
        self.end_statuses(now);
        if !is_current(&self.world.fold) {
            tracing::error!("the log's tail is not confirmed; closing all sockets");
            self.close_all();
        }
        let live = self.connections.values().filter(|c| c.link.is_some()).count();
        crate::metrics::open(live, self.connections.len() - live);
        self.flush_dirty();
    }

    /// Events were missed: whoever is connected has to begin anew.
    fn start_over(&mut self) {
        self.forget_all();
        self.followers.clear();
        for partition in Partition::durable() {
            self.world.progress.advance(partition, self.world.fold.next(partition));
        }
    }

    fn report_written(&mut self) {
        if self.bytes_written > 0 {
            crate::metrics::written(std::mem::take(&mut self.bytes_written));
        }
    }
}

/// Whether the fold is young enough to push from.
pub fn is_current(fold: &Fold) -> bool {
    Partition::durable().all(|partition| fold.is_current(partition))
}
