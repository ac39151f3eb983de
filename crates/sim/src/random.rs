//! Lots drawn without a generator: a number follows from the seed, from what
//! it is drawn for, and for whom. So no lot depends on the order of drawing.

/// What a lot is drawn for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lot {
    PointPlace = 1,
    PointSize,
    PointTrade,
    Birth,
    Name,
    Home,
    Trade,
    Title,
    Level,
    SecondTitle,
    Wage,
    Available,
    AvailableDay,
    Destination,
    Consent,
    Willing,
    Temper,
    Latency,
    SecondPart,
    Reason,
    Absent,
    FirstAbsent,
    Standby,
    Seat,
    Said,
}

/// One lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drawn(u64);

/// Draws the lot for `a` and `b` (a person, a point, a vacancy; 0 for none).
pub(crate) fn draw(seed: u64, lot: Lot, a: u64, b: u64) -> Drawn {
    let start = mix(seed ^ (lot as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    Drawn(mix(mix(start ^ a).wrapping_add(b)))
}

impl Drawn {
    /// 0 up to, and without, `n`.
    pub(crate) fn below(self, n: u64) -> u64 {
        let scaled = (u128::from(self.0) * u128::from(n)) >> 64;
        u64::try_from(scaled).unwrap_or_default()
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn percent(self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// An index into something of this length.
    pub(crate) fn index(self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// One of the items, or nothing if there are none.
    pub(crate) fn one_of<T: Copy>(self, items: &[T]) -> Option<T> {
        items.get(self.index(items.len())).copied()
    }

    /// For comparing lots.
    pub(crate) fn value(self) -> u64 {
        self.0
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_of_many_lots_fall_to_half() {
        let hits = (0..10_000).filter(|n| draw(7, Lot::Willing, *n, 0).percent(50)).count();
        assert!((4_800..5_200).contains(&hits), "{hits}");
    }

    #[test]
    fn lots_differ_by_purpose_seed_and_owner() {
        let one = draw(1, Lot::Wage, 5, 6);
        for other in [
            draw(2, Lot::Wage, 5, 6),
            draw(1, Lot::Name, 5, 6),
            draw(1, Lot::Wage, 6, 5),
            draw(1, Lot::Wage, 5, 7),
        ] {
            assert_ne!(one, other);
        }
    }

    proptest! {
        #[test]
        fn a_lot_stays_below_its_bound(seed: u64, a: u64, b: u64, n in 1_u64..1_000_000) {
            prop_assert!(draw(seed, Lot::Birth, a, b).below(n) < n);
        }
    }
}
