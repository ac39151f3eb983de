//! Half a year of work, or not quite three months of it.

use gongqiao_contract::view;
use serde_json::{Value, json};

use super::afterwards::City;
use crate::support::refusal;

fn visited(outcome: &str, at_work: &str, paid: &str) -> Value {
    let mut attempt = json!({ "method": "PHONE", "outcome": outcome });
    if outcome == "REACHED" {
        attempt["atWork"] = json!(at_work);
        attempt["paidOnTime"] = json!(paid);
        attempt["insured"] = json!("YES");
    }
    json!({ "attempt": attempt })
}

/// The open visits at the desk, by day.
async fn open_visits(city: &City) -> Vec<(u32, String)> {
    let path = "/v1/cases?kind=FOLLOW_UP&state=open&with=me";
    let cases: Vec<view::Case> = city.desk.list(path).await.unwrap();
    let day = |case: &view::Case| match case.matter {
        view::Matter::FollowUp { day, .. } => day,
        _ => panic!("{case:?}"),
    };
    cases.iter().map(|case| (day(case), case.id.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_10_ninety_days_are_not_three_calendar_months() {
    let city = City::arrived("2021-07-15 09:00", 2).await;
    city.come_to(&city.factory, &city.cards, "ONBOARDED").await;
    let (leaves, stays) = (city.cards[0].clone(), city.cards[1].clone());
    let work = city.placement(&leaves).await.work.unwrap();
    assert_eq!(work.onboarded_at, "2021-07-15T01:00:00Z");

    // What is owed outlives the agreement.
    let agreements: Vec<view::Agreement> = city.factory.list("/v1/agreements").await.unwrap();
    let terminate = format!("/v1/agreements/{}/terminate", agreements[0].id);
    city.operator.post_empty(&terminate).await.unwrap();

    for (day, moment) in [(3, "07-18"), (7, "07-22"), (30, "08-14"), (90, "10-13")] {
        city.at(&format!("2021-{moment} 08:59")).await;
        assert_eq!(open_visits(&city).await, [], "day {day} is not over");
        city.at(&format!("2021-{moment} 09:00")).await;
        let open = open_visits(&city).await;
        assert_eq!(open.iter().map(|(day, _)| *day).collect::<Vec<_>>(), [day, day]);
        for (_, case) in open {
            city.record(&city.desk, &case, &visited("REACHED", "YES", "YES")).await;
        }
    }
    assert_eq!(city.figures(["retained"]).await, [2]);
    let path = format!("/v1/vacancies/{}/events?figure=retained", city.vacancy);
    let retained: Vec<view::Event> = city.factory.list(&path).await.unwrap();
    assert_eq!(retained.len(), 2);
    for event in &retained {
        let said = &event.fact["followUpAttempted"];
        assert_eq!((&said["atWork"], &said["paidOnTime"]), (&json!("YES"), &Value::Null));
    }

    city.at("2021-10-14 17:00").await;
    city.come_to(&city.desk, std::slice::from_ref(&leaves), "ENDED").await;
    let left = city.placement(&leaves).await;
    let work = left.work.unwrap();
    assert_eq!((left.state.as_str(), work.months, work.three_months), ("ended", 2, false));
    assert_eq!(work.ended_at.as_deref(), Some("2021-10-14T09:00:00Z"));
    let visits: Vec<view::Case> =
        city.desk.list("/v1/cases?kind=FOLLOW_UP&state=done").await.unwrap();
    let ninety = visits
        .iter()
        .filter(|case| case.card.as_str() == leaves)
        .find(|case| matches!(case.matter, view::Matter::FollowUp { day: 90, .. }));
    let ninety = ninety.expect("the visit after ninety days is done");
    assert!(!ninety.work.as_ref().unwrap().three_months);

    city.at("2021-10-14 23:59").await;
    assert!(!city.placement(&stays).await.work.unwrap().three_months);
    city.at("2021-10-15 00:00").await;
    let work = city.placement(&stays).await.work.unwrap();
    assert_eq!((work.months, work.three_months, work.six_months), (3, true, false));

    city.at("2022-01-15 09:00").await;
    let open = open_visits(&city).await;
    assert_eq!(open.iter().map(|(day, _)| *day).collect::<Vec<_>>(), [180], "who left is left");
    assert!(city.placement(&stays).await.work.unwrap().six_months);
    assert!(!city.placement(&leaves).await.work.unwrap().three_months);
    let shown: view::Dispatch =
        city.factory.get(&format!("/v1/dispatches/{}", city.dispatch)).await.unwrap();
    let months = |card: &str| {
        let passenger = shown.manifest.iter().find(|p| p.card.as_str() == card).unwrap();
        passenger.work.as_ref().unwrap().months
    };
    assert_eq!((months(&leaves), months(&stays)), (2, 6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_calls_in_vain_make_unreachable_and_late_wages_offer_a_grievance() {
    let city = City::arrived("2021-07-15 09:00", 2).await;
    city.come_to(&city.factory, &city.cards, "ONBOARDED").await;
    // After a month in which nothing ran, one visit makes good three.
    city.at("2021-08-16 09:00").await;
    let open = open_visits(&city).await;
    assert_eq!(open.iter().map(|(day, _)| *day).collect::<Vec<_>>(), [30, 30]);
    let (lost, found) = (&open[0].1, &open[1].1);
    for _ in 0..3 {
        city.record(&city.desk, lost, &visited("NO_ANSWER", "", "")).await;
    }
    let gone: view::Case = city.desk.get(&format!("/v1/cases/{lost}")).await.unwrap();
    assert_eq!((gone.state.as_str(), gone.history.len()), ("unreachable", 4));
    let stranger = refusal(
        city.factory
            .post(&format!("/v1/cases/{found}/events"), &visited("REFUSED", "", ""), None)
            .await,
    );
    assert_eq!(stranger.code, "case.not_found");
    city.record(&city.desk, found, &visited("REACHED", "YES", "NO")).await;
    let late: view::Case = city.desk.get(&format!("/v1/cases/{found}")).await.unwrap();
    assert_eq!(late.attention, ["NOT_PAID_ON_TIME"]);
    let offer = late.offers.expect("a grievance is offered");
    let opened = city.desk.post("/v1/cases", &offer, None).await.unwrap();
    let case: view::Case = city.desk.get(&format!("/v1/cases/{}", opened.id)).await.unwrap();
    assert_eq!((case.kind.as_str(), case.card.as_str()), ("GRIEVANCE", late.card.as_str()));
    assert_eq!(case.enterprise.unwrap().as_str(), city.factory_id);
}
