//! The manifest for one recipient: the enterprise, the carrier, the insurer.
//! Each gets its own fields of those who have consented, and every opening is
//! recorded with exactly those fields. The bureau gets none.

use std::collections::{BTreeMap, HashMap};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use gongqiao_access::{Caller, Problem, Query};
use gongqiao_contract::{
    Code, Lang, Refusal,
    id::{CardId, DispatchId, PartyId},
    view,
    wire::{
        self, access_purpose, data_class, dispatch_state::Value as DispatchState,
        party_kind::Value as Kind, person_field::Value as Field,
        recipient_kind::Value as RecipientKind, travel_mode,
    },
};
use gongqiao_domain::{
    City, Register,
    consent::{self, Disclosure},
    decide::{Speaker, leads, serves},
    entity::{Agreement, Dispatch, dispatch_state_name, instant, placement_state_name},
    reach,
};
use gongqiao_roster::workbook;
use gongqiao_shell::beijing::rfc3339;
use gongqiao_vault::{Access, Fields, OpenError, Owner};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::sight;
use crate::{Board, manifest_book, people, show::name_of};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) fn routes() -> OpenApiRouter<Board> {
    OpenApiRouter::new().routes(routes!(manifest))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(rename = "for")]
    #[param(inline)]
    recipient: Recipient,
    #[param(inline)]
    format: Option<Format>,
    min_sequence: Option<u64>,
}

/// For whom it is.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Recipient {
    Enterprise,
    Carrier,
    Insurer,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Xlsx,
}

impl Recipient {
    fn as_str(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Carrier => "carrier",
            Self::Insurer => "insurer",
        }
    }

    fn kind(self) -> RecipientKind {
        match self {
            Self::Enterprise => RecipientKind::Enterprise,
            Self::Carrier => RecipientKind::Carrier,
            Self::Insurer => RecipientKind::Insurer,
        }
    }

    /// Who it is, where it is a party here.
    fn party(self, dispatch: &Dispatch) -> Option<&PartyId> {
        Some(&dispatch.enterprise).filter(|_| self == Self::Enterprise)
    }

    /// What it must know of people, and nothing more. An enterprise learns no
    /// sex or birthday: it may not choose by them.
    fn fields(self) -> &'static [Field] {
        match self {
            Self::Enterprise => &[Field::Name, Field::Phone, Field::OccupationsAsWritten],
            Self::Carrier => &[Field::Name],
            Self::Insurer => &[Field::Name, Field::CitizenId, Field::BirthDate],
        }
    }
}

/// The manifest for one recipient, as JSON or a workbook; each opening of names
/// is recorded.
#[utoipa::path(
    get,
    path = "/v1/dispatches/{dispatch}/manifest",
    tag = "dispatches",
    params(Asked),
    responses((status = 200, content(
        (view::Manifest = "application/json"),
        (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ))),
    extensions(("x-refusals" = json!([
        Code::DispatchNotFound, Code::AuthKind, Code::ManifestNotGiven, Code::AgreementNone,
        Code::AgreementScope, Code::BrokerUnavailable,
    ]))),
)]
async fn manifest(
    State(board): State<Board>,
    Caller(speaker): Caller,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    board.api.at_least(asked.min_sequence).await?;
    let id: DispatchId = id.parse().map_err(|_| Refusal::new(Code::DispatchNotFound))?;
    let listing = {
        let (city, register) = (board.api.live.city(), board.api.live.register());
        Listing::of(&city, &register, &speaker, &id, asked.recipient, board.api.clock.now())?
    };
    let manifest = named(&board, &speaker, listing).await?;
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let as_xlsx = asked.format == Some(Format::Xlsx)
        || asked.format.is_none() && text(header::ACCEPT).contains(XLSX);
    if !as_xlsx {
        let mut response = Json(manifest).into_response();
        keep_out_of_caches(&mut response);
        return Ok(response);
    }
    let lang = Lang::from_accept(text(header::ACCEPT_LANGUAGE));
    let name = format!("{id}-{}.xlsx", asked.recipient.as_str());
    // Why: the packer's own text may quote a cell.
    let packed = workbook(&manifest_book::book(&manifest, lang))
        .map_err(|_| Refusal::new(Code::Internal))?;
    let mut response = packed.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(XLSX));
    if let Ok(named) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, named);
    }
    keep_out_of_caches(&mut response);
    Ok(response)
}

fn keep_out_of_caches(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Who stands in a manifest, before anybody is named.
struct Listing {
    recipient: Recipient,
    manifest: view::Manifest,
    /// The agreement under which the group travels.
    agreement: String,
    /// Places in the manifest of those who may be named, and with what.
    consented: Vec<(usize, CardId, Disclosure)>,
    crew: Option<wire::Sealed>,
}

impl Listing {
    fn of(
        city: &City,
        register: &Register,
        speaker: &Speaker,
        id: &DispatchId,
        recipient: Recipient,
        now: OffsetDateTime,
    ) -> Result<Self, Refusal> {
        let found = city.dispatch(id).filter(|d| sight::whole_dispatch(city, speaker, d));
        let dispatch = found.ok_or(Refusal::new(Code::DispatchNotFound))?;
        let partial = extent(city, speaker, dispatch, recipient, now)?;
        let own = |point: &PartyId| !partial || serves(&speaker.party, point);
        let mut people: Vec<_> = dispatch
            .manifest
            .iter()
            .filter(|(_, rider)| rider.is_expected() && own(&rider.point))
            .collect();
        let stop = |point: &PartyId| {
            let named = dispatch.stop_of(point)?;
            dispatch.stops.iter().position(|stop| stop.point == named.point)
        };
        people.sort_by_key(|(card, rider)| (stop(&rider.point), &rider.point, *card));
        let mut consented = Vec::with_capacity(people.len());
        let mut listed = Vec::with_capacity(people.len());
        for (card, rider) in people {
            let standing = city.standing(card);
            let asked =
                consent::Recipient { kind: recipient.kind(), party: recipient.party(dispatch) };
            let may = register.get(card).map_or(Disclosure::Nothing, |facets| {
                consent::disclosure(facets, standing, asked, now)
            });
            let mut one = view::Listed {
                card: card.to_string(),
                standing: standing.and_then(consent::closed_name).map(str::to_owned),
                point_name: name_of(city, rider.point.as_str()),
                ..view::Listed::default()
            };
            if !may.is_nothing() {
                consented.push((listed.len(), card.clone(), may));
                match recipient {
                    Recipient::Enterprise => {
                        one.minor = Some(rider.minor);
                        one.state = Some(placement_state_name(rider.state()).to_owned());
                    }
                    Recipient::Carrier => {
                        let stop = dispatch.stop_of(&rider.point);
                        one.stop_name = stop.map(|stop| name_of(city, &stop.point));
                    }
                    Recipient::Insurer => {}
                }
            }
            listed.push(one);
        }
        let crew = dispatch.opened.crew.clone();
        Ok(Self {
            recipient,
            agreement: dispatch.agreement.to_string(),
            manifest: head(city, dispatch, recipient, partial, listed),
            consented,
            crew: crew.filter(|_| recipient == Recipient::Carrier && !partial),
        })
    }
}

/// Whether the speaker reads only its own part of the manifest, if it reads
/// it at all: the leading point hands it on whole, other points for their own
/// people; the enterprise reads its own once it has accepted the group.
fn extent(
    city: &City,
    speaker: &Speaker,
    dispatch: &Dispatch,
    recipient: Recipient,
    now: OffsetDateTime,
) -> Result<bool, Refusal> {
    let is_enterprise = speaker.party == dispatch.enterprise;
    let partial = match speaker.kind {
        Kind::ServicePoint => !leads(&speaker.party, dispatch),
        Kind::Enterprise if is_enterprise && recipient == Recipient::Enterprise => false,
        Kind::Enterprise => {
            return Err(Refusal::new(Code::AuthKind).with("needed", "service_point"));
        }
        _ => {
            let needed = "service_point, enterprise";
            return Err(Refusal::new(Code::AuthKind).with("needed", needed));
        }
    };
    let state = dispatch.state();
    let given = [DispatchState::Accepted, DispatchState::Departed, DispatchState::Arrived];
    if !given.contains(&state) {
        let state = dispatch_state_name(state);
        return Err(Refusal::new(Code::ManifestNotGiven).with("state", state));
    }
    let mut agreements = city.agreements_in_force(&dispatch.enterprise, now);
    let vacancy = city.vacancy(&dispatch.vacancy);
    let covers = |agreement: &Agreement| {
        agreement.opens(data_class::Value::Dispatches)
            && vacancy.is_some_and(|one| reach::outside(&agreement.scope, &one.terms).is_none())
    };
    if is_enterprise && !agreements.any(covers) {
        return Err(Code::AgreementNone.into());
    }
    Ok(partial)
}

fn head(
    city: &City,
    dispatch: &Dispatch,
    recipient: Recipient,
    partial: bool,
    people: Vec<view::Listed>,
) -> view::Manifest {
    let opened = &dispatch.opened;
    let mode = travel_mode::Value::try_from(opened.mode).unwrap_or_default();
    view::Manifest {
        dispatch: dispatch.id.clone(),
        recipient: recipient.as_str().to_owned(),
        enterprise_name: name_of(city, dispatch.enterprise.as_str()),
        title: city.vacancy(&dispatch.vacancy).map(|v| v.terms.title.clone()).unwrap_or_default(),
        point_name: name_of(city, dispatch.point.as_str()),
        to: dispatch.to.to_string(),
        mode: mode.as_str_name().to_owned(),
        vehicle: opened.vehicle.clone(),
        departs_at: opened.departs_at.as_ref().map(|at| rfc3339(instant(at))),
        arrives_at: dispatch.expected_at().map(rfc3339),
        crew: None,
        people,
        named: 0,
        unnamed: 0,
        partial,
        position: city.position,
    }
}

/// Opens what may be opened, with a record each of the people and of the crew.
async fn named(
    board: &Board,
    speaker: &Speaker,
    listing: Listing,
) -> Result<view::Manifest, Refusal> {
    let Listing { recipient, mut manifest, agreement, consented, crew } = listing;
    let subject = manifest.dispatch.to_string();
    let opened = opened(board, speaker, recipient, &subject, &consented).await?;
    if let Some(crew) = crew {
        let owner = Owner::Dispatch(manifest.dispatch.clone());
        let access = Access {
            actor: speaker.actor(),
            purpose: access_purpose::Value::Manifest,
            subject,
            agreement,
            fields: vec![Field::Crew],
        };
        let opened = board.opener.open_message(access, owner, crew).await;
        manifest.crew = opened.map_err(failed)?;
    }
    for (place, card, _) in &consented {
        if let (Some(one), Some(fields)) = (manifest.people.get_mut(*place), opened.get(card)) {
            fill(one, fields);
        }
    }
    let count = |people: usize| u32::try_from(people).unwrap_or(u32::MAX);
    let named = manifest.people.iter().filter(|one| one.name.is_some()).count();
    manifest.named = count(named);
    manifest.unnamed = count(manifest.people.len() - named);
    Ok(manifest)
}

/// Opens for each person what may be disclosed, with a record for each set of
/// fields: what somebody withholds is neither opened nor recorded as opened.
async fn opened(
    board: &Board,
    speaker: &Speaker,
    recipient: Recipient,
    subject: &str,
    consented: &[(usize, CardId, Disclosure)],
) -> Result<HashMap<CardId, Fields>, Refusal> {
    let mut alike: BTreeMap<Vec<i32>, (Vec<Field>, Vec<CardId>)> = BTreeMap::new();
    for (_, card, may) in consented {
        let fields = recipient.fields().iter().copied().filter(|field| may.covers(*field));
        let fields: Vec<Field> = fields.collect();
        let key = fields.iter().map(|field| *field as i32).collect();
        alike.entry(key).or_insert_with(|| (fields, Vec::new())).1.push(card.clone());
    }
    let mut opened = HashMap::with_capacity(consented.len());
    for (fields, cards) in alike.into_values().filter(|(fields, _)| !fields.is_empty()) {
        let purpose = access_purpose::Value::Manifest;
        let some = people::open(board, speaker, purpose, subject.to_owned(), fields, cards);
        opened.extend(some.await?);
    }
    Ok(opened)
}

fn fill(one: &mut view::Listed, opened: &Fields) {
    let field = |field| opened.get(field).map(str::to_owned);
    one.name = field(Field::Name);
    one.phone = field(Field::Phone);
    one.occupations = field(Field::OccupationsAsWritten);
    one.citizen_id = field(Field::CitizenId);
    one.birth_date = field(Field::BirthDate);
}

fn failed(e: OpenError) -> Refusal {
    tracing::error!(code = e.code(), error = %e, "board.manifest");
    Refusal::new(Code::BrokerUnavailable)
}
