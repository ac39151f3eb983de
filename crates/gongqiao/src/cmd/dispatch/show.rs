//! `dispatch show`.

use std::collections::BTreeMap;

use comfy_table::Cell;
use gongqiao_contract::{
    id::{CardId, DispatchId},
    view::{self, Traveller},
    wire::Stop,
    words::Sort,
};
use gongqiao_domain::entity::instant;
use gongqiao_shell::beijing;

use crate::{
    cmd::{
        people,
        session::Session,
        words::{state, word},
    },
    output::{cell, when},
};

/// Shows one group with everybody on it.
pub(super) async fn show(session: &Session, id: &DispatchId) -> anyhow::Result<()> {
    let one: view::Dispatch = session.get(&format!("/v1/dispatches/{id}")).await?;
    let named = names(session, id).await?;
    session.output.show(&one, || text(session, &one, named.as_ref()))
}

/// One group with everybody on it, for people; by name, those who are named.
pub(crate) fn text(
    session: &Session,
    one: &view::Dispatch,
    named: Option<&BTreeMap<CardId, Traveller>>,
) -> String {
    let mut lines = journey(session, one);
    lines.extend(to_look_at(session, one));
    lines.push((("Sequence", "序号"), cell(one.sequence)));
    lines.push((("State", "状态"), state(&session.output, Sort::DispatchState, &one.state)));
    let details = session.output.details(lines);
    format!("{details}\n\n{}", people(session, one, named))
}

/// Those whom the speaker travels with, by card; none for whoever is no point.
async fn names(
    session: &Session,
    id: &DispatchId,
) -> anyhow::Result<Option<BTreeMap<CardId, Traveller>>> {
    // Why: what a program reads stays the dispatch alone, and opens no names.
    if session.output.json || session.desk().await?.is_none() {
        return Ok(None);
    }
    let people = people::of_dispatch(session, id).await?;
    Ok(Some(people.into_iter().map(|one| (one.card.clone(), one)).collect()))
}

/// Everybody on the manifest, those of one state together.
fn people(
    session: &Session,
    one: &view::Dispatch,
    named: Option<&BTreeMap<CardId, Traveller>>,
) -> String {
    let output = &session.output;
    let mut headings = vec![("Name", "姓名"), ("Phone", "电话")];
    if named.is_none() {
        headings.clear();
    }
    headings.extend([
        ("State", "状态"),
        ("Point", "服务点"),
        ("Minor", "未成年工"),
        ("Card", "人员卡"),
    ]);
    let order = |code: &str| Sort::PlacementState.table().iter().position(|(one, ..)| *one == code);
    let mut manifest: Vec<&view::Passenger> = one.manifest.iter().collect();
    manifest.sort_by_key(|person| order(&person.state));
    let rows = manifest.iter().map(|person| {
        let known = named.and_then(|named| named.get(&person.card));
        let text = |value: Option<&String>| cell(value.map(String::as_str).unwrap_or_default());
        let mut row = Vec::new();
        if named.is_some() {
            row.push(text(known.and_then(|one| one.name.as_ref())));
            row.push(text(known.and_then(|one| one.phone.as_ref())));
        }
        let point = known.map_or_else(|| person.point.to_string(), |one| one.point_name.clone());
        row.extend([
            state(output, Sort::PlacementState, &person.state),
            cell(point),
            cell(if person.minor { output.say("yes", "是") } else { "" }),
            cell(&person.card),
        ]);
        row
    });
    let table = output.table(&headings, rows.collect());
    match people::counted(session, manifest.iter().map(|person| person.state.as_str())) {
        counts if counts.is_empty() => table,
        counts => format!("{table}\n\n{counts}"),
    }
}

type Line = ((&'static str, &'static str), Cell);

fn journey(session: &Session, one: &view::Dispatch) -> Vec<Line> {
    let vehicle = one.vehicle.as_ref();
    let vehicle = vehicle.map(|v| format!("{} {} ({})", v.plate, v.carrier, v.seats));
    let stops: Vec<String> = one.stops.iter().map(stop).collect();
    let left = one.seats_left.map(|seats| seats.to_string());
    vec![
        (("Dispatch", "派遣"), cell(&one.id)),
        (("Vacancy", "需求"), cell(&one.vacancy)),
        (("From", "服务点"), cell(format!("{} {}", one.point_name, one.point))),
        (("To", "目的地"), cell(format!("{} {}", one.to, one.enterprise))),
        (("Agreement", "协议"), cell(&one.agreement)),
        (("Mode", "方式"), cell(word(&session.output, Sort::TravelMode, &one.mode))),
        (("Vehicle", "车辆"), cell(vehicle.unwrap_or_default())),
        (("Drivers", "驾驶员"), cell(one.drivers)),
        (("Seats left", "余座"), cell(left.unwrap_or_default())),
        (("Stops", "站点"), cell(stops.join("\n"))),
        (("Departs", "发车时间"), when(one.departs_at.as_deref().unwrap_or_default())),
        (("Arrives", "预计到达"), when(one.arrives_at.as_deref().unwrap_or_default())),
        (("Opened", "开立时间"), when(&one.opened_at)),
    ]
}

/// A stop, and whom it serves beside its own people.
fn stop(stop: &Stop) -> String {
    let at = stop.at.as_ref().map(|at| beijing::minutes(instant(at))).unwrap_or_default();
    let served: String = stop.serves.iter().map(|point| format!(" +{point}")).collect();
    format!("{} {at}{served}", stop.point)
}

/// What is out of the ordinary; nothing is said of the rest.
fn to_look_at(session: &Session, one: &view::Dispatch) -> Vec<Line> {
    let mut lines = Vec::new();
    let said = |code: &String| word(&session.output, Sort::TravelWarning, code);
    let warnings: Vec<String> = one.warnings.iter().map(said).collect();
    if !warnings.is_empty() {
        lines.push((("To look at", "请留意"), cell(warnings.join("\n"))));
    }
    if one.vacancy_over {
        let over = session.output.say("withdrawn or lapsed", "已撤回或到期");
        lines.push((("Its vacancy", "需求状态"), cell(over)));
    }
    if one.refused > 0 {
        lines.push((("Turned away", "劝返"), cell(one.refused)));
    }
    if one.missing > 0 {
        lines.push((("Without an end", "未办结人数"), cell(one.missing)));
    }
    if let Some(at) = &one.chased_at {
        lines.push((("Reminded", "已催办"), when(at)));
    }
    let ids = |ids: &[DispatchId]| {
        cell(ids.iter().map(DispatchId::as_str).collect::<Vec<_>>().join("\n"))
    };
    if !one.proposed.is_empty() {
        lines.push((("Could come along", "建议并入本批次"), ids(&one.proposed)));
    }
    if !one.may_merge_into.is_empty() {
        lines.push((("Could travel with", "建议并入"), ids(&one.may_merge_into)));
    }
    if let Some(host) = &one.merged_into {
        lines.push((("Travels with", "已并入"), cell(host)));
    }
    lines
}
