//! Reports as the API shows them: a month, and the cooperation ledger.

pub(crate) mod book;

use std::collections::HashMap;

use gongqiao_contract::{
    Lang,
    codes::{DivisionCode, Divisions},
    id::DispatchId,
    view,
    wire::{evidence, pay_unit, travel_mode},
};
use gongqiao_domain::{
    City,
    decide::{Speaker, serves},
    employment::Employment,
    entity::{Dispatch, Vacancy, placement_state_name},
    report::{Line, Measure, Part, Period, Place, Reach, Sums},
};
use gongqiao_shell::beijing;
use serde::Serialize;
use time::Date;

use crate::{
    http::sight,
    show::{chain, name_of},
};

/// What a month's numbers mean (口径), in the language of the request.
pub(crate) fn month_definition(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => {
            "口径：县（市区）按派出人员的服务点所在地计；县内、县外省内、省外按工作地计。\
             输送为随批次发车，就业为确认入职，离职返乡为离职或返乡。人次每次计一；\
             人数为本年度全市首次计入者。本月数不含更正，更正单列；累计自一月起，含更正。\
             封账后登记的，计入尚未封账的首个月份。"
        }
        Lang::En => {
            "Definition: the county is that of the service point that sent the people; how far \
             (in the county, in the province, beyond) goes by the place of work. Dispatched: left \
             with a group. Onboarded: at work, as confirmed. Ended: work ended, or went home. \
             Person-times count each time; people count who was not counted yet this year in the \
             city. The month's numbers are without corrections, which stand apart; the year's, \
             since January, are with them. What is recorded after a month was closed counts in \
             the first month that is open."
        }
    }
}

/// What the cooperation ledger's columns mean.
pub(crate) fn cooperation_definition(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => {
            "口径：每个已发车批次一行，按对接日期（开立日期）取数；批次为同一协议下的序号；\
             人数为发车人数，含更正；终期在该批次无人在岗后填列；月收入为招聘公布的综合工资。\
             其中脱贫、经费由人工填写。"
        }
        Lang::En => {
            "Definition: a line for each group that has left, by the day on which it was opened; \
             the batch is its number under its agreement; people are those who left, corrections \
             included; the last day stands once nobody of the group is at work; income is the \
             total pay as advertised. Formerly poor and cost are filled in by hand."
        }
    }
}

/// Whether a line is any of the speaker's business: the bureau's all, a
/// point's own people, an enterprise's own workers.
pub(crate) fn sees(speaker: &Speaker, line: &Line) -> bool {
    sight::sees_all(speaker)
        || speaker.party == line.enterprise
        || serves(&speaker.party, &line.point)
}

/// One month.
pub(crate) fn month(city: &City, speaker: &Speaker, period: Period, lang: Lang) -> view::Report {
    let closed = city.report.closed(period);
    let sums = city.report.month(period, |line| sees(speaker, line));
    view::Report {
        period: period.to_string(),
        closed: closed.is_some(),
        as_of: closed.unwrap_or(city.position),
        definition: month_definition(lang).to_owned(),
        lines: sums.iter().map(|(place, sums)| line(period, place, sums)).collect(),
    }
}

fn line(period: Period, place: &Place, sums: &Sums) -> view::ReportLine {
    let Place { county, reach, measure } = *place;
    let (code, reach, measure) = (county.to_string(), name(&reach), name(&measure));
    let count = |part: Part| {
        let number = |value: i64, count: &str| {
            let part = name(&part);
            let events = format!(
                "/v1/reports/{period}/events?county={code}&reach={reach}&measure={measure}\
                 &part={part}&count={count}"
            );
            view::Figure { value, events }
        };
        let sum = sums.of(part);
        view::Count { times: number(sum.times, "times"), people: number(sum.people, "people") }
    };
    view::ReportLine {
        month: count(Part::Month),
        corrections: count(Part::Corrections),
        year: count(Part::Year),
        county_name: division_name(county),
        county: code.clone(),
        reach: reach.clone(),
        measure: measure.clone(),
    }
}

fn division_name(code: DivisionCode) -> String {
    Divisions::table().get(code).map(|one| one.name.to_owned()).unwrap_or_default()
}

/// How an enum of the reports stands in JSON and queries.
fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The cooperation ledger from one day to another.
pub(crate) fn cooperation(
    city: &City,
    speaker: &Speaker,
    (from, to): (Date, Date),
    lang: Lang,
) -> view::Cooperation {
    let mut work: HashMap<&DispatchId, Vec<&Employment>> = HashMap::new();
    for (_, one) in city.employments.iter() {
        if let Some(dispatch) = &one.dispatch {
            work.entry(dispatch).or_default().push(one);
        }
    }
    let mut batches = HashMap::new();
    let mut lines = Vec::new();
    let all = city.index.dispatches.values().filter_map(|id| city.dispatch(id));
    for dispatch in all.filter(|dispatch| dispatch.departed_at.is_some()) {
        // Why: counted over all of them, so that a number stays the same
        // whoever asks, and for whatever days.
        let batch = batches.entry(&dispatch.agreement).or_insert(0);
        *batch += 1;
        let docked_on = beijing::date(dispatch.opened_at);
        let wanted =
            (from..=to).contains(&docked_on) && sight::whole_dispatch(city, speaker, dispatch);
        let vacancy = city.vacancy(&dispatch.vacancy).filter(|_| wanted);
        if let Some(vacancy) = vacancy {
            let work = work.get(&dispatch.id).map(Vec::as_slice).unwrap_or_default();
            lines.push(group(city, dispatch, vacancy, work, *batch));
        }
    }
    view::Cooperation {
        from: from.to_string(),
        to: to.to_string(),
        as_of: city.position,
        definition: cooperation_definition(lang).to_owned(),
        lines,
    }
}

fn group(
    city: &City,
    dispatch: &Dispatch,
    vacancy: &Vacancy,
    work: &[&Employment],
    batch: u32,
) -> view::CooperationLine {
    let mut evidence: Vec<String> = work
        .iter()
        .filter_map(|one| evidence::Value::try_from(one.evidence).ok())
        .filter(|one| *one != evidence::Value::Unspecified)
        .map(|one| one.as_str_name().to_owned())
        .collect();
    evidence.sort_unstable();
    evidence.dedup();
    let mode = travel_mode::Value::try_from(dispatch.opened.mode).unwrap_or_default();
    let pay = vacancy.terms.pay.as_ref();
    let monthly = pay.filter(|pay| pay.unit() == pay_unit::Value::Month);
    view::CooperationLine {
        dispatch: dispatch.id.clone(),
        docked_on: beijing::date(dispatch.opened_at).to_string(),
        place: chain(dispatch.to).join(""),
        enterprise: dispatch.enterprise.clone(),
        enterprise_name: name_of(city, dispatch.enterprise.as_str()),
        agreement: dispatch.agreement.clone(),
        batch,
        people: dispatch.left_with,
        formerly_poor: None,
        mode: mode.as_str_name().to_owned(),
        cost_yuan: None,
        evidence,
        contract_with: vacancy.terms.contract_with().as_str_name().to_owned(),
        work_from: work.iter().map(|one| beijing::date(one.onboarded_at).to_string()).min(),
        work_to: last_day(work),
        monthly_yuan: monthly.map(|pay| (pay.total_from_yuan, pay.total_to_yuan)),
        ends: ends(work),
    }
}

/// The last day of work of a group, once all of it has ended.
fn last_day(work: &[&Employment]) -> Option<String> {
    let ends: Option<Vec<Date>> =
        work.iter().map(|one| one.ended.map(|(at, _)| beijing::date(at))).collect();
    ends?.into_iter().max().map(|day| day.to_string())
}

fn ends(work: &[&Employment]) -> Vec<(String, u32)> {
    let mut counts = std::collections::BTreeMap::new();
    for state in work.iter().filter_map(|one| one.ended.map(|(_, state)| state)) {
        *counts.entry(state).or_insert(0) += 1;
    }
    let named = |state: i32| placement_state_name(state.try_into().unwrap_or_default()).to_owned();
    counts.into_iter().map(|(state, count)| (named(state), count)).collect()
}

/// What a report counts, in the order of its columns.
pub(crate) const MEASURES: [Measure; 3] = [Measure::Dispatched, Measure::Onboarded, Measure::Ended];

/// How far, in the order of its rows.
pub(crate) const REACHES: [Reach; 3] = [Reach::County, Reach::Province, Reach::Beyond];
