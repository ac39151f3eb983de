//! Codes of the API in words for people. The words themselves stand in
//! [`gongqiao_contract::words`]; a code that is new to us is shown as it is.

use comfy_table::Cell;
use gongqiao_contract::words::Sort;

use crate::output::{Output, coloured};

/// A code in the user's language.
pub(crate) fn word(output: &Output, sort: Sort, code: &str) -> String {
    sort.word(code, output.lang).unwrap_or(code).to_owned()
}

/// Several codes in the user's language.
pub(crate) fn words<'a>(
    output: &Output,
    sort: Sort,
    codes: impl IntoIterator<Item = &'a str>,
) -> String {
    let words: Vec<String> = codes.into_iter().map(|code| word(output, sort, code)).collect();
    words.join(output.say(", ", "、"))
}

/// A state in the user's language, coloured by what it means.
pub(crate) fn state(output: &Output, sort: Sort, code: &str) -> Cell {
    coloured(code, &word(output, sort, code))
}

#[cfg(test)]
mod tests;
