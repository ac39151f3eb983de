//! The workbook that personnel departments fill in. It has no column for
//! what an advert may not ask.

use rust_xlsxwriter::{DataValidation, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use super::Column;
use crate::template::{EXAMPLE_PREFIX, SheetError, TEXT_FORMAT, header_format};

/// Names of the sheets.
const DEMAND_SHEET: &str = "用工需求";
const GUIDE_SHEET: &str = "填写说明";
/// Rows for which a list of choices is offered.
const LISTED_ROWS: u32 = 2_000;

struct Explained {
    column: Column,
    mandatory: bool,
    example: &'static str,
    zh: &'static str,
    en: &'static str,
}

const fn column(
    column: Column,
    mandatory: bool,
    example: &'static str,
    zh: &'static str,
    en: &'static str,
) -> Explained {
    Explained { column, mandatory, example, zh, en }
}

/// The template's columns, each with an example and what it holds.
const COLUMNS: [Explained; 23] = [
    column(
        Column::Enterprise,
        false,
        "测试电子厂",
        "企业名称；只能发布本企业的需求。",
        "The enterprise; each posts its own vacancies.",
    ),
    column(
        Column::CreditCode,
        false,
        "",
        "统一社会信用代码，18 位。",
        "The unified social credit code, 18 characters.",
    ),
    column(
        Column::Park,
        false,
        "高新区",
        "所在园区；园区和工作地点至少填一项，都不填按企业登记的地点。",
        "The park. Without park and place, those of the enterprise are taken.",
    ),
    column(
        Column::Place,
        false,
        "郴州市苏仙区白露塘镇",
        "工作地点，写到区县。",
        "The place of work, with its county.",
    ),
    column(Column::Title, true, "电子装配工", "必填，一行一个岗位。", "Mandatory. One post a row."),
    column(
        Column::Headcount,
        true,
        "200",
        "必填，写数字；不能写“若干”，不分男女。",
        "Mandatory, a number; not 'some', and not by sex.",
    ),
    column(Column::Education, false, "初中及以上", "学历要求。", "Schooling asked."),
    column(
        Column::Level,
        false,
        "",
        "职业技能等级，如“中级工”。",
        "Skill level asked, 高级技师 to 初级工.",
    ),
    column(Column::Duties, false, "在流水线上装配电子产品", "工作内容。", "The duties."),
    column(
        Column::Conditions,
        false,
        "年满18周岁，能适应倒班",
        "要求；不得有性别、年龄上限、户籍、民族、婚育等限制。",
        "Conditions; no limits by sex, upper age, household registration, ethnic group, marriage and the like.",
    ),
    column(
        Column::BasePay,
        true,
        "2200元/月",
        "必填：“2200元/月”或“20元/小时”；计件写保底。",
        "Mandatory: 2200元/月 or 20元/小时; of piecework the guaranteed pay.",
    ),
    column(
        Column::TotalPay,
        false,
        "5000-7000元/月",
        "综合工资。",
        "What workers take home altogether, from and to.",
    ),
    column(
        Column::PayUnit,
        false,
        "月薪",
        "月薪、小时工或计件。",
        "By the month, the hour or the piece.",
    ),
    column(Column::Payday, false, "15日", "每月发薪日。", "Day of the month on which pay comes."),
    column(
        Column::Shift,
        false,
        "两班倒",
        "8:00-17:30、8:00-19:00、8:00-20:00 或“两班倒”。",
        "8:00-17:30, 8:00-19:00, 8:00-20:00 or 两班倒.",
    ),
    column(
        Column::Board,
        false,
        "包吃住",
        "包吃住、包吃、包住或无。",
        "Board and lodging: 包吃住, 包吃, 包住 or 无.",
    ),
    column(Column::Insurance, false, "五险一金", "五险一金或其他。", "五险一金, or else in words."),
    column(
        Column::Contract,
        false,
        "直签",
        "直签或派遣。",
        "Who signs the contract: 直签 (the factory) or 派遣 (an agency).",
    ),
    column(
        Column::Arrival,
        true,
        "7月20日前80人，7月25日前120人",
        "必填：某日前，或分批写“8月1日前50人，8月15日前100人”。",
        "Mandatory: by a day, or in waves as in the example.",
    ),
    column(
        Column::ValidUntil,
        true,
        "7月31日",
        "必填：需求有效期至。",
        "Mandatory: until when the vacancy stands.",
    ),
    column(Column::Urgent, false, "是", "是或否。", "Urgent: 是 or 否."),
    column(
        Column::Trainable,
        false,
        "是",
        "是或否：无经验可培训上岗。",
        "Can be learned on the job: 是 or 否.",
    ),
    column(Column::Bus, false, "有", "有或无。", "Shuttle bus: 有 or 无."),
];

/// What is said about the sheet as a whole.
const NOTES: [[&str; 3]; 3] = [
    [
        "联系人",
        "不要填写联系人和电话：用工需求中不保存个人信息，有也不会录入。",
        "No contacts: a vacancy holds no personal data, and such columns are not read.",
    ],
    [
        "示例行",
        "企业名称以“示例”开头的行会跳过。",
        "Rows whose enterprise begins with 示例 are left out.",
    ],
    [
        "其他表格",
        "本企业自己的用工需求表也可以直接导入，只要有“岗位”和“人数”两列。",
        "Your own demand sheet is taken as well, if it has the columns 岗位 and 人数.",
    ],
];

/// The template: the demand sheet with a header, lists of choices and an
/// example, and a sheet that explains it in both languages.
///
/// # Errors
/// [`SheetError`] if the workbook can't be packed.
pub fn template() -> Result<Vec<u8>, SheetError> {
    let mut workbook = Workbook::new();
    demand_sheet(workbook.add_worksheet().set_name(DEMAND_SHEET)?)?;
    guide_sheet(workbook.add_worksheet().set_name(GUIDE_SHEET)?)?;
    Ok(workbook.save_to_buffer()?)
}

fn demand_sheet(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let header = header_format();
    let text = Format::new().set_num_format_index(TEXT_FORMAT);
    let example = text.clone().set_italic();
    for (index, one) in (0..).zip(&COLUMNS) {
        let mark = if one.mandatory { "*" } else { "" };
        let prefix = if one.column == Column::Enterprise { EXAMPLE_PREFIX } else { "" };
        sheet.set_column_format(index, &text)?;
        sheet.set_column_width(index, if one.example.chars().count() > 8 { 26.0 } else { 14.0 })?;
        sheet.write_string_with_format(
            0,
            index,
            format!("{}{mark}", one.column.header()),
            &header,
        )?;
        sheet.write_string_with_format(1, index, format!("{prefix}{}", one.example), &example)?;
        if let Some(choices) = choices(one.column) {
            let list = DataValidation::new().allow_list_strings(choices)?.show_error_message(false);
            sheet.add_data_validation(1, index, LISTED_ROWS, index, &list)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// What a column may hold; other texts are read as well.
fn choices(column: Column) -> Option<&'static [&'static str]> {
    Some(match column {
        Column::PayUnit => &["月薪", "小时工", "计件"],
        Column::Shift => &["8:00-17:30", "8:00-19:00", "8:00-20:00", "两班倒"],
        Column::Board => &["包吃住", "包吃", "包住", "无"],
        Column::Contract => &["直签", "派遣"],
        Column::Urgent | Column::Trainable => &["是", "否"],
        Column::Bus => &["有", "无"],
        _ => return None,
    })
}

fn guide_sheet(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let text =
        Format::new().set_num_format_index(TEXT_FORMAT).set_text_wrap().set_align(FormatAlign::Top);
    let header = ["列 Column", "说明", "Explanation"];
    let columns = COLUMNS.iter().map(|one| [one.column.header(), one.zh, one.en]);
    let rows = std::iter::once(header).chain(columns).chain(NOTES);
    for (row, texts) in (0..).zip(rows) {
        for (column, one) in (0..).zip(texts) {
            let look = if row == 0 { header_format() } else { text.clone() };
            sheet.write_string_with_format(row, column, one, &look)?;
        }
    }
    sheet.set_column_width(0, 16)?;
    sheet.set_column_width(1, 60)?;
    sheet.set_column_width(2, 60)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
