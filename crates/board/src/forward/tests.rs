use gongqiao_contract::wire::{contract_with, pay_unit, shift};
use time::macros::datetime;

use super::*;

fn urgent() -> VacancyTerms {
    VacancyTerms {
        title: "电子装配工".to_owned(),
        trainable: true,
        headcount: 120,
        place: "431003".to_owned(),
        park: "chenzhou-hitech".to_owned(),
        address: "郴州高新区".to_owned(),
        pay: Some(Pay {
            unit: pay_unit::Value::Month as i32,
            base_yuan: 2000,
            total_from_yuan: 5000,
            total_to_yuan: 7000,
            payday: 15,
            deductions: "水电费按表计".to_owned(),
            ..Pay::default()
        }),
        shift: shift::Value::DayTo2000 as i32,
        needed_by: "2021-07-20".to_owned(),
        urgent: true,
        shuttle_bus: true,
        dormitory: true,
        meals: true,
        social_insurance: true,
        contract_with: contract_with::Value::Enterprise as i32,
        minimum_stay_days: 90,
        ..VacancyTerms::default()
    }
}

fn notice(terms: &VacancyTerms) -> Notice<'_> {
    Notice {
        terms,
        enterprise: "测试电子厂",
        point: "测试村劳务服务点",
        respond_by: Some(datetime!(2021-07-13 09:00 +8)),
        full: false,
    }
}

#[test]
fn a_notice_says_all_that_people_choose_by() {
    insta::assert_snapshot!(notice(&urgent()).text(Lang::Zh));
    insta::assert_snapshot!(notice(&urgent()).text(Lang::En));
}

#[test]
fn a_notice_says_what_is_not_offered_and_that_all_seats_are_taken() {
    let terms = VacancyTerms {
        title: "缝纫工".to_owned(),
        headcount: 30,
        place: "431021".to_owned(),
        pay: Some(Pay {
            unit: pay_unit::Value::Piece as i32,
            base_yuan: 1800,
            hourly_yuan: 16,
            ..Pay::default()
        }),
        shift: shift::Value::Rotating as i32,
        needed_by: "2021-07-20".to_owned(),
        batches: [("2021-07-20", 10), ("2021-08-15", 20)]
            .map(|(date, headcount)| ArrivalBatch { date: date.to_owned(), headcount })
            .into(),
        ..VacancyTerms::default()
    };
    let full = Notice { respond_by: None, full: true, ..notice(&terms) };
    insta::assert_snapshot!(full.text(Lang::Zh));
    insta::assert_snapshot!(full.text(Lang::En));
}
