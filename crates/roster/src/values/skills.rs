//! 工种: titles with levels, mapped to the classification as far as it goes.

use gongqiao_contract::{
    codes::{SkillLevel, map_title},
    wire::Skill,
};

use crate::text::plain;

/// What a cell of occupations says.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapped {
    /// Every code that the titles may mean, each once.
    pub(super) skills: Vec<Skill>,
    /// Is there a title that means none?
    pub(super) unmapped: bool,
    /// Is there a level that is none?
    pub(super) bad_level: bool,
}

/// Words for "none".
const NONE: [&str; 11] =
    ["无", "没有", "否", "暂无", "无技能", "无特长", "不详", "/", "-", "无证书", "无证"];
/// What stands behind a title and says only that somebody may do it.
const CERTIFICATES: [&str; 12] = [
    "职业技能等级证书",
    "职业资格证书",
    "技能等级证书",
    "特种作业操作证",
    "操作证",
    "资格证书",
    "资格证",
    "上岗证",
    "合格证",
    "证书",
    "证件",
    "证",
];
/// Levels that stand directly before or behind a title, the longest first.
const LEVELS: [&str; 14] = [
    "高级技师",
    "技师",
    "高级工",
    "中级工",
    "初级工",
    "一级",
    "二级",
    "三级",
    "四级",
    "五级",
    "高级",
    "中级",
    "初级",
    "特级技师",
];

impl Mapped {
    /// Takes in the skills of another cell, at a level of its own.
    pub(super) fn add(&mut self, other: &Self, level: u32) {
        for skill in &other.skills {
            let level = if skill.level == 0 { level } else { skill.level };
            add(&mut self.skills, skill.occupation.clone(), level);
        }
    }
}

/// "title" or "title:level", several of them. A title that may mean several
/// occupations counts for each; of one occupation named twice the better
/// level counts.
pub(super) fn map(text: &str) -> Mapped {
    let mut mapped = Mapped::default();
    let parts: Vec<&str> = parts(text).collect();
    let only_numbers = parts.iter().all(|part| title_of(part).is_empty());
    for part in parts {
        let (title, level) = part.split_once([':', '：']).unwrap_or((part, ""));
        let level = level.parse::<SkillLevel>().unwrap_or_else(|_| {
            mapped.bad_level = true;
            SkillLevel::NONE
        });
        let title = title_of(title);
        if title.is_empty() || NONE.contains(&title) {
            // Why: `2,3钳工` is a choice from a list and a title; `2,3` alone is none.
            mapped.unmapped |= only_numbers && title.is_empty();
            continue;
        }
        let (codes, level) = codes(title, level);
        mapped.unmapped |= codes.is_empty();
        for code in codes {
            add(&mut mapped.skills, code, level.number());
        }
    }
    mapped
}

/// A level by itself, as a column of its own holds it; `None` where it is none.
pub(super) fn level(text: &str) -> Option<u32> {
    let text = plain(text);
    let level = text.trim_end_matches('证').parse::<SkillLevel>().ok()?;
    Some(level.number())
}

/// The titles of a cell. A slash separates titles, but not in a level, which
/// stands behind a colon.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    super::lists::parts(text).flat_map(move |part| {
        let splits = !part.contains([':', '：']);
        part.split(move |c: char| splits && matches!(c, '/' | '／' | ',' | '，' | '|'))
            .map(str::trim)
            .filter(|part| !part.is_empty())
    })
}

/// A title without the numbers before it (`3钳工`, `1.普工`). A code stays.
fn title_of(part: &str) -> &str {
    let part = part.trim();
    let is_code = part.len() >= 10 && part.as_bytes().get(1) == Some(&b'-');
    if is_code {
        return part;
    }
    part.trim_start_matches(|c: char| {
        c.is_ascii_digit()
            || ('０'..='９').contains(&c)
            || matches!(c, '.' | '、' | ')' | '）' | ' ')
    })
}

/// The codes of a title; where it means nothing, of what is left without
/// certificate and level, which then is the level.
fn codes(title: &str, level: SkillLevel) -> (Vec<String>, SkillLevel) {
    let found = |title: &str| -> Vec<String> {
        map_title(title).codes.iter().map(ToString::to_string).collect()
    };
    let whole = found(title);
    let title = plain(title);
    let (rest, named) = without_level(&title);
    let of_rest = if rest.is_empty() || rest == title { Vec::new() } else { found(rest) };
    // Why: where the rest means something else, the level is part of a name.
    let is_level = whole.is_empty() || whole == of_rest;
    let level = match named {
        Some(named) if is_level && level == SkillLevel::NONE => named,
        _ => level,
    };
    (if whole.is_empty() { of_rest } else { whole }, level)
}

fn without_level(title: &str) -> (&str, Option<SkillLevel>) {
    let bare = |text: &str| -> usize { text.trim_end_matches(['(', ')']).len() };
    let mut rest = &title[..bare(title)];
    let mut named = None;
    loop {
        let certificate = CERTIFICATES.iter().find_map(|word| rest.strip_suffix(word));
        let level = || {
            LEVELS.iter().find_map(|word| {
                let shorter = rest.strip_suffix(word).or_else(|| rest.strip_prefix(word))?;
                Some((shorter, word.parse().ok()))
            })
        };
        let shorter = match certificate {
            Some(shorter) => shorter,
            None => match level() {
                Some((shorter, found)) if named.is_none() && !shorter.is_empty() => {
                    named = found;
                    shorter
                }
                _ => return (rest, named),
            },
        };
        rest = &shorter[..bare(shorter)];
    }
}

fn add(skills: &mut Vec<Skill>, occupation: String, level: u32) {
    match skills.iter_mut().find(|skill| skill.occupation == occupation) {
        Some(skill) if skill.level == 0 => skill.level = level,
        Some(skill) if level != 0 => skill.level = skill.level.min(level),
        Some(_) => {}
        None => skills.push(Skill { occupation, level }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, skills: &[(&str, u32)], unmapped: bool, bad_level: bool) {
        let mapped = map(text);
        let found: Vec<(&str, u32)> =
            mapped.skills.iter().map(|skill| (skill.occupation.as_str(), skill.level)).collect();
        assert_eq!(
            (found.as_slice(), mapped.unmapped, mapped.bad_level),
            (skills, unmapped, bad_level),
            "{text}"
        );
    }

    #[test]
    fn titles_are_found_among_what_people_write_around_them() {
        let (labourer, welder, electrician, fitter) =
            ("6-00-00-00", "6-18-02-04", "6-31-01-03", "6-20-01-01");
        check("普工、电焊／打零工", &[(labourer, 0), (welder, 0), ("8-00-00-00", 0)], false, false);
        check("电工证三级", &[(electrician, 3)], false, false);
        check("电工（高级）", &[(electrician, 3)], false, false);
        check("中级电工", &[(electrician, 4)], false, false);
        check("电工操作证", &[(electrician, 0)], false, false);
        check("电工:三级;焊工:中级工/四级", &[(electrician, 3), (welder, 4)], false, false);
        check("电工:特级", &[(electrician, 0)], false, true);
        check("电工;电工:四级", &[(electrician, 4)], false, false);
        let fitters = map("钳工").skills;
        assert!(!fitters.is_empty(), "{fitter}");
        assert_eq!(map("2,3钳工").skills, fitters);
        assert_eq!(map("1.钳工").skills, fitters);
        check("6-18-02-04", &[(welder, 0)], false, false);
        check("做些杂七杂八的事", &[], true, false);
        check("2,3", &[], true, false);
        for none in ["", "无", "/", "；、"] {
            check(none, &[], false, false);
        }
    }

    #[test]
    fn a_level_of_its_own_is_read() {
        for (text, expected) in [
            ("三级", Some(3)),
            ("中级工", Some(4)),
            ("高级证", Some(3)),
            ("无", Some(0)),
            ("熟练", None),
        ] {
            assert_eq!(level(text), expected, "{text}");
        }
    }
}
