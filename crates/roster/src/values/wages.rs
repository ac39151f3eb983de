//! 期望月薪, as people write it: yuan a month come out.

use gongqiao_contract::refusal::{Code, Refusal};

use crate::{
    sheet::Value,
    text::{half_width, is_blank},
};

/// Highest wage expected that is believed, yuan a month.
const MAX: f64 = 100_000.0;
/// A year's pay above this is in yuan, not in 10,000 yuan.
const TEN_THOUSANDS: f64 = 100.0;
/// Longer texts are no wages.
const LONGEST: usize = 60;

const OPEN: [&str; 14] = [
    "面议",
    "面谈",
    "协商",
    "不限",
    "无",
    "无要求",
    "不详",
    "待定",
    "均可",
    "都可以",
    "随意",
    "面商",
    "没有要求",
    "按市场价",
];

/// Whole yuan a month, 0 where nothing in particular is asked for, and what
/// there is to look at.
pub(super) type Wage = (u32, Option<Refusal>);

/// 期望月薪.
pub(super) fn monthly(value: &Value<'_>) -> Wage {
    match value {
        Value::Number(number) if number.fract() == 0.0 && (0.0..=MAX).contains(number) => {
            (*number as u32, None)
        }
        Value::Number(number) => read_as(*number),
        Value::Text(text) => from_text(text),
        Value::Date(..) | Value::Other(_) => (0, Some(Code::RowWage.into())),
    }
}

/// 期望年薪, in 10,000 yuan; a large number can only be yuan.
pub(super) fn yearly(value: &Value<'_>) -> Wage {
    let number = match value {
        Value::Number(number) => Some((*number, "")),
        Value::Text(text) if is_open(text) => return (0, Some(Code::RowWageOpen.into())),
        Value::Text(text) => first_number(&plain(text)).map(|(number, rest)| {
            (number, if rest.contains('元') && !rest.contains('万') { "元" } else { "" })
        }),
        Value::Date(..) | Value::Other(_) => None,
    };
    match number {
        Some((number, unit)) if number > TEN_THOUSANDS || unit == "元" => read_as(number / 12.0),
        Some((number, _)) => read_as(number * 10_000.0 / 12.0),
        None => (0, Some(Code::RowWage.into())),
    }
}

fn plain(text: &str) -> String {
    // Why: `4,500` groups digits; `、` and `；` separate and stay.
    let text = text.chars().filter(|c| !is_blank(*c)).map(half_width);
    text.filter(|c| *c != ',').map(|c| c.to_ascii_lowercase()).collect()
}

fn is_open(text: &str) -> bool {
    text.len() <= LONGEST && OPEN.contains(&plain(text).as_str())
}

fn read_as(wage: f64) -> Wage {
    let wage = wage.round();
    if (1.0..=MAX).contains(&wage) {
        return (wage as u32, Some(Refusal::new(Code::RowWageRead).with("wage", wage)));
    }
    (0, Some(Code::RowWage.into()))
}

fn from_text(text: &str) -> Wage {
    let wrong = || (0, Some(Refusal::new(Code::RowWage)));
    if text.len() <= 6
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(wage) = text.parse::<u32>()
        && f64::from(wage) <= MAX
    {
        return (wage, None);
    }
    if text.len() > LONGEST {
        return wrong();
    }
    if is_open(text) {
        return (0, Some(Code::RowWageOpen.into()));
    }
    let text = plain(text);
    let Some((number, rest)) = first_number(&text) else { return wrong() };
    // Why: what an hour or a day pays, says nothing of a month.
    if ["/时", "小时", "/h", "/天", "/日", "一天", "每天", "日薪", "时薪"]
        .iter()
        .any(|unit| text.contains(unit))
    {
        return wrong();
    }
    let times = unit(rest, number);
    let is_yearly = text.contains("年薪")
        || text.contains("/年")
        || text.contains("一年")
        || text.contains("每年");
    let wage = number * times / if is_yearly { 12.0 } else { 1.0 };
    let says_nothing_else = matches!(rest, "" | "元" | "元/月" | "/月" | "元每月" | "块" | "元月");
    if says_nothing_else
        && text.starts_with(|c: char| c.is_ascii_digit())
        && !is_yearly
        && wage.fract() == 0.0
        && (0.0..=MAX).contains(&wage)
    {
        return (wage as u32, None);
    }
    read_as(wage)
}

/// The first number, and what stands behind it.
fn first_number(text: &str) -> Option<(f64, &str)> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[from..];
    let to = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let number = rest[..to].trim_end_matches('.').parse().ok()?;
    Some((number, &rest[to..]))
}

/// What `千`, `万`, `k` behind the number, or behind the range that it
/// begins, multiply it by.
fn unit(rest: &str, number: f64) -> f64 {
    let behind_range = rest
        .trim_start_matches(['-', '~', '—', '至', '到', '–'])
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let times = |text: &str| match text.chars().next() {
        Some('千' | 'k') => Some(1_000.0),
        Some('万' | 'w') => Some(10_000.0),
        _ => None,
    };
    let is_short = number < 1_000.0;
    times(rest).or_else(|| times(behind_range).filter(|_| is_short)).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn shown((wage, note): Wage) -> (u32, Option<Code>) {
        (wage, note.map(|note| note.code))
    }

    #[track_caller]
    fn check(text: &str, wage: u32, code: Option<Code>) {
        let found = monthly(&Value::Text(Cow::Borrowed(text)));
        assert_eq!(shown(found), (wage, code), "{text}");
    }

    #[test]
    fn wages_are_read_as_people_write_them() {
        for text in
            ["4500", "4,500", "4500元", "4500元/月", "４５００", " 4500 ", "4500/月", "4，500元"]
        {
            check(text, 4_500, None);
        }
        check("0", 0, None);
        let read = Some(Code::RowWageRead);
        for (text, wage) in [
            ("5000-7000", 5_000),
            ("5000—7000元/月", 5_000),
            ("4千", 4_000),
            ("4-5千", 4_000),
            ("5k", 5_000),
            ("6K以上", 6_000),
            ("0.5万", 5_000),
            ("5000以上", 5_000),
            ("4500左右", 4_500),
            ("月薪5000", 5_000),
            ("年薪6万", 5_000),
            ("6万/年", 5_000),
            ("4500.6", 4_501),
        ] {
            check(text, wage, read);
        }
        for text in ["面议", "面 谈", "不限", "无"] {
            check(text, 0, Some(Code::RowWageOpen));
        }
        for text in ["", "高", "20元/小时", "200元/天", "日薪200", "1000000", "-"] {
            check(text, 0, Some(Code::RowWage));
        }
    }

    #[test]
    fn a_year_is_in_ten_thousands_unless_that_cannot_be() {
        for (value, wage) in [
            (Value::Number(6.0), 5_000),
            (Value::Number(60_000.0), 5_000),
            (Value::Number(100.0), 83_333),
            (Value::Text(Cow::Borrowed("6万元")), 5_000),
            (Value::Text(Cow::Borrowed("60000元")), 5_000),
            (Value::Text(Cow::Borrowed("6-8")), 5_000),
        ] {
            assert_eq!(shown(yearly(&value)), (wage, Some(Code::RowWageRead)), "{value:?}");
        }
        assert_eq!(
            shown(yearly(&Value::Text(Cow::Borrowed("面议")))),
            (0, Some(Code::RowWageOpen))
        );
        assert_eq!(shown(yearly(&Value::Number(-1.0))), (0, Some(Code::RowWage)));
    }

    #[test]
    fn what_is_no_wage_counts_as_none() {
        for value in [
            Value::Number(-1.0),
            Value::Number(f64::NAN),
            Value::Number(1e12),
            Value::Other(Cow::Borrowed("TRUE")),
        ] {
            assert_eq!(shown(monthly(&value)), (0, Some(Code::RowWage)), "{value:?}");
        }
        assert_eq!(shown(monthly(&Value::Number(4500.5))), (4_501, Some(Code::RowWageRead)));
    }
}
