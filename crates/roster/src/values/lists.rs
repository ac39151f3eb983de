//! Cells that hold several values.

use gongqiao_contract::{
    refusal::{Code, Refusal},
    wire::consent,
};

use super::Fields;
use crate::columns::Column;

/// The parts of a cell: separated by `;` `；` `、` or a new line, blank ones
/// passed over.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '；', '、', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty())
}

/// 同意事项: each once, in the order of the wire; `Register` must be there.
pub(super) fn consents(fields: &Fields<'_>, max: usize) -> Result<Vec<consent::Value>, Refusal> {
    let text = fields.required_text(Column::Consents, max)?;
    let mut consents = Vec::with_capacity(3);
    for part in parts(&text) {
        let value = match part {
            "入册" | "REGISTER" => consent::Value::Register,
            "推荐" | "MATCHING" => consent::Value::Matching,
            "提供" | "DISCLOSURE" => consent::Value::Disclosure,
            _ => return Err(Code::RowConsent.into()),
        };
        if !consents.contains(&value) {
            consents.push(value);
        }
    }
    consents.sort_unstable_by_key(|value| *value as i32);
    if consents.first() != Some(&consent::Value::Register) {
        return Err(Code::RowConsent.into());
    }
    Ok(consents)
}
