//! Dispatch rosters as clerks keep them.

use gongqiao_contract::{
    codes::{CitizenId, IdRule},
    refusal::Code,
    wire::travel_mode::Value as Mode,
};
use gongqiao_roster::{
    Format, Limits,
    manifest::{Column, Contact, Group, Manifest, ManifestContext, ManifestNote, read},
    table::LeftOut,
};
use proptest::prelude::*;
use rust_xlsxwriter::{Format as Look, Workbook, Worksheet};
use time::macros::{date, datetime};

use crate::support::test_id;

fn context() -> ManifestContext {
    ManifestContext { today: date!(2021 - 07 - 12), rule: IdRule::Test, limits: Limits::default() }
}

fn read_csv(text: &str) -> Manifest {
    read(text.as_bytes(), Format::Csv, &context()).unwrap()
}

fn group(text: &str) -> Group {
    let mut manifest = read_csv(text);
    assert_eq!(manifest.groups.len(), 1);
    manifest.groups.remove(0)
}

fn codes(notes: &[ManifestNote]) -> Vec<(Option<Column>, Code)> {
    notes.iter().map(|note| (note.column, note.refusal.code)).collect()
}

fn contact(name: &str, phone: &str) -> Contact {
    Contact { name: name.into(), phone: phone.into() }
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, column, *cell).unwrap();
    }
}

const HEADER: [&str; 10] = [
    "序号",
    "姓名",
    "身份证号码",
    "联系电话",
    "上车点",
    "目的地",
    "企业",
    "紧急联系人",
    "紧急联系电话",
    "签字",
];

/// Two coaches: one with its vehicle above the table, one below.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("1号车").unwrap();
    sheet.merge_range(0, 0, 0, 9, "桂阳县点对点输送花名册", &Look::new()).unwrap();
    write(
        sheet,
        1,
        &[
            "出发时间：2021年7月18日上午8点",
            "",
            "",
            "",
            "目的地：郴州高新区",
            "",
            "",
            "出行方式：包车",
        ],
    );
    write(
        sheet,
        2,
        &[
            "车牌号",
            "湘L00001",
            "核载",
            "",
            "承运单位",
            "测试客运公司",
            "驾驶员",
            "测试甲19900000001、测试乙19900000002",
        ],
    );
    sheet.write_number(2, 3, 3).unwrap();
    write(sheet, 3, &["跟车管理员：测试丙 19900000003"]);
    write(sheet, 4, &HEADER);
    let (one, two, three) = (test_id(1), test_id(2), test_id(3));
    write(
        sheet,
        5,
        &[
            "1",
            "测试丁",
            &one,
            "19900000011",
            "仁义镇政府",
            "郴州高新区",
            "测试电子厂",
            "测试戊",
            "19900000021",
        ],
    );
    write(
        sheet,
        6,
        &["2", "测试己", &two, "19900000012", "仁义镇政府", "同上", "同上", "测试庚 19900000022"],
    );
    write(sheet, 7, &["3", "测试辛", &three, "19900000013", "县汽车站", "同上", "同上"]);
    write(sheet, 8, &["4", "测试壬", &one, "19900000014", "县汽车站", "同上", "同上"]);
    write(sheet, 9, &["5", "测试癸", "4310211990", "19900000015", "", "同上", "同上"]);
    write(sheet, 10, &["合计", "5人"]);
    write(sheet, 11, &["填表人：测试子", "", "审核人：测试丑"]);
    let sheet = workbook.add_worksheet().set_name("2号车").unwrap();
    write(sheet, 0, &HEADER);
    write(sheet, 1, &["1", "测试寅", &test_id(4), "19900000016", "韩山村", "深圳", "测试电子厂"]);
    write(sheet, 2, &["车牌号", "大巴", "核载人数", "四十九", "承运单位", "测试客运公司"]);
    write(sheet, 3, &["驾驶员", "测试卯", "联系电话", "19900000031"]);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_of_two_coaches_is_read_with_its_vehicles() {
    let manifest = read(&workbook(), Format::Xlsx, &context()).unwrap();
    let [first, second] = &manifest.groups[..] else { panic!("{manifest:?}") };

    assert_eq!((first.sheet.as_str(), first.people.len()), ("1号车", 5));
    let vehicle = first.vehicle.clone().unwrap();
    assert_eq!((vehicle.plate.as_str(), vehicle.seats), ("湘L00001", 3));
    assert_eq!(vehicle.carrier, "测试客运公司");
    assert_eq!(
        vehicle.drivers,
        [contact("测试甲", "19900000001"), contact("测试乙", "19900000002")]
    );
    assert_eq!(vehicle.attendant, Some(contact("测试丙", "19900000003")));
    let journey = &first.journey;
    assert_eq!(journey.departs(), Some(datetime!(2021-07-18 08:00)));
    assert_eq!((journey.mode, journey.enterprise.as_str()), (Some(Mode::Coach), "测试电子厂"));
    assert_eq!(journey.destination, "郴州高新区");
    let stops: Vec<_> = first.stops.iter().map(|stop| (stop.place.as_str(), stop.people)).collect();
    assert_eq!(stops, [("仁义镇政府", 2), ("县汽车站", 2)]);
    assert_eq!(first.left_out, [(11, LeftOut::Total), (12, LeftOut::Footer)]);
    assert_eq!(codes(&first.warnings), [(None, Code::ManifestSeats)]);

    let traveller = first.people[0].result.as_ref().unwrap();
    assert_eq!(traveller.citizen_id.as_ref().map(CitizenId::expose), Some(test_id(1).as_str()));
    assert_eq!((traveller.name.as_str(), traveller.phone.as_str()), ("测试丁", "19900000011"));
    assert_eq!(traveller.emergency, Some(contact("测试戊", "19900000021")));
    assert_eq!(traveller.stop, Some(0));
    let second_person = first.people[1].result.as_ref().unwrap();
    assert_eq!(second_person.emergency, Some(contact("测试庚", "19900000022")));
    assert!(first.people[3].result.is_ok(), "who stands twice is for the gate to say");
    let damaged = &first.people[4];
    assert_eq!(damaged.result.as_ref().unwrap().citizen_id, None);
    assert_eq!(
        codes(&damaged.warnings),
        [
            (Some(Column::CitizenId), Code::RowIdLength),
            (Some(Column::PickUp), Code::ManifestNoStop)
        ]
    );

    let vehicle = second.vehicle.clone().unwrap();
    assert_eq!((vehicle.plate.as_str(), vehicle.seats), ("", 0));
    assert_eq!(vehicle.drivers, [contact("测试卯", "19900000031")]);
    assert_eq!(
        codes(&second.warnings),
        [(None, Code::ManifestPlate), (None, Code::ManifestSeatsUnknown)]
    );
    assert_eq!(second.people.len(), 1, "the block below the table is nobody");
}

#[test]
fn what_rows_say_goes_before_the_block_and_differences_are_told() {
    let row = |n: u32, rest: &str| format!("测试甲,{},1990000000{n},{rest}\n", test_id(n));
    let text = [
        "车牌号：湘L00001  核载：49人  驾驶员：测试乙  出发时间：7月20日8:00\n".to_owned(),
        "姓名,身份证号,手机,出发日期/地点,出行方式,企业,目的地\n".to_owned(),
        row(1, "7月18日7:30县汽车站,包车,测试一厂,深圳"),
        row(2, "7月18日7:30县汽车站,包车,测试一厂,深圳"),
        row(3, "7月18日7:30县汽车站,火箭,测试二厂,深圳"),
    ];
    let group = group(&text.concat());
    let journey = &group.journey;
    assert_eq!(journey.departs(), Some(datetime!(2021-07-18 07:30)));
    assert_eq!((journey.from.as_str(), journey.destination.as_str()), ("县汽车站", "深圳"));
    assert_eq!((journey.mode, journey.enterprise.as_str()), (Some(Mode::Coach), "测试一厂"));
    assert_eq!(
        codes(&group.warnings),
        [
            (Some(Column::Enterprise), Code::ManifestDiffers),
            (Some(Column::Mode), Code::ManifestDiffers)
        ]
    );
    assert_eq!(group.dropped_columns, [""; 0]);
}

#[test]
fn a_group_without_a_vehicle_is_told_unless_it_needs_none() {
    let text = |mode: &str| {
        format!("姓名,身份证号,手机,出行方式\n测试甲,{},19900000001,{mode}\n", test_id(1))
    };
    assert_eq!(codes(&group(&text("包车")).warnings), [(None, Code::ManifestNoVehicle)]);
    assert_eq!(codes(&group(&text("")).warnings), [(None, Code::ManifestNoVehicle)]);
    for mode in ["自行前往", "企业接送", "专列"] {
        let group = group(&text(mode));
        assert_eq!((codes(&group.warnings), group.vehicle), (vec![], None), "{mode}");
    }
    let unknown = group(&text("飞毯"));
    assert!(codes(&unknown.warnings).contains(&(Some(Column::Mode), Code::ManifestMode)));
}

#[test]
fn people_are_known_by_id_or_by_phone_or_not_at_all() {
    let right = test_id(1);
    let real = "11010519491231002X";
    let text = format!(
        "姓名,身份证号,手机\n测试甲,{right},\n测试乙,无,19900000001\n测试丙,,\n,{},19900000002\n测试丁,{real},19900000003\n",
        test_id(2)
    );
    let group = group(&text);
    let ends: Vec<Vec<(Option<Column>, Code)>> = group
        .people
        .iter()
        .map(|person| person.result.as_ref().map_or_else(|notes| codes(notes), |_| Vec::new()))
        .collect();
    assert_eq!(
        ends,
        [
            vec![],
            vec![],
            vec![(None, Code::RowUnidentifiable)],
            vec![(Some(Column::Name), Code::RowRequired)],
            vec![(Some(Column::CitizenId), Code::RowIdReal)],
        ]
    );
    assert_eq!(codes(&group.people[0].warnings), [(Some(Column::Phone), Code::RowPhoneMissing)]);
    assert_eq!(codes(&group.people[1].warnings), [(Some(Column::CitizenId), Code::RowIdMissing)]);
}

#[test]
fn nothing_of_a_person_is_shown_in_debug() {
    let manifest = read(&workbook(), Format::Xlsx, &context()).unwrap();
    let shown = format!("{manifest:?}");
    assert!(!shown.contains("1990000") && !shown.contains(&test_id(1)), "{shown}");
    for name in ["测试甲", "测试丙", "测试丁", "测试戊"] {
        assert!(!shown.contains(name), "{name}");
    }
}

#[test]
fn a_file_without_people_is_refused() {
    let code = |text: &str| read(text.as_bytes(), Format::Csv, &context()).unwrap_err().code;
    assert_eq!(code("姓名,手机\n"), Code::RosterEmpty);
    assert_eq!(code("姓名,上车点,企业,目的地\n测试甲,某村,某厂,某地\n"), Code::RosterHeader);
    assert_eq!(read(b"{}", Format::Ndjson, &context()).unwrap_err().code, Code::RosterNotWorkbook);
}

/// What stands in such cells and blocks, and worse.
fn cell() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "车牌号",
        "：",
        "湘L00001",
        "核载",
        "49人",
        "驾驶员",
        "测试甲",
        "19900000001",
        "7月18日",
        "8:00",
        "下午2点半",
        "、",
        " ",
        "(",
        ")",
        "包车",
        "目的地",
        "联系电话",
        "填表人",
        "同上",
        "431021199001150012",
        "合计",
        "5",
    ]);
    prop_oneof![
        3 => prop::collection::vec(words, 0..6).prop_map(|words| words.concat()),
        1 => "\\PC{0,20}",
    ]
}

proptest! {
    #[test]
    fn every_row_of_any_sheet_is_somebody_or_left_out(
        rows in prop::collection::vec(prop::collection::vec(cell(), 6), 1..8), above in cell(),
    ) {
        let quoted = |cells: &[String]| {
            let cells: Vec<_> = cells.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            cells.join(",")
        };
        let mut lines = vec![quoted(&[above]), "姓名,身份证号,手机,出发时间,上车点,紧急联系人".to_owned()];
        lines.extend(rows.iter().map(|row| quoted(row)));
        if let Ok(manifest) = read(lines.join("\n").as_bytes(), Format::Csv, &context()) {
            let group = &manifest.groups[0];
            let filled = rows.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty()));
            // Why: blank ones are nobody's, and the first may go on with the header.
            prop_assert!(group.people.len() + group.left_out.len() <= rows.len());
            prop_assert!(group.people.len() + group.left_out.len() + 1 >= filled.count());
            let taken = group.people.iter().filter_map(|person| person.result.as_ref().ok());
            let at_stops = taken.filter(|person| person.stop.is_some()).count();
            prop_assert_eq!(at_stops, group.stops.iter().map(|stop| stop.people as usize).sum::<usize>());
        }
    }
}

#[test]
fn a_row_may_say_another_way_or_day_than_the_others() {
    let row = |n: u32, rest: &str| format!("测试甲,{},1990000000{n},{rest}\n", test_id(n));
    let text = [
        "姓名,身份证号,手机,出发日期,出行方式\n".to_owned(),
        row(1, "7月18日,包车"),
        row(2, "7月18日,自行前往"),
        row(3, "7月19日,包车"),
    ];
    let group = group(&text.concat());
    let said = |at: usize| {
        let who = group.people[at].result.as_ref().unwrap();
        (who.mode, who.departs_on)
    };
    let day = |day| Some(time::macros::date!(2021 - 07 - 01).replace_day(day).unwrap());
    assert_eq!(said(0), (Some(Mode::Coach), day(18)));
    assert_eq!(said(1), (Some(Mode::Alone), day(18)));
    assert_eq!(said(2), (Some(Mode::Coach), day(19)));
}

#[test]
fn a_trade_that_is_a_word_of_the_block_leaves_a_person_a_person() {
    let text = "姓名,身份证号,手机,备注\n测试甲,,19900000001,领队\n测试乙,,19900000002,司机\n驾驶员：测试丙 19900000003\n";
    let group = group(text);
    assert_eq!(group.people.len(), 2);
    assert_eq!(group.vehicle.unwrap().drivers, [contact("测试丙", "19900000003")]);
}

#[test]
fn a_train_has_a_number_and_a_coach_an_arrival() {
    let text = "车次：G6071次 出行方式：专列\n姓名,手机\n测试甲,19900000001\n";
    let train = group(text);
    assert_eq!(train.journey.mode, Some(Mode::Train));
    assert_eq!(train.vehicle.unwrap().plate, "G6071");
    assert_eq!(codes(&train.warnings), []);
    let arrives = |text: &str| {
        let text = format!(
            "车牌：湘L00001 核载：45 驾驶员：测试乙\n出发时间：7月18日20:00 预计到达时间：{text}\n姓名,手机\n测试甲,19900000001\n"
        );
        group(&text).journey.arrives
    };
    assert_eq!(arrives("7月19日6:30"), Some(datetime!(2021-07-19 06:30)));
    assert_eq!(arrives("凌晨3点"), Some(datetime!(2021-07-19 03:00)));
    assert_eq!(arrives("待定"), None);
}

#[test]
fn a_departure_in_a_cell_of_date_and_time_keeps_its_time() {
    use rust_xlsxwriter::{ExcelDateTime, Format as Look};
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    write(sheet, 0, &["姓名", "手机", "出发时间"]);
    write(sheet, 1, &["测试甲", "19900000001"]);
    let at = ExcelDateTime::from_ymd(2021, 7, 18).unwrap().and_hms(8, 30, 0).unwrap();
    let look = Look::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.write_datetime_with_format(1, 2, &at, &look).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let manifest = read(&bytes, Format::Xlsx, &context()).unwrap();
    assert_eq!(manifest.groups[0].journey.departs(), Some(datetime!(2021-07-18 08:30)));
}
