//! NATS by hand over a socket: what no client library would send.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nkeys::KeyPair;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::{isolation::User, support::PATIENCE};

/// A connection that tells of each line what the server said to it.
struct Socket {
    read: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    write: OwnedWriteHalf,
}

impl Socket {
    /// Connects, and proves to be the user in a `.creds` file.
    async fn open(broker: &str, creds: &str) -> Self {
        let address = broker.strip_prefix("nats://").unwrap();
        let (read, write) = TcpStream::connect(address).await.unwrap().into_split();
        let mut socket = Self { read: BufReader::new(read).lines(), write };
        let info = socket.line().await;
        let info: Value = serde_json::from_str(info.strip_prefix("INFO ").unwrap()).unwrap();
        let part = |mark: &str| creds.lines().skip_while(|l| !l.contains(mark)).nth(1).unwrap();
        let key = KeyPair::from_seed(part("BEGIN USER NKEY SEED")).unwrap();
        let signed = key.sign(info["nonce"].as_str().unwrap().as_bytes()).unwrap();
        let connect = json!({
            "verbose": true, "pedantic": false, "lang": "raw", "version": "0", "protocol": 1,
            "headers": true, "no_responders": false,
            "jwt": part("BEGIN NATS USER JWT"), "sig": URL_SAFE_NO_PAD.encode(signed),
        });
        assert_eq!(socket.say(&format!("CONNECT {connect}")).await, "+OK");
        socket
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.read.next_line()).await;
        line.expect("an answer in time").unwrap().expect("an open connection")
    }

    /// Sends a line, and reads what the server says to it.
    async fn say(&mut self, line: &str) -> String {
        self.write.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        loop {
            let said = self.line().await;
            match said.as_str() {
                "PING" => self.write.write_all(b"PONG\r\n").await.unwrap(),
                said if said.starts_with("INFO") => {}
                _ => return said,
            }
        }
    }
}

/// Tries what the user may not: publish where others do, and listen where
/// others are answered. How many attempts were denied in the server's own
/// words, and those that were not.
pub async fn denied(broker: &str, one: &User, users: &[User]) -> (usize, Vec<String>) {
    let mut lines = Vec::new();
    for other in users.iter().filter(|other| other.party != one.party) {
        let (id, inbox) = (&other.party, &other.inbox);
        for subject in [
            format!("gq.v1.in.{id}.vacancies.post"),
            format!("gq.v1.in.{id}.*.post"),
            format!("gq.v1.in.{id}.>"),
            format!("{inbox}.x"),
            format!("gq.v1.vacancy.43.431000.{id}.x"),
        ] {
            lines.push(format!("PUB {subject} 0\r\n"));
        }
        for subject in [format!("{inbox}.>"), format!("{inbox}.*"), format!("gq.v1.in.{id}.>")] {
            lines.push(format!("SUB {subject} 1"));
        }
    }
    for subject in [
        ">",
        "*",
        "gq.>",
        "gq.v1.>",
        "gq.v1.in.>",
        "gq.v1.feed.>",
        "_INBOX.>",
        "_INBOX.*",
        "_R_.>",
        "$SYS.>",
        "$JS.>",
        "$JS.API.>",
        "$JS.gq.API.>",
        "$JS.EVENT.>",
        "out.>",
    ] {
        lines.push(format!("SUB {subject} 2"));
    }
    for subject in [
        "*",
        ">",
        "gq.v1.in.*.vacancies.post",
        "$SYS.REQ.CLAIMS.UPDATE",
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.DELETE.FACTS",
        "$JS.gq.API.STREAM.DELETE.FACTS",
        "$JS.FC.FACTS.x",
        "gq.v1.party.43.431000.x",
    ] {
        lines.push(format!("PUB {subject} 0\r\n"));
    }
    let mut socket = Socket::open(broker, &one.creds).await;
    let own = format!("SUB {}.> 9", one.inbox);
    assert_eq!(socket.say(&own).await, "+OK", "the control: its own inbox");
    let (mut denied, mut passed) = (0, Vec::new());
    for line in lines {
        let said = socket.say(&line).await;
        // Why also this: a subject with a wildcard is none to publish to.
        if said.starts_with("-ERR 'Permissions Violation")
            || said == "-ERR 'Invalid Publish Subject'"
        {
            denied += 1;
        } else {
            passed.push(format!("{}: {} {said}", one.party, line.trim()));
        }
    }
    // Nothing that was denied came through all the same.
    let late = tokio::time::timeout(Duration::from_millis(200), socket.line()).await;
    assert!(late.is_err(), "{late:?}");
    (denied, passed)
}
