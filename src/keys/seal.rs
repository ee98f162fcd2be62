//! Secrets that must be read again, sealed with the key of the installation: XChaCha20-Poly1305 (RFC 8439 with the long
//! nonce, which may be drawn), a key of its own per purpose, and bound to whom it belongs.

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{Aead as _, Payload},
};
use zeroize::Zeroizing;

use super::Key;
use crate::entropy::Entropy;

const NONCE: usize = 24;

/// What was sealed can't be opened: with another key, for somebody else, or it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret can't be opened: was it made with another key?")]
pub struct Unsealable;

impl Key {
    /// Seals a secret for one purpose and one owner.
    pub fn seal(&self, purpose: &str, owner: &str, secret: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        // It fails for nothing shorter than 256 GB; an empty answer is one that nobody can open.
        let sealed = self.cipher(purpose).encrypt(&nonce.into(), payload).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`Self::seal`] made for the same purpose and owner.
    pub fn open(&self, purpose: &str, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        self.cipher(purpose).decrypt(&(*nonce).into(), payload).map(Zeroizing::new).map_err(|_| Unsealable)
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        let key = Zeroizing::new(self.mac("seal", purpose.as_bytes()));
        XChaCha20Poly1305::new(&(*key).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::OsEntropy;

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_owner_and_key_alone() {
        let (key, other) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let sealed = key.seal("totp", "alice", b"secret", &OsEntropy);
        assert_eq!(key.open("totp", "alice", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(key.open("totp", "bob", &sealed), Err(Unsealable));
        assert_eq!(key.open("other", "alice", &sealed), Err(Unsealable));
        assert_eq!(other.open("totp", "alice", &sealed), Err(Unsealable));
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed_and_nothing_short_panics() {
        let key = Key::from_bytes([1; 32]);
        let sealed = key.seal("totp", "alice", b"secret", &OsEntropy);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("totp", "alice", &changed), Err(Unsealable), "byte {at}");
            assert_eq!(key.open("totp", "alice", &sealed[..at]), Err(Unsealable), "the first {at}");
        }
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let key = Key::from_bytes([1; 32]);
        let seal = || key.seal("totp", "alice", b"secret", &OsEntropy);
        assert_ne!(seal(), seal());
        assert!(!seal().windows(6).any(|window| window == b"secret"));
    }
}
