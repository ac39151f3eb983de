//! Free texts: what no advert may ask, and what identifies a person, is left
//! out clause by clause.

use gongqiao_contract::refusal::Code;

use super::{Column, cell::Cells};
use crate::text::{half_width, is_blank};

/// Words of a clause that names a contact.
const CONTACT: [&str; 12] = [
    "联系人",
    "联系电话",
    "联系方式",
    "电话",
    "手机",
    "微信",
    "致电",
    "咨询",
    "加V",
    "QQ",
    "邮箱",
    "人事经理",
];
/// What divides clauses.
const ENDS: [char; 9] = ['，', ',', '。', '；', ';', '\n', '！', '!', '|'];
/// So many digits in a row are a telephone number.
const PHONE_DIGITS: usize = 7;

/// A text without clauses that name a contact, which is noted.
pub(super) fn without_contacts(cells: &mut Cells<'_>, column: Column, text: &str) -> String {
    kept(text, |clause| {
        let is_contact = is_contact(clause);
        if is_contact {
            cells.warn(column, Code::DemandContact);
        }
        !is_contact
    })
}

/// A text without clauses that name a contact or limit whom they may not, all
/// of which is noted.
pub(super) fn lawful(cells: &mut Cells<'_>, column: Column, text: &str) -> String {
    let text = without_contacts(cells, column, text);
    kept(&text, |clause| !cells.unlawful(column, clause))
}

fn kept(text: &str, mut keep: impl FnMut(&str) -> bool) -> String {
    let clauses = text.split_inclusive(ENDS).filter(|clause| keep(clause.trim_end_matches(ENDS)));
    clauses.collect::<String>().trim_matches(|c| ENDS.contains(&c) || is_blank(c)).to_owned()
}

fn is_contact(clause: &str) -> bool {
    let plain: String = clause.chars().filter(|c| !is_blank(*c)).map(half_width).collect();
    let upper = plain.to_uppercase();
    CONTACT.iter().any(|word| upper.contains(word)) || has_phone(&plain)
}

/// Seven digits in a row, or as many with dashes as such a number has:
/// 0735-1234567 and 199-0000-0001, not 5000-7000 or 2021-07-20.
fn has_phone(plain: &str) -> bool {
    let runs = plain.split(|c: char| !c.is_ascii_digit() && c != '-');
    runs.map(|run| (run, run.chars().filter(char::is_ascii_digit).count())).any(|(run, digits)| {
        let longest = run.split('-').map(str::len).max().unwrap_or(0);
        longest >= PHONE_DIGITS
            || (run.starts_with('0') && digits >= 10)
            || (run.starts_with('1') && digits == 11)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_that_name_a_contact_are_told_by_words_and_numbers() {
        for clause in [
            "联系人测试甲",
            "电话0735-1234567",
            "19900000001",
            "微信号同上",
            "加v了解",
            "请打 199 0000 0001",
        ] {
            assert!(is_contact(clause), "{clause}");
        }
        for clause in
            ["能适应倒班", "综合5000-7000元", "2021-07-20前到岗", "8:00-17:30", "满6个月奖2000元"]
        {
            assert!(!is_contact(clause), "{clause}");
        }
    }
}
