//! 工种: titles with levels, mapped to the classification as far as it goes.

use gongqiao_contract::{
    codes::{SkillLevel, map_title},
    refusal::{Code, Refusal},
    wire::Skill,
};

use super::lists::parts;

/// Levels as they can be written, for the text of a refusal.
const LEVELS: &str = "高级技师, 技师, 高级工, 中级工, 初级工, 一级…五级, 1…5, 无";

/// What a cell of occupations says.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapped {
    /// Every code that the titles may mean, each once.
    pub(super) skills: Vec<Skill>,
    /// Is there a title that means none?
    pub(super) unmapped: bool,
}

/// "title" or "title:level", several of them. A title that may mean several
/// occupations counts for each; of one occupation named twice the better
/// level counts. Only a level that is none is refused.
pub(super) fn map(text: &str) -> Result<Mapped, Refusal> {
    let mut mapped = Mapped::default();
    for part in parts(text) {
        let (title, level) = part.split_once([':', '：']).unwrap_or((part, ""));
        let level = level
            .parse::<SkillLevel>()
            .map_err(|_| Refusal::new(Code::RowSkill).with("why", LEVELS))?
            .number();
        let codes = map_title(title.trim()).codes;
        mapped.unmapped |= codes.is_empty();
        for code in codes {
            add(&mut mapped.skills, code.to_string(), level);
        }
    }
    Ok(mapped)
}

fn add(skills: &mut Vec<Skill>, occupation: String, level: u32) {
    match skills.iter_mut().find(|skill| skill.occupation == occupation) {
        Some(skill) if skill.level == 0 => skill.level = level,
        Some(skill) if level != 0 => skill.level = skill.level.min(level),
        Some(_) => {}
        None => skills.push(Skill { occupation, level }),
    }
}
