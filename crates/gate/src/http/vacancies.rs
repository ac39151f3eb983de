use axum::{Router, extract::State, routing::post};
use gongqiao_access::{Body, Caller, Problem};
use gongqiao_contract::{
    Code, Refusal,
    id::{PartyId, VacancyId},
    wire,
};
use gongqiao_domain::{decide::Command, terms};

use super::{Answer, Id, Key, changed, made};
use crate::{Gate, age};

pub(super) fn routes() -> Router<Gate> {
    Router::new()
        .route("/v1/vacancies", post(post_one))
        .route("/v1/vacancies/{vacancy}/update", post(update))
        .route("/v1/vacancies/{vacancy}/reduce", post(reduce))
        .route("/v1/vacancies/{vacancy}/withdraw", post(withdraw))
        .route("/v1/vacancies/{vacancy}/lapse", post(lapse))
        .route("/v1/vacancies/{vacancy}/signals", post(raise))
        .route("/v1/vacancies/{vacancy}/recall", post(recall))
        .route("/v1/vacancies/{vacancy}/escalate", post(escalate))
        .route("/v1/vacancies/{vacancy}/release", post(release))
        .route("/v1/vacancies/{vacancy}/promote", post(promote))
}

async fn post_one(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    body: Body<wire::PostVacancy>,
) -> Result<Answer, Problem> {
    let enterprise = match body.value.enterprise.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Refusal::new(Code::PartyNotFound).at("/enterprise"))?),
    };
    let terms = match checked(&gate, body.value.terms) {
        Ok(terms) => terms,
        Err(refusal) => {
            let first = gate.first_answer(&caller, &key, &body.bytes, refusal).await?;
            return Ok(made(first, "/v1/vacancies"));
        }
    };
    let command = Command::PostVacancy { enterprise, terms };
    Ok(made(gate.submit(caller, key, &body.bytes, command).await?, "/v1/vacancies"))
}

async fn update(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::UpdateVacancy>,
) -> Result<Answer, Problem> {
    let terms = match checked(&gate, body.value.terms) {
        Ok(terms) => terms,
        Err(refusal) => {
            return Ok(changed(gate.first_answer(&caller, &key, &body.bytes, refusal).await?));
        }
    };
    let command = Command::UpdateVacancy { vacancy, terms };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

fn checked(
    gate: &Gate,
    terms: Option<wire::VacancyTerms>,
) -> Result<Box<wire::VacancyTerms>, Refusal> {
    let terms = terms.ok_or_else(|| Refusal::new(Code::FieldRequired).at("/terms"))?;
    terms::check(terms, gate.api.clock.now()).map(Box::new)
}

async fn reduce(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::ReduceVacancy>,
) -> Result<Answer, Problem> {
    let command = Command::ReduceVacancy { vacancy, headcount: body.value.headcount };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

async fn withdraw(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::WithdrawVacancy(vacancy)).await?))
}

async fn lapse(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
) -> Result<Answer, Problem> {
    Ok(changed(gate.submit(caller, key, &[], Command::LapseVacancy(vacancy)).await?))
}

async fn raise(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::RaiseSignals>,
) -> Result<Answer, Problem> {
    let command = Command::RaiseSignals { vacancy, ask: body.value };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

async fn recall(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::NamePoints>,
) -> Result<Answer, Problem> {
    let command = Command::RecallSignals { vacancy, points: points(&body.value) };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

async fn escalate(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::NamePoints>,
) -> Result<Answer, Problem> {
    let command = Command::EscalateSignals { vacancy, points: points(&body.value) };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// The points that a body names; what is no point has no signal either.
fn points(body: &wire::NamePoints) -> Vec<PartyId> {
    body.points.iter().filter_map(|point| point.parse().ok()).collect()
}

async fn release(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
    body: Body<wire::EndHolds>,
) -> Result<Answer, Problem> {
    let cards = body.value.cards.iter().filter_map(|card| card.parse().ok()).collect();
    let why = body.value.why();
    let command = Command::EndHolds { vacancy, cards, why };
    Ok(changed(gate.submit(caller, key, &body.bytes, command).await?))
}

/// By the steward. Ages are looked at anew: the day of need may have moved
/// since people joined the list.
async fn promote(
    State(gate): State<Gate>,
    caller: Caller,
    key: Key,
    Id(vacancy): Id<VacancyId>,
) -> Result<Answer, Problem> {
    let waiting: Vec<String> = {
        let city = gate.api.live.city();
        let ranked = city.vacancy(&vacancy).map(|vacancy| vacancy.standby_ranked());
        ranked.unwrap_or_default().into_iter().map(|one| one.card.clone()).collect()
    };
    let ages = age::look(&gate, &caller.0, &vacancy, waiting.iter().map(String::as_str)).await?;
    let command = Command::PromoteStandby(vacancy);
    Ok(changed(gate.submit_knowing(caller, key, &[], command, ages).await?))
}
