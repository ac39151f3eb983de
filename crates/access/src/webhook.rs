//! What signs requests to others, in the manner of Standard Webhooks
//! (standardwebhooks.com): whoever holds the secret, or the public key, can
//! tell that they are ours, fresh and unaltered.

use std::{io, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey};
use gongqiao_contract::wire::webhook_signing::Value as Signing;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::key;

/// What a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// What a public key begins with.
const PUBLIC_PREFIX: &str = "whpk_";
/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// Makes the secrets of webhooks: each out of a salt, which stands in the log,
/// and this key of the cell, which stands in the data directory.
#[derive(Clone)]
pub struct WebhookKeys(Arc<Zeroizing<[u8; 32]>>);

impl std::fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookKeys(…)")
    }
}

impl WebhookKeys {
    /// Reads the key, or makes it at the first start (mode 0600).
    ///
    /// # Errors
    /// The file can't be read or written, or has another length.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Arc::new(Zeroizing::new(key::kept(path)?))))
    }

    /// A salt for a new secret.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn salt() -> io::Result<Vec<u8>> {
        Ok(key::random::<SALT_BYTES>()?.to_vec())
    }

    /// What signs with the secret of a salt.
    pub fn signer(&self, signing: Signing, salt: &[u8]) -> Signer {
        let secret = self.secret(signing, salt);
        match signing {
            Signing::Ed25519 => Signer::Ed25519(Box::new(SigningKey::from_bytes(&secret))),
            Signing::Hmac | Signing::Unspecified => Signer::Hmac(Zeroizing::new(secret.to_vec())),
        }
    }

    fn secret(&self, signing: Signing, salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut mac = keyed(self.0.as_slice());
        // Why the name: one salt makes no two secrets of the same bytes.
        mac.update(signing.as_str_name().as_bytes());
        mac.update(&[0]);
        mac.update(salt);
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

/// One secret.
pub enum Signer {
    /// `v1`.
    Hmac(Zeroizing<Vec<u8>>),
    /// `v1a`.
    Ed25519(Box<SigningKey>),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(…)")
    }
}

/// A secret of another form than `whsec_` and 24 to 64 bytes in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook's secret has to be whsec_ and then 24 to 64 bytes in base64")]
pub struct NoSecret;

impl Signer {
    /// What signs with a secret that both sides hold, as `whsec_…`.
    ///
    /// # Errors
    /// It has another form.
    pub fn parse(text: &SecretString) -> Result<Self, NoSecret> {
        let encoded = text.expose_secret().trim().strip_prefix(SECRET_PREFIX).ok_or(NoSecret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| NoSecret)?);
        if (24..=64).contains(&bytes.len()) { Ok(Self::Hmac(bytes)) } else { Err(NoSecret) }
    }

    /// The signature of a body that is sent as `id` at `at` (epoch seconds), as
    /// it stands in the header `webhook-signature`.
    pub fn sign(&self, id: &str, at: i64, body: &[u8]) -> String {
        let head = format!("{id}.{at}.");
        match self {
            Self::Hmac(secret) => {
                let mut mac = keyed(secret);
                mac.update(head.as_bytes());
                mac.update(body);
                format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
            }
            Self::Ed25519(key) => {
                let signed = key.sign(&[head.as_bytes(), body].concat());
                format!("v1a,{}", STANDARD.encode(signed.to_bytes()))
            }
        }
    }

    /// What the receiver is given to check with: `whsec_…`, to be shown once,
    /// where both sides hold the same.
    pub fn secret(&self) -> Option<SecretString> {
        match self {
            Self::Hmac(secret) => {
                Some(SecretString::from(format!("{SECRET_PREFIX}{}", STANDARD.encode(secret))))
            }
            Self::Ed25519(_) => None,
        }
    }

    /// What the receiver checks with where nothing has to be kept secret:
    /// `whpk_…`.
    pub fn public_key(&self) -> Option<String> {
        match self {
            Self::Hmac(_) => None,
            Self::Ed25519(key) => {
                Some(format!("{PUBLIC_PREFIX}{}", STANDARD.encode(key.verifying_key().as_bytes())))
            }
        }
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    Hmac::<Sha256>::new_from_slice(key).expect("any length")
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};

    use super::*;

    /// The example of the Standard Webhooks specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn keys() -> WebhookKeys {
        WebhookKeys(Arc::new(Zeroizing::new([7; 32])))
    }

    #[test]
    fn a_signature_is_what_the_standard_says() {
        let signer = Signer::parse(&SECRET.into()).unwrap();
        let signed =
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_of_another_form_is_refused_and_a_secret_reads_back() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for bad in [&SECRET[6..], "whsec_planted!", &short, &long] {
            assert_eq!(Signer::parse(&bad.into()).unwrap_err(), NoSecret, "{bad}");
        }
        let signer = Signer::parse(&SECRET.into()).unwrap();
        assert_eq!(signer.secret().unwrap().expose_secret(), SECRET);
        assert!(!format!("{signer:?} {:?}", keys()).contains("MfKQ"));
    }

    #[test]
    fn each_salt_and_each_way_of_signing_has_a_secret_of_its_own() {
        let hmac = |salt: &[u8]| {
            keys().signer(Signing::Hmac, salt).secret().unwrap().expose_secret().to_owned()
        };
        assert_eq!(hmac(b"a"), hmac(b"a"));
        assert_ne!(hmac(b"a"), hmac(b"b"));
        let other = WebhookKeys(Arc::new(Zeroizing::new([8; 32])));
        let foreign = other.signer(Signing::Hmac, b"a").secret().unwrap();
        assert_ne!(hmac(b"a"), foreign.expose_secret());
        let Signer::Ed25519(key) = keys().signer(Signing::Ed25519, b"a") else { panic!() };
        assert_ne!(STANDARD.encode(key.to_bytes()), hmac(b"a")[6..]);
    }

    /// Every header and every byte of the body, each altered alone.
    fn mutations(id: &str, at: i64, body: &[u8]) -> Vec<(String, i64, Vec<u8>)> {
        let mut all = vec![(format!("{id}x"), at, body.to_vec()), (id.into(), at + 1, body.into())];
        for place in 0..body.len() {
            for bit in 0..8 {
                let mut body = body.to_vec();
                body[place] ^= 1 << bit;
                all.push((id.to_owned(), at, body));
            }
        }
        all
    }

    #[test]
    fn the_official_library_takes_what_is_signed_and_nothing_that_differs_in_a_bit() {
        let signer = keys().signer(Signing::Hmac, b"salt");
        let theirs =
            standardwebhooks::Webhook::new(signer.secret().unwrap().expose_secret()).unwrap();
        let (id, at, body) = ("wh_1-7-41", 1_790_000_000, "{\"data\":\"工\"}".as_bytes());
        let signed = signer.sign(id, at, body);
        assert_eq!(theirs.sign(id, at, body).unwrap(), signed);
        for (id, at, body) in mutations(id, at, body) {
            // Why an error as well: what is no text any more it does not sign.
            assert_ne!(theirs.sign(&id, at, &body).ok().as_ref(), Some(&signed));
        }
    }

    #[test]
    fn an_ed25519_signature_holds_for_these_bytes_alone() {
        let signer = keys().signer(Signing::Ed25519, b"salt");
        let public = signer.public_key().unwrap();
        let bytes = STANDARD.decode(public.strip_prefix("whpk_").unwrap()).unwrap();
        let public = VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
        let (id, at, body) = ("wh_1-7-41", 1_790_000_000, "{\"data\":\"工\"}".as_bytes());
        let signed = signer.sign(id, at, body);
        let signed = STANDARD.decode(signed.strip_prefix("v1a,").unwrap()).unwrap();
        let signed = Signature::from_slice(&signed).unwrap();
        let holds = |id: &str, at: i64, body: &[u8]| {
            public.verify(&[format!("{id}.{at}.").as_bytes(), body].concat(), &signed).is_ok()
        };
        assert!(holds(id, at, body));
        assert!(mutations(id, at, body).iter().all(|(id, at, body)| !holds(id, *at, body)));
    }
}
