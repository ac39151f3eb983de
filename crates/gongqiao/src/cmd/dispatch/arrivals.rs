//! `dispatch arrivals`.

use clap::Args;
use gongqiao_contract::{view, words::Sort};
use gongqiao_shell::beijing;
use time::OffsetDateTime;

use crate::{
    cmd::{
        input,
        session::Session,
        words::{state, word},
    },
    output::{cell, when},
};

/// Hours of a day, and the most that may be asked for.
const DAY: u32 = 24;
const MOST: u32 = 7 * DAY;

/// Groups that are to arrive, for whoever receives them (到达清单).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch arrivals
  gongqiao dispatch arrivals --within 3d
  gongqiao dispatch arrivals --from '2026-11-26 00:00' --within 24h")]
pub(crate) struct ArrivalsArgs {
    /// How far ahead, as hours or days: at most 7d.
    #[arg(long, value_name = "24h", default_value = "24h", value_parser = hours)]
    within: u32,
    /// From when on; otherwise from now on.
    #[arg(long, value_name = "TIME", value_parser = input::time)]
    from: Option<OffsetDateTime>,
}

/// Hours, written as `24h` or `3d`.
fn hours(text: &str) -> Result<u32, String> {
    let (number, unit) = match text.strip_suffix('d') {
        Some(days) => (days, DAY),
        None => (text.strip_suffix('h').unwrap_or_default(), 1),
    };
    let hours = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    let hours = hours.filter(|hours| (1..=MOST).contains(hours));
    hours.ok_or_else(|| "as 24h or 3d, at most 7d".to_owned())
}

impl ArrivalsArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let path = input::query(
            "/v1/arrivals",
            [
                self.from.map(|from| format!("from={}", beijing::rfc3339(from))),
                Some(format!("hours={}", self.within)),
            ],
        );
        let all: view::Arrivals = session.get(&path).await?;
        session.output.show(&all, || table(session, &all))
    }
}

fn table(session: &Session, all: &view::Arrivals) -> String {
    let output = &session.output;
    let headings = [
        ("Expected", "预计到达"),
        ("Dispatch", "派遣"),
        ("From", "出发县"),
        ("To", "目的地"),
        ("People", "人数"),
        ("Mode", "方式"),
        ("Plate or train", "车牌或车次"),
        ("Enterprise", "用人单位"),
        ("State", "状态"),
    ];
    let rows = all.items.iter().map(|one| {
        vec![
            when(&one.expected_at),
            cell(&one.dispatch),
            cell(format!("{} {}", one.from, one.point_name)),
            cell(&one.to),
            cell(one.people),
            cell(word(output, Sort::TravelMode, &one.mode)),
            cell(one.plate.as_deref().unwrap_or_default()),
            cell(&one.enterprise_name),
            state(output, Sort::DispatchState, &one.state),
        ]
    });
    let table = output.table(&headings, rows.collect());
    if !all.more {
        return table;
    }
    let more = output.say("There are more: go on with --from.", "未列完：请用 --from 继续。");
    format!("{table}\n{more}")
}

#[cfg(test)]
mod tests {
    use super::hours;

    #[test]
    fn hours_and_days_are_read_up_to_a_week() {
        for (text, expected) in [("24h", Some(24)), ("3d", Some(72)), ("7d", Some(168))] {
            assert_eq!(hours(text).ok(), expected, "{text}");
        }
        for text in ["8d", "169h", "0h", "24", "", "d", "-1h", "4294967295d"] {
            assert!(hours(text).is_err(), "{text}");
        }
    }
}
