//! The manifest of one recipient as a workbook (输送花名册): the journey above,
//! the people below.

use gongqiao_contract::{
    Lang,
    view::{Listed, Manifest},
    wire::CrewMember,
};
use gongqiao_roster::{Book, BookColumn, Value};
use gongqiao_shell::beijing;

/// A heading, its width, and what stands below it.
type Column = (&'static str, u16, fn(&Listed, Lang) -> String);

/// The workbook for `manifest`, with the columns of its recipient.
pub(crate) fn book(manifest: &Manifest, lang: Lang) -> Book {
    let columns = columns(&manifest.recipient, lang);
    let numbered = BookColumn::new(say(lang, "序号", "No."), 8);
    let headed = columns.iter().map(|(name, width, _)| BookColumn::new(*name, *width));
    let row = |(number, person): (i64, &Listed)| {
        let cells = columns.iter().map(|(_, _, value)| Value::from(value(person, lang)));
        std::iter::once(Value::Number(number)).chain(cells).collect()
    };
    Book {
        sheet: say(lang, "花名册", "Manifest").to_owned(),
        title: say(lang, "输送花名册", "Manifest").to_owned(),
        notes: journey(manifest, lang)
            .into_iter()
            .map(|(name, value)| format!("{name}{}{value}", say(lang, "：", ": ")))
            .collect(),
        columns: std::iter::once(numbered).chain(headed).collect(),
        rows: (1..).zip(&manifest.people).map(row).collect(),
    }
}

/// What is said of the journey as a whole.
fn journey(manifest: &Manifest, lang: Lang) -> Vec<(&'static str, String)> {
    let minutes = |at: Option<&String>| {
        let read = at.and_then(|text| beijing::parse(text).ok());
        read.map(beijing::minutes).unwrap_or_default()
    };
    let mut lines = vec![
        (say(lang, "批次", "Dispatch"), manifest.dispatch.to_string()),
        (say(lang, "企业", "Enterprise"), manifest.enterprise_name.clone()),
        (say(lang, "岗位", "Post"), manifest.title.clone()),
        (say(lang, "服务点", "Service point"), manifest.point_name.clone()),
        (say(lang, "目的地", "To"), manifest.to.clone()),
        (say(lang, "出行方式", "Mode"), mode(&manifest.mode, lang).to_owned()),
        (say(lang, "出发时间", "Departs"), minutes(manifest.departs_at.as_ref())),
        (say(lang, "预计到达", "Arrives"), minutes(manifest.arrives_at.as_ref())),
    ];
    if let Some(vehicle) = &manifest.vehicle {
        lines.push((say(lang, "车牌", "Plate"), vehicle.plate.clone()));
        lines.push((say(lang, "核载", "Seats"), vehicle.seats.to_string()));
        lines.push((say(lang, "承运单位", "Carrier"), vehicle.carrier.clone()));
    }
    if let Some(crew) = &manifest.crew {
        let drivers = crew.drivers.iter().map(|one| (say(lang, "驾驶员", "Driver"), member(one)));
        lines.extend(drivers);
        let attendant = crew.attendant.iter();
        lines.extend(attendant.map(|one| (say(lang, "跟车管理员", "Attendant"), member(one))));
    }
    lines.push((say(lang, "人数", "People"), manifest.people.len().to_string()));
    if manifest.unnamed > 0 {
        lines.push((say(lang, "未同意具名", "Not named"), manifest.unnamed.to_string()));
    }
    if manifest.partial {
        let part = say(lang, "仅含本服务点人员", "only the people of this point");
        lines.push((say(lang, "范围", "Extent"), part.to_owned()));
    }
    lines
}

fn member(member: &CrewMember) -> String {
    format!("{} {}", member.name, member.phone).trim().to_owned()
}

fn columns(recipient: &str, lang: Lang) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![(say(lang, "姓名", "Name"), 16, named)];
    match recipient {
        "enterprise" => columns.extend(for_enterprise(lang)),
        "carrier" => columns.push((say(lang, "上车点", "Stop"), 28, |one, _| {
            one.stop_name.clone().unwrap_or_default()
        })),
        _ => {
            columns.push((say(lang, "身份证号", "Citizen ID"), 24, |one, _| {
                one.citizen_id.clone().unwrap_or_default()
            }));
            columns.push((say(lang, "出生日期", "Born"), 14, |one, _| {
                one.birth_date.clone().unwrap_or_default()
            }));
        }
    }
    columns.push((say(lang, "人员卡", "Card"), 42, |one, _| one.card.clone()));
    columns
}

/// The name, or why there is none.
fn named(one: &Listed, lang: Lang) -> String {
    match (&one.name, one.standing.as_deref()) {
        (Some(name), _) => name.clone(),
        (None, Some("frozen")) => say(lang, "（已冻结）", "(frozen)").to_owned(),
        (None, Some("erased")) => say(lang, "（已删除）", "(erased)").to_owned(),
        (None, _) => String::new(),
    }
}

fn for_enterprise(lang: Lang) -> [Column; 5] {
    [
        (say(lang, "手机", "Phone"), 18, |one, _| one.phone.clone().unwrap_or_default()),
        (say(lang, "工种", "Occupations"), 24, |one, _| {
            one.occupations.clone().unwrap_or_default()
        }),
        (say(lang, "未成年工", "Minor"), 10, |one, lang| {
            if one.minor == Some(true) { say(lang, "是", "yes").to_owned() } else { String::new() }
        }),
        (say(lang, "状态", "State"), 12, |one, lang| {
            one.state.as_deref().map(|state| person_state(state, lang)).unwrap_or_default()
        }),
        (say(lang, "服务点", "Service point"), 28, |one, _| one.point_name.clone()),
    ]
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

#[cfg(test)]
mod tests {
    use gongqiao_contract::wire::{Crew, Vehicle};

    use super::*;

    fn manifest(recipient: &str) -> Manifest {
        let person = Listed {
            card: "card_1".into(),
            point_name: "甲村".into(),
            standing: None,
            stop_name: Some("乙村".into()),
            name: Some("测试甲".into()),
            phone: Some("19900000001".into()),
            occupations: Some("普工".into()),
            minor: Some(true),
            state: Some("boarded".into()),
            citizen_id: Some("ID".into()),
            birth_date: Some("1985-03-07".into()),
        };
        Manifest {
            dispatch: "dsp_1".parse().unwrap(),
            recipient: recipient.to_owned(),
            enterprise_name: "测试电子1厂".to_owned(),
            title: "装配工".to_owned(),
            point_name: "测试劳务服务点".to_owned(),
            to: "431003".to_owned(),
            mode: "COACH".to_owned(),
            vehicle: Some(Vehicle { plate: "L00001".into(), seats: 49, carrier: "客运".into() }),
            departs_at: Some("2021-07-19T00:30:00Z".to_owned()),
            arrives_at: None,
            crew: None,
            people: vec![person],
            named: 1,
            unnamed: 0,
            partial: false,
            position: 1,
        }
    }

    #[test]
    fn each_recipients_sheet_has_its_own_columns_and_no_others() {
        let check = |recipient, header: &[&str], line: &[&str]| {
            let book = book(&manifest(recipient), Lang::Zh);
            let names: Vec<&str> = book.columns.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(names[1..], *header, "{recipient}");
            let texts: Vec<Value> = line.iter().map(|text| Value::from(*text)).collect();
            assert_eq!(book.rows[0][1..], texts, "{recipient}");
        };
        check(
            "enterprise",
            &["姓名", "手机", "工种", "未成年工", "状态", "服务点", "人员卡"],
            &["测试甲", "19900000001", "普工", "是", "已上车", "甲村", "card_1"],
        );
        check("carrier", &["姓名", "上车点", "人员卡"], &["测试甲", "乙村", "card_1"]);
        check(
            "insurer",
            &["姓名", "身份证号", "出生日期", "人员卡"],
            &["测试甲", "ID", "1985-03-07", "card_1"],
        );
    }

    #[test]
    fn the_journey_stands_above_in_beijing_time_and_in_the_readers_language() {
        let member = |name: &str| CrewMember { name: name.into(), phone: "19900000002".into() };
        let mut manifest = manifest("carrier");
        manifest.unnamed = 1;
        manifest.crew =
            Some(Crew { drivers: vec![member("测试乙")], attendant: Some(member("测试丙")) });
        let zh = book(&manifest, Lang::Zh).notes;
        for line in [
            "出发时间：2021-07-19 08:30",
            "预计到达：",
            "驾驶员：测试乙 19900000002",
            "跟车管理员：测试丙 19900000002",
            "未同意具名：1",
        ] {
            assert!(zh.contains(&line.to_owned()), "{line} is not in {zh:?}");
        }
        assert!(!zh.iter().any(|line| line.starts_with("范围")));
        let en = book(&manifest, Lang::En).notes;
        assert!(en.contains(&"Mode: chartered coach".to_owned()), "{en:?}");
    }
}
