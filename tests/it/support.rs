//! An exchange of one's own: the real program on a free port, with a broker
//! and a data directory that go with the test.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use gongqiao_client::{Client, ClientError, http_client};
use gongqiao_contract::{
    codes::{CitizenId, CreditCode},
    view::{self, Problem, Receipt},
};
use gongqiao_stream::{Connection, Endpoint};
use secrecy::SecretString;
use serde_json::{Value, json};
use time::Date;

/// A test waits so long for what must come, and then fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One process of the program.
pub struct Process {
    child: Child,
    /// Where it answers.
    pub origin: String,
    /// What it says when it is up.
    pub hello: Value,
    log: PathBuf,
}

impl Process {
    /// Starts the program and waits until it says where it answers.
    pub fn start(args: &[&str], env: &[(&str, &str)], log: PathBuf) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gongqiao"));
        command.args(args).envs(env.iter().copied());
        command.env("GONGQIAO__LOG__FORMAT", "json").env("GONGQIAO__REGISTER__TEST_IDS", "true");
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (found, hello) = mpsc::channel();
        let path = log.clone();
        std::thread::spawn(move || {
            use std::io::Write as _;
            let mut file = std::fs::File::create(path).unwrap();
            for line in stderr.lines().map_while(Result::ok) {
                writeln!(file, "{line}").unwrap();
                let value: Value = serde_json::from_str(&line).unwrap_or_default();
                if matches!(value["message"].as_str(), Some("up" | "serve")) {
                    let _ = found.send(value);
                }
            }
        });
        let Ok(hello) = hello.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("it did not come up:\n{}", std::fs::read_to_string(&log).unwrap_or_default());
        };
        let origin = hello["origin"].as_str().unwrap().to_owned();
        Self { child, origin, hello, log }
    }

    /// Everything that it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Kills it where it stands.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it did not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Why here: every test is one of what the OpenAPI document says, too.
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let undocumented = log.lines().find(|line| line.contains("http.undocumented"));
        assert!(undocumented.is_none() || std::thread::panicking(), "{undocumented:?}");
    }
}

/// `gongqiao up` in a directory of its own.
pub struct Exchange {
    pub process: Process,
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Exchange {
    /// A new one.
    pub fn up() -> Self {
        Self::up_with(&[])
    }

    /// A new one, with settings in the environment.
    pub fn up_with(env: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let process = up(dir.path(), env);
        let env = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { process, dir, env }
    }

    /// Ends the program and starts it again on the same data.
    pub fn restart(&mut self) {
        self.process.stop();
        self.restart_stopped();
    }

    /// Starts the program again after it was ended, with the same settings.
    pub fn restart_stopped(&mut self) {
        let env: Vec<(&str, &str)> = self.env.iter().map(|(k, v)| (&**k, &**v)).collect();
        self.process = up(self.dir.path(), &env);
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.dir.path()
    }

    /// A client with a key of the first start.
    pub fn client(&self, name: &str) -> Client {
        client_of(self.dir.path(), &self.process.origin, name)
    }

    /// The broker's process number.
    pub fn broker_pid(&self) -> Option<u32> {
        let path = self.dir.path().join("nats/nats-server.pid");
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    }

    /// Where its broker answers.
    pub fn broker(&self) -> String {
        self.process.hello["broker"].as_str().unwrap().to_owned()
    }

    /// A connection of our own to its broker.
    pub async fn connection(&self) -> Connection {
        let url = self.broker();
        Connection::open(&Endpoint {
            url,
            creds: Some(self.dir.path().join("keys/gq-service.creds")),
            timeout: Duration::from_secs(10),
            name: "test".into(),
        })
        .await
        .unwrap()
    }
}

fn up(dir: &Path, env: &[(&str, &str)]) -> Process {
    let data = dir.display().to_string();
    Process::start(&["up", "--listen", "127.0.0.1:0", "--data-dir", &data], env, dir.join("up.log"))
}

/// A client with a key that stands in a data directory.
pub fn client_of(dir: &Path, origin: &str, name: &str) -> Client {
    let key = std::fs::read_to_string(dir.join(format!("keys/{name}.key"))).unwrap();
    Client::new(http_client().unwrap(), origin, SecretString::from(key.trim().to_owned()))
}

/// The refusal of a call that must be refused.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Problem {
    match result.unwrap_err() {
        ClientError::Refused(problem) => *problem,
        other => panic!("not a refusal: {other}"),
    }
}

/// Issues a key of a party.
pub async fn key(operator: &Client, party: &str, role: &str) -> Client {
    let ask = json!({ "person": "staff-1", "role": role });
    let path = format!("/v1/parties/{party}/credentials");
    let issued: Receipt = operator.post(&path, &ask, None).await.unwrap();
    operator.with_key(SecretString::from(issued.key.unwrap()))
}

/// An enterprise with an agreement in force, and its clerk.
pub async fn enterprise(operator: &Client, number: u32) -> (String, Client) {
    let id = CreditCode::make(&format!("Y14310000TEXT{number:04}")).unwrap().to_string();
    let party = json!({ "party": id, "kind": "ENTERPRISE", "name": format!("测试电子{number}厂") });
    operator.post("/v1/parties", &party, None).await.unwrap();
    sign(operator, &id).await;
    let clerk = key(operator, &id, "CLERK").await;
    (id, clerk)
}

/// Signs an agreement that opens vacancies and dispatches; returns its id.
pub async fn sign(operator: &Client, party: &str) -> String {
    let agreement = json!({
        "party": party,
        "scope": { "classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT" },
        "until": "2099-01-01T00:00:00Z",
    });
    operator.post("/v1/agreements", &agreement, None).await.unwrap().id
}

/// A service point and its clerk.
pub async fn point(operator: &Client, code: &str) -> Client {
    let party =
        json!({ "party": code, "kind": "SERVICE_POINT", "name": format!("{code}劳务服务点") });
    operator.post("/v1/parties", &party, None).await.unwrap();
    key(operator, code, "CLERK").await
}

/// A vacancy with everything that is mandatory.
pub fn vacancy(headcount: u32) -> Value {
    json!({ "terms": {
        "title": "电子装配工", "trainable": true, "headcount": headcount,
        "duties": "在流水线上装配电子产品", "conditions": "身体健康，能适应倒班",
        "park": "chenzhou-hitech", "address": "高新区",
        "pay": { "unit": "MONTH", "baseYuan": 2000, "totalFromYuan": 5000, "totalToYuan": 7000 },
        "shift": "ROTATING", "neededBy": "2098-12-01", "validUntil": "2098-12-31T00:00:00Z",
        "urgent": true, "dormitory": true,
    }})
}

/// A test ID: of nobody.
pub fn test_id(birth: Date, serial: u16) -> CitizenId {
    CitizenId::test_id("431021", birth, serial).unwrap()
}

/// One row of a roster.
pub fn row(id: &CitizenId, village: &str) -> Value {
    json!({
        "name": "测试", "citizenId": id.expose(), "phone": "19900000000", "homeVillage": village,
        "occupations": "普工", "consents": "入册;推荐;提供",
    })
}

/// Uploads rows as NDJSON and returns the report.
pub async fn upload(desk: &Client, point: &str, rows: &[Value]) -> Value {
    let body: String = rows.iter().map(|row| format!("{row}\n")).collect();
    upload_file(desk, point, "", "application/x-ndjson", body.as_bytes()).await
}

/// Uploads a roster as a file and returns the report.
pub async fn upload_file(
    desk: &Client,
    point: &str,
    query: &str,
    media: &str,
    bytes: &[u8],
) -> Value {
    let path = format!("/v1/register/{point}/cards{query}");
    let lines = desk.upload(&path, media, bytes.to_vec()).await.unwrap();
    let lines: Vec<Value> = lines.map(Result::unwrap).collect().await;
    let last = lines.last().unwrap();
    assert!(last["problem"].is_null(), "{last}");
    last["report"].clone()
}

/// The media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// An answer in which everybody says yes and is promised, as far as there are
/// seats.
pub fn yes(cards: &[impl AsRef<str>]) -> Value {
    let cards: Vec<&str> = cards.iter().map(AsRef::as_ref).collect();
    let calls: Vec<Value> =
        cards.iter().map(|card| json!({ "card": card, "outcome": "WILLING" })).collect();
    json!({ "calls": calls, "commit": { "cards": cards, "complete": true } })
}

/// Phones people, who all say yes, and commits them.
pub async fn commit(desk: &Client, signal: &str, cards: &[impl AsRef<str>]) -> Receipt {
    desk.post(&format!("/v1/signals/{signal}/answer"), &yes(cards), None).await.unwrap()
}

/// Asks again until there is an answer; fails after [`PATIENCE`].
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: it never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The signal of a vacancy at a point, as its desk sees it, once it is raised.
pub async fn signal(desk: &Client, point: &str, vacancy: &str) -> view::Signal {
    let path = format!("/v1/signals/{point}-{vacancy}");
    until("a signal", async || desk.get(&path).await.ok()).await
}

/// The cards of a point's register, in its order.
pub async fn cards(desk: &Client, point: &str) -> Vec<String> {
    let all: Vec<view::Card> = desk.list(&format!("/v1/register/{point}/cards")).await.unwrap();
    all.into_iter().map(|one| one.card.to_string()).collect()
}

/// The year after this one: its dates lie ahead, and who is born lies back.
pub fn next_year() -> i32 {
    gongqiao_shell::Clock::system().now().year() + 1
}
