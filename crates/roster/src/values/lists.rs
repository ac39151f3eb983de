//! Cells that hold several values.

use gongqiao_contract::{refusal::Code, wire::consent};

use crate::text::plain;

/// The parts of a cell: separated by `;` `；` `、` or a new line, blank ones
/// passed over.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', '、', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty())
}

const YES: [&str; 15] = [
    "是",
    "同意",
    "√",
    "✓",
    "✔",
    "☑",
    "已授权",
    "授权",
    "已同意",
    "愿意",
    "y",
    "yes",
    "1",
    "有",
    "全部同意",
];
const NO: [&str; 15] = [
    "否",
    "不同意",
    "×",
    "✗",
    "✘",
    "x",
    "未授权",
    "不授权",
    "未同意",
    "不愿意",
    "n",
    "no",
    "0",
    "无",
    "☐",
];

/// What of the three a person agreed to where the form asks yes or no.
pub(super) const ALL: [consent::Value; 3] =
    [consent::Value::Register, consent::Value::Matching, consent::Value::Disclosure];

/// `是` or `否`, in the many ways in which forms are ticked.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    let word = plain(text).to_lowercase();
    if YES.contains(&word.as_str()) {
        return Some(true);
    }
    NO.contains(&word.as_str()).then_some(false)
}

/// 同意事项: each once, in the order of the wire; `Register` must be there.
pub(super) fn consents(text: &str) -> Result<Vec<consent::Value>, Code> {
    match yes_or_no(text) {
        Some(true) => return Ok(ALL.to_vec()),
        Some(false) => return Ok(vec![consent::Value::Register]),
        None => {}
    }
    let mut consents = Vec::with_capacity(3);
    for part in parts(text).flat_map(|part| part.split([',', '，', '/'])) {
        let value = match part.trim() {
            "入册" | "REGISTER" => consent::Value::Register,
            "推荐" | "MATCHING" => consent::Value::Matching,
            "提供" | "DISCLOSURE" => consent::Value::Disclosure,
            _ => return Err(Code::RowConsent),
        };
        if !consents.contains(&value) {
            consents.push(value);
        }
    }
    consents.sort_unstable_by_key(|value| *value as i32);
    if consents.first() != Some(&consent::Value::Register) {
        return Err(Code::RowConsent);
    }
    Ok(consents)
}
