//! The server configurations under `deploy/nats`, run as they are with only names and places replaced.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it can't go on")]
#![cfg(target_os = "linux")]

use std::{fs, path::Path, process::Stdio, time::Duration};

use async_nats::{ConnectOptions, jetstream};
use gongqiao_stream::broker::{Identity, ObtainConfig, obtain};
use time::macros::datetime;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nats");

/// An address of this test process alone: all of 127.0.0.0/8 is this machine.
fn address(net: u8) -> String {
    let [.., high, low] = std::process::id().to_be_bytes();
    format!("127.{net}.{high}.{low}")
}

/// Copies the configurations to `dir` for a server with `own` address.
fn adapted(dir: &Path, identity: &Identity, own: &str, replace: &[(&str, &str)]) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("operator.conf"), identity.operator_conf()).unwrap();
    for entry in fs::read_dir(DEPLOY).unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read_to_string(&path).unwrap();
        text = text
            .replace("/var/lib/nats", dir.to_str().unwrap())
            .replace("0.0.0.0", own)
            .replace("127.0.0.1", own);
        for (from, to) in replace {
            text = text.replace(from, to);
        }
        fs::write(dir.join(path.file_name().unwrap()), text).unwrap();
    }
}

async fn server(dir: &Path, conf: &str) -> Child {
    let program = obtain(&ObtainConfig::for_this_user()).await.unwrap().path;
    let check =
        Command::new(&program).arg("-t").arg("-c").arg(dir.join(conf)).output().await.unwrap();
    assert!(check.status.success(), "{conf}: {}", String::from_utf8_lossy(&check.stderr));
    let mut command = Command::new(program);
    command
        .arg("-c")
        .arg(dir.join(conf))
        .arg("-l")
        .arg(dir.join("log"))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

/// Creates a stream with `replicas` and publishes one message, as soon as the servers are ready for it.
async fn stores_durably(identity: &Identity, url: &str, replicas: usize) {
    let options =
        ConnectOptions::with_credentials_file(identity.service_creds_path()).await.unwrap();
    let client = options.retry_on_initial_connect().connect(url).await.unwrap();
    let jetstream = jetstream::new(client);
    let config = jetstream::stream::Config {
        name: "T".into(),
        num_replicas: replicas,
        ..Default::default()
    };
    let store = async {
        loop {
            // Why the sending as well: a new stream has no leader for a moment.
            if let Ok(stream) = jetstream.create_stream(config.clone()).await
                && let Ok(sent) = jetstream.publish("T", "x".into()).await
                && let Ok(ack) = sent.await
            {
                return (ack.sequence, stream.cached_info().config.num_replicas);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert_eq!(
        timeout(Duration::from_secs(60), store).await.expect("ready in time"),
        (1, replicas)
    );
}

#[tokio::test]
async fn deploy_single_server_configuration_stores_durably() {
    let dir = tempfile::tempdir().unwrap();
    let identity =
        Identity::load_or_create(&dir.path().join("keys"), datetime!(2025-07-01 08:00 UTC))
            .unwrap();
    let own = address(80);
    adapted(&dir.path().join("n"), &identity, &own, &[]);
    let _server = server(&dir.path().join("n"), "single.conf").await;
    stores_durably(&identity, &format!("nats://{own}:4222"), 1).await;
}

#[tokio::test]
async fn deploy_cluster_configuration_stores_on_three_servers() {
    let dir = tempfile::tempdir().unwrap();
    let identity =
        Identity::load_or_create(&dir.path().join("keys"), datetime!(2025-07-01 08:00 UTC))
            .unwrap();
    let hosts = [address(81), address(82), address(83)];
    let names =
        [("n1.example", &*hosts[0]), ("n2.example", &*hosts[1]), ("n3.example", &*hosts[2])];
    let mut servers = Vec::new();
    for (number, own) in (1..).zip(&hosts) {
        let place = dir.path().join(format!("n{number}"));
        adapted(&place, &identity, own, &names);
        servers.push(server(&place, &format!("n{number}.conf")).await);
    }
    stores_durably(&identity, &format!("nats://{}:4222", hosts[0]), 3).await;
}

#[test]
fn deploy_configurations_sync_always_and_let_nobody_in_unnamed() {
    for name in ["single.conf", "cluster.conf"] {
        let text = fs::read_to_string(Path::new(DEPLOY).join(name)).unwrap();
        let told: Vec<_> =
            text.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
        assert!(told.contains(&"sync_interval: always"), "{name}");
        assert!(told.contains(&"include ./operator.conf"), "{name}");
        assert!(!told.iter().any(|line| line.contains("no_auth_user")), "{name}");
    }
}
