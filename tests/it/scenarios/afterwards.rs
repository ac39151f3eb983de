//! A city in which one group has set out, on a clock that the test moves.

use std::time::Instant;

use gongqiao_client::Client;
use gongqiao_contract::{
    codes::CitizenId,
    view::{self, Receipt},
};
use serde_json::{Value, json};
use time::macros::date;

use crate::support::{Exchange, PATIENCE, enterprise, point, row, test_id, upload};

pub const POINT: &str = "431021001001";

pub struct City {
    pub exchange: Exchange,
    pub operator: Client,
    pub factory: Client,
    pub factory_id: String,
    pub desk: Client,
    /// Everybody of the register, in the order of the roster.
    pub people: Vec<CitizenId>,
    pub vacancy: String,
    pub cards: Vec<String>,
    pub dispatch: String,
}

impl City {
    /// Begins at `start` (Beijing time) with a vacancy of as many seats as
    /// there are people, and all of them promised and accepted.
    pub async fn new(start: &str, people: u16) -> Self {
        let exchange = Exchange::up_with(&[("GONGQIAO__CLOCK__MANUAL_FROM", start)]);
        let operator = exchange.client("operator");
        let (factory_id, factory) = enterprise(&operator, 1).await;
        let desk = point(&operator, POINT).await;
        let ids: Vec<CitizenId> = (0..people).map(|n| test_id(date!(1985 - 03 - 07), n)).collect();
        let rows: Vec<Value> = ids.iter().map(|id| row(id, POINT)).collect();
        upload(&desk, POINT, &rows).await;
        let terms = vacancy(people);
        let vacancy = factory.post("/v1/vacancies", &terms, None).await.unwrap().id;
        let signal = wait_for_signal(&desk, &vacancy).await;
        let shown: view::Signal = desk.get(&format!("/v1/signals/{signal}")).await.unwrap();
        let cards: Vec<String> = shown.candidates.iter().map(|c| c.card.to_string()).collect();
        assert_eq!(cards.len(), usize::from(people));
        commit(&desk, &signal, &cards).await;
        let open = json!({
            "vacancy": vacancy, "mode": "COACH", "manifest": cards,
            "vehicle": { "plate": "L00001", "seats": 49, "carrier": "客运" },
        });
        let dispatch = desk.post("/v1/dispatches", &open, None).await.unwrap().id;
        let city = Self {
            exchange,
            operator,
            factory,
            factory_id,
            desk,
            people: ids,
            vacancy,
            cards,
            dispatch,
        };
        city.goes(&city.factory, "ACCEPTED").await;
        city
    }

    /// As [`City::new`], gone and received.
    pub async fn arrived(start: &str, people: u16) -> Self {
        let city = Self::new(start, people).await;
        city.come_to(&city.desk, &city.cards, "BOARDED").await;
        city.goes(&city.desk, "DEPARTED").await;
        city.goes(&city.factory, "ARRIVED").await;
        city
    }

    /// Moves the clock to a moment in Beijing time.
    pub async fn at(&self, moment: &str) {
        self.operator.post("/v1/clock", &json!({ "to": moment }), None).await.unwrap();
    }

    fn events(&self) -> String {
        format!("/v1/dispatches/{}/events", self.dispatch)
    }

    pub async fn goes(&self, who: &Client, to: &str) {
        who.post(&self.events(), &json!({ "move": to }), None).await.unwrap();
    }

    pub async fn come_to(&self, who: &Client, cards: &[String], to: &str) {
        let mut event = json!({ "people": { "cards": cards, "to": to } });
        if matches!(to, "ONBOARDED" | "ENDED") {
            event["people"]["evidence"] = json!("INSURANCE_RECORD");
        }
        who.post(&self.events(), &event, None).await.unwrap();
    }

    /// Corrects a misclick; the receipt tells which case it waits for.
    pub async fn correct(
        &self,
        who: &Client,
        cards: &[String],
        to: &str,
    ) -> Result<Receipt, gongqiao_client::ClientError> {
        let event = json!({ "correct": { "cards": cards, "to": to, "reason": "MISCLICK" } });
        who.post(&self.events(), &event, None).await
    }

    pub async fn ledger(&self, who: &Client) -> view::Vacancy {
        who.get(&format!("/v1/vacancies/{}", self.vacancy)).await.unwrap()
    }

    pub async fn figures<const N: usize>(&self, figures: [&str; N]) -> [i64; N] {
        let shown = self.ledger(&self.factory).await;
        figures.map(|figure| shown.ledger[figure].value)
    }

    pub async fn record(&self, who: &Client, case: &str, event: &Value) -> Receipt {
        who.post(&format!("/v1/cases/{case}/events"), event, None).await.unwrap()
    }

    pub async fn placement(&self, card: &str) -> view::Placement {
        let path = format!("/v1/placements?card={card}");
        let mut found: Vec<view::Placement> = self.operator.list(&path).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

/// Promises people who have said yes.
pub async fn commit(desk: &Client, signal: &str, cards: &[String]) {
    let calls: Vec<Value> =
        cards.iter().map(|card| json!({ "card": card, "outcome": "WILLING" })).collect();
    let answer = json!({ "calls": calls, "commit": { "cards": cards, "complete": true } });
    desk.post(&format!("/v1/signals/{signal}/answer"), &answer, None).await.unwrap();
}

/// A vacancy of the summer of 2021.
pub fn vacancy(headcount: u16) -> Value {
    let mut vacancy = crate::support::vacancy(headcount.into());
    vacancy["terms"]["neededBy"] = json!("2021-08-01");
    vacancy["terms"]["validUntil"] = json!("2021-12-31T00:00:00Z");
    vacancy
}

/// The signal that the matcher raises at the desk for a vacancy.
pub async fn wait_for_signal(desk: &Client, vacancy: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let open: Vec<view::Signal> = desk.list("/v1/signals?state=open").await.unwrap();
        if let Some(signal) = open.iter().find(|signal| signal.vacancy.as_str() == vacancy) {
            return signal.id.to_string();
        }
        assert!(Instant::now() < deadline, "no signal was raised");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
