//! Nothing that identifies a person stands in a stream, a log or an error.
//! Planted people are searched for byte by byte, in every form in which text
//! hides; and a control is found by the same search.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gongqiao_contract::view;
use gongqiao_stream::publish;
use serde_json::{Value, json};
use time::macros::date;

use crate::{
    search::{forms, search},
    support::{Exchange, PATIENCE, commit, enterprise, point, test_id, upload, vacancy},
};

const POINT: &str = "431021001001";
const NAME: &str = "欧阳植苗";
const PHONE: &str = "19900812345";
const PHONE_2: &str = "19900854321";
const CONTACT: &str = "欧阳植母";
const WHEN: &str = "等那头牛产崽";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_data_never_in_clear_in_any_stream_log_or_error() {
    let exchange = Exchange::up_with(&[("GONGQIAO__LOG__FILTER", "debug,hyper=info")]);
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let id = test_id(date!(1985 - 03 - 07), 77);
    let birth = "1985-03-07";
    let person = |id: &str, phone: &str| {
        json!({
            "name": NAME, "citizenId": id, "phone": phone, "homeVillage": POINT,
            "occupations": "绣花缝补匠人", "consents": "入册;推荐;提供", "phone2": PHONE_2,
            "emergencyContact": CONTACT, "emergencyPhone": PHONE_2,
        })
    };
    let wrong_id = id.expose().replace("1985", "1986");
    let mut rows = [
        person(id.expose(), PHONE),
        person(&wrong_id, PHONE),
        person(id.expose(), &format!("{PHONE}x")),
        person("11010519491231002X", PHONE),
    ];
    rows[1]["availableFrom"] = json!(WHEN);
    let report = upload(&desk, POINT, &rows).await;
    let counted = ["created", "unverified", "refused", "leftOutRows"].map(|one| &report[one]);
    assert_eq!(counted, [&json!(1), &json!(1), &json!(1), &json!(1)], "{report}");
    let vacancy = factory.post("/v1/vacancies", &vacancy(1), None).await.unwrap().id;
    let seen = seen_by_the_point(&desk, &vacancy).await;
    assert_eq!(seen.candidates[0].name.as_deref(), Some(NAME), "the point itself reads the name");
    let card = seen.candidates[0].card.to_string();
    commit(&desk, &seen.id.to_string(), &[card]).await;
    fs::write(
        exchange.data().join("answers.log"),
        everything_readable(&factory, &operator, &vacancy, &report).await,
    )
    .unwrap();

    let (id, wrong_id) = (id.expose(), wrong_id.as_str());
    let planted = [NAME, id, wrong_id, PHONE, PHONE_2, CONTACT, WHEN, "绣花缝补匠人", birth];
    let (bytes, found) = search(exchange.data(), &planted);
    assert_eq!(found, Vec::<String>::new());

    // The control: an unsealed value, put where nothing may stand, is found.
    let connection = exchange.connection().await;
    let leak = format!("{{\"name\":\"{NAME}\"}}").into_bytes();
    publish(&connection, "gq.v1.audit.43.431000.control".into(), leak.into()).await.unwrap();
    let (_, control) = search(exchange.data(), &planted);
    println!(
        "personal_data: planted values {}, forms {}, bytes searched {bytes}, found 0; the control \
         was found in {} places",
        planted.len(),
        planted.iter().map(|value| forms(value).len()).sum::<usize>(),
        control.len(),
    );
    assert!(control.iter().any(|place| place.contains("value 0 as UTF-8")), "{control:?}");
}

#[test]
fn the_search_finds_every_form() {
    let dir = tempfile::tempdir().unwrap();
    for value in [NAME, PHONE, "43102119850307077X"] {
        for (form, bytes) in forms(value) {
            fs::write(dir.path().join("file"), [b"..".as_slice(), &bytes, b".."].concat()).unwrap();
            assert!(!search(dir.path(), &[value]).1.is_empty(), "{form} is not found");
        }
        for before in 0..3 {
            let text = format!("{}{value}tail", "x".repeat(before));
            fs::write(dir.path().join("file"), STANDARD.encode(text)).unwrap();
            assert!(!search(dir.path(), &[value]).1.is_empty(), "base64 behind {before} bytes");
        }
    }
}

async fn seen_by_the_point(desk: &gongqiao_client::Client, vacancy: &str) -> view::Signal {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let open: Vec<view::Signal> = desk.list("/v1/signals").await.unwrap();
        if let Some(signal) = open.iter().find(|signal| signal.vacancy.as_str() == vacancy) {
            return desk.get(&format!("/v1/signals/{}", signal.id)).await.unwrap();
        }
        assert!(std::time::Instant::now() < deadline, "no signal was raised");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// What the factory and the bureau can read, and what the uploader was told.
async fn everything_readable(
    factory: &gongqiao_client::Client,
    operator: &gongqiao_client::Client,
    vacancy: &str,
    report: &Value,
) -> String {
    let mut text = report.to_string();
    for who in [factory, operator] {
        for path in ["/v1/vacancies", "/v1/signals", "/v1/dispatches", "/v1/indicators"] {
            text += &who.get::<Value>(path).await.unwrap().to_string();
        }
        text += &who
            .get::<Value>(&format!("/v1/vacancies/{vacancy}/events"))
            .await
            .unwrap()
            .to_string();
    }
    let metrics =
        gongqiao_client::http_client().unwrap().get(format!("{}/metrics", operator.origin()));
    text + &metrics.send().await.unwrap().text().await.unwrap()
}
