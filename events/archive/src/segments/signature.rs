//! Ed25519: who wrote a digest, or took evidence out.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// What is signed begins with this, so that the signature says nothing of any other text.
const DIGEST: &[u8] = b"nottermost archive digest 1\n";
const EPOCH: &[u8] = b"nottermost archive epoch 1\n";
const EVIDENCE: &[u8] = b"nottermost evidence 1\n";
const SIGNATURE_BYTES: usize = 64;

/// The key that signs digests and evidence.
pub struct Signer {
    pair: Ed25519KeyPair,
    former: Vec<PublicKey>,
}

impl Signer {
    /// The same seed is the same key.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a seed");
        Self { pair, former: Vec::new() }
    }

    /// Takes over a chain of digests that other keys began.
    pub fn succeeding(self, former: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { former: former.into_iter().collect(), ..self }
    }

    /// Whether a digest of this key may be continued.
    pub(super) fn trusts(&self, key: PublicKey) -> bool {
        key == self.public_key() || self.former.contains(&key)
    }

    pub fn public_key(&self) -> PublicKey {
        let bytes = self.pair.public_key().as_ref();
        PublicKey(bytes.try_into().expect("a public key has 32 bytes"))
    }

    pub(super) fn sign(&self, text: &str) -> String {
        self.sign_as(DIGEST, text)
    }

    pub(super) fn sign_epoch(&self, text: &str) -> String {
        self.sign_as(EPOCH, text)
    }

    /// The signature of what was taken out of the archive as evidence. It says nothing of a digest.
    pub fn sign_evidence(&self, text: &str) -> String {
        self.sign_as(EVIDENCE, text)
    }

    fn sign_as(&self, domain: &[u8], text: &str) -> String {
        HEXLOWER.encode(self.pair.sign(&message(domain, text)).as_ref())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public_key()).finish()
    }
}

/// Who checks digests has this, as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no public key of Ed25519")]
pub struct InvalidPublicKey(String);

impl PublicKey {
    pub(super) fn signed(&self, text: &str, signature: &str) -> bool {
        self.signed_as(DIGEST, text, signature)
    }

    pub(super) fn signed_epoch(&self, text: &str, signature: &str) -> bool {
        self.signed_as(EPOCH, text, signature)
    }

    /// Whether [`Signer::sign_evidence`] of this key made the signature.
    pub fn signed_evidence(&self, text: &str, signature: &str) -> bool {
        self.signed_as(EVIDENCE, text, signature)
    }

    fn signed_as(&self, domain: &[u8], text: &str, signature: &str) -> bool {
        let signature = HEXLOWER.decode(signature.as_bytes()).unwrap_or_default();
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        signature.len() == SIGNATURE_BYTES && key.verify(&message(domain, text), &signature).is_ok()
    }
}

fn message(domain: &[u8], text: &str) -> Vec<u8> {
    [domain, text.as_bytes()].concat()
}

impl FromStr for PublicKey {
    type Err = InvalidPublicKey;

    fn from_str(text: &str) -> Result<Self, InvalidPublicKey> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| InvalidPublicKey(text.to_owned()))
    }
}

impl TryFrom<String> for PublicKey {
    type Error = InvalidPublicKey;

    fn try_from(text: String) -> Result<Self, InvalidPublicKey> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 1.
    #[test]
    fn a_seed_is_the_key_that_the_standard_says() {
        let seed = HEXLOWER
            .decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            .unwrap();
        let signer = Signer::from_seed(&seed.try_into().unwrap());
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(signer.public_key().to_string(), public);
        assert_eq!(public.parse(), Ok(signer.public_key()));
        assert!(!format!("{signer:?}").contains("9d61b1"));
    }

    #[test]
    fn a_signature_is_of_one_text_and_one_key() {
        let signer = Signer::from_seed(&[1; 32]);
        let signature = signer.sign("text");
        let key = signer.public_key();
        assert!(key.signed("text", &signature));
        assert!(!key.signed("texts", &signature));
        assert!(!key.signed("text", &signature[..126]) && !key.signed("text", ""));
        assert!(!Signer::from_seed(&[2; 32]).public_key().signed("text", &signature));
        let evidence = signer.sign_evidence("text");
        assert!(key.signed_evidence("text", &evidence) && !key.signed("text", &evidence));
        assert!(!key.signed_evidence("text", &signature));
    }
}
