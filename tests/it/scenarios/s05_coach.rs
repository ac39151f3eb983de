//! One coach from the village to the factory, with everything that happens to
//! the people on it, and every sum opened to its events.

use gongqiao_client::Client;
use gongqiao_contract::{view, wire::evidence};
use serde_json::{Value, json};
use time::macros::date;

use super::afterwards::vacancy;
use crate::support::{
    Exchange, cards, commit, enterprise, point, refusal, row, signal, test_id, upload,
};

const POINT: &str = "431021001001";
const MANIFEST: usize = 47;

/// The group and who speaks for its two ends.
struct Coach {
    desk: Client,
    factory: Client,
    path: String,
}

impl Coach {
    async fn say(&self, who: &Client, event: Value) -> view::Receipt {
        who.post(&format!("{}/events", self.path), &event, None).await.unwrap()
    }

    async fn come_to(&self, who: &Client, cards: &[String], to: &str, evidence: &str) {
        let people = json!({ "cards": cards, "to": to, "evidence": evidence });
        self.say(who, json!({ "people": people })).await;
    }

    async fn shown(&self) -> view::Dispatch {
        self.desk.get(&self.path).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_05_of_47_on_the_manifest_46_leave_45_arrive_and_42_are_at_work() {
    let start = [("GONGQIAO__CLOCK__MANUAL_FROM", "2021-07-18 18:00")];
    let exchange = Exchange::up_with(&start);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let rows: Vec<Value> =
        (0..50).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let people = cards(&desk, POINT).await;
    let (listed, others) = people.split_at(MANIFEST);
    let ask = vacancy(u16::try_from(MANIFEST).unwrap());
    let vacancy = factory.post("/v1/vacancies", &ask, None).await.unwrap().id;
    let seen = signal(&desk, POINT, &vacancy).await;
    assert_eq!(commit(&desk, seen.id.to_string().as_str(), listed).await.committed, 47);

    let open = json!({
        "vacancy": vacancy, "mode": "COACH", "manifest": listed,
        "vehicle": { "plate": "湘L00001", "seats": 49, "carrier": "示例客运" },
        "stops": [{ "point": POINT, "at": "2021-07-19T00:00:00Z" }],
        "departsAt": "2021-07-19T00:30:00Z", "arrivesAt": "2021-07-19T02:00:00Z",
        "crew": {
            "drivers": [{ "name": "测试丁", "phone": "19900000011" }],
            "attendant": { "name": "测试戊", "phone": "19900000012" },
        },
    });
    let opened = desk.post("/v1/dispatches", &open, None).await.unwrap();
    assert_eq!(opened.warnings, Vec::<String>::new());
    let path = format!("/v1/dispatches/{}", opened.id);
    let coach = Coach { desk, factory, path };
    let (desk, factory) = (&coach.desk, &coach.factory);
    assert_eq!(coach.shown().await.seats_left, Some(1), "47 and the attendant in 49 seats");
    coach.say(factory, json!({ "move": "ACCEPTED" })).await;

    // At the door: 44 get on, 3 do not come, 2 walk up, 1 has no ID.
    let (present, absent) = listed.split_at(44);
    coach.come_to(desk, present, "BOARDED", "ROLL_CALL").await;
    let early = json!({ "walkIn": { "cards": &others[..2] } });
    let full = refusal(desk.post(&format!("{}/events", coach.path), &early, None).await);
    assert_eq!((full.code.as_str(), full.status), ("vacancy.full", 409));
    coach.come_to(desk, absent, "NO_SHOW", "ROLL_CALL").await;
    coach.say(desk, json!({ "refuseBoarding": { "reason": "NO_ID" } })).await;
    coach.say(desk, early).await;
    coach.say(desk, json!({ "move": "DEPARTED" })).await;
    let on_the_road = coach.shown().await;
    assert_eq!((on_the_road.riding, on_the_road.refused), (46, 1));

    // On the way one gets off; 45 are handed over.
    coach.come_to(desk, &present[..1], "LEFT_EN_ROUTE", "ATTENDANT").await;
    coach.say(factory, json!({ "move": "ARRIVED", "evidence": "HANDOVER" })).await;
    assert_eq!(coach.shown().await.missing, 45);
    coach.come_to(factory, &present[1..3], "NOT_HIRED", "ENTERPRISE_NOTICE").await;
    coach.come_to(desk, &present[3..4], "DECLINED", "WORKER_CALL").await;
    let mut hired = present[4..].to_vec();
    hired.extend_from_slice(&others[..2]);
    let unproven = json!({ "people": { "cards": hired, "to": "ONBOARDED" } });
    let unproven = refusal(factory.post(&format!("{}/events", coach.path), &unproven, None).await);
    assert_eq!(unproven.code, "evidence.required");
    assert_eq!(unproven.pointer.as_deref(), Some("/people/evidence"));
    coach.come_to(factory, &hired, "ONBOARDED", "ENTERPRISE_LIST").await;
    coach.say(factory, json!({ "move": "CLOSED" })).await;

    let shown: view::Vacancy = factory.get(&format!("/v1/vacancies/{vacancy}")).await.unwrap();
    for (figure, value) in [
        ("requested", 47),
        ("willing", 47),
        ("committed", 49),
        ("noShow", 3),
        ("refusedBoarding", 1),
        ("boarded", 46),
        ("departed", 46),
        ("leftEnRoute", 1),
        ("arrived", 45),
        ("notHired", 2),
        ("declined", 1),
        ("onboarded", 42),
        ("seatsTaken", 42),
        ("released", 0),
        ("substituted", 0),
        ("returned", 0),
    ] {
        assert_eq!(shown.ledger[figure].value, value, "{figure}");
    }
    every_sum_opens_to_its_events(factory, &shown).await;
    evidence_stands_in_the_history(&coach, &hired).await;
}

async fn every_sum_opens_to_its_events(factory: &Client, shown: &view::Vacancy) {
    for (name, figure) in &shown.ledger {
        let events: Vec<view::Event> = factory.list(&figure.events).await.unwrap();
        let sum: i64 = events.iter().map(|event| event.change.unwrap()).sum();
        assert_eq!(sum, figure.value, "{name}");
    }
}

/// What each step rests on is told by the events behind the figures.
async fn evidence_stands_in_the_history(coach: &Coach, hired: &[String]) {
    let dispatch = coach.shown().await;
    let figure = format!("/v1/vacancies/{}/events?figure=onboarded", dispatch.vacancy);
    let events: Vec<view::Event> = coach.factory.list(&figure).await.unwrap();
    let told: Vec<&str> = events
        .iter()
        .map(|event| event.fact["placementMoved"]["evidence"].as_str().unwrap())
        .collect();
    assert_eq!(told, vec![evidence::Value::EnterpriseList.as_str_name(); hired.len()]);
    let history: Vec<view::Event> =
        coach.desk.list(&format!("{}/history", coach.path)).await.unwrap();
    assert_eq!(history[0].kind, "DispatchOpened");
    assert!(history[0].fact["dispatchOpened"]["crew"].is_null(), "sealed words are shown");
    assert_eq!(history[0].fact["dispatchOpened"]["drivers"], 1);
}
