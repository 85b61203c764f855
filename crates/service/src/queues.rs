//! The queues in which calls take turns: by what they ask of the store, and for hashing passwords.

use crate::settings::{Share, TurnSettings};
use crate::turns::{Bounds, Refused, Turn, Turns};
use crate::{Failure, Gone};
use contract::call::Work;
use std::net::{IpAddr, Ipv6Addr};
use store::AccountId;

/// The queues of a service.
#[derive(Debug)]
pub(crate) struct Queues {
    look_ups: Turns<AccountId>,
    reads: Turns<AccountId>,
    writes: Turns<AccountId>,
    hashes: Turns<IpAddr, AccountId>,
    least_write: usize,
}

/// How many calls wait for a turn, by what they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Reading by key.
    pub look_ups: usize,
    /// Reading what may be a whole table.
    pub reads: usize,
    /// Writing.
    pub writes: usize,
    /// Having a password hashed.
    pub hashes: usize,
}

/// A call's turn, which ends when it is dropped.
pub(crate) type CallTurn = Turn<AccountId>;

/// The turn to hash a password: one at a time, because each takes 19 MiB.
pub(crate) type HashTurn = Turn<IpAddr, AccountId>;

impl Queues {
    pub fn new(settings: &TurnSettings) -> Queues {
        let of = |share: Share| {
            Turns::new(Bounds {
                units: share.all,
                units_each: share.each,
                waiting_each: settings.waiting_each,
                waiting: settings.waiting,
                wait: settings.wait,
            })
        };
        let hashes = Bounds {
            units: 1,
            units_each: 1,
            waiting_each: settings.hashes_waiting_each,
            waiting: settings.hashes_waiting,
            wait: settings.wait,
        };
        Queues {
            look_ups: of(settings.look_ups),
            reads: of(settings.reads),
            writes: of(settings.writes),
            hashes: Turns::new(hashes),
            least_write: settings.least_write,
        }
    }

    /// Waits for the turn of an account's call with so many records.
    ///
    /// # Errors
    /// Busy where too many wait, or it waited for too long; Gone if its client left meanwhile.
    pub async fn of_call(
        &self,
        account: AccountId,
        work: Work,
        records: usize,
        gone: &Gone,
    ) -> Result<CallTurn, Failure> {
        let (queue, weight) = match work {
            Work::LookUp => (&self.look_ups, 1),
            Work::Read => (&self.reads, 1),
            Work::Write => (&self.writes, records.max(self.least_write)),
        };
        unless_gone(gone, queue.take(account, (), weight)).await
    }

    /// Waits for the turn to hash a password that came from an address, for an account that it named.
    ///
    /// # Errors
    /// As [`Queues::of_call`].
    pub async fn to_hash(
        &self,
        peer: Option<IpAddr>,
        account: AccountId,
        gone: &Gone,
    ) -> Result<HashTurn, Failure> {
        unless_gone(gone, self.hashes.take(network(peer), account, 1)).await
    }

    /// How many wait.
    pub fn waiting(&self) -> Waiting {
        Waiting {
            look_ups: self.look_ups.waiting(),
            reads: self.reads.waiting(),
            writes: self.writes.waiting(),
            hashes: self.hashes.waiting(),
        }
    }
}

async fn unless_gone<T>(gone: &Gone, turn: impl Future<Output = Result<T, Refused>>) -> Result<T, Failure> {
    let turn = gone.unless_left(turn).await.ok_or(Failure::Gone)?;
    turn.map_err(|refused| Failure::Busy(reason(refused)))
}

fn reason(refused: Refused) -> &'static str {
    match refused {
        Refused::Full => "too many calls of its account or address wait already",
        Refused::Late => "its turn did not come in time",
    }
}

/// Stands for all callers whose address a proxy did not give.
const UNKNOWN: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// What counts as one address: a provider gives a customer a whole /64 of IPv6.
fn network(peer: Option<IpAddr>) -> IpAddr {
    match peer.map_or(UNKNOWN, |peer| peer.to_canonical()) {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        canonical => canonical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address() {
        let network = |text: &str| network(text.parse().ok()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
