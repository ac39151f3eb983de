//! The cell's own two keys, and what is done with keys.

use std::{
    fmt,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::VaultError;

/// The first line of a key file.
const MAGIC: &str = "gongqiao vault key 1";
/// Bytes of an XChaCha20 nonce.
pub(crate) const NONCE: usize = 24;

/// A key that wipes itself.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The keys of one cell. Never leaves this crate.
pub(crate) struct KeyRing {
    /// Wraps the persons' keys.
    master: Key,
    /// Keys every hash.
    lookup: Key,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

impl KeyRing {
    /// Reads the key file, after making it when `may_make` and there is none.
    /// Of several processes that start at once, one makes it and all read it.
    pub(crate) fn obtain(path: &Path, may_make: bool) -> Result<Self, VaultError> {
        if !path.try_exists().map_err(VaultError::file(path))? {
            if !may_make {
                return Err(VaultError::KeyMissing { path: path.to_owned() });
            }
            make(path)?;
        }
        read(path)
    }

    /// The hash under which a citizen ID is found: HMAC-SHA-256, city-wide.
    pub(crate) fn lookup_hash(&self, citizen_id: &str) -> [u8; 32] {
        mac(&self.lookup, b"gongqiao.v1.citizen-id", citizen_id.as_bytes())
    }

    /// The hash under which somebody without a right ID is found. Of another
    /// domain than that of IDs, so that neither can be taken for the other.
    pub(crate) fn provisional_hash(&self, key: &str) -> [u8; 32] {
        mac(&self.lookup, b"gongqiao.v1.provisional", key.as_bytes())
    }

    /// What stands in the place of a citizen ID's hash for an owner that is no
    /// person: never the hash of one.
    pub(crate) fn owner_hash(&self, owner: &str) -> [u8; 32] {
        mac(&self.lookup, b"gongqiao.v1.owner", owner.as_bytes())
    }

    /// HMAC-SHA-256 under a key of its own, cut to 16 bytes.
    pub(crate) fn content_mac(&self, content: &[u8]) -> [u8; 16] {
        let key = Zeroizing::new(mac(&self.lookup, b"gongqiao.v1.key", b"content-mac"));
        let full = mac(&key, b"gongqiao.v1.content-mac", content);
        let mut short = [0; 16];
        short.copy_from_slice(&full[..16]);
        short
    }

    /// What tells this vault's key file from another's.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let lookup = mac(&self.lookup, b"gongqiao.v1.fingerprint", b"lookup");
        mac(&self.master, b"gongqiao.v1.fingerprint", &lookup)
    }

    /// Wraps a person's key for the row of `card`: nonce, then ciphertext.
    pub(crate) fn wrap(&self, card: &str, nonce: &[u8; NONCE], key: &Key) -> Option<Vec<u8>> {
        let sealed = encrypt(&self.master, nonce, wrapping(card).as_bytes(), key.as_slice())?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    /// Undoes [`KeyRing::wrap`]; `None` for what this ring did not wrap for
    /// this card.
    pub(crate) fn unwrap(&self, card: &str, wrapped: &[u8]) -> Option<Key> {
        let (nonce, sealed) = wrapped.split_first_chunk()?;
        let bytes = decrypt(&self.master, nonce, wrapping(card).as_bytes(), sealed)?;
        let mut key = Key::default();
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(&bytes);
        Some(key)
    }
}

/// Seals with XChaCha20-Poly1305; `None` only for more than 256 GiB.
pub(crate) fn encrypt(
    key: &Key,
    nonce: &[u8; NONCE],
    bound_to: &[u8],
    plain: &[u8],
) -> Option<Vec<u8>> {
    let cipher = XChaCha20Poly1305::new((&**key).into());
    cipher.encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: bound_to }).ok()
}

/// Undoes [`encrypt`]; `None` if a byte of any of the four differs.
pub(crate) fn decrypt(
    key: &Key,
    nonce: &[u8; NONCE],
    bound_to: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = XChaCha20Poly1305::new((&**key).into());
    let payload = Payload { msg: sealed, aad: bound_to };
    cipher.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// Makes `dir` and what is above it, and closes it to others.
pub(crate) fn private_dir(dir: &Path) -> Result<(), VaultError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(0o700)))
        .map_err(VaultError::file(dir))
}

fn wrapping(card: &str) -> String {
    format!("gongqiao.v1.person-key {card}")
}

/// HMAC-SHA-256 of `domain`, a zero byte and `data`.
fn mac(key: &[u8; 32], domain: &[u8], data: &[u8]) -> [u8; 32] {
    // Why: HMAC fills a short key up with zeros to the hash's block; given
    // whole, there is no length to be wrong (RFC 2104, section 2).
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new((&*block).into());
    mac.update(domain);
    mac.update(&[0]);
    mac.update(data);
    mac.finalize().into_bytes().into()
}

fn make(path: &Path) -> Result<(), VaultError> {
    let master = random::<32>()?;
    let lookup = random::<32>()?;
    let mut text = Zeroizing::new(String::with_capacity(256));
    for line in
        [MAGIC, &Zeroizing::new(hex::encode(*master)), &Zeroizing::new(hex::encode(*lookup))]
    {
        text.push_str(line);
        text.push('\n');
    }

    let dir = path.parent().unwrap_or(Path::new("."));
    let draft = path.with_extension(format!("{}.new", hex::encode(*random::<8>()?)));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    // Why: a link appears whole or not at all, and never replaces a file
    // that another process made in the meantime.
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => other.map_err(VaultError::file(path))?,
    }
    removed.map_err(VaultError::file(&draft))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(VaultError::file(dir))
}

fn read(path: &Path) -> Result<KeyRing, VaultError> {
    let mut file = File::open(path).map_err(VaultError::file(path))?;
    let mode = file.metadata().map_err(VaultError::file(path))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(VaultError::OpenToOthers { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(256));
    file.read_to_string(&mut text).map_err(VaultError::file(path))?;
    parse(&text).ok_or_else(|| VaultError::KeyDamaged { path: path.to_owned() })
}

fn parse(text: &str) -> Option<KeyRing> {
    let mut lines = text.lines();
    if lines.next() != Some(MAGIC) {
        return None;
    }
    let mut key = || {
        let mut key = Key::default();
        hex::decode_to_slice(lines.next()?, key.as_mut_slice()).ok()?;
        Some(key)
    };
    let ring = KeyRing { master: key()?, lookup: key()? };
    lines.next().is_none().then_some(ring)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn ring() -> KeyRing {
        KeyRing { master: Zeroizing::new([1; 32]), lookup: Zeroizing::new([2; 32]) }
    }

    #[test]
    fn hmac_is_that_of_the_standard() {
        // RFC 4231, test case 1, its 20-byte key filled up with zeros; the
        // domain and the zero byte are the first bytes of the message.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let mut block = [0; 64];
        block[..32].copy_from_slice(&key);
        let mut plain = <Hmac<Sha256> as hmac::KeyInit>::new((&block).into());
        plain.update(b"Hi There");
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex::encode(plain.finalize().into_bytes()), expected);
        let mut whole = <Hmac<Sha256> as hmac::KeyInit>::new((&block).into());
        whole.update(b"domain\0data");
        assert_eq!(mac(&key, b"domain", b"data").as_slice(), &whole.finalize().into_bytes()[..]);
    }

    #[test]
    fn the_same_words_hash_differently_for_every_use_and_key() {
        let (ring, other) = (ring(), KeyRing { lookup: Zeroizing::new([3; 32]), ..ring() });
        let hash = ring.lookup_hash("x");
        assert_eq!(hash, ring.lookup_hash("x"));
        assert_ne!(hash, other.lookup_hash("x"));
        assert_ne!(hash[..16], ring.content_mac(b"x"));
        assert_ne!(ring.content_mac(b"x"), other.content_mac(b"x"));
        assert_ne!(ring.fingerprint(), other.fingerprint());
    }

    #[test]
    fn a_wrapped_key_unwraps_for_its_card_alone() {
        let (ring, key) = (ring(), Zeroizing::new([7; 32]));
        let wrapped = ring.wrap("card_a", &[9; NONCE], &key).unwrap();
        assert_eq!(ring.unwrap("card_a", &wrapped).as_deref(), Some(&[7; 32]));
        assert!(ring.unwrap("card_b", &wrapped).is_none());
        for at in 0..wrapped.len() {
            let mut damaged = wrapped.clone();
            damaged[at] ^= 1;
            assert!(ring.unwrap("card_a", &damaged).is_none(), "byte {at} does not matter");
            assert!(ring.unwrap("card_a", &wrapped[..at]).is_none(), "cut at {at}");
        }
    }

    #[test]
    fn whoever_starts_first_makes_the_key_and_all_read_the_same() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("vault.key");
        let prints: Vec<[u8; 32]> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| KeyRing::obtain(&path, true).unwrap().fingerprint());
            let threads: Vec<_> = (0..8).map(|_| start()).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|print| *print == prints[0]));
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(left, [path]);
    }

    #[test]
    fn a_damaged_or_open_key_file_is_refused_without_its_words() {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("vault.key");
        KeyRing::obtain(&path, true).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        for bad in ["", MAGIC, &text[1..], &text[..text.len() - 3], &format!("{text}more\n")] {
            fs::write(&path, bad).unwrap();
            let error = KeyRing::obtain(&path, true).unwrap_err();
            assert!(matches!(error, VaultError::KeyDamaged { .. }), "{bad:?}");
            assert!(!format!("{error} {error:?}").contains(&text[30..40]));
        }
        fs::write(&path, &text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = KeyRing::obtain(&path, true).unwrap_err();
        assert!(matches!(error, VaultError::OpenToOthers { mode: 0o640, .. }));
    }
}
