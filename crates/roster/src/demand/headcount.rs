//! How many people: `50`, `男30女20`, `30-50人`; never `若干`.

use gongqiao_contract::refusal::{Code, Refusal};

use super::{Column, cell::Cells};
use crate::text::plain;

/// Most people that one vacancy may ask for, as the gate has it.
const MAX: u32 = 100_000;

/// What one cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Of(u32),
    /// 男30女20
    BySex(u32, u32),
    /// 30-50
    Range(u32, u32),
    /// 约50
    About(u32),
}

/// The headcount of a row; `None` if it is refused, which is noted.
pub(super) fn read(cells: &mut Cells<'_>) -> Option<u32> {
    let mut by_sex = None;
    let all = match plain(&cells.text(Column::Headcount)) {
        text if text.is_empty() => None,
        text => match count(&text) {
            Some(Count::Of(n)) => Some(n),
            Some(Count::BySex(men, women)) => {
                by_sex = Some((Column::Headcount, men, women));
                Some(men + women)
            }
            Some(Count::Range(from, to)) => {
                cells.read_as(
                    Column::Headcount,
                    format!("{from}人（写的是{from}至{to}人）"),
                    format!("{from} people, of {from} to {to}"),
                );
                Some(from)
            }
            Some(Count::About(n)) => {
                cells.read_as(Column::Headcount, format!("{n}人"), format!("{n} people"));
                Some(n)
            }
            None => return refuse(cells, Column::Headcount),
        },
    };
    let (men, women) = (of_sex(cells, Column::Men)?, of_sex(cells, Column::Women)?);
    if men + women > 0 {
        by_sex = Some((Column::Men, men, women));
    }
    let sum = by_sex.map_or(0, |(_, men, women)| men + women);
    let headcount = all.unwrap_or(sum);
    if sum > headcount {
        let refusal = Refusal::new(Code::DemandHeadcountSum);
        cells.refuse(Column::Headcount, refusal.with("sum", sum).with("headcount", headcount));
        return None;
    }
    if !(1..=MAX).contains(&headcount) {
        return refuse(cells, Column::Headcount);
    }
    if let Some((column, men, women)) = by_sex {
        cells.unlawful(
            column,
            &match (men, women) {
                (_, 0) => format!("限男{men}名"),
                (0, _) => format!("限女{women}名"),
                _ => format!("男{men}名，女{women}名"),
            },
        );
        cells.read_as(
            column,
            format!("男女不限，共{headcount}人"),
            format!("{headcount} people, men and women alike"),
        );
    }
    Some(headcount)
}

/// The number in 男 or 女; blank and 不限 count as none.
fn of_sex(cells: &mut Cells<'_>, column: Column) -> Option<u32> {
    let text = plain(&cells.text(column));
    if matches!(text.as_str(), "" | "不限" | "/" | "-" | "无") {
        return Some(0);
    }
    match count(&text) {
        Some(Count::Of(n)) if n <= MAX => Some(n),
        _ => refuse(cells, column),
    }
}

fn refuse(cells: &mut Cells<'_>, column: Column) -> Option<u32> {
    cells.refuse(column, Refusal::new(Code::DemandHeadcount).with("max", MAX));
    None
}

fn count(text: &str) -> Option<Count> {
    let text = match text.split_once('(') {
        Some((before, note))
            if !before.is_empty() && !note.contains(|c: char| c.is_ascii_digit()) =>
        {
            before
        }
        _ => text,
    };
    if let Some(count) = by_sex(text) {
        return Some(count);
    }
    let about = ["约", "大约", "左右", "以上", "余", "多"];
    let core = about.iter().fold(text.to_owned(), |text, word| text.replace(word, ""));
    let is_about = core != text;
    let core = core.trim_start_matches("急招").trim_start_matches("急需").trim_start_matches("招");
    let core = core.trim_end_matches(['人', '名', '位', '个']);
    if let Some((from, to)) = core.split_once(['-', '~', '至', '到', '—']) {
        let (from, to) = (number(from.trim_end_matches('人'))?, number(to)?);
        return (from < to).then_some(Count::Range(from, to));
    }
    if let Some((men, women)) = core.split_once('/') {
        return Some(Count::BySex(number(men)?, number(women)?));
    }
    let n = number(core)?;
    Some(if is_about { Count::About(n) } else { Count::Of(n) })
}

/// 男30女20, 男:30 女:20, 30男20女.
fn by_sex(text: &str) -> Option<Count> {
    let is_before = text.starts_with(['男', '女']);
    let part = |sex: char| {
        let (before, after) = text.split_once(sex)?;
        if is_before {
            let after = after.trim_start_matches(['性', '工', ':']);
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            return number(&after[..end]);
        }
        let before = before.trim_end_matches(['人', '名', '个']);
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        number(&before[start..])
    };
    Some(Count::BySex(part('男')?, part('女')?))
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && *n <= MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_people_are_read_as_people_write_them() {
        for (text, expected) in [
            ("50", Some(Count::Of(50))),
            ("50人", Some(Count::Of(50))),
            ("急招200名", Some(Count::Of(200))),
            ("50(男女不限)", Some(Count::Of(50))),
            ("男30女20", Some(Count::BySex(30, 20))),
            ("男30人,女20人", Some(Count::BySex(30, 20))),
            ("30男20女", Some(Count::BySex(30, 20))),
            ("30/20", Some(Count::BySex(30, 20))),
            ("30-50人", Some(Count::Range(30, 50))),
            ("约50人", Some(Count::About(50))),
            ("50人以上", Some(Count::About(50))),
            ("若干", None),
            ("不限", None),
            ("50-30", None),
            ("", None),
            ("0.5", None),
            ("99999999999", None),
        ] {
            assert_eq!(count(text), expected, "{text}");
        }
    }
}
