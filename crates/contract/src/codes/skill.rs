//! Skill levels (职业技能等级): 1, senior technician, down to 5, junior.

use std::{fmt, str::FromStr};

use super::text::{half_width, is_blank};

/// Words for each level: the certificate's, the grade's, the short one that
/// forms use. The two levels that stand above senior technician since 2022
/// (特级技师, 首席技师) count as 1, the apprentice below junior as none.
const WORDS: [(u8, &[&str]); 6] = [
    (1, &["首席技师", "特级技师", "高级技师", "一级", "壹级"]),
    (2, &["技师", "二级", "贰级"]),
    (3, &["高级工", "高级", "三级", "叁级"]),
    (4, &["中级工", "中级", "四级", "肆级"]),
    (5, &["初级工", "初级", "五级", "伍级"]),
    (0, &["学徒工", "无等级", "无证书", "没有", "未评", "无"]),
];

/// A certified level, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SkillLevel(u8);

/// A text or number names no skill level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a skill level is 1 (高级技师) to 5 (初级工), or 0 (无)")]
pub struct UnknownSkillLevel;

impl SkillLevel {
    /// No certificate.
    pub const NONE: Self = Self(0);

    /// From the number on the wire: 1 to 5, 0 for none.
    ///
    /// # Errors
    /// For any other number.
    pub fn new(number: u32) -> Result<Self, UnknownSkillLevel> {
        u8::try_from(number).ok().filter(|n| *n <= 5).map(Self).ok_or(UnknownSkillLevel)
    }

    /// The number on the wire: 1 to 5, 0 for none.
    pub fn number(self) -> u32 {
        self.0.into()
    }

    /// Whether somebody of this level fits where at least `asked` is asked.
    pub fn meets(self, asked: Self) -> bool {
        asked == Self::NONE || (self != Self::NONE && self.0 <= asked.0)
    }

    /// The certificate's word, 无 for none.
    pub fn name(self) -> &'static str {
        ["无", "高级技师", "技师", "高级工", "中级工", "初级工"][usize::from(self.0)]
    }
}

impl FromStr for SkillLevel {
    type Err = UnknownSkillLevel;

    /// Reads 高级技师, 三级, 3, 高级工(三级), 国家职业资格四级 and the like; an
    /// empty text is none.
    fn from_str(text: &str) -> Result<Self, UnknownSkillLevel> {
        let text: String = text.chars().filter(|&c| !is_blank(c)).map(half_width).collect();
        if text.is_empty() {
            return Ok(Self::NONE);
        }
        if let Ok(number) = text.trim_end_matches('级').parse() {
            return Self::new(number);
        }
        let core = text.trim_start_matches("国家职业资格").trim_start_matches("职业技能等级");
        let level_of = |part: &str| {
            WORDS.iter().find(|(_, words)| words.contains(&part)).map(|(level, _)| Self(*level))
        };
        // Why: 高级工/三级 names one level twice; two different ones name none.
        let mut found = None;
        for part in core.split(['(', ')', '/', '、']).filter(|part| !part.is_empty()) {
            let level = level_of(part).ok_or(UnknownSkillLevel)?;
            if found.is_some_and(|earlier| earlier != level) {
                return Err(UnknownSkillLevel);
            }
            found = Some(level);
        }
        found.ok_or(UnknownSkillLevel)
    }
}

impl fmt::Display for SkillLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_every_spelling() {
        for (text, level) in [
            ("高级技师", 1),
            ("技师", 2),
            ("高级工", 3),
            ("中级工", 4),
            ("初级工", 5),
            ("一级", 1),
            ("五级", 5),
            ("１", 1),
            ("5", 5),
            ("3级", 3),
            ("高级工（三级）", 3),
            ("三级/高级工", 3),
            (" 国家职业资格四级 ", 4),
            ("无", 0),
            ("0", 0),
            ("", 0),
        ] {
            assert_eq!(text.parse::<SkillLevel>().map(SkillLevel::number), Ok(level), "{text}");
        }
    }

    #[test]
    fn what_is_no_level_is_refused() {
        for text in ["6", "-1", "高", "六级", "熟练", "技师/高级工", "()"] {
            assert_eq!(text.parse::<SkillLevel>(), Err(UnknownSkillLevel), "{text}");
        }
        assert_eq!(SkillLevel::new(256), Err(UnknownSkillLevel));
    }

    #[test]
    fn a_lower_number_is_the_higher_skill() {
        let level = |n| SkillLevel::new(n).unwrap();
        assert!(level(1).meets(level(3)) && level(3).meets(level(3)) && !level(4).meets(level(3)));
        assert!(level(0).meets(level(0)) && level(5).meets(level(0)) && !level(0).meets(level(5)));
    }

    #[test]
    fn names_read_back() {
        for number in 0..=5 {
            let level = SkillLevel::new(number).unwrap();
            assert_eq!(level.name().parse(), Ok(level));
        }
    }
}
