use axum::{
    Json,
    extract::{Path, State},
};
use gongqiao_access::{
    Caller, Problem, Query,
    page::{AtLeast, PageQuery},
};
use gongqiao_contract::{
    Code, Refusal, event,
    id::{CaseId, PartyId},
    view,
    wire::{self, access_purpose, case_kind, fact::Body, party_kind, person_field::Value as Field},
};
use gongqiao_domain::{
    decide::{Speaker, concerns, holder, home, serves},
    entity::{Case, CaseState, instant},
};
use gongqiao_shell::beijing::rfc3339;
use gongqiao_vault::{Access, OpenError, Owner};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Board, after,
    events::{Read, read_facts},
    people,
};

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Filter {
    kind: Option<String>,
    state: Option<String>,
    /// `me`, or a party.
    with: Option<String>,
    page_size: Option<usize>,
    page_token: Option<String>,
    min_sequence: Option<u64>,
}

/// Cases that concern the speaker.
#[utoipa::path(
    get,
    path = "/v1/cases",
    tag = "cases",
    params(Filter),
    responses((status = 200, body = view::Page<view::Case>)),
)]
async fn list(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<view::Page<view::Case>>, Problem> {
    board.api.at_least(filter.min_sequence).await?;
    let page = PageQuery::of(filter.page_size, filter.page_token.clone());
    let kind = filter.kind.as_deref().map(kind).transpose()?;
    let (city, register) = (board.api.live.city(), board.api.live.register());
    let now = board.api.clock.now();
    let with = |case: &Case| match filter.with.as_deref() {
        None => true,
        // Why: whoever held a case that is over has nothing more to do with it.
        Some("me") => {
            let waits = filter.state.is_some() || case.state == CaseState::Open;
            waits && serves(&speaker.party, &holder(&register, case))
        }
        Some(party) => holder(&register, case).as_str() == party,
    };
    let seen = city.index.cases.iter().filter_map(|(sequence, id)| {
        let case = city.case(id)?;
        let wanted = kind.is_none_or(|kind| case.kind() == kind)
            && super::wanted(filter.state.as_ref(), case.state.as_str())
            && concerns(&register, &speaker, case)
            && with(case);
        wanted.then(|| (*sequence, after::case(&city, &register, case, now)))
    });
    Ok(Json(page.take(city.position, seen)?))
}

fn kind(text: &str) -> Result<case_kind::Value, Refusal> {
    let known = case_kind::Value::from_str_name(text);
    known.filter(|kind| *kind != case_kind::Value::Unspecified).ok_or_else(|| {
        let why = "kind is FOLLOW_UP, GRIEVANCE, TRANSFER, CORRECTION or ERASURE";
        Refusal::new(Code::RequestQuery).with("why", why)
    })
}

/// What the speaker may read of a case beyond that it exists.
struct Rights {
    person: bool,
    notes: bool,
}

impl Rights {
    /// Names for the point in whose register the person stands, or its
    /// township's desk; what was written also for whoever has the case now.
    fn of(speaker: &Speaker, home: &PartyId, case: &Case) -> Self {
        let looks_after = speaker.kind == party_kind::Value::ServicePoint
            && serves(&speaker.party, home)
            && !matches!(case.kind(), case_kind::Value::Correction | case_kind::Value::Erasure);
        Self { person: looks_after, notes: looks_after || speaker.party == case.with }
    }
}

/// One case with what was done about it; with name, number and notes for those
/// whose business they are, each with an access record.
#[utoipa::path(
    get,
    path = "/v1/cases/{case}",
    tag = "cases",
    params(AtLeast),
    responses((status = 200, body = view::Case)),
    extensions(("x-refusals" = json!([Code::CaseNotFound, Code::BrokerUnavailable]))),
)]
async fn one(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(at_least): Query<AtLeast>,
) -> Result<Json<view::Case>, Problem> {
    board.api.at_least(at_least.min_sequence).await?;
    let (mut shown, rights, events) = {
        let (city, register) = (board.api.live.city(), board.api.live.register());
        let missing = || Refusal::new(Code::CaseNotFound);
        let id: CaseId = id.parse().map_err(|_| missing())?;
        let found = city.case(&id).filter(|case| concerns(&register, &speaker, case));
        let found = found.ok_or_else(missing)?;
        let rights = Rights::of(&speaker, &home(&register, found), found);
        let shown = after::case(&city, &register, found, board.api.clock.now());
        (shown, rights, found.events.clone())
    };
    let facts = read_facts(&board.api.live, events).await?;
    let facts: Vec<Read> = facts.into_iter().flatten().collect();
    shown.history = facts.iter().map(step).collect();
    if rights.notes {
        write_notes(&board, &speaker, &mut shown, &facts).await?;
    }
    if rights.person {
        write_name(&board, &speaker, &mut shown).await?;
    }
    Ok(Json(shown))
}

fn step(Read { sequence, fact, .. }: &Read) -> view::CaseStep {
    let at = fact.recorded_at.as_ref().map(instant).map(rfc3339);
    view::CaseStep {
        sequence: *sequence,
        kind: fact.body.as_ref().map_or("Unknown", event::name).to_owned(),
        recorded_at: at.unwrap_or_default(),
        party: fact.actor.as_ref().map(|actor| actor.party.clone()).unwrap_or_default(),
        note: None,
    }
}

fn note(fact: &wire::Fact) -> Option<&wire::Sealed> {
    match fact.body.as_ref()? {
        Body::FollowUpAttempted(e) => e.note.as_ref(),
        Body::GrievanceOpened(e) => e.note.as_ref(),
        Body::GrievanceHandedOn(e) => e.note.as_ref(),
        Body::GrievanceClosed(e) => e.note.as_ref(),
        _ => None,
    }
}

async fn write_notes(
    board: &Board,
    speaker: &Speaker,
    shown: &mut view::Case,
    facts: &[Read],
) -> Result<(), Refusal> {
    if board.api.live.city().is_closed(&shown.card) {
        return Ok(());
    }
    let written = facts.iter().enumerate().filter_map(|(at, read)| Some((at, note(&read.fact)?)));
    let (places, sealed): (Vec<usize>, Vec<_>) =
        written.map(|(at, sealed)| (at, (Owner::Card(shown.card.clone()), sealed.clone()))).unzip();
    let access = Access {
        actor: speaker.actor(),
        purpose: access_purpose::Value::Case,
        subject: shown.id.to_string(),
        // Why: what is owed to a worker rests on no agreement.
        agreement: String::new(),
        fields: vec![Field::Note],
    };
    let opened = board.opener.open_messages::<wire::Note>(access, sealed).await;
    for (place, note) in places.into_iter().zip(opened.map_err(|e| unavailable(&e))?) {
        shown.history[place].note = note.map(|note| note.text);
    }
    Ok(())
}

async fn write_name(
    board: &Board,
    speaker: &Speaker,
    shown: &mut view::Case,
) -> Result<(), Refusal> {
    let (subject, fields) = (shown.id.to_string(), vec![Field::Name, Field::Phone]);
    let (purpose, cards) = (access_purpose::Value::Case, vec![shown.card.clone()]);
    let opened = people::open(board, speaker, purpose, subject, fields, cards).await?;
    let field = |field| Some(opened.get(&shown.card)?.get(field)?.to_owned());
    (shown.name, shown.phone) = (field(Field::Name), field(Field::Phone));
    Ok(())
}

fn unavailable(e: &OpenError) -> Refusal {
    tracing::error!(code = e.code(), error = %e, "board.case");
    Refusal::new(Code::BrokerUnavailable)
}
