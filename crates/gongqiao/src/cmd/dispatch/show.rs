//! `dispatch show`.

use comfy_table::Cell;
use gongqiao_contract::{id::DispatchId, view, wire::Stop};
use gongqiao_domain::entity::instant;
use gongqiao_shell::beijing;

use crate::{
    cmd::{session::Session, words},
    output::{cell, state, when},
};

/// Shows one group with everybody on it.
pub(super) async fn show(session: &Session, id: &DispatchId) -> anyhow::Result<()> {
    let one: view::Dispatch = session.get(&format!("/v1/dispatches/{id}")).await?;
    session.output.show(&one, || {
        let mut lines = journey(&one);
        lines.extend(to_look_at(session, &one));
        lines.push((("Sequence", "序号"), cell(one.sequence)));
        lines.push((("State", "状态"), state(&one.state)));
        let details = session.output.details(lines);
        let headings =
            [("Card", "人员卡"), ("Point", "服务点"), ("Minor", "未成年工"), ("State", "状态")];
        let rows = one.manifest.iter().map(|person| {
            let minor = if person.minor { session.output.say("yes", "是") } else { "" };
            vec![cell(&person.card), cell(&person.point), cell(minor), state(&person.state)]
        });
        format!("{details}\n\n{}", session.output.table(&headings, rows.collect()))
    })
}

type Line = ((&'static str, &'static str), Cell);

fn journey(one: &view::Dispatch) -> Vec<Line> {
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
        (("Mode", "方式"), cell(&one.mode)),
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
    let warnings: Vec<String> =
        one.warnings.iter().map(|code| words::warning(&session.output, code)).collect();
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
