//! The rolling digest of a feed: a sum over its items, so that taking one in,
//! out or anew costs the same however many there are, and any order gives the
//! same.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Sum modulo 2^256 of SHA-256(key, line feed, data) over all items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest([u64; 4]);

impl Digest {
    /// Takes an item in.
    pub fn add(&mut self, key: &str, data: &[u8]) {
        let mut carry = false;
        for (limb, term) in self.0.iter_mut().zip(leaf(key, data)) {
            let (sum, first) = limb.overflowing_add(term);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*limb, carry) = (sum, first || second);
        }
    }

    /// Takes an item out that was taken in with this data.
    pub fn remove(&mut self, key: &str, data: &[u8]) {
        let mut borrow = false;
        for (limb, term) in self.0.iter_mut().zip(leaf(key, data)) {
            let (left, first) = limb.overflowing_sub(term);
            let (left, second) = left.overflowing_sub(u64::from(borrow));
            (*limb, borrow) = (left, first || second);
        }
    }
}

/// The least significant limb first.
fn leaf(key: &str, data: &[u8]) -> [u64; 4] {
    let hash = Sha256::new().chain_update(key).chain_update(b"\n").chain_update(data).finalize();
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().rev().zip(hash.chunks_exact(8)) {
        *limb = bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    }
    limbs
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|limb| write!(f, "{limb:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_the_sum_that_is_documented() {
        let mut digest = Digest::default();
        assert_eq!(digest.to_string(), "0".repeat(64));
        digest.add("vac_1", br#"{"a":1}"#);
        // printf 'vac_1\n{"a":1}' | sha256sum
        let one = hex::encode(Sha256::digest(b"vac_1\n{\"a\":1}"));
        assert_eq!(digest.to_string(), one);
    }

    #[test]
    fn it_carries_over_every_limb() {
        let mut digest = Digest([u64::MAX; 4]);
        let mut plain = Digest::default();
        plain.add("k", b"d");
        digest.add("k", b"d");
        // 2^256 - 1 + leaf = leaf - 1
        let less = plain.0[0].wrapping_sub(1);
        assert_eq!(digest.0, [less, plain.0[1], plain.0[2], plain.0[3]]);
    }

    proptest! {
        #[test]
        fn what_is_taken_out_leaves_no_trace_and_order_none(
            items in prop::collection::btree_map("[a-z]{1,4}", prop::collection::vec(any::<u8>(), 0..9), 1..20),
            out in any::<prop::sample::Index>(),
        ) {
            let (mut forth, mut back) = (Digest::default(), Digest::default());
            items.iter().for_each(|(key, data)| forth.add(key, data));
            items.iter().rev().for_each(|(key, data)| back.add(key, data));
            prop_assert_eq!(forth, back);
            let (key, data) = items.iter().nth(out.index(items.len())).unwrap();
            forth.remove(key, data);
            let mut without = Digest::default();
            items.iter().filter(|(k, _)| *k != key).for_each(|(k, d)| without.add(k, d));
            prop_assert_eq!(forth, without);
            prop_assert_ne!(forth, back);
        }
    }
}
