//! The bytes of a file: sealed in pieces, so that any part can be read by itself.
//!
//! Each file has a random key of its own, which stands in the personal half of its event: who can no
//! longer open that has lost the file. The bytes are cut into pieces of 64 KiB, of which each becomes 16
//! bytes longer; the STREAM construction numbers them and marks the last, so none can be left out,
//! moved or cut off.

use std::io;
use std::ops::Range;

use aead_stream::{StreamBE32, StreamPrimitive};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::KeyInit;
use bytes::{Buf, Bytes, BytesMut};
use data_encoding::BASE64URL_NOPAD;
use event_archive::ByteStream;
use futures::stream::{self, StreamExt};

use crate::secret::Secret;

/// Bytes of a piece before and after sealing.
const PIECE: u64 = 64 << 10;
const SEALED_PIECE: u64 = PIECE + 16;

/// A file's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey(Secret);

/// A file whose key is no key: it was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file's key is gone")]
pub struct UnreadableFile;

impl FileKey {
    pub fn random() -> Self {
        Self(Secret::random())
    }

    /// As it stands in the event: 32 bytes in base64url.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.bytes())
    }

    /// # Errors
    /// [`UnreadableFile`].
    pub fn parse(text: &str) -> Result<Self, UnreadableFile> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| UnreadableFile)?;
        Secret::from_slice(&bytes).map(Self).ok_or(UnreadableFile)
    }

    /// The key of what lies beside a file (a preview of it, a part of it): whoever has the file's has it, and
    /// nobody else.
    #[must_use]
    pub fn beside(&self, what: &str) -> Self {
        Self(self.0.derived(&format!("nottermost/beside-file/{what}/1")))
    }

    /// The key that 32 bytes are.
    pub fn of_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::of(bytes))
    }

    /// Bytes of a file whose sealed bytes are `sealed`.
    pub fn opened_size(sealed: u64) -> u64 {
        sealed.saturating_sub(sealed.div_ceil(SEALED_PIECE) * (SEALED_PIECE - PIECE))
    }

    /// The key seals one file, so the nonce need not differ.
    fn stream(&self) -> StreamBE32<Aes256Gcm> {
        let cipher = Aes256Gcm::new(self.0.bytes().into());
        aead_stream::NewStream::from_aead(cipher, &Default::default())
    }

    /// The sealed bytes of what `plain` brings.
    pub fn seal<'s>(&self, plain: ByteStream<'s>) -> ByteStream<'s> {
        let state = Sealing { stream: self.stream(), plain, held: BytesMut::new(), next: Some(0) };
        stream::try_unfold(state, |mut state| async move {
            let piece = state.piece().await?;
            Ok(piece.map(|piece| (piece, state)))
        })
        .boxed()
    }

    /// Which sealed bytes hold the bytes `wanted` of a file of `size`.
    ///
    /// # Panics
    /// If `wanted` is empty or goes beyond the end.
    pub fn sealed_range(wanted: &Range<u64>, size: u64) -> Range<u64> {
        assert!(wanted.start < wanted.end && wanted.end <= size, "a part of the file");
        let (first, last) = (wanted.start / PIECE, (wanted.end - 1) / PIECE);
        first * SEALED_PIECE..((last + 1) * SEALED_PIECE).min(sealed_size(size))
    }

    /// The bytes `wanted` of a file of `size` from its sealed bytes
    /// [`sealed_range`](Self::sealed_range).
    pub fn open(
        &self,
        sealed: ByteStream<'static>,
        wanted: Range<u64>,
        size: u64,
    ) -> ByteStream<'static> {
        let first = wanted.start / PIECE;
        let state = Opening {
            stream: self.stream(),
            sealed,
            held: BytesMut::new(),
            next: first,
            last: size.saturating_sub(1) / PIECE,
            skip: wanted.start - first * PIECE,
            left: wanted.end - wanted.start,
        };
        stream::try_unfold(state, |mut state| async move {
            let piece = state.piece().await?;
            Ok(piece.map(|piece| (piece, state)))
        })
        .boxed()
    }
}

/// Bytes of a sealed file of `size`.
fn sealed_size(size: u64) -> u64 {
    size + size.div_ceil(PIECE).max(1) * (SEALED_PIECE - PIECE)
}

struct Sealing<'s> {
    stream: StreamBE32<Aes256Gcm>,
    plain: ByteStream<'s>,
    held: BytesMut,
    /// The number of the next piece; nothing once the last is out.
    next: Option<u32>,
}

impl Sealing<'_> {
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        let Some(number) = self.next else { return Ok(None) };
        // One byte more than a piece tells that it is not the last.
        while self.held.len() as u64 <= PIECE {
            match self.plain.next().await {
                Some(more) => self.held.extend_from_slice(&more?),
                None => break,
            }
        }
        let last = self.held.len() as u64 <= PIECE;
        let piece = self.held.split_to(self.held.len().min(PIECE as usize));
        let sealed = self.stream.encrypt(number, last, &piece[..]);
        let sealed = sealed.map_err(|_| io::Error::other("failed to seal a file"))?;
        self.next = if last { None } else { Some(following(number)?) };
        Ok(Some(sealed.into()))
    }
}

fn following(number: u32) -> io::Result<u32> {
    number.checked_add(1).ok_or_else(|| io::Error::other("the file is too large to be sealed"))
}

struct Opening {
    stream: StreamBE32<Aes256Gcm>,
    sealed: ByteStream<'static>,
    held: BytesMut,
    next: u64,
    last: u64,
    /// Bytes of the first piece that are not wanted.
    skip: u64,
    left: u64,
}

impl Opening {
    async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        while (self.held.len() as u64) < SEALED_PIECE {
            match self.sealed.next().await {
                Some(more) => self.held.extend_from_slice(&more?),
                None => break,
            }
        }
        let sealed = self.held.split_to(self.held.len().min(SEALED_PIECE as usize));
        let number = u32::try_from(self.next).map_err(io::Error::other)?;
        let opened = self.stream.decrypt(number, self.next == self.last, &sealed[..]);
        let damaged =
            |_| io::Error::new(io::ErrorKind::InvalidData, "a piece of a file is damaged");
        let mut opened = Bytes::from(opened.map_err(damaged)?);
        opened.advance(usize::try_from(self.skip).map_err(io::Error::other)?.min(opened.len()));
        opened.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.next += 1;
        self.skip = 0;
        self.left -= opened.len() as u64;
        Ok(Some(opened))
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    fn bytes(size: usize) -> Vec<u8> {
        (0..size).map(|at| (at * 31 + at / 251) as u8).collect()
    }

    fn pieces(bytes: &[u8], of: usize) -> ByteStream<'static> {
        let pieces: Vec<io::Result<Bytes>> =
            bytes.chunks(of).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        stream::iter(pieces).boxed()
    }

    async fn collected(stream: ByteStream<'_>) -> io::Result<Vec<u8>> {
        let pieces: Vec<Bytes> = stream.try_collect().await?;
        Ok(pieces.concat())
    }

    const P: usize = PIECE as usize;

    #[tokio::test]
    async fn any_part_of_a_file_is_read_from_the_pieces_that_hold_it() {
        for size in [1, P - 1, P, P + 1, 2 * P, 3 * P + 7] {
            let (key, plain) = (FileKey::random(), bytes(size));
            let sealed = collected(key.seal(pieces(&plain, 1_000))).await.unwrap();
            assert_eq!(sealed.len() as u64, sealed_size(size as u64));
            for (start, end) in [(0, size), (0, 1), (size - 1, size), (size / 2, size)] {
                let wanted = start as u64..end as u64;
                let range = FileKey::sealed_range(&wanted, size as u64);
                let part = &sealed[range.start as usize..range.end as usize];
                let opened = collected(key.open(pieces(part, 777), wanted, size as u64)).await;
                assert_eq!(opened.unwrap(), plain[start..end], "{start}..{end} of {size}");
            }
        }
    }

    #[tokio::test]
    async fn an_empty_file_is_one_sealed_piece() {
        let sealed = collected(FileKey::random().seal(pieces(&[], 1))).await.unwrap();
        assert_eq!(sealed.len() as u64, sealed_size(0));
    }

    #[tokio::test]
    async fn pieces_that_were_bent_moved_or_cut_off_do_not_open() {
        let (key, plain, size) = (FileKey::random(), bytes(3 * P), 3 * PIECE);
        let sealed = collected(key.seal(pieces(&plain, P))).await.unwrap();
        let piece = SEALED_PIECE as usize;
        let mut bent = sealed.clone();
        bent[piece + 5] ^= 1;
        let moved = [&sealed[piece..2 * piece], &sealed[..piece], &sealed[2 * piece..]].concat();
        let foreign = collected(FileKey::random().seal(pieces(&plain, P))).await.unwrap();
        for wrong in [bent, moved, sealed[..2 * piece].to_vec(), foreign] {
            let opened = collected(key.open(pieces(&wrong, P), 0..size, size)).await;
            assert!(opened.is_err());
        }
        let shorter = collected(key.open(pieces(&sealed[..2 * piece], P), 0..2 * PIECE, 2 * PIECE));
        assert!(shorter.await.is_err(), "the second piece was not the last");
    }

    #[test]
    fn the_size_of_a_file_follows_from_that_of_its_sealed_bytes() {
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
            assert_eq!(FileKey::opened_size(sealed_size(size)), size);
        }
    }

    #[test]
    fn what_lies_beside_a_file_has_a_key_of_its_own() {
        let key = FileKey::random();
        assert_eq!(key.beside("preview"), key.beside("preview"));
        assert_ne!(key.beside("preview"), key.beside("thumbnail"));
        assert_ne!(key.beside("preview"), key);
        assert_ne!(key.beside("preview"), FileKey::random().beside("preview"));
    }

    #[test]
    fn a_key_is_read_back_from_its_text() {
        let key = FileKey::random();
        assert_eq!(FileKey::parse(&key.text()), Ok(key));
        for text in ["", "x", "AAAA"] {
            assert_eq!(FileKey::parse(text), Err(UnreadableFile));
        }
    }
}
