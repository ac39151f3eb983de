//! What a desk's page asks: whom its key speaks for, and with whom it travels.

use gongqiao_client::Client;
use gongqiao_contract::view::{Me, Page, Signal, Traveller};
use serde_json::json;
use time::macros::date;

use crate::support::{
    Exchange, commit, enterprise, key, point, refusal, row, signal, test_id, upload, vacancy,
};

const POINT: &str = "431021001001";
const NEIGHBOUR: &str = "431021001002";
const STRANGER: &str = "431021001003";

fn named(people: &[Traveller]) -> usize {
    people.iter().filter(|one| one.name.as_deref() == Some("测试") && one.phone.is_some()).count()
}

async fn people(desk: &Client, path: &str) -> Vec<Traveller> {
    let page: Page<Traveller> = desk.get(path).await.unwrap();
    page.items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_learns_whom_it_speaks_for_and_nothing_of_others() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    point(&operator, POINT).await;
    let (factory, _) = enterprise(&operator, 1).await;
    let me = async |client: &Client| client.get::<Me>("/v1/me").await.unwrap();
    let auditor = me(&key(&operator, POINT, "AUDITOR").await).await;
    let told =
        [auditor.party.as_str(), &auditor.kind, &auditor.name, &auditor.person, &auditor.role];
    assert_eq!(told, [POINT, "SERVICE_POINT", "431021001001劳务服务点", "staff-1", "AUDITOR"]);
    let approver = me(&key(&operator, &factory, "APPROVER").await).await;
    assert_eq!((approver.kind.as_str(), approver.role.as_str()), ("ENTERPRISE", "APPROVER"));
    assert_eq!(me(&operator).await.kind, "OPERATOR");
    let nobody = operator.with_key("gqk_nobody_nothing".to_owned().into());
    assert_eq!(refusal(nobody.get::<Me>("/v1/me").await).status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_sees_its_own_people_by_name_before_and_on_the_journey_and_nobody_else_does() {
    let exchange = Exchange::up();
    let operator = exchange.client("operator");
    let (_, factory) = enterprise(&operator, 1).await;
    let (desk, neighbour) = (point(&operator, POINT).await, point(&operator, NEIGHBOUR).await);
    for (desk, code, from) in [(&desk, POINT, 0), (&neighbour, NEIGHBOUR, 10)] {
        let rows: Vec<_> =
            (from..from + 4).map(|n| row(&test_id(date!(1985 - 03 - 07), n), code)).collect();
        upload(desk, code, &rows).await;
    }
    let wanted = factory.post("/v1/vacancies", &vacancy(8), None).await.unwrap().id;
    for (desk, code) in [(&desk, POINT), (&neighbour, NEIGHBOUR)] {
        let shown: Signal = signal(desk, code, &wanted).await;
        let cards: Vec<&str> = shown.candidates.iter().map(|one| one.card.as_str()).collect();
        assert!(!cards.is_empty(), "{code} was asked for nobody");
        commit(desk, &format!("{code}-{wanted}"), &cards).await;
    }
    let path = format!("/v1/vacancies/{wanted}/people");
    let own = people(&desk, &path).await;
    assert!(!own.is_empty() && named(&own) == own.len(), "{own:?}");
    assert!(own.iter().all(|one| one.point.as_str() == POINT && one.state == "held"));
    assert!(own.iter().all(|one| one.dispatch.is_none() && one.expires_at.is_some()));
    let first: Page<Traveller> = desk.get(&format!("{path}?page_size=1")).await.unwrap();
    assert_eq!(first.items.len(), 1);
    let token = first.next_page_token.unwrap();
    let rest = people(&desk, &format!("{path}?page_size=500&page_token={token}")).await;
    let paged: Vec<_> = first.items.iter().chain(&rest).map(|one| &one.card).collect();
    assert_eq!(paged, own.iter().map(|one| &one.card).collect::<Vec<_>>());
    assert_eq!(people(&factory, &path).await.len(), 0, "an enterprise has no people of its own");
    let stranger = point(&operator, STRANGER).await;
    assert_eq!(refusal(stranger.get::<Page<Traveller>>(&path).await).code, "vacancy.not_found");
    let cards: Vec<&str> = own.iter().map(|one| one.card.as_str()).collect();
    let group = json!({
        "vacancy": wanted, "mode": "COACH", "manifest": cards,
        "vehicle": { "plate": "L00001", "seats": 49, "carrier": "客运" },
    });
    let group = desk.post("/v1/dispatches", &group, None).await.unwrap().id;
    let path = format!("/v1/dispatches/{group}/people");
    let travelling = people(&desk, &path).await;
    assert_eq!((travelling.len(), named(&travelling)), (own.len(), own.len()));
    for other in [&neighbour, &factory, &operator] {
        let refused = refusal(other.get::<Page<Traveller>>(&path).await);
        assert_eq!(refused.code, "dispatch.not_found");
    }
}
