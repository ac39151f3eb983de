//! The nats-server to start, or the one that runs elsewhere.

use std::fs;

use gongqiao_shell::Config;
use gongqiao_stream::{
    Connection, Endpoint,
    broker::{Finding, NEEDED_VERSION, ObtainConfig, Outcome, look as look_for_programs},
};

use super::{Check, data::is_open_to_others};

const PROGRAM: &str = "nats-server";
const BROKER: &str = "broker";
const CREDENTIALS: &str = "broker credentials";

pub(super) async fn look(config: &Config) -> Vec<Check> {
    let nats = &config.nats;
    match &nats.url {
        None => {
            let obtain = ObtainConfig {
                program: nats.binary.clone(),
                offline: nats.offline,
                ..ObtainConfig::for_this_user()
            };
            programs(&look_for_programs(&obtain).await, nats.binary.is_some())
        }
        Some(url) => {
            let mut checks = vec![credentials(config)];
            let endpoint = Endpoint {
                url: url.clone(),
                creds: nats.creds.clone(),
                timeout: nats.ack_timeout(),
                name: "gongqiao doctor".to_owned(),
            };
            let shown = without_password(url);
            checks.push(match Connection::open(&endpoint).await {
                Ok(_) => Check::ok(BROKER, format!("{shown} answers, with JetStream")),
                Err(e) => {
                    let advice = format!(
                        "start a nats-server of {NEEDED_VERSION} or newer there, with JetStream, or \
                         correct nats.url and nats.creds; without nats.url one is started here"
                    );
                    Check::fail(BROKER, format!("{shown}: {}: {e}", e.code()), advice)
                }
            });
            checks
        }
    }
}

/// The addresses of `nats.url`, without what may stand before an `@` in them.
fn without_password(url: &str) -> String {
    let server = |server: &str| match (server.split_once("://"), server.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        (_, None) => server.to_owned(),
    };
    url.split(',').map(|one| server(one.trim())).collect::<Vec<_>>().join(",")
}

/// Every place that was looked at, and what it means for a start.
fn programs(findings: &[Finding], configured: bool) -> Vec<Check> {
    let usable = |finding: &&Finding| matches!(finding.outcome, Outcome::Usable(_));
    // Why: a path in the configuration is a decision; nothing else is tried.
    let tried = if configured { &findings[..findings.len().min(1)] } else { findings };
    let first = tried.iter().find(usable);
    let fetched = tried.iter().any(|finding| finding.outcome == Outcome::Possible);
    let verdict = match first {
        Some(finding) => Check::ok(PROGRAM, format!("starts from {finding}")),
        None if fetched => Check::warn(
            PROGRAM,
            "none here that fits; the first start fetches it",
            "nothing, while this machine has a way out; otherwise put one on the PATH first",
        ),
        None => Check::fail(
            PROGRAM,
            "none that fits",
            format!(
                "put nats-server {NEEDED_VERSION} or newer on the PATH, or name it as nats.binary, \
                 or give nats.url; or start once without --offline, with Python 3 and pip"
            ),
        ),
    };
    let mut checks = vec![verdict];
    let others = findings.iter().filter(|finding| Some(*finding) != first);
    checks.extend(others.map(|finding| match finding.outcome {
        Outcome::Altered | Outcome::TooOld(_) => {
            Check::warn(PROGRAM, finding.to_string(), "remove or replace it; it is not used")
        }
        _ => Check::ok(PROGRAM, finding.to_string()),
    }));
    checks
}

/// Whether the credentials for an external broker are there, and private.
fn credentials(config: &Config) -> Check {
    let Some(path) = &config.nats.creds else {
        return Check::warn(
            CREDENTIALS,
            "nats.creds is not set",
            "name the .creds file of the exchange's account, unless the broker asks for none",
        );
    };
    let shown = path.display();
    match fs::metadata(path) {
        Err(e) => {
            Check::fail(CREDENTIALS, format!("{shown}: {e}"), "correct nats.creds, or its rights")
        }
        Ok(metadata) if is_open_to_others(&metadata) => {
            Check::warn(CREDENTIALS, format!("{shown}: others can read it"), "chmod 600 it")
        }
        Ok(_) => Check::ok(CREDENTIALS, shown.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use gongqiao_stream::broker::{Place, ServerVersion};

    use super::{super::Grade, *};

    fn found(place: Place, outcome: Outcome) -> Finding {
        Finding { place, path: None, outcome }
    }

    fn check(findings: &[Finding], configured: bool, expected: Grade) {
        assert_eq!(programs(findings, configured)[0].status, expected, "{findings:?}");
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let url = "nats://u:secret@a:4222, tls://b:4222,u:secret@c";
        assert_eq!(without_password(url), "nats://a:4222,tls://b:4222,c");
    }

    #[test]
    fn the_verdict_follows_the_order_in_which_a_start_tries() {
        let version = ServerVersion::parse("2.15.1").unwrap();
        let old = ServerVersion::parse("2.9.10").unwrap();
        let missing = found(Place::Configured, Outcome::Missing);
        let usable = found(Place::Path, Outcome::Usable(version));
        let too_old = found(Place::Configured, Outcome::TooOld(old));
        let possible = found(Place::Download, Outcome::Possible);
        let offline = found(Place::Download, Outcome::Offline);

        check(&[missing.clone(), usable.clone(), offline.clone()], false, Grade::Ok);
        check(&[missing.clone(), possible.clone()], false, Grade::Warn);
        check(&[missing, offline], false, Grade::Fail);
        // What the configuration names is tried alone.
        check(&[too_old.clone(), usable, possible], true, Grade::Fail);
        let checks = programs(&[too_old], false);
        assert_eq!(checks[1].status, Grade::Warn);
    }
}
