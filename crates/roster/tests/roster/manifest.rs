//! The manifest of one recipient as a workbook.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use gongqiao_contract::{
    Lang,
    view::{Listed, Manifest},
    wire::{Crew, CrewMember, Vehicle},
};
use gongqiao_roster::manifest_workbook;

fn manifest(recipient: &str, people: Vec<Listed>) -> Manifest {
    Manifest {
        dispatch: "dsp_1".parse().unwrap(),
        recipient: recipient.to_owned(),
        enterprise_name: "测试电子1厂".to_owned(),
        title: "=1+1".to_owned(),
        point_name: "测试劳务服务点".to_owned(),
        to: "431003".to_owned(),
        mode: "COACH".to_owned(),
        vehicle: Some(Vehicle { plate: "湘L00001".into(), seats: 49, carrier: "客运".into() }),
        departs_at: Some("2021-07-19T00:30:00Z".to_owned()),
        arrives_at: None,
        crew: None,
        named: 0,
        unnamed: 0,
        partial: false,
        position: 1,
        people,
    }
}

fn rows(manifest: &Manifest, lang: Lang) -> Vec<Vec<String>> {
    let bytes = manifest_workbook(manifest, lang).unwrap();
    let mut workbook = Xlsx::new(Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

fn said<'a>(rows: &'a [Vec<String>], name: &str) -> Option<&'a str> {
    Some(rows.iter().find(|row| row[0] == name)?[1].as_str())
}

#[test]
fn each_recipients_sheet_has_its_own_columns_and_no_others() {
    let person = Listed {
        card: "card_1".into(),
        point_name: "甲村".into(),
        stop_name: Some("乙村".into()),
        name: Some("测试甲".into()),
        phone: Some("19900000001".into()),
        occupations: Some("普工".into()),
        minor: Some(true),
        state: Some("boarded".into()),
        citizen_id: Some("431021198503070771".into()),
        birth_date: Some("1985-03-07".into()),
    };
    let check = |recipient, header: &[&str], line: &[&str]| {
        let rows = rows(&manifest(recipient, vec![person.clone()]), Lang::Zh);
        let at = rows.iter().position(|row| row[0] == "序号").unwrap();
        let filled = |row: &[String]| -> Vec<String> {
            row.iter().filter(|cell| !cell.is_empty()).cloned().collect()
        };
        assert_eq!(filled(&rows[at]), header, "{recipient}");
        assert_eq!(filled(&rows[at + 1]), line, "{recipient}");
    };
    check(
        "enterprise",
        &["序号", "姓名", "手机", "工种", "未成年工", "状态", "服务点", "人员卡"],
        &["1", "测试甲", "19900000001", "普工", "是", "已上车", "甲村", "card_1"],
    );
    check("carrier", &["序号", "姓名", "上车点", "人员卡"], &["1", "测试甲", "乙村", "card_1"]);
    check(
        "insurer",
        &["序号", "姓名", "身份证号", "出生日期", "人员卡"],
        &["1", "测试甲", "431021198503070771", "1985-03-07", "card_1"],
    );
}

#[test]
fn the_journey_stands_above_in_beijing_time_and_in_the_readers_language() {
    let member = |name: &str| CrewMember { name: name.into(), phone: "19900000002".into() };
    let unnamed = Listed { card: "card_1".into(), ..Listed::default() };
    let mut manifest = manifest("carrier", vec![unnamed]);
    manifest.unnamed = 1;
    manifest.crew =
        Some(Crew { drivers: vec![member("测试乙")], attendant: Some(member("测试丙")) });
    let zh = rows(&manifest, Lang::Zh);
    assert_eq!(said(&zh, "出发时间"), Some("2021-07-19 08:30"));
    assert_eq!(said(&zh, "预计到达"), Some(""));
    assert_eq!(said(&zh, "岗位"), Some("=1+1"), "a text, and no formula");
    assert_eq!(said(&zh, "驾驶员"), Some("测试乙 19900000002"));
    assert_eq!(said(&zh, "跟车管理员"), Some("测试丙 19900000002"));
    assert_eq!(said(&zh, "未同意具名"), Some("1"));
    assert_eq!(said(&zh, "范围"), None);
    let en = rows(&manifest, Lang::En);
    assert_eq!(said(&en, "Departs"), Some("2021-07-19 08:30"));
    assert_eq!(said(&en, "Mode"), Some("chartered coach"));
}
