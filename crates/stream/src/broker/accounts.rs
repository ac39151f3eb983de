//! Accounts of parties beside our own: their keys, their users' `.creds`, and the tokens that say what each account may
//! do, told to the broker while it runs.
//!
//! The keys lie in `<keys>/accounts/<name>.nk`, mode 0600. Whoever has the directory of the keys can make users; who
//! has not (a process that only reads) can't.

use std::path::{Path, PathBuf};

use async_nats::{Client, ConnectOptions};
use nkeys::{KeyPair, KeyPairType};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{
    BrokerError,
    claims::{AccountTerms, Claims, Import, Rights, creds_file},
    files,
};
use crate::error::StreamError;

/// The subject on which the system account takes account claims.
const UPDATE: &str = "$SYS.REQ.CLAIMS.UPDATE";

/// The keys with which accounts and users are made.
#[derive(Clone)]
pub struct Accounts {
    keys: PathBuf,
}

/// A user that was made.
pub struct NewUser {
    /// The public key, by which the user is known and can be revoked.
    pub public_key: String,
    /// The text of the `.creds` file: shown once, kept nowhere.
    pub creds: String,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewUser {
    // Why: without the seed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("public_key", &self.public_key).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Accounts whose keys lie under `keys`, the directory of an [`Identity`](super::Identity).
    ///
    /// # Errors
    /// [`BrokerError::File`] if the directory can't be made.
    pub fn open(keys: &Path) -> Result<Self, BrokerError> {
        files::private_dir(&keys.join("accounts"))?;
        Ok(Self { keys: keys.to_owned() })
    }

    /// The public key of our own account, which holds every stream.
    ///
    /// # Errors
    /// [`BrokerError::Keys`] if its key is not here.
    pub fn own(&self) -> Result<String, BrokerError> {
        Ok(self.seed("gq", KeyPairType::Account)?.public_key())
    }

    /// The public key of an account, whose key is made if there is none yet.
    ///
    /// # Errors
    /// The key can't be made, read or kept.
    pub fn account(&self, name: &str) -> Result<String, BrokerError> {
        Ok(self.pair(name)?.public_key())
    }

    /// The public key of an account, if its key was made.
    ///
    /// # Errors
    /// The key can't be read.
    pub fn known(&self, name: &str) -> Result<Option<String>, BrokerError> {
        if !self.path(name).exists() {
            return Ok(None);
        }
        self.account(name).map(Some)
    }

    /// Makes a user of an account.
    ///
    /// # Errors
    /// The account's key can't be made, read or kept.
    pub fn user(
        &self,
        account: &str,
        name: &str,
        rights: &Rights,
        now: OffsetDateTime,
    ) -> Result<NewUser, BrokerError> {
        let (account, user) = (self.pair(account)?, KeyPair::new_user());
        let public_key = user.public_key();
        let claims =
            Claims::limited_user(&account, &public_key, name, rights, now.unix_timestamp());
        let token = claims.sign(&account).map_err(|_| damaged(&self.keys))?;
        let seed = user.seed().map_err(|_| damaged(&self.keys))?;
        Ok(NewUser { public_key, creds: creds_file(&token, &seed) })
    }

    /// Our own permission for another account to import `subject` until `exp`, if that is limited. With `share`, we learn which of its users
    /// asks.
    ///
    /// # Errors
    /// Our own key is not here.
    pub fn import(
        &self,
        importer: &str,
        subject: &str,
        share: bool,
        (now, exp): (OffsetDateTime, Option<OffsetDateTime>),
    ) -> Result<Import, BrokerError> {
        let own = self.seed("gq", KeyPairType::Account)?;
        let (iat, exp) = (now.unix_timestamp(), exp.map(OffsetDateTime::unix_timestamp));
        let claims = Claims::activation(&own, importer, subject, iat, exp);
        let token = claims.sign(&own).map_err(|_| damaged(&self.keys))?;
        Ok(Import { from: own.public_key(), subject: subject.to_owned(), token, share })
    }

    /// The token of an account with these terms.
    ///
    /// # Errors
    /// The operator's key is not here.
    pub fn token(
        &self,
        account: &str,
        name: &str,
        terms: &AccountTerms,
        now: OffsetDateTime,
    ) -> Result<String, BrokerError> {
        let operator = self.seed("operator", KeyPairType::Operator)?;
        let claims = Claims::account(&operator, account, name, terms, now.unix_timestamp());
        claims.sign(&operator).map_err(|_| damaged(&self.keys))
    }

    /// Keeps the newest token of our own account, with which the broker starts the next time.
    ///
    /// # Errors
    /// It can't be written.
    pub fn keep_own(&self, token: &str) -> Result<(), BrokerError> {
        files::write_private(&self.keys.join("gq.jwt"), format!("{token}\n").as_bytes())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.keys.join("accounts").join(format!("{name}.nk"))
    }

    /// The key of one of the accounts that an identity begins with, or of the operator.
    fn seed(&self, name: &str, kind: KeyPairType) -> Result<KeyPair, BrokerError> {
        let path = self.keys.join(format!("{name}.nk"));
        let Some(seed) = files::read_private(&path)? else { return Err(damaged(&path)) };
        read(&path, &seed, kind)
    }

    fn pair(&self, name: &str) -> Result<KeyPair, BrokerError> {
        let path = self.path(name);
        if files::read_private(&path)?.is_none() {
            let seed = KeyPair::new_account().seed().map_err(|_| damaged(&path))?;
            files::write_new_private(&path, format!("{seed}\n").as_bytes())?;
        }
        // Why read again: another process may have been faster, and its key counts.
        let seed = files::read_private(&path)?.ok_or_else(|| damaged(&path))?;
        read(&path, &seed, KeyPairType::Account)
    }
}

/// A user of the system account, which tells the broker what accounts may do.
#[derive(Clone)]
pub struct Claimant {
    client: Client,
}

/// What the broker answers to an update of claims.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    error: Option<Told>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    description: String,
}

impl Claimant {
    /// Connects as the user in `creds`.
    ///
    /// # Errors
    /// The broker can't be reached, or does not take the user.
    pub async fn open(url: &str, creds: &Path) -> Result<Self, StreamError> {
        let unreachable = |e: &dyn std::fmt::Display| StreamError::Unreachable(e.to_string());
        let options =
            ConnectOptions::with_credentials_file(creds).await.map_err(|e| unreachable(&e))?;
        let servers: Vec<&str> = url.split(',').map(str::trim).collect();
        let client = options.name("gongqiao claims").retry_on_initial_connect().connect(servers);
        Ok(Self { client: client.await.map_err(|e| unreachable(&e))? })
    }

    /// Tells the broker an account's token. It holds when this returns.
    ///
    /// # Errors
    /// [`StreamError::Refused`] with the broker's words; or it can't be reached.
    pub async fn push(&self, token: &str) -> Result<(), StreamError> {
        let asked = self.client.request(UPDATE, token.to_owned().into()).await;
        let answer = asked.map_err(|e| StreamError::Unreachable(e.to_string()))?;
        let answer: Answer = serde_json::from_slice(&answer.payload)
            .map_err(|e| StreamError::Refused(e.to_string()))?;
        match answer.error {
            None => Ok(()),
            Some(told) => Err(StreamError::Refused(told.description)),
        }
    }
}

fn read(path: &Path, seed: &str, kind: KeyPairType) -> Result<KeyPair, BrokerError> {
    let pair = KeyPair::from_seed(seed.trim()).map_err(|_| damaged(path))?;
    if pair.key_pair_type() == kind { Ok(pair) } else { Err(damaged(path)) }
}

fn damaged(path: &Path) -> BrokerError {
    let reason = "it is damaged or missing. Restore it from the backup".to_owned();
    BrokerError::Keys { path: path.to_owned(), reason }
}
