//! The keys and tokens of operator mode: one operator, the accounts SYS and GQ, and their first users.
//!
//! Everything is made once, at the first start, in a directory of mode 0700 with files of mode 0600, and reused from
//! then on: a store belongs to the public key of its account, so new keys would not see its streams.
//!
//! | file | holds |
//! |---|---|
//! | `operator.nk`, `sys.nk`, `gq.nk` | seeds of the operator and the two accounts |
//! | `operator.jwt`, `sys.jwt`, `gq.jwt` | their tokens |
//! | `sys-admin.creds` | a user of SYS: server events, pushing of account claims |
//! | `gq-service.creds` | the user of this software's own services in GQ |
//! | `gq-replay.creds` | the user by whom replays are made: it reads streams, and can write no fact |
//! | `operator.conf` | what a nats-server configuration includes; public |

use std::path::{Path, PathBuf};

use nkeys::{KeyPair, KeyPairType};
use time::OffsetDateTime;

use super::{
    BrokerError,
    claims::{AccountTerms, Claims, Rights, creds_file, token_of_creds},
    files,
};

const OPERATOR_CONF: &str = "operator.conf";

/// The public side of the keys in one directory, and where the secret files lie.
#[derive(Clone, Debug)]
pub struct Identity {
    dir: PathBuf,
    operator_token: String,
    sys: Account,
    gq: Account,
    system_creds: PathBuf,
    service_creds: PathBuf,
    replay_creds: PathBuf,
}

#[derive(Clone, Debug)]
struct Account {
    public_key: String,
    token: String,
}

impl Identity {
    /// Loads the keys in `dir`, making what is not there yet; `now` becomes the time of issue of new tokens.
    ///
    /// # Errors
    /// [`BrokerError::Keys`] if a file can be read by others, is damaged, does not fit the others, or a key is gone
    /// while its token is there; [`BrokerError::File`] if the directory can't be read or written.
    pub fn load_or_create(dir: &Path, now: OffsetDateTime) -> Result<Self, BrokerError> {
        files::private_dir(dir)?;
        let keys = Keys { dir, iat: now.unix_timestamp() };
        let operator = keys.pair("operator", KeyPairType::Operator)?;
        let sys = keys.pair("sys", KeyPairType::Account)?;
        let gq = keys.pair("gq", KeyPairType::Account)?;

        let (sys_key, gq_key) = (sys.public_key(), gq.public_key());
        let own_streams = AccountTerms { jetstream: true, ..AccountTerms::default() };
        let operator_claims = Claims::operator(&operator, "gongqiao", &sys_key, keys.iat);
        let sys_claims =
            Claims::account(&operator, &sys_key, "SYS", &AccountTerms::default(), keys.iat);
        let gq_claims = Claims::account(&operator, &gq_key, "GQ", &own_streams, keys.iat);
        let identity = Self {
            dir: dir.to_owned(),
            operator_token: keys.token("operator", &operator, &operator_claims)?,
            sys: Account { token: keys.token("sys", &operator, &sys_claims)?, public_key: sys_key },
            gq: Account { token: keys.token("gq", &operator, &gq_claims)?, public_key: gq_key },
            system_creds: keys.user("sys-admin", &sys, None)?,
            service_creds: keys.user("gq-service", &gq, None)?,
            replay_creds: keys.user("gq-replay", &gq, Some(&replay_rights()))?,
        };
        files::write_private(&dir.join(OPERATOR_CONF), identity.operator_conf().as_bytes())?;
        Ok(identity)
    }

    /// The directory of the keys.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Public key of the system account.
    pub fn system_account(&self) -> &str {
        &self.sys.public_key
    }

    /// Public key of the account GQ, which holds every stream.
    pub fn service_account(&self) -> &str {
        &self.gq.public_key
    }

    /// The `.creds` file of the user in the system account.
    pub fn system_creds_path(&self) -> &Path {
        &self.system_creds
    }

    /// The `.creds` file of this software's own services.
    pub fn service_creds_path(&self) -> &Path {
        &self.service_creds
    }

    /// The `.creds` file of the user by whom replays are made.
    pub fn replay_creds_path(&self) -> &Path {
        &self.replay_creds
    }

    /// The lines of a nats-server configuration that name the operator, the system account and both accounts' tokens;
    /// holds public things only. The configuration that includes them adds the `resolver` block.
    pub fn operator_conf(&self) -> String {
        format!(
            "# Made by gongqiao: the operator, and the tokens of its accounts. Public, no secrets.\n\
             operator: {operator}\n\
             system_account: {sys}\n\
             resolver_preload {{\n  \
               # SYS\n  {sys}: {sys_token}\n  \
               # GQ\n  {gq}: {gq_token}\n\
             }}\n",
            operator = self.operator_token,
            sys = self.sys.public_key,
            sys_token = self.sys.token,
            gq = self.gq.public_key,
            gq_token = self.gq.token,
        )
    }
}

/// One directory of keys, for the time of one load.
struct Keys<'a> {
    dir: &'a Path,
    iat: i64,
}

impl Keys<'_> {
    fn pair(&self, name: &str, kind: KeyPairType) -> Result<KeyPair, BrokerError> {
        let path = self.dir.join(format!("{name}.nk"));
        if let Some(seed) = files::read_private(&path)? {
            let pair = KeyPair::from_seed(seed.trim()).map_err(|_| damaged(&path))?;
            return if pair.key_pair_type() == kind { Ok(pair) } else { Err(damaged(&path)) };
        }
        // Why refused: a new key beside an old token would quietly leave the account's streams behind.
        if self.dir.join(format!("{name}.jwt")).exists() {
            return Err(damaged_because(
                &path,
                "it is missing, though its token is there. Restore it from the backup",
            ));
        }
        let pair = KeyPair::new(kind);
        let seed = pair.seed().map_err(|_| damaged(&path))?;
        files::write_private(&path, format!("{seed}\n").as_bytes())?;
        Ok(pair)
    }

    fn token(&self, name: &str, issuer: &KeyPair, wanted: &Claims) -> Result<String, BrokerError> {
        let path = self.dir.join(format!("{name}.jwt"));
        if let Some(token) = files::read_private(&path)? {
            check_token(&path, &token, issuer, Some(&wanted.sub))?;
            return Ok(token.trim().to_owned());
        }
        let token = wanted.sign(issuer).map_err(|_| damaged(&path))?;
        files::write_private(&path, format!("{token}\n").as_bytes())?;
        Ok(token)
    }

    fn user(
        &self,
        name: &str,
        account: &KeyPair,
        rights: Option<&Rights>,
    ) -> Result<PathBuf, BrokerError> {
        let path = self.dir.join(format!("{name}.creds"));
        if let Some(text) = files::read_private(&path)? {
            let token = token_of_creds(&text).ok_or_else(|| damaged(&path))?;
            check_token(&path, token, account, None)?;
            return Ok(path);
        }
        let user = KeyPair::new_user();
        let seed = user.seed().map_err(|_| damaged(&path))?;
        let key = user.public_key();
        let claims = match rights {
            None => Claims::user(account, &key, name, self.iat),
            Some(rights) => Claims::limited_user(account, &key, name, rights, self.iat),
        };
        let token = claims.sign(account).map_err(|_| damaged(&path))?;
        files::write_private(&path, creds_file(&token, &seed).as_bytes())?;
        Ok(path)
    }
}

/// What a replay may do: read any stream, and write its own and its records.
/// Above all, it can put nothing on a subject of facts, of cards, or of intake;
/// and it can change no stream, since a stream can be told to republish.
fn replay_rights() -> Rights {
    let publish = [
        "$JS.API.INFO",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.MSG.GET.*",
        "$JS.API.DIRECT.GET.>",
        "$JS.API.CONSUMER.CREATE.>",
        "$JS.API.CONSUMER.INFO.*.*",
        "$JS.API.CONSUMER.MSG.NEXT.*.*",
        "$JS.API.CONSUMER.DELETE.*.*",
        "$JS.ACK.>",
        "$JS.FC.>",
        "gq.v1.replay.>",
        "gq.v1.audit.*.*.replay.*",
    ];
    Rights {
        publish: publish.map(str::to_owned).to_vec(),
        subscribe: vec!["_INBOX.>".to_owned()],
        until: None,
    }
}

fn check_token(
    path: &Path,
    token: &str,
    issuer: &KeyPair,
    subject: Option<&str>,
) -> Result<(), BrokerError> {
    let claims = Claims::verified(token).ok_or_else(|| damaged(path))?;
    if claims.iss != issuer.public_key() || subject.is_some_and(|subject| subject != claims.sub) {
        return Err(damaged_because(
            path,
            "it belongs to other keys. Restore the whole directory from one backup",
        ));
    }
    Ok(())
}

fn damaged(path: &Path) -> BrokerError {
    damaged_because(path, "it is damaged. Restore it from the backup")
}

fn damaged_because(path: &Path, reason: &str) -> BrokerError {
    BrokerError::Keys { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2025-07-01 08:00 UTC);

    fn refused(dir: &Path) -> String {
        let error = Identity::load_or_create(dir, NOW).unwrap_err();
        assert_eq!(error.code(), "broker_keys");
        error.to_string()
    }

    #[test]
    fn a_second_load_gives_the_same_identity_and_leaves_every_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(dir.path(), NOW).unwrap();
        let read = || -> Vec<_> {
            let mut files: Vec<_> =
                fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files.into_iter().map(|path| (fs::read_to_string(&path).unwrap(), path)).collect()
        };
        let before = read();
        let second = Identity::load_or_create(dir.path(), NOW + time::Duration::days(9)).unwrap();
        assert_eq!(first.operator_conf(), second.operator_conf());
        assert_eq!(before, read());
        assert_eq!(before.len(), 10);
    }

    #[test]
    fn a_start_that_was_cut_off_is_finished_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::load_or_create(dir.path(), NOW).unwrap();
        fs::remove_file(first.service_creds_path()).unwrap();
        fs::remove_file(dir.path().join("gq.jwt")).unwrap();
        let second = Identity::load_or_create(dir.path(), NOW).unwrap();
        assert_eq!(first.service_account(), second.service_account());
        assert!(second.service_creds_path().exists());
    }

    #[test]
    fn a_lost_seed_is_refused_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        Identity::load_or_create(dir.path(), NOW).unwrap();
        fs::remove_file(dir.path().join("gq.nk")).unwrap();
        assert!(refused(dir.path()).contains("gq.nk"));
        assert!(!dir.path().join("gq.nk").exists());
    }

    #[test]
    fn files_of_two_identities_do_not_mix() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Identity::load_or_create(one.path(), NOW).unwrap();
        Identity::load_or_create(two.path(), NOW).unwrap();
        fs::copy(two.path().join("gq-service.creds"), one.path().join("gq-service.creds")).unwrap();
        assert!(refused(one.path()).contains("gq-service.creds"));
    }

    #[test]
    fn a_damaged_seed_is_named_but_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        Identity::load_or_create(dir.path(), NOW).unwrap();
        let path = dir.path().join("operator.nk");
        let seed = fs::read_to_string(&path).unwrap().replace("SO", "SA");
        files::write_private(&path, seed.as_bytes()).unwrap();
        let message = refused(dir.path());
        assert!(message.contains("operator.nk") && !message.contains(seed.trim()));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        Identity::load_or_create(dir.path(), NOW).unwrap();
        let path = dir.path().join("gq.nk");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(refused(dir.path()).contains("chmod 600"));
    }

    #[test]
    fn debug_output_shows_no_seed() {
        let dir = tempfile::tempdir().unwrap();
        let shown = format!("{:?}", Identity::load_or_create(dir.path(), NOW).unwrap());
        for name in ["operator", "sys", "gq"] {
            let seed = fs::read_to_string(dir.path().join(format!("{name}.nk"))).unwrap();
            assert!(!shown.contains(seed.trim()));
        }
    }
}
