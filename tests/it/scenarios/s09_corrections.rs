//! Mistakes are corrected, and everything that was derived follows.

use std::collections::BTreeMap;

use gongqiao_client::Client;
use gongqiao_contract::{id::VacancyId, view};
use gongqiao_domain::{City as Fold, ledger::Figure, report::Period};
use gongqiao_stream::{StreamName, read_all};
use serde_json::json;

use super::afterwards::City;
use crate::support::{Process, refusal};

const ROAD: [&str; 7] =
    ["departed", "arrived", "onboarded", "noShow", "seatsTaken", "committed", "corrected"];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_09_no_shows_are_corrected_and_everything_follows_but_a_closed_month() {
    let city = City::new("2021-07-28 07:00", 8).await;
    let (late, three) = (&city.cards[3..4], &city.cards[..3]);
    city.at("2021-07-28 08:00").await;
    city.come_to(&city.desk, &city.cards[4..], "BOARDED").await;
    city.come_to(&city.desk, &city.cards[..4], "NO_SHOW").await;
    city.goes(&city.desk, "DEPARTED").await;
    assert_eq!(city.figures(ROAD).await, [4, 0, 0, 4, 4, 8, 0]);

    // Six minutes later the desk sees that three of them are on the coach.
    city.at("2021-07-28 08:06").await;
    let receipt = city.correct(&city.desk, three, "BOARDED").await.unwrap();
    assert_eq!(receipt.waits_for, "", "free within ten minutes");
    assert_eq!(city.figures(ROAD).await, [7, 0, 0, 1, 7, 8, 3]);
    let early = refusal(city.correct(&city.desk, late, "ONBOARDED").await);
    assert_eq!((early.status, early.code.as_str()), (409, "correction.target"));

    city.at("2021-07-28 14:00").await;
    city.goes(&city.factory, "ARRIVED").await;
    let there = [three, &city.cards[4..]].concat();
    city.come_to(&city.factory, &there, "ONBOARDED").await;

    // July is filed on its last day.
    city.at("2021-07-31 18:00").await;
    city.operator.post_empty("/v1/reports/2021-07/close").await.unwrap();
    let twice = refusal(city.operator.post_empty("/v1/reports/2021-07/close").await);
    assert_eq!(twice.code, "period.closed");
    let july: serde_json::Value = city.operator.get("/v1/reports/2021-07").await.unwrap();

    // On day four the factory finds the fourth at work; the point must agree.
    city.at("2021-08-01 09:00").await;
    let asked = city.correct(&city.factory, late, "ONBOARDED").await.unwrap();
    assert!(!asked.waits_for.is_empty());
    assert_eq!(city.figures(ROAD).await, [7, 7, 7, 1, 7, 8, 3], "nothing yet");
    let with: Vec<view::Case> =
        city.desk.list("/v1/cases?kind=CORRECTION&state=open&with=me").await.unwrap();
    assert_eq!(with.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), [&asked.waits_for]);
    city.record(&city.desk, &asked.waits_for, &json!({ "reply": { "agreed": true } })).await;
    assert_eq!(city.figures(ROAD).await, [8, 8, 8, 0, 8, 8, 4]);

    let still: serde_json::Value = city.operator.get("/v1/reports/2021-07").await.unwrap();
    assert_eq!(still, july, "a closed month never changes");
    let august: view::Report = city.operator.get("/v1/reports/2021-08").await.unwrap();
    for measure in ["dispatched", "onboarded"] {
        let line = august.lines.iter().find(|line| line.measure == measure).unwrap();
        assert_eq!((line.month.times.value, line.corrections.times.value), (0, 1), "{measure}");
        assert_eq!((line.year.times.value, line.year.people.value), (8, 8), "{measure}");
        let behind: Vec<view::Event> =
            city.operator.list(&line.corrections.times.events).await.unwrap();
        assert_eq!(behind.len(), 1);
        assert_eq!((behind[0].kind.as_str(), behind[0].change), ("PlacementCorrected", Some(1)));
    }
    digests_converge(&city).await;
}

/// Two running services show what a fresh fold of the raw stream comes to.
async fn digests_converge(city: &City) {
    let connection = city.exchange.connection().await;
    let mut fold = Fold::default();
    for message in read_all(&connection, StreamName::Facts).await.unwrap() {
        fold.apply(message.sequence, &message.subject, &message.payload);
    }
    assert!(fold.not_understood.is_empty(), "{:?}", fold.not_understood);
    let vacancy: VacancyId = city.vacancy.parse().unwrap();
    let recounted: BTreeMap<String, i64> = Figure::ALL
        .into_iter()
        .map(|figure| {
            let name = serde_json::to_value(figure).unwrap().as_str().unwrap().to_owned();
            (name, fold.ledgers[&vacancy].get(figure))
        })
        .collect();
    let board = second_board(city);
    let at_board = city.factory.at(&board.origin);
    for service in [&city.factory, &at_board] {
        let path = format!("/v1/vacancies/{vacancy}?min_sequence={}", fold.position);
        let shown: view::Vacancy = service.get(&path).await.unwrap();
        let shown: BTreeMap<String, i64> =
            shown.ledger.into_iter().map(|(name, figure)| (name, figure.value)).collect();
        assert_eq!(shown, recounted);
    }
    let august: Period = "2021-08".parse().unwrap();
    let times: i64 =
        fold.report.lines().iter().filter(|l| l.period == august).map(|l| l.times).sum();
    assert_eq!(times, 2);
    let reports = |service: Client| async move {
        let path = format!("/v1/reports/2021-08?min_sequence={}", fold.position);
        service.get::<serde_json::Value>(&path).await.unwrap()
    };
    let here = reports(city.operator.clone()).await;
    assert_eq!(reports(city.operator.at(&board.origin)).await, here);
}

/// The read side in a process of its own, on the same log.
fn second_board(city: &City) -> Process {
    let hello = city.exchange.process.hello["broker"].as_str().unwrap();
    let url = hello.trim_start_matches("Some(\"").trim_end_matches("\")");
    let data = city.exchange.data();
    let creds = data.join("keys/gq-service.creds").display().to_string();
    let env = [("GONGQIAO__NATS__URL", url), ("GONGQIAO__NATS__CREDS", creds.as_str())];
    let dir = data.display().to_string();
    let args = ["serve", "board", "--listen", "127.0.0.1:0", "--data-dir", &dir];
    Process::start(&args, &env, data.join("second-board.log"))
}
