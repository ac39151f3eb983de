use gongqiao_contract::Lang;
use gongqiao_shell::beijing;
use time::OffsetDateTime;

/// Part of the way, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Service points, enterprises and cities join.
    Parties,
    /// Agreements are signed.
    Agreements,
    /// API keys are issued.
    Keys,
    /// Rosters are uploaded; counted in people.
    Rosters,
    /// The week; counted in people at work.
    Week,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 5] =
        [Self::Parties, Self::Agreements, Self::Keys, Self::Rosters, Self::Week];

    /// What to write beside the bar.
    pub fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Parties, Lang::Zh) => "登记服务点、企业和合作城市",
            (Self::Parties, Lang::En) => "service points, enterprises and cities join",
            (Self::Agreements, Lang::Zh) => "签订协议",
            (Self::Agreements, Lang::En) => "agreements are signed",
            (Self::Keys, Lang::Zh) => "发放密钥",
            (Self::Keys, Lang::En) => "keys are issued",
            (Self::Rosters, Lang::Zh) => "导入劳动力名册",
            (Self::Rosters, Lang::En) => "rosters are uploaded",
            (Self::Week, Lang::Zh) => "七月的一周：到岗人数",
            (Self::Week, Lang::En) => "the July week: people at work",
        }
    }
}

/// Something that happened, for people to read. Names no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// When, on the virtual clock.
    pub at: OffsetDateTime,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Story {
    /// One line: `07-13 09:20 …`, in Beijing time.
    pub fn line(&self, lang: Lang) -> String {
        let at = beijing::minutes(self.at);
        let text = match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        };
        format!("{} {text}", at.get(5..).unwrap_or(&at))
    }
}

/// Whoever watches. Called from the simulation's own task, so it must not block.
pub trait Onlooker: Send + Sync {
    /// `done` of `total` of a phase.
    fn phase(&self, phase: Phase, done: u64, total: u64);
    /// Something happened.
    fn story(&self, story: &Story);
}

/// Nobody watches.
impl Onlooker for () {
    fn phase(&self, _: Phase, _: u64, _: u64) {}
    fn story(&self, _: &Story) {}
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_line_tells_the_time_in_beijing() {
        let at = datetime!(2021-07-13 01:20 UTC);
        let story = Story { at, zh: "承诺 9 人".to_owned(), en: "promises 9".to_owned() };
        assert_eq!(story.line(Lang::Zh), "07-13 09:20 承诺 9 人");
        assert_eq!(story.line(Lang::En), "07-13 09:20 promises 9");
    }
}
