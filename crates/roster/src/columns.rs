//! Which cell means what: the template's columns, and how a header names them.

use gongqiao_contract::refusal::{Code, Refusal};

use crate::sheet::{Cell, Value};

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

/// Where the template's columns stand in one file.
#[derive(Debug)]
pub(crate) struct Layout {
    /// `by_index[i]` is what the sheet's column `i` means.
    by_index: Vec<Option<Column>>,
    /// Headers that mean nothing to us, shortened, in the sheet's order.
    pub(crate) unknown: Vec<String>,
}

/// Of how many unknown columns, and how many characters of each, we tell.
const UNKNOWN_COLUMNS: usize = 50;
const UNKNOWN_CHARS: usize = 40;

impl Layout {
    /// Reads a header row. Of two columns with one name the first counts and
    /// the other is unknown.
    ///
    /// # Errors
    /// [`Code::RosterHeader`] names the first mandatory column that is missing.
    pub(crate) fn from_header(header: &[Cell<'_>]) -> Result<Self, Refusal> {
        let mut layout = Self { by_index: Vec::new(), unknown: Vec::new() };
        for cell in header {
            let index = usize::from(cell.column);
            let text = match &cell.value {
                Value::Text(text) => text.as_ref(),
                _ => "",
            };
            match Column::find(text) {
                Some(column) if !layout.by_index.contains(&Some(column)) => {
                    if layout.by_index.len() <= index {
                        layout.by_index.resize(index + 1, None);
                    }
                    layout.by_index[index] = Some(column);
                }
                _ if layout.unknown.len() < UNKNOWN_COLUMNS => {
                    layout.unknown.push(text.trim().chars().take(UNKNOWN_CHARS).collect());
                }
                _ => {}
            }
        }
        let missing = Column::ALL
            .into_iter()
            .find(|column| column.is_mandatory() && !layout.by_index.contains(&Some(*column)));
        match missing {
            Some(column) => Err(Refusal::new(Code::RosterHeader).with("column", column.header())),
            None => Ok(layout),
        }
    }

    /// What the sheet's column `index` means.
    pub(crate) fn column(&self, index: u16) -> Option<Column> {
        self.by_index.get(usize::from(index)).copied().flatten()
    }

    /// Where a column stands, if it does.
    pub(crate) fn index(&self, column: Column) -> Option<u16> {
        let index = self.by_index.iter().position(|found| *found == Some(column))?;
        u16::try_from(index).ok()
    }
}
