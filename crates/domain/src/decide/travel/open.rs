//! A group is opened: by a point, or by its township's desk, for people whom
//! it has promised; by the bureau for people of several points.

use gongqiao_contract::{
    Code, Refusal,
    codes::DivisionCode,
    id::{DispatchId, PartyId, VacancyId},
    subject::Entity,
    wire::{
        self, Stop, data_class::Value as Class, fact::Body, party_kind::Value as Kind,
        travel_mode::Value as Mode,
    },
};
use time::{Duration, OffsetDateTime};

use super::{MAX_PEOPLE, no_seats, passenger, renewed, warnings};
use crate::{
    decide::{Context, Decision, cards_at, vacancy},
    entity::{At, Dispatch, Fold as _, Vacancy, instant},
};

/// How far from now a departure or arrival may lie.
const FARTHEST: Duration = Duration::days(366);
/// Most stops of one group, and most points that one stop serves.
const MAX_STOPS: usize = 50;
/// Longest number plate or train number, and longest name of a carrier.
const MAX_PLATE: usize = 20;
const MAX_CARRIER: usize = 120;
/// Most drivers of one vehicle, and longest name and number of one of them.
const MAX_DRIVERS: usize = 4;
const MAX_NAME: usize = 40;
/// So many digits are a telephone number.
const PHONE_DIGITS: usize = 7;
const MAX_PHONE: usize = 20;

/// Who drives and who travels along, sealed under the key of the group that
/// is to be opened.
#[derive(Debug, Clone)]
pub struct SealedCrew {
    /// The id under which the group must be opened.
    pub dispatch: DispatchId,
    /// A sealed `Crew`.
    pub sealed: wire::Sealed,
    /// How many drivers take turns.
    pub drivers: u32,
    /// Whether somebody travels along and takes a seat.
    pub attendant: bool,
}

/// Whether a crew is written as it should be. Looks at it before it is sealed:
/// a decision never sees it.
///
/// # Errors
/// The first thing that is wrong, with a pointer below `/crew`.
pub fn check_crew(crew: &wire::Crew) -> Result<(), Refusal> {
    if crew.drivers.len() > MAX_DRIVERS {
        let refusal = Refusal::new(Code::FieldRange).with("min", 0).with("max", MAX_DRIVERS);
        return Err(refusal.at("/crew/drivers"));
    }
    let drivers = crew.drivers.iter().enumerate();
    let drivers = drivers.map(|(index, one)| (format!("/crew/drivers/{index}"), one));
    let attendant = crew.attendant.iter().map(|one| ("/crew/attendant".to_owned(), one));
    for (at, member) in drivers.chain(attendant) {
        if member.name.trim().is_empty() {
            return Err(Refusal::new(Code::FieldRequired).at(format!("{at}/name")));
        }
        for (field, text, max) in
            [("name", &member.name, MAX_NAME), ("phone", &member.phone, MAX_PHONE)]
        {
            if text.chars().count() > max {
                let refusal = Refusal::new(Code::FieldTooLong).with("max", max);
                return Err(refusal.at(format!("{at}/{field}")));
            }
        }
    }
    Ok(())
}

pub(in crate::decide) fn open(
    cx: &Context<'_>,
    ask: &wire::OpenDispatch,
    crew: Option<&SealedCrew>,
) -> Result<Decision, Refusal> {
    cx.only(&[Kind::ServicePoint, Kind::Operator])?;
    let vacancy_id: VacancyId =
        ask.vacancy.parse().map_err(|_| Refusal::new(Code::VacancyNotFound).at("/vacancy"))?;
    let vacancy = vacancy::open(cx, &vacancy_id)?;
    let agreement = cx.still_covered(vacancy, Class::Dispatches)?;
    let cards = cards_at("/manifest", &ask.manifest)?;
    let attendant = crew.is_some_and(|crew| crew.attendant);
    vehicle(ask, cards.len(), attendant)?;
    times(cx, ask)?;
    stops(cx, &ask.stops)?;
    let departs_at = ask.departs_at.as_ref().map(instant);
    let passengers = cards.iter().enumerate().map(|(index, card)| {
        passenger(cx, vacancy, card, departs_at).map_err(|r| r.at(format!("/manifest/{index}")))
    });
    let passengers: Vec<wire::Passenger> = passengers.collect::<Result<_, _>>()?;
    let to = destination(vacancy)?;
    let id = crew.map_or_else(|| DispatchId::from_uuid(cx.fresh), |crew| crew.dispatch.clone());
    let mut opened = wire::DispatchOpened {
        dispatch: id.to_string(),
        vacancy: ask.vacancy.clone(),
        enterprise: vacancy.enterprise.to_string(),
        agreement: agreement.id.to_string(),
        point: lead(cx, ask, &passengers),
        mode: ask.mode,
        vehicle: ask.vehicle.clone(),
        stops: ask.stops.clone(),
        departs_at: ask.departs_at,
        to: to.to_string(),
        arrives_at: ask.arrives_at,
        crew: crew.map(|crew| crew.sealed.clone()),
        drivers: crew.map_or(0, |crew| crew.drivers),
        attendant,
        passengers,
        ..Default::default()
    };
    opened.warnings = warned(cx, vacancy, &opened);
    let told = wire::Told { warnings: opened.warnings.clone(), ..Default::default() };
    let leaves_at = departs_at.unwrap_or(cx.now).max(cx.now);
    let until = leaves_at + cx.terms.hold_after_departure;
    let entity = Entity::Dispatch { to, dispatch: id.clone() };
    let mut events = vec![(entity, Body::DispatchOpened(opened))];
    for card in &cards {
        events.push(renewed(cx, card, Some(&id), until)?);
    }
    Ok(Decision::of(id, events).under(&agreement.id).telling(told))
}

/// The point that speaks for the group: whoever opens it; where the bureau
/// does, the point of the first stop, or else of the first passenger.
fn lead(cx: &Context<'_>, ask: &wire::OpenDispatch, passengers: &[wire::Passenger]) -> String {
    if !cx.speaker.is_operator() {
        return cx.speaker.party.to_string();
    }
    let stop = ask.stops.first().map(|stop| &stop.point);
    let first = passengers.first().map(|passenger| &passenger.point);
    stop.or(first).cloned().unwrap_or_default()
}

fn warned(cx: &Context<'_>, vacancy: &Vacancy, opened: &wire::DispatchOpened) -> Vec<i32> {
    let at = At { sequence: 0, recorded_at: cx.now };
    let mut dispatch = None;
    // Why: what was written here is understood here; the fold is asked so that
    // warnings have one source.
    let _ = Dispatch::fold(&mut dispatch, at, &Body::DispatchOpened(opened.clone()));
    let found = dispatch.map(|dispatch| warnings(&dispatch, &vacancy.terms)).unwrap_or_default();
    found.into_iter().map(|warning| warning as i32).collect()
}

/// The county to which people travel. The terms were checked to name one.
fn destination(vacancy: &Vacancy) -> Result<DivisionCode, Refusal> {
    let place: Option<DivisionCode> = vacancy.terms.place.parse().ok();
    place.and_then(DivisionCode::county).ok_or(Refusal::new(Code::VacancyNotFound))
}

/// What each mode needs: a coach its seats, a train its number, who travels
/// alone nothing.
fn vehicle(ask: &wire::OpenDispatch, people: usize, attendant: bool) -> Result<(), Refusal> {
    let required = |at: &str| Refusal::new(Code::FieldRequired).at(at);
    let invalid =
        |why: &str, at: &str| Refusal::new(Code::FieldInvalid).with("why", why).at(at.to_owned());
    let mode = Mode::try_from(ask.mode).unwrap_or_default();
    let vehicle = match (mode, &ask.vehicle) {
        (Mode::Unspecified, _) => return Err(required("/mode")),
        (Mode::Coach | Mode::Train, None) => return Err(required("/vehicle")),
        (Mode::Alone, Some(_)) => {
            return Err(invalid("who travels alone has no vehicle of the group", "/vehicle"));
        }
        (_, None) => return Ok(()),
        (_, Some(vehicle)) => vehicle,
    };
    if mode == Mode::Coach && vehicle.seats == 0 {
        return Err(required("/vehicle/seats"));
    }
    if mode == Mode::Train && vehicle.plate.is_empty() {
        return Err(required("/vehicle/plate"));
    }
    // Why: both stand in clear, so that they must not hold a name or a number.
    if vehicle.carrier.chars().filter(char::is_ascii_digit).count() >= PHONE_DIGITS {
        return Err(invalid("the firm's name, without a telephone number", "/vehicle/carrier"));
    }
    if !(vehicle.plate.is_empty() || is_plate(&vehicle.plate)) {
        return Err(invalid("a number plate, as 湘L00001, or a train's number", "/vehicle/plate"));
    }
    for (text, max, at) in [
        (&vehicle.plate, MAX_PLATE, "/vehicle/plate"),
        (&vehicle.carrier, MAX_CARRIER, "/vehicle/carrier"),
    ] {
        if text.chars().count() > max {
            return Err(Refusal::new(Code::FieldTooLong).with("max", max).at(at));
        }
    }
    let sitting = people + usize::from(attendant);
    if vehicle.seats > 0 && sitting > vehicle.seats as usize {
        return Err(no_seats(vehicle.seats, sitting).at("/vehicle/seats"));
    }
    Ok(())
}

/// One character of a province or none, then letters and digits: 湘L00001, G6071; perhaps with what trailers, learners
/// and cars for Hong Kong have at the end.
fn is_plate(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    chars.next_if(|c| !c.is_ascii() && c.is_alphabetic());
    let rest: String = chars.collect();
    let number = rest.trim_end_matches(['挂', '学', '港', '澳', '警', '次']);
    let plain = number.chars().all(|c| c.is_ascii_alphanumeric() || "-· ".contains(c));
    plain && number.chars().any(|c| c.is_ascii_digit())
}

fn times(cx: &Context<'_>, ask: &wire::OpenDispatch) -> Result<(), Refusal> {
    let invalid = |why: &str, at: &str| Refusal::new(Code::FieldInvalid).with("why", why).at(at);
    let departs_at = ask.departs_at.as_ref().map(instant);
    let arrives_at = ask.arrives_at.as_ref().map(instant);
    for (at, pointer) in [(departs_at, "/departsAt"), (arrives_at, "/arrivesAt")] {
        if at.is_some_and(|at| !is_near(cx, at)) {
            return Err(invalid("more than a year away", pointer));
        }
    }
    match (departs_at, arrives_at) {
        (Some(departs), Some(arrives)) if arrives <= departs => {
            Err(invalid("the arrival must come after the departure", "/arrivesAt"))
        }
        _ => Ok(()),
    }
}

/// Whether a time may be meant. Why: also because one far off would end the
/// arithmetic of time.
pub(super) fn is_near(cx: &Context<'_>, at: OffsetDateTime) -> bool {
    (at - cx.now).abs() <= FARTHEST
}

fn stops(cx: &Context<'_>, stops: &[Stop]) -> Result<(), Refusal> {
    if stops.len() > MAX_STOPS {
        let refusal = Refusal::new(Code::FieldRange).with("min", 0).with("max", MAX_STOPS);
        return Err(refusal.at("/stops"));
    }
    for (index, one) in stops.iter().enumerate() {
        let at = format!("/stops/{index}");
        stop(cx, one, &at)?;
        if stops[..index].iter().any(|other| other.point == one.point) {
            let refusal = Refusal::new(Code::FieldInvalid).with("why", "the same stop twice");
            return Err(refusal.at(format!("{at}/point")));
        }
    }
    Ok(())
}

/// Whether a stop, and whatever it serves, are service points.
pub(super) fn stop(cx: &Context<'_>, stop: &Stop, at: &str) -> Result<(), Refusal> {
    let is_point = |code: &String| {
        let id: Option<PartyId> = code.parse().ok();
        let party = id.and_then(|id| cx.draft.party(&id)).and_then(|party| party.value.as_ref());
        party.is_some_and(|party| party.kind() == Kind::ServicePoint)
    };
    if !is_point(&stop.point) {
        return Err(Refusal::new(Code::PartyNotFound).at(format!("{at}/point")));
    }
    if stop.serves.len() > MAX_STOPS {
        let refusal = Refusal::new(Code::FieldRange).with("min", 0).with("max", MAX_STOPS);
        return Err(refusal.at(format!("{at}/serves")));
    }
    match stop.serves.iter().position(|point| !is_point(point)) {
        Some(index) => Err(Refusal::new(Code::PartyNotFound).at(format!("{at}/serves/{index}"))),
        None => Ok(()),
    }
}

const _: () = assert!(crate::decide::MAX_CARDS <= MAX_PEOPLE, "a manifest may be opened whole");
