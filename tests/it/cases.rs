//! Grievances and transfers: who sees what, and who may do what.

use gongqiao_client::Client;
use gongqiao_contract::{
    view,
    wire::{AccessRecord, access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_stream::{StreamName, read_all};
use memchr::memmem;
use prost::Message as _;
use serde_json::{Value, json};

use crate::{
    scenarios::afterwards::{City, POINT},
    support::{point, refusal, row, upload},
};

const OTHER: &str = "431021001002";
const WORDS: &str = "工资拖欠三个月，班长称无钱可发";
const ANSWER: &str = "已与财务核对，月底补发";

async fn case(who: &Client, id: &str) -> view::Case {
    who.get(&format!("/v1/cases/{id}")).await.unwrap()
}

fn notes(case: &view::Case) -> Vec<Option<&str>> {
    case.history.iter().map(|step| step.note.as_deref()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_written_in_a_grievance_is_read_by_its_point_and_by_whoever_has_it() {
    let city = City::arrived("2021-07-15 09:00", 1).await;
    city.come_to(&city.factory, &city.cards, "ONBOARDED").await;
    let open = json!({ "grievance": { "card": city.cards[0], "kind": "WAGES", "note": WORDS } });
    let stranger = point(&city.operator, OTHER).await;
    let refused = refusal(stranger.post("/v1/cases", &open, None).await);
    assert_eq!(
        (refused.code.as_str(), refused.pointer.as_deref()),
        ("card.not_found", Some("/grievance/card"))
    );
    let id = city.desk.post("/v1/cases", &open, None).await.unwrap().id;

    let own = case(&city.desk, &id).await;
    assert_eq!((own.name.as_deref(), own.phone.as_deref()), (Some("测试"), Some("19900000000")));
    assert_eq!(notes(&own), [Some(WORDS)]);
    let bureau = case(&city.operator, &id).await;
    assert!(bureau.name.is_none() && bureau.phone.is_none());
    assert_eq!(notes(&bureau), [None], "it exists; what it says is not for the bureau yet");
    for who in [&city.factory, &stranger] {
        let path = format!("/v1/cases/{id}");
        assert_eq!(refusal(who.get::<view::Case>(&path).await).code, "case.not_found");
        assert!(who.list::<view::Case>("/v1/cases").await.unwrap().is_empty());
    }

    let hand_on = json!({ "handOn": { "to": city.factory_id } });
    city.record(&city.desk, &id, &hand_on).await;
    let theirs = case(&city.factory, &id).await;
    assert_eq!(notes(&theirs), [Some(WORDS), None]);
    assert!(theirs.name.is_none() && theirs.phone.is_none(), "names only for the point");
    let back = json!({ "handOn": { "to": "operator" }, "note": ANSWER });
    city.record(&city.factory, &id, &back).await;
    let path = format!("/v1/cases/{id}");
    assert_eq!(refusal(city.factory.get::<view::Case>(&path).await).code, "case.not_found");
    assert_eq!(notes(&case(&city.operator, &id).await), [Some(WORDS), None, Some(ANSWER)]);
    let bare = json!({ "close": {} });
    let bare = refusal(city.operator.post(&format!("{path}/events"), &bare, None).await);
    assert_eq!(bare.pointer.as_deref(), Some("/close/end"));
    city.record(&city.operator, &id, &json!({ "close": { "end": "SETTLED" } })).await;
    let settled: Vec<view::Case> =
        city.desk.list("/v1/cases?kind=GRIEVANCE&state=done").await.unwrap();
    assert_eq!(settled.len(), 1);
    assert!(settled[0].name.is_none() && settled[0].history.is_empty(), "lists open nothing");
    every_opening_is_on_record(&city, &id).await;
}

/// Who opened what of the case, in the order of the records; and nothing of
/// what was written stands in clear.
async fn every_opening_is_on_record(city: &City, id: &str) {
    let connection = city.exchange.connection().await;
    let records = read_all(&connection, StreamName::Audit).await.unwrap();
    let opened: Vec<(String, Vec<Field>)> = records
        .iter()
        .map(|message| AccessRecord::decode(message.payload.clone()).unwrap())
        .filter(|record| record.purpose() == Purpose::Case && record.subject == id)
        .map(|record| (record.actor.clone().unwrap().party, record.fields().collect()))
        .collect();
    let note = |who: &str| (who.to_owned(), vec![Field::Note]);
    let person = (POINT.to_owned(), vec![Field::Name, Field::Phone]);
    assert_eq!(opened, [note(POINT), person, note(&city.factory_id), note("operator")]);
    for stream in [StreamName::Facts, StreamName::Register, StreamName::Audit] {
        for message in read_all(&connection, stream).await.unwrap() {
            for words in [WORDS, ANSWER] {
                let found = memmem::find(&message.payload, words.as_bytes());
                assert!(found.is_none(), "in clear on {}", message.subject);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_note_that_is_too_long_or_about_nobody_is_refused_with_its_place() {
    let city = City::new("2021-07-15 09:00", 1).await;
    let ask = |card: &str, note: &str| json!({ "grievance": { "card": card, "kind": "OTHER", "note": note } });
    let long =
        refusal(city.desk.post("/v1/cases", &ask(&city.cards[0], &"字".repeat(2_001)), None).await);
    assert_eq!(
        (long.status, long.code.as_str(), long.pointer.as_deref()),
        (422, "field.too_long", Some("/grievance/note"))
    );
    let nobody = "card_00000000000000000000000000000000";
    let nobody = refusal(city.desk.post("/v1/cases", &ask(nobody, "x"), None).await);
    assert_eq!((nobody.status, nobody.code.as_str()), (404, "card.not_found"));
    let nothing = refusal(city.desk.post("/v1/cases", &json!({}), None).await);
    assert_eq!((nothing.status, nothing.code.as_str()), (422, "field.invalid"));
    let missing = refusal(city.desk.get::<view::Case>("/v1/cases/case_1").await);
    assert_eq!((missing.status, missing.code.as_str()), (404, "case.not_found"));
    let kind = refusal(city.desk.list::<view::Case>("/v1/cases?kind=visit").await);
    assert_eq!((kind.status, kind.code.as_str()), (400, "request.query"));
    let early = json!({ "followUp": { "onboarding": "1", "day": 3 } });
    assert_eq!(refusal(city.desk.post("/v1/cases", &early, None).await).code, "auth.party_kind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_in_two_villages_is_one_card_and_a_request() {
    let city = City::new("2021-07-15 09:00", 1).await;
    let other = point(&city.operator, OTHER).await;
    let rows = [row(&city.people[0], OTHER)];
    let report = upload(&other, OTHER, &rows).await;
    assert_eq!(report["leftOut"][0]["code"], "row.elsewhere");
    upload(&other, OTHER, &rows).await;
    let asked: Vec<view::Case> = city.desk.list("/v1/cases?kind=TRANSFER&with=me").await.unwrap();
    assert_eq!(asked.len(), 1, "asked once, however often the roster comes");
    let id = asked[0].id.as_str();
    let own = case(&city.desk, id).await;
    assert_eq!(own.name.as_deref(), Some("测试"), "the point that has the person knows whom");
    let asking = case(&other, id).await;
    assert!(asking.name.is_none() && asking.phone.is_none(), "the one that asks does not");
    assert!(other.list::<view::Case>("/v1/cases?with=me").await.unwrap().is_empty());

    let agree = json!({ "reply": { "agreed": true } });
    let events = format!("/v1/cases/{id}/events");
    let bound = refusal(city.desk.post(&events, &agree, None).await);
    assert_eq!((bound.status, bound.code.as_str()), (409, "transfer.bound"));
    assert_eq!(refusal(other.post(&events, &agree, None).await).code, "auth.not_yours");

    // The group is called off, and the hold runs out.
    city.goes(&city.desk, "CANCELLED").await;
    city.at("2021-07-19 09:00").await;
    city.record(&city.desk, id, &agree).await;
    assert_eq!(case(&other, id).await.state, "agreed");
    let waits: Vec<view::Case> = city.desk.list("/v1/cases?kind=TRANSFER&with=me").await.unwrap();
    assert!(waits.is_empty(), "what is over waits for nobody");
    let over: Vec<view::Case> =
        city.desk.list("/v1/cases?kind=TRANSFER&state=agreed&with=me").await.unwrap();
    assert_eq!(over.len(), 1, "and can be read when it is asked for");
    let counts = |report: &Value| {
        ["created", "updated", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
    };
    let moved = counts(&upload(&other, OTHER, &rows).await);
    assert_eq!((moved[0], moved[3]), (0, 0), "the same card, now in this register");
    let old = upload(&city.desk, POINT, &[row(&city.people[0], POINT)]).await;
    assert_eq!(old["elsewhere"], 1);
    let indicators: view::Indicators = city.operator.get("/v1/indicators").await.unwrap();
    assert_eq!(indicators.cards, 1);

    // The old point now asks in its turn, is refused, and is not heard again.
    let back: Vec<view::Case> =
        other.list("/v1/cases?kind=TRANSFER&state=open&with=me").await.unwrap();
    assert_eq!(back.len(), 1);
    city.record(&other, back[0].id.as_str(), &json!({ "reply": { "agreed": false } })).await;
    upload(&city.desk, POINT, &[row(&city.people[0], POINT)]).await;
    assert!(other.list::<view::Case>("/v1/cases?state=open").await.unwrap().is_empty());
}
