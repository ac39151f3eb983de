//! What a register says of somebody's situation: at work already, lifted out
//! of poverty.

use super::{fields::Fields, lists};
use crate::{columns::Column, sheet::Value, text::plain};

/// Words for somebody who works, and for somebody who doesn't.
const WORKING: [&str; 13] = [
    "已就业",
    "就业",
    "在岗",
    "在职",
    "外出",
    "外出务工",
    "已外出",
    "务工",
    "在外",
    "在外务工",
    "已务工",
    "是",
    "自主创业",
];
const NOT_WORKING: [&str; 10] =
    ["无", "未就业", "否", "待业", "失业", "无业", "在家", "务农", "未外出", "-"];

/// The column that says that somebody works already.
pub(super) fn works_at(fields: &Fields<'_>) -> Option<Column> {
    let word = |column| {
        let text = fields.get(column).and_then(|value: &Value<'_>| value.text());
        text.filter(|text| text.len() <= 120).map(plain)
    };
    let state = word(Column::Employment);
    if state.as_deref().is_some_and(|state| NOT_WORKING.contains(&state)) {
        return None;
    }
    if state.as_deref().is_some_and(|state| WORKING.contains(&state)) {
        return Some(Column::Employment);
    }
    let employer = word(Column::Employer);
    employer.filter(|name| !NOT_WORKING.contains(&name.as_str())).map(|_| Column::Employer)
}

/// Words of the poverty registers.
const POVERTY: [&str; 5] = ["脱贫", "建档立卡", "贫困", "监测", "致贫"];

/// Of a household that was lifted out of poverty, or is watched?
pub(super) fn poverty_lifted(fields: &Fields<'_>, max: usize) -> bool {
    let text = |column| fields.text(column, max).ok().flatten();
    let names_it = |text: &str| {
        POVERTY.iter().any(|word| text.contains(word)) && !text.starts_with(['非', '不', '否'])
    };
    let asked = text(Column::PovertyLifted);
    asked.is_some_and(|text| lists::yes_or_no(&text).unwrap_or_else(|| names_it(&text)))
        || text(Column::Hardship).is_some_and(|text| names_it(&text))
}
