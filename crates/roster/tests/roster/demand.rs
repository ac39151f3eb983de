//! Demand sheets as personnel departments keep them.

use gongqiao_contract::{
    Lang,
    refusal::Code,
    wire::{VacancyTerms, contract_with, pay_unit, shift},
};
use gongqiao_roster::{
    Format, Limits, RowNote,
    demand::{
        Column, Demand, DemandContext, DemandNote, DemandRow, Enterprise, errors_workbook, read,
        template,
    },
    table::LeftOut,
};
use proptest::prelude::*;
use rust_xlsxwriter::{Format as Look, Workbook, Worksheet};
use time::macros::{date, datetime};

fn context() -> DemandContext {
    DemandContext {
        today: date!(2021 - 07 - 12),
        enterprise: None,
        city: "431000".parse().unwrap(),
        place: None,
        park: None,
        needed_by: Some(date!(2021 - 07 - 31)),
        valid_until: Some(datetime!(2021-08-31 16:00 UTC)),
        limits: Limits::default(),
    }
}

fn read_csv(text: &str, context: &DemandContext) -> Demand {
    read(text.as_bytes(), Format::Csv, context).unwrap()
}

/// One row with 岗位, 人数, 园区 and 底薪, and whatever else is named.
fn one(more: &[(&str, &str)]) -> DemandRow {
    one_in(&context(), more)
}

fn one_in(context: &DemandContext, more: &[(&str, &str)]) -> DemandRow {
    let mut cells =
        vec![("岗位", "电子装配工"), ("人数", "50"), ("园区", "高新区"), ("底薪", "2200元/月")];
    for &(column, text) in more {
        cells.retain(|(known, _)| *known != column);
        cells.push((column, text));
    }
    cells.retain(|(_, text)| !text.is_empty());
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let header: Vec<String> = cells.iter().map(|(column, _)| quoted(column)).collect();
    let row: Vec<String> = cells.iter().map(|(_, text)| quoted(text)).collect();
    let csv = format!("{}\n{}\n", header.join(","), row.join(","));
    let mut demand = read_csv(&csv, context);
    assert_eq!(demand.rows.len(), 1);
    demand.rows.remove(0)
}

#[track_caller]
fn terms(more: &[(&str, &str)]) -> VacancyTerms {
    let row = one(more);
    *row.result.unwrap_or_else(|notes| panic!("refused: {notes:?}"))
}

#[track_caller]
fn refused(more: &[(&str, &str)]) -> Vec<(Option<Column>, Code)> {
    let row = one(more);
    let Err(notes) = &row.result else { panic!("it was taken: {row:?}") };
    notes.iter().map(of_note).collect()
}

fn warned(more: &[(&str, &str)]) -> Vec<(Option<Column>, Code)> {
    one(more).warnings.iter().map(of_note).collect()
}

fn of_note(note: &DemandNote) -> (Option<Column>, Code) {
    (note.column, note.refusal.code)
}

fn texts(row: &DemandRow, column: Column, lang: Lang) -> Vec<String> {
    let here = row.warnings.iter().filter(|note| note.column == Some(column));
    here.map(|note| note.refusal.detail(lang)).collect()
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

/// A sheet as it is: titles, a header of two rows, merged cells, numbers that
/// are numbers, a total, a footer, contacts.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("用工需求表").unwrap();
    let look = Look::new();
    sheet.merge_range(0, 0, 0, 15, "郴州高新区企业用工需求表", &look).unwrap();
    write(sheet, 1, &["填报单位：郴州高新区", "", "", "", "", "填报时间：2021年7月12日"]);
    for (column, text) in [
        (0, "序号"),
        (1, "企业名称"),
        (2, "园区"),
        (3, "岗位名称"),
        (6, "年龄"),
        (7, "学历"),
        (8, "底薪/综合工资"),
        (9, "计薪方式"),
        (10, "班次"),
        (11, "食宿"),
        (12, "社保"),
        (13, "直签/派遣"),
        (14, "分批到岗时间"),
        (15, "联系人"),
        (16, "联系电话"),
    ] {
        sheet.merge_range(2, column, 3, column, text, &look).unwrap();
    }
    sheet.merge_range(2, 4, 2, 5, "需求人数", &look).unwrap();
    write(sheet, 3, &["", "", "", "", "男", "女"]);
    write(
        sheet,
        4,
        &[
            "1",
            "测试电子厂",
            "高新区",
            "普工",
            "",
            "",
            "18-45周岁",
            "初中以上",
            "2200/5000-7000元",
            "月薪",
            "两班倒",
            "包吃住",
            "五险一金",
            "直签",
            "7月20日前80人，7月25日前120人",
            "测试甲",
            "19900000001",
        ],
    );
    sheet.write_number(4, 4, 120).unwrap();
    sheet.write_number(4, 5, 80).unwrap();
    write(
        sheet,
        5,
        &[
            "2",
            "",
            "",
            "质检员",
            "",
            "10",
            "不限",
            "高中",
            "20-22元/小时",
            "小时工",
            "8:00-17:30",
            "包吃",
            "五险",
            "派遣",
            "7月底",
            "测试乙",
            "19900000002",
        ],
    );
    write(
        sheet,
        6,
        &[
            "3",
            "",
            "",
            "仓管",
            "若干",
            "",
            "",
            "",
            "面议",
            "",
            "",
            "",
            "",
            "",
            "尽快",
            "测试丙",
            "19900000003",
        ],
    );
    sheet.merge_range(4, 1, 6, 1, "测试电子厂", &look).unwrap();
    sheet.merge_range(4, 2, 6, 2, "高新区", &look).unwrap();
    write(sheet, 7, &["合计", "", "", "", "120", "90"]);
    write(sheet, 8, &["填表人：测试丁", "", "", "", "审核人：测试戊"]);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_of_a_personnel_department_becomes_vacancies_row_by_row() {
    let demand = read(&workbook(), Format::Xlsx, &context()).unwrap();
    assert_eq!(demand.dropped_columns, ["联系人", "联系电话"]);
    assert_eq!(demand.unknown_columns, [""; 0]);
    let left_out: Vec<_> = demand.left_out.iter().map(|one| (one.row, one.why)).collect();
    assert_eq!(left_out, [(8, LeftOut::Total), (9, LeftOut::Footer)]);
    let [workers, inspectors, keepers] = &demand.rows[..] else { panic!("{demand:?}") };

    assert_eq!((workers.sheet.as_str(), workers.row), ("用工需求表", 5));
    let terms = workers.result.as_ref().unwrap();
    let pay = terms.pay.clone().unwrap();
    assert_eq!((terms.title.as_str(), terms.headcount), ("普工", 200));
    assert_eq!((pay.base_yuan, pay.total_from_yuan, pay.total_to_yuan), (2200, 5000, 7000));
    assert_eq!(pay.unit(), pay_unit::Value::Month);
    assert_eq!((terms.park.as_str(), terms.place.as_str()), ("chenzhou-hitech", "431003"));
    assert_eq!(terms.shift(), shift::Value::Rotating);
    assert!(terms.meals && terms.dormitory && terms.social_insurance && terms.trainable);
    assert_eq!(terms.contract_with(), contract_with::Value::Enterprise);
    assert_eq!(terms.conditions, "年满18周岁，身体健康，能胜任岗位工作；初中以上学历");
    assert_eq!(terms.needed_by, "2021-07-20");
    let batches: Vec<_> = terms.batches.iter().map(|b| (b.date.as_str(), b.headcount)).collect();
    assert_eq!(batches, [("2021-07-20", 80), ("2021-07-25", 120)]);
    assert_eq!(terms.valid_until.as_ref().map(|t| t.seconds), Some(1_630_425_600));

    let terms = inspectors.result.as_ref().unwrap();
    let pay = terms.pay.clone().unwrap();
    assert_eq!((terms.headcount, pay.base_yuan, pay.hourly_yuan), (10, 20, 20));
    assert_eq!(pay.unit(), pay_unit::Value::Hour);
    assert_eq!(terms.contract_with(), contract_with::Value::Agency);
    assert!(terms.meals && !terms.dormitory && !terms.social_insurance && !terms.trainable);
    assert_eq!((terms.needed_by.as_str(), terms.conditions.as_str()), ("2021-07-31", "高中学历"));
    assert!(terms.duties.contains("社保：五险"), "{}", terms.duties);

    let codes: Vec<_> = keepers.result.as_ref().unwrap_err().iter().map(of_note).collect();
    assert_eq!(
        codes,
        [(Some(Column::Men), Code::DemandHeadcount), (Some(Column::Pay), Code::DemandPay)]
    );
}

#[test]
fn a_contact_reaches_no_vacancy() {
    let demand = read(&workbook(), Format::Xlsx, &context()).unwrap();
    let shown = format!("{demand:?}");
    assert!(!shown.contains("测试甲") && !shown.contains("1990000"), "{shown}");
    for (column, text) in [
        ("任职要求", "能适应倒班，联系人测试甲，电话19900000001"),
        ("工作内容", "装配电子产品；请致电0735-1234567"),
        ("工作地点", "郴州市苏仙区白露塘镇，联系电话199 0000 0001"),
    ] {
        let row = one(&[(column, text)]);
        let terms = row.result.as_ref().unwrap();
        let all = format!("{}{}{}", terms.conditions, terms.duties, terms.address);
        assert!(!all.contains("测试甲") && !all.contains("000"), "{all}");
        assert!(
            row.warnings.iter().any(|note| note.refusal.code == Code::DemandContact),
            "{column}"
        );
    }
}

#[test]
fn unlawful_columns_are_not_taken_over_and_propose_a_lawful_wording() {
    let row = one(&[("年龄", "18-45周岁"), ("性别", "男")]);
    let conditions = &row.result.as_ref().unwrap().conditions;
    assert_eq!(conditions, "年满18周岁，身体健康，能胜任岗位工作");
    let age = texts(&row, Column::Age, Lang::Zh).concat();
    assert!(
        age.contains("年龄限制")
            && age.contains("18-45周岁")
            && age.contains("建议改为：年满18周岁"),
        "{age}"
    );
    let sex = texts(&row, Column::Sex, Lang::En).concat();
    assert!(sex.contains("limit by sex") && sex.contains("men and women alike"), "{sex}");
    for (age, conditions) in [
        ("不限", "年满16周岁，身体健康，能胜任岗位工作"),
        ("18周岁以上", "年龄18周岁以上"),
        ("45岁以下", "年满16周岁，身体健康，能胜任岗位工作"),
        ("18-45", "年满18周岁，身体健康，能胜任岗位工作"),
        ("年龄20-50", "年满18周岁，身体健康，能胜任岗位工作"),
    ] {
        assert_eq!(terms(&[("年龄", age)]).conditions, conditions, "{age}");
    }
    let free = one(&[("要求", "18-45岁，能适应倒班，女性优先，视力正常")]);
    assert_eq!(free.result.as_ref().unwrap().conditions, "能适应倒班，视力正常");
    let unlawful = free.warnings.iter().filter(|note| note.refusal.code == Code::DemandUnlawful);
    assert_eq!(unlawful.count(), 2);
    assert_eq!(refused(&[("岗位", "男普工")]), [(Some(Column::Title), Code::VacancyUnlawful)]);
}

#[test]
fn numbers_of_people_are_read_or_refused() {
    for (text, headcount) in [("50人", 50), ("男30女20", 50), ("30-50", 30), ("约40人", 40)] {
        assert_eq!(terms(&[("人数", text)]).headcount, headcount, "{text}");
    }
    for text in ["若干", "不限", "0", "-5", "半个"] {
        assert_eq!(
            refused(&[("人数", text)]),
            [(Some(Column::Headcount), Code::DemandHeadcount)],
            "{text}"
        );
    }
    let by_sex = warned(&[("人数", "男30女20")]);
    assert!(by_sex.contains(&(Some(Column::Headcount), Code::DemandUnlawful)), "{by_sex:?}");
    assert_eq!(terms(&[("人数", "50"), ("男", "20"), ("女", "20")]).headcount, 50);
    assert_eq!(
        refused(&[("人数", "50"), ("男", "30"), ("女", "30")]),
        [(Some(Column::Headcount), Code::DemandHeadcountSum)]
    );
}

#[test]
fn pay_is_read_or_refused() {
    let pay = |cells: &[(&str, &str)]| {
        let mut all = vec![("底薪", "")];
        all.extend_from_slice(cells);
        let pay = terms(&all).pay.unwrap();
        (pay.unit(), pay.base_yuan, pay.total_from_yuan, pay.total_to_yuan, pay.hourly_yuan)
    };
    use pay_unit::Value::{Hour, Month, Piece};
    for (cells, expected) in [
        (&[("底薪", "2200")][..], (Month, 2200, 0, 0, 0)),
        (&[("底薪", "2200元/月"), ("综合工资", "5000-7000元/月")], (Month, 2200, 5000, 7000, 0)),
        (&[("底薪/综合工资", "2200/5000-7000")], (Month, 2200, 5000, 7000, 0)),
        (&[("工资", "5000-7000元/月")], (Month, 5000, 5000, 7000, 0)),
        (&[("工资", "2000+提成")], (Month, 2000, 0, 0, 0)),
        (&[("工资", "20-22元/小时")], (Hour, 20, 0, 0, 20)),
        (&[("工资", "20-22"), ("计薪", "小时工")], (Hour, 20, 0, 0, 20)),
        (&[("工资（元/小时）", "20")], (Hour, 20, 0, 0, 20)),
        (&[("工资", "底薪2200，综合5000-7000元/月，时薪18元/小时")], (Month, 2200, 5000, 7000, 18)),
        (&[("底薪", "保底3000"), ("计薪", "计件")], (Piece, 3000, 0, 0, 0)),
        (&[("工资", "5-7k")], (Month, 5000, 5000, 7000, 0)),
    ] {
        assert_eq!(pay(cells), expected, "{cells:?}");
    }
    let words = terms(&[("底薪", ""), ("工资", "2000+提成")]).duties;
    assert!(words.contains("薪酬：2000+提成"), "{words}");
    for cells in [
        &[("工资", "面议")][..],
        &[("工资", "0.5元/小时")],
        &[("工资", "9999999元/月")],
        &[("综合工资", "5000-7000元/月")],
        &[("计薪", "计件")],
    ] {
        let mut all = vec![("底薪", "")];
        all.extend_from_slice(cells);
        let codes: Vec<_> = refused(&all).into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, [Code::DemandPay], "{cells:?}");
    }
    let by_day = refused(&[("底薪", ""), ("工资", "200元/天")]);
    assert_eq!(by_day, [(Some(Column::Pay), Code::DemandPayUnit)]);
    let read = one(&[("底薪", ""), ("工资", "20-22元/小时")]);
    assert_eq!(texts(&read, Column::Pay, Lang::Zh), ["按“每小时20元，最高22元”处理，请核对。"]);
    assert_eq!(terms(&[("发薪日", "次月15号")]).pay.unwrap().payday, 15);
}

#[test]
fn days_and_waves_are_read_or_refused() {
    let needed = |text: &str| terms(&[("到岗时间", text)]).needed_by;
    for (text, day) in [
        ("2021-07-20", "2021-07-20"),
        ("7月20日前", "2021-07-20"),
        ("尽快", "2021-07-31"),
        ("", "2021-07-31"),
        ("中秋后", "2021-09-22"),
    ] {
        assert_eq!(needed(text), day, "{text}");
    }
    let batches = |headcount: &str, text: &str| {
        let terms = terms(&[("人数", headcount), ("分批到岗时间", text)]);
        terms.batches.into_iter().map(|b| (b.date, b.headcount)).collect::<Vec<_>>()
    };
    let first = ("2021-08-01".to_owned(), 50);
    let text = "8月1日前50人，8月15日前100人";
    assert_eq!(batches("150", text), [first.clone(), ("2021-08-15".to_owned(), 100)]);
    assert_eq!(batches("100", text), [first, ("2021-08-15".to_owned(), 50)], "100 in all by then");
    assert_eq!(
        refused(&[("人数", "120"), ("分批到岗时间", text)]),
        [(Some(Column::Arrival), Code::DemandBatches)]
    );
    assert_eq!(refused(&[("到岗时间", "看订单")]), [(Some(Column::Arrival), Code::DemandDate)]);
    let bare = DemandContext { needed_by: None, valid_until: None, ..context() };
    let codes: Vec<_> = one_in(&bare, &[]).result.unwrap_err().iter().map(of_note).collect();
    assert_eq!(
        codes,
        [
            (Some(Column::Arrival), Code::DemandNeededBy),
            (Some(Column::ValidUntil), Code::DemandValidUntil)
        ]
    );
    let row = one_in(&bare, &[("到岗时间", "7月20日"), ("有效期至", "7月31日")]);
    let terms = row.result.unwrap();
    // The end of that day in Beijing.
    assert_eq!(
        terms.valid_until.unwrap().seconds,
        datetime!(2021-07-31 16:00 UTC).unix_timestamp()
    );
}

#[test]
fn offers_are_read_and_what_no_field_holds_is_kept_as_text() {
    let got = terms(&[
        ("班次", "长白班"),
        ("食宿", "包住不包吃"),
        ("社保", "五险"),
        ("用工形式", "直签/派遣"),
        ("班车", "有"),
    ]);
    assert_eq!(got.shift(), shift::Value::Unspecified);
    assert!(got.dormitory && !got.meals && got.shuttle_bus && !got.social_insurance);
    assert_eq!(got.contract_with(), contract_with::Value::Unspecified);
    assert_eq!(got.duties, "电子装配工；班次：长白班；社保：五险；直签/派遣：直签/派遣");
    for (text, meals, dormitory) in [
        ("包吃住", true, true),
        ("包吃", true, false),
        ("提供住宿", false, true),
        ("无", false, false),
        ("食宿自理", false, false),
        ("不包吃住", false, false),
    ] {
        let got = terms(&[("食宿", text)]);
        assert_eq!((got.meals, got.dormitory), (meals, dormitory), "{text}");
    }
    assert_eq!(terms(&[("班次", "8:00-20:00")]).shift(), shift::Value::DayTo2000);
    assert!(terms(&[("社保", "五险一金")]).social_insurance);
    assert!(!terms(&[("社保", "转正后五险一金")]).social_insurance);
}

#[test]
fn the_place_is_a_park_a_county_or_the_enterprises_own() {
    let place = |cells: &[(&str, &str)]| {
        let terms = terms(cells);
        (terms.place, terms.park, terms.address)
    };
    let own = |place: &str, park: &str, address: &str| {
        (place.to_owned(), park.to_owned(), address.to_owned())
    };
    assert_eq!(place(&[("园区", "郴州高新区")]), own("431003", "chenzhou-hitech", ""));
    assert_eq!(
        place(&[("园区", ""), ("工作地点", "桂阳县仁义镇")]),
        own("431021", "", "桂阳县仁义镇")
    );
    assert_eq!(place(&[("园区", ""), ("工作地点", "431025")]), own("431025", "", "431025"));
    assert_eq!(refused(&[("园区", "火星园区")]), [(Some(Column::Park), Code::DemandPark)]);
    assert_eq!(refused(&[("园区", "")]), [(Some(Column::Place), Code::DemandPlace)]);
    let context = DemandContext { place: Some("431021".parse().unwrap()), ..context() };
    let row = one_in(&context, &[("园区", "")]);
    assert_eq!(row.result.as_ref().unwrap().place, "431021");
    assert!(texts(&row, Column::Place, Lang::Zh).concat().contains("桂阳县"));
}

#[test]
fn nobody_posts_for_another() {
    let code = "91431000TESTDEM01X";
    let sender = Enterprise { code: code.into(), name: "郴州市测试电子有限公司".into() };
    let context = DemandContext { enterprise: Some(sender), ..context() };
    for own in [&[("企业", "测试电子")][..], &[("信用代码", "91431000testdem01x")], &[]] {
        assert!(one_in(&context, own).result.is_ok(), "{own:?}");
    }
    for other in
        [&[("企业", "别家电子厂")][..], &[("信用代码", "91350100M000100Y43"), ("企业", "测试电子")]]
    {
        let notes = one_in(&context, other).result.unwrap_err();
        assert_eq!(notes[0].refusal.code, Code::DemandEnterprise, "{other:?}");
    }
}

#[test]
fn what_anybody_can_learn_is_trainable() {
    assert!(!terms(&[("岗位", "电焊工")]).trainable);
    assert!(terms(&[("岗位", "电焊工"), ("经验要求", "无需经验")]).trainable);
    assert!(terms(&[("岗位", "装配工"), ("要求", "包教包会")]).trainable);
    assert!(terms(&[("岗位", "普工")]).trainable);
    assert!(!terms(&[("岗位", "普工"), ("可培训上岗", "否")]).trainable);
    assert!(warned(&[("岗位", "普工")]).contains(&(Some(Column::Trainable), Code::DemandFilled)));
    assert!(terms(&[("岗位", "急招普工")]).urgent);
    assert!(
        warned(&[("岗位", "占卜师")]).contains(&(Some(Column::Title), Code::DemandTitleUnmapped))
    );
}

#[test]
fn a_sheet_without_its_columns_or_rows_is_refused() {
    let code = |text: &str| read(text.as_bytes(), Format::Csv, &context()).unwrap_err().code;
    assert_eq!(code("企业,岗位,底薪\n测试,普工,2200\n"), Code::RosterHeader);
    assert_eq!(code("岗位,人数\n"), Code::RosterEmpty);
    assert_eq!(code(""), Code::RosterEmpty);
    assert_eq!(read(b"{}", Format::Ndjson, &context()).unwrap_err().code, Code::RosterNotWorkbook);
}

#[test]
fn the_sheet_goes_back_with_the_reason_beside_the_bad_row() {
    let book = workbook();
    let demand = read(&book, Format::Xlsx, &context()).unwrap();
    let bad = demand.rows.iter().filter_map(|row| Some((row, row.result.as_ref().err()?)));
    let notes: Vec<RowNote> = bad
        .flat_map(|(row, notes)| notes.iter().map(move |note| (row, note)))
        .map(|(row, note)| RowNote {
            sheet: row.sheet.clone(),
            row: row.row,
            column: note.column.map_or("", Column::header).to_owned(),
            code: note.refusal.code.as_str().to_owned(),
            reason: note.refusal.detail(Lang::Zh),
            unverified: false,
        })
        .collect();
    let back = errors_workbook(&book, Format::Xlsx, &notes, &Limits::default()).unwrap();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(back)).unwrap();
    let range = calamine::Reader::worksheet_range(&mut book, "用工需求表").unwrap();
    let reason = range.rows().nth(6).unwrap().last().unwrap().to_string();
    assert!(reason.contains("男：请写明需求人数") && reason.contains("底薪"), "{reason}");
    assert!(range.rows().nth(4).unwrap().last().unwrap().to_string().is_empty());
}

#[test]
fn the_template_reads_back() {
    let mut demand = read(&template().unwrap(), Format::Xlsx, &context());
    assert_eq!(demand.as_ref().unwrap_err().code, Code::RosterEmpty, "its example is left out");
    let book = template().unwrap();
    let mut cells: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(&book[..])).unwrap();
    let range = calamine::Reader::worksheet_range(&mut cells, "用工需求").unwrap();
    let csv: Vec<String> = range
        .rows()
        .map(|row| {
            row.iter()
                .map(|cell| format!("\"{}\"", cell.to_string().trim_start_matches("示例")))
                .collect::<Vec<_>>()
                .join(",")
        })
        .collect();
    demand = read(csv.join("\n").as_bytes(), Format::Csv, &context());
    let demand = demand.unwrap();
    assert_eq!((&demand.unknown_columns, &demand.dropped_columns), (&vec![], &vec![]));
    let row = &demand.rows[0];
    let terms = row.result.as_ref().unwrap();
    assert_eq!(terms.headcount, 200);
    let unlawful = row.warnings.iter().any(|note| note.refusal.code == Code::DemandUnlawful);
    assert!(!unlawful, "{:?}", row.warnings);
}

/// What stands in such cells, and worse.
fn cell() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "若干",
        "18-45",
        "周岁",
        "男",
        "女",
        "5000",
        "-",
        "7000",
        "元/月",
        "20",
        "/小时",
        "8月1日前",
        "50人",
        "，",
        "+提成",
        "包吃住",
        "五险一金",
        "两班倒",
        "不限",
        "底薪",
        "面议",
        "尽快",
        "2021-07-20",
        "万",
        "k",
        "99999999999",
        ".",
        "第一批",
        "/",
    ]);
    prop_oneof![
        3 => prop::collection::vec(words, 0..6).prop_map(|words| words.concat()),
        1 => "\\PC{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_row_ends_as_a_lawful_vacancy_or_as_refusals(
        cells in prop::collection::vec(cell(), 10),
    ) {
        let columns = ["人数", "年龄", "底薪", "综合工资", "工资", "班次", "食宿", "要求", "到岗时间", "有效期至"];
        let all: Vec<(&str, &str)> =
            columns.into_iter().zip(&cells).map(|(column, cell)| (column, cell.as_str())).collect();
        // Why: a column that holds nothing is left out, and this one is needed.
        let all = [&[("岗位工种", "x")], &all[..], &[("需求人数", "5")]].concat();
        let row = one(&all);
        match &row.result {
            Err(notes) => prop_assert!(!notes.is_empty()),
            Ok(terms) => {
                prop_assert!((1..=100_000).contains(&terms.headcount));
                let pay = terms.pay.as_ref().unwrap();
                prop_assert!(pay.base_yuan >= 1 && pay.total_from_yuan <= pay.total_to_yuan);
                let sum: u32 = terms.batches.iter().map(|batch| batch.headcount).sum();
                prop_assert!(terms.batches.is_empty() || sum == terms.headcount);
                for text in [&terms.conditions, &terms.duties] {
                    let found = gongqiao_contract::codes::check_advert(text);
                    prop_assert!(found.is_empty(), "{text}");
                }
            }
        }
        for note in &row.warnings {
            prop_assert!(!note.refusal.detail(Lang::Zh).contains('{'), "{note:?}");
        }
    }
}
