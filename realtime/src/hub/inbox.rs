//! What the fan-out thread is told by everybody else.

use std::net::TcpStream;

use bytes::Bytes;
use events::{PostId, UserId};
use fold::HeardBatch;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wire::frame::Frame;

use crate::audience::ConnectionKey;
use crate::frames::Audience;
use crate::protocol::{Resume, Who};

/// A socket whose handshake is over.
#[derive(Debug)]
pub struct Opening {
    pub stream: TcpStream,
    /// What the client sent behind its handshake.
    pub read: Bytes,
    /// Known already, by cookie or header.
    pub who: Option<Who>,
    pub resume: Option<Resume>,
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedUp {
    Known(Who),
    Nobody,
    /// It cannot be found out now.
    Unavailable,
}

#[derive(Debug)]
pub enum Command {
    Open(Opening),
    /// A token was looked up.
    Authenticated {
        connection: ConnectionKey,
        looked_up: LookedUp,
    },
    /// The permit bounds what waits here.
    Folded {
        batch: fold::Batch,
        permit: OwnedSemaphorePermit,
    },
    Presence(HeardBatch),
    /// A frame whose rows were read.
    Hydrated {
        audience: Audience,
        frame: Frame,
    },
    /// Of whom it is known whether they follow a thread, from rows; nobody knows where they could not be read.
    Followers {
        root: PostId,
        users: Option<Vec<(UserId, bool)>>,
    },
    /// Events were missed: nobody can go on without a gap.
    StartOver,
    Stop(oneshot::Sender<()>),
}

/// The way to the fan-out thread.
#[derive(Debug)]
pub struct Inbox {
    commands: Mutex<Vec<Command>>,
    waker: mio::Waker,
}

impl Inbox {
    pub fn new(waker: mio::Waker) -> Self {
        Self { commands: Mutex::default(), waker }
    }

    pub fn send(&self, command: Command) {
        let first = {
            let mut commands = self.commands.lock();
            commands.push(command);
            commands.len() == 1
        };
        // Whoever takes takes all, so one wake is enough for what came before it.
        if first && let Err(error) = self.waker.wake() {
            tracing::error!(%error, "failed to wake the fan-out thread");
        }
    }

    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut *self.commands.lock())
    }
}
