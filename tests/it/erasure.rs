//! People who are to be forgotten, left alone, or asked: with the real program
//! over HTTP.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use gongqiao_client::Client;
use gongqiao_contract::{
    id::CardId,
    subject::{Cell, Entity},
    view::{self, Receipt},
    wire::{self, fact::Body},
};
use gongqiao_stream::{
    Connection, StreamName, Write, commit as commit_batch, erase as erase_entry, read,
};
use gongqiao_vault::{Claim, Vault};
use prost::Message as _;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    afterwards_cli::User,
    scenarios::afterwards::{City, POINT, vacancy, wait_for_signal},
    search::{forms, search},
    support::{
        Exchange, cards, commit, enterprise, point, refusal, row, sign, signal, test_id, until,
        upload, yes,
    },
};

const NAME: &str = "欧阳植苗";
const PHONE: &str = "19900812345";
const START: &str = "2021-07-15 09:00";
/// So long an erasure may take, until nothing is found any more.
const AT_MOST: Duration = Duration::from_secs(5);

/// The first person of a city as a clerk would write the row, with a name that
/// stands nowhere else.
fn planted(city: &City) -> Value {
    let mut row = row(&city.people[0], POINT);
    (row["name"], row["phone"]) = (json!(NAME), json!(PHONE));
    row
}

async fn erase(who: &Client, card: &str) -> Receipt {
    let ask = json!({ "reason": "REQUEST" });
    who.post(&format!("/v1/people/{card}/erase"), &ask, None).await.unwrap()
}

async fn person(who: &Client, card: &str) -> view::PersonStanding {
    who.get(&format!("/v1/people/{card}")).await.unwrap()
}

async fn register(desk: &Client) -> Vec<view::Card> {
    desk.list(&format!("/v1/register/{POINT}/cards")).await.unwrap()
}

async fn manifest(who: &Client, dispatch: &str, recipient: &str) -> view::Manifest {
    who.get(&format!("/v1/dispatches/{dispatch}/manifest?for={recipient}")).await.unwrap()
}

/// The card under which the vault on disk finds the first person.
fn looked_up(data: &Path, city: &City) -> Option<CardId> {
    let vault = Vault::open(data).unwrap();
    vault.lookup(&[Claim::of(&city.people[0])]).unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_leaves_nothing_of_a_person_within_five_seconds() {
    let city = City::new(START, 3).await;
    upload(&city.desk, POINT, &[planted(&city)]).await;
    let card = city.cards[0].clone();
    let found = looked_up(city.exchange.data(), &city).unwrap();
    assert_eq!(found.as_str(), card, "control: the vault finds the person by the ID");
    let named = |all: &[view::Card]| all.iter().any(|one| one.name.as_deref() == Some(NAME));
    assert!(named(&register(&city.desk).await), "control: the desk reads the name");
    let before = manifest(&city.factory, &city.dispatch, "enterprise").await;
    let listed = |all: &view::Manifest| all.people.iter().any(|one| one.card == card);
    assert!(listed(&before) && before.people.iter().any(|one| one.name.as_deref() == Some(NAME)));

    let connection = city.exchange.connection().await;
    let sealed = sealed_in_register(&connection, &card).await;
    let on_disk = |bytes: &[u8]| holds(city.exchange.data(), bytes);
    assert!(on_disk(&sealed), "control: the register's entry stands on disk");

    let began = Instant::now();
    let receipt = erase(&city.desk, &card).await;
    assert_eq!((receipt.keys_gone_on.as_str(), receipt.recipients), ("2021-07-22", 3));
    assert_eq!(looked_up(city.exchange.data(), &city), None);
    let left = register(&city.desk).await;
    assert!(!named(&left) && left.len() == 2, "{left:?}");
    assert!(!listed(&manifest(&city.factory, &city.dispatch, "enterprise").await));
    let took = began.elapsed();
    assert!(took < AT_MOST, "{took:?}");
    assert!(!on_disk(&sealed), "the broker has overwritten the entry");

    let planted_values = [NAME, city.people[0].expose(), PHONE];
    let (bytes, found) = search(city.exchange.data(), &planted_values);
    assert_eq!(found, Vec::<String>::new());
    println!(
        "erasure: {} ms until nothing was found; values {}, forms {}, bytes searched {bytes}",
        took.as_millis(),
        planted_values.len(),
        planted_values.iter().map(|value| forms(value).len()).sum::<usize>(),
    );
    let control = city.exchange.data().join("control.txt");
    fs::write(&control, format!("name={NAME}")).unwrap();
    assert!(!search(city.exchange.data(), &planted_values).1.is_empty(), "control: it searches");
    fs::remove_file(control).unwrap();

    let report = upload(&city.desk, POINT, &[planted(&city)]).await;
    assert_eq!(report["created"], 1, "{report}");
    let again = looked_up(city.exchange.data(), &city).unwrap();
    assert_ne!(again.as_str(), card, "whoever comes again is somebody new");
    assert!(named(&register(&city.desk).await));
}

/// What the register's stream holds of the card, sealed.
async fn sealed_in_register(connection: &Connection, card: &str) -> Vec<u8> {
    let subject =
        Entity::Card(card.parse().unwrap()).subject(&Cell::new("431000".parse().unwrap()));
    let found = read::next_on_subject(connection, StreamName::Register, &subject, 1).await;
    let card = wire::Card::decode(found.unwrap().unwrap().payload).unwrap();
    card.person.unwrap().ciphertext.to_vec()
}

fn holds(dir: &Path, bytes: &[u8]) -> bool {
    let mut entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.any(|path| match path.is_dir() {
        true => holds(&path, bytes),
        // Why: the broker goes on and may remove a file meanwhile.
        false => {
            fs::read(&path).is_ok_and(|content| memchr::memmem::find(&content, bytes).is_some())
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_gives_back_what_had_not_begun_and_keeps_every_sum() {
    let city = City::arrived(START, 4).await;
    city.come_to(&city.desk, &city.cards[..2], "ONBOARDED").await;
    let count = ["requested", "committed", "departed", "arrived", "onboarded"];
    let before = city.figures(count).await;
    let report: Value = city.operator.get("/v1/reports/2021-07").await.unwrap();
    erase(&city.desk, &city.cards[0]).await;
    erase(&city.operator, &city.cards[2]).await;
    assert_eq!(city.figures(count).await, before, "who was on the way goes on without a name");
    let after: Value = city.operator.get("/v1/reports/2021-07").await.unwrap();
    assert_eq!(after["lines"], report["lines"]);
    city.come_to(&city.factory, &city.cards[2..], "ONBOARDED").await;
    city.goes(&city.factory, "CLOSED").await;
    assert_eq!(city.figures(["onboarded"]).await, [4]);

    // Somebody who is only promised gives the seat back, and whoever waits gets it.
    let terms = vacancy(1);
    let (_, other) = enterprise(&city.operator, 2).await;
    let rows: Vec<Value> =
        (100..102).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&city.desk, POINT, &rows).await;
    let all = cards(&city.desk, POINT).await;
    let free: Vec<String> = all.into_iter().filter(|one| !city.cards.contains(one)).collect();
    let wanted = other.post("/v1/vacancies", &terms, None).await.unwrap().id;
    let asked = wait_for_signal(&city.desk, &wanted).await;
    let told = commit(&city.desk, &asked, &free).await;
    assert_eq!((told.committed, told.standby), (1, 1));
    erase(&city.desk, &free[0]).await;
    until("the seat goes on", async || {
        let path = format!("/v1/placements?card={}", free[1]);
        let found: Vec<view::Placement> = city.operator.list(&path).await.unwrap();
        found.into_iter().find(|one| one.state == "held")
    })
    .await;
    let shown: view::Vacancy = other.get(&format!("/v1/vacancies/{wanted}")).await.unwrap();
    for (name, figure) in &shown.ledger {
        let path = format!("/v1/vacancies/{wanted}/events?figure={name}");
        let events: Vec<Value> = other.list(&path).await.unwrap();
        let sum: i64 = events.iter().filter_map(|event| event["change"].as_i64()).sum();
        assert_eq!(sum, figure.value, "{name} is the sum of its events");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_is_answered_clearly_wherever_the_card_is_named() {
    let city = City::new(START, 3).await;
    let card = city.cards[0].clone();
    let signal = format!("{POINT}-{}", city.vacancy);
    erase(&city.desk, &card).await;
    let shown = person(&city.desk, &card).await;
    assert_eq!(shown.standing, "erased");
    assert_eq!(shown.erased.unwrap().reason, "request");
    assert!(shown.consents.is_empty());
    let ask = |path: &str| path.replace("{card}", &card);
    let posts = [
        ("/v1/people/{card}/erase", json!({ "reason": "REQUEST" })),
        ("/v1/people/{card}/freeze", json!({})),
        ("/v1/people/{card}/unfreeze", json!({})),
        ("/v1/people/{card}/consents", json!({ "purpose": "MATCHING" })),
        ("/v1/people/{card}/consents/withdraw", json!({ "purpose": "MATCHING" })),
        ("/v1/cases", json!({ "grievance": { "card": card, "kind": "WAGES" } })),
        (&format!("/v1/signals/{signal}/answer"), yes(&[&card])),
        (
            &format!("/v1/dispatches/{}/events", city.dispatch),
            json!({ "walkIn": { "cards": [card] } }),
        ),
        (
            &format!("/v1/dispatches/{}/events", city.dispatch),
            json!({ "join": { "cards": [card] } }),
        ),
    ];
    for (path, body) in posts {
        let said = refusal(city.desk.post(&ask(path), &body, None).await);
        assert_eq!((said.code.as_str(), said.status), ("card.erased", 404), "{path} {body}");
        assert!(said.detail.contains("2021-07-22"), "{}", said.detail);
    }
    let boarding = json!({ "people": { "cards": [card], "to": "BOARDED" } });
    let events = format!("/v1/dispatches/{}/events", city.dispatch);
    let said = refusal(city.desk.post(&events, &boarding, None).await);
    assert_eq!((said.code.as_str(), said.status), ("placement.illegal_transition", 409));
    for path in [
        format!("/v1/signals/{signal}"),
        format!("/v1/signals/{signal}?excluded_names=true"),
        format!("/v1/vacancies/{}/people", city.vacancy),
        format!("/v1/dispatches/{}/people", city.dispatch),
        format!("/v1/dispatches/{}/manifest?for=carrier", city.dispatch),
        format!("/v1/dispatches/{}/history", city.dispatch),
        format!("/v1/placements?card={card}"),
        format!("/v1/register/{POINT}/accesses?card={card}"),
        "/v1/cases".to_owned(),
    ] {
        city.desk.get::<Value>(&path).await.unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    let events = format!("/v1/vacancies/{}/events", city.vacancy);
    city.factory.get::<Value>(&events).await.unwrap();
    let strangers = refusal(city.factory.get::<Value>(&ask("/v1/people/{card}")).await);
    assert_eq!((strangers.code.as_str(), strangers.status), ("card.not_found", 404));
    let nobody = refusal(erase_of(&city.desk, "card_nobody").await);
    assert_eq!((nobody.code.as_str(), nobody.status), ("card.not_found", 404));
    let not_theirs = refusal(erase_of(&city.factory, &city.cards[1]).await);
    assert_eq!(not_theirs.status, 403, "{not_theirs:?}");
    let log = city.exchange.process.log();
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
}

async fn erase_of(who: &Client, card: &str) -> Result<Receipt, gongqiao_client::ClientError> {
    let ask = json!({ "reason": "REQUEST" });
    who.post(&format!("/v1/people/{card}/erase"), &ask, None).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_reaches_who_may_have_the_data_and_their_word_comes_back() {
    let city = City::new(START, 2).await;
    let (_, stranger) = enterprise(&city.operator, 2).await;
    let card = city.cards[0].clone();
    erase(&city.desk, &card).await;
    let open = "/v1/cases?kind=ERASURE&state=open&with=me";
    let mine: Vec<Value> = city.factory.list(open).await.unwrap();
    assert_eq!(mine.len(), 1, "{mine:?}");
    assert_eq!(mine[0]["erasure"]["dispatches"], json!([city.dispatch]));
    assert_eq!(mine[0]["card"], json!(card));
    let case = mine[0]["id"].as_str().unwrap();
    until("the notice", async || {
        city.exchange.process.log().contains("person.erased").then_some(())
    })
    .await;
    let hidden = refusal(stranger.get::<Value>(&format!("/v1/cases/{case}")).await);
    assert_eq!(hidden.status, 404);
    assert!(!person(&city.desk, &card).await.erased.unwrap().recipients[0].acknowledged);
    let events = format!("/v1/cases/{case}/events");
    let no = json!({ "reply": { "agreed": false } });
    let refused = refusal(city.factory.post(&events, &no, None).await);
    assert_eq!((refused.code.as_str(), refused.status), ("field.invalid", 422));
    let yes = json!({ "reply": { "agreed": true } });
    let not_asked = refusal(city.desk.post(&events, &yes, None).await);
    assert_eq!(not_asked.code, "auth.not_yours");
    city.factory.post(&events, &yes, None).await.unwrap();
    let told = person(&city.desk, &card).await.erased.unwrap().recipients.remove(0);
    assert!(told.acknowledged && told.recipient.as_str() == city.factory_id);
    // Firms that are no parties are told by the point that led the group.
    let outside: Vec<Value> = city.desk.list(open).await.unwrap();
    let mut firms = BTreeMap::new();
    for one in &outside {
        let path = format!("/v1/cases/{}/events", one["id"].as_str().unwrap());
        city.desk.post(&path, &yes, None).await.unwrap();
        let about = &one["erasure"];
        firms.insert(about["outside"].as_str().unwrap(), about["firm"].as_str());
    }
    assert_eq!(firms, BTreeMap::from([("CARRIER", Some("客运")), ("INSURER", None)]));
    let told = person(&city.desk, &card).await.erased.unwrap().recipients;
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|one| one.acknowledged), "{told:?}");
    let seen: Value = city.desk.get(&format!("/v1/cases/{case}")).await.unwrap();
    assert_eq!(seen["state"], "done");
    assert_eq!(seen["history"].as_array().unwrap().len(), 2, "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_is_carried_out_before_serving_when_an_old_vault_is_put_back() {
    let mut city = City::new(START, 2).await;
    upload(&city.desk, POINT, &[planted(&city)]).await;
    let (vault, backup) = (city.exchange.data().join("vault"), tempfile::tempdir().unwrap());
    city.exchange.process.stop();
    copy(&vault, backup.path());
    city.exchange.restart_stopped();
    let desk = Client::clone(&city.exchange.client("operator"));
    erase(&desk, &city.cards[0]).await;
    assert_eq!(looked_up(city.exchange.data(), &city), None);
    city.exchange.process.stop();
    fs::remove_dir_all(&vault).unwrap();
    fs::create_dir(&vault).unwrap();
    copy(backup.path(), &vault);
    assert!(looked_up(city.exchange.data(), &city).is_some(), "control: the backup knows them");
    city.exchange.restart_stopped();
    assert_eq!(looked_up(city.exchange.data(), &city), None, "gone before the first answer");
}

/// A crash between the register's entry and its tombstone leaves a hole, here
/// at the end of the stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_that_was_cut_off_in_the_register_is_finished_at_the_next_start() {
    let mut city = City::new(START, 2).await;
    let connection = city.exchange.connection().await;
    let head = read::head(&connection, StreamName::Register).await.unwrap();
    let last = read::at(&connection, StreamName::Register, head).await.unwrap().unwrap();
    let card = wire::Card::decode(last.payload).unwrap().card;
    let cut_off = erase_entry(&connection, StreamName::Register, head);
    cut_off.await.unwrap();
    assert_eq!(read::last_card(&connection).await.unwrap(), head - 1);
    city.exchange.restart();
    let desk = city.exchange.client("operator");
    let shown: Vec<view::Card> = desk.list(&format!("/v1/register/{POINT}/cards")).await.unwrap();
    assert!(shown.iter().all(|one| one.card.as_str() != card), "it starts, and lacks the card");
    let connection = city.exchange.connection().await;
    record_fact(&connection, &card.parse().unwrap()).await;
    let finished = until("the tombstone", async || {
        let head = read::last_card(&connection).await.unwrap();
        read::at(&connection, StreamName::Register, head).await.unwrap().filter(|m| m.sequence > 2)
    });
    let tombstone = wire::Card::decode(finished.await.payload).unwrap();
    assert!(tombstone.erased && tombstone.person.is_none() && tombstone.birth_year == 0);
}

/// A crash leaves the fact and nothing else; whoever follows the log does the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_follows_from_the_fact_alone() {
    let city = City::new(START, 2).await;
    let card: CardId = city.cards[0].parse().unwrap();
    record_fact(&city.exchange.connection().await, &card).await;
    until("the vault", async || looked_up(city.exchange.data(), &city).is_none().then_some(()))
        .await;
    until("the register", async || (register(&city.desk).await.len() == 1).then_some(())).await;
}

async fn record_fact(connection: &Connection, card: &CardId) {
    let erased = wire::PersonErased {
        card: card.to_string(),
        point: POINT.to_owned(),
        keys_gone_on: "2021-07-22".to_owned(),
        ..Default::default()
    };
    let fact = wire::Fact { body: Some(Body::PersonErased(erased)), ..Default::default() };
    let cell = Cell::new("431000".parse().unwrap());
    let write = Write {
        subject: Entity::Placement(card.clone()).subject(&cell),
        payload: fact.encode_to_vec().into(),
        expect: None,
        headers: Vec::new(),
    };
    commit_batch(connection, &[write]).await.unwrap();
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_frozen_person_is_kept_and_nothing_else() {
    let city = City::new(START, 3).await;
    let rows = [row(&test_id(date!(1985 - 03 - 07), 100), POINT)];
    upload(&city.desk, POINT, &rows).await;
    let all = cards(&city.desk, POINT).await;
    let free = all.iter().find(|one| !city.cards.contains(one)).unwrap().clone();
    let post = async |card: &str, what: &str| {
        city.desk.post_empty(&format!("/v1/people/{card}/{what}")).await
    };
    post(&free, "freeze").await.unwrap();
    post(&city.cards[0], "freeze").await.unwrap();
    assert_eq!(refusal(post(&free, "freeze").await).code, "card.frozen");
    let shown = register(&city.desk).await;
    let frozen: Vec<bool> = shown.iter().map(|one| one.frozen && one.name.is_none()).collect();
    assert_eq!(frozen.iter().filter(|frozen| **frozen).count(), 2, "{shown:?}");

    let listed = manifest(&city.factory, &city.dispatch, "enterprise").await;
    let one = listed.people.iter().find(|one| one.card == city.cards[0]).unwrap();
    assert_eq!((one.standing.as_deref(), one.name.as_deref()), (Some("frozen"), None));
    assert_eq!((listed.named, listed.unnamed), (2, 1));

    let (_, other) = enterprise(&city.operator, 2).await;
    let more = [row(&test_id(date!(1985 - 03 - 07), 101), POINT)];
    upload(&city.desk, POINT, &more).await;
    let wanted = other.post("/v1/vacancies", &vacancy(2), None).await.unwrap().id;
    let asked = signal(&city.desk, POINT, &wanted).await;
    assert!(asked.candidates.iter().all(|one| one.card.as_str() != free), "not proposed");
    assert_eq!(asked.excluded_by["unfit.frozen"], 2, "{:?}", asked.excluded_by);
    let path = format!("/v1/signals/{}/answer", asked.id);
    let call = json!({ "calls": [{ "card": free, "outcome": "WILLING" }] });
    let refused = refusal(city.desk.post(&path, &call, None).await);
    assert_eq!((refused.code.as_str(), refused.status), ("card.frozen", 409));

    post(&free, "unfreeze").await.unwrap();
    commit(&city.desk, asked.id.to_string().as_str(), &[&free]).await;
    assert_eq!(refusal(post(&free, "unfreeze").await).code, "card.not_frozen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_latest_word_on_consent_counts_and_a_repeated_row_is_none() {
    let city = City::new(START, 2).await;
    let card = city.cards[0].clone();
    let say = async |what: &str, body: Value| {
        city.desk.post(&format!("/v1/people/{card}/{what}"), &body, None).await.unwrap()
    };
    let named = async |recipient: &str| {
        let who = if recipient == "enterprise" { &city.factory } else { &city.desk };
        let listed = manifest(who, &city.dispatch, recipient).await;
        listed.people.into_iter().find(|one| one.card == card).unwrap()
    };
    assert!(named("enterprise").await.name.is_some(), "control: the roster says 提供");
    city.at("2021-07-15 09:10").await;
    say("consents/withdraw", json!({ "purpose": "DISCLOSURE" })).await;
    assert!(named("enterprise").await.name.is_none() && named("carrier").await.name.is_none());

    // The same consents in a row that has changed otherwise undo nothing.
    city.at("2021-07-15 09:20").await;
    let mut changed = row(&city.people[0], POINT);
    changed["phone"] = json!("19900000777");
    assert_eq!(upload(&city.desk, POINT, &[changed.clone()]).await["updated"], 1);
    assert!(named("enterprise").await.name.is_none());

    // For one recipient, certain fields, and a time.
    let only = json!({
        "purpose": "DISCLOSURE", "recipient": "ENTERPRISE", "party": city.factory_id,
        "fields": ["NAME"], "until": "2021-07-15T02:00:00Z",
    });
    say("consents", only).await;
    let one = named("enterprise").await;
    assert!(one.name.is_some() && one.phone.is_none(), "{one:?}");
    assert!(named("insurer").await.name.is_none());
    let shown = person(&city.desk, &card).await;
    let word = shown.consents.iter().find(|word| word.recipient.is_some()).unwrap();
    assert_eq!((word.by.as_str(), word.fields.as_slice()), (POINT, &["NAME".to_owned()][..]));
    assert_eq!(word.party.as_ref().map(|party| party.as_str()), Some(city.factory_id.as_str()));
    city.at("2021-07-15 10:00").await;
    assert!(named("enterprise").await.name.is_none(), "its time is over");

    // What the roster says anew is a new word: no, and then yes.
    for (moment, consents) in [("10:10", "入册;推荐"), ("10:20", "入册;推荐;提供")] {
        city.at(&format!("2021-07-15 {moment}")).await;
        changed["consents"] = json!(consents);
        assert_eq!(upload(&city.desk, POINT, &[changed.clone()]).await["updated"], 1);
    }
    assert!(named("enterprise").await.name.is_some());

    let kept = refusal(
        city.desk
            .post(
                &format!("/v1/people/{card}/consents/withdraw"),
                &json!({ "purpose": "REGISTER" }),
                None,
            )
            .await,
    );
    assert_eq!((kept.code.as_str(), kept.pointer.as_deref()), ("field.invalid", Some("/purpose")));
    let bureau = format!("/v1/people/{card}/consents");
    let refused =
        refusal(city.operator.post(&bureau, &json!({ "purpose": "MATCHING" }), None).await);
    assert_eq!(refused.code, "auth.party_kind", "only the person's own point hears a word");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_no_longer_agrees_to_be_proposed_is_not_and_who_agrees_again_is() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let mut rows: Vec<Value> =
        (0..2).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    rows[1]["consents"] = json!("入册");
    upload(&desk, POINT, &rows).await;
    let all = cards(&desk, POINT).await;
    let word = json!({ "purpose": "MATCHING" });
    let path = |card: &str, what: &str| format!("/v1/people/{card}/{what}");
    desk.post(&path(&all[0], "consents/withdraw"), &word, None).await.unwrap();
    desk.post(&path(&all[1], "consents"), &word, None).await.unwrap();
    let vacancy = factory.post("/v1/vacancies", &crate::support::vacancy(2), None).await;
    let asked = signal(&desk, POINT, &vacancy.unwrap().id).await;
    let proposed: Vec<&str> = asked.candidates.iter().map(|one| one.card.as_str()).collect();
    assert_eq!(proposed, [all[1].as_str()], "the word counts and not the roster");
    assert_eq!(asked.excluded_by["unfit.consent"], 1);
    let answer = format!("/v1/signals/{}/answer", asked.id);
    let refused = refusal(desk.post(&answer, &yes(&[&all[0]]), None).await);
    assert_eq!(refused.code, "card.unfit");
    commit(&desk, asked.id.to_string().as_str(), &[&all[1]]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_point_reads_who_looked_at_its_people_and_no_others_do() {
    let city = City::new(START, 2).await;
    let other = point(&city.operator, "431021001002").await;
    manifest(&city.factory, &city.dispatch, "enterprise").await;
    let path = format!("/v1/register/{POINT}/accesses?card={}", city.cards[0]);
    let seen: Vec<view::Access> = city.desk.list(&path).await.unwrap();
    let first: view::Page<view::Access> =
        city.desk.get(&format!("{path}&page_size=1")).await.unwrap();
    let next = format!("{path}&page_token={}", first.next_page_token.unwrap());
    let rest: view::Page<view::Access> = city.desk.get(&next).await.unwrap();
    assert_eq!(first.items.len() + rest.items.len(), seen.len(), "pages are the whole list");
    let last = seen.last().unwrap();
    assert_eq!((last.purpose.as_str(), last.party.as_str()), ("MANIFEST", &*city.factory_id));
    assert_eq!(last.fields, ["NAME", "PHONE", "OCCUPATIONS_AS_WRITTEN"]);
    assert_eq!(last.subject, city.dispatch);
    assert!(last.agreement.is_some() && last.person.is_empty());
    assert_eq!(last.cards.iter().map(|card| card.as_str()).collect::<Vec<_>>(), [&city.cards[0]]);
    let own = seen.iter().find(|one| one.party == POINT).unwrap();
    assert_eq!(own.person, "staff-1");
    let hidden = refusal(other.get::<Value>(&path).await);
    assert_eq!((hidden.code.as_str(), hidden.status), ("party.not_found", 404));
    let theirs = "/v1/register/431021001002/accesses";
    assert!(other.list::<view::Access>(theirs).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_by_time_takes_who_was_not_heard_of_and_leaves_who_is_placed() {
    let exchange = Exchange::up_with(&[
        ("GONGQIAO__CLOCK__MANUAL_FROM", START),
        ("GONGQIAO__RETENTION__IDLE_CARD_DAYS", "30"),
    ]);
    let operator = exchange.client("operator");
    let (factory_id, factory) = enterprise(&operator, 1).await;
    sign(&operator, &factory_id).await;
    let desk = point(&operator, POINT).await;
    let rows: Vec<Value> = (0..3).map(|n| row(&test_id(date!(1985 - 03 - 07), n), POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let all = cards(&desk, POINT).await;
    let wanted = factory.post("/v1/vacancies", &vacancy(1), None).await.unwrap().id;
    let asked = signal(&desk, POINT, &wanted).await;
    commit(&desk, asked.id.to_string().as_str(), &[&all[0]]).await;
    let open = json!({ "vacancy": wanted, "mode": "ALONE", "manifest": [all[0]],
        "departsAt": "2021-08-20T00:30:00Z" });
    desk.post("/v1/dispatches", &open, None).await.unwrap();
    desk.post_empty(&format!("/v1/people/{}/freeze", all[1])).await.unwrap();
    let at = async |moment: &str| {
        operator.post("/v1/clock", &json!({ "to": moment }), None).await.unwrap();
    };
    at("2021-08-14 08:00").await;
    assert_eq!(cards(&desk, POINT).await.len(), 3, "a day too early");
    at("2021-08-14 10:00").await;
    until("the erasure", async || (cards(&desk, POINT).await.len() == 2).then_some(())).await;
    let gone = person(&desk, &all[2]).await;
    assert_eq!(gone.erased.unwrap().reason, "retention");
    assert_eq!(cards(&desk, POINT).await, all[..2], "who is promised or frozen stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn erasure_from_the_command_line() {
    let city = City::new(START, 2).await;
    let desk = User::new(&city.operator, POINT).await;
    let card = city.cards[0].as_str();
    desk.done(&["person", "freeze", card]);
    assert_eq!(desk.done(&["person", "show", card])["standing"], "frozen");
    desk.done(&["person", "unfreeze", card]);
    let consent = ["person", "consent", card, "--purpose", "disclosure", "--recipient", "insurer"];
    desk.done(&consent);
    desk.done(&["person", "withdraw", card, "--purpose", "matching"]);
    let words = desk.done(&["person", "show", card])["consents"].clone();
    let said = words.as_array().unwrap().iter().filter(|word| word["source"] == "event");
    assert_eq!(said.count(), 2, "{words}");
    let looked = desk.done(&["person", "accesses", card]);
    assert!(!looked.as_array().unwrap().is_empty());
    let receipt = desk.done(&["person", "erase", card]);
    assert_eq!(receipt["keysGoneOn"], "2021-07-22", "{receipt}");
    let (refused, code) = desk.run(&["person", "erase", card], "");
    assert_eq!((refused["code"].as_str(), code), (Some("card.erased"), 1), "{refused}");
    let still = desk.done(&["person", "accesses", card]);
    assert_eq!(still.as_array().unwrap().len(), looked.as_array().unwrap().len());
}
