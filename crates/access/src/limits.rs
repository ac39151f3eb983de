//! How often somebody may ask. Each key that authenticated has a quota of its
//! own, so that one party's runaway program leaves the others undisturbed; and
//! wrong keys are answered less and less often.
//!
//! Why the secret is looked at first: otherwise whoever knows the public half
//! of a key could shut out its holder by guessing. At 256 random bits no rate
//! of guesses gets anywhere; what is limited is what guessing costs us.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use gongqiao_contract::{Code, Refusal, id::KeyId, wire::party_kind::Value as Kind};
use gongqiao_domain::decide::Speaker;
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

/// Wrong secrets that are tried with one known key, before one in six seconds
/// is heard.
const SECRETS: (NonZeroU32, Duration) = (nonzero(10), Duration::from_secs(6));
/// Wrong keys that come from one address, before five a second are heard. Why
/// more: behind a proxy, everybody comes from one.
const STRANGERS: (NonZeroU32, Duration) = (nonzero(50), Duration::from_millis(200));
/// Keys and addresses that are remembered; beyond them, all share one place.
const REMEMBERED: usize = 10_000;

type PerKey<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock, NoOpMiddleware>;

/// The quotas, by the machine's monotonic clock: a clock that is moved by hand
/// stands still between two requests.
#[derive(Debug)]
pub struct Limits {
    requests: Option<PerKey<KeyId>>,
    secrets: PerKey<KeyId>,
    strangers: PerKey<IpAddr>,
}

impl Limits {
    /// So many requests a second of each key, and twice as many at once; 0 for
    /// no limit.
    pub fn new(per_second: u32) -> Self {
        let requests = NonZeroU32::new(per_second)
            .map(|rate| Quota::per_second(rate).allow_burst(rate.saturating_mul(nonzero(2))));
        Self {
            requests: requests.map(RateLimiter::hashmap),
            secrets: RateLimiter::hashmap(slow(SECRETS)),
            strangers: RateLimiter::hashmap(slow(STRANGERS)),
        }
    }

    /// Counts a request of somebody who is known. Our own services are not
    /// counted: what they do follows from what others did.
    ///
    /// # Errors
    /// The key's quota is used up.
    pub fn admit(&self, key: &KeyId, speaker: &Speaker) -> Result<(), Refusal> {
        match &self.requests {
            // Why no bound here: only keys of the log come so far.
            Some(requests) if speaker.kind != Kind::Service => check(requests, key),
            _ => Ok(()),
        }
    }

    /// Counts a wrong key: by the key whose secret was guessed, if there is
    /// one, and by where it came from.
    ///
    /// # Errors
    /// There were too many.
    pub fn guessed(&self, known: Option<&KeyId>, peer: Option<IpAddr>) -> Result<(), Refusal> {
        let of_key = known.map_or(Ok(()), |key| check(&self.secrets, key));
        let peer = network(peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
        if self.strangers.len() >= REMEMBERED {
            self.strangers.retain_recent();
        }
        let full = self.strangers.len() >= REMEMBERED;
        let peer = if full { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { peer };
        of_key.and(check(&self.strangers, &peer))
    }
}

fn check<K: Clone + Eq + std::hash::Hash>(limiter: &PerKey<K>, key: &K) -> Result<(), Refusal> {
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(limiter.clock().now());
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Refusal::new(Code::AuthTooMany).with("seconds", seconds.max(1))
    })
}

/// What one holder of addresses has: of IPv6 a whole network of 64 bits.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

fn slow((burst, each): (NonZeroU32, Duration)) -> Quota {
    // Why the default: it is of a period of nothing, which none of ours is.
    Quota::with_period(each).unwrap_or(Quota::per_second(burst)).allow_burst(burst)
}

const fn nonzero(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use gongqiao_contract::wire::role::Value as Role;

    use super::*;

    fn key(text: &str) -> KeyId {
        text.parse().unwrap()
    }

    fn speaker(kind: Kind) -> Speaker {
        let party = "431021001001".parse().unwrap();
        Speaker { party, kind, person: "staff-1".into(), role: Role::Clerk }
    }

    fn check_refused(result: Result<(), Refusal>) {
        let refusal = result.unwrap_err();
        assert_eq!(refusal.code, Code::AuthTooMany);
        let (name, seconds) = &refusal.params[0];
        assert_eq!(*name, "seconds");
        assert!((1..=6).contains(&seconds.parse::<u32>().unwrap()), "{seconds}");
    }

    #[test]
    fn a_key_has_twice_its_rate_at_once_and_another_is_untouched() {
        // One a second: the test would have to stand still for a second to
        // come by another.
        let (limits, clerk) = (Limits::new(1), speaker(Kind::ServicePoint));
        let (one, other) = (key("000000000001"), key("000000000002"));
        assert_eq!(limits.admit(&one, &clerk), Ok(()));
        assert_eq!(limits.admit(&one, &clerk), Ok(()));
        check_refused(limits.admit(&one, &clerk));
        assert_eq!(limits.admit(&other, &clerk), Ok(()));
    }

    #[test]
    fn our_own_services_and_a_limit_of_nothing_let_all_pass() {
        let (limits, none) = (Limits::new(1), Limits::new(0));
        for _ in 0..100 {
            assert_eq!(limits.admit(&key("a"), &speaker(Kind::Service)), Ok(()));
            assert_eq!(none.admit(&key("a"), &speaker(Kind::Enterprise)), Ok(()));
        }
    }

    #[test]
    fn guesses_at_one_key_run_out_wherever_they_come_from() {
        let limits = Limits::new(0);
        let from = |n: u8| Some(IpAddr::from([10, 0, 0, n]));
        for n in 0..10 {
            assert_eq!(limits.guessed(Some(&key("a")), from(n)), Ok(()));
        }
        check_refused(limits.guessed(Some(&key("a")), from(11)));
        assert_eq!(limits.guessed(Some(&key("b")), from(11)), Ok(()));
    }

    #[test]
    fn unknown_keys_run_out_by_address_and_a_network_of_ipv6_is_one() {
        let limits = Limits::new(0);
        let host = |n: u128| Some(IpAddr::from(Ipv6Addr::from_bits((0x2001_0db8 << 96) | n)));
        for n in 0..50 {
            assert_eq!(limits.guessed(None, host(n)), Ok(()));
        }
        check_refused(limits.guessed(None, host(51)));
        assert_eq!(limits.guessed(None, Some(Ipv4Addr::LOCALHOST.into())), Ok(()));
    }

    #[test]
    fn addresses_without_end_share_a_place_and_take_no_more_memory() {
        let limits = Limits::new(0);
        let mut refused = 0;
        for n in 0..20_000u32 {
            refused +=
                usize::from(limits.guessed(None, Some(Ipv4Addr::from_bits(n).into())).is_err());
        }
        assert!(limits.strangers.len() <= REMEMBERED + 1, "{}", limits.strangers.len());
        assert!(refused > 0, "those beyond it are limited together");
    }
}
