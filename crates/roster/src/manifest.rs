//! The manifest of one recipient as a workbook (输送花名册): the journey above,
//! the people below. Every cell is a text, so that nothing in it is computed.

use gongqiao_contract::{
    Code, Lang, Refusal,
    view::{Listed, Manifest},
    wire::CrewMember,
};
use rust_xlsxwriter::{Color, Format, FormatBorder, Workbook, Worksheet, XlsxError};
use time::{
    OffsetDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::{format_description, offset},
};

/// Excel's number format "text".
const TEXT: u8 = 49;
const BEIJING: UtcOffset = offset!(+8);
const MINUTES: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]");

/// A heading in both languages, with its width and what stands below it.
struct Column {
    zh: &'static str,
    en: &'static str,
    width: u32,
    value: fn(&Listed, Lang) -> String,
}

/// The workbook for `manifest`, with the columns of its recipient.
///
/// # Errors
/// [`Code::Internal`] if the workbook can't be packed.
pub fn manifest_workbook(manifest: &Manifest, lang: Lang) -> Result<Vec<u8>, Refusal> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    write(sheet, manifest, lang).map_err(broken)?;
    workbook.save_to_buffer().map_err(broken)
}

/// Why: the library's own text may quote a cell.
fn broken(_: XlsxError) -> Refusal {
    Code::Internal.into()
}

fn write(sheet: &mut Worksheet, manifest: &Manifest, lang: Lang) -> Result<(), XlsxError> {
    sheet.set_name(say(lang, "花名册", "Manifest"))?;
    let bold = Format::new().set_bold().set_num_format_index(TEXT);
    let mut row = 0;
    for (name, value) in journey(manifest, lang) {
        sheet.write_string_with_format(row, 0, name, &bold)?;
        text(sheet, row, 1, &value)?;
        row += 1;
    }
    row += 1;
    let columns = columns(&manifest.recipient);
    let header = bold
        .set_font_color(Color::White)
        .set_background_color(Color::RGB(0x1F_5C_99))
        .set_border(FormatBorder::Thin);
    let number = say(lang, "序号", "No.");
    sheet.write_string_with_format(row, 0, number, &header)?;
    sheet.set_column_width(0, 14)?;
    for (index, column) in (1_u16..).zip(&columns) {
        let heading = say(lang, column.zh, column.en);
        sheet.write_string_with_format(row, index, heading, &header)?;
        sheet.set_column_width(index, column.width)?;
    }
    for (number, person) in (1_u32..).zip(&manifest.people) {
        text(sheet, row + number, 0, &number.to_string())?;
        for (index, column) in (1_u16..).zip(&columns) {
            text(sheet, row + number, index, &(column.value)(person, lang))?;
        }
    }
    Ok(())
}

/// A cell that stays a text also when it is typed over or saved as CSV: the
/// quote prefix is Excel's own mark for that.
fn text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let plain = Format::new().set_num_format_index(TEXT);
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']);
    let look = if risky { plain.set_quote_prefix() } else { plain };
    sheet.write_string_with_format(row, column, text, &look)?;
    Ok(())
}

/// What is said of the journey as a whole.
fn journey(manifest: &Manifest, lang: Lang) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        (say(lang, "批次", "Dispatch"), manifest.dispatch.to_string()),
        (say(lang, "企业", "Enterprise"), manifest.enterprise_name.clone()),
        (say(lang, "岗位", "Post"), manifest.title.clone()),
        (say(lang, "服务点", "Service point"), manifest.point_name.clone()),
        (say(lang, "目的地", "To"), manifest.to.clone()),
        (say(lang, "出行方式", "Mode"), mode(&manifest.mode, lang).to_owned()),
        (say(lang, "出发时间", "Departs"), minutes(manifest.departs_at.as_deref())),
        (say(lang, "预计到达", "Arrives"), minutes(manifest.arrives_at.as_deref())),
    ];
    if let Some(vehicle) = &manifest.vehicle {
        lines.push((say(lang, "车牌", "Plate"), vehicle.plate.clone()));
        lines.push((say(lang, "核载", "Seats"), vehicle.seats.to_string()));
        lines.push((say(lang, "承运单位", "Carrier"), vehicle.carrier.clone()));
    }
    if let Some(crew) = &manifest.crew {
        for driver in &crew.drivers {
            lines.push((say(lang, "驾驶员", "Driver"), member(driver)));
        }
        if let Some(attendant) = &crew.attendant {
            lines.push((say(lang, "跟车管理员", "Attendant"), member(attendant)));
        }
    }
    let count = manifest.people.len();
    lines.push((say(lang, "人数", "People"), count.to_string()));
    if manifest.unnamed > 0 {
        let unnamed = manifest.unnamed.to_string();
        lines.push((say(lang, "未同意具名", "Not named"), unnamed));
    }
    if manifest.partial {
        let partial = say(lang, "仅含本服务点人员", "only the people of this point");
        lines.push((say(lang, "范围", "Extent"), partial.to_owned()));
    }
    lines
}

fn member(member: &CrewMember) -> String {
    format!("{} {}", member.name, member.phone).trim().to_owned()
}

fn columns(recipient: &str) -> Vec<Column> {
    let column = |zh, en, width, value| Column { zh, en, width, value };
    let mut columns =
        vec![column("姓名", "Name", 16, |one, _| one.name.clone().unwrap_or_default())];
    columns.extend(match recipient {
        "enterprise" => vec![
            column("手机", "Phone", 18, |one, _| one.phone.clone().unwrap_or_default()),
            column("工种", "Occupations", 24, |one, _| {
                one.occupations.clone().unwrap_or_default()
            }),
            column("未成年工", "Minor", 10, |one, lang| match one.minor {
                Some(true) => say(lang, "是", "yes").to_owned(),
                _ => String::new(),
            }),
            column("状态", "State", 12, |one, lang| {
                one.state.as_deref().map(|state| person_state(state, lang)).unwrap_or_default()
            }),
            column("服务点", "Service point", 28, |one, _| one.point_name.clone()),
        ],
        "carrier" => vec![column("上车点", "Stop", 28, |one, _| {
            one.stop_name.clone().unwrap_or_default()
        })],
        _ => vec![
            column("身份证号", "Citizen ID", 24, |one, _| {
                one.citizen_id.clone().unwrap_or_default()
            }),
            column("出生日期", "Born", 14, |one, _| one.birth_date.clone().unwrap_or_default()),
        ],
    });
    columns.push(column("人员卡", "Card", 42, |one, _| one.card.clone()));
    columns
}

fn say(lang: Lang, zh: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn mode(mode: &str, lang: Lang) -> &str {
    match mode {
        "COACH" => say(lang, "包车", "chartered coach"),
        "ENTERPRISE_PICKUP" => say(lang, "企业接送", "fetched by the enterprise"),
        "TRAIN" => say(lang, "专列", "special train"),
        "ALONE" => say(lang, "自行前往", "on one's own"),
        other => other,
    }
}

fn person_state(state: &str, lang: Lang) -> String {
    let known = match state {
        "held" => say(lang, "已锁定", "held"),
        "boarded" => say(lang, "已上车", "on board"),
        "arrived" => say(lang, "已到厂", "arrived"),
        "onboarded" => say(lang, "已入职", "at work"),
        "transferred" => say(lang, "已转岗", "changed post"),
        other => other,
    };
    known.to_owned()
}

/// Minutes in Beijing, of a time of the API.
fn minutes(at: Option<&str>) -> String {
    let read = at.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let there = read.and_then(|at| at.checked_to_offset(BEIJING)?.format(&MINUTES).ok());
    there.unwrap_or_default()
}
