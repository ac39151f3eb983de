//! Rows below a header that are no records.

use gongqiao_contract::refusal::Code;

use super::{Kind, Row};
use crate::{
    sheet::{Cell, Value},
    text::{half_width, is_blank, plain},
};

/// Why a row was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LeftOut {
    /// It holds nothing, but perhaps its running number.
    Blank,
    /// 合计, 小计, 总计.
    Total,
    /// 填表人, 审核人, 说明, 备注 and the like.
    Footer,
    /// A text that stands in none of the columns.
    Note,
    /// The header again, or the numbers of its columns.
    Header,
}

impl LeftOut {
    /// The stable code, with its texts.
    pub fn code(self) -> Code {
        match self {
            Self::Blank => Code::RowBlank,
            Self::Total => Code::RowTotal,
            Self::Footer => Code::RowFooter,
            Self::Note => Code::RowNote,
            Self::Header => Code::RowHeader,
        }
    }
}

/// Words of a row that sums others up.
const TOTALS: [&str; 18] = [
    "合计",
    "小计",
    "总计",
    "共计",
    "累计",
    "总数",
    "总人数",
    "合计人数",
    "总计人数",
    "本页小计",
    "本页合计",
    "全村合计",
    "共计人数",
    "本车合计",
    "本车共计",
    "全车合计",
    "全车共计",
    "全镇合计",
];

/// Words with which a row below the table begins.
const FOOTERS: [&str; 35] = [
    "填表人",
    "填报人",
    "制表人",
    "制表",
    "审核人",
    "审核",
    "复核人",
    "复核",
    "负责人",
    "经办人",
    "登记人",
    "统计人",
    "报送人",
    "录入人",
    "调查人",
    "采集人",
    "单位负责人",
    "分管领导",
    "联系人",
    "填表时间",
    "填表日期",
    "填报时间",
    "填报日期",
    "制表时间",
    "制表日期",
    "报送日期",
    "填表说明",
    "填报说明",
    "填写说明",
    "说明",
    "备注",
    "注",
    "盖章",
    "单位盖章",
    "以下空白",
];

/// The characters with which they begin.
const FIRST: [char; 20] = [
    '盖', '以', '填', '制', '审', '复', '负', '经', '登', '统', '报', '录', '调', '采', '单', '分',
    '联', '说', '备', '注',
];

/// Words that make a row a footer wherever in its first text they stand,
/// with a colon.
const SIGNERS: [&str; 7] = ["填表人", "填报人", "制表人", "审核人", "负责人", "经办人", "签字"];

/// A single text longer than this is no value of a record.
const PROSE_CHARS: usize = 20;

/// Why a row is no record; `None` where it is one. `after_footer`: a footer
/// stood above it.
pub(super) fn why<K: Kind>(
    kind: &K,
    row: &Row<'_, K::Column>,
    after_footer: bool,
) -> Option<LeftOut> {
    let filled = || row.cells.iter().filter(|cell| !cell.value.is_blank());
    let first_text = filled().find_map(|cell| cell.value.text());
    let is_single = filled().take(2).count() == 1;
    let means = |cell: &Cell<'_>| row.header.column(cell.column);
    let in_columns = filled().any(|cell| means(cell).is_some_and(|column| !kind.is_filler(column)));
    if are_column_numbers(row.cells) {
        return Some(LeftOut::Header);
    }
    if !in_columns && filled().all(|cell| means(cell).is_some() || is_number(row, cell)) {
        return Some(LeftOut::Blank);
    }
    // Why: the words are looked for first, since most rows have none of them.
    let totals = filled().filter_map(|cell| cell.value.text()).take(3).any(is_total);
    let footer = first_text.is_some_and(is_footer);
    let prose = is_single
        && first_text.is_some_and(|text| after_footer || text.chars().count() > PROSE_CHARS);
    if in_columns && (!(totals || footer || prose) || kind.is_record(row)) {
        return None;
    }
    Some(match (totals, footer) {
        (true, _) => LeftOut::Total,
        (_, true) => LeftOut::Footer,
        _ => LeftOut::Note,
    })
}

/// A running number, in its own column or in one without a meaning.
fn is_number<C: Copy + Eq>(row: &Row<'_, C>, cell: &Cell<'_>) -> bool {
    match &cell.value {
        Value::Number(_) => true,
        Value::Text(text) => {
            row.header.is_number(cell.column)
                && text.chars().all(|c| half_width(c).is_ascii_digit() || is_blank(c))
        }
        _ => false,
    }
}

fn is_total(text: &str) -> bool {
    // Why: asked of every row; IDs and numbers go first.
    let is_word = text.bytes().next().is_some_and(|byte| !byte.is_ascii_alphanumeric());
    if !is_word || text.len() > 60 || !text.contains(['计', '数']) {
        return false;
    }
    let is_count = |c: char| c.is_ascii_digit() || matches!(c, '(' | ')' | ':' | '人' | '名');
    let word = plain(text);
    let word = word.trim_end_matches(is_count);
    TOTALS.iter().any(|total| word == total.trim_end_matches(is_count))
}

fn is_footer(text: &str) -> bool {
    let has_colon = text.contains([':', '：']);
    // Why: asked of every row, and a colon or one of these all footers have.
    let first = text.chars().find(|c| !is_blank(*c) && !matches!(c, '(' | '（'));
    if !has_colon && !first.is_some_and(|c| FIRST.contains(&c)) {
        return false;
    }
    let start: String = text.chars().filter(|c| !is_blank(*c)).take(8).map(half_width).collect();
    let start = start.trim_start_matches('(');
    let begins = FOOTERS.iter().any(|word| {
        start.strip_prefix(word).is_some_and(|rest| {
            rest.chars()
                .next()
                .is_none_or(|c| matches!(c, ':' | ';' | '(' | ')' | '、' | '.' | '1'))
        })
    });
    begins || (has_colon && has_signer(&plain(text)))
}

fn has_signer(plain: &str) -> bool {
    SIGNERS.iter().any(|word| plain.contains(&format!("{word}:")))
}

/// 1 2 3 4 … below the header, as forms have it.
fn are_column_numbers(cells: &[Cell<'_>]) -> bool {
    let number = |cell: &Cell<'_>| match &cell.value {
        Value::Number(number) => (number.fract() == 0.0).then_some(*number),
        Value::Text(text) if text.len() <= 3 => text.trim().parse::<u8>().ok().map(f64::from),
        _ => None,
    };
    cells.len() >= 4
        && cells.windows(2).all(|pair| match (number(&pair[0]), number(&pair[1])) {
            (Some(a), Some(b)) => b == a + 1.0,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_footer_begins_with_a_character_that_is_looked_for() {
        let begins = |word: &str| word.chars().next().is_some_and(|c| FIRST.contains(&c));
        assert!(FOOTERS.iter().all(|word| begins(word)));
    }

    #[test]
    fn totals_are_told_by_the_whole_word() {
        for text in [
            "合计",
            "合  计",
            "小计：",
            "总计（人）",
            "合计人数",
            "总人数：",
            "本页小计",
            "合计312人",
            "共计：312 人",
        ] {
            assert!(is_total(text), "{text}");
        }
        for text in ["合计三", "小", "测试甲", "总计划", "", "人"] {
            assert!(!is_total(text), "{text}");
        }
    }

    #[test]
    fn footers_are_told_by_how_they_begin() {
        for text in [
            "填表人：测试甲",
            "审核人",
            "说明：1.本表一式两份",
            "备注:",
            "注：年龄为周岁",
            "（盖章）",
            "单位负责人（签字）：",
            "村（盖章）    填表人：测试甲   联系电话：19900000001",
            "说明 1、",
        ] {
            assert!(is_footer(text), "{text}");
        }
        for text in ["测试甲", "注意", "说明书制作", "", "制表员", "白云村：一组"]
        {
            assert!(!is_footer(text), "{text}");
        }
    }
}
