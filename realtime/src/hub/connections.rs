//! Connections: how they begin, are looked after, are kept for a resume, and end.

use std::cmp::Reverse;

use domain::rights;
use events::{Id, UserId};
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::inbox::LookedUp;
use super::link::{Link, Piece, ReadEnd};
use super::{Hub, Opening};
use crate::audience::ConnectionKey;
use crate::codec::{self, Incoming, Violation};
use crate::metrics;
use crate::protocol::{EventStream, Now, Opened, Output, Protocol, Sent, Who, close_code};

/// How long a connection waits for its client to come back.
pub const KEPT_FOR_MS: u64 = 5 * 60 * 1000;
/// How long a client may take to close after it was told goodbye.
const GOODBYE_MS: u64 = 2_000;

/// A connection; without a link it waits for its client to come back.
pub struct Connection {
    pub protocol: Protocol,
    pub link: Option<Link>,
    pub kept: Option<Kept>,
    /// Who it is, with the id that clients know, once that is known; stays when the protocol is over.
    pub identity: Option<(Who, Id)>,
}

/// A connection that waits.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    until_ms: u64,
    /// The number that the client expects at the latest.
    next: u64,
}

/// A socket that was told goodbye.
pub struct Goodbye {
    pub until_ms: u64,
    link: Link,
}

impl Connection {
    /// Whether the client can still come back without a gap.
    pub fn is_resumable(&self) -> bool {
        let events = self.protocol.events();
        events.zip(self.kept).is_none_or(|(events, kept)| events.covers(kept.next))
    }
}

impl Hub {
    pub(super) fn open(&mut self, opening: Opening) {
        let Opening { stream, read, who, resume } = opening;
        let key = self.next_key;
        self.next_key += 1;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(usize::try_from(key).expect("keys are counted up"));
        if let Err(error) = self.poll.registry().register(&mut stream, token, interest) {
            tracing::warn!(%error, "failed to take a socket");
            return;
        }
        let now = self.now();
        let protocol = Protocol::new(now, resume);
        let link = Some(Link::new(stream));
        self.connections.insert(key, Connection { protocol, link, kept: None, identity: None });
        self.schedule(now, key);
        if let Some(who) = who {
            self.admit(key, who);
        }
        self.with_link(key, |link, take| link.feed(&read, take).map(|()| ReadEnd::Drained));
    }

    /// Reads what came.
    pub(super) fn readable(&mut self, key: ConnectionKey) {
        if let Some(goodbye) = self.goodbyes.get_mut(&key) {
            if goodbye.link.read(&mut self.buffer, |_| {}) != Ok(ReadEnd::Drained) {
                self.goodbyes.remove(&key);
            }
            return;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        self.with_link(key, |link, take| link.read(&mut buffer, take));
        self.buffer = buffer;
    }

    /// Lets `read` take messages from a socket and does what they ask for.
    fn with_link<R>(&mut self, key: ConnectionKey, read: R)
    where
        R: FnOnce(&mut Link, &mut dyn FnMut(Incoming)) -> Result<ReadEnd, Violation>,
    {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&key) else { return };
        let Some(link) = connection.link.as_mut() else { return };
        let (protocol, info) = (&mut connection.protocol, &self.world.info);
        let mut outputs = Vec::new();
        let end = read(link, &mut |message| protocol.message(now, info, message, &mut outputs));
        if let Err(violation) = end {
            protocol.violation(violation, &mut outputs);
        }
        self.apply(key, outputs);
        match end {
            Ok(ReadEnd::Closed) => self.lost(key),
            Ok(ReadEnd::TurnOver) => self.unread.push(key),
            Ok(ReadEnd::Drained) | Err(_) => {}
        }
    }

    /// Does what a protocol asks for.
    pub(super) fn apply(&mut self, key: ConnectionKey, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Text(text) => self.send(key, codec::text_frame(&text)),
                Output::Ping => self.send(key, codec::ping_frame()),
                Output::Pong(payload) => self.send(key, codec::pong_frame(&payload)),
                Output::Hello(frame) => {
                    let sent = Sent { frame, mentioned: false, follows: false };
                    self.write(key, Piece::Event { sent, seq: 0 });
                }
                Output::Event { seq, sent } => self.write(key, Piece::Event { sent, seq }),
                Output::Ask(ask) => self.asked(key, ask),
                Output::Close { code, keep } => self.close(key, code, keep),
            }
        }
    }

    pub(super) fn send(&mut self, key: ConnectionKey, frame: Vec<u8>) {
        self.write(key, Piece::Raw(frame.into()));
    }

    fn write(&mut self, key: ConnectionKey, piece: Piece) {
        let connection = self.connections.get_mut(&key);
        if let Some(link) = connection.and_then(|connection| connection.link.as_mut()) {
            link.push(piece);
            self.dirty.push(key);
        }
    }

    /// Writes what was queued since the last time.
    pub(super) fn flush_dirty(&mut self) {
        for key in std::mem::take(&mut self.dirty) {
            self.flush(key);
        }
    }

    pub(super) fn flush(&mut self, key: ConnectionKey) {
        let connection = self.connections.get_mut(&key);
        let Some(link) = connection.and_then(|c| c.link.as_mut()) else { return };
        match link.flush() {
            Ok(written) => self.bytes_written += written,
            Err(_) => self.lost(key),
        }
    }

    /// A token was looked up.
    pub(super) fn authenticated(&mut self, key: ConnectionKey, looked_up: LookedUp) {
        let mut outputs = Vec::new();
        match (looked_up, self.connections.get_mut(&key)) {
            (LookedUp::Known(who), _) => self.admit(key, who),
            (LookedUp::Nobody, Some(connection)) => connection.protocol.refuse(&mut outputs),
            (LookedUp::Unavailable, Some(connection)) => {
                connection.protocol.close(close_code::TRY_AGAIN, false, &mut outputs);
            }
            (LookedUp::Nobody | LookedUp::Unavailable, None) => {}
        }
        self.apply(key, outputs);
    }

    fn admit(&mut self, key: ConnectionKey, who: Who) {
        let now = self.now();
        if self.connections.get(&key).is_none_or(|c| !c.protocol.is_stranger()) {
            return;
        }
        if !self.is_live(who) {
            // The session ended between the look-up and now.
            return self.authenticated(key, LookedUp::Nobody);
        }
        let found = self.take_over(key, who.user_id);
        let has_room = self.make_room(who.user_id);
        let Some(connection) = self.connections.get_mut(&key) else { return };
        let mut outputs = Vec::new();
        if !has_room {
            connection.protocol.close(close_code::TRY_AGAIN, false, &mut outputs);
            self.apply(key, outputs);
            return;
        }
        match connection.protocol.admit(now, &self.world.info, found, &mut outputs) {
            Opened::Anew => metrics::opened("anew"),
            Opened::Resumed => metrics::resumed("resumed"),
            Opened::Lost => metrics::resumed("lost"),
        }
        if let Some(id) = connection.protocol.events().map(EventStream::id) {
            connection.identity = Some((who, id));
            self.streams.insert(id, key);
        }
        if let Some(link) = connection.link.as_mut() {
            link.user = Some(who.user_id);
        }
        self.index.insert(&self.world.fold, who.user_id, key);
        self.begin_status(who.user_id);
        if let Some(change) = self.presence.opened(now, who.user_id) {
            self.tell_presence(change);
        }
        self.apply(key, outputs);
    }

    /// The events of the connection that `key` wants to resume, if it is the same person's. A socket
    /// that it still has is dead: its client is here.
    fn take_over(&mut self, key: ConnectionKey, user: UserId) -> Option<EventStream> {
        let wanted = self.connections.get(&key)?.protocol.resume()?;
        let old = *self.streams.get(&wanted.connection_id)?;
        let (owner, _) = self.connections.get(&old)?.identity?;
        if owner.user_id != user {
            return None;
        }
        self.remove(old)?.protocol.into_events()
    }

    /// Whether `user` may have another connection; those that only wait give way.
    fn make_room(&mut self, user: UserId) -> bool {
        let max = self.world.sockets_per_account_max;
        while self.index.connections(user).len() >= max {
            let connections = self.index.connections(user).iter().copied();
            let waits = |key: &ConnectionKey| {
                self.connections.get(key).is_none_or(|connection| connection.link.is_none())
            };
            let Some(waiting) = connections.into_iter().find(waits) else { return false };
            self.remove(waiting);
        }
        true
    }

    fn schedule(&mut self, now: Now, key: ConnectionKey) {
        let Some(connection) = self.connections.get_mut(&key) else { return };
        let mut outputs = Vec::new();
        let due = connection.protocol.tick(now, &mut outputs);
        self.apply(key, outputs);
        if due != u64::MAX && self.connections.get(&key).is_some_and(|c| c.link.is_some()) {
            self.due.push(Reverse((due, key)));
        }
    }

    /// Does what is due for one connection.
    pub(super) fn look_after(&mut self, now: Now, key: ConnectionKey) {
        let Some(connection) = self.connections.get(&key) else { return };
        if let Some(kept) = connection.kept {
            if now.mono_ms >= kept.until_ms {
                self.remove(key);
            }
            return;
        }
        match connection.identity {
            Some((who, _)) if !self.is_live(who) => self.silence(key),
            _ => self.schedule(now, key),
        }
    }

    /// Whether the session behind a connection still stands.
    fn is_live(&self, who: Who) -> bool {
        let fold = &self.world.fold;
        let (directory, users) = (fold.directory(), fold.users(who.user_id));
        let session = users.state().session(&who.token);
        session.filter(|session| session.user_id == who.user_id).is_some_and(|session| {
            let now_ms = platform::clock::now_ms();
            rights::session_account(directory.state(), session, now_ms).is_some()
        })
    }

    /// Something about the sessions of `user` changed: what rests on an ended one ends.
    pub(super) fn recheck(&mut self, user: UserId) {
        for key in self.index.connections(user).to_vec() {
            let identity = self.connections.get(&key).and_then(|c| c.identity);
            if identity.is_some_and(|(who, _)| !self.is_live(who)) {
                self.silence(key);
            }
        }
    }

    /// Ends a connection at once: what waits to be written is not.
    fn silence(&mut self, key: ConnectionKey) {
        metrics::closed("access_ended");
        self.part(key, close_code::POLICY, false);
    }

    /// Closes a connection once what was queued is written as far as the system takes it.
    fn close(&mut self, key: ConnectionKey, code: u16, keep: bool) {
        self.flush(key);
        metrics::closed(if keep { "kept" } else { "refused" });
        self.part(key, code, keep);
    }

    fn part(&mut self, key: ConnectionKey, code: u16, keep: bool) {
        if let Some(mut link) = self.unlink(key)
            && link.say_goodbye(codec::close_frame(code))
        {
            let until_ms = self.now().mono_ms + GOODBYE_MS;
            self.goodbyes.insert(key, Goodbye { until_ms, link });
        }
        if keep {
            self.keep(key);
        } else {
            self.remove(key);
        }
    }

    /// The client has gone.
    fn lost(&mut self, key: ConnectionKey) {
        metrics::closed("lost");
        self.unlink(key);
        self.keep(key);
    }

    fn unlink(&mut self, key: ConnectionKey) -> Option<Link> {
        let connection = self.connections.get_mut(&key)?;
        let link = connection.link.take()?;
        let identity = connection.identity;
        if let Some((who, _)) = identity {
            self.presence.closed(self.now(), who.user_id);
        }
        Some(link)
    }

    /// Keeps a connection for its client to come back, if it ever began.
    fn keep(&mut self, key: ConnectionKey) {
        let until_ms = self.now().mono_ms + KEPT_FOR_MS;
        let Some(connection) = self.connections.get_mut(&key) else { return };
        match connection.protocol.events() {
            Some(events) => {
                connection.kept = Some(Kept { until_ms, next: events.next() });
                self.due.push(Reverse((until_ms, key)));
            }
            None => {
                self.remove(key);
            }
        }
    }

    /// Forgets a connection.
    pub(super) fn remove(&mut self, key: ConnectionKey) -> Option<Connection> {
        self.unlink(key);
        let connection = self.connections.remove(&key)?;
        if let Some((who, id)) = connection.identity {
            // A resume may have handed the id on already.
            if self.streams.get(&id) == Some(&key) {
                self.streams.remove(&id);
            }
            self.index.remove(who.user_id, key);
            if self.index.connections(who.user_id).is_empty() {
                self.shown.remove(&who.user_id);
            }
        }
        Some(connection)
    }

    /// Closes all sockets; clients find everything as they left it where the process goes on.
    pub(super) fn close_all(&mut self) {
        self.part_with_all(close_code::GOING_AWAY, true);
    }

    /// Closes all sockets and forgets what could be resumed.
    pub(super) fn forget_all(&mut self) {
        self.part_with_all(close_code::TRY_AGAIN, false);
    }

    fn part_with_all(&mut self, code: u16, keep: bool) {
        for key in self.connections.keys().copied().collect::<Vec<_>>() {
            let connection = self.connections.get(&key);
            if keep && connection.is_none_or(|connection| connection.link.is_none()) {
                continue;
            }
            self.flush(key);
            self.part(key, code, keep);
        }
    }
}
