//! The workbook that clerks fill in.

use gongqiao_contract::refusal::Code;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DataValidationRule, Format, FormatAlign,
    FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::{columns::Column, limits::Limits};

/// A row whose name begins with this is one of the template's examples: it is
/// counted as left out and nothing else is read of it.
pub const EXAMPLE_PREFIX: &str = "示例";

/// A workbook could not be made: a fault of ours, not of the file.
#[derive(Debug, thiserror::Error)]
#[error("the workbook can't be written: {0}")]
pub struct SheetError(#[from] XlsxError);

impl SheetError {
    /// The stable code.
    pub fn code(&self) -> Code {
        Code::Internal
    }
}

/// Excel's built-in number format `@`: whatever is typed stays a text
/// (ECMA-376, part 1, 18.8.30).
pub(crate) const TEXT_FORMAT: u8 = 49;

/// Names of the sheets; the roster is the first one, which is the one read.
pub(crate) const ROSTER_SHEET: &str = "名册";
const GUIDE_SHEET: &str = "填写说明";

/// The template: the roster's sheet with a frozen header, text columns for
/// whatever Excel would make a number of, drop-downs and three examples with
/// test IDs; and a sheet that explains it in both languages.
///
/// # Errors
/// [`SheetError`] if the workbook can't be packed.
pub fn template() -> Result<Vec<u8>, SheetError> {
    let mut workbook = Workbook::new();
    roster_sheet(workbook.add_worksheet().set_name(ROSTER_SHEET)?)?;
    guide_sheet(workbook.add_worksheet().set_name(GUIDE_SHEET)?)?;
    Ok(workbook.save_to_buffer()?)
}

/// The header's look, also used in sheets that go back.
pub(crate) fn header_format() -> Format {
    Format::new()
        .set_bold()
        .set_num_format_index(TEXT_FORMAT)
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(0x1F_5C_99))
        .set_align(FormatAlign::Center)
        .set_border(FormatBorder::Thin)
}

/// Three people who do not exist (their IDs fail the real check), one with
/// every column filled in, one with several values in a cell, one with as
/// little as is needed.
const EXAMPLES: [[&str; Column::TEMPLATE.len()]; 3] = [
    [
        "示例 张三",
        "431021199001159017",
        "13800000001",
        "431021102205",
        "电子设备装接工:中级工",
        "5000",
        "2026-07-15",
        "不限",
        "入册;推荐;提供",
    ],
    [
        "示例 李四",
        "431025198510029027",
        "0735-0000002",
        "韩山社区",
        "普工;焊工:三级",
        "5500",
        "",
        "郴州市;广东省",
        "入册;推荐",
    ],
    ["示例 王五", "431003200406309039", "", "431021102205", "", "", "", "", "入册"],
];

fn roster_sheet(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let header = header_format();
    let example =
        Format::new().set_num_format_index(TEXT_FORMAT).set_italic().set_font_color(Color::Gray);
    for column in Column::TEMPLATE {
        let index = column as u16;
        let mark = if column.is_mandatory() { "*" } else { "" };
        sheet.set_column_format(index, &cell_format(column))?;
        sheet.set_column_width(index, width(column))?;
        sheet.write_string_with_format(0, index, format!("{}{mark}", column.header()), &header)?;
        for (row, texts) in (1..).zip(EXAMPLES) {
            let text = texts[column as usize];
            sheet.write_string_with_format(row, index, text, &example)?;
        }
        if let Some(rule) = validation(column)? {
            sheet.add_data_validation(1, index, Limits::default().rows, index, &rule)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// Text everywhere but where Excel knows better: wages are numbers, days days.
fn cell_format(column: Column) -> Format {
    match column {
        Column::WageExpected => Format::new().set_num_format("0"),
        Column::AvailableFrom => Format::new().set_num_format("yyyy-mm-dd"),
        _ => Format::new().set_num_format_index(TEXT_FORMAT),
    }
}

fn width(column: Column) -> f64 {
    match column {
        Column::CitizenId | Column::HomeVillage | Column::Destinations | Column::Consents => 22.0,
        Column::Occupations => 32.0,
        _ => 14.0,
    }
}

/// Drop-downs and hints. Excel counts cells that hold several values as
/// wrong, so lists only propose and don't refuse.
fn validation(column: Column) -> Result<Option<DataValidation>, XlsxError> {
    let proposals = |list: &[&str], title: &str, hint: &str| -> Result<_, XlsxError> {
        DataValidation::new()
            .allow_list_strings(list)?
            .show_error_message(false)
            .set_input_title(title)?
            .set_input_message(hint)
    };
    Ok(Some(match column {
        Column::CitizenId => DataValidation::new()
            .allow_text_length(DataValidationRule::EqualTo(18))
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_error_message("身份证号应为 18 位文本")?
            .set_input_title("身份证号")?
            .set_input_message("18 位，以文本录入，末位可为 X")?,
        Column::WageExpected => DataValidation::new()
            .allow_whole_number(DataValidationRule::Between(0, 100_000))
            .set_error_message("期望月薪应为 0 至 100000 的整数（元）")?,
        Column::HomeVillage => {
            DataValidation::new()
                .allow_any_value()
                .set_input_title("户籍村")?
                .set_input_message("12 位统计用区划代码；村名在本县内唯一时可写村名")?
        }
        Column::AvailableFrom => DataValidation::new()
            .allow_any_value()
            .set_input_title("可到岗日期")?
            .set_input_message("YYYY-MM-DD；空白为随时可到岗")?,
        Column::Occupations => proposals(
            &[
                "普工",
                "电子设备装接工:初级工",
                "焊工:中级工",
                "养老护理员:三级",
                "家政服务员",
                "无",
            ],
            "工种",
            "名称 或 名称:等级，多个用分号隔开",
        )?,
        Column::Destinations => proposals(
            &["不限", "郴州市", "湖南省", "广东省"],
            "意向地区",
            "区划代码或名称，多个用分号隔开；空白为不限",
        )?,
        Column::Consents => proposals(
            &["入册;推荐;提供", "入册;推荐", "入册"],
            "同意事项",
            "入册：登记进名册；推荐：匹配岗位；提供：本人同意后告知企业",
        )?,
        _ => return Ok(None),
    }))
}

/// Column, what it holds in Chinese, and in English.
const GUIDE: [[&str; 3]; 16] = [
    ["列 Column", "说明", "Explanation"],
    ["姓名* name", "必填，一行一人。", "Mandatory. One person a row."],
    [
        "身份证号* citizenId",
        "18 位，以文本录入；存成数字会丢失末位。缺失或有误的登记为待核：可联系，不能派遣，补正后再次导入即可。",
        "18 characters, as text; a number has lost its last digits. Whoever has none or a wrong one is kept as unverified: to be called, not dispatched, until a corrected roster is imported.",
    ],
    [
        "联系电话 phone",
        "7 至 15 位数字，可带空格、短横和括号；有两个号码的用顿号隔开。",
        "7 to 15 digits; spaces, dashes and parentheses are allowed; of two numbers the first counts.",
    ],
    [
        "户籍村 homeVillage",
        "12 位统计用区划代码；村名在本服务点所在乡镇或县内唯一时可写村名。村级服务点可留空，按本村处理。",
        "The 12-digit statistical code, or the village's name where it is unique in the service point's township or county. A village's own point may leave it empty.",
    ],
    [
        "工种 occupations",
        "“名称”或“名称:等级”，多个用 ; ； 、 或换行隔开。等级：高级技师、技师、高级工、中级工、初级工，或一级至五级、1 至 5，或“无”。无法对应到职业分类的名称按原文保留。",
        "'title' or 'title:level'; several are separated by ; ； 、 or a new line. Levels: 高级技师 (1) to 初级工 (5), 一级 to 五级, 1 to 5, or 无. A title that fits no classified occupation is kept as written.",
    ],
    [
        "期望月薪 wageExpected",
        "每月，元，0 至 100000 的整数；空白或“面议”为不限。",
        "Yuan a month, a whole number from 0 to 100000; empty or 面议 means none in particular.",
    ],
    [
        "可到岗日期 availableFrom",
        "日期，或“随时”“双抢后”“国庆后”等；空白为随时。无法识别的，更正前不参与推荐。",
        "A date, or words such as 随时, 双抢后, 国庆后; empty means at once. Who has something else there is not proposed until it is corrected.",
    ],
    [
        "意向地区 destinations",
        "区划代码或名称（如 郴州市、广东省），多个用分号隔开；空白或“不限”为不限。名称不唯一时请写代码。",
        "Division codes or names (郴州市, 广东省), separated by semicolons; empty or 不限 means anywhere. Write the code where a name is not unique.",
    ],
    [
        "同意事项 consents",
        "用分号隔开。入册：登记进本村名册（没有此项不能登记）；推荐：参与岗位匹配；提供：本人答应某岗位后，将信息告知该企业。也可只写“是”（三项）或“否”（只入册）；空白为只入册。",
        "Separated by semicolons, or 是 for all three, 否 for the first; empty means the first. 入册 REGISTER: to be kept in the village register (needed); 推荐 MATCHING: to be proposed for vacancies; 提供 DISCLOSURE: to be named to an enterprise once the person has said yes to it.",
    ],
    ["", "", ""],
    [
        "示例行 Examples",
        "姓名以“示例”开头的行是示例，导入时跳过，可以保留。",
        "Rows whose name begins with 示例 are examples. They are left out on import and may stay.",
    ],
    [
        "列的顺序 Columns",
        "可以调换列的顺序。也可直接导入本村现有台账：表头上方的标题、合并单元格、合计行、填表人等均可保留；不需要的列不读取，只在结果中列出。",
        "Columns may stand in any order. A register of your own can be imported as it is, with titles, merged cells, totals and footers; columns that are not needed are not read, only reported.",
    ],
    [
        "重复 Duplicates",
        "同一人出现多次时，以第一行为准，其后各行略过并列出。",
        "Of several rows of one person the first counts; the others are left out and listed.",
    ],
    [
        "退回 Refusals",
        "一行有误不影响其他行；退回的表格在该行旁写明原因，改正后可整表再次导入。",
        "One bad row never stops the others. The sheet comes back with the reason beside the row; correct it and import the whole sheet again.",
    ],
    [
        "其他格式 Other forms",
        "xls；CSV（UTF-8 或 GBK，表头同上）；NDJSON（每行一个 JSON 对象，字段名见上，工种、意向地区、同意事项可用数组）。",
        ".xls; CSV (UTF-8 or GBK, the same header); NDJSON (one JSON object a line with the fields named above; occupations, destinations and consents may be arrays).",
    ],
];

fn guide_sheet(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let header = header_format();
    let text =
        Format::new().set_num_format_index(TEXT_FORMAT).set_text_wrap().set_align(FormatAlign::Top);
    for (row, texts) in (0..).zip(GUIDE) {
        let format = if row == 0 { &header } else { &text };
        for (column, cell) in (0..).zip(texts) {
            sheet.write_string_with_format(row, column, cell, format)?;
        }
    }
    for (column, width) in [(0, 24.0), (1, 60.0), (2, 80.0)] {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
