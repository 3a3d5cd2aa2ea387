//! How many requests are taken: from an address, of an account.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use events::UserId;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{ApiError, context::RequestContext};
use crate::config::{LimitSettings, Networks};

const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// So many requests a second, and so many at once. None a second: as many as come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    pub per_second: u32,
    pub burst: u32,
}

/// How many requests a process takes. The default takes all.
#[derive(Debug, Clone, Default)]
pub struct RequestLimits {
    pub account: Rate,
    pub address: Rate,
    /// Buckets in memory.
    pub buckets: usize,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
}

impl RequestLimits {
    pub fn of(limits: &LimitSettings, trusted_proxies: &Networks) -> Self {
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let rate =
            |per_second, burst| Rate { per_second: number(per_second), burst: number(burst) };
        Self {
            account: rate(
                limits.account_requests_per_second.get(),
                limits.account_requests_burst.get(),
            ),
            address: rate(
                limits.address_requests_per_second.get(),
                limits.address_requests_burst.get(),
            ),
            buckets: limits.request_buckets.size(),
            trusted_proxies: trusted_proxies.clone(),
        }
    }
}

/// A request too many, and what its client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limited {
    burst: u32,
    wait: Duration,
    full_after: Duration,
}

impl Limited {
    /// Says in headers what is allowed and when to come again, in whole seconds.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        let seconds = |time: Duration| time.as_secs() + u64::from(time.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds(self.wait).max(1)));
        headers.insert(LIMIT, HeaderValue::from(self.burst));
        headers.insert(REMAINING, HeaderValue::from(0));
        headers.insert(RESET, HeaderValue::from(seconds(self.full_after).max(1)));
    }
}

/// What has been taken lately.
pub(super) struct Meters {
    accounts: Option<Meter>,
    addresses: Option<Meter>,
    pub(super) trusted_proxies: Networks,
}

impl Meters {
    pub(super) fn new(limits: RequestLimits) -> Self {
        Self {
            accounts: Meter::new(limits.account, limits.buckets, MonotonicClock),
            addresses: Meter::new(limits.address, limits.buckets, MonotonicClock),
            trusted_proxies: limits.trusted_proxies,
        }
    }

    pub(super) fn meters_addresses(&self) -> bool {
        self.addresses.is_some()
    }

    pub(super) fn take_address(&self, address: IpAddr) -> Result<(), Limited> {
        let Some(meter) = &self.addresses else { return Ok(()) };
        counted("address", meter.take(&network(address)))
    }

    fn take_account(&self, user: UserId) -> Result<(), Limited> {
        let Some(meter) = &self.accounts else { return Ok(()) };
        counted("account", meter.take(&user))
    }
}

/// Names the caller in the request's log line, and counts the request as the account's.
///
/// # Errors
/// A 429: the account asks too often.
pub fn admit_user(user: UserId) -> Result<(), ApiError> {
    let taken = RequestContext::with(|context| {
        context.user.set(Some(user));
        let taken = context.meters.take_account(user);
        context.limited.set(taken.err());
        taken
    });
    match taken {
        Some(Err(_)) => Err(ApiError::too_many_requests()),
        _ => Ok(()),
    }
}

fn counted(by: &'static str, taken: Result<(), Limited>) -> Result<(), Limited> {
    taken.inspect_err(|_| {
        metrics::counter!("nottermost_http_requests_limited_total", "by" => by).increment(1);
    })
}

/// One machine has a whole /64 of IPv6.
fn network(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64,
    }
}

/// Token buckets, each one atomic number, as many as there are from the start: whoever comes under many
/// names takes no memory and makes nobody forgotten. Two that meet in a bucket share it; who meets whom
/// is random, and other with each start.
struct Meter<C: Clock = MonotonicClock> {
    buckets: RateLimiter<u64, Buckets, C, NoOpMiddleware<C::Instant>>,
    hasher: RandomState,
    burst: u32,
    full_after: Duration,
}

struct Buckets(Box<[InMemoryState]>);

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let index = usize::try_from(*key).unwrap_or(usize::MAX) % self.0.len();
        self.0[index].measure_and_replace(&NotKeyed::NonKey, measure)
    }
}

impl<C: Clock> Meter<C> {
    /// None where there is no limit.
    fn new(rate: Rate, buckets: usize, clock: C) -> Option<Self> {
        let per_second = NonZeroU32::new(rate.per_second)?;
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let buckets = (0..buckets.max(1)).map(|_| InMemoryState::default()).collect();
        Some(Self {
            buckets: RateLimiter::new(quota, Buckets(buckets), clock),
            hasher: RandomState::new(),
            burst: burst.get(),
            full_after: quota.burst_size_replenished_in(),
        })
    }

    fn take(&self, key: &impl Hash) -> Result<(), Limited> {
        self.buckets.check_key(&self.hasher.hash_one(key)).map_err(|until| Limited {
            burst: self.burst,
            wait: until.wait_time_from(self.buckets.clock().now()),
            full_after: self.full_after,
        })
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_then_so_many_a_second() {
        let clock = FakeRelativeClock::default();
        let meter = Meter::new(Rate { per_second: 2, burst: 3 }, 1, clock.clone()).unwrap();
        for _ in 0..3 {
            assert_eq!(meter.take(&"ada"), Ok(()));
        }
        let limited = meter.take(&"ada").unwrap_err();
        assert_eq!(limited.wait, Duration::from_millis(500));
        clock.advance(limited.wait);
        assert_eq!(meter.take(&"ada"), Ok(()));
        meter.take(&"ada").unwrap_err();
        clock.advance(Duration::from_secs(60));
        assert_eq!((0..10).filter(|_| meter.take(&"ada").is_ok()).count(), 3);
    }

    #[test]
    fn one_does_not_use_up_what_is_anothers() {
        let clock = FakeRelativeClock::default();
        let meter = Meter::new(Rate { per_second: 1, burst: 1 }, 1 << 16, clock).unwrap();
        let taken = (0..100).filter(|name: &u32| meter.take(name).is_ok()).count();
        assert!(taken > 95, "{taken}");
    }

    #[test]
    fn no_rate_is_no_limit() {
        assert!(Meter::new(Rate::default(), 16, FakeRelativeClock::default()).is_none());
    }

    #[test]
    fn addresses_of_one_machine_are_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn who_is_refused_is_told_whole_seconds() {
        let mut headers = HeaderMap::new();
        let wait = Duration::from_millis(20);
        Limited { burst: 7, wait, full_after: Duration::from_millis(1_001) }.tell(&mut headers);
        let told = |name: HeaderName| headers[name].to_str().unwrap().to_owned();
        assert_eq!((told(RETRY_AFTER), told(LIMIT)), ("1".into(), "7".into()));
        assert_eq!((told(REMAINING), told(RESET)), ("0".into(), "2".into()));
    }
}
