//! The v4 socket protocol of one connection, without I/O: messages, answers from the fold, events and
//! the time go in; messages, questions and closings come out.

mod queue;
pub mod replies;
mod request;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use events::user::TokenHash;
use events::{ChannelId, Id, PostId, UserId};
use wire::frame::{Broadcast, Frame, Hello};

use crate::codec::{Incoming, Violation};
pub use queue::Admission;
pub use request::{Action, Request};
pub use stream::{EventStream, Sent};

/// How long a connection may take to say who it is.
pub const AUTHENTICATE_WITHIN_MS: u64 = 5_000;
/// How often the server asks whether the client is there. Below a minute: some clients give up then.
pub const PING_EVERY_MS: u64 = 50_000;
/// How long a client may be silent: two pings.
pub const SILENCE_MAX_MS: u64 = 2 * PING_EVERY_MS;
/// Requests that are kept while a token is looked up.
const HELD_REQUESTS_MAX: usize = 16;

/// Codes to close with.
pub mod close_code {
    pub const NORMAL: u16 = 1000;
    pub const GOING_AWAY: u16 = 1001;
    pub const UNSUPPORTED: u16 = 1003;
    pub const INVALID_PAYLOAD: u16 = 1007;
    pub const POLICY: u16 = 1008;
    pub const TRY_AGAIN: u16 = 1013;
}

/// Two readings of the time.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Milliseconds of a clock that never goes back.
    pub mono_ms: u64,
    pub unix_ms: i64,
}

/// What every connection is told of the server.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// As in `X-Version-Id`.
    pub version: String,
    pub hostname: String,
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    pub user_id: UserId,
    pub token: TokenHash,
}

/// Where a client wants to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resume {
    pub connection_id: Id,
    /// The number of the event that the client expects next.
    pub seq: u64,
}

/// What the connection asks of the server behind it.
#[derive(Debug, PartialEq)]
pub enum Ask {
    /// Answer with [`Protocol::admit`] or [`Protocol::refuse`].
    Authenticate {
        token: String,
    },
    /// Answer with a reply.
    Typing {
        seq: i64,
        channel_id: ChannelId,
        parent_id: Option<PostId>,
    },
    /// Answer with a reply; `None` asks for everyone who is there.
    Statuses {
        seq: i64,
        user_ids: Option<Vec<UserId>>,
    },
    Activity {
        active: bool,
        manual: bool,
    },
}

#[derive(Debug)]
pub enum Output {
    /// A text message that is no event.
    Text(Bytes),
    Event {
        seq: u64,
        sent: Sent,
    },
    /// The first event of a connection: number 0.
    Hello(Arc<Frame>),
    Ping,
    Pong(Vec<u8>),
    Ask(Ask),
    /// Close with this code. A kept connection can be resumed.
    Close {
        code: u16,
        keep: bool,
    },
}

/// How a connection began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    Anew,
    Resumed,
    /// The client wanted to resume and cannot.
    Lost,
}

#[derive(Debug)]
enum Stage {
    Unknown,
    Checking { seq: i64, held: Vec<Request> },
    Known { events: EventStream },
    Closed,
}

/// One connection.
#[derive(Debug)]
pub struct Protocol {
    stage: Stage,
    resume: Option<Resume>,
    /// Its socket is closed; what happens is numbered for a resume.
    parted: bool,
    opened_ms: u64,
    heard_ms: u64,
    pinged_ms: u64,
}

impl Protocol {
    /// A connection of somebody yet unknown.
    pub fn new(now: Now, resume: Option<Resume>) -> Self {
        let at = now.mono_ms;
        let stage = Stage::Unknown;
        Self { stage, resume, parted: false, opened_ms: at, heard_ms: at, pinged_ms: at }
    }

    /// Whether it waits to know who is there.
    pub fn is_stranger(&self) -> bool {
        matches!(self.stage, Stage::Unknown | Stage::Checking { .. })
    }

    /// Where the client wants to go on.
    pub fn resume(&self) -> Option<Resume> {
        self.resume
    }

    pub fn events(&self) -> Option<&EventStream> {
        match &self.stage {
            Stage::Known { events, .. } => Some(events),
            _ => None,
        }
    }

    /// Somebody was erased: nobody is sent again what may have been theirs.
    pub fn forget_sent(&mut self) {
        if let Stage::Known { events, .. } = &mut self.stage {
            events.forget_sent();
        }
    }

    /// Takes the events out; the connection is over.
    pub fn into_events(self) -> Option<EventStream> {
        match self.stage {
            Stage::Known { events, .. } => Some(events),
            _ => None,
        }
    }

    /// A message came.
    pub fn message(
        &mut self,
        now: Now,
        info: &ServerInfo,
        message: Incoming,
        out: &mut Vec<Output>,
    ) {
        if self.parted {
            return;
        }
        self.heard_ms = now.mono_ms;
        match message {
            Incoming::Text(text) => match Request::parse(&text) {
                Ok(request) => self.request(now, info, request, out),
                Err(_) => self.close(close_code::INVALID_PAYLOAD, false, out),
            },
            // Only some mobile clients offer MessagePack, and fall back to text.
            Incoming::Binary => self.close(close_code::UNSUPPORTED, false, out),
            Incoming::Ping(payload) => out.push(Output::Pong(payload)),
            Incoming::Pong => {}
            Incoming::Close => self.close(close_code::NORMAL, true, out),
        }
    }

    /// Bytes came that are no message.
    pub fn violation(&mut self, violation: Violation, out: &mut Vec<Output>) {
        self.close(violation.close_code(), false, out);
    }

    fn request(&mut self, now: Now, info: &ServerInfo, request: Request, out: &mut Vec<Output>) {
        let Request { seq, action } = request;
        crate::metrics::asked(action.name());
        if seq <= 0 {
            out.push(Output::Text(replies::bad_seq(seq)));
            return;
        }
        match (&mut self.stage, action) {
            (Stage::Closed, _) => {}
            (Stage::Unknown, Action::Challenge { token }) => {
                self.stage = Stage::Checking { seq, held: Vec::new() };
                out.push(Output::Ask(Ask::Authenticate { token }));
            }
            (Stage::Checking { held, .. }, action) => {
                if held.len() < HELD_REQUESTS_MAX {
                    held.push(Request { seq, action });
                } else {
                    self.close(close_code::POLICY, false, out);
                }
            }
            (_, Action::Missing) => out.push(Output::Text(replies::no_action(seq))),
            (Stage::Unknown, _) => out.push(Output::Text(replies::not_authenticated(seq))),
            (Stage::Known { .. }, action) => known(now, info, seq, action, out),
        }
    }

    /// The token is good. `found` are the events of the connection that the client wants to resume, if
    /// it is there and was of the same person.
    pub fn admit(
        &mut self,
        now: Now,
        info: &ServerInfo,
        found: Option<EventStream>,
        out: &mut Vec<Output>,
    ) -> Opened {
        let held = match std::mem::replace(&mut self.stage, Stage::Closed) {
            Stage::Unknown => Vec::new(),
            Stage::Checking { seq, held } => {
                out.push(Output::Text(replies::ok(seq)));
                held
            }
            other @ (Stage::Known { .. } | Stage::Closed) => {
                self.stage = other;
                return Opened::Anew;
            }
        };
        let wanted = self.resume.take();
        let resumed = wanted.zip(found).filter(|(wanted, found)| found.covers(wanted.seq));
        let (events, opened) = match resumed {
            Some((wanted, events)) => {
                let missed = events.since(wanted.seq).into_iter().flatten();
                out.extend(missed.map(|(seq, sent)| Output::Event { seq, sent }));
                (events, Opened::Resumed)
            }
            None => {
                let id = Id::random();
                out.push(Output::Hello(hello(info, id)));
                let opened = if wanted.is_some() { Opened::Lost } else { Opened::Anew };
                (EventStream::after_hello(id), opened)
            }
        };
        self.stage = Stage::Known { events };
        self.pinged_ms = now.mono_ms;
        for request in held {
            self.request(now, info, request, out);
        }
        opened
    }

    /// The token is not good.
    pub fn refuse(&mut self, out: &mut Vec<Output>) {
        if let Stage::Checking { seq, .. } = self.stage {
            out.push(Output::Text(replies::not_authenticated(seq)));
        }
        self.close(close_code::POLICY, false, out);
    }

    /// An event for this connection, of which `queued` messages wait to be written.
    pub fn event(&mut self, sent: Sent, queued: usize, out: &mut Vec<Output>) -> Admission {
        let Stage::Known { events, .. } = &mut self.stage else { return Admission::Drop };
        let admission = queue::admit(sent.frame.event(), queued);
        match admission {
            Admission::Send => {
                let seq = events.push(sent.clone());
                out.push(Output::Event { seq, sent });
            }
            Admission::Drop => {}
            Admission::Overflow => self.close(close_code::TRY_AGAIN, false, out),
        }
        admission
    }

    /// Closes it: the server has a reason of its own.
    pub fn close(&mut self, code: u16, keep: bool, out: &mut Vec<Output>) {
        // Only what began can be resumed.
        let keep = keep && matches!(self.stage, Stage::Known { .. });
        if !keep {
            self.stage = Stage::Closed;
        }
        if !std::mem::replace(&mut self.parted, true) {
            out.push(Output::Close { code, keep });
        }
    }

    /// Does what is due; answers when it wants to be asked again.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Output>) -> u64 {
        let at = now.mono_ms;
        match self.stage {
            _ if self.parted => u64::MAX,
            Stage::Closed => u64::MAX,
            Stage::Unknown | Stage::Checking { .. } => {
                let deadline = self.opened_ms + AUTHENTICATE_WITHIN_MS;
                if at >= deadline {
                    self.close(close_code::POLICY, false, out);
                    return u64::MAX;
                }
                deadline
            }
            Stage::Known { .. } => {
                if at >= self.heard_ms + SILENCE_MAX_MS {
                    self.close(close_code::GOING_AWAY, true, out);
                    return u64::MAX;
                }
                if at >= self.pinged_ms + PING_EVERY_MS {
                    self.pinged_ms = at;
                    out.push(Output::Ping);
                }
                (self.pinged_ms + PING_EVERY_MS).min(self.heard_ms + SILENCE_MAX_MS)
            }
        }
    }
}

/// What somebody known asks.
fn known(now: Now, info: &ServerInfo, seq: i64, action: Action, out: &mut Vec<Output>) {
    let reply = match action {
        // Some clients authenticate twice: by header and by challenge.
        Action::Challenge { .. } | Action::Presence | Action::NotifyAck => replies::ok(seq),
        Action::Ping => replies::pong(seq, &info.version, now.unix_ms),
        Action::Typing { channel_id, parent_id } => {
            out.push(Output::Ask(Ask::Typing { seq, channel_id, parent_id }));
            return;
        }
        Action::Activity { active, manual } => {
            out.push(Output::Ask(Ask::Activity { active, manual }));
            replies::ok(seq)
        }
        Action::Statuses => {
            out.push(Output::Ask(Ask::Statuses { seq, user_ids: None }));
            return;
        }
        Action::StatusesByIds(user_ids) => {
            out.push(Output::Ask(Ask::Statuses { seq, user_ids: Some(user_ids) }));
            return;
        }
        Action::Invalid { .. } => replies::invalid_param(seq),
        Action::Unknown => replies::bad_action(seq),
        Action::Missing => replies::no_action(seq),
    };
    out.push(Output::Text(reply));
}

fn hello(info: &ServerInfo, id: Id) -> Arc<Frame> {
    let data = Hello {
        server_version: info.version.clone(),
        connection_id: id.to_string(),
        server_hostname: info.hostname.clone(),
    };
    let broadcast = Broadcast { connection_id: id.to_string(), ..Broadcast::default() };
    Arc::new(Frame::new("hello", &broadcast, &data))
}
