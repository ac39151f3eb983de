//! Every sample under `deploy/` is read by the program that it is for, or by
//! a parser of its format.

use std::{fs, path::PathBuf, process::Command};

fn deploy(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy")).join(name)
}

#[test]
fn every_file_is_covered_by_a_test() {
    let mut names: Vec<String> = fs::read_dir(deploy(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    // Why: gongqiao.toml is read in crates/shell, nats/ in crates/stream.
    assert_eq!(names, ["compose", "gongqiao.toml", "nats", "systemd"]);
}

#[test]
fn the_compose_file_names_programs_and_volumes_that_exist_in_it() {
    let text = fs::read_to_string(deploy("compose/compose.yaml")).unwrap();
    let compose: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).unwrap();
    let services = compose["services"].as_mapping().unwrap();
    assert!(services.contains_key("nats") && services.contains_key("gongqiao"));
    let volumes = compose["volumes"].as_mapping().unwrap();
    for (name, service) in services {
        for volume in service["volumes"].as_sequence().into_iter().flatten() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            let known = volumes.contains_key(source) || deploy("compose").join(source).exists();
            assert!(known, "{name:?} mounts {source}, which is nowhere");
        }
    }
    assert!(deploy("compose").join("Dockerfile").exists());
}

#[test]
fn the_units_start_commands_that_the_program_has() {
    for unit in ["gongqiao.service", "gongqiao-gate.service", "nats-server.service"] {
        let text = fs::read_to_string(deploy("systemd").join(unit)).unwrap();
        for section in ["[Unit]", "[Service]", "[Install]"] {
            assert!(text.contains(section), "{unit} has no {section}");
        }
        let keys = text.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '[', ' ']));
        assert!(keys.clone().all(|line| line.contains('=')), "{unit}");
        let start = keys.filter_map(|line| line.strip_prefix("ExecStart=")).next().unwrap();
        let mut words = start.split_whitespace();
        if words.next().unwrap().ends_with("gongqiao") {
            let arguments: Vec<&str> = words.take_while(|word| !word.starts_with("--")).collect();
            let help = Command::new(env!("CARGO_BIN_EXE_gongqiao"))
                .args(&arguments)
                .arg("--help")
                .output()
                .unwrap();
            assert!(help.status.success(), "{unit}: {start}");
        }
    }
}
