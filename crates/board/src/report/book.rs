//! Reports as the workbooks that bureaus file: in Chinese, in the usual
//! columns.

use std::collections::BTreeMap;

use gongqiao_contract::{
    Lang,
    codes::DivisionCode,
    view,
    wire::{contract_with, evidence, travel_mode},
};
use gongqiao_domain::{
    City,
    decide::Speaker,
    report::{Measure, Part, Period, Place, Reach, Sum, Sums},
};
use gongqiao_roster::{Book, BookColumn, Value};

use super::{MEASURES, REACHES, division_name, month_definition, sees};

const PARTS: [(Part, &str); 3] =
    [(Part::Month, "本月"), (Part::Corrections, "更正"), (Part::Year, "累计")];

fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Dispatched => "输送",
        Measure::Onboarded => "就业",
        Measure::Ended => "离职返乡",
    }
}

fn reach_name(reach: Reach) -> &'static str {
    match reach {
        Reach::County => "县内",
        Reach::Province => "县外省内",
        Reach::Beyond => "省外",
    }
}

/// A month by county and by how far, with a last row for all of it.
pub(crate) fn month(city: &City, of: DivisionCode, speaker: &Speaker, period: Period) -> Book {
    let sums = city.report.month(period, |line| sees(speaker, line));
    let closed = city.report.closed(period);
    let state = if closed.is_some() { "已封账" } else { "未封账" };
    let as_of = closed.unwrap_or(city.position);
    let mut columns = vec![BookColumn::new("县（市区）", 14), BookColumn::new("去向", 10)];
    for measure in MEASURES {
        let of_part = |part: &'static str| {
            ["人次", "人数"]
                .map(|unit| BookColumn::of(measure_name(measure), format!("{part}{unit}"), 10))
        };
        columns.extend(PARTS.into_iter().flat_map(|(_, part)| of_part(part)));
    }
    Book {
        sheet: period.to_string(),
        title: format!("{}劳务协作月报（{period}）", division_name(of)),
        notes: vec![
            month_definition(Lang::Zh).to_owned(),
            format!("统计期：{period}    状态：{state}    截至：日志序号 {as_of}"),
        ],
        columns,
        rows: rows(&sums),
    }
}

fn rows(sums: &BTreeMap<Place, Sums>) -> Vec<Vec<Value>> {
    let mut counties: Vec<DivisionCode> = sums.keys().map(|place| place.county).collect();
    counties.dedup();
    let mut rows = Vec::new();
    for county in counties {
        for reach in REACHES {
            let of = |measure| sums.get(&Place { county, reach, measure });
            if MEASURES.iter().all(|measure| of(*measure).is_none()) {
                continue;
            }
            let mut row = vec![division_name(county).into(), reach_name(reach).into()];
            row.extend(numbers(|measure, part| {
                of(measure).map(|s| s.of(part)).unwrap_or_default()
            }));
            rows.push(row);
        }
    }
    let mut total = vec!["合计".into(), Value::Blank];
    total.extend(numbers(|measure, part| {
        let of = sums.iter().filter(|(place, _)| place.measure == measure);
        of.fold(Sum::default(), |total, (_, sums)| {
            let Sum { times, people } = sums.of(part);
            Sum { times: total.times + times, people: total.people + people }
        })
    }));
    rows.push(total);
    rows
}

fn numbers(of: impl Fn(Measure, Part) -> Sum) -> Vec<Value> {
    let mut values = Vec::new();
    for measure in MEASURES {
        for (part, _) in PARTS {
            let Sum { times, people } = of(measure, part);
            values.extend([times.into(), people.into()]);
        }
    }
    values
}

/// The cooperation ledger.
pub(crate) fn cooperation(report: &view::Cooperation) -> Book {
    let columns = [
        ("序号", 6),
        ("对接日期", 12),
        ("协作地", 22),
        ("用工企业", 22),
        ("协议号", 38),
        ("批次", 6),
        ("人数", 6),
        ("其中脱贫", 9),
        ("方式", 10),
        ("经费（元）", 10),
        ("佐证", 22),
        ("合同类型", 9),
        ("始期", 12),
        ("终期", 12),
        ("月收入（元）", 14),
        ("终止原因", 16),
    ];
    Book {
        sheet: "劳务协作台账".into(),
        title: format!("劳务协作台账（{} 至 {}）", report.from, report.to),
        notes: vec![
            super::cooperation_definition(Lang::Zh).to_owned(),
            format!("截至：日志序号 {}", report.as_of),
        ],
        columns: columns.map(|(name, width)| BookColumn::new(name, width)).to_vec(),
        rows: (1..).zip(&report.lines).map(|(number, line)| group(number, line)).collect(),
    }
}

fn group(number: i64, line: &view::CooperationLine) -> Vec<Value> {
    let evidence: Vec<&str> = line.evidence.iter().map(|one| evidence_name(one)).collect();
    let ends: Vec<String> =
        line.ends.iter().map(|(end, count)| format!("{} {count}", end_name(end))).collect();
    let income = line.monthly_yuan.map(|(from, to)| format!("{from}-{to}")).unwrap_or_default();
    vec![
        number.into(),
        line.docked_on.clone().into(),
        line.place.clone().into(),
        line.enterprise_name.clone().into(),
        line.agreement.to_string().into(),
        i64::from(line.batch).into(),
        line.people.into(),
        Value::Blank,
        mode_name(&line.mode).into(),
        Value::Blank,
        evidence.join("、").into(),
        contract_name(&line.contract_with).into(),
        line.work_from.clone().unwrap_or_default().into(),
        line.work_to.clone().unwrap_or_default().into(),
        income.into(),
        ends.join("、").into(),
    ]
}

fn mode_name(mode: &str) -> &'static str {
    match travel_mode::Value::from_str_name(mode).unwrap_or_default() {
        travel_mode::Value::Unspecified => "",
        travel_mode::Value::Coach => "包车",
        travel_mode::Value::EnterprisePickup => "企业接送",
        travel_mode::Value::Train => "专列",
        travel_mode::Value::Alone => "自行前往",
    }
}

fn evidence_name(name: &str) -> &'static str {
    match evidence::Value::from_str_name(name).unwrap_or_default() {
        evidence::Value::Unspecified => "",
        evidence::Value::EnterpriseList => "企业名单",
        evidence::Value::WorkerCall => "电话核实",
        evidence::Value::InsuranceRecord => "参保记录",
        evidence::Value::RollCall => "点名",
        evidence::Value::Handover => "交接",
        evidence::Value::Attendant => "跟车管理员",
        evidence::Value::EnterpriseNotice => "企业通知",
    }
}

fn contract_name(name: &str) -> &'static str {
    match contract_with::Value::from_str_name(name).unwrap_or_default() {
        contract_with::Value::Unspecified => "",
        contract_with::Value::Enterprise => "直签",
        contract_with::Value::Agency => "派遣",
    }
}

fn end_name(state: &str) -> &'static str {
    match state {
        "ended" => "离职",
        "returned" => "返乡",
        _ => "其他",
    }
}
