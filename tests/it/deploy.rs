//! Every sample under `deploy/` is read by the program that it is for, or by
//! a parser of its format.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use gongqiao_shell::Config;
use serde_yaml_ng::{Mapping, Value};

fn deploy(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy")).join(name)
}

fn names_in(dir: &str) -> Vec<String> {
    let entries = fs::read_dir(deploy(dir)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_file_is_covered_by_a_test() {
    // Why: gongqiao.toml is read in crates/shell, nats/ in crates/stream.
    assert_eq!(names_in(""), ["compose", "gongqiao.toml", "nats", "systemd"]);
    assert_eq!(names_in("compose"), ["Dockerfile", "Dockerfile.dockerignore", "compose.yaml"]);
    assert_eq!(names_in("systemd"), UNITS);
}

fn compose() -> Value {
    serde_yaml_ng::from_str(&fs::read_to_string(deploy("compose/compose.yaml")).unwrap()).unwrap()
}

fn services(compose: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let services = compose["services"].as_mapping().unwrap();
    services.iter().map(|(name, service)| (name.as_str().unwrap(), service))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_sequence().into_iter().flatten().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn the_compose_file_names_programs_and_volumes_that_exist_in_it() {
    let compose = compose();
    let names: Vec<&str> = services(&compose).map(|(name, _)| name).collect();
    assert_eq!(names, ["keys", "nats", "gongqiao"]);
    let volumes = compose["volumes"].as_mapping().unwrap();
    for (name, service) in services(&compose) {
        for volume in texts(&service["volumes"]) {
            let source = volume.split(':').next().unwrap();
            let known = volumes.contains_key(source) || deploy("compose").join(source).exists();
            assert!(known, "{name} mounts {source}, which is nowhere");
        }
        for other in service["depends_on"].as_mapping().into_iter().flat_map(Mapping::keys) {
            assert!(names.contains(&other.as_str().unwrap()), "{name} waits for {other:?}");
        }
        if let Some(file) = service["build"]["dockerfile"].as_str() {
            let context = deploy("compose").join(service["build"]["context"].as_str().unwrap());
            assert!(context.join("Cargo.toml").exists() && context.join(file).exists(), "{name}");
        }
    }
    assert!(deploy("compose/Dockerfile").exists());
}

#[test]
fn the_containers_run_with_as_few_rights_as_they_need() {
    let compose = compose();
    let dockerfile = fs::read_to_string(deploy("compose/Dockerfile")).unwrap();
    let mut users = dockerfile.lines().filter_map(|line| line.strip_prefix("USER "));
    let user = users.next_back().unwrap();
    assert!(user.split(':').next().unwrap().parse::<u32>().unwrap() > 0, "{user}");
    for (name, service) in services(&compose) {
        let runs_as = service["user"].as_str().unwrap_or(user);
        assert_eq!(runs_as, user, "{name} shares volumes with the others");
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        let image = service["image"].as_str().unwrap();
        let tag = image.split_once(':').unwrap().1;
        assert!(tag.starts_with(|c: char| c.is_ascii_digit()), "{name} is not pinned: {image}");
        for port in texts(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name} is open to others: {port}");
        }
    }
    let probe = texts(&compose["services"]["gongqiao"]["healthcheck"]["test"]).join(" ");
    assert!(probe.contains("GET /readyz "), "{probe}");
}

#[test]
fn the_container_is_configured_by_keys_that_exist_and_without_a_secret() {
    let compose = compose();
    let environment = compose["services"]["gongqiao"]["environment"].as_mapping().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let environment = environment.iter().map(|(key, value)| (text(key), text(value))).collect();
    let file = deploy("gongqiao.toml");
    let config = Config::from_sources(Some(&file), environment, &[]).unwrap();
    assert!(config.nats.offline && config.nats.url.is_some(), "nothing is fetched at run time");
    assert!(config.nats.creds.unwrap().starts_with(&config.data.dir), "made in the volume");
    assert!(config.services.key.is_none());
    let text = fs::read_to_string(deploy("compose/compose.yaml")).unwrap();
    // What API keys, nkey seeds and credentials begin with.
    for secret in ["gqk_", "BEGIN ", "\nSU", "\nSA", "\nSO", "PASSWORD"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

const UNITS: [&str; 9] = [
    "gongqiao-board.service",
    "gongqiao-feeds.service",
    "gongqiao-gate.service",
    "gongqiao-matcher.service",
    "gongqiao-notify.service",
    "gongqiao-replay.service",
    "gongqiao-steward.service",
    "gongqiao.service",
    "nats-server.service",
];

/// The values of a unit's key, in their order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let of_key = |line: &'a str| line.strip_prefix(key)?.strip_prefix('=');
    unit.lines().filter_map(of_key).collect()
}

fn unit(name: &str) -> String {
    fs::read_to_string(deploy("systemd").join(name)).unwrap()
}

#[test]
fn the_units_start_commands_that_the_program_has() {
    for name in UNITS {
        let text = unit(name);
        let [start] = values(&text, "ExecStart")[..] else { panic!("{name} starts not one thing") };
        let mut words = start.split_whitespace();
        if words.next().unwrap().ends_with("gongqiao") {
            // Why with all of them: --help is answered only if the rest is understood.
            let help =
                Command::new(env!("CARGO_BIN_EXE_gongqiao")).args(words).arg("--help").output();
            assert!(help.unwrap().status.success(), "{name}: {start}");
        }
    }
}

#[test]
fn the_units_are_hardened_and_come_back_after_a_failure() {
    for name in UNITS {
        let text = unit(name);
        for section in ["[Unit]", "[Service]", "[Install]"] {
            assert_eq!(text.lines().filter(|line| *line == section).count(), 1, "{name} {section}");
        }
        for (key, value) in [
            ("ProtectSystem", "strict"),
            ("ProtectHome", "true"),
            ("PrivateTmp", "true"),
            ("NoNewPrivileges", "true"),
            ("CapabilityBoundingSet", ""),
            ("UMask", "0077"),
            ("Restart", "on-failure"),
        ] {
            assert_eq!(values(&text, key), [value], "{name} {key}");
        }
        let user = values(&text, "User");
        assert!(user.len() == 1 && user[0] != "root", "{name} runs as {user:?}");
        let state = format!("/var/lib/{}", values(&text, "StateDirectory")[0]);
        assert_eq!(values(&text, "ReadWritePaths"), [state], "{name} writes elsewhere");
        let files = values(&text, "LimitNOFILE");
        assert!(files[0].parse::<u32>().unwrap() >= 65_536, "{name} {files:?}");
    }
}

/// What systemd itself says about the units, where it is installed.
#[test]
fn systemd_understands_every_line_of_the_units() {
    let there = Command::new("systemd-analyze").arg("--version").output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("systemd-analyze is not installed: the units were read by the other tests only");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for name in UNITS {
        // Why: the programs are not installed here, which it would say.
        let text = unit(name);
        let start = values(&text, "ExecStart")[0];
        let program = start.split_whitespace().next().unwrap();
        fs::write(dir.path().join(name), text.replace(program, "/bin/true")).unwrap();
    }
    assert_eq!(verify(dir.path()), "");
    let broken = unit("nats-server.service").replace("Restart=", "Restrat=");
    fs::write(dir.path().join("nats-server.service"), broken).unwrap();
    assert!(verify(dir.path()).contains("Restrat"), "the control");
}

/// The complaints about units in `dir`. It exits with 0 for keys it does not know.
fn verify(dir: &Path) -> String {
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no"]).args(UNITS.map(|name| dir.join(name)));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let about_ours = said.lines().filter(|line| UNITS.iter().any(|unit| line.contains(unit)));
    about_ours.collect::<Vec<_>>().join("\n")
}
