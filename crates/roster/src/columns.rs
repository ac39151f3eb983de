//! Which column means what in a labour register: the template's columns, and
//! what clerks call them.

mod names;

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    table::{Heading, Kind, Named, Row, Value},
    values::is_like_an_id,
};

/// A column that is read. The first nine are the template's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// 姓名
    Name,
    /// 身份证号
    CitizenId,
    /// 联系电话
    Phone,
    /// 户籍村
    HomeVillage,
    /// 工种: wanted, or of no said kind
    Occupations,
    /// 期望月薪
    WageExpected,
    /// 可到岗日期
    AvailableFrom,
    /// 意向地区
    Destinations,
    /// 同意事项
    Consents,
    /// 第二电话
    Phone2,
    /// 行政区划代码
    DivisionCode,
    /// 县
    County,
    /// 乡镇
    Township,
    /// 家庭住址: looked at where no village is named
    Address,
    /// 性别: compared with the ID
    Sex,
    /// 年龄: compared with the ID, or taken where there is none
    Age,
    /// 出生日期: likewise
    BirthDate,
    /// 从事工种
    CurrentOccupation,
    /// 技能特长
    Skills,
    /// 证书
    Certificate,
    /// 技能等级
    SkillLevel,
    /// 期望年薪, in 10,000 yuan
    AnnualWageExpected,
    /// 就业单位: whoever has one works already
    Employer,
    /// 就业状态
    Employment,
    /// 紧急联系人
    EmergencyContact,
    /// 紧急联系电话
    EmergencyPhone,
    /// 脱贫户
    PovertyLifted,
    /// 困难群体: may name poverty
    Hardship,
}

/// How many there are.
pub(crate) const COLUMNS: usize = 28;

impl Column {
    /// All of them, the template's first.
    pub const ALL: [Self; COLUMNS] = [
        Self::Name,
        Self::CitizenId,
        Self::Phone,
        Self::HomeVillage,
        Self::Occupations,
        Self::WageExpected,
        Self::AvailableFrom,
        Self::Destinations,
        Self::Consents,
        Self::Phone2,
        Self::DivisionCode,
        Self::County,
        Self::Township,
        Self::Address,
        Self::Sex,
        Self::Age,
        Self::BirthDate,
        Self::CurrentOccupation,
        Self::Skills,
        Self::Certificate,
        Self::SkillLevel,
        Self::AnnualWageExpected,
        Self::Employer,
        Self::Employment,
        Self::EmergencyContact,
        Self::EmergencyPhone,
        Self::PovertyLifted,
        Self::Hardship,
    ];

    /// The template's columns, in its order.
    pub const TEMPLATE: [Self; 9] = [
        Self::Name,
        Self::CitizenId,
        Self::Phone,
        Self::HomeVillage,
        Self::Occupations,
        Self::WageExpected,
        Self::AvailableFrom,
        Self::Destinations,
        Self::Consents,
    ];

    /// The header, in the template and in notes.
    pub fn header(self) -> &'static str {
        match self {
            Self::Name => "姓名",
            Self::CitizenId => "身份证号",
            Self::Phone => "联系电话",
            Self::HomeVillage => "户籍村",
            Self::Occupations => "工种",
            Self::WageExpected => "期望月薪",
            Self::AvailableFrom => "可到岗日期",
            Self::Destinations => "意向地区",
            Self::Consents => "同意事项",
            Self::Phone2 => "第二电话",
            Self::DivisionCode => "行政区划代码",
            Self::County => "县",
            Self::Township => "乡镇",
            Self::Address => "家庭住址",
            Self::Sex => "性别",
            Self::Age => "年龄",
            Self::BirthDate => "出生日期",
            Self::CurrentOccupation => "从事工种",
            Self::Skills => "技能特长",
            Self::Certificate => "证书",
            Self::SkillLevel => "技能等级",
            Self::AnnualWageExpected => "期望年薪",
            Self::Employer => "就业单位",
            Self::Employment => "就业状态",
            Self::EmergencyContact => "紧急联系人",
            Self::EmergencyPhone => "紧急联系电话",
            Self::PovertyLifted => "脱贫户",
            Self::Hardship => "困难群体",
        }
    }

    /// The field in JSON.
    pub fn field(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CitizenId => "citizenId",
            Self::Phone => "phone",
            Self::HomeVillage => "homeVillage",
            Self::Occupations => "occupations",
            Self::WageExpected => "wageExpected",
            Self::AvailableFrom => "availableFrom",
            Self::Destinations => "destinations",
            Self::Consents => "consents",
            Self::Phone2 => "phone2",
            Self::DivisionCode => "divisionCode",
            Self::County => "county",
            Self::Township => "township",
            Self::Address => "address",
            Self::Sex => "sex",
            Self::Age => "age",
            Self::BirthDate => "birthDate",
            Self::CurrentOccupation => "currentOccupation",
            Self::Skills => "skills",
            Self::Certificate => "certificate",
            Self::SkillLevel => "skillLevel",
            Self::AnnualWageExpected => "annualWageExpected",
            Self::Employer => "employer",
            Self::Employment => "employment",
            Self::EmergencyContact => "emergencyContact",
            Self::EmergencyPhone => "emergencyPhone",
            Self::PovertyLifted => "povertyLifted",
            Self::Hardship => "hardship",
        }
    }

    /// Must a register have it? Whoever can't be told from others can't be
    /// kept; everything else may be missing.
    pub fn is_mandatory(self) -> bool {
        matches!(self, Self::Name | Self::CitizenId)
    }

    /// The column of that header or field, as they stand in the template, in
    /// notes and in JSON.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| name == column.header() || name == column.field())
    }
}

/// The labour register as a kind of table.
pub(crate) struct Register;

/// What a word in a header means.
type Words = HashMap<&'static str, Named<Column>>;

/// [`names`], by word.
static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let columns = names::COLUMNS
        .iter()
        .flat_map(|(columns, words)| words.iter().map(|word| (*word, Named::Column(columns))));
    let own = Column::ALL.iter().flat_map(|column| {
        let named = Named::Column(std::slice::from_ref(column));
        [(column.header(), named), (column.field(), named)]
    });
    let dropped = names::DROPPED.iter().map(|word| (*word, Named::Dropped));
    let numbers = names::NUMBERS.iter().map(|word| (*word, Named::Number));
    dropped.chain(numbers).chain(own).chain(columns).collect()
});

impl Kind for Register {
    type Column = Column;

    fn named(&self, heading: &Heading<'_>) -> Named<Column> {
        // Why: the nearest group says more than those above it.
        for group in heading.groups.iter().rev() {
            let grouped = names::GROUPED.iter().find(|(groups, words, _)| {
                groups.iter().any(|part| group.contains(part)) && words.contains(&heading.text)
            });
            if let Some((.., named)) = grouped {
                return *named;
            }
        }
        if let Some(named) = WORDS.get(heading.full).or_else(|| WORDS.get(heading.text)) {
            return *named;
        }
        let has_part = |parts: &[&str]| parts.iter().any(|part| heading.text.contains(part));
        if has_part(names::DROPPED_PARTS) { Named::Dropped } else { Named::Unknown }
    }

    fn missing(&self, found: &[Column]) -> Option<&'static str> {
        let mandatory = Column::ALL.into_iter().filter(|column| column.is_mandatory());
        mandatory.filter(|column| !found.contains(column)).map(Column::header).next()
    }

    fn is_record(&self, row: &Row<'_, Column>) -> bool {
        match row.get(Column::CitizenId) {
            Some(Value::Number(number)) => *number >= 1e13,
            Some(value) => value.text().is_some_and(is_like_an_id),
            None => false,
        }
    }

    fn is_filler(&self, column: Column) -> bool {
        use Column as C;
        matches!(
            column,
            C::DivisionCode
                | C::County
                | C::Township
                | C::HomeVillage
                | C::Sex
                | C::Age
                | C::BirthDate
        )
    }

    fn repeats(&self, column: Column) -> bool {
        !column.is_mandatory()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_word_means_one_thing() {
        let columns = names::COLUMNS.iter().flat_map(|(_, words)| words.iter());
        let mut seen = HashSet::new();
        for word in columns.chain(names::DROPPED).chain(names::NUMBERS) {
            assert!(seen.insert(*word), "{word} stands twice");
            assert!(!word.contains(char::is_whitespace), "{word} is never found");
        }
        for column in Column::ALL {
            assert!(!names::DROPPED.contains(&column.header()), "{column:?}");
            assert_eq!(Column::find(column.header()), Some(column));
            assert_eq!(Column::find(column.field()), Some(column));
            assert_eq!(Column::ALL[column as usize], column);
        }
    }
}
