//! Which cell means what: the columns of dispatch rosters.

use super::block;
use crate::table::{Heading, Kind, Named, Row};

/// A column of a dispatch roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// 姓名
    Name,
    /// 身份证号
    CitizenId,
    /// 手机
    Phone,
    /// 出发日期
    Departs,
    /// 出发地点
    From,
    /// 目的地
    Destination,
    /// 出行方式
    Mode,
    /// 上车点
    PickUp,
    /// 企业
    Enterprise,
    /// 紧急联系人
    Emergency,
    /// 紧急联系电话
    EmergencyPhone,
}

impl Column {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Name,
        Self::CitizenId,
        Self::Phone,
        Self::Departs,
        Self::From,
        Self::Destination,
        Self::Mode,
        Self::PickUp,
        Self::Enterprise,
        Self::Emergency,
        Self::EmergencyPhone,
    ];

    /// Its header.
    pub fn header(self) -> &'static str {
        NAMES[self as usize].1[0]
    }
}

/// The names of each column; the first is the usual one.
const NAMES: [(Column, &[&str]); Column::ALL.len()] = [
    (Column::Name, &["姓名", "人员姓名", "务工人员姓名", "输送人员姓名", "乘车人", "名字"]),
    (
        Column::CitizenId,
        &["身份证号", "身份证号码", "身份证", "证件号码", "证件号", "公民身份号码", "居民身份证号"],
    ),
    (
        Column::Phone,
        &["手机", "手机号", "手机号码", "联系电话", "电话", "联系方式", "本人电话", "电话号码"],
    ),
    (
        Column::Departs,
        &[
            "出发日期",
            "出发时间",
            "发车时间",
            "出发日期/地点",
            "出发日期、地点",
            "出发时间/地点",
            "出发时间地点",
            "输送日期",
            "输送时间",
            "乘车时间",
            "发车日期",
        ],
    ),
    (Column::From, &["出发地点", "出发地", "发车地点", "集合地点", "始发地", "起点"]),
    (
        Column::Destination,
        &[
            "目的地",
            "到达地",
            "到达地点",
            "务工地点",
            "务工地",
            "输送地",
            "输出地",
            "前往地点",
            "终点",
            "就业地点",
        ],
    ),
    (Column::Mode, &["出行方式", "交通方式", "交通工具", "乘车方式", "返岗方式", "输送方式"]),
    (
        Column::PickUp,
        &["上车点", "上车地点", "乘车点", "乘车地点", "上车站点", "接送点", "上车位置"],
    ),
    (
        Column::Enterprise,
        &[
            "企业",
            "用工企业",
            "务工企业",
            "企业名称",
            "就业企业",
            "输送企业",
            "接收企业",
            "用工单位",
            "务工单位",
            "就业单位",
        ],
    ),
    (
        Column::Emergency,
        &["紧急联系人", "紧急联系人姓名", "应急联系人", "家属", "紧急联系人及电话"],
    ),
    (
        Column::EmergencyPhone,
        &[
            "紧急联系电话",
            "紧急联系人电话",
            "应急联系电话",
            "家属电话",
            "紧急电话",
            "应急电话",
            "家属联系电话",
            "紧急联系方式",
        ],
    ),
];

/// Known, and not needed.
const DROPPED: [&str; 20] = [
    "签字",
    "签名",
    "本人签字",
    "本人签名",
    "性别",
    "年龄",
    "出生年月",
    "出生日期",
    "民族",
    "备注",
    "乡镇",
    "村",
    "所在村",
    "户籍地址",
    "家庭住址",
    "住址",
    "岗位",
    "工种",
    "座位号",
    "是否脱贫户",
];

/// A dispatch roster as a kind of table.
pub(super) struct ManifestSheet;

impl Kind for ManifestSheet {
    type Column = Column;

    fn named(&self, heading: &Heading<'_>) -> Named<Column> {
        static COLUMNS: [Column; Column::ALL.len()] = Column::ALL;
        let is_emergency =
            heading.groups.iter().any(|group| group.contains("紧急") || group.contains("应急"));
        let found = match heading.text {
            "姓名" if is_emergency => Some(Column::Emergency as usize),
            "电话" | "联系电话" | "手机" | "手机号" if is_emergency => {
                Some(Column::EmergencyPhone as usize)
            }
            text => NAMES.iter().position(|(_, names)| names.contains(&text)),
        };
        match found {
            Some(index) => Named::Column(std::slice::from_ref(&COLUMNS[index])),
            None if matches!(heading.text, "序号" | "编号") => Named::Number,
            None if DROPPED.contains(&heading.text) => Named::Dropped,
            None => Named::Unknown,
        }
    }

    fn missing(&self, found: &[Column]) -> Option<&'static str> {
        let has = |column| found.contains(&column);
        if !has(Column::Name) {
            return Some(Column::Name.header());
        }
        (!has(Column::CitizenId) && !has(Column::Phone)).then_some(Column::CitizenId.header())
    }

    fn is_record(&self, row: &Row<'_, Column>) -> bool {
        let id = row.get(Column::CitizenId).map(|value| value.shown());
        id.is_some_and(|id| crate::values::is_like_an_id(&id))
    }

    fn is_filler(&self, column: Column) -> bool {
        !matches!(column, Column::Name | Column::CitizenId | Column::Phone)
    }

    fn begins_block(&self, text: &str) -> bool {
        block::begins(text)
    }

    fn repeats(&self, column: Column) -> bool {
        !matches!(column, Column::Name | Column::CitizenId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_order_of_their_numbers_and_names_are_unique() {
        let mut seen = std::collections::HashSet::new();
        for (index, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!((column as usize, NAMES[index].0), (index, column));
            for name in NAMES[index].1 {
                assert!(seen.insert(*name) && !DROPPED.contains(name), "{name} stands twice");
            }
        }
    }
}
