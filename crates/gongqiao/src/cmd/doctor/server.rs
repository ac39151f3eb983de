//! Who answers at the exchange's address, and whether our key is taken.

use std::{collections::BTreeMap, time::Duration};

use gongqiao_client::{Client, ClientError, http_client};
use gongqiao_contract::view::Indicators;
use gongqiao_shell::Config;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::Check;
use crate::{
    cli::Global,
    cmd::session::{KeySource, find_key},
};

const EXCHANGE: &str = "exchange";
const PORT: &str = "port";
const KEY: &str = "API key";
const TIMEOUT: Duration = Duration::from_secs(5);

/// What `/readyz` answers, whatever its status.
#[derive(Debug, Deserialize)]
struct Readiness {
    status: String,
    checks: BTreeMap<String, Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    status: String,
    #[serde(default)]
    reason: String,
}

/// Who answers.
enum Answer {
    Nobody,
    Stranger(String),
    Exchange(Readiness),
}

pub(super) async fn look(global: &Global, config: &Config) -> anyhow::Result<Vec<Check>> {
    let origin = global.url.trim_end_matches('/');
    let answer = ask(origin).await?;
    let mut checks = Vec::new();
    match answer {
        Answer::Exchange(readiness) => {
            checks.push(ready(origin, &readiness));
            checks.push(key(global).await?);
        }
        Answer::Stranger(what) => {
            let advice =
                "another program has this port: stop it, or use another with --listen and --url";
            checks.push(Check::fail(EXCHANGE, format!("{origin}: {what}"), advice));
        }
        Answer::Nobody => {
            let found = format!("nothing answers at {origin}");
            checks.push(Check::warn(EXCHANGE, found, "start it with `gongqiao up`, or give --url"));
            checks.push(port(config).await);
        }
    }
    Ok(checks)
}

async fn ask(origin: &str) -> Result<Answer, ClientError> {
    let http = http_client()?;
    let get = |path: &str| http.get(format!("{origin}{path}")).timeout(TIMEOUT).send();
    let Ok(health) = get("/healthz").await else { return Ok(Answer::Nobody) };
    if !health.status().is_success() {
        return Ok(Answer::Stranger(format!("/healthz answers with status {}", health.status())));
    }
    let Ok(ready) = get("/readyz").await else { return Ok(Answer::Nobody) };
    Ok(match ready.json().await {
        Ok(readiness) => Answer::Exchange(readiness),
        Err(_) => Answer::Stranger("/readyz answers, but not as ours does".to_owned()),
    })
}

fn ready(origin: &str, readiness: &Readiness) -> Check {
    let troubled = readiness.checks.iter().filter(|(_, part)| part.status != "ok");
    let reasons: Vec<String> =
        troubled.map(|(name, part)| format!("{name}: {}", part.reason)).collect();
    let found = match reasons.is_empty() {
        true => format!("{origin} is ready"),
        false => format!("{origin}: {}", reasons.join("; ")),
    };
    match readiness.status.as_str() {
        "ok" => Check::ok(EXCHANGE, found),
        "degraded" => Check::warn(EXCHANGE, found, "it works; see to the reason"),
        _ => Check::fail(EXCHANGE, found, "wait if it is starting; otherwise see its log"),
    }
}

/// Whether the address to listen on is free.
async fn port(config: &Config) -> Check {
    let listen = config.server.listen;
    match TcpListener::bind(listen).await {
        Ok(_) => Check::ok(PORT, format!("{listen} is free")),
        Err(e) => {
            let advice = "stop who uses it, or use another with --listen or server.listen";
            Check::fail(PORT, format!("{listen}: {e}"), advice)
        }
    }
}

/// Whether the exchange takes the key that commands would use.
async fn key(global: &Global) -> Result<Check, ClientError> {
    let (secret, source) = match find_key(global) {
        Ok(found) => found,
        Err(e) => {
            let advice = "give --key-file FILE or GONGQIAO_KEY; an operator issues keys";
            return Ok(Check::warn(KEY, e.to_string(), advice));
        }
    };
    let from = match source {
        KeySource::Given => "the one that is given".to_owned(),
        KeySource::File(path) => path.display().to_string(),
    };
    let client = Client::new(http_client()?, &global.url, secret).speaking(global.lang());
    Ok(match client.get::<Indicators>("/v1/indicators").await {
        Ok(_) => Check::ok(KEY, format!("{from} is taken")),
        Err(e) => {
            let advice =
                "use another key; an operator issues them with `gongqiao credential issue`";
            Check::fail(KEY, format!("{from}: {e}"), advice)
        }
    })
}
