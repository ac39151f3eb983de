//! Which cell means what: the template's columns, and how a header names them.

use crate::table::{Heading, Kind, Named, Row};

/// A column of the template.
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
    /// 工种
    Occupations,
    /// 期望月薪
    WageExpected,
    /// 可到岗日期
    AvailableFrom,
    /// 意向地区
    Destinations,
    /// 同意事项
    Consents,
}

impl Column {
    /// All of them, in the template's order.
    pub const ALL: [Column; 9] = [
        Column::Name,
        Column::CitizenId,
        Column::Phone,
        Column::HomeVillage,
        Column::Occupations,
        Column::WageExpected,
        Column::AvailableFrom,
        Column::Destinations,
        Column::Consents,
    ];

    /// The header in the template.
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
        }
    }

    /// Must every row fill it in?
    pub fn is_mandatory(self) -> bool {
        matches!(self, Self::Name | Self::CitizenId | Self::HomeVillage | Self::Consents)
    }

    /// The column of that header or field. White space and the asterisk that
    /// marks mandatory columns are passed over.
    pub fn find(name: &str) -> Option<Self> {
        let plain = |c: &char| !c.is_whitespace() && !matches!(c, '*' | '＊' | '\u{FEFF}');
        Self::ALL.into_iter().find(|column| {
            name.chars().filter(plain).eq(column.header().chars())
                || name.chars().filter(plain).eq(column.field().chars())
        })
    }
}

/// The labour register as a kind of table.
pub(crate) struct Register;

impl Kind for Register {
    type Column = Column;

    fn named(&self, heading: &Heading<'_>) -> Named<Column> {
        static COLUMNS: [Column; Column::ALL.len()] = Column::ALL;
        match Column::find(heading.text) {
            Some(column) => Named::Column(std::slice::from_ref(&COLUMNS[column as usize])),
            None => Named::Unknown,
        }
    }

    fn missing(&self, found: &[Column]) -> Option<&'static str> {
        let mandatory = Column::ALL.into_iter().filter(|column| column.is_mandatory());
        mandatory.filter(|column| !found.contains(column)).map(Column::header).next()
    }

    fn is_record(&self, row: &Row<'_, Column>) -> bool {
        row.get(Column::CitizenId).is_some()
    }
}
