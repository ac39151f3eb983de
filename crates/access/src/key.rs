//! API keys: `gqk_<key id>_<secret>`. The log holds an HMAC of the secret,
//! made with a key that stands in the data directory and not in the log.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gongqiao_contract::id::KeyId;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// What every key begins with.
pub(crate) const PREFIX: &str = "gqk_";
/// Bytes of the public half.
const ID_BYTES: usize = 6;

/// Makes and checks API keys.
#[derive(Clone)]
pub struct Pepper(Arc<[u8; 32]>);

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper(…)")
    }
}

/// A key as it is given to a person, once.
#[derive(Debug)]
pub struct NewKey {
    /// The public half.
    pub id: KeyId,
    /// What the person sends: `gqk_<id>_<secret>`.
    pub token: SecretString,
    /// What is stored.
    pub mac: Vec<u8>,
}

impl Pepper {
    /// Reads the pepper, or makes it at the first start (mode 0600).
    ///
    /// # Errors
    /// The file can't be read or written, or has another length.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(kept(path)?)))
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn mint(&self) -> io::Result<NewKey> {
        let id = hex::encode(random::<ID_BYTES>()?);
        let secret = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let mac = self.mac(&secret).finalize().into_bytes().to_vec();
        let token = SecretString::from(format!("{PREFIX}{id}_{secret}"));
        // Why: hex is a token by construction.
        let id = id.parse().map_err(|e| io::Error::other(format!("{e}")))?;
        Ok(NewKey { id, token, mac })
    }

    /// Whether a secret is the one whose MAC is stored, in constant time.
    pub fn verifies(&self, secret: &str, mac: &[u8]) -> bool {
        self.mac(secret).verify_slice(mac).is_ok()
    }

    /// A number that nobody can foretell without the pepper, always the same for
    /// the same text.
    pub fn number(&self, text: &str) -> u64 {
        let mac = self.mac(text).finalize().into_bytes();
        mac.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// A name that nobody can foretell without the pepper, nor find out of what
    /// it was made: 32 hexadecimal digits, always the same for the same text.
    pub fn pseudonym(&self, text: &str) -> String {
        hex::encode(&self.mac(text).finalize().into_bytes()[..16])
    }

    fn mac(&self, secret: &str) -> Hmac<Sha256> {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("any length");
        mac.update(secret.as_bytes());
        mac
    }
}

/// Takes a token apart into key id and secret.
pub fn split(token: &str) -> Option<(KeyId, &str)> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    Some((id.parse().ok()?, secret))
}

/// Whether an id has the form of those that are made here, as a secret never
/// has.
pub fn is_minted(id: &KeyId) -> bool {
    let text = id.as_str();
    text.len() == 2 * ID_BYTES && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The key in a file, or a new one that is put there (mode 0600). Two
/// processes that start at once come by the same key.
///
/// # Errors
/// The file can't be read or written, or holds no key.
pub fn obtain(path: &Path, pepper: &Pepper) -> io::Result<NewKey> {
    if !path.exists() {
        write_private(path, pepper.mint()?.token.expose_secret().as_bytes())?;
    }
    let token = load(path)?;
    let no_key = || io::Error::new(io::ErrorKind::InvalidData, "the file holds no API key");
    let (id, secret) = split(token.expose_secret()).ok_or_else(no_key)?;
    let mac = pepper.mac(secret).finalize().into_bytes().to_vec();
    Ok(NewKey { id, mac, token })
}

/// Reads a key that was kept.
///
/// # Errors
/// The file can't be read.
pub fn load(path: &Path) -> io::Result<SecretString> {
    Ok(SecretString::from(fs::read_to_string(path)?.trim().to_owned()))
}

/// Writes a file that only we may read, unless it is there already. All of it
/// or nothing: it is written beside and linked into its place.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

/// The 32 bytes in a file, made at the first start (mode 0600).
///
/// # Errors
/// The file can't be read or written, or has another length.
pub(crate) fn kept(path: &Path) -> io::Result<[u8; 32]> {
    match fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidData, "a key of the cell has 32 bytes")
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let bytes = random::<32>()?;
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            write_private(path, &bytes)?;
            // Why: of two processes at once, one has written; both use that.
            kept(path)
        }
        Err(e) => Err(e),
    }
}

pub(crate) fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_verifies_and_any_other_secret_does_not() {
        let pepper = Pepper(Arc::new([7; 32]));
        let key = pepper.mint().unwrap();
        let token = key.token.expose_secret().to_owned();
        let (id, secret) = split(&token).unwrap();
        assert_eq!(id, key.id);
        assert!(is_minted(&id));
        assert!(!is_minted(&secret.parse().unwrap()));
        assert!(pepper.verifies(secret, &key.mac));
        assert!(!pepper.verifies(&secret[1..], &key.mac));
        assert!(!Pepper(Arc::new([8; 32])).verifies(secret, &key.mac));
        assert!(!format!("{key:?} {pepper:?}").contains(secret));
    }

    #[test]
    fn what_is_no_key_is_not_taken_apart() {
        for bad in ["", "gqk_", "gqk_abc", "abc_def", "gqk_a.b_c"] {
            assert!(split(bad).is_none(), "{bad}");
        }
    }
}
