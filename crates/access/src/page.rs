//! Lists in pages. A page token is opaque, and says after which sequence the
//! next page begins: so nothing is lost or repeated while the list grows.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gongqiao_contract::{Code, Refusal, view::Page};
use serde::Deserialize;
use utoipa::IntoParams;

/// Items of a page when none are asked for.
const DEFAULT_SIZE: usize = 50;
/// Most items of a page.
const MAX_SIZE: usize = 500;

/// What a caller says about one thing.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct AtLeast {
    /// Read the log at least up to here first.
    pub min_sequence: Option<u64>,
}

/// What a caller says about pages.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct PageQuery {
    /// Items wanted.
    pub page_size: Option<usize>,
    /// Where the last page ended.
    pub page_token: Option<String>,
    /// Read the log at least up to here first.
    pub min_sequence: Option<u64>,
}

impl PageQuery {
    /// What a filter with these fields says about pages; `deny_unknown_fields`
    /// and `flatten` don't go together, so each filter has them itself.
    pub fn of(page_size: Option<usize>, page_token: Option<String>) -> Self {
        Self { page_size, page_token, min_sequence: None }
    }

    /// The sequence after which this page begins.
    ///
    /// # Errors
    /// The token is not one of ours.
    pub fn after(&self) -> Result<u64, Refusal> {
        let Some(token) = &self.page_token else { return Ok(0) };
        let read = || -> Option<u64> {
            let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
            std::str::from_utf8(&bytes).ok()?.strip_prefix("after:")?.parse().ok()
        };
        read().ok_or(Refusal::new(Code::RequestPage))
    }

    /// The token of the page that begins after `sequence`.
    pub fn token(sequence: u64) -> String {
        URL_SAFE_NO_PAD.encode(format!("after:{sequence}"))
    }

    /// Takes a page out of items that come with their sequences in order.
    ///
    /// # Errors
    /// The token is not one of ours.
    pub fn take<T>(
        &self,
        position: u64,
        items: impl Iterator<Item = (u64, T)>,
    ) -> Result<Page<T>, Refusal> {
        let size = self.page_size.unwrap_or(DEFAULT_SIZE).clamp(1, MAX_SIZE);
        let after = self.after()?;
        let mut page = Vec::with_capacity(size);
        let mut last = after;
        let mut more = false;
        for (sequence, item) in items.filter(|(sequence, _)| *sequence > after) {
            if page.len() == size {
                more = true;
                break;
            }
            last = sequence;
            page.push(item);
        }
        let next_page_token = more.then(|| Self::token(last));
        Ok(Page { items: page, next_page_token, position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_put_together_are_the_whole_list() {
        let items: Vec<(u64, u64)> = (1..=7).map(|n| (n * 3, n)).collect();
        let mut query = PageQuery { page_size: Some(3), ..PageQuery::default() };
        let mut all = Vec::new();
        loop {
            let page = query.take(21, items.iter().copied()).unwrap();
            all.extend(page.items);
            query.page_token = page.next_page_token;
            if query.page_token.is_none() {
                break;
            }
        }
        assert_eq!(all, (1..=7).collect::<Vec<_>>());
    }

    #[test]
    fn a_token_that_is_not_ours_is_refused() {
        for token in ["", "x", "YWZ0ZXI6eA", "***"] {
            let query = PageQuery { page_token: Some(token.to_owned()), ..PageQuery::default() };
            assert_eq!(query.after().unwrap_err().code, Code::RequestPage, "{token}");
        }
    }
}
