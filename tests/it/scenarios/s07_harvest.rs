//! 120 proposed, 40 of them free only after the harvest (双抢后): out for 20
//! July with the reason, in for 15 August.

use gongqiao_client::Client;
use gongqiao_contract::{Lang, view};
use serde_json::{Value, json};
use time::{Date, Duration, Month};

use crate::support::{
    Exchange, cards, enterprise, next_year, point, refusal, row, signal, test_id, upload, vacancy,
    yes,
};

/// Six villages with twenty people each, 40 of them at the harvest.
const AT_HARVEST: [usize; 6] = [7, 7, 7, 7, 6, 6];
const PEOPLE: usize = 20;

fn needed(day: &str, until: &str) -> Value {
    let mut ask = vacancy(200);
    ask["terms"]["neededBy"] = json!(day);
    ask["terms"]["validUntil"] = json!(until);
    ask
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn scenario_07_of_120_the_40_at_the_harvest_are_out_for_20_july_and_in_for_15_august() {
    let year = next_year();
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let mut villages: Vec<(String, Client)> = Vec::new();
    for (number, at_harvest) in AT_HARVEST.into_iter().enumerate() {
        let code = format!("43102100100{}", number + 1);
        let desk = point(&operator, &code).await;
        let day = Date::from_calendar_date(1985, Month::March, 1).unwrap()
            + Duration::days(i64::try_from(number).unwrap());
        let rows: Vec<_> = (0..PEOPLE)
            .map(|n| {
                let mut row = row(&test_id(day, u16::try_from(n).unwrap()), &code);
                if n < at_harvest {
                    row["availableFrom"] = json!(format!("{year}-08-08"));
                }
                row
            })
            .collect();
        assert_eq!(upload(&desk, &code, &rows).await["created"], PEOPLE);
        villages.push((code, desk));
    }
    let until = format!("{year}-12-31T00:00:00Z");
    let july = needed(&format!("{year}-07-20"), &until);
    let august = needed(&format!("{year}-08-15"), &until);
    let july = factory.post("/v1/vacancies", &july, None).await.unwrap().id;
    let august = factory.post("/v1/vacancies", &august, None).await.unwrap().id;

    let proposed = async |vacancy: &str| {
        let (mut proposed, mut out) = (0, 0);
        for ((code, desk), at_harvest) in villages.iter().zip(AT_HARVEST) {
            let seen = signal(&desk.clone().speaking(Lang::Zh), code, vacancy).await;
            proposed += seen.candidates.len();
            out += seen.excluded.len();
            assert_eq!(seen.also_fitting, 0, "everybody who fits is on the list");
            for one in &seen.excluded {
                assert_eq!(one.why, "unfit.available");
                assert_eq!(one.reason, "到岗时间晚于用工日期");
                assert_eq!(one.available_from, format!("{year}-08-08"));
                assert_eq!(one.name, None, "names only when they are asked for");
            }
            let of_all = u32::try_from(at_harvest).unwrap();
            let counted = seen.excluded_by.get("unfit.available").copied();
            assert!(counted.is_none_or(|counted| counted == of_all), "{counted:?}");
        }
        (proposed, out)
    };
    assert_eq!(proposed(&july).await, (80, 40));
    assert_eq!(proposed(&august).await, (120, 0));

    // One of the forty says yes to July all the same; and to August.
    let (code, desk) = &villages[0];
    let at_harvest = &cards(desk, code).await[..1];
    let answer = async |vacancy: &str| {
        let path = format!("/v1/signals/{code}-{vacancy}/answer");
        desk.post(&path, &yes(at_harvest), None).await
    };
    let refused = refusal(answer(&july).await);
    assert_eq!((refused.status, refused.code.as_str()), (422, "card.unfit"));
    assert_eq!(refused.params["why"], "unfit.available");
    assert_eq!(refused.pointer.as_deref(), Some("/commit/cards/0"));
    assert_eq!(answer(&august).await.unwrap().committed, 1);
    // Asked for, the clerk reads who they are, in either language.
    let path = format!("/v1/signals/{code}-{july}?excluded_names=true");
    let named: view::Signal = desk.get(&path).await.unwrap();
    assert_eq!(named.excluded_by["unfit.available"], 6, "and one is promised to August");
    assert_eq!(named.excluded_by["unfit.placed"], 1);
    assert!(named.excluded.iter().all(|one| one.name.as_deref() == Some("测试")));
    let reasons: Vec<&str> = named.excluded.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons.contains(&"the person is free only after the day of need"), "{reasons:?}");
    println!("scenario 7: 120 people; 80 proposed and 40 out for 20 July, 120 for 15 August");
}
