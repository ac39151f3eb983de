//! Groups on the way as those meet them who travel with them: what is named to
//! whom, who decides that groups merge, whom time reminds.

use std::io::Cursor;

use calamine::{Reader as _, Xlsx};
use gongqiao_client::Client;
use gongqiao_contract::{
    view,
    wire::{self, access_purpose::Value as Purpose, person_field::Value as Field},
};
use gongqiao_stream::{StreamName, read_all};
use prost::Message as _;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    scenarios::afterwards::vacancy,
    support::{
        Exchange, cards, commit, enterprise, point, refusal, row, signal, test_id, until, upload,
    },
};

const POINT: &str = "431021001001";
const OTHER: &str = "431021001002";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const DRIVER: &str = "测试司机王";

/// A city on a clock of its own, with people of two villages promised.
struct City {
    exchange: Exchange,
    operator: Client,
    factory: Client,
    desk: Client,
    other: Client,
    vacancy: String,
    own: Vec<String>,
    theirs: Vec<String>,
}

impl City {
    /// `consents` of the first village's people, in their order.
    async fn new(consents: &[&str], theirs: usize) -> Self {
        let start = [("GONGQIAO__CLOCK__MANUAL_FROM", "2021-07-18 18:00")];
        let exchange = Exchange::up_with(&start);
        let operator = exchange.client("operator");
        let (_, factory) = enterprise(&operator, 1).await;
        let (desk, other) = (point(&operator, POINT).await, point(&operator, OTHER).await);
        let people = |village: &str, born, consents: &[&str]| -> Vec<Value> {
            let rows = consents.iter().enumerate().map(|(n, consents)| {
                let mut row = row(&test_id(born, u16::try_from(n).unwrap()), village);
                row["name"] = json!(format!("测试{}", ["甲", "乙", "丙", "丁"][n % 4]));
                row["consents"] = json!(consents);
                row
            });
            rows.collect()
        };
        upload(&desk, POINT, &people(POINT, date!(1985 - 03 - 07), consents)).await;
        if theirs > 0 {
            let all = vec!["入册;推荐;提供"; theirs];
            upload(&other, OTHER, &people(OTHER, date!(1986 - 03 - 07), &all)).await;
        }
        let seats = u16::try_from(consents.len() + theirs + 5).unwrap();
        let vacancy = factory.post("/v1/vacancies", &vacancy(seats), None).await.unwrap().id;
        let own = promised(&desk, POINT, &vacancy).await;
        let theirs = promised(&other, OTHER, &vacancy).await;
        Self { exchange, operator, factory, desk, other, vacancy, own, theirs }
    }

    fn coach(&self, people: &[String]) -> Value {
        json!({
            "vacancy": self.vacancy, "mode": "COACH", "manifest": people,
            "vehicle": { "plate": "湘L00001", "seats": 45, "carrier": "示例客运" },
            "departsAt": "2021-07-19T00:30:00Z", "arrivesAt": "2021-07-19T02:00:00Z",
        })
    }

    async fn open(&self, desk: &Client, people: &[String]) -> String {
        desk.post("/v1/dispatches", &self.coach(people), None).await.unwrap().id
    }

    async fn at(&self, moment: &str) {
        self.operator.post("/v1/clock", &json!({ "to": moment }), None).await.unwrap();
    }

    async fn records(&self) -> Vec<wire::AccessRecord> {
        let connection = self.exchange.connection().await;
        let records = read_all(&connection, StreamName::Audit).await.unwrap();
        records
            .into_iter()
            .map(|message| wire::AccessRecord::decode(message.payload).unwrap())
            .filter(|record| record.purpose() == Purpose::Manifest)
            .collect()
    }
}

async fn promised(desk: &Client, code: &str, vacancy: &str) -> Vec<String> {
    let people = cards(desk, code).await;
    if !people.is_empty() {
        let id = signal(desk, code, vacancy).await.id.to_string();
        assert_eq!(commit(desk, &id, &people).await.committed as usize, people.len());
    }
    people
}

async fn say(who: &Client, dispatch: &str, event: Value) -> view::Receipt {
    who.post(&format!("/v1/dispatches/{dispatch}/events"), &event, None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_recipient_is_named_only_who_agreed_and_only_what_it_needs() {
    let city = City::new(&["入册;推荐;提供", "入册;推荐", "入册;推荐;提供"], 1).await;
    let mut ask = city.coach(&city.own);
    ask["stops"] = json!([{ "point": POINT, "serves": [OTHER] }]);
    ask["crew"] = json!({
        "drivers": [{ "name": DRIVER, "phone": "19900000021" }],
        "attendant": { "name": "测试戊", "phone": "19900000022" },
    });
    let dispatch = city.desk.post("/v1/dispatches", &ask, Some("once")).await.unwrap().id;
    let again = city.desk.post("/v1/dispatches", &ask, Some("once")).await.unwrap().id;
    assert_eq!(again, dispatch, "the same key opens the same group, with the same crew");
    say(&city.other, &dispatch, json!({ "join": { "cards": city.theirs } })).await;
    let path = |recipient: &str| format!("/v1/dispatches/{dispatch}/manifest?for={recipient}");
    let early = refusal(city.desk.get::<view::Manifest>(&path("carrier")).await);
    assert_eq!((early.code.as_str(), early.status), ("manifest.not_given", 409));
    say(&city.factory, &dispatch, json!({ "move": "ACCEPTED" })).await;

    let fields = |manifest: &view::Manifest| -> Vec<String> {
        let mut fields: Vec<String> = manifest
            .people
            .iter()
            .flat_map(|one| match serde_json::to_value(one).unwrap() {
                Value::Object(fields) => fields.into_iter().map(|(name, _)| name),
                other => panic!("{other}"),
            })
            .collect();
        fields.sort();
        fields.dedup();
        fields
    };
    let carrier: view::Manifest = city.desk.get(&path("carrier")).await.unwrap();
    assert_eq!(fields(&carrier), ["card", "name", "pointName", "stopName"]);
    assert_eq!((carrier.named, carrier.unnamed), (3, 1));
    assert_eq!(carrier.crew.unwrap().drivers[0].name, DRIVER);
    let silent = carrier.people.iter().find(|one| one.card == city.own[1]).unwrap();
    assert!(silent.name.is_none() && silent.stop_name.is_none());
    let insurer: view::Manifest = city.desk.get(&path("insurer")).await.unwrap();
    assert_eq!(fields(&insurer), ["birthDate", "card", "citizenId", "name", "pointName"]);
    let plant: view::Manifest = city.factory.get(&path("enterprise")).await.unwrap();
    let expected = ["card", "minor", "name", "occupations", "phone", "pointName", "state"];
    assert_eq!(fields(&plant), expected);
    assert!(plant.crew.is_none() && insurer.crew.is_none());
    let part: view::Manifest = city.other.get(&path("carrier")).await.unwrap();
    assert_eq!((part.people.len(), part.named, part.partial), (1, 1, true));
    assert!(part.crew.is_none(), "only who leads hands the crew on");
    let not_its_own = refusal(city.factory.get::<view::Manifest>(&path("insurer")).await);
    assert_eq!((not_its_own.code.as_str(), not_its_own.status), ("auth.party_kind", 403));
    let bureau = refusal(city.operator.get::<view::Manifest>(&path("enterprise")).await);
    assert_eq!((bureau.code.as_str(), bureau.status), ("auth.party_kind", 403));

    every_look_is_recorded(&city, &dispatch).await;
    as_a_workbook(&city, &path("insurer")).await;
    let agreements: Vec<view::Agreement> = city.factory.list("/v1/agreements").await.unwrap();
    let terminate = format!("/v1/agreements/{}/terminate", agreements[0].id);
    city.operator.post_empty(&terminate).await.unwrap();
    let over = refusal(city.factory.get::<view::Manifest>(&path("enterprise")).await);
    assert_eq!((over.code.as_str(), over.status), ("agreement.none", 403));
    nobody_who_drives_stands_in_clear(&city).await;
}

/// Who looked, at what of whom: nobody who did not agree is in any record.
async fn every_look_is_recorded(city: &City, dispatch: &str) {
    let records = city.records().await;
    assert!(records.iter().all(|record| record.subject == dispatch));
    let told: Vec<(Vec<Field>, usize)> =
        records.iter().map(|one| (one.fields().collect(), one.cards.len())).collect();
    assert_eq!(
        told,
        [
            (vec![Field::Name], 3),
            (vec![Field::Crew], 0),
            (vec![Field::Name, Field::CitizenId, Field::BirthDate], 3),
            (vec![Field::Name, Field::Phone, Field::OccupationsAsWritten], 3),
            (vec![Field::Name], 1),
        ]
    );
    assert!(records.iter().all(|record| !record.cards.contains(&city.own[1])));
}

async fn as_a_workbook(city: &City, path: &str) {
    let open = |bytes: Vec<u8>| {
        let mut workbook = Xlsx::new(Cursor::new(bytes)).unwrap();
        let range = workbook.worksheet_range_at(0).unwrap().unwrap();
        let rows: Vec<Vec<String>> =
            range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        rows
    };
    let by_header = open(city.desk.download(path, XLSX).await.unwrap());
    let query = format!("{path}&format=xlsx");
    assert_eq!(open(city.desk.download(&query, "*/*").await.unwrap()), by_header);
    let header = by_header.iter().position(|row| row[0] == "No.").unwrap();
    assert_eq!(by_header[header][1..4], ["Name", "Citizen ID", "Born"]);
    assert_eq!(by_header.len() - header - 1, 4);
    let json: Value = city.desk.get(&format!("{path}&format=json")).await.unwrap();
    assert_eq!(json["recipient"], "insurer");
}

async fn nobody_who_drives_stands_in_clear(city: &City) {
    let connection = city.exchange.connection().await;
    for stream in [StreamName::Facts, StreamName::Register, StreamName::Audit] {
        for message in read_all(&connection, stream).await.unwrap() {
            let found = memchr::memmem::find(&message.payload, DRIVER.as_bytes());
            assert!(found.is_none(), "the driver stands in {}", message.subject);
        }
    }
    assert!(!city.exchange.process.log().contains(DRIVER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn small_groups_are_proposed_to_travel_together_and_a_clerk_decides() {
    let city = City::new(&["入册;推荐;提供"; 3], 2).await;
    let host = city.open(&city.desk, &city.own).await;
    let guest = city.open(&city.other, &city.theirs).await;
    let seen = until("the proposal", async || {
        let guest: view::Dispatch =
            city.other.get(&format!("/v1/dispatches/{guest}")).await.unwrap();
        (!guest.may_merge_into.is_empty()).then_some(guest)
    })
    .await;
    assert_eq!(seen.may_merge_into[0].as_str(), host);
    assert!(seen.warnings.contains(&"SMALL_GROUP".to_owned()), "{:?}", seen.warnings);
    // The guest's clerk sees where, and not who.
    let outline: view::Dispatch = city.other.get(&format!("/v1/dispatches/{host}")).await.unwrap();
    assert_eq!((outline.riding, outline.manifest.len()), (3, 0));
    let history = format!("/v1/dispatches/{host}/history");
    assert_eq!(refusal(city.other.list::<view::Event>(&history).await).code, "dispatch.not_found");

    let merge = json!({ "merge": { "into": host } });
    let told = say(&city.other, &guest, merge).await;
    assert!(told.warnings.contains(&"NO_STOP".to_owned()), "{:?}", told.warnings);
    let whole: view::Dispatch = city.other.get(&format!("/v1/dispatches/{host}")).await.unwrap();
    assert_eq!((whole.riding, whole.manifest.len(), whole.proposed.len()), (5, 5, 0));
    let over: view::Dispatch = city.other.get(&format!("/v1/dispatches/{guest}")).await.unwrap();
    let into = over.merged_into.map(|id| id.to_string());
    assert_eq!((over.state.as_str(), into), ("cancelled", Some(host.clone())));
    say(&city.factory, &host, json!({ "move": "ACCEPTED" })).await;
    let board = json!({ "people": { "cards": city.theirs, "to": "BOARDED" } });
    say(&city.other, &host, board).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_enterprise_that_says_nothing_for_three_days_is_reminded() {
    let city = City::new(&["入册;推荐;提供"; 3], 0).await;
    let dispatch = city.open(&city.desk, &city.own).await;
    say(&city.factory, &dispatch, json!({ "move": "ACCEPTED" })).await;
    let board = json!({ "people": { "cards": city.own, "to": "BOARDED" } });
    say(&city.desk, &dispatch, board).await;
    say(&city.desk, &dispatch, json!({ "move": "DEPARTED" })).await;
    city.at("2021-07-19 10:00").await;
    say(&city.factory, &dispatch, json!({ "move": "ARRIVED" })).await;
    let one = json!({ "people": { "cards": &city.own[..1], "to": "NOT_HIRED" } });
    say(&city.factory, &dispatch, one).await;
    let shown = async || -> view::Dispatch {
        city.factory.get(&format!("/v1/dispatches/{dispatch}")).await.unwrap()
    };
    city.at("2021-07-22 09:59").await;
    let early = shown().await;
    assert_eq!((early.missing, early.chased_at), (2, None));
    city.at("2021-07-22 10:00").await;
    let chased = until("the reminder", async || shown().await.chased_at).await;
    assert_eq!(chased, "2021-07-22T02:00:00Z");
    let withdraw = format!("/v1/vacancies/{}/withdraw", city.vacancy);
    assert!(!shown().await.vacancy_over);
    city.factory.post_empty(&withdraw).await.unwrap();
    assert!(shown().await.vacancy_over, "people are with an enterprise that takes nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_child_is_not_taken_at_the_coach_door_and_a_young_worker_is_flagged() {
    let city = City::new(&["入册;推荐;提供"], 0).await;
    let dispatch = city.open(&city.desk, &city.own).await;
    say(&city.factory, &dispatch, json!({ "move": "ACCEPTED" })).await;
    // Needed on 1 August 2021: fifteen then, and seventeen.
    let rows = [
        row(&test_id(date!(2005 - 08 - 02), 1), POINT),
        row(&test_id(date!(2003 - 08 - 02), 2), POINT),
    ];
    upload(&city.desk, POINT, &rows).await;
    let people = cards(&city.desk, POINT).await;
    let new: Vec<&String> = people.iter().filter(|card| !city.own.contains(card)).collect();
    let [child, young] = new[..] else { panic!("{new:?}") };
    let events = format!("/v1/dispatches/{dispatch}/events");
    let walk_in = |cards: &[&String]| json!({ "walkIn": { "cards": cards } });
    let both = refusal(city.desk.post(&events, &walk_in(&[young, child]), None).await);
    assert_eq!((both.code.as_str(), both.status), ("card.underage", 422));
    assert_eq!(both.pointer.as_deref(), Some("/walkIn/cards/1"));
    city.desk.post(&events, &walk_in(&[young]), None).await.unwrap();
    let shown: view::Dispatch = city.desk.get(&format!("/v1/dispatches/{dispatch}")).await.unwrap();
    let one = shown.manifest.iter().find(|one| one.card.as_str() == young).unwrap();
    assert_eq!((one.state.as_str(), one.minor), ("boarded", true));
    let stranger = refusal(city.other.post(&events, &walk_in(&[child]), None).await);
    assert_eq!(stranger.code, "dispatch.not_found");
}
