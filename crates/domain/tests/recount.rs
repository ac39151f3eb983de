//! Whatever happens in whatever order, what is derived is what the log says:
//! ledgers, seats, employments and reports equal a recount from the events
//! themselves, and a closed month never changes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gongqiao_contract::{
    id::{CardId, CaseId, DispatchId, VacancyId},
    wire::{
        self, dispatch_state::Value as State, erasure_reason, fact::Body,
        placement_state::Value as Person, record_dispatch_event::Event,
    },
};
use gongqiao_domain::{
    City,
    decide::{Command, Speaker},
    entity::Placement,
    ledger::Figure,
    report::{Line, Measure, Period},
};
use proptest::prelude::*;
use prost::Message as _;
use time::Duration;
use world::{POINT, World, desk, factory, operator, service, trip};

const PEOPLE: usize = 14;

/// What a run may hold. Numbers pick among what there is.
#[derive(Debug, Clone)]
enum Op {
    Commit(usize, Vec<usize>),
    /// Whoever waits gets the seats that are free.
    Promote(usize),
    /// With everybody who is promised and travels with no group yet.
    Open(usize),
    /// The group goes on: accepted, everybody on board, gone, there, at work.
    Advance(usize),
    Cancel(usize),
    Close(usize),
    Step(usize, Vec<usize>, Person, bool),
    Correct(usize, Vec<usize>, Person, bool),
    Reply(usize, bool),
    CloseMonth(usize),
    Visit,
    Wait(i64),
    Erase(usize),
}

fn person() -> impl Strategy<Value = Person> {
    use Person::*;
    prop::sample::select(vec![
        Held,
        Boarded,
        Arrived,
        Onboarded,
        Ended,
        Declined,
        NoShow,
        LeftEnRoute,
        NotHired,
        Transferred,
        Returned,
    ])
}

fn some() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..PEOPLE, 1..4)
}

fn op() -> impl Strategy<Value = Op> {
    let group = 0..3usize;
    prop_oneof![
        3 => (0..2usize, some()).prop_map(|(v, who)| Op::Commit(v, who)),
        2 => (0..2usize).prop_map(Op::Promote),
        2 => (0..2usize).prop_map(Op::Open),
        6 => group.clone().prop_map(Op::Advance),
        1 => group.clone().prop_map(Op::Cancel),
        1 => group.clone().prop_map(Op::Close),
        5 => (group.clone(), some(), person(), any::<bool>())
            .prop_map(|(g, who, to, by)| Op::Step(g, who, to, by)),
        8 => (group, some(), person(), any::<bool>())
            .prop_map(|(g, who, to, by)| Op::Correct(g, who, to, by)),
        3 => (0..4usize, any::<bool>()).prop_map(|(case, agreed)| Op::Reply(case, agreed)),
        1 => (0..3usize).prop_map(Op::CloseMonth),
        1 => Just(Op::Visit),
        1 => (0..PEOPLE).prop_map(Op::Erase),
        2 => prop_oneof![0..15i64, 1000..60_000i64].prop_map(Op::Wait),
    ]
}

struct Run {
    world: World,
    cards: Vec<CardId>,
    vacancies: [VacancyId; 2],
    groups: Vec<DispatchId>,
    closed: Vec<(Period, Vec<Line>)>,
    /// People who were promised, by vacancy, each time they were.
    committed: [usize; 2],
}

impl Run {
    fn new() -> Self {
        let mut world = World::new();
        let cards = world.people(POINT, PEOPLE);
        let vacancies = [world.post(6), world.post(5)];
        for vacancy in &vacancies {
            world.raise(vacancy, POINT, 300);
        }
        Self { world, cards, vacancies, groups: Vec::new(), closed: Vec::new(), committed: [0, 0] }
    }

    fn pick(&self, who: &[usize]) -> Vec<CardId> {
        let mut seen = HashSet::new();
        who.iter().filter(|n| seen.insert(**n)).map(|n| self.cards[*n].clone()).collect()
    }

    /// Some of those who were ever with a group.
    fn of_group(&self, group: usize, who: &[usize]) -> Vec<CardId> {
        let Some(id) = self.groups.get(group) else { return Vec::new() };
        let all: Vec<&CardId> = self.world.city.dispatch(id).unwrap().manifest.keys().collect();
        let chosen: BTreeSet<&CardId> = who.iter().map(|n| all[n % all.len()]).collect();
        chosen.into_iter().cloned().collect()
    }

    fn record(&mut self, group: usize, who: &Speaker, event: Event) {
        let Some(id) = self.groups.get(group).cloned() else { return };
        // Why: refusals are answers; what counts is that the city stays sound.
        let _ = self.world.run(who, trip::record(&id, event));
    }

    fn take(&mut self, op: Op) {
        let by = |factory_speaks: bool| if factory_speaks { factory() } else { desk(POINT) };
        match op {
            Op::Commit(vacancy, who) => {
                let point = POINT.parse().unwrap();
                let id = self.vacancies[vacancy].clone();
                let signal = gongqiao_contract::id::SignalId { point, vacancy: id };
                let commit = world::commit_command(&signal, &self.pick(&who));
                if let Ok(told) = self.world.told(&desk(POINT), commit) {
                    self.committed[vacancy] += told.committed as usize;
                }
            }
            Op::Promote(vacancy) => {
                let promote = Command::PromoteStandby(self.vacancies[vacancy].clone());
                if let Ok(told) = self.world.told(&service(), promote) {
                    self.committed[vacancy] += told.committed as usize;
                }
            }
            Op::Open(vacancy) => {
                let vacancy = self.vacancies[vacancy].clone();
                let loose = self.world.city.index.loose_holds.iter();
                let ours =
                    |card: &&CardId| self.world.city.placement(card).unwrap().vacancy == vacancy;
                let cards: Vec<CardId> = loose.filter(ours).cloned().collect();
                let opened = trip::open(&mut self.world, &desk(POINT), &vacancy, &cards);
                self.groups.extend(opened.ok());
            }
            Op::Advance(group) => self.advance(group),
            Op::Cancel(group) => {
                self.record(group, &operator(), Event::Move(State::Cancelled as i32));
            }
            Op::Close(group) => self.record(group, &factory(), Event::Move(State::Closed as i32)),
            Op::Step(group, who, to, b) => {
                let event = trip::people(&self.of_group(group, &who), to);
                self.record(group, &by(b), event);
            }
            Op::Correct(group, who, to, b) => {
                let event = trip::correction(&self.of_group(group, &who), to);
                self.record(group, &by(b), event);
            }
            Op::Reply(case, agreed) => {
                let open: Vec<CaseId> = self.world.city.index.open_cases.iter().cloned().collect();
                let Some(case) = open.get(case).cloned() else { return };
                let with = self.world.city.case(&case).unwrap().with.clone();
                let _ = self.world.run(&by(with == factory().party), trip::reply(&case, agreed));
            }
            Op::CloseMonth(back) => {
                let days = i64::try_from(back).unwrap() * 30;
                let period = Period::of(self.world.now - Duration::days(days));
                if self.world.run(&operator(), Command::ClosePeriod(period)).is_ok() {
                    self.closed.push((period, up_to(&self.world.city, period)));
                }
            }
            Op::Visit => {
                let due = self.world.city.employments.visits_due(self.world.now);
                for (onboarding, day) in due {
                    let card = &self.world.city.employments.get(onboarding).unwrap().card;
                    let erased = self.world.city.is_closed(card);
                    let open = Command::OpenFollowUp { onboarding, day };
                    assert_eq!(self.world.run(&service(), open).is_err(), erased);
                }
            }
            Op::Erase(person) => {
                let (card, reason) = (self.cards[person].clone(), erasure_reason::Value::Request);
                let _ = self.world.run(&desk(POINT), Command::ErasePerson { card, reason });
            }
            Op::Wait(minutes) => self.world.now += Duration::minutes(minutes),
        }
    }

    fn advance(&mut self, group: usize) {
        let Some(id) = self.groups.get(group).cloned() else { return };
        let dispatch = self.world.city.dispatch(&id).unwrap();
        let in_state = |state| dispatch.people_in(state).cloned().collect::<Vec<_>>();
        let (held, arrived) = (in_state(Person::Held), in_state(Person::Arrived));
        match dispatch.state() {
            State::Opened => {
                self.record(group, &factory(), Event::Move(State::Accepted as i32));
            }
            State::Accepted => {
                self.record(group, &desk(POINT), trip::people(&held, Person::Boarded));
                self.record(group, &desk(POINT), Event::Move(State::Departed as i32));
            }
            State::Departed => {
                self.record(group, &factory(), Event::Move(State::Arrived as i32));
            }
            _ => self.record(group, &factory(), trip::people(&arrived, Person::Onboarded)),
        }
    }
}

fn up_to(city: &City, period: Period) -> Vec<Line> {
    city.report.lines().iter().filter(|line| line.period <= period).cloned().collect()
}

/// One person's way with one group, as the events tell it.
#[derive(Debug, Clone, Default)]
struct Way {
    vacancy: String,
    dispatch: String,
    path: Vec<i32>,
}

/// The ways of everybody, those that were left behind included, and the
/// groups that have gone.
fn ways(world: &World) -> (Vec<Way>, HashMap<String, Way>, HashSet<String>) {
    let (mut past, mut now, mut gone) = (Vec::new(), HashMap::new(), HashSet::new());
    for (_, _, payload) in &world.log {
        match wire::Fact::decode(payload.as_slice()).unwrap().body.unwrap() {
            Body::Held(e) => {
                let way = Way { vacancy: e.vacancy, dispatch: e.dispatch, path: Vec::new() };
                past.extend(now.insert(e.card, way));
            }
            Body::HoldEnded(e) => {
                now.get_mut(&e.card).unwrap().path.push(Person::Released as i32);
            }
            Body::PlacementMoved(e) => now.get_mut(&e.card).unwrap().path.push(e.to),
            Body::PlacementCorrected(e) => {
                let path = &mut now.get_mut(&e.card).unwrap().path;
                assert!(path.ends_with(&e.undone), "{path:?} {e:?}");
                path.truncate(path.len() - e.undone.len());
                path.extend(&e.done);
            }
            Body::DispatchMoved(e) if e.to() == State::Departed => drop(gone.insert(e.dispatch)),
            _ => {}
        }
    }
    (past, now, gone)
}

const STEPS: [(Person, Figure); 10] = [
    (Person::Boarded, Figure::Boarded),
    (Person::Arrived, Figure::Arrived),
    (Person::Onboarded, Figure::Onboarded),
    (Person::NotHired, Figure::NotHired),
    (Person::Declined, Figure::Declined),
    (Person::NoShow, Figure::NoShow),
    (Person::LeftEnRoute, Figure::LeftEnRoute),
    (Person::Returned, Figure::Returned),
    (Person::Transferred, Figure::Transferred),
    (Person::Ended, Figure::Ended),
];

fn last(way: &Way) -> Person {
    way.path.last().map_or(Person::Held, |step| Person::try_from(*step).unwrap())
}

fn ledgers_are_recounted(run: &Run) -> Result<(), TestCaseError> {
    let (past, now, gone) = ways(&run.world);
    for (id, committed) in run.vacancies.iter().zip(run.committed) {
        let ledger = &run.world.city.ledgers[id];
        let of_vacancy = |way: &&Way| way.vacancy == id.as_str();
        let all: Vec<&Way> = past.iter().chain(now.values()).filter(of_vacancy).collect();
        for (step, figure) in STEPS {
            let steps = all.iter().flat_map(|way| &way.path).filter(|one| **one == step as i32);
            let counted = i64::try_from(steps.count()).unwrap();
            prop_assert_eq!(ledger.get(figure), counted, "{:?}", figure);
        }
        let aboard = |way: &&&Way| {
            gone.contains(&way.dispatch) && way.path.first() == Some(&(Person::Boarded as i32))
        };
        let departed = i64::try_from(all.iter().filter(aboard).count()).unwrap();
        prop_assert_eq!(ledger.get(Figure::Departed), departed);
        let seated = now.values().filter(of_vacancy).filter(|way| Placement::takes_seat(last(way)));
        let seated = i64::try_from(seated.count()).unwrap();
        // Why: who has gone to another post has left a seat behind that stays taken.
        let left_behind = past.iter().filter(of_vacancy).filter(|way| last(way) == Person::Ended);
        let seats = run.world.city.vacancy(id).unwrap().taken();
        prop_assert_eq!(ledger.get(Figure::SeatsTaken), i64::from(seats));
        prop_assert!(i64::from(seats) >= seated);
        prop_assert!(i64::from(seats) <= seated + i64::try_from(left_behind.count()).unwrap());
        prop_assert_eq!(ledger.get(Figure::Committed), i64::try_from(committed).unwrap());
    }
    Ok(())
}

/// Who goes home before the work began has not left any.
fn ends_are_recounted(run: &Run) -> Result<(), TestCaseError> {
    let (past, now, _) = ways(&run.world);
    let worked = past.iter().chain(now.values());
    let worked = worked.filter(|way| way.path.contains(&(Person::Onboarded as i32)));
    let is_end =
        |step: &&i32| matches!(Person::try_from(**step).unwrap(), Person::Ended | Person::Returned);
    let ends = worked.flat_map(|way| &way.path).filter(is_end).count();
    let lines = run.world.city.report.lines().iter();
    let times: i64 = lines.filter(|l| l.measure == Measure::Ended).map(|line| line.times).sum();
    prop_assert_eq!(times, i64::try_from(ends).unwrap());
    Ok(())
}

fn reports_equal_ledgers(city: &City) -> Result<(), TestCaseError> {
    let ledgers = |figures: &[Figure]| -> i64 {
        city.ledgers.values().flat_map(|one| figures.iter().map(|f| one.get(*f))).sum()
    };
    let lines = |measure: Measure| city.report.lines().iter().filter(move |l| l.measure == measure);
    for (measure, figures) in
        [(Measure::Dispatched, &[Figure::Departed][..]), (Measure::Onboarded, &[Figure::Onboarded])]
    {
        let times: i64 = lines(measure).map(|line| line.times).sum();
        prop_assert_eq!(times, ledgers(figures), "{:?}", measure);
        prop_assert!(lines(measure).map(|line| line.people).sum::<i64>() <= times);
        prop_assert!(lines(measure).map(|line| line.people).sum::<i64>() >= i64::from(times > 0));
    }
    Ok(())
}

fn employments_are_recounted(run: &Run) -> Result<(), TestCaseError> {
    let city = &run.world.city;
    let (_, now, _) = ways(&run.world);
    for (card, way) in now {
        let card: CardId = card.parse().unwrap();
        let work = city.employments.of(city.placement(&card).unwrap());
        let at_work = way.path.contains(&(Person::Onboarded as i32));
        prop_assert_eq!(work.is_some(), at_work, "{:?}", way);
        if let Some((_, work)) = work {
            let over = matches!(last(&way), Person::Ended | Person::Returned);
            prop_assert_eq!(work.ended.is_some(), over, "{:?}", way);
        }
    }
    let far = run.world.now + Duration::days(4_000);
    let to_come: BTreeMap<u64, u32> = city
        .employments
        .iter()
        .filter(|(_, one)| one.ended.is_none() && one.visited < 180)
        .map(|(onboarding, _)| (onboarding, 180))
        .collect();
    prop_assert_eq!(city.employments.visits_due(far), to_come);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_derived_equals_a_recount(ops in prop::collection::vec(op(), 20..90)) {
        let mut run = Run::new();
        for op in ops {
            run.take(op);
            let city = &run.world.city;
            prop_assert!(city.not_understood.is_empty(), "{:?}", city.not_understood);
        }
        ledgers_are_recounted(&run)?;
        reports_equal_ledgers(&run.world.city)?;
        ends_are_recounted(&run)?;
        employments_are_recounted(&run)?;
        for (period, before) in &run.closed {
            prop_assert_eq!(&up_to(&run.world.city, *period), before, "{} changed", period);
        }
        let mut anew = City::default();
        for (sequence, subject, payload) in &run.world.log {
            anew.apply(*sequence, subject, payload);
        }
        prop_assert!(anew == run.world.city, "another fold of the log says something else");
    }
}
