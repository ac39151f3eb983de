//! Codes of the API in words for people.

use crate::output::Output;

/// What should be looked at before a coach leaves.
pub(super) fn warning(output: &Output, code: &str) -> String {
    let (en, zh) = match code {
        "NIGHT_DRIVING" => ("on the road between 02:00 and 05:00", "凌晨 2 点至 5 点在途"),
        "DRIVING_HOURS" => ("more than eight hours for each driver", "每名驾驶员驾驶超过 8 小时"),
        "ARRIVAL_UNKNOWN" => (
            "no arrival is given, so driving times can't be looked at",
            "未填预计到达时间，无法核对驾驶时间",
        ),
        "SMALL_GROUP" => (
            "fewer than twenty people; they could travel with others",
            "不足 20 人，可与其他批次拼车",
        ),
        "NO_STOP" => ("no stop for some of the people", "有人没有上车点"),
        "LATE" => ("leaves after the day of need", "发车晚于到岗日期"),
        "PAST" => ("was to leave before it was opened", "发车时间早于开立时间"),
        other => return other.to_owned(),
    };
    output.say(en, zh).to_owned()
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::{Lang, wire::travel_warning};

    use super::*;

    #[test]
    fn every_warning_has_words_in_both_languages() {
        for number in 1..100 {
            let Ok(one) = travel_warning::Value::try_from(number) else { continue };
            for lang in [Lang::En, Lang::Zh] {
                let said = warning(&Output::new(false, lang), one.as_str_name());
                assert_ne!(said, one.as_str_name());
            }
        }
    }
}
