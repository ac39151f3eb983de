//! The demonstration fills two hundred seats, and equal seeds tell the same story.

use std::process::Command;

use serde_json::Value;

fn demo(seed: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_gongqiao"))
        .args(["demo", "--once", "--json", "--workers", "8000", "--seed", seed])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(stdout.lines().last().unwrap()).unwrap()
}

/// What may differ between two runs: ids and time.
fn story(mut summary: Value) -> Value {
    summary["seconds"] = Value::Null;
    for vacancy in summary["vacancies"].as_array_mut().unwrap() {
        vacancy["id"] = Value::Null;
    }
    summary
}

#[test]
fn the_demo_fills_two_hundred_seats_and_equal_seeds_tell_the_same_story() {
    let second = std::thread::spawn(|| demo("7"));
    let (first, second) = (demo("7"), second.join().unwrap());
    println!("demo: {first}");
    for (field, value) in [
        ("requested", 200),
        ("onboarded", 200),
        ("servicePoints", 1_267),
        ("enterprises", 211),
        ("partnerCities", 36),
        ("cards", 8_000),
    ] {
        assert_eq!(first[field], value, "{field}");
    }
    for field in ["noShow", "substituted", "declinedSignals", "escalatedSignals"] {
        assert!(first[field].as_i64().unwrap() >= 1, "{field} in {first}");
    }
    assert!(first["committed"].as_i64().unwrap() > 200, "who did not turn up was promised too");
    let vacancies = first["vacancies"].as_array().unwrap();
    assert_eq!(vacancies.len(), 2);
    assert!(vacancies.iter().all(|v| v["requested"] == v["onboarded"]), "{first}");
    assert_eq!(story(first), story(second));
}
