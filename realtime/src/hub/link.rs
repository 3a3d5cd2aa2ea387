//! One socket: what was read of a message, what waits to be written.
//!
//! An event goes out as three pieces, the head, the bytes that all share and the recipient's own end,
//! in one vectored write that never blocks. Only where the system takes no more does a message stay in
//! the queue; an idle socket has none.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;

use bytes::Bytes;
use events::UserId;
use mio::net::TcpStream;
use wire::frame::Tail;

use crate::codec::{Head, Incoming, Parser, Violation};
use crate::protocol::Sent;

/// Messages in one write.
const PIECES_PER_WRITE: usize = 16;
/// Bytes of one client that are read before others get their turn.
const READ_PER_TURN_MAX: usize = 64 * 1024;

/// A message on its way out.
#[derive(Debug)]
pub enum Piece {
    Event {
        sent: Sent,
        seq: u64,
    },
    /// A whole frame.
    Raw(Bytes),
}

/// What a turn of reading came to.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadEnd {
    /// Nothing more is there.
    Drained,
    /// There is more.
    TurnOver,
    /// The client has gone.
    Closed,
}

#[derive(Debug)]
pub struct Link {
    pub stream: TcpStream,
    /// Whom the ends of events name.
    pub user: Option<UserId>,
    parser: Parser,
    outbox: VecDeque<Piece>,
    /// Bytes of the first message that are written.
    written: usize,
    /// The system takes no more until it says so.
    blocked: bool,
}

impl Link {
    pub fn new(stream: TcpStream) -> Self {
        let (parser, outbox) = (Parser::default(), VecDeque::new());
        Self { stream, user: None, parser, outbox, written: 0, blocked: false }
    }

    /// Messages that wait.
    pub fn queued(&self) -> usize {
        self.outbox.len()
    }

    pub fn push(&mut self, piece: Piece) {
        self.outbox.push_back(piece);
    }

    /// The system takes more again.
    pub fn unblock(&mut self) {
        self.blocked = false;
    }

    /// Takes what arrived with the handshake.
    pub fn feed(&mut self, read: &[u8], take: impl FnMut(Incoming)) -> Result<(), Violation> {
        self.parser.feed(read, take)
    }

    /// Reads what is there.
    pub fn read(
        &mut self,
        buffer: &mut [u8],
        mut take: impl FnMut(Incoming),
    ) -> Result<ReadEnd, Violation> {
        let mut total = 0;
        while total < READ_PER_TURN_MAX {
            match self.stream.read(buffer) {
                Ok(0) => return Ok(ReadEnd::Closed),
                Ok(len) => {
                    total += len;
                    self.parser.feed(&buffer[..len], &mut take)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(ReadEnd::Drained),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(ReadEnd::Closed),
            }
        }
        Ok(ReadEnd::TurnOver)
    }

    /// Writes what the system takes; answers the bytes written.
    pub fn flush(&mut self) -> io::Result<usize> {
        let mut total = 0;
        while !self.blocked && !self.outbox.is_empty() {
            match self.write_once() {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(len) => total += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.blocked = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.outbox.is_empty() {
            // Gives its memory back.
            self.outbox = VecDeque::new();
        }
        Ok(total)
    }

    fn write_once(&mut self) -> io::Result<usize> {
        let mut ends = [(Head::text(0), Tail::default()); PIECES_PER_WRITE];
        let mut lens = [0; PIECES_PER_WRITE];
        let pieces = self.outbox.len().min(PIECES_PER_WRITE);
        for (n, piece) in self.outbox.iter().take(pieces).enumerate() {
            lens[n] = match piece {
                Piece::Raw(bytes) => bytes.len(),
                Piece::Event { sent, seq } => {
                    let [mentioned, follows] =
                        [sent.mentioned, sent.follows].map(|so| self.user.filter(|_| so));
                    let tail = sent.frame.tail_for(*seq, mentioned, follows);
                    let len = sent.frame.shared().len() + tail.as_bytes().len();
                    ends[n] = (Head::text(len), tail);
                    ends[n].0.as_bytes().len() + len
                }
            };
        }
        let mut slices = [IoSlice::new(&[]); 3 * PIECES_PER_WRITE];
        let mut used = 0;
        for (piece, (head, tail)) in self.outbox.iter().zip(&ends[..pieces]) {
            match piece {
                Piece::Raw(bytes) => {
                    slices[used] = IoSlice::new(bytes);
                    used += 1;
                }
                Piece::Event { sent, .. } => {
                    slices[used] = IoSlice::new(head.as_bytes());
                    slices[used + 1] = IoSlice::new(sent.frame.shared());
                    slices[used + 2] = IoSlice::new(tail.as_bytes());
                    used += 3;
                }
            }
        }
        let mut rest = &mut slices[..used];
        IoSlice::advance_slices(&mut rest, self.written);
        let len = self.stream.write_vectored(rest)?;
        self.consume(len, &lens[..pieces]);
        Ok(len)
    }

    fn consume(&mut self, written: usize, lens: &[usize]) {
        self.written += written;
        for len in lens {
            if self.written < *len {
                return;
            }
            self.written -= len;
            self.outbox.pop_front();
        }
    }

    /// Says goodbye with a whole close frame. What waits is not sent: whoever is closed hears nothing
    /// more. False where there is no place for a goodbye, behind half a message.
    pub fn say_goodbye(&mut self, close_frame: Vec<u8>) -> bool {
        if self.written > 0 || self.blocked {
            return false;
        }
        self.outbox.clear();
        self.push(Piece::Raw(close_frame.into()));
        let said = self.flush().is_ok() && self.outbox.is_empty();
        said && self.stream.shutdown(Shutdown::Write).is_ok()
    }
}
