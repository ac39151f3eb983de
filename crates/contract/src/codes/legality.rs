//! What a job advert may not ask. Finds the phrases; whether an exception of
//! the law applies (work barred to women by the state, 女职工禁忌从事的劳动) is
//! for a person to judge.
//!
//! The phrases are data (`data/job-advert-prohibitions.csv`, which explains
//! its own form), tried in turn at every character.

mod ages;
mod pattern;

use std::{ops::Range, sync::LazyLock};

use pattern::{Rules, Text};

use crate::Words;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::read);

/// What a phrase discriminates by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Man or woman.
    Sex,
    /// Ethnic group or race.
    Ethnicity,
    /// Faith or none.
    Religion,
    /// Where somebody's household is registered, in town or country.
    HouseholdRegistration,
    /// Where somebody comes from.
    Origin,
    /// Farmer, migrant worker, townsman, cadre.
    Identity,
    /// Married, pregnant, with children, or planning to.
    MarriageChildbearing,
    /// Carrier of hepatitis B or another pathogen.
    PathogenCarrier,
    /// Disabled.
    Disability,
    /// Older or younger than some age other than the law's own.
    Age,
    /// Taller than some height.
    Height,
}

/// One unlawful phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it discriminates by.
    pub category: Category,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// What a lawful advert would say instead. A proposal: whether the work
    /// needs what it names is for the employer to say.
    pub proposal: Words,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Sex,
        Self::Ethnicity,
        Self::Religion,
        Self::HouseholdRegistration,
        Self::Origin,
        Self::Identity,
        Self::MarriageChildbearing,
        Self::PathogenCarrier,
        Self::Disability,
        Self::Age,
        Self::Height,
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Sex => "sex",
            Self::Ethnicity => "ethnicity",
            Self::Religion => "religion",
            Self::HouseholdRegistration => "household_registration",
            Self::Origin => "origin",
            Self::Identity => "identity",
            Self::MarriageChildbearing => "marriage_childbearing",
            Self::PathogenCarrier => "pathogen_carrier",
            Self::Disability => "disability",
            Self::Age => "age",
            Self::Height => "height",
        }
    }

    /// What it is called.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Sex => ("性别", "sex"),
            Self::Ethnicity => ("民族、种族", "ethnic group or race"),
            Self::Religion => ("宗教信仰", "faith"),
            Self::HouseholdRegistration => ("户籍", "household registration"),
            Self::Origin => ("地域", "place of origin"),
            Self::Identity => ("身份", "status"),
            Self::MarriageChildbearing => ("婚育", "marriage or children"),
            Self::PathogenCarrier => ("传染病病原携带", "carried pathogens"),
            Self::Disability => ("残疾", "disability"),
            Self::Age => ("年龄", "age"),
            Self::Height => ("身高", "height"),
        };
        Words { zh: zh.to_owned(), en: en.to_owned() }
    }

    /// The articles that forbid it. Age and height are named by none; a limit
    /// that the work does not need falls under the general prohibition.
    pub fn law(self) -> &'static str {
        match self {
            Self::Sex => {
                "就业促进法第三条、第二十七条；妇女权益保障法（2022年修订）第四十三条；\
                 人力资源市场暂行条例第二十四条"
            }
            Self::Ethnicity => "就业促进法第三条、第二十八条；人力资源市场暂行条例第二十四条",
            Self::Religion => "就业促进法第三条；人力资源市场暂行条例第二十四条",
            Self::HouseholdRegistration | Self::Identity => {
                "就业促进法第三条、第三十一条；\
                 人力资源市场暂行条例（不得在户籍、地域、身份等方面设置限制人力资源流动的条件）"
            }
            Self::Origin => {
                "就业促进法第三条；\
                 人力资源市场暂行条例（不得在户籍、地域、身份等方面设置限制人力资源流动的条件）"
            }
            Self::MarriageChildbearing => {
                "就业促进法第二十七条；妇女权益保障法（2022年修订）第四十三条"
            }
            Self::PathogenCarrier => "就业促进法第三十条；就业服务与就业管理规定第十九条",
            Self::Disability => "就业促进法第二十九条；残疾人保障法第三十八条",
            Self::Age => {
                "就业促进法第三条、第二十六条；劳动法第十五条（最低就业年龄）；\
                 国务院关于渐进式延迟法定退休年龄的办法（防范和治理就业年龄歧视）"
            }
            Self::Height => "就业促进法第三条、第二十六条",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }
}

impl Finding {
    fn new(text: &str, category: Category, range: Range<usize>) -> Self {
        let least = ages::least(&text[range.clone()]).to_string();
        let filled = |words: &str| words.replace("{min}", &least);
        let proposal = RULES.proposal(category);
        let proposal = proposal.map(|words| Words { zh: filled(&words.zh), en: filled(&words.en) });
        Self { category, range, proposal: proposal.unwrap_or_else(|| category.words()) }
    }
}

/// The unlawful phrases of an advert's text, in the order of the text; of
/// several of one category that overlap, the first and longest.
pub fn check_advert(original: &str) -> Vec<Finding> {
    let text = Text::new(original, &RULES);
    let lawful: Vec<_> = (0..text.len()).filter_map(|at| RULES.lawful_at(&text, at)).collect();
    let mut findings: Vec<(Category, Range<usize>)> = (0..text.len())
        .flat_map(|at| RULES.unlawful_at(&text, at))
        .filter(|(_, range)| !lawful.iter().any(|hidden| overlap(hidden, range)))
        .collect();
    findings.sort_by_key(|(category, range)| (*category, range.start, usize::MAX - range.end));
    findings.dedup_by(|later, kept| later.0 == kept.0 && overlap(&later.1, &kept.1));
    findings.sort_by_key(|(category, range)| (range.start, *category));
    let mut findings: Vec<Finding> = findings
        .into_iter()
        .map(|(category, range)| Finding::new(original, category, text.bytes(&range)))
        .collect();
    let named = |found: &Finding| findings.iter().any(|known| known.category == found.category);
    if let Some(found) = bare(original).filter(|found| !named(found)) {
        findings.push(found);
    }
    findings
}

/// A word that stands alone among the conditions (`女 18-40`, `汉族`) is one.
fn bare(text: &str) -> Option<Finding> {
    let one_sex = text.contains('男') != text.contains('女');
    let category_of = |word: &str| match word {
        "男" | "女" | "男性" | "女性" if one_sex => Some(Category::Sex),
        "汉族" | "汉" => Some(Category::Ethnicity),
        _ => None,
    };
    let between = |c: char| c.is_whitespace() || ",，;；、。/|".contains(c);
    text.split(between).find_map(|word| {
        let category = category_of(word)?;
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        Some(Finding::new(text, category, start..start + word.len()))
    })
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests;
