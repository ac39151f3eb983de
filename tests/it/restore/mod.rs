//! A backup comes back: taken while people work, with every message as it
//! was, with erased people erased; or it is refused, and nothing is changed.

mod damage;
mod load;
mod people;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use gongqiao_client::Client;
use gongqiao_stream::{Connection, Endpoint, broker::TestBroker};
use serde_json::Value;

use crate::support::Process;

/// Runs the program to its end: its answer, or the problem that it told.
fn run(args: &[&str], env: &[(&str, &str)]) -> Result<Value, Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
    let output = command.args(args).arg("--json").envs(env.iter().copied()).output().unwrap();
    let read = |bytes: &[u8]| -> Value {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().find_map(|line| serde_json::from_str(line).ok()).unwrap_or(Value::from(text))
    };
    if output.status.success() { Ok(read(&output.stdout)) } else { Err(read(&output.stderr)) }
}

/// Both backups of one exchange, and what was told of them.
pub struct Backups {
    streams: PathBuf,
    keys: PathBuf,
    told: Value,
}

impl Backups {
    /// Saves streams and keys of `data` below `into`; keys last, so that they
    /// open whoever is in the streams.
    pub fn take(data: &Path, into: &Path) -> Self {
        let data = data.display().to_string();
        let (streams, keys) = (into.join("streams"), into.join("keys"));
        let path = streams.display().to_string();
        let told = run(&["backup", "--data-dir", &data, "--out", &path], &[]).unwrap();
        let path = keys.display().to_string();
        run(&["backup", "--keys", "--data-dir", &data, "--out", &path], &[]).unwrap();
        Self { streams, keys, told }
    }

    /// The last sequence that is saved of a stream.
    fn last(&self, stream: &str) -> u64 {
        let streams = self.told["streams"].as_array().unwrap();
        let found = streams.iter().find(|one| one["name"] == stream).unwrap();
        found["lastSequence"].as_u64().unwrap()
    }

    pub fn restore(&self, to: &Path, env: &[(&str, &str)]) -> Result<Value, Value> {
        let of = |path: &Path| path.display().to_string();
        let (from, keys, to) = (of(&self.streams), of(&self.keys), of(to));
        run(&["restore", "--from", &from, "--keys", &keys, "--data-dir", &to], env)
    }
}

/// A connection to a test's broker.
async fn connection(broker: &TestBroker) -> Connection {
    Connection::open(&Endpoint {
        url: broker.url().to_owned(),
        creds: Some(broker.creds_path().to_owned()),
        timeout: Duration::from_secs(10),
        name: "test".into(),
    })
    .await
    .unwrap()
}

/// The environment of a process that uses a test's broker.
fn elsewhere(broker: &TestBroker) -> [(&'static str, String); 2] {
    let creds = broker.creds_path().display().to_string();
    [("GONGQIAO__NATS__URL", broker.url().to_owned()), ("GONGQIAO__NATS__CREDS", creds)]
}

/// The read side alone, so that nobody adds anything to the log.
fn board(data: &Path, broker: &TestBroker) -> Process {
    let env = elsewhere(broker);
    let env: Vec<(&str, &str)> = env.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let dir = data.display().to_string();
    let args = ["serve", "board", "--listen", "127.0.0.1:0", "--data-dir", &dir];
    Process::start(&args, &env, data.join("board.log"))
}

/// Everything that an operator sees in lists.
async fn whole_board(operator: &Client) -> Vec<(&'static str, Vec<Value>)> {
    let mut board = Vec::new();
    for path in [
        "/v1/parties",
        "/v1/agreements",
        "/v1/vacancies",
        "/v1/signals",
        "/v1/placements",
        "/v1/dispatches",
        "/v1/cases",
    ] {
        board.push((path, operator.list(path).await.unwrap()));
    }
    board
}
