//! What of the tally may be told. Two ends: nobody is to be found in it, and
//! as many as possible are to be counted as finely as possible.
//!
//! **Roll-up.** A cell shows its free people, and its held ones, each only if
//! there are enough; whom it does not show, the next coarser cell counts, and
//! whom no cell can show, none does. So everybody is counted once at most, and
//! no two items overlap. In truth each number shown, and the difference of the
//! two, is 0 or at least [`LEAST`].
//!
//! **Lifts.** For each cell and count a secret number of 0..[`LIFTS`], a keyed
//! hash that never changes, is added before anything is decided: whether there
//! are enough, and on which multiple of [`STEP`] the count ends. All decisions
//! about a count `n` depend on `n + lift` alone, the rounding on that modulo
//! [`STEP`]. One person more under one lift therefore looks, at every tick, as
//! does one person less under the next lift: over all lifts the two can be told
//! apart in one of [`STEP`] cases where the count is shown, and in one of
//! [`LIFTS`] where it is not, and so for the difference. A number drawn anew from time to time would be
//! averaged away; this one can be learned at most, and the count up to it.
//!
//! **Bound.** Somebody who stays in one state for as long as is watched changes
//! what is seen with a probability, over the key, of no more than [`visible`]
//! for the coarseness at which he is counted; a guess whether he is there is
//! right with at most [`guess`], if before it was even, however long all
//! subscriptions are watched, and though everybody else's every move be known.
//! What it does not cover: whoever knows every other move in a cell exactly,
//! and sees it pass all remainders of [`STEP`], learns its lift, and notices
//! from then on who comes and goes there. Who moves between cells is to be
//! found by what each of them shows.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use gongqiao_contract::wire::SupplyItem;

use super::{Cell, RANKS, Tally, roll_up, tally::Heads};

/// No number is shown of fewer people.
pub const LEAST: u32 = 10;
/// Numbers are multiples of it.
pub const STEP: u32 = 5;
/// How many lifts there are; a multiple of [`STEP`].
pub const LIFTS: u32 = 20;
/// Further people whom it takes to be shown again, lest a cell comes and goes.
const STICKS: u32 = 5;

/// With which probability, over the key, somebody makes a difference to what is
/// ever seen, who is counted at this [`Cell::rank`].
pub fn visible(rank: usize) -> f64 {
    let rank = u32::try_from(rank).unwrap_or(u32::MAX);
    let shown = 1.0 / f64::from(STEP) + 1.0 / f64::from(LIFTS);
    shown + f64::from(rank) * 2.0 / f64::from(LIFTS)
}

/// With which probability the best guess is right whether somebody is there.
pub fn guess(rank: usize) -> f64 {
    f64::midpoint(1.0, visible(rank))
}

/// What an item says. Both rounded; those who are willing are their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Promised to nobody.
    pub free: u32,
    /// Promised, and not on the way.
    pub held: u32,
}

/// What may be told, for everybody.
pub type Publication = BTreeMap<Cell, Counts>;

/// A keyed hash, of which nobody else has the key.
pub type Secret = Box<dyn Fn(&str) -> u64 + Send + Sync>;

/// Publishes one tally after the other.
pub struct Publisher {
    secret: Secret,
    nodes: HashMap<Cell, Node>,
    shares: [u64; RANKS],
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("cells", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl Publisher {
    /// One that has shown nothing yet.
    pub fn new(secret: Secret) -> Self {
        Self { secret, nodes: HashMap::new(), shares: [0; RANKS] }
    }

    /// What may be told now.
    pub fn publish(&mut self, tally: &Tally) -> Publication {
        let shown = self.cut(tally);
        self.shares = [0; RANKS];
        for (cell, heads) in &shown {
            self.shares[cell.rank()] += u64::from(heads.free) + u64::from(heads.held);
        }
        let round =
            |(cell, heads): (Cell, Heads)| Some((cell, self.nodes.get(&cell)?.round(heads)));
        shown.into_iter().filter_map(round).collect()
    }

    /// Which people each item counts, in truth.
    pub(super) fn cut(&mut self, tally: &Tally) -> BTreeMap<Cell, Heads> {
        // Why: what is shown no longer must be forgotten where nobody is left.
        self.nodes.retain(|cell, node| node.is_shown() || tally.holds(cell));
        let known: Vec<Cell> = self.nodes.keys().copied().collect();
        let empty = known.into_iter().map(|cell| (cell, Heads::default()));
        let Self { secret, nodes, .. } = self;
        roll_up(tally.cells().map(|(cell, heads)| (*cell, heads)).chain(empty), |cell, heads| {
            nodes.entry(cell).or_insert_with(|| Node::of(&cell, secret)).show(heads)
        })
    }

    /// How many people are counted in what was told last, by coarseness.
    pub fn shares(&self) -> [u64; RANKS] {
        self.shares
    }
}

/// What is decided about one cell.
#[derive(Debug)]
struct Node {
    free: Gate,
    held: Gate,
    /// How far the two are apart.
    apart: Gate,
}

/// Whether there are enough, as it was seen last.
#[derive(Debug, Clone, Copy)]
struct Gate {
    lift: u32,
    open: bool,
}

impl Gate {
    fn of(cell: &Cell, what: &str, secret: &Secret) -> Self {
        let lift = secret(&format!("{cell}/{what}")) % u64::from(LIFTS);
        Self { lift: u32::try_from(lift).unwrap_or_default(), open: false }
    }

    /// Looks at a count, or at a difference, which may be negative; open is
    /// never for less than [`LEAST`] either way.
    fn look(&mut self, n: i64) -> bool {
        let lifted = n + i64::from(self.lift);
        let sticks = if self.open { 0 } else { STICKS };
        self.open =
            lifted >= i64::from(LEAST + LIFTS - 1 + sticks) || lifted <= -i64::from(LEAST + sticks);
        self.open
    }

    /// A multiple of [`STEP`], less than one away.
    fn round(self, n: u32) -> u32 {
        if n == 0 { 0 } else { (n + self.lift % STEP) / STEP * STEP }
    }
}

impl Node {
    fn of(cell: &Cell, secret: &Secret) -> Self {
        let gate = |what| Gate::of(cell, what, secret);
        Self { free: gate("free"), held: gate("held"), apart: gate("apart") }
    }

    fn is_shown(&self) -> bool {
        self.free.open || self.held.open
    }

    /// Those of its people whom it shows. If they are nearly as many, the held
    /// are counted elsewhere.
    fn show(&mut self, heads: Heads) -> Heads {
        let (of_free, of_held) = (i64::from(heads.free), i64::from(heads.held));
        let free = self.free.look(of_free);
        let held = self.held.look(of_held);
        let apart = self.apart.look(of_free - of_held);
        let held = held && (!free || apart);
        Heads { free: if free { heads.free } else { 0 }, held: if held { heads.held } else { 0 } }
    }

    fn round(&self, shown: Heads) -> Counts {
        Counts { free: self.free.round(shown.free), held: self.held.round(shown.held) }
    }
}

/// The item of a cell.
pub fn item(cell: &Cell, counts: Counts) -> SupplyItem {
    let (from, until) = cell.days();
    SupplyItem {
        division: cell.division.to_string(),
        occupation: cell.occupation.map(|code| code.to_string()).unwrap_or_default(),
        level: cell.band as i32,
        from,
        until,
        willing: counts.free + counts.held,
        free: counts.free,
        held: counts.held,
    }
}
