//! What the enterprises look for.

use gongqiao_contract::wire::{Pay, VacancyTerms, contract_with, pay_unit, shift};
use time::{OffsetDateTime, macros::datetime};

use crate::{bodies::HIGH_TECH, found::timestamp};

/// A vacancy to be posted.
#[derive(Debug, Clone)]
pub(super) struct Posting {
    /// Index into the city's enterprises.
    pub(super) enterprise: usize,
    /// When.
    pub(super) at: OffsetDateTime,
    /// What.
    pub(super) terms: VacancyTerms,
}

/// One line of the list below.
struct Wanted {
    enterprise: usize,
    at: OffsetDateTime,
    title: &'static str,
    headcount: u32,
    duties: &'static str,
    /// Division of the workplace; nothing for the High-tech Zone.
    place: &'static str,
    pay: [u32; 3],
}

/// Two plants want 200 people at once; others look for a few beside.
const WANTED: [Wanted; 6] = [
    Wanted {
        enterprise: 9,
        at: datetime!(2021-07-12 08:30 +8),
        title: "平车工",
        headcount: 8,
        duties: "操作平缝机缝制服装，按件计酬，设保底工资。",
        place: "431003",
        pay: [1_900, 4_000, 5_500],
    },
    Wanted {
        enterprise: 0,
        at: datetime!(2021-07-12 09:00 +8),
        title: "电子装配工",
        headcount: 120,
        duties: "在流水线上装配、焊接和检验电子产品，上岗前由企业培训五天。",
        place: "",
        pay: [2_000, 4_500, 6_000],
    },
    Wanted {
        enterprise: 1,
        at: datetime!(2021-07-12 09:20 +8),
        title: "仪器仪表装配工",
        headcount: 80,
        duties: "装配和测试电源与仪表，上岗前由企业培训一周。",
        place: "",
        pay: [2_100, 4_400, 5_800],
    },
    Wanted {
        enterprise: 10,
        at: datetime!(2021-07-12 10:30 +8),
        title: "电焊工",
        headcount: 6,
        duties: "焊接五金构件，按图施工，做好防护。",
        place: "431002",
        pay: [2_600, 5_500, 7_500],
    },
    Wanted {
        enterprise: 11,
        at: datetime!(2021-07-12 14:00 +8),
        title: "叉车工",
        headcount: 5,
        duties: "驾驶叉车装卸货物，盘点仓库。",
        place: "431021",
        pay: [2_400, 4_800, 6_000],
    },
    Wanted {
        enterprise: 12,
        at: datetime!(2021-07-13 09:30 +8),
        title: "养老护理员",
        headcount: 4,
        duties: "照料老人起居，协助康复训练。",
        place: "431002",
        pay: [2_300, 4_200, 5_200],
    },
];

/// Those who post, once each.
pub(crate) fn posting_enterprises() -> impl Iterator<Item = usize> {
    WANTED.iter().map(|wanted| wanted.enterprise)
}

/// What the two plants look for.
#[cfg(test)]
pub(crate) fn urgent_terms() -> Vec<VacancyTerms> {
    postings().into_iter().map(|posting| posting.terms).filter(|terms| terms.urgent).collect()
}

/// All vacancies of the week, by the time of posting.
pub(super) fn postings() -> Vec<Posting> {
    let posting = |wanted: &Wanted| Posting {
        enterprise: wanted.enterprise,
        at: wanted.at.to_offset(time::UtcOffset::UTC),
        terms: terms(wanted),
    };
    WANTED.iter().map(posting).collect()
}

fn terms(wanted: &Wanted) -> VacancyTerms {
    let urgent = wanted.place.is_empty();
    let [base_yuan, total_from_yuan, total_to_yuan] = wanted.pay;
    let (needed_by, valid_until) = if urgent {
        ("2021-07-20", datetime!(2021-07-27 00:00 +8))
    } else {
        ("2021-07-28", datetime!(2021-08-12 00:00 +8))
    };
    VacancyTerms {
        title: wanted.title.to_owned(),
        trainable: urgent,
        headcount: wanted.headcount,
        duties: wanted.duties.to_owned(),
        conditions: "年满十六周岁，能适应岗位班次。".to_owned(),
        place: wanted.place.to_owned(),
        park: if urgent { HIGH_TECH.to_owned() } else { String::new() },
        address: if urgent { "郴州高新区".to_owned() } else { String::new() },
        pay: Some(Pay {
            unit: pay_unit::Value::Month as i32,
            base_yuan,
            total_from_yuan,
            total_to_yuan,
            payday: 15,
            ..Pay::default()
        }),
        shift: if urgent { shift::Value::DayTo2000 } else { shift::Value::DayTo1730 } as i32,
        needed_by: needed_by.to_owned(),
        valid_until: Some(timestamp(valid_until)),
        urgent,
        shuttle_bus: urgent,
        dormitory: true,
        meals: true,
        social_insurance: true,
        seniority_bonus: urgent,
        equal_pay: true,
        contract_with: contract_with::Value::Enterprise as i32,
        ..VacancyTerms::default()
    }
}

#[cfg(test)]
mod tests {
    use gongqiao_domain::terms::check;

    use super::*;
    use crate::{bodies, start};

    #[test]
    fn every_vacancy_is_lawful_and_its_title_known() {
        for posting in postings() {
            let checked = check(posting.terms.clone(), start()).unwrap();
            assert!(!checked.occupations.is_empty(), "{}", checked.title);
            assert!(posting.at >= start());
        }
    }

    #[test]
    fn the_two_plants_want_two_hundred_people_at_once() {
        let enterprises = bodies::enterprises().unwrap();
        let urgent: Vec<_> = postings().into_iter().filter(|p| p.terms.urgent).collect();
        assert_eq!(urgent.iter().map(|p| p.terms.headcount).sum::<u32>(), 200);
        assert!(urgent.iter().all(|p| p.terms.trainable && p.terms.park == HIGH_TECH));
        let names: Vec<_> =
            urgent.iter().map(|p| enterprises[p.enterprise].name.as_str()).collect();
        assert_eq!(names, ["炬神电子", "台达电子"]);
    }

    #[test]
    fn every_firm_looks_for_its_own_trade() {
        let enterprises = bodies::enterprises().unwrap();
        let firms = postings()
            .into_iter()
            .filter(|p| !p.terms.urgent)
            .map(|posting| (enterprises[posting.enterprise].name.clone(), posting.terms.title));
        let expected = [
            ("郴州市示例服装009厂", "平车工"),
            ("郴州市示例五金010厂", "电焊工"),
            ("郴州市示例物流011公司", "叉车工"),
            ("郴州市示例养老服务012中心", "养老护理员"),
        ];
        let expected = expected.map(|(firm, title)| (firm.to_owned(), title.to_owned()));
        assert_eq!(firms.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn postings_come_in_order() {
        let at: Vec<_> = postings().iter().map(|posting| posting.at).collect();
        assert!(at.is_sorted());
    }
}
