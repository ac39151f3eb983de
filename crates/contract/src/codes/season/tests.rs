use proptest::prelude::*;
use time::macros::date;

use super::{super::text::lines, *};

/// The day before the bureau's urgent demand.
const TODAY: Date = date!(2021 - 07 - 15);

fn term(text: &str, today: Date) -> Option<(&'static str, Date)> {
    match resolve(text, today)? {
        Availability::AtOnce => None,
        Availability::After(season) => Some((season.term, season.from)),
    }
}

#[test]
fn words_for_at_once_are_known() {
    for text in [
        "随时",
        " 随时 ",
        "随时可以",
        "随时可外出",
        "立即",
        "马上",
        "现在",
        "长期",
        "随叫随到",
        "即日起。",
    ] {
        assert_eq!(resolve(text, TODAY), Some(Availability::AtOnce), "{text}");
        assert_eq!(Availability::AtOnce.day(TODAY), TODAY);
    }
}

#[test]
fn after_the_double_rush_is_the_day_after_the_start_of_autumn() {
    let august = Some(("双抢", date!(2021 - 08 - 08)));
    for text in [
        "双抢后",
        "双抢",
        "双抢以后",
        "等双抢结束",
        "双抢结束后",
        "要等双抢忙完才能外出务工",
        "忙完双抢",
        "搞完双抢再去",
        "（双抢后）",
        "双 抢 后",
        "今年双抢后",
        "2021年双抢后",
        "21年双抢后",
    ] {
        assert_eq!(term(text, TODAY), august, "{text}");
    }
    assert_eq!(term("明年双抢后", TODAY), Some(("双抢", date!(2022 - 08 - 08))));
    assert_eq!(term("双抢后", date!(2023 - 07 - 20)), Some(("双抢", date!(2023 - 08 - 09))));
}

#[test]
fn festivals_and_seasons_have_their_day_of_the_year() {
    for (text, name, from) in [
        ("过完中秋", "中秋", date!(2021 - 09 - 22)),
        ("过了中秋", "中秋", date!(2021 - 09 - 22)),
        ("中秋节后", "中秋", date!(2021 - 09 - 22)),
        ("中秋后", "中秋", date!(2021 - 09 - 22)),
        ("八月十五后", "中秋", date!(2021 - 09 - 22)),
        ("国庆后", "国庆", date!(2021 - 10 - 08)),
        ("过完国庆节", "国庆", date!(2021 - 10 - 08)),
        ("年后", "春节", date!(2022 - 02 - 08)),
        ("过完年", "春节", date!(2022 - 02 - 08)),
        ("过了年再出去", "春节", date!(2022 - 02 - 08)),
        ("春节后", "春节", date!(2022 - 02 - 08)),
        ("正月十五后", "元宵", date!(2022 - 02 - 16)),
        ("过完元宵节", "元宵", date!(2022 - 02 - 16)),
        ("元宵后", "元宵", date!(2022 - 02 - 16)),
        ("出了正月", "正月", date!(2022 - 03 - 03)),
        ("清明后", "清明", date!(2022 - 04 - 06)),
        ("端午节后", "端午", date!(2021 - 06 - 15)),
        ("开学后", "开学", date!(2021 - 09 - 02)),
        ("等小孩开学", "开学", date!(2021 - 09 - 02)),
        ("七月半后", "中元", date!(2021 - 08 - 23)),
        ("秋收后", "秋收", date!(2021 - 11 - 08)),
        ("烤烟后", "烤烟", date!(2021 - 08 - 01)),
        ("高考后", "高考", date!(2021 - 06 - 10)),
        ("暑假", "暑假", date!(2021 - 07 - 06)),
        ("暑假期间", "暑假", date!(2021 - 07 - 06)),
        ("暑假结束后", "暑假结束", date!(2021 - 09 - 01)),
    ] {
        assert_eq!(term(text, TODAY), Some((name, from)), "{text}");
    }
    let april = date!(2021 - 04 - 12);
    assert_eq!(term("五一后", april), Some(("五一", date!(2021 - 05 - 06))));
    assert_eq!(term("春插后", april), Some(("春插", date!(2021 - 05 - 06))));
}

#[test]
fn farm_work_means_whichever_season_is_nearest() {
    for (today, expected) in [
        (date!(2021 - 04 - 20), ("春插", date!(2021 - 05 - 06))),
        (TODAY, ("双抢", date!(2021 - 08 - 08))),
        (date!(2021 - 08 - 20), ("双抢", date!(2021 - 08 - 08))),
        (date!(2021 - 10 - 20), ("秋收", date!(2021 - 11 - 08))),
    ] {
        assert_eq!(term("农忙后", today), Some(expected), "{today}");
    }
}

#[test]
fn a_season_just_over_still_counts_and_one_long_over_means_the_next() {
    assert_eq!(term("双抢后", date!(2021 - 11 - 06)), Some(("双抢", date!(2021 - 08 - 08))));
    assert_eq!(term("双抢后", date!(2021 - 11 - 07)), Some(("双抢", date!(2022 - 08 - 08))));
}

#[test]
fn a_season_tells_where_it_holds_and_why() {
    let Some(Availability::After(season)) = resolve("双抢后", TODAY) else { panic!() };
    assert_eq!(season.region.map(|region| region.to_string()).as_deref(), Some("431000"));
    assert_eq!(season.year, 2021);
    assert!(season.why.contains("立秋"));
}

#[test]
fn what_says_nothing_is_refused() {
    for text in [
        "",
        "年",
        "后",
        "年后年",
        "双抢前",
        "中秋前",
        "双抢期间不行",
        "现在不行",
        "明年",
        "明年后",
        "2022年后",
        "看情况",
        "2021-08-01",
        "8月",
        "双抢或中秋",
        "二抢后",
        "再说",
        "双抢后中秋后",
    ] {
        assert_eq!(resolve(text, TODAY), None, "{text}");
    }
    assert_eq!(resolve("双抢后", date!(2040 - 07 - 01)), None, "the table ends before");
}

#[test]
fn every_row_is_read_and_every_word_has_its_dates() {
    assert_eq!(TABLE.seasons.len(), lines(SEASONS).count() - 1);
    assert_eq!(rows::<3>(WORDS).count(), lines(WORDS).count() - 1);
    for meaning in &TABLE.words {
        for term in parts(meaning.after).chain(parts(meaning.alone)) {
            for year in 2021..=2030 {
                let of = |season: &&Season| season.term == term && season.year == year;
                assert!(TABLE.seasons.iter().any(|season| of(&season)), "{term} {year}");
            }
        }
        let known = TABLE.words.iter().filter(|other| other.word == meaning.word).count();
        assert_eq!(known, 1, "{} stands there twice", meaning.word);
    }
    for season in &TABLE.seasons {
        assert_eq!(season.from.year(), season.year, "{season:?}");
        let meant = |meaning: &Meaning| {
            parts(meaning.after).chain(parts(meaning.alone)).any(|term| term == season.term)
        };
        assert!(TABLE.words.iter().any(meant), "no word for {}", season.term);
    }
}

#[test]
fn days_of_the_moon_stand_at_their_distances() {
    let day = |term: &str, year: i32| {
        TABLE.seasons.iter().find(|s| s.term == term && s.year == year).unwrap().from
    };
    for year in 2021..=2030 {
        assert_eq!((day("元宵", year) - day("春节", year)).whole_days(), 8, "{year}");
        // Two months of the moon, 59 days, and no leap month between them.
        let apart = (day("中秋", year) - day("中元", year)).whole_days();
        assert!((29..=30).contains(&apart), "{year}: {apart}");
        assert!(
            (23..=24).contains(&(day("重阳", year) - day("中秋", year)).whole_days()),
            "{year}"
        );
        assert!(matches!(day("双抢", year).day(), 8 | 9), "{year}");
    }
}

proptest! {
    #[test]
    fn any_text_on_any_day_is_answered_with_a_day_not_long_past(
        text in "[双抢后过完中秋国庆年节前明今随时等 再，\\PC]{0,12}", day in 0_i64..3_000,
    ) {
        let today = date!(2021 - 01 - 01) + Duration::days(day);
        if let Some(availability) = resolve(&text, today) {
            let named = text.contains('年');
            prop_assert!(named || availability.day(today) >= today - GRACE);
        }
    }

    #[test]
    fn later_days_never_lead_to_an_earlier_edition(day in 0_i64..2_500, more in 0_i64..400) {
        let today = date!(2021 - 01 - 01) + Duration::days(day);
        let from = |today| term("双抢后", today).map(|(_, from)| from);
        prop_assert!(from(today + Duration::days(more)) >= from(today));
    }
}
