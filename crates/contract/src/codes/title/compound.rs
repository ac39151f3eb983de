//! Titles that stand in no table, taken apart. Chinese puts the head last:
//! 小区保安 is a guard. Where the head says nothing but "worker", what stands
//! before it says where: 电池厂普工 makes batteries.

use std::sync::LazyLock;

use super::{How, whole};
use crate::codes::{
    OccupationCode, Occupations,
    text::{lines, parts},
};

static TABLE: &str = include_str!("../../../data/title-words.csv");
static WORDS: LazyLock<Words> = LazyLock::new(Words::read);
/// A shorter text is no title, and no part of one.
const SHORTEST: usize = 2;
/// What may be taken off a head: 喷油工 is known as 喷油.
const HEAD_TAILS: [char; 4] = ['工', '员', '师', '匠'];

struct Words {
    before: Vec<&'static str>,
    behind: Vec<&'static str>,
    roles: Vec<&'static str>,
    tails: Vec<&'static str>,
    endings: Vec<&'static str>,
}

impl Words {
    fn read() -> Self {
        let of = |wanted: &str| {
            let rows = lines(TABLE).filter_map(|line| line.split_once(','));
            rows.filter(|(kind, _)| *kind == wanted).flat_map(|(_, words)| parts(words)).collect()
        };
        Self {
            before: of("before"),
            behind: of("behind"),
            roles: of("role"),
            tails: of("tail"),
            endings: of("ending"),
        }
    }
}

/// Whether a title without advertising stands in a table.
pub(super) fn is_known(title: &str) -> bool {
    forms(title).into_iter().any(|form| exact(form).is_some())
}

/// The codes of a title that is in no table as it stands.
pub(super) fn understood(title: &str) -> Vec<OccupationCode> {
    let forms = forms(title);
    let each = |find: fn(&str) -> Option<Vec<OccupationCode>>| forms.iter().find_map(|f| find(f));
    // Why in this order: the fewer words have to be passed over, the surer it is.
    each(exact)
        .or_else(|| each(stem))
        .or_else(|| each(compound))
        .or_else(|| each(leading))
        .unwrap_or_default()
}

fn exact(title: &str) -> Option<Vec<OccupationCode>> {
    whole(title).map(|found| found.codes)
}

/// A title, and what is left of it without advertising, the longest first.
fn forms(title: &str) -> Vec<&str> {
    closure(without_numbers(title), |form| {
        let before = WORDS.before.iter().filter_map(|word| form.strip_prefix(word));
        let behind = WORDS.behind.iter().filter_map(|word| form.strip_suffix(word));
        before.chain(behind).map(without_numbers).collect()
    })
}

/// All that a text can be shortened to, itself first.
fn closure(text: &str, shorter: impl Fn(&str) -> Vec<&str>) -> Vec<&str> {
    let mut forms = Vec::from_iter(Some(text).filter(|text| is_long(text)));
    let mut at = 0;
    while let Some(&form) = forms.get(at) {
        for shorter in shorter(form) {
            if is_long(shorter) && !forms.contains(&shorter) {
                forms.push(shorter);
            }
        }
        at += 1;
    }
    forms
}

fn is_long(text: &str) -> bool {
    text.chars().nth(SHORTEST - 1).is_some()
}

/// Without marks and the numbers at either end: 20名, 3年, 01.
fn without_numbers(title: &str) -> &str {
    let mark = |c: char| c.is_ascii_digit() || super::is_mark(c);
    let title = title.trim_matches(super::is_mark).trim_start_matches(mark);
    let title = ["年以上", "年", "名", "人", "个"]
        .iter()
        .find_map(|unit| title.strip_suffix(unit).filter(|rest| rest.ends_with(mark)))
        .unwrap_or(title);
    let title = title.trim_end_matches(mark);
    title.strip_prefix('年').unwrap_or(title)
}

/// The name that a trade, product or place of work stands in: 灯具 in
/// 灯具制造工, 理发店 in 理发, 操作员 for 操作工.
fn stem(title: &str) -> Option<Vec<OccupationCode>> {
    let bases = closure(title, |form| {
        WORDS.tails.iter().filter_map(|tail| form.strip_suffix(tail)).collect()
    });
    bases.iter().find_map(|base| {
        let swapped = swapped(base).and_then(|other| exact(&other));
        let ended = || WORDS.endings.iter().find_map(|end| exact(&format!("{base}{end}")));
        exact(base).or(swapped).or_else(ended)
    })
}

/// The same title as others write it.
fn swapped(title: &str) -> Option<String> {
    let pairs = [("驾驶员", "司机"), ("司机", ""), ("员", "工"), ("工", "员")];
    let mut others = pairs.into_iter().filter_map(|(from, to)| {
        title.strip_suffix(from).filter(|rest| is_long(rest)).map(|rest| format!("{rest}{to}"))
    });
    others.find(|other| exact(other).is_some())
}

/// What the longest known head means, or what stands before a head that only
/// says "worker".
fn compound(title: &str) -> Option<Vec<OccupationCode>> {
    splits(title).find_map(|(modifier, head)| {
        let codes = known(head);
        let vague = WORDS.roles.contains(&head) || codes.as_deref().is_some_and(is_vague);
        if !vague {
            return codes;
        }
        match (place(modifier), codes) {
            (Some(place), Some(codes)) => Some(narrowed(place, codes)),
            (place, codes) => place.or(codes),
        }
    })
}

/// The ways to cut a title in two, the longest head first.
fn splits(title: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = title.char_indices().map(|(at, _)| at).skip(1);
    starts.map(|at| title.split_at(at)).filter(|(_, head)| is_long(head))
}

/// The trade or branch that a modifier names.
fn place(modifier: &str) -> Option<Vec<OccupationCode>> {
    if !is_long(modifier) {
        return None;
    }
    let at_its_end = || splits(modifier).find_map(|(_, head)| stem(head));
    let found = stem(modifier).or_else(|| compound(modifier)).or_else(at_its_end);
    found.filter(|codes| !is_vague(codes))
}

/// Of a role's codes those in the branch, if the branch is a group of
/// several: 组装 in 电子厂组装 is not the one of machines.
fn narrowed(branch: Vec<OccupationCode>, role: Vec<OccupationCode>) -> Vec<OccupationCode> {
    let inside =
        |code: &OccupationCode| branch.iter().any(|group| code != group && code.in_group(*group));
    let narrow: Vec<_> = role.into_iter().filter(inside).collect();
    if narrow.is_empty() { branch } else { narrow }
}

/// What the head of a title means, by itself.
fn known(head: &str) -> Option<Vec<OccupationCode>> {
    let shorter = || head.strip_suffix(HEAD_TAILS).filter(|head| is_long(head)).and_then(exact);
    trade(head).or_else(shorter).or_else(|| exact(&swapped(head)?))
}

/// As [`exact`], without the fragments of group names that the
/// classification's data holds as aliases: 身体健康 is no trade.
fn trade(title: &str) -> Option<Vec<OccupationCode>> {
    let table = Occupations::table();
    let is_group = |code: &OccupationCode| table.get(*code).is_some_and(|found| found.level < 4);
    let found = whole(title)?;
    (found.how != How::Alias || !found.codes.iter().all(is_group)).then_some(found.codes)
}

/// Whether codes only say "worker": main groups.
fn is_vague(codes: &[OccupationCode]) -> bool {
    let table = Occupations::table();
    codes.iter().all(|code| table.get(*code).is_none_or(|occupation| occupation.level == 1))
}

/// The longest known title that a text begins with: 普工长白班包吃住.
fn leading(title: &str) -> Option<Vec<OccupationCode>> {
    let ends = title.char_indices().map(|(at, _)| at).rev();
    ends.filter(|end| is_long(&title[..*end])).find_map(|end| trade(&title[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_words_is_read() {
        let kinds = ["before", "behind", "role", "tail", "ending"];
        assert!(lines(TABLE).skip(1).all(|line| kinds.contains(&line.split(',').next().unwrap())));
        assert_eq!(lines(TABLE).skip(1).count(), kinds.len());
    }

    #[test]
    fn numbers_around_a_title_are_passed_over() {
        for (text, title) in [
            ("操作工20名", "操作工"),
            ("01普工", "普工"),
            ("3年焊工", "焊工"),
            ("焊工3年以上", "焊工"),
            ("2.钳工", "钳工"),
            ("幼年", "幼年"),
        ] {
            assert_eq!(without_numbers(text), title);
        }
    }
}
