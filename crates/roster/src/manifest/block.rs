//! The block beside the table: `车牌号：湘L00001  核载：49人  驾驶员：…`, in
//! one cell or many, with colons or without.

use super::columns::Column;
use crate::{
    table::Row,
    text::{half_width, is_blank},
};

/// What a word of the block stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Plate,
    Seats,
    Carrier,
    Driver,
    DriverPhone,
    Attendant,
    AttendantPhone,
    Departs,
    Arrives,
    From,
    Destination,
    Mode,
    Enterprise,
    /// Something that ends the one before it and is not needed.
    Other,
}

/// Words of the block, the longer ones before those that they begin with.
const KEYS: [(&str, Key); 77] = [
    ("列车车次", Key::Plate),
    ("车次", Key::Plate),
    ("车牌号码", Key::Plate),
    ("车牌号", Key::Plate),
    ("车辆号牌", Key::Plate),
    ("车辆牌照", Key::Plate),
    ("车牌", Key::Plate),
    ("车号", Key::Plate),
    ("核定载客人数", Key::Seats),
    ("核载人数", Key::Seats),
    ("核定载客", Key::Seats),
    ("核定人数", Key::Seats),
    ("核载", Key::Seats),
    ("座位数", Key::Seats),
    ("座位", Key::Seats),
    ("座数", Key::Seats),
    ("限载人数", Key::Seats),
    ("承运单位", Key::Carrier),
    ("承运公司", Key::Carrier),
    ("承运企业", Key::Carrier),
    ("客运公司", Key::Carrier),
    ("运输公司", Key::Carrier),
    ("运输单位", Key::Carrier),
    ("驾驶员电话", Key::DriverPhone),
    ("驾驶员联系电话", Key::DriverPhone),
    ("驾驶员手机", Key::DriverPhone),
    ("司机电话", Key::DriverPhone),
    ("驾驶证号", Key::Other),
    ("从业资格证号", Key::Other),
    ("驾驶员姓名", Key::Driver),
    ("驾驶员1", Key::Driver),
    ("驾驶员2", Key::Driver),
    ("驾驶员一", Key::Driver),
    ("驾驶员二", Key::Driver),
    ("主驾驶员", Key::Driver),
    ("副驾驶员", Key::Driver),
    ("驾驶员", Key::Driver),
    ("司机姓名", Key::Driver),
    ("司机", Key::Driver),
    ("跟车管理员电话", Key::AttendantPhone),
    ("跟车人员电话", Key::AttendantPhone),
    ("带队人电话", Key::AttendantPhone),
    ("领队电话", Key::AttendantPhone),
    ("跟车管理员", Key::Attendant),
    ("跟车管理人员", Key::Attendant),
    ("跟车人员", Key::Attendant),
    ("跟车干部", Key::Attendant),
    ("随车管理员", Key::Attendant),
    ("随车人员", Key::Attendant),
    ("带队人", Key::Attendant),
    ("带队干部", Key::Attendant),
    ("领队", Key::Attendant),
    ("预计到达时间", Key::Arrives),
    ("到达时间", Key::Arrives),
    ("预计到达", Key::Arrives),
    ("出发时间", Key::Departs),
    ("出发日期", Key::Departs),
    ("发车时间", Key::Departs),
    ("发车日期", Key::Departs),
    ("乘车时间", Key::Departs),
    ("出发地点", Key::From),
    ("发车地点", Key::From),
    ("集合地点", Key::From),
    ("发车", Key::Departs),
    ("出发", Key::Departs),
    ("目的地", Key::Destination),
    ("到达地点", Key::Destination),
    ("出行方式", Key::Mode),
    ("交通方式", Key::Mode),
    ("用工企业", Key::Enterprise),
    ("接收企业", Key::Enterprise),
    ("输送企业", Key::Enterprise),
    ("联系电话", Key::Other),
    ("填报", Key::Other),
    ("填表", Key::Other),
    ("审核", Key::Other),
    ("制表", Key::Other),
];

/// Words by which a row is seen to belong to the block of a vehicle.
const OF_VEHICLE: [Key; 7] = [
    Key::Plate,
    Key::Seats,
    Key::Carrier,
    Key::Driver,
    Key::DriverPhone,
    Key::Attendant,
    Key::AttendantPhone,
];

/// Between two cells.
const CELL: char = '\u{1F}';
/// Between two rows: no value goes on in the next one.
const ROW: char = '\u{1E}';

/// The texts of the block, as they were met.
#[derive(Default)]
pub(super) struct Block(String);

impl Block {
    /// Takes in one row.
    pub(super) fn add<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        for text in texts {
            let text = text.trim_matches(is_blank);
            self.0.extend(text.chars().filter(|c| *c != ROW).map(half_width));
            self.0.push(CELL);
        }
        self.0.push(ROW);
    }

    /// What stands behind each word of the block, in its order.
    pub(super) fn entries(&self) -> Vec<(Key, String)> {
        let mut starts: Vec<(usize, usize, Key)> = Vec::new();
        let mut at = 0;
        while at < self.0.len() {
            let found = KEYS.iter().find(|(word, _)| self.0[at..].starts_with(word));
            match found {
                Some((word, key)) if self.is_key(at, at + word.len()) => {
                    starts.push((at, at + word.len(), *key));
                    at += word.len();
                }
                _ => at += self.0[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        let ends = starts.iter().skip(1).map(|(start, ..)| *start).chain([self.0.len()]);
        let entry = |((_, from, key), to): (&(usize, usize, Key), usize)| {
            let row = self.0[*from..to].split(ROW).next().unwrap_or_default();
            (*key, value_of(row).to_owned())
        };
        starts.iter().zip(ends).map(entry).collect()
    }

    /// Is a word a key, not part of a value? A colon, a bracket or the cell's
    /// end follows, or it begins its cell.
    fn is_key(&self, from: usize, to: usize) -> bool {
        let before = self.0[..from].chars().next_back();
        let after = self.0[to..].trim_start_matches(is_blank).chars().next();
        let begins =
            begins_cell(before) || before.is_none_or(|c| is_blank(c) || ";,、。".contains(c));
        begins && after.is_none_or(|c| matches!(c, ':' | '(' | CELL | ROW) || begins_cell(before))
    }
}

fn begins_cell(before: Option<char>) -> bool {
    before.is_none_or(|c| matches!(c, CELL | ROW))
}

/// The first cell that holds something, without brackets that explain the key.
fn value_of(text: &str) -> &str {
    let mark = |c: char| is_blank(c) || matches!(c, ':' | CELL | ';' | ',' | '、');
    let text = text.trim_start_matches(mark);
    let text = match text.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((note, rest)) if !note.contains(|c: char| c.is_ascii_digit()) => {
            rest.trim_start_matches(mark)
        }
        _ => text,
    };
    text.trim_matches(mark)
}

/// Does this text begin with a word of a vehicle's block?
pub(super) fn begins(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !is_blank(*c)).take(12).map(half_width).collect();
    KEYS.iter().any(|(word, key)| OF_VEHICLE.contains(key) && text.starts_with(word))
}

/// Does a row below the table belong to the block? Then it begins with a word
/// of it; somebody's trade or remark may be one too.
pub(super) fn is_in(row: &Row<'_, Column>) -> bool {
    let id = row.get(Column::CitizenId).map(|value| value.shown());
    let is_person = id.is_some_and(|id| crate::values::is_like_an_id(&id));
    !is_person && row.cells.first().and_then(|cell| cell.value.text()).is_some_and(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[&str]) -> Vec<(Key, String)> {
        let mut block = Block::default();
        block.add(texts.iter().copied());
        block.entries()
    }

    #[test]
    fn a_block_is_read_from_one_cell_and_from_many() {
        let expected = [
            (Key::Plate, "湘L00001".to_owned()),
            (Key::Seats, "49人".to_owned()),
            (Key::Carrier, "测试客运公司".to_owned()),
            (Key::Driver, "测试甲 19900000001".to_owned()),
            (Key::Driver, "测试乙".to_owned()),
        ];
        for texts in [
            &[
                "车牌号：湘L00001  核载：49人  承运单位：测试客运公司  驾驶员1：测试甲 19900000001；驾驶员2：测试乙",
            ][..],
            &[
                "车牌号",
                "湘L00001",
                "核载",
                "49人",
                "承运单位",
                "测试客运公司",
                "驾驶员1",
                "测试甲 19900000001",
                "驾驶员2",
                "测试乙",
            ],
            &[
                "车牌号（大写）：湘L00001",
                "核载:49人",
                "承运单位：测试客运公司",
                "驾驶员：测试甲 19900000001",
                "驾驶员：测试乙",
            ],
        ] {
            assert_eq!(entries(texts), expected, "{texts:?}");
        }
        let mut block = Block::default();
        for row in [&["驾驶员：测试甲"][..], &["合计：10人"], &["核载", "49"]] {
            block.add(row.iter().copied());
        }
        let expected = [(Key::Driver, "测试甲".to_owned()), (Key::Seats, "49".to_owned())];
        assert_eq!(block.entries(), expected, "no value goes on in the next row");
        assert_eq!(
            entries(&["填表人：测试丙", "某村输送花名册"]),
            [(Key::Other, "人:测试丙\u{1F}某村输送花名册".to_owned())]
        );
        assert_eq!(entries(&["赴广东务工人员花名册"]), []);
    }

    #[test]
    fn texts_of_a_vehicle_are_told_from_others() {
        for text in ["车牌号：", "核载人数", " 驾驶员 1", "跟车管理员：测试甲"]
        {
            assert!(begins(text), "{text}");
        }
        for text in ["姓名", "某村输送花名册", "目的地", "填表人：测试甲"] {
            assert!(!begins(text), "{text}");
        }
    }
}
