//! The hard conditions between one card and one vacancy.

use gongqiao_contract::{
    codes::{DivisionCode, OccupationCode, Park, Relation, SkillLevel},
    wire::{self, consent, pay_unit},
};
use time::Date;

use crate::{register::CardFacets, terms::day};

/// Hours paid in a full month of hourly work: 21.75 paid days of eight hours.
/// 21.75 = (365 - 104) / 12 is the number of paid days a month by which the
/// labour ministry converts wages: 劳社部发〔2008〕3号, section 2.
pub const PAID_HOURS_A_MONTH: u32 = 174;

/// Nobody below this age works (Labour Law, art. 15).
pub const WORKING_AGE: i32 = 16;

/// Surely of working age, whatever the birthday.
const YOUNG: i32 = WORKING_AGE + 1;

/// From this age on a person is no young worker (未成年工; Labour Law, art. 58).
pub const FULL_AGE: i32 = 18;

/// What a vacancy asks and offers, prepared once for many cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Any of these occupations.
    pub occupations: Box<[OccupationCode]>,
    /// Learned on the job: the occupation then only ranks.
    pub trainable: bool,
    /// Lowest level asked.
    pub level: SkillLevel,
    /// Division of the workplace.
    pub place: DivisionCode,
    /// The park; one that isn't in the table counts as none.
    pub park: Option<&'static Park>,
    /// Day on which people are needed at work.
    pub needed_by: Date,
    /// Days on which people arrive in waves (分批到岗), the first one first.
    pub arrivals: Box<[Date]>,
    /// What is offered, yuan a month.
    pub pay_yuan: u32,
}

/// A vacancy can't be matched since one of its terms can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the vacancy's {field} can't be read")]
pub struct DemandUnreadable {
    /// Field of `wire::VacancyTerms`.
    pub field: &'static str,
}

impl DemandUnreadable {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "matching.demand_unreadable"
    }
}

impl Demand {
    /// Prepares the terms, with the vacancy's own `needed_by` and its batches
    /// of arrivals as days of need.
    ///
    /// # Errors
    /// A code or date that can't be read, or no pay.
    pub fn of(terms: &wire::VacancyTerms) -> Result<Self, DemandUnreadable> {
        let unreadable = |field| DemandUnreadable { field };
        let needed_by = day("", &terms.needed_by).map_err(|_| unreadable("needed_by"))?;
        let arrivals = terms.batches.iter().map(|batch| day("", &batch.date));
        let mut arrivals: Vec<Date> =
            arrivals.collect::<Result<_, _>>().map_err(|_| unreadable("batches"))?;
        arrivals.sort_unstable();
        Ok(Self { arrivals: arrivals.into(), ..Self::prepare(terms, needed_by)? })
    }

    /// Prepares the terms for the one given day of need.
    ///
    /// # Errors
    /// A code that can't be read, or no pay.
    pub fn prepare(terms: &wire::VacancyTerms, needed_by: Date) -> Result<Self, DemandUnreadable> {
        let unreadable = |field| DemandUnreadable { field };
        let occupations = terms.occupations.iter().map(|code| code.parse().ok());
        Ok(Self {
            occupations: occupations.collect::<Option<_>>().ok_or(unreadable("occupations"))?,
            trainable: terms.trainable,
            level: SkillLevel::new(terms.level).map_err(|_| unreadable("level"))?,
            place: terms.place.parse().map_err(|_| unreadable("place"))?,
            park: Park::get(&terms.park),
            needed_by,
            arrivals: Box::default(),
            pay_yuan: terms.pay.as_ref().map(monthly_pay).ok_or(unreadable("pay"))?,
        })
    }
}

impl Demand {
    /// The day on which somebody who is free from `available_from` on is
    /// needed: the first batch of arrivals from then on, else the vacancy's own.
    pub fn day_of_need(&self, available_from: Date) -> Date {
        let in_time = self.arrivals.iter().find(|day| **day >= available_from);
        in_time.copied().unwrap_or(self.needed_by)
    }
}

/// What is surely earned in a month, yuan: the lower end of the total where it
/// is stated, else the hourly rate for a full month, else the base.
pub fn monthly_pay(pay: &wire::Pay) -> u32 {
    if pay.total_from_yuan > 0 {
        pay.total_from_yuan
    } else if pay.unit() == pay_unit::Value::Hour && pay.hourly_yuan > 0 {
        pay.hourly_yuan.saturating_mul(PAID_HOURS_A_MONTH)
    } else {
        pay.base_yuan
    }
}

/// How far an occupation on the card answers the one asked; ordered, the
/// better the higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exactness {
    /// None of it; the post is learned on the job.
    Learns,
    /// An occupation of the same small group, or of the group asked.
    Related,
    /// The very occupation.
    Same,
}

/// What may have to be looked at in a person's age, known by year only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Surely eighteen or older on the day of need.
    Full,
    /// Sixteen or seventeen on the day of need, or seventeen or eighteen since
    /// the birthday isn't known: to be treated as a young worker until it is.
    Minor,
    /// Turns sixteen in the year of need: fifteen or sixteen on the day. The
    /// sealed date decides, when the person is committed.
    ToCheck,
}

/// The card meets every hard condition; what ranking needs to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The best that one of the card's occupations reaches.
    pub exactness: Exactness,
    /// The level certified in that occupation.
    pub level: SkillLevel,
    /// What to look at in the age.
    pub age: Age,
}

macro_rules! unfit {
    ($($(#[doc = $doc:literal])* $name:ident $code:literal $en:literal $zh:literal;)*) => {
        /// Why a card may not be proposed for a vacancy, or promised to it. The
        /// code is stable; the texts go into `card.unfit`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum Unfit {
            $($(#[doc = $doc])* #[error($en)] $name,)*
        }

        impl Unfit {
            /// All of them, in the order in which `fit` looks.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The reason in words, for the `why` of `card.unfit`.
            pub fn text(self, lang: gongqiao_contract::Lang) -> &'static str {
                match lang {
                    gongqiao_contract::Lang::En => match self { $(Self::$name => $en,)* },
                    gongqiao_contract::Lang::Zh => match self { $(Self::$name => $zh,)* },
                }
            }
        }
    };
}

unfit! {
    /// A newer version of the software wrote the card.
    ReadOnly "unfit.read_only" "a newer version wrote the card" "此卡由较新版本写入";
    /// Nothing is to be done with the person's data.
    Frozen "unfit.frozen" "the person's data is frozen" "本人信息已冻结";
    /// No consent to be kept in the register and to be proposed.
    Consent "unfit.consent" "the person has not agreed to be proposed" "本人未同意推荐";
    /// The ID was not checked (待核).
    Unverified "unfit.unverified" "the ID is not verified yet" "身份待核";
    /// Promised or working already (已锁定).
    Placed "unfit.placed" "the person is promised already" "本人已被锁定";
    /// The year of birth isn't known.
    AgeUnknown "unfit.age_unknown" "the year of birth is missing" "缺少出生年份";
    /// Below sixteen on the day of need, whatever the birthday.
    Underage "unfit.underage" "the person is below sixteen on the day of need" "用工当日未满十六周岁";
    /// Neither the occupation asked nor one near it.
    Occupation "unfit.occupation" "none of the person's occupations is the one asked" "工种不符";
    /// The level asked isn't reached.
    Level "unfit.level" "the skill level asked is not reached" "技能等级不够";
    /// Free only after the day of need.
    Available "unfit.available" "the person is free only after the day of need" "到岗时间晚于用工日期";
    /// Expects more than is offered.
    Wage "unfit.wage" "the pay offered is below what the person expects" "工资低于期望";
    /// Would not go to the workplace.
    Destination "unfit.destination" "the person would not go to this place" "本人不愿去该地";
}

/// What events say of being proposed, beside the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The person agrees.
    Agrees,
    /// The person no longer agrees.
    Disagrees,
    /// Nothing is to be done with the person's data.
    Frozen,
}

/// Whether the card may be proposed for the vacancy. `placed`: the person is
/// held for a vacancy or on the way, by FACTS. `said`: what counts before the
/// roster, if anything does.
///
/// # Errors
/// The first condition that isn't met, in the order of [`Unfit::ALL`].
pub fn fit(
    card: &CardFacets,
    demand: &Demand,
    placed: bool,
    said: Option<Said>,
) -> Result<Fit, Unfit> {
    let require = |met: bool, otherwise: Unfit| if met { Ok(()) } else { Err(otherwise) };
    require(!card.read_only, Unfit::ReadOnly)?;
    let agreed = |to| card.consents.has(to);
    require(said != Some(Said::Frozen), Unfit::Frozen)?;
    let willing = said.map_or(agreed(consent::Value::Matching), |said| said == Said::Agrees);
    require(agreed(consent::Value::Register) && willing, Unfit::Consent)?;
    require(card.verified, Unfit::Unverified)?;
    require(!placed, Unfit::Placed)?;
    let needed = demand.day_of_need(card.available_from);
    let age = age(card.birth_year, needed)?;
    let (exactness, level) = skill(card, demand)?;
    require(card.available_from <= needed, Unfit::Available)?;
    require(card.wage_expected_yuan <= demand.pay_yuan, Unfit::Wage)?;
    require(
        card.destinations.is_empty()
            || card.destinations.iter().any(|to| to.contains(demand.place)),
        Unfit::Destination,
    )?;
    Ok(Fit { exactness, level, age })
}

/// By the year of birth alone, since the date is sealed.
///
/// # Errors
/// [`Unfit::Underage`], or [`Unfit::AgeUnknown`].
pub fn age(birth_year: u16, needed_by: Date) -> Result<Age, Unfit> {
    if birth_year == 0 {
        return Err(Unfit::AgeUnknown);
    }
    // The age that is reached in the course of the year of need.
    match needed_by.year() - i32::from(birth_year) {
        ..WORKING_AGE => Err(Unfit::Underage),
        WORKING_AGE => Ok(Age::ToCheck),
        YOUNG..=FULL_AGE => Ok(Age::Minor),
        _ => Ok(Age::Full),
    }
}

/// Whether the year of birth leaves the age on a day open, so that the sealed
/// date must be looked at: fifteen or sixteen, or seventeen or eighteen.
pub fn age_is_open(birth_year: u16, needed: Date) -> bool {
    let reached = needed.year() - i32::from(birth_year);
    birth_year != 0 && (reached == WORKING_AGE || reached == FULL_AGE)
}

/// By the date of birth. Who was born on 29 February comes of age on 1 March
/// of a year without that day.
///
/// # Errors
/// [`Unfit::Underage`]
pub fn age_by_date(birth: Date, needed: Date) -> Result<Age, Unfit> {
    let had_birthday = (needed.month() as u8, needed.day()) >= (birth.month() as u8, birth.day());
    match needed.year() - birth.year() - i32::from(!had_birthday) {
        ..WORKING_AGE => Err(Unfit::Underage),
        WORKING_AGE..FULL_AGE => Ok(Age::Minor),
        _ => Ok(Age::Full),
    }
}

/// The card's best skill for the vacancy, and the level in it.
///
/// Why: a level asked holds for posts that are learned on the job, too; who
/// learns can't have it in the occupation asked, so that there any
/// occupation's will do.
fn skill(card: &CardFacets, demand: &Demand) -> Result<(Exactness, SkillLevel), Unfit> {
    let related = |skill: &(OccupationCode, SkillLevel)| {
        exactness(skill.0, demand)
            .or(demand.trainable.then_some(Exactness::Learns))
            .map(|exactness| (exactness, skill.1))
    };
    let unskilled = demand.trainable.then_some((Exactness::Learns, SkillLevel::NONE));
    let mut near = card.skills.iter().filter_map(related).chain(unskilled).peekable();
    if near.peek().is_none() {
        return Err(Unfit::Occupation);
    }
    near.filter(|(_, level)| level.meets(demand.level))
        .max_by_key(|(exactness, level)| (*exactness, goodness(*level)))
        .ok_or(Unfit::Level)
}

fn exactness(has: OccupationCode, demand: &Demand) -> Option<Exactness> {
    demand
        .occupations
        .iter()
        .filter_map(|asked| match has.relation(*asked) {
            Relation::Same => Some(Exactness::Same),
            Relation::SameSmallGroup => Some(Exactness::Related),
            Relation::SameMiddleGroup | Relation::None => {
                has.in_group(*asked).then_some(Exactness::Related)
            }
        })
        .max()
}

/// How good a level is: 5 for level 1 down to 1 for level 5, 0 for none.
pub(super) fn goodness(level: SkillLevel) -> u16 {
    match level.number() {
        0 => 0,
        number => u16::try_from(6_u32.saturating_sub(number)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
