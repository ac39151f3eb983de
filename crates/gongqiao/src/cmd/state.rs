//! `state`: what was known at a moment, and what changed between two.

use clap::{Args, ValueEnum};
use comfy_table::Cell;
use gongqiao_contract::{
    Moment,
    id::{NotAToken, check_token},
    view::{PastChange, PastCity, PastDiff, PastPoint, PastState, Place},
    words::Sort,
};
use serde_json::Value;

use super::{
    agreement, dispatch, input,
    session::Session,
    vacancy,
    words::{word, words},
};
use crate::output::{Output, cell, when};

/// What was known at a moment, or changed between two (回溯).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao state --at \"2021-07-20 18:00\"              the city in numbers
  gongqiao state --at -2h dispatch dsp_…              a group, two hours ago
  gongqiao state --at '#4711' vacancy vac_…           a ledger after event 4711
  gongqiao state --diff -1d now vacancy vac_…         what changed, and by which events

A moment is RFC 3339, Beijing time without a zone (2021-07-20 18:00, or a day),
a time ago (-90s, -2h, -3d, -1w), Unix time in s, ms, µs or ns, now, or a
sequence of the log (#123, seq:123, or a number below 10^9). Times mean when
events were recorded. For the operator's keys.")]
pub(crate) struct StateArgs {
    /// The moment (时刻).
    #[arg(
        long,
        value_name = "TIME|SEQ",
        default_value = "now",
        allow_hyphen_values = true,
        conflicts_with = "diff"
    )]
    at: Moment,
    /// Two moments to compare, the earlier first (比较两个时刻).
    #[arg(long, num_args = 2, value_names = ["FROM", "UNTIL"], allow_hyphen_values = true)]
    diff: Option<Vec<Moment>>,
    /// What to look at; the whole city without it.
    #[arg(requires = "id")]
    kind: Option<Kind>,
    /// Its id.
    #[arg(value_parser = token)]
    id: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// A group on its way (派遣)
    Dispatch,
    /// A vacancy with its ledger (需求)
    Vacancy,
    /// A service point (服务点)
    Point,
    /// An agreement (协议)
    Agreement,
}

fn token(text: &str) -> Result<String, NotAToken> {
    check_token(text).map(|()| text.to_owned())
}

impl StateArgs {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let of = self.kind.zip(self.id).map(|(kind, id)| {
            let kind = kind.to_possible_value().map(|kind| kind.get_name().to_owned());
            format!("of={}/{id}", kind.unwrap_or_default())
        });
        match self.diff.as_deref() {
            Some([from, until]) => {
                let (from, until) = (moment("from", *from), moment("until", *until));
                let path = input::query("/v1/state/diff", [Some(from), Some(until), of]);
                let diff: PastDiff = session.get(&path).await?;
                session.output.show(&diff, || diff_text(&session.output, &diff))
            }
            _ => {
                let path = input::query("/v1/state", [Some(moment("at", self.at)), of]);
                let state: PastState = session.get(&path).await?;
                session.output.show(&state, || state_text(session, &state))
            }
        }
    }
}

/// Why `seq:`: a `#` would have to be written as `%23`.
fn moment(name: &str, moment: Moment) -> String {
    format!("{name}={}", moment.to_string().replace('#', "seq:"))
}

type Line = ((&'static str, &'static str), Cell);

fn state_text(session: &Session, state: &PastState) -> String {
    let output = &session.output;
    let mut lines = place(output, &state.place);
    if state.not_understood_count > 0 {
        let named = state.not_understood.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
        lines.push((("Not understood", "无法解读"), cell(state.not_understood_count)));
        lines.push((("", ""), cell(named)));
    }
    let mut parts = vec![output.details(lines)];
    parts.extend(state.city.as_ref().map(|one| city(output, one)));
    parts.extend(state.dispatch.as_ref().map(|one| dispatch::show::text(session, one, None)));
    parts.extend(state.vacancy.as_ref().map(|one| vacancy::text(output, one)));
    parts.extend(state.point.as_ref().map(|one| point(output, one)));
    parts.extend(state.agreement.as_ref().map(|one| agreement::text(output, one)));
    parts.join("\n\n")
}

fn place(output: &Output, place: &Place) -> Vec<Line> {
    let time = |at: Option<&String>| at.map_or_else(|| cell("–"), |at| when(at));
    let position = match place.moved_from {
        None => place.position.to_string(),
        Some(asked) => format!(
            "{} ({} {asked})",
            place.position,
            output.say("the end of the transaction of", "所在事务的末尾，所求序号")
        ),
    };
    vec![
        (("Moment", "时刻"), when(&place.asked)),
        (("Log up to", "日志至序号"), cell(position)),
        (("Last event", "最后事件"), time(place.recorded_at.as_ref())),
        (("Next event", "下一事件"), time(place.next_at.as_ref())),
    ]
}

fn counts<'a>(
    output: &Output,
    sort: Sort,
    counts: impl IntoIterator<Item = (&'a String, &'a u64)>,
) -> Cell {
    let said = counts.into_iter().map(|(code, n)| format!("{} {n}", word(output, sort, code)));
    cell(said.collect::<Vec<_>>().join(output.say(", ", "，")))
}

fn city(output: &Output, city: &PastCity) -> String {
    let details = output.details(vec![
        (("Service points", "服务点"), cell(city.service_points)),
        (("Enterprises", "企业"), cell(city.enterprises)),
        (("Partner cities", "协作城市"), cell(city.partner_cities)),
        (("Open vacancies", "招工中需求"), cell(city.open_vacancies)),
        (("Open signals", "待答复任务"), cell(city.open_signals)),
        (("Open dispatches", "未办结派遣"), cell(city.open_dispatches)),
        (("Open cases", "未办结事项"), cell(city.open_cases)),
        (("Vacancies", "需求"), counts(output, Sort::VacancyState, &city.vacancies)),
        (("Signals", "用工任务"), counts(output, Sort::SignalState, &city.signals)),
        (("Dispatches", "派遣"), counts(output, Sort::DispatchState, &city.dispatches)),
        (("People", "人员"), counts(output, Sort::PlacementState, &city.people)),
    ]);
    let known = Sort::Figure.table().iter().map(|(name, ..)| *name);
    let rows = known.filter_map(|name| {
        let number = city.ledger.get(name).filter(|number| **number != 0)?;
        Some(vec![cell(word(output, Sort::Figure, name)), cell(number)])
    });
    let ledger = output.table(&[("Figure", "指标"), ("Number", "数量")], rows.collect());
    format!("{details}\n\n{ledger}")
}

fn point(output: &Output, point: &PastPoint) -> String {
    output.details(vec![
        (("Point", "服务点"), cell(format!("{} {}", point.party.name, point.party.id))),
        (("Was asked for", "被推荐人数"), cell(point.asked)),
        (("Committed", "已承诺"), cell(point.committed)),
        (("Declined signals", "无人可送"), cell(point.declined)),
        (("Signals", "用工任务"), counts(output, Sort::SignalState, &point.signals)),
        (("People", "人员"), counts(output, Sort::PlacementState, &point.people)),
    ])
}

fn diff_text(output: &Output, diff: &PastDiff) -> String {
    let (from, until) = (place(output, &diff.from), place(output, &diff.until));
    let places = from
        .into_iter()
        .zip(until)
        .map(|((name, from), (_, until))| vec![cell(output.say(name.0, name.1)), from, until]);
    let headings = [("", ""), ("From", "自"), ("Until", "至")];
    let places = output.table(&headings, places.collect());
    let changes = diff.changes.iter().map(change_row);
    let headings = [("What", "项目"), ("Before", "之前"), ("After", "之后"), ("By", "事件序号")];
    let changes = output.table(&headings, changes.collect());
    let events = diff.events.iter().map(|event| {
        let party = event.party.as_deref().unwrap_or_default();
        vec![
            cell(event.sequence),
            when(event.recorded_at.as_deref().unwrap_or_default()),
            cell(word(output, Sort::Event, &event.kind)),
            cell(words(output, Sort::OwnParty, [party])),
        ]
    });
    let headings = [("Sequence", "序号"), ("When", "时间"), ("Event", "事件"), ("Who", "办理单位")];
    let events = output.table(&headings, events.collect());
    let left_out = match diff.events_count.saturating_sub(diff.events.len() as u64) {
        0 => String::new(),
        more => format!("\n… {more} {}", output.say("more", "条未列出")),
    };
    format!("{places}\n\n{changes}\n\n{events}{left_out}")
}

fn change_row(change: &PastChange) -> Vec<Cell> {
    let said = |value: Option<&Value>| match value {
        None => cell("–"),
        Some(Value::String(text)) => cell(text),
        Some(value) => cell(value),
    };
    let by: Vec<String> = change.by.iter().map(u64::to_string).collect();
    vec![
        cell(&change.path),
        said(change.before.as_ref()),
        said(change.after.as_ref()),
        cell(by.join(" ")),
    ]
}
