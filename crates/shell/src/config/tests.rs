use std::{collections::BTreeSet, fs};

use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::*;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/gongqiao.toml");

fn pairs<T: FromIterator<(String, String)>>(given: &[(&str, &str)]) -> T {
    given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn load(
    toml: &str,
    environment: &[(&str, &str)],
    overrides: &[(&str, &str)],
) -> Result<Config, ConfigError> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("some.toml");
    fs::write(&path, toml).unwrap();
    Config::from_sources(Some(&path), pairs(environment), &pairs::<Vec<_>>(overrides))
}

fn check_refused(toml: &str, environment: &[(&str, &str)], code: &str, names: &[&str]) {
    let error = load(toml, environment, &[]).expect_err("taken");
    assert_eq!(error.code(), code, "{error}");
    for name in names {
        assert!(error.to_string().contains(name), "{name} is missing in: {error}");
    }
}

#[test]
fn flags_stand_above_the_environment_and_the_environment_above_the_file() {
    let toml = "[gate]\nqueue = 1\nhold_hours = 1\nmax_batch_commands = 1";
    let environment = [("GONGQIAO__GATE__QUEUE", "2"), ("GONGQIAO__GATE__HOLD_HOURS", "2")];
    let config = load(toml, &environment, &[("gate.queue", "3")]).unwrap();
    let gate = &config.gate;
    assert_eq!((gate.queue, gate.hold_hours, gate.max_batch_commands), (3, 2, 1));
    assert_eq!(gate.commit_timeout_ms, 10_000);
}

#[test]
fn a_key_that_nobody_reads_is_refused_with_its_place() {
    check_refused("[gate]\nqeue = 1", &[], "config.key", &["qeue", "gate", "some.toml"]);
    check_refused("[gaet]\nqueue = 1", &[], "config.key", &["gaet"]);
    check_refused(
        "",
        &[("GONGQIAO__GATE__QEUE", "1")],
        "config.key",
        &["qeue", "gate", "environment"],
    );
    let flag = load("", &[], &[("gate.qeue", "1")]).unwrap_err();
    assert!(flag.to_string().starts_with("flags: gate: "), "{flag}");
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_key() {
    check_refused("[gate]\nqueue = 'many'", &[], "config.key", &["gate.queue", "some.toml"]);
    check_refused("[gate]\nqueue = -1", &[], "config.key", &["gate.queue"]);
    check_refused("[gate]\nqueue = 0", &[], "config.value", &["gate.queue"]);
    check_refused("[gate]\nmax_batch_commands = 1001", &[], "config.value", &["1000"]);
    check_refused(
        "[server]\nrequests_per_second_per_key = 1000001",
        &[],
        "config.value",
        &["million"],
    );
    check_refused("[cell]\ncity = '4310'", &[], "config.value", &["cell.city"]);
    check_refused("[nats]\nreplicas = 2", &[], "config.value", &["nats.replicas"]);
    check_refused("[server]\nlisten = 'here'", &[], "config.key", &["server.listen"]);
    check_refused("[log]\nformat = 'xml'", &[], "config.key", &["log.format"]);
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_its_line_and_without_its_words() {
    let toml = "[services]\nkey = \"planted-secret";
    check_refused(toml, &[], "config.file", &["some.toml", "line 2"]);
    assert!(!load(toml, &[], &[]).unwrap_err().to_string().contains("planted"));
}

#[test]
fn a_named_file_has_to_be_there() {
    let missing = Path::new("/nonexistent/gongqiao.toml");
    let error = Config::from_sources(Some(missing), HashMap::new(), &[]).unwrap_err();
    assert_eq!(error.code(), "config.file");
    assert!(error.to_string().contains("nonexistent"), "{error}");
}

#[test]
fn a_secret_is_kept_to_the_letter_and_not_shown() {
    let config = load("", &[("GONGQIAO__SERVICES__KEY", "00731")], &[]).unwrap();
    assert_eq!(config.services.key.as_ref().unwrap().expose_secret(), "00731");
    assert!(!format!("{config:?}").contains("00731"));
}

#[test]
fn an_empty_variable_and_one_of_another_program_are_ignored() {
    let environment = [("GONGQIAO__NATS__URL", ""), ("GONGQIAO_OTHER", "1"), ("HOME", "/")];
    let config = load("", &environment, &[]).unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
}

#[test]
fn the_sample_sets_nothing_but_defaults() {
    let sample =
        Config::from_sources(Some(Path::new(SAMPLE)), HashMap::new(), &[]).expect("the sample");
    assert_eq!(format!("{sample:?}"), format!("{:?}", Config::default()));
}

#[test]
fn the_sample_has_every_key_and_each_of_its_comments_is_one() {
    let text = fs::read_to_string(SAMPLE).unwrap();
    let uncommented: Vec<&str> =
        text.lines().map(|line| line.strip_prefix("#").unwrap_or(line)).collect();
    let mut found = BTreeSet::new();
    let mut section = "";
    for line in uncommented.iter().filter(|line| !line.starts_with(' ')) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = ") {
            found.insert(format!("{section}.{key}"));
        }
    }
    let known = fields("").into_iter().flat_map(|section| {
        fields(&format!("{section}.")).into_iter().map(move |key| format!("{section}.{key}"))
    });
    assert_eq!(found, known.collect());
    // With the comment signs off it still is a configuration.
    let all: Vec<&str> = uncommented.into_iter().filter(|line| !line.starts_with(' ')).collect();
    load(&all.join("\n"), &[], &[]).unwrap();
}

/// The keys of the section, as the refusal of an unknown one lists them.
fn fields(section: &str) -> Vec<String> {
    let probe = format!("{section}no_such_key");
    let error = load("", &[], &[(&probe, "1")]).unwrap_err().to_string();
    let (_, list) = error.split_once("expected").expect("a list of keys");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_clock_is_moved_by_hand_only_where_nobody_is_real() {
    let clock = [("clock.manual_from", "2021-07-12 08:00")];
    let error = load("", &[], &clock).unwrap_err();
    assert!(error.to_string().contains("clock.manual_from"), "{error}");
    let config = load("[register]\ntest_ids = true", &[], &clock).unwrap();
    let start = config.clock.manual_from().unwrap();
    assert_eq!(start, time::macros::datetime!(2021-07-12 00:00 UTC));
    let nonsense = [("clock.manual_from", "soon")];
    assert!(load("[register]\ntest_ids = true", &[], &nonsense).is_err());
}
