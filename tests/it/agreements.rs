//! Keys and agreements over HTTP.

use gongqiao_contract::view;
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{
    Exchange, commit, enterprise, key, point, refusal, row, sign, signal, test_id, until, upload,
    vacancy,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn termination_takes_the_permission_away_and_signing_gives_it_back() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    let agreements: Vec<view::Agreement> = factory.list("/v1/agreements").await.unwrap();
    let path = format!("/v1/agreements/{}/terminate", agreements[0].id);
    assert_eq!(refusal(factory.post_empty(&path).await).code, "auth.party_kind");
    operator.post_empty(&path).await.unwrap();
    let refused = refusal(factory.post("/v1/vacancies", &vacancy(3), None).await);
    assert_eq!((refused.status, refused.code.as_str()), (403, "agreement.none"));
    sign(&operator, &id).await;
    factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_ends_by_itself_at_its_date() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let agreements: Vec<view::Agreement> = factory.list("/v1/agreements").await.unwrap();
    let until = gongqiao_shell::Clock::system().now() + time::Duration::milliseconds(1_500);
    let amend = json!({ "until": gongqiao_shell::beijing::rfc3339(until) });
    operator
        .post(&format!("/v1/agreements/{}/amend", agreements[0].id), &amend, None)
        .await
        .unwrap();
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    loop {
        let shown: view::Agreement =
            operator.get(&format!("/v1/agreements/{}", agreements[0].id)).await.unwrap();
        if shown.state == "ended" {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "it never ended");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(
        refusal(factory.post("/v1/vacancies", &vacancy(3), None).await).code,
        "agreement.none"
    );
    assert!(!id.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_keys_and_auditors_are_kept_out_and_parties_see_only_their_own() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (id, factory) = enterprise(&operator, 1).await;
    let (_, rival) = enterprise(&operator, 2).await;
    let posted = factory.post("/v1/vacancies", &vacancy(3), None).await.unwrap();
    let path = format!("/v1/vacancies/{}", posted.id);
    assert_eq!(refusal(rival.get::<view::Vacancy>(&path).await).code, "vacancy.not_found");
    let listed: Vec<view::Vacancy> = rival.list("/v1/vacancies").await.unwrap();
    assert!(listed.is_empty());
    let withdraw = format!("{path}/withdraw");
    assert_eq!(refusal(rival.post_empty(&withdraw).await).code, "vacancy.not_found");
    let auditor = key(&operator, &id, "AUDITOR").await;
    assert_eq!(refusal(auditor.post_empty(&withdraw).await).code, "auth.role");
    auditor.get::<view::Vacancy>(&path).await.unwrap();
    let keys: view::Page<view::Credential> =
        operator.get(&format!("/v1/parties/{id}/credentials")).await.unwrap();
    for key in keys.items {
        operator.post_empty(&format!("/v1/credentials/{}/revoke", key.id)).await.unwrap();
    }
    assert_eq!(refusal(factory.get::<view::Vacancy>(&path).await).code, "auth.revoked");
    let desk = point(&operator, "431021001001").await;
    let seen: Vec<view::Party> = desk.list("/v1/parties").await.unwrap();
    assert_eq!(seen.len(), 1, "a point sees itself");
    assert_eq!(seen[0].chain[0], "湖南省", "{:?}", seen[0].chain);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_agreement_no_longer_covers_is_asked_of_nobody_and_promised_by_nobody() {
    const POINT: &str = "431021001001";
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let desk = point(&operator, POINT).await;
    let people: Vec<_> = (0..2).map(|n| test_id(date!(1985 - 03 - 07), n)).collect();
    let rows: Vec<Value> = people.iter().map(|id| row(id, POINT)).collect();
    upload(&desk, POINT, &rows).await;
    let posted = factory.post("/v1/vacancies", &vacancy(2), None).await.unwrap().id;
    let raised = signal(&desk, POINT, &posted).await;
    let agreements: Vec<view::Agreement> = factory.list("/v1/agreements").await.unwrap();
    let amend = async |divisions: &[&str]| {
        let scope = json!({
            "classes": ["VACANCIES", "DISPATCHES"], "purpose": "RECRUITMENT",
            "divisions": divisions,
        });
        let path = format!("/v1/agreements/{}/amend", agreements[0].id);
        operator.post(&path, &json!({ "scope": scope }), None).await.unwrap();
    };
    amend(&["110000"]).await;
    let answer = json!({ "commit": { "cards": [raised.candidates[0].card] } });
    let path = format!("/v1/signals/{}/answer", raised.id);
    let refused = refusal(desk.post(&path, &answer, None).await);
    // Whichever was seen first: the agreement, or that the signal was taken back.
    assert!(["agreement.scope", "signal.not_open"].contains(&refused.code.as_str()), "{refused:?}");
    let state = async || signal(&desk, POINT, &posted).await.state;
    until("the signal to be taken back", async || (state().await == "recalled").then_some(()))
        .await;
    amend(&[]).await;
    until("the signal to come again", async || (state().await == "open").then_some(())).await;
    commit(&desk, &raised.id.to_string(), &[raised.candidates[0].card.to_string()]).await;
}
