//! A sealed half, as text: base64url, without padding, of
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format: 1 under a person's key, 2 under a person's and a channel's |
//! | 16 | the person |
//! | 16 and 4 | the channel and the month, big-endian; format 2 only |
//! | 12 | nonce |
//! | rest | AES-256-GCM of the half, with its tag of 16 bytes |
//!
//! The key is HKDF-SHA256 of the person's key, and behind it the channel's of the month, with the bytes
//! before the nonce in its info. Those bytes, the event's id and its type are authenticated too: a half
//! opens in its own event only.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use data_encoding::BASE64URL_NOPAD;
use events::{ChannelId, EventId, UserId};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::master::{NONCE_BYTES, nonce};
use crate::month::Month;
use crate::secret::{KEY_BYTES, Secret};

const PERSON: u8 = 1;
const CONTENT: u8 = 2;
const PERSON_BYTES: usize = 1 + 16;
const CONTENT_BYTES: usize = PERSON_BYTES + 16 + 4;
const TAG_BYTES: usize = 16;

/// Which keys a half is sealed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Under {
    pub person: UserId,
    pub channel: Option<(ChannelId, Month)>,
}

impl Under {
    fn header(self) -> Vec<u8> {
        let mut header = Vec::with_capacity(CONTENT_BYTES);
        header.push(if self.channel.is_some() { CONTENT } else { PERSON });
        header.extend_from_slice(self.person.as_bytes());
        if let Some((channel, month)) = self.channel {
            header.extend_from_slice(channel.as_bytes());
            header.extend_from_slice(&month.number().to_be_bytes());
        }
        header
    }

    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let id = |at: usize| bytes.get(at..at + 16)?.try_into().ok();
        let person = UserId::from_bytes(id(1)?);
        match *bytes.first()? {
            PERSON => Some((Self { person, channel: None }, PERSON_BYTES)),
            CONTENT => {
                let channel = ChannelId::from_bytes(id(PERSON_BYTES)?);
                let month = bytes.get(PERSON_BYTES + 16..CONTENT_BYTES)?.try_into().ok()?;
                let month = Month::from_number(u32::from_be_bytes(month));
                // A ratchet walks there step by step.
                (month <= Month::LAST).then_some(())?;
                Some((Self { person, channel: Some((channel, month)) }, CONTENT_BYTES))
            }
            _ => None,
        }
    }
}

/// The event that a half belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of<'e> {
    pub event: EventId,
    pub event_type: &'e str,
}

impl Of<'_> {
    fn aad(self, header: &[u8]) -> Vec<u8> {
        [header, self.event.as_bytes(), self.event_type.as_bytes()].concat()
    }
}

/// A key that halves are sealed under: of a person, or of a person in a channel's month.
#[derive(Clone)]
pub(crate) struct HalfKey {
    header: Vec<u8>,
    cipher: Aes256Gcm,
}

impl HalfKey {
    pub fn derive(under: Under, person: &Secret, month: Option<&Secret>) -> Self {
        let mut keys = Zeroizing::new([0; 2 * KEY_BYTES]);
        keys[..KEY_BYTES].copy_from_slice(person.bytes());
        let keys = match month {
            None => &keys[..KEY_BYTES],
            Some(month) => {
                keys[KEY_BYTES..].copy_from_slice(month.bytes());
                &keys[..]
            }
        };
        let header = under.header();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(None, keys)
            .expand_multi_info(&[b"nottermost/half/1", &header], &mut *key)
            .expect("HKDF gives 32 bytes");
        Self { header, cipher: Aes256Gcm::new((&*key).into()) }
    }

    pub fn seal(&self, of: Of<'_>, half: &[u8]) -> String {
        let nonce = nonce();
        let payload = Payload { msg: half, aad: &of.aad(&self.header) };
        let sealed =
            self.cipher.encrypt(&Nonce::from(nonce), payload).expect("a half is far below 256 GiB");
        let mut blob = Vec::with_capacity(self.header.len() + NONCE_BYTES + sealed.len());
        for part in [&self.header[..], &nonce, &sealed] {
            blob.extend_from_slice(part);
        }
        BASE64URL_NOPAD.encode(&blob)
    }

    /// The half; nothing if it was not sealed by this key, or not for this event.
    pub fn open(&self, of: Of<'_>, blob: &Blob) -> Option<Vec<u8>> {
        let (header, rest) = blob.bytes.split_at(blob.header);
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: &of.aad(header) };
        self.cipher.decrypt(&Nonce::from(*nonce), payload).ok()
    }
}

impl std::fmt::Debug for HalfKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

/// A sealed half, read from its text.
#[derive(Debug)]
pub(crate) struct Blob {
    pub under: Under,
    header: usize,
    bytes: Vec<u8>,
}

impl Blob {
    /// Nothing where a text is no sealed half of a known format.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text).ok()?;
        let (under, header) = Under::parse(&bytes)?;
        let long_enough = bytes.len() >= header + NONCE_BYTES + TAG_BYTES;
        long_enough.then_some(Self { under, header, bytes })
    }
}

#[cfg(test)]
mod tests {
    use events::Id;

    use super::*;

    fn content() -> Under {
        let channel = ChannelId::from_bytes([2; 16]);
        Under {
            person: UserId::from_bytes([1; 16]),
            channel: Some((channel, Month::from_number(24_310))),
        }
    }

    fn key(under: Under) -> HalfKey {
        let month = under.channel.map(|_| Secret::from_slice(&[8; 32]).unwrap());
        HalfKey::derive(under, &Secret::from_slice(&[7; 32]).unwrap(), month.as_ref())
    }

    const OF: Of<'_> = Of { event: EventId(Id([3; 16])), event_type: "post.created" };

    #[test]
    fn a_half_opens_under_its_key_in_its_event() {
        for under in [content(), Under { channel: None, ..content() }] {
            let key = key(under);
            let text = key.seal(OF, b"{\"message\":\"hello\"}");
            let blob = Blob::parse(text.as_bytes()).unwrap();
            assert_eq!(blob.under, under);
            assert_eq!(key.open(OF, &blob).unwrap(), b"{\"message\":\"hello\"}");
            let other = Of { event: EventId::from_bytes([4; 16]), ..OF };
            assert_eq!(key.open(other, &blob), None, "in another event");
            let other = Of { event_type: "post.edited", ..OF };
            assert_eq!(key.open(other, &blob), None, "in an event of another type");
        }
    }

    #[test]
    fn a_half_that_was_touched_does_not_open() {
        let key = key(content());
        let text = key.seal(OF, b"{}");
        for at in 0..text.len() {
            let mut bent = text.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let bent = Blob::parse(&bent);
            // The last character has bits that say nothing; base64 refuses those that are set.
            assert_eq!(bent.and_then(|blob| key.open(OF, &blob)), None, "byte {at}");
        }
        for end in 0..text.len() {
            let cut = Blob::parse(&text.as_bytes()[..end]);
            assert_eq!(cut.and_then(|blob| key.open(OF, &blob)), None, "cut at {end}");
        }
    }

    #[test]
    fn keys_of_different_people_channels_and_months_are_different() {
        let text = key(content()).seal(OF, b"{}");
        let blob = Blob::parse(text.as_bytes()).unwrap();
        let (channel, month) = content().channel.unwrap();
        let others = [
            Under { person: UserId::from_bytes([9; 16]), ..content() },
            Under { channel: Some((ChannelId::from_bytes([9; 16]), month)), ..content() },
            Under { channel: Some((channel, Month::from_number(1))), ..content() },
        ];
        for other in others {
            assert_eq!(key(other).open(OF, &blob), None, "{other:?}");
        }
    }

    /// What was sealed once must open for ever.
    #[test]
    fn a_half_that_was_sealed_long_ago_opens() {
        let golden = include_str!("../tests/golden/half.txt").trim();
        let blob = Blob::parse(golden.as_bytes()).unwrap();
        assert_eq!(blob.under, content());
        assert_eq!(key(content()).open(OF, &blob).unwrap(), b"{\"message\":\"hello\"}");
    }
}
