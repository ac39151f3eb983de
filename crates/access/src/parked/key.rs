//! What closes parked messages to whoever only has the stream, or a copy of
//! it: what others sent may name people anywhere.

use std::{io, path::Path, sync::Arc};

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use gongqiao_contract::wire;
use zeroize::Zeroizing;

use crate::key;

/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;

/// The key of the cell for what is parked.
#[derive(Clone)]
pub struct ParkedKey(Arc<Zeroizing<[u8; 32]>>);

impl std::fmt::Debug for ParkedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParkedKey(…)")
    }
}

impl ParkedKey {
    /// Reads the key, or makes it at the first start (mode 0600).
    ///
    /// # Errors
    /// The file can't be read or written, or has another length.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Zeroizing::new(key::kept(path)?))))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&**self.0).into())
    }

    /// Seals, bound to an id. `None` if the system has no randomness.
    pub(super) fn seal(&self, bound_to: &str, plain: &[u8]) -> Option<wire::Sealed> {
        let nonce = key::random::<NONCE>().ok()?;
        let payload = Payload { msg: plain, aad: bound_to.as_bytes() };
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(wire::Sealed { nonce: nonce.to_vec().into(), ciphertext: ciphertext.into() })
    }

    /// Undoes [`ParkedKey::seal`]; `None` if a byte differs.
    pub(super) fn unseal(&self, bound_to: &str, sealed: &wire::Sealed) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE] = sealed.nonce.as_ref().try_into().ok()?;
        let payload = Payload { msg: sealed.ciphertext.as_ref(), aad: bound_to.as_bytes() };
        self.cipher().decrypt(&XNonce::from(nonce), payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_its_id_alone() {
        let key = |byte| ParkedKey(Arc::new(Zeroizing::new([byte; 32])));
        let mut sealed = key(7).seal("prk_1", "工".as_bytes()).unwrap();
        assert_eq!(key(7).unseal("prk_1", &sealed).unwrap(), "工".as_bytes());
        assert_eq!(key(7).unseal("prk_2", &sealed), None);
        assert_eq!(key(8).unseal("prk_1", &sealed), None);
        sealed.ciphertext = sealed.ciphertext.slice(1..);
        assert_eq!(key(7).unseal("prk_1", &sealed), None);
        assert!(!format!("{:?}", key(7)).contains('7'));
    }
}
