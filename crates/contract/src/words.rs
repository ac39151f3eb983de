//! Codes in words for people, in both languages: what stands on the wire stays
//! a code, and whoever shows it to a person asks here.

mod reason;
mod table;

use std::borrow::Cow;

use crate::{Code, Lang};

pub use table::Sort;

impl Sort {
    /// The word for a code, whatever its case; none if it is not of this sort.
    pub fn word(self, code: &str, lang: Lang) -> Option<&'static str> {
        let found = self.table().iter().find(|(known, ..)| known.eq_ignore_ascii_case(code));
        found.map(|(_, en, zh)| match lang {
            Lang::En => *en,
            Lang::Zh => *zh,
        })
    }
}

/// A value of a refusal as its text says it: a code, several of them parted by
/// commas, or a why, in words; whatever else as it is.
pub(crate) fn spoken<'a>(code: Code, name: &str, value: &'a str, lang: Lang) -> Cow<'a, str> {
    if name == "why"
        && lang == Lang::Zh
        && let Some(why) = reason::zh(value)
    {
        return why.into();
    }
    let sorts = sorts(code, name);
    let word = |code: &str| sorts.iter().find_map(|sort| sort.word(code, lang));
    let words: Option<Vec<&str>> = value.split(", ").map(word).collect();
    let joint = if lang == Lang::Zh { "、" } else { ", " };
    words.map_or(Cow::Borrowed(value), |words| words.join(joint).into())
}

/// Of which sorts a value of a refusal may be; none if it is no code.
fn sorts(code: Code, name: &str) -> &'static [Sort] {
    match (code, name) {
        (Code::AuthRole, "needed") => &[Sort::Role],
        (Code::AuthKind, "needed") => &[Sort::PartyKind],
        (Code::SubscriptionKind, "kind") => &[Sort::FeedKind],
        (Code::AgreementScope, "what") => &[Sort::DataClass, Sort::Scope],
        (Code::AgreementNotInForce, "state") => &[Sort::AgreementState],
        (Code::FieldUnknownCode, "system") => &[Sort::System],
        (Code::VacancyNotOpen, "state") => &[Sort::VacancyState],
        (Code::SignalNotOpen, "state") => &[Sort::SignalState],
        (Code::CardUnfit, "why") => &[Sort::Unfit],
        (Code::CardNotWilling, "said") => &[Sort::CallOutcome],
        (Code::DispatchIllegal | Code::ManifestNotGiven, "state")
        | (Code::CorrectionTarget, "group") => &[Sort::DispatchState],
        (Code::DispatchIllegal, "to") => &[Sort::DispatchState, Sort::PlacementState, Sort::Step],
        (Code::PlacementIllegal, "state" | "to") => &[Sort::PlacementState, Sort::Step],
        (Code::CorrectionTarget | Code::CorrectionNothing, "to") => &[Sort::PlacementState],
        (Code::EvidenceRequired, "accepted") | (Code::EvidenceUnsuited, "given" | "accepted") => {
            &[Sort::Evidence]
        }
        (Code::EvidenceUnsuited, "to") => &[Sort::PlacementState, Sort::DispatchState],
        (Code::CaseOther, "kind") => &[Sort::CaseKind],
        (Code::CaseNotOpen, "state") => &[Sort::CaseState],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_once_in_its_sort_and_has_both_languages() {
        let han = |text: &str| text.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
        for sort in Sort::ALL {
            let table = sort.table();
            assert!(!table.is_empty(), "{sort:?} has no words");
            for (index, (code, en, zh)) in table.iter().enumerate() {
                assert!(!en.is_empty() && !han(en), "{sort:?} {code}: {en}");
                assert!(han(zh), "{sort:?} {code}: {zh}");
                let twice = table.iter().skip(index + 1).any(|(other, ..)| other == code);
                assert!(!twice, "{sort:?} has {code} twice");
            }
        }
    }

    fn check(code: Code, name: &str, value: &str, en: &str, zh: &str) {
        assert_eq!(spoken(code, name, value, Lang::En), en);
        assert_eq!(spoken(code, name, value, Lang::Zh), zh);
    }

    #[test]
    fn values_of_refusals_are_said_in_words() {
        check(
            Code::CardUnfit,
            "why",
            "unfit.consent",
            "the person has not agreed to be proposed",
            "本人未同意推荐",
        );
        check(Code::CardNotWilling, "said", "undecided", "undecided", "考虑中");
        check(Code::DispatchIllegal, "state", "accepted", "accepted", "企业已接收");
        check(Code::PlacementIllegal, "to", "no_show", "no-show", "未到");
        check(
            Code::EvidenceUnsuited,
            "accepted",
            "ENTERPRISE_LIST, INSURANCE_RECORD",
            "enterprise's list, insurance record",
            "企业名单、参保记录",
        );
        check(
            Code::AuthKind,
            "needed",
            "service_point, enterprise",
            "service point, enterprise",
            "劳务服务点、企业",
        );
        check(
            Code::FieldInvalid,
            "why",
            "this day has passed",
            "this day has passed",
            "该日期已过",
        );
    }

    #[test]
    fn what_is_no_code_stays_as_it_is() {
        check(Code::VacancyUnlawful, "found", "open", "open", "open");
        check(
            Code::FieldInvalid,
            "why",
            "never heard, of it",
            "never heard, of it",
            "never heard, of it",
        );
        check(
            Code::SignalNotOpen,
            "state",
            "of a later version",
            "of a later version",
            "of a later version",
        );
    }
}
