//! WebSocket frames: reads what clients send, piece by piece, and makes the heads of what they get.
//!
//! Between two frames a [`Parser`] holds nothing but a null pointer; ten thousand idle sockets cost
//! no buffers.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// Longest message that a client may send, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024;

/// The longest head of a masked frame: two bytes, eight of length, four of mask.
const HEAD_LEN_MAX: usize = 14;
/// The payload of a control frame is at most this long, by the RFC.
const CONTROL_LEN_MAX: u64 = 125;

/// A message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    Text(String),
    Binary,
    Ping(Vec<u8>),
    Pong,
    Close,
}

/// Why a client's bytes cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    Protocol,
    NotUtf8,
    TooLong,
}

impl Violation {
    /// The code to close with.
    pub fn close_code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::NotUtf8 => 1007,
            Self::TooLong => 1009,
        }
    }
}

/// What is half read.
#[derive(Debug, Default)]
struct Partial {
    /// The beginning of a frame.
    bytes: Vec<u8>,
    /// The beginning of a fragmented message, and whether it is text.
    message: Option<(bool, Vec<u8>)>,
}

/// Turns a client's bytes into messages.
#[derive(Debug, Default)]
pub struct Parser(Option<Box<Partial>>);

impl Parser {
    /// Takes what was read and hands the messages in it to `take`.
    ///
    /// # Errors
    /// [`Violation`]; the connection has to be closed.
    pub fn feed(&mut self, read: &[u8], mut take: impl FnMut(Incoming)) -> Result<(), Violation> {
        let mut partial = self.0.take().unwrap_or_default();
        let joined;
        let mut rest = if partial.bytes.is_empty() {
            read
        } else {
            partial.bytes.extend_from_slice(read);
            joined = std::mem::take(&mut partial.bytes);
            &joined
        };
        while let Some((frame, consumed)) = Frame::read(rest)? {
            rest = &rest[consumed..];
            if let Some(message) = partial.absorb(frame)? {
                take(message);
            }
        }
        partial.bytes = rest.to_vec();
        if !partial.bytes.is_empty() || partial.message.is_some() {
            self.0 = Some(partial);
        }
        Ok(())
    }
}

struct Frame {
    opcode: OpCode,
    is_final: bool,
    payload: Vec<u8>,
}

impl Frame {
    /// The frame at the start of `bytes` with its length there, if it is there whole.
    fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let mut cursor = Cursor::new(bytes);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Violation::Protocol)?;
        let Some((header, len)) = parsed else {
            debug_assert!(bytes.len() < HEAD_LEN_MAX, "a whole head is always read");
            return Ok(None);
        };
        let Some(mask) = header.mask else { return Err(Violation::Protocol) };
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(Violation::Protocol);
        }
        if let OpCode::Control(_) = header.opcode
            && (len > CONTROL_LEN_MAX || !header.is_final)
        {
            return Err(Violation::Protocol);
        }
        let len = usize::try_from(len).ok().filter(|len| *len <= MESSAGE_BYTES_MAX);
        let len = len.ok_or(Violation::TooLong)?;
        let start = usize::try_from(cursor.position()).expect("a head has at most 14 bytes");
        let Some(payload) = bytes.get(start..start + len) else { return Ok(None) };
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect();
        Ok(Some((Self { opcode: header.opcode, is_final: header.is_final, payload }, start + len)))
    }
}

impl Partial {
    fn absorb(&mut self, frame: Frame) -> Result<Option<Incoming>, Violation> {
        match frame.opcode {
            OpCode::Control(Control::Ping) => Ok(Some(Incoming::Ping(frame.payload))),
            OpCode::Control(Control::Pong) => Ok(Some(Incoming::Pong)),
            OpCode::Control(Control::Close) => Ok(Some(Incoming::Close)),
            OpCode::Data(Data::Text) => self.begin(true, frame),
            OpCode::Data(Data::Binary) => self.begin(false, frame),
            OpCode::Data(Data::Continue) => self.go_on(frame),
            OpCode::Control(Control::Reserved(_)) | OpCode::Data(Data::Reserved(_)) => {
                Err(Violation::Protocol)
            }
        }
    }

    fn begin(&mut self, is_text: bool, frame: Frame) -> Result<Option<Incoming>, Violation> {
        if self.message.is_some() {
            return Err(Violation::Protocol);
        }
        if frame.is_final {
            return message(is_text, frame.payload).map(Some);
        }
        self.message = Some((is_text, frame.payload));
        Ok(None)
    }

    fn go_on(&mut self, frame: Frame) -> Result<Option<Incoming>, Violation> {
        let Some((is_text, mut payload)) = self.message.take() else {
            return Err(Violation::Protocol);
        };
        if payload.len() + frame.payload.len() > MESSAGE_BYTES_MAX {
            return Err(Violation::TooLong);
        }
        payload.extend_from_slice(&frame.payload);
        if frame.is_final {
            return message(is_text, payload).map(Some);
        }
        self.message = Some((is_text, payload));
        Ok(None)
    }
}

fn message(is_text: bool, payload: Vec<u8>) -> Result<Incoming, Violation> {
    if !is_text {
        return Ok(Incoming::Binary);
    }
    String::from_utf8(payload).map(Incoming::Text).map_err(|_| Violation::NotUtf8)
}

/// The head of a frame that the server sends, on the stack.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    bytes: [u8; HEAD_LEN_MAX],
    len: usize,
}

impl Head {
    /// Of a text message of `len` bytes.
    pub fn text(len: usize) -> Self {
        Self::of(OpCode::Data(Data::Text), len)
    }

    fn of(opcode: OpCode, len: usize) -> Self {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        let mut bytes = [0; HEAD_LEN_MAX];
        let mut free = &mut bytes[..];
        header.format(len as u64, &mut free).expect("a head fits its buffer");
        let len = HEAD_LEN_MAX - free.len();
        Self { bytes, len }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A whole text frame.
pub fn text_frame(text: &[u8]) -> Vec<u8> {
    whole(OpCode::Data(Data::Text), text)
}

/// A whole ping frame.
pub fn ping_frame() -> Vec<u8> {
    whole(OpCode::Control(Control::Ping), b"")
}

/// The answer to a ping.
pub fn pong_frame(payload: &[u8]) -> Vec<u8> {
    whole(OpCode::Control(Control::Pong), payload)
}

/// A whole close frame.
pub fn close_frame(code: u16) -> Vec<u8> {
    whole(OpCode::Control(Control::Close), &code.to_be_bytes())
}

fn whole(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let head = Head::of(opcode, payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame as TheirFrame;

    use super::*;

    fn masked(opcode: OpCode, payload: &[u8], is_final: bool) -> Vec<u8> {
        let mask = [7, 9, 200, 13];
        let header = FrameHeader { opcode, is_final, mask: Some(mask), ..FrameHeader::default() };
        let mut bytes = Vec::new();
        header.format(payload.len() as u64, &mut bytes).unwrap();
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
        bytes
    }

    fn text(payload: &str) -> Vec<u8> {
        masked(OpCode::Data(Data::Text), payload.as_bytes(), true)
    }

    fn read(chunks: &[&[u8]]) -> Result<Vec<Incoming>, Violation> {
        let mut parser = Parser::default();
        let mut found = Vec::new();
        for chunk in chunks {
            parser.feed(chunk, |message| found.push(message))?;
        }
        Ok(found)
    }

    proptest! {
        #[test]
        fn messages_are_the_same_however_their_bytes_are_cut(
            texts in prop::collection::vec("\\PC{0,300}", 1..6),
            cuts in prop::collection::vec(0.0..1.0f64, 0..12),
        ) {
            let mut bytes = Vec::new();
            for one in &texts {
                let (a, b) = one.as_bytes().split_at(one.len() / 2);
                bytes.extend(masked(OpCode::Data(Data::Text), a, false));
                bytes.extend(masked(OpCode::Control(Control::Ping), b"x", true));
                bytes.extend(masked(OpCode::Data(Data::Continue), b, true));
            }
            let mut at: Vec<usize> = cuts.iter().map(|c| (c * bytes.len() as f64) as usize).collect();
            at.sort_unstable();
            let mut parser = Parser::default();
            let mut found = Vec::new();
            let mut from = 0;
            for to in at.into_iter().chain([bytes.len()]) {
                parser.feed(&bytes[from..to], |message| found.push(message)).unwrap();
                from = to;
            }
            let expected: Vec<Incoming> = texts
                .into_iter()
                .flat_map(|one| [Incoming::Ping(b"x".to_vec()), Incoming::Text(one)])
                .collect();
            prop_assert_eq!(found, expected);
            prop_assert!(parser.0.is_none(), "nothing is held between two messages");
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let whole = read(&[&bytes]);
            let pieces: Vec<&[u8]> = bytes.chunks(3).collect();
            let cut = read(&pieces);
            prop_assert_eq!(whole.is_err(), cut.is_err());
        }
    }

    #[test]
    fn a_message_beyond_eight_kibibytes_is_refused_before_it_is_there() {
        let longest = "a".repeat(MESSAGE_BYTES_MAX);
        assert_eq!(read(&[&text(&longest)]), Ok(vec![Incoming::Text(longest.clone())]));
        let frame = text(&format!("{longest}a"));
        assert_eq!(read(&[&frame[..HEAD_LEN_MAX]]), Err(Violation::TooLong));
        let first = masked(OpCode::Data(Data::Text), longest.as_bytes(), false);
        let second = masked(OpCode::Data(Data::Continue), b"a", true);
        assert_eq!(read(&[&first, &second]), Err(Violation::TooLong));
    }

    #[test]
    fn frames_that_the_rfc_forbids_are_refused() {
        let mut unmasked = Vec::new();
        TheirFrame::message(b"hi".to_vec(), OpCode::Data(Data::Text), true)
            .format(&mut unmasked)
            .unwrap();
        let mut compressed = text("hi");
        compressed[0] |= 0x40;
        for bytes in [
            unmasked,
            compressed,
            masked(OpCode::Data(Data::Continue), b"", true),
            masked(OpCode::Control(Control::Ping), b"", false),
            masked(OpCode::Control(Control::Ping), &[0; 126], true),
        ] {
            assert_eq!(read(&[&bytes]), Err(Violation::Protocol), "{bytes:?}");
        }
        let latin1 = masked(OpCode::Data(Data::Text), b"\xff", true);
        assert_eq!(read(&[&latin1]), Err(Violation::NotUtf8));
    }

    #[test]
    fn heads_carry_the_length() {
        for len in [0, 125, 126, 65_535, 65_536] {
            let payload = vec![b'a'; len];
            let mut theirs = Vec::new();
            TheirFrame::message(payload.clone(), OpCode::Data(Data::Text), true)
                .format(&mut theirs)
                .unwrap();
            assert_eq!(text_frame(&payload), theirs);
        }
    }
}
