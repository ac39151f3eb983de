//! The JWTs of NATS' operator mode (format version 2): operator, account and user claims, signed with nkeys.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512_256};

const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// The part of every claim that says who vouches for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Identifies this very token: base32 of SHA-512/256 over the claims without it.
    #[serde(default)]
    pub jti: String,
    /// When it was issued, Unix seconds; of two tokens for one subject the server keeps the later one.
    pub iat: i64,
    /// From when on it no longer holds, Unix seconds; `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Public key of the issuer.
    pub iss: String,
    /// A name for people.
    pub name: String,
    /// Public key of the subject.
    pub sub: String,
    /// What the subject is and may do.
    pub nats: Value,
}

impl Claims {
    /// Claims of an operator, self-signed; `system_account` is the public key of its SYS account.
    pub fn operator(key: &KeyPair, name: &str, system_account: &str, iat: i64) -> Self {
        let nats = json!({ "system_account": system_account, "type": "operator", "version": 2 });
        Self::new(key, &key.public_key(), name, iat, nats)
    }

    /// Claims of an account. With `jetstream` its streams are limited only by the server; without, it has none.
    pub fn account(
        operator: &KeyPair,
        account: &str,
        name: &str,
        terms: &AccountTerms,
        iat: i64,
    ) -> Self {
        let mut limits = json!({
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
            "leaf": -1,
        });
        if terms.jetstream {
            for resource in ["mem_storage", "disk_storage", "streams", "consumer"] {
                limits[resource] = json!(-1);
            }
        }
        let mut nats = json!({
            "limits": limits, "default_permissions": { "pub": {}, "sub": {} }, "type": "account", "version": 2,
        });
        if !terms.exports.is_empty() {
            nats["exports"] = terms.exports.iter().map(Export::to_json).collect();
        }
        if !terms.imports.is_empty() {
            nats["imports"] = terms.imports.iter().map(Import::to_json).collect();
        }
        if !terms.mappings.is_empty() {
            let to = |to: &String| json!([{ "subject": to, "weight": 100 }]);
            nats["mappings"] =
                terms.mappings.iter().map(|(from, one)| (from.clone(), to(one))).collect();
        }
        if !terms.revoked.is_empty() {
            nats["revocations"] = json!(terms.revoked);
        }
        Self::new(operator, account, name, iat, nats)
    }

    /// Permission for another account, `importer`, to import `subject` until `exp`, if that is limited.
    pub fn activation(
        exporter: &KeyPair,
        importer: &str,
        subject: &str,
        iat: i64,
        exp: Option<i64>,
    ) -> Self {
        let nats =
            json!({ "subject": subject, "kind": "service", "type": "activation", "version": 2 });
        Self { exp, ..Self::new(exporter, importer, subject, iat, nats) }
    }

    /// Claims of a user who may do what `rights` list, and nothing else.
    pub fn limited_user(
        account: &KeyPair,
        user: &str,
        name: &str,
        rights: &Rights,
        iat: i64,
    ) -> Self {
        let nats = json!({
            "pub": { "allow": rights.publish }, "sub": { "allow": rights.subscribe },
            "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2,
        });
        Self { exp: rights.until, ..Self::new(account, user, name, iat, nats) }
    }

    /// Claims of a user with every right inside its account.
    pub fn user(account: &KeyPair, user: &str, name: &str, iat: i64) -> Self {
        let nats = json!({
            "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2,
        });
        Self::new(account, user, name, iat, nats)
    }

    /// The signed token.
    ///
    /// # Errors
    /// If `issuer` has no private part.
    pub fn sign(&self, issuer: &KeyPair) -> Result<String, nkeys::error::Error> {
        let unnamed = Self { jti: String::new(), ..self.clone() };
        let jti = data_encoding::BASE32_NOPAD.encode(&Sha512_256::digest(unnamed.to_json()));
        let body = Self { jti, ..unnamed }.to_json();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(body));
        let signature = issuer.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Reads a token and checks that its named issuer signed it; `None` if it is none of ours.
    pub fn verified(token: &str) -> Option<Self> {
        let (signed, signature) = token.trim().rsplit_once('.')?;
        let (header, body) = signed.split_once('.')?;
        if URL_SAFE_NO_PAD.decode(header).ok()? != HEADER.as_bytes() {
            return None;
        }
        let claims: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        let issuer = KeyPair::from_public_key(&claims.iss).ok()?;
        issuer.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        Some(claims)
    }

    fn new(issuer: &KeyPair, subject: &str, name: &str, iat: i64, nats: Value) -> Self {
        let (iss, sub) = (issuer.public_key(), subject.to_owned());
        Self { jti: String::new(), iat, exp: None, iss, name: name.to_owned(), sub, nats }
    }

    fn to_json(&self) -> String {
        json!(self).to_string()
    }
}

/// What an account has beside its users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountTerms {
    /// It may have streams.
    pub jetstream: bool,
    /// What others may import from it, each with a token of permission.
    pub exports: Vec<Export>,
    /// What it imports from others.
    pub imports: Vec<Import>,
    /// What the server publishes in place of what the account's users publish: from, to. A wildcard at the end stays.
    pub mappings: BTreeMap<String, String>,
    /// Users whose tokens no longer hold, by public key: those issued until then, Unix seconds.
    pub revoked: BTreeMap<String, i64>,
}

/// A service that others may import with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The subject; wildcards are allowed.
    pub subject: String,
    /// One request may have many answers.
    pub streams: bool,
}

/// A service of another account, here under the same subject.
///
/// Why the same: when a token runs out, the server (2.15) looks for its import under the token's own subject, so that an
/// import under another one would never end by itself. [`AccountTerms::mappings`] gives it another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Public key of the account that exports it.
    pub from: String,
    /// The subject, there and here.
    pub subject: String,
    /// The token that permits it, of [`Claims::activation`].
    pub token: String,
    /// The exporter learns which user asks: the server tells it in a header.
    pub share: bool,
}

/// What a user may do within the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Subjects that the user may publish to.
    pub publish: Vec<String>,
    /// Subjects that the user may subscribe to.
    pub subscribe: Vec<String>,
    /// From when on the user's token no longer holds, Unix seconds.
    pub until: Option<i64>,
}

impl Export {
    fn to_json(&self) -> Value {
        let response = if self.streams { "Stream" } else { "Singleton" };
        json!({
            "name": self.subject, "subject": self.subject, "type": "service", "token_req": true,
            "response_type": response,
        })
    }
}

impl Import {
    fn to_json(&self) -> Value {
        json!({
            "name": self.subject, "subject": self.subject, "account": self.from, "token": self.token,
            "type": "service", "share": self.share,
        })
    }
}

/// The text of a `.creds` file: a user's token and its seed.
pub fn creds_file(token: &str, seed: &str) -> String {
    format!(
        "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
         ************************* IMPORTANT *************************\n\
         The seed below is the private key of this user: keep it secret.\n\n\
         -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n\n\
         *************************************************************\n"
    )
}

/// The token in the text of a `.creds` file.
pub fn token_of_creds(text: &str) -> Option<&str> {
    text.lines().skip_while(|line| !line.contains("BEGIN NATS USER JWT")).nth(1).map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_signed_token_is_verified_and_an_altered_one_is_not(name in ".{0,40}", iat in 0i64..4_000_000_000, at in any::<prop::sample::Index>()) {
            let (operator, account) = (KeyPair::new_operator(), KeyPair::new_account());
            let claims = Claims::account(&operator, &account.public_key(), &name, &AccountTerms::default(), iat);
            let token = claims.sign(&operator).unwrap();
            let read = Claims::verified(&token).unwrap();
            prop_assert_eq!(&read.name, &name);
            prop_assert_eq!(read.sub, account.public_key());
            prop_assert_eq!(read.jti.len(), 52);

            let signed_length = token.rfind('.').unwrap();
            let mut altered = token.into_bytes();
            let at = at.index(signed_length);
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(Claims::verified(&String::from_utf8(altered).unwrap()), None);
        }
    }

    #[test]
    fn a_token_signed_by_another_than_its_named_issuer_is_refused() {
        let (named, other) = (KeyPair::new_operator(), KeyPair::new_operator());
        let token = Claims::operator(&named, "x", "y", 1).sign(&other).unwrap();
        assert_eq!(Claims::verified(&token), None);
    }

    #[test]
    fn the_token_is_found_in_a_creds_file() {
        assert_eq!(token_of_creds(&creds_file("a.b.c", "SUXX")), Some("a.b.c"));
        assert_eq!(token_of_creds("nothing"), None);
    }
}
