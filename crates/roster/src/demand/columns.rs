//! Which cell means what: the columns of demand sheets.

use super::names::{NAMES, PERSONAL};
use crate::{
    table::{Heading, Kind, Named, Row},
    text::plain,
};

/// A column of a demand sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// 企业
    Enterprise,
    /// 信用代码
    CreditCode,
    /// 园区
    Park,
    /// 工作地点
    Place,
    /// 岗位
    Title,
    /// 人数
    Headcount,
    /// 人数, 男
    Men,
    /// 人数, 女
    Women,
    /// 性别
    Sex,
    /// 年龄
    Age,
    /// 学历
    Education,
    /// 技能等级
    Level,
    /// 工作内容
    Duties,
    /// 要求
    Conditions,
    /// 底薪
    BasePay,
    /// 综合工资
    TotalPay,
    /// 工资, or 底薪/综合工资 in one
    Pay,
    /// 计薪
    PayUnit,
    /// 发薪日
    Payday,
    /// 班次
    Shift,
    /// 食宿
    Board,
    /// 社保
    Insurance,
    /// 直签/派遣
    Contract,
    /// 到岗时间
    Arrival,
    /// 有效期至
    ValidUntil,
    /// 是否急招
    Urgent,
    /// 可培训上岗
    Trainable,
    /// 接送
    Bus,
}

impl Column {
    /// All of them, in the template's order.
    pub const ALL: [Self; 28] = [
        Self::Enterprise,
        Self::CreditCode,
        Self::Park,
        Self::Place,
        Self::Title,
        Self::Headcount,
        Self::Men,
        Self::Women,
        Self::Sex,
        Self::Age,
        Self::Education,
        Self::Level,
        Self::Duties,
        Self::Conditions,
        Self::BasePay,
        Self::TotalPay,
        Self::Pay,
        Self::PayUnit,
        Self::Payday,
        Self::Shift,
        Self::Board,
        Self::Insurance,
        Self::Contract,
        Self::Arrival,
        Self::ValidUntil,
        Self::Urgent,
        Self::Trainable,
        Self::Bus,
    ];

    /// Its header.
    pub fn header(self) -> &'static str {
        NAMES[self as usize].1[0]
    }

    /// The column with this header.
    pub fn find(header: &str) -> Option<Self> {
        let header = plain(header);
        NAMES.iter().find(|(_, names)| names.contains(&header.as_str())).map(|(column, _)| *column)
    }

    /// The column from which a field of a vacancy's terms comes, by the JSON
    /// pointer that a refusal of the terms has.
    pub fn of_pointer(pointer: &str) -> Option<Self> {
        let field = pointer.strip_prefix("/terms/")?;
        Some(match field.split('/').next()? {
            "title" | "occupations" => Self::Title,
            "headcount" => Self::Headcount,
            "level" => Self::Level,
            "duties" => Self::Duties,
            "conditions" => Self::Conditions,
            "place" | "address" => Self::Place,
            "park" => Self::Park,
            "pay" => Self::Pay,
            "shift" => Self::Shift,
            "neededBy" | "batches" => Self::Arrival,
            "validUntil" => Self::ValidUntil,
            _ => return None,
        })
    }
}

/// A demand sheet as a kind of table.
pub(crate) struct DemandSheet;

impl Kind for DemandSheet {
    type Column = Column;

    fn named(&self, heading: &Heading<'_>) -> Named<Column> {
        static COLUMNS: [Column; Column::ALL.len()] = Column::ALL;
        let by_name = |text: &str| NAMES.iter().position(|(_, names)| names.contains(&text));
        // Why: 合计 below 人数 is the headcount, and 合计 alone is nothing.
        let is_sum = matches!(heading.text, "合计" | "小计" | "总数" | "总计" | "不限");
        let below_headcount =
            heading.groups.iter().any(|group| Column::find(group) == Some(Column::Headcount));
        let found = by_name(heading.text)
            .or_else(|| by_name(heading.full))
            .or_else(|| (is_sum && below_headcount).then_some(Column::Headcount as usize));
        match found {
            Some(index) => Named::Column(std::slice::from_ref(&COLUMNS[index])),
            None if matches!(heading.text, "序号" | "编号") => Named::Number,
            None if PERSONAL.contains(&heading.text) || is_contact(heading) => Named::Dropped,
            None => Named::Unknown,
        }
    }

    fn missing(&self, found: &[Column]) -> Option<&'static str> {
        let has = |column| found.contains(&column);
        if !has(Column::Title) {
            return Some(Column::Title.header());
        }
        let counted = has(Column::Headcount) || has(Column::Men) || has(Column::Women);
        (!counted).then_some(Column::Headcount.header())
    }

    fn is_record(&self, row: &Row<'_, Column>) -> bool {
        let title = row.get(Column::Title).and_then(|value| value.text()).map(plain);
        title.is_some_and(|title| !matches!(title.as_str(), "合计" | "总计" | "小计" | "共计"))
            && row.get(Column::Headcount).is_some()
    }

    fn is_filler(&self, column: Column) -> bool {
        matches!(column, Column::Enterprise | Column::CreditCode | Column::Park | Column::Place)
    }
}

fn is_contact(heading: &Heading<'_>) -> bool {
    ["联系人", "电话", "手机", "联系方式"].iter().any(|word| heading.text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_order_of_their_numbers_and_names_are_unique() {
        let mut seen = std::collections::HashSet::new();
        for (index, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, index);
            assert_eq!(NAMES[index].0, column);
            for name in NAMES[index].1 {
                assert!(seen.insert(*name), "{name} stands twice");
                assert_eq!(plain(name), *name, "{name} is not in the form of comparison");
                assert!(!PERSONAL.contains(name));
            }
            assert_eq!(Column::find(column.header()), Some(column));
        }
    }

    #[test]
    fn pointers_lead_to_columns() {
        assert_eq!(Column::of_pointer("/terms/pay/baseYuan"), Some(Column::Pay));
        assert_eq!(Column::of_pointer("/terms/neededBy"), Some(Column::Arrival));
        assert_eq!(Column::of_pointer("/enterprise"), None);
    }
}
