//! Pay: `2200元/月`, `20-22元/小时`, `底薪2200，综合5000-7000`, `2000+提成`.

use gongqiao_contract::{
    refusal::Code,
    wire::{Pay, pay_unit::Value as Unit},
};

use super::{Column, cell::Cells};
use crate::text::{half_width, is_blank};

/// Below this no month is paid, and no hour above: 20 is an hour's pay.
const HOURLY_BELOW: f64 = 200.0;
/// Highest pay of any unit, as the gate has it.
const MAX: f64 = 1_000_000.0;

/// What an amount is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// 底薪
    Base,
    /// 综合
    Total,
    /// Neither is said.
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Month,
    Hour,
    Day,
    Piece,
}

/// One amount of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Amount {
    from: f64,
    to: f64,
    per: Option<Per>,
    role: Role,
    /// 以上, +提成: there is more to it.
    open: bool,
}

/// What one cell says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    amounts: Vec<Amount>,
    piecework: bool,
    /// There are words that no field holds.
    words: bool,
}

/// The pay of a row, and its words where no field holds them; `None` if it is
/// refused, which is noted.
pub(super) fn read(cells: &mut Cells<'_>) -> Option<(Pay, Vec<String>)> {
    let mut found = Found::default();
    for (column, role) in
        [(Column::BasePay, Role::Base), (Column::TotalPay, Role::Total), (Column::Pay, Role::Plain)]
    {
        let text = cells.text(column);
        if text.is_empty() {
            continue;
        }
        let hint = cells.header(column).to_owned();
        let combined = column == Column::Pay && hint.contains("底薪") && hint.contains("综合");
        let said = said(&text, per_of(&compared(&hint)), role, combined);
        if said.words || said.amounts.iter().any(|amount| amount.open) {
            cells.warn(column, Code::DemandText);
            found.words.push(text.into_owned());
        }
        found.piecework |= said.piecework;
        found.amounts.extend(said.amounts.into_iter().map(|amount| (column, amount)));
    }
    let unit = compared(&cells.text(Column::PayUnit));
    found.piecework |= unit.contains("计件");
    let asked = per_of(&unit);
    let pay = found.pay(cells, asked)?;
    let payday = payday(cells);
    Some((Pay { payday, ..pay }, found.words))
}

#[derive(Default)]
struct Found {
    amounts: Vec<(Column, Amount)>,
    piecework: bool,
    words: Vec<String>,
}

impl Found {
    fn pay(&self, cells: &mut Cells<'_>, asked: Option<Per>) -> Option<Pay> {
        let per = |amount: &Amount| {
            amount.per.or(asked.filter(|per| *per != Per::Piece)).unwrap_or_else(|| guess(amount))
        };
        if let Some((column, _)) = self.amounts.iter().find(|(_, amount)| per(amount) == Per::Day) {
            cells.refuse(*column, Code::DemandPayUnit);
            return None;
        }
        let beyond = |amount: &Amount| amount.from < 1.0 || amount.to > MAX;
        if let Some((column, _)) = self.amounts.iter().find(|(_, amount)| beyond(amount)) {
            cells.refuse(*column, Code::DemandPay);
            return None;
        }
        let first = |wanted: Per, roles: &[Role]| {
            self.amounts.iter().find(|(_, a)| per(a) == wanted && roles.contains(&a.role)).copied()
        };
        let hourly = first(Per::Hour, &[Role::Base, Role::Plain, Role::Total]);
        let base = first(Per::Month, &[Role::Base]);
        let total = first(Per::Month, &[Role::Total]);
        let plain = first(Per::Month, &[Role::Plain]);
        let mut pay = Pay::default();
        if let Some((_, amount)) = hourly {
            pay.hourly_yuan = yuan(amount.from);
        }
        if let Some((_, amount)) = total.or(plain.filter(|(_, a)| a.from < a.to || base.is_some()))
        {
            (pay.total_from_yuan, pay.total_to_yuan) = (yuan(amount.from), yuan(amount.to));
        }
        if let Some((column, amount)) = base {
            pay.base_yuan = yuan(amount.from);
            pay.set_unit(if self.piecework { Unit::Piece } else { Unit::Month });
            ranged(cells, column, &amount, "底薪", "base pay");
        } else if let Some((column, amount)) = hourly {
            pay.base_yuan = pay.hourly_yuan;
            pay.set_unit(Unit::Hour);
            ranged(cells, column, &amount, "每小时", "an hour");
        } else if let Some((column, amount)) = plain {
            // Why: whatever the base, nobody gets less than the lower end.
            pay.base_yuan = yuan(amount.from);
            pay.set_unit(if self.piecework { Unit::Piece } else { Unit::Month });
            ranged(cells, column, &amount, "底薪", "base pay");
        } else {
            let columns = [Column::BasePay, Column::Pay, Column::TotalPay];
            let there = columns.into_iter().find(|column| cells.value(*column).is_some());
            cells.refuse(there.unwrap_or(Column::BasePay), Code::DemandPay);
            return None;
        }
        Some(pay)
    }
}

/// Says that only the lower end of a range is promised.
fn ranged(cells: &mut Cells<'_>, column: Column, amount: &Amount, zh: &str, en: &str) {
    let from = yuan(amount.from);
    if amount.from < amount.to {
        let to = yuan(amount.to);
        cells.read_as(
            column,
            format!("{zh}{from}元，最高{to}元"),
            format!("{from} yuan {en}, at most {to}"),
        );
    } else if amount.per.is_none() || amount.from.fract() != 0.0 {
        cells.read_as(column, format!("{zh}{from}元"), format!("{from} yuan {en}"));
    }
}

fn guess(amount: &Amount) -> Per {
    if amount.to < HOURLY_BELOW { Per::Hour } else { Per::Month }
}

fn yuan(amount: f64) -> u32 {
    // Why floor: no more is promised than what is written.
    amount.floor() as u32
}

/// 15日, 每月15号, 次月10日.
fn payday(cells: &mut Cells<'_>) -> u32 {
    let text = cells.text(Column::Payday);
    let digits: String = compared(&text)
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    match digits.parse::<u32>() {
        Ok(day) if (1..=31).contains(&day) => day,
        _ => {
            if !text.is_empty() {
                cells.warn(Column::Payday, Code::DemandText);
            }
            0
        }
    }
}

fn compared(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_blank(*c)).map(half_width).collect();
    text.to_lowercase()
}

fn per_of(text: &str) -> Option<Per> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["小时", "/时", "/h", "每时", "时薪", "钟点"]) {
        Some(Per::Hour)
    } else if has(&["/天", "/日", "日薪", "每天", "一天", "日结", "按天"]) {
        Some(Per::Day)
    } else if has(&["/月", "月薪", "每月", "一个月", "月综合", "按月", "月结", "月收入", "月工资"])
    {
        Some(Per::Month)
    } else if has(&["/件", "计件", "每件"]) {
        Some(Per::Piece)
    } else {
        None
    }
}

fn role_of(text: &str, otherwise: Role) -> Role {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["底薪", "基本工资", "保底", "基本", "基础"]) {
        Role::Base
    } else if has(&["综合", "到手", "月入", "总收入", "收入"]) {
        Role::Total
    } else {
        otherwise
    }
}

/// Everything that a cell says. `combined`: base and total stand in one cell,
/// the base first.
fn said(text: &str, hint: Option<Per>, role: Role, combined: bool) -> Said {
    let text = without_thousands(&compared(text));
    let text = unslashed(&text);
    let mut said = Said { piecework: text.contains("计件"), ..Said::default() };
    for clause in text.split([',', ';', '、', '。', '\n']).filter(|clause| !clause.is_empty()) {
        let parts: Vec<&str> = clause.split('/').collect();
        for part in &parts {
            let per =
                per_of(part).or_else(|| per_of(clause)).or(hint).filter(|per| *per != Per::Piece);
            let (amounts, words) = amounts(part);
            said.words |= words;
            said.amounts.extend(amounts.into_iter().map(|(from, to, open)| Amount {
                from,
                to,
                per,
                role: role_of(part, role),
                open,
            }));
        }
    }
    let split =
        combined && said.amounts.len() == 2 && said.amounts.iter().all(|a| a.role == Role::Plain);
    if split {
        said.amounts[0].role = Role::Base;
        said.amounts[1].role = Role::Total;
    }
    said
}

/// 5,000 is 5000.
fn without_thousands(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let is_mark = |at: usize| {
        chars[at] == ','
            && at > 0
            && digit(at - 1)
            && (1..=3).all(|n| digit(at + n))
            && !digit(at + 4)
    };
    chars.iter().enumerate().filter(|(at, _)| !is_mark(*at)).map(|(_, c)| *c).collect()
}

/// 元/月 without the slash that divides amounts elsewhere.
fn unslashed(text: &str) -> String {
    let units = [
        ("/小时", "每小时"),
        ("/时", "每小时"),
        ("/h", "每小时"),
        ("/天", "每天"),
        ("/日", "每天"),
        ("/月", "每月"),
        ("/件", "每件"),
        ("/人", ""),
    ];
    units.iter().fold(text.to_owned(), |text, (slashed, word)| text.replace(slashed, word))
}

/// Words around amounts that say nothing more.
const SAID: [&str; 37] = [
    "底薪",
    "基本工资",
    "基础工资",
    "保底工资",
    "保底",
    "基本",
    "基础",
    "综合工资",
    "综合薪资",
    "综合收入",
    "综合月薪",
    "综合",
    "到手工资",
    "到手",
    "月入",
    "月收入",
    "收入",
    "工资",
    "薪资",
    "薪酬",
    "月薪",
    "时薪",
    "日薪",
    "待遇",
    "每小时",
    "每天",
    "每月",
    "小时",
    "一个月",
    "计时",
    "元",
    "块",
    "约",
    "大约",
    "左右",
    ":",
    "的",
];

/// The amounts of a text, and whether there are words beside them.
fn amounts(text: &str) -> (Vec<(f64, f64, bool)>, bool) {
    let mut rest = text;
    let (mut amounts, mut between) = (Vec::new(), String::new());
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        between.push_str(&rest[..at]);
        let (from, behind) = amount(&rest[at..]);
        rest = behind;
        let marked = rest.strip_prefix('元').unwrap_or(rest);
        let mut to = from;
        let second = marked.strip_prefix(['-', '~', '至', '到', '—', '–']);
        if let Some(second) = second.filter(|text| text.starts_with(|c: char| c.is_ascii_digit())) {
            (to, rest) = amount(second);
        }
        // Why: 5-7k is 5,000 to 7,000.
        let from = if from * 1_000.0 <= to && to >= 1_000.0 { from * 1_000.0 } else { from };
        let unit = rest.strip_prefix('元').unwrap_or(rest);
        let open = ["以上", "起", "+", "不封顶"].iter().any(|word| unit.starts_with(word));
        for word in ["以上", "起"] {
            rest = rest.strip_prefix('元').unwrap_or(rest);
            rest = rest.strip_prefix(word).unwrap_or(rest);
        }
        if from > 0.0 && from <= to {
            amounts.push((from, to, open));
        } else {
            between.push('?');
        }
    }
    between.push_str(rest);
    let left = SAID.iter().fold(between, |text, word| text.replace(word, ""));
    (amounts, left.chars().any(char::is_alphabetic) || left.contains(['+', '?']))
}

/// A number with its 千 or 万, and what stands behind.
fn amount(text: &str) -> (f64, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].trim_end_matches('.').parse().unwrap_or_default();
    let rest = &text[end..];
    for (word, times) in [("万", 10_000.0), ("w", 10_000.0), ("千", 1_000.0), ("k", 1_000.0)] {
        if let Some(rest) = rest.strip_prefix(word) {
            return (number * times, rest);
        }
    }
    (number, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From, to, and their unit as a letter; `+` for more.
    fn shown(text: &str) -> Vec<String> {
        let said = said(text, None, Role::Plain, true);
        said.amounts
            .iter()
            .map(|a| {
                let per = a.per.map_or("?", |per| match per {
                    Per::Month => "m",
                    Per::Hour => "h",
                    Per::Day => "d",
                    Per::Piece => "p",
                });
                let role = match a.role {
                    Role::Base => "base ",
                    Role::Total => "total ",
                    Role::Plain => "",
                };
                format!("{role}{}-{}{per}{}", a.from, a.to, if a.open { "+" } else { "" })
            })
            .collect()
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2200", &["2200-2200?"][..]),
            ("2200元/月", &["2200-2200m"]),
            ("20-22元/小时", &["20-22h"]),
            ("２０—２２元／小时", &["20-22h"]),
            ("20元/H", &["20-20h"]),
            ("5000-7000元/月", &["5000-7000m"]),
            ("5000元-7000元", &["5000-7000?"]),
            ("5,000-7,000元/月", &["5000-7000m"]),
            ("5-7k", &["5000-7000?"]),
            ("0.5万-0.7万", &["5000-7000?"]),
            ("底薪2200，综合5000-7000元/月", &["base 2200-2200?", "total 5000-7000m"]),
            ("2200/5000-7000", &["base 2200-2200?", "total 5000-7000?"]),
            ("2000+提成", &["2000-2000?+"]),
            ("5000以上", &["5000-5000?+"]),
            ("200元/天", &["200-200d"]),
            ("月薪4500元", &["4500-4500m"]),
            ("面议", &[]),
            ("计件", &[]),
            ("", &[]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn words_that_no_field_holds_are_seen() {
        let words = |text: &str| said(text, None, Role::Plain, false).words;
        for text in ["2000+提成", "底薪2200加绩效", "面议", "5000-7000元/月，多劳多得"]
        {
            assert!(words(text), "{text}");
        }
        for text in
            ["5000-7000元/月", "底薪2200，综合5000-7000", "20-22元/小时", "约5000元", "5000元以上"]
        {
            assert!(!words(text), "{text}");
        }
    }
}
