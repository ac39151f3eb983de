//! An attacker holds every tick of two subscriptions, and wants to know whether
//! one person is in the register.

use std::{cmp::Ordering, collections::BTreeMap};

use gongqiao_contract::{id::CardId, wire::FeedFilter};

use super::{
    publish::{LEAST, LIFTS, STEP, Secret, guess},
    tests::secret,
    *,
};

const TICKS: usize = 80;
/// Where the person would be counted, and the neighbour in the same group.
const HOME: &str = "431021_6-25-04-07_ordinary_now";
const NEIGHBOUR: &str = "431021_6-25-04-08_ordinary_now";

/// Splitmix64's last step.
pub(super) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Numbers by chance, the same for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % n
    }

    pub(super) fn roll(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap()
    }
}

/// How many others are free in two cells, tick by tick.
struct Others(Vec<[u32; 2]>);

impl Others {
    /// From `start`, with up to `moves` people coming and going at each tick.
    fn roam(dice: &mut Dice, start: [u32; 2], moves: u32) -> Self {
        let mut now = start;
        let mut tick = |_| {
            for count in &mut now {
                let step = u32::try_from(dice.below(u64::from(2 * moves + 1))).unwrap();
                *count = (*count + step).saturating_sub(moves);
            }
            now
        };
        Self((0..TICKS).map(&mut tick).collect())
    }
}

/// What two subscriptions with different filters are told, taken together.
type Seen = BTreeMap<Cell, Counts>;

fn card(at: usize, id: u32) -> CardId {
    format!("card_{at}_{id}").parse().unwrap()
}

/// In how many worlds the attacker guesses; `GONGQIAO_ATTACKS` says another
/// number.
fn seeds() -> u32 {
    std::env::var("GONGQIAO_ATTACKS").ok().and_then(|text| text.parse().ok()).unwrap_or(600)
}

/// What chance may add to a share of as many guesses: three standard deviations.
fn by_chance() -> f64 {
    1.5 / f64::from(seeds()).sqrt()
}

/// The share of worlds in which `attack` is right; a draw counts half.
fn share(attack: impl Fn(Dice) -> (Ordering, bool)) -> f64 {
    let right = |seed: u32| match attack(Dice(mix(seed.into()))) {
        (Ordering::Equal, _) => 0.5,
        (order, is_there) => f64::from(u8::from(order.is_gt() == is_there)),
    };
    (0..seeds()).map(right).sum::<f64>() / f64::from(seeds())
}

fn watch(others: &Others, planted: &dyn Fn(usize) -> bool, secret: Secret) -> Vec<Seen> {
    let filters = [
        FeedFilter { divisions: vec!["431021".into()], ..FeedFilter::default() },
        FeedFilter { occupations: vec!["6-25".into()], ..FeedFilter::default() },
    ];
    let cells: [Cell; 2] = [HOME, NEIGHBOUR].map(|key| key.parse().unwrap());
    let mut publisher = Publisher::new(secret);
    let mut seen = Vec::new();
    let (mut tally, mut now) = (Tally::default(), [0, 0]);
    for (tick, counts) in others.0.iter().enumerate() {
        for (at, (cell, count)) in cells.iter().zip(counts).enumerate() {
            let count = count + u32::from(at == 0 && planted(tick));
            let mut put = |id: u32, place| tally.put(&card(at, id), place);
            (count..now[at]).for_each(|id| put(id, None));
            (now[at]..count).for_each(|id| put(id, Some((*cell, Status::Free))));
            now[at] = count;
        }
        let all = publisher.publish(&tally);
        let is_told = |cell: &Cell| filters.iter().any(|filter| cell.is_wanted(filter));
        seen.push(all.into_iter().filter(|(cell, _)| is_told(cell)).collect());
    }
    seen
}

/// How many lifts of one cell explain what it was seen to show of `counts`.
fn lifts(cell: &Cell, counts: &[u32], seen: &[Seen], known: Option<u32>) -> usize {
    let explains = |lift: &u32| {
        let mut open = false;
        counts.iter().zip(seen).all(|(n, seen)| {
            open = n + lift >= LEAST + LIFTS - 1 + if open { 0 } else { 5 };
            let told = seen.get(cell).map_or(0, |counts| counts.free);
            told == if open { (n + lift % STEP) / STEP * STEP } else { 0 }
        })
    };
    (0..LIFTS).filter(|lift| known.is_none_or(|known| known == *lift)).filter(explains).count()
}

/// How likely what was seen is, up to a factor, to whoever knows everybody
/// else's every move: the best that anybody can tell.
fn likelihood(
    others: &Others,
    planted: &dyn Fn(usize) -> bool,
    seen: &[Seen],
    known: Option<u32>,
) -> usize {
    let home: Cell = HOME.parse().unwrap();
    let neighbour: Cell = NEIGHBOUR.parse().unwrap();
    let mut all = 1;
    let mut left = vec![0; TICKS];
    for (at, cell) in [home, neighbour].iter().enumerate() {
        let with = |tick: usize| u32::from(at == 0 && planted(tick));
        let counts: Vec<u32> = (0..TICKS).map(|tick| others.0[tick][at] + with(tick)).collect();
        all *= lifts(cell, &counts, seen, known);
        for tick in 0..TICKS {
            if !seen[tick].contains_key(cell) {
                left[tick] += counts[tick];
            }
        }
    }
    let mut way = home.rolled_up();
    while let Some(cell) = way {
        all *= lifts(&cell, &left, seen, known);
        for tick in 0..TICKS {
            if seen[tick].contains_key(&cell) {
                left[tick] = 0;
            }
        }
        way = cell.rolled_up();
    }
    all
}

/// How often the attacker is right. `known`: the lift, where it is no secret.
fn right(world: &World, known: Option<u32>) -> f64 {
    share(|mut dice| {
        let others = Others::roam(&mut dice, world.start, world.moves);
        let is_there = dice.below(2) == 0;
        let secret = match known {
            None => secret(dice.below(u64::MAX)),
            Some(lift) => Box::new(move |_: &str| u64::from(lift)) as Secret,
        };
        let seen = watch(&others, &|tick| is_there && tick >= world.from, secret);
        let with = likelihood(&others, &|tick| tick >= world.from, &seen, known);
        let without = likelihood(&others, &|_| false, &seen, known);
        (with.cmp(&without), is_there)
    })
}

/// A world in which the person comes, or does not, at tick `from`.
struct World {
    name: &'static str,
    start: [u32; 2],
    moves: u32,
    from: usize,
    /// The coarseness at which the person is counted.
    rank: usize,
}

#[test]
fn whoever_holds_every_tick_of_two_subscriptions_guesses_no_better_than_is_said() {
    for world in [
        World { name: "a large cell that moves", start: [120, 60], moves: 3, from: 0, rank: 0 },
        World { name: "a small one, in its group", start: [14, 24], moves: 1, from: 0, rank: 2 },
        World { name: "an arrival among the still", start: [120, 60], moves: 0, from: 40, rank: 0 },
    ] {
        let (secret, open) = (right(&world, None), right(&world, Some(3)));
        let bound = guess(world.rank);
        println!(
            "supply attack, {}: right {:.1}% of {}, bound {:.1}%; without secret {:.1}%",
            world.name,
            secret * 100.0,
            seeds(),
            bound * 100.0,
            open * 100.0
        );
        assert!(secret < bound + by_chance(), "{}", world.name);
        if world.moves > 0 {
            assert!(open > 0.9, "control: {}", world.name);
        }
    }
}

#[test]
fn an_arrival_among_people_whose_moves_nobody_knows_is_lost_in_them() {
    let right = share(|mut dice| {
        let others = Others::roam(&mut dice, [120, 60], 3);
        let is_there = dice.below(2) == 0;
        let planted = |tick: usize| is_there && tick >= TICKS / 2;
        let seen = watch(&others, &planted, secret(dice.below(u64::MAX)));
        let home: Cell = HOME.parse().unwrap();
        let told = |tick: usize| seen[tick].get(&home).map_or(0, |counts| counts.free);
        // The best that is left: whether the number rises at that very tick.
        (told(TICKS / 2).cmp(&told(TICKS / 2 - 1)), is_there)
    });
    println!("supply attack, an arrival among the unknown: right {:.1}%", right * 100.0);
    assert!(right < guess(0) + by_chance(), "{right}");
}
