//! What a sheet asks for: a group with its vehicle, its way and its stops.

use std::collections::BTreeMap;

use gongqiao_contract::{
    Code, Refusal,
    codes::DivisionCode,
    id::{DispatchId, PartyId},
    wire::{self, Stop, travel_mode::Value as Mode},
};
use gongqiao_domain::entity::{instant, timestamp};
use gongqiao_roster::manifest::{Column, Contact, Group, Vehicle, same_enterprise};
use gongqiao_shell::beijing;
use time::{OffsetDateTime, Time, macros::time};

use super::{ManifestOptions, Newcomer, Way};
use crate::Gate;

/// Taken where only the day of the departure is said.
const HOUR: Time = time!(08:00);
/// A driver of whom only the number is known.
const DRIVER: &str = "驾驶员";

/// Something that was interpreted: the row, or 0 for the sheet as a whole.
pub(super) type Note = (u32, Option<Column>, Refusal);

/// The group as it is asked for, and what was interpreted.
pub(super) fn open(
    gate: &Gate,
    options: &ManifestOptions,
    way: &Way<'_>,
    newcomers: &[Newcomer<'_>],
) -> (wire::OpenDispatch, Vec<Note>) {
    let mut notes = Vec::new();
    let group = way.group;
    let departs_at = departure(options, group, &mut notes);
    enterprise(gate, options, group, &mut notes);
    let arrives_at = group.journey.arrives.map(|at| at.assume_offset(beijing::BEIJING));
    let ask = wire::OpenDispatch {
        vacancy: options.vacancy.to_string(),
        mode: way.mode as i32,
        vehicle: way.vehicle().map(vehicle),
        stops: stops(gate, group, newcomers, &mut notes),
        departs_at: departs_at.map(timestamp),
        arrives_at: options.arrives_at.or(arrives_at).map(timestamp),
        manifest: newcomers.iter().map(|one| one.card.to_string()).collect(),
        ..Default::default()
    };
    (ask, notes)
}

/// What is asked of a group that stands: where newcomers get on, if it does
/// not stop for them yet; and what the roster says otherwise than the group.
pub(super) fn join(
    gate: &Gate,
    options: &ManifestOptions,
    way: &Way<'_>,
    dispatch: &DispatchId,
    newcomers: &[Newcomer<'_>],
) -> (Option<Stop>, Vec<Note>) {
    let mut notes = Vec::new();
    let departs_at = departure(options, way.group, &mut notes);
    let stops = stops(gate, way.group, newcomers, &mut notes);
    let city = gate.api.live.city();
    let Some(known) = city.dispatch(dispatch) else { return (None, notes) };
    let stands = known.opened.departs_at.as_ref().map(instant);
    if departs_at.is_some() && departs_at != stands {
        notes.push((0, Some(Column::Departs), Code::ManifestGroupStays.into()));
    }
    let is_new = |stop: &Stop| {
        let points = stop.serves.iter().chain([&stop.point]);
        let mut points = points.filter_map(|point| point.parse::<PartyId>().ok());
        points.any(|point| known.stop_of(&point).is_none())
    };
    (stops.into_iter().find(is_new), notes)
}

/// As it is said; whoever names a number plate or seats and says nothing else
/// means a coach.
pub(super) fn mode(group: &Group) -> Mode {
    let vehicle = group.vehicle.as_ref();
    let coach = vehicle.filter(|one| !one.plate.is_empty() || one.seats > 0).map(|_| Mode::Coach);
    group.journey.mode.or(coach).unwrap_or_default()
}

/// 湘L·00001 is 湘L00001.
pub(super) fn same_plate(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_uppercase()
    };
    plain(one) == plain(other)
}

/// Which of the people a place in the command is about, if it is about one.
pub(super) fn index(pointer: &str) -> Option<usize> {
    let rest = ["/manifest/", "/join/cards/"].iter().find_map(|at| pointer.strip_prefix(at))?;
    rest.parse().ok()
}

/// The words of a roster for a place in the command.
pub(super) fn what(pointer: &str) -> &'static str {
    match pointer {
        "/mode" => Column::Mode.header(),
        "/departsAt" => Column::Departs.header(),
        "/arrivesAt" => "预计到达时间",
        "/vehicle" => "车辆",
        "/vehicle/plate" => "车牌",
        "/vehicle/seats" => "核载",
        "/vehicle/carrier" => "承运单位",
        _ if pointer.starts_with("/crew/attendant") => "跟车管理员",
        _ if pointer.starts_with("/crew") => "驾驶员",
        _ if pointer.starts_with("/stops") || pointer.starts_with("/join/stop") => {
            Column::PickUp.header()
        }
        _ => "",
    }
}

fn vehicle(vehicle: &Vehicle) -> wire::Vehicle {
    wire::Vehicle {
        plate: vehicle.plate.clone(),
        seats: vehicle.seats,
        carrier: vehicle.carrier.clone(),
    }
}

/// Who drives and who travels along; `None` where nobody is named.
pub(super) fn crew(vehicle: &Vehicle) -> Option<wire::Crew> {
    let member = |one: &Contact| wire::CrewMember {
        name: if one.name.is_empty() { DRIVER.to_owned() } else { one.name.clone() },
        phone: one.phone.clone(),
    };
    let crew = wire::Crew {
        drivers: vehicle.drivers.iter().map(member).collect(),
        attendant: vehicle.attendant.as_ref().map(member),
    };
    (!crew.drivers.is_empty() || crew.attendant.is_some()).then_some(crew)
}

fn departure(
    options: &ManifestOptions,
    group: &Group,
    notes: &mut Vec<Note>,
) -> Option<OffsetDateTime> {
    if options.departs_at.is_some() {
        return options.departs_at;
    }
    let day = group.journey.departs_on?;
    let at = group.journey.departs_at.unwrap_or_else(|| {
        notes.push((0, Some(Column::Departs), Code::ManifestHour.into()));
        HOUR
    });
    Some(day.with_time(at).assume_offset(beijing::BEIJING))
}

/// Warns where the roster names another enterprise than the vacancy is of.
fn enterprise(gate: &Gate, options: &ManifestOptions, group: &Group, notes: &mut Vec<Note>) {
    let city = gate.api.live.city();
    let vacancy = city.vacancy(&options.vacancy);
    let party = vacancy.and_then(|vacancy| city.entities.parties.get(&vacancy.enterprise));
    let Some(party) = party.and_then(|entry| entry.value.as_ref()) else { return };
    if !same_enterprise(&group.journey.enterprise, &party.name) {
        let refusal = Refusal::new(Code::ManifestEnterprise).with("enterprise", &party.name);
        notes.push((0, Some(Column::Enterprise), refusal));
    }
}

/// The stops at which a service point was recognised, each for the people who
/// get on there. Whoever gets on elsewhere does so where the own point does.
fn stops(
    gate: &Gate,
    group: &Group,
    newcomers: &[Newcomer<'_>],
    notes: &mut Vec<Note>,
) -> Vec<Stop> {
    let points: Vec<Option<DivisionCode>> = {
        let register = gate.api.live.register();
        newcomers.iter().map(|one| register.get(&one.card).map(|card| card.point)).collect()
    };
    let mut known: Vec<DivisionCode> = points.iter().flatten().copied().collect();
    known.extend(known.clone().into_iter().filter_map(DivisionCode::township));
    known.retain(|point| is_point(gate, *point));
    known.sort_unstable();
    known.dedup();
    // Why: in the order in which the coach meets them, which is that of the rows.
    let mut stops: Vec<(DivisionCode, BTreeMap<DivisionCode, u32>)> = Vec::new();
    for (index, place) in group.stops.iter().enumerate() {
        let here = newcomers.iter().zip(&points).filter(|(one, _)| one.who.stop == Some(index));
        let mut here = here.peekable();
        let Some(first) = here.peek().map(|(one, _)| one.row) else { continue };
        let Some(stop) = place.point(&known) else {
            notes.push((first, Some(Column::PickUp), Code::ManifestStop.into()));
            continue;
        };
        let at = stops.iter().position(|(known, _)| *known == stop).unwrap_or_else(|| {
            stops.push((stop, BTreeMap::new()));
            stops.len() - 1
        });
        for point in here.filter_map(|(_, point)| *point) {
            *stops[at].1.entry(point).or_default() += 1;
        }
    }
    told(stops)
}

/// Why: a stop serves points, so that people of one point get on at one stop:
/// at that where most of them do.
fn told(stops: Vec<(DivisionCode, BTreeMap<DivisionCode, u32>)>) -> Vec<Stop> {
    let best = |point: &DivisionCode| {
        let here = stops.iter().enumerate().filter_map(|(at, (stop, served))| {
            Some((served.get(point)?, stop == point, std::cmp::Reverse(at)))
        });
        here.max().map(|(.., at)| at.0)
    };
    let stop = |(at, (stop, served)): (usize, &(DivisionCode, BTreeMap<DivisionCode, u32>))| {
        let others = served.keys().filter(|point| *point != stop && best(point) == Some(at));
        Stop {
            point: stop.to_string(),
            serves: others.map(ToString::to_string).collect(),
            at: None,
        }
    };
    stops.iter().enumerate().map(stop).collect()
}

fn is_point(gate: &Gate, point: DivisionCode) -> bool {
    let Ok(id) = point.to_string().parse::<PartyId>() else { return false };
    let city = gate.api.live.city();
    city.entities.parties.get(&id).is_some_and(|entry| entry.value.is_some())
}
