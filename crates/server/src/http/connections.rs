//! The places for connections. When all are taken, the client with most of them loses one that is idle: nobody
//! shuts others out by holding connections open.

use super::activity::Activity;
use super::address::AddressKey;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The open connections.
pub struct Connections {
    most: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    open: HashMap<u64, Open>,
    /// Requests that trusted proxies passed on and that are being served, by the address they came from.
    forwarded: HashMap<AddressKey, usize>,
    next: u64,
}

struct Open {
    /// Whose it is; none for a trusted proxy, which is never closed to make room.
    client: Option<AddressKey>,
    activity: Arc<Activity>,
}

impl Table {
    /// How much each client takes up: connections of its own, and requests that come through proxies.
    fn counts(&self) -> HashMap<AddressKey, usize> {
        let mut counts = self.forwarded.clone();
        for client in self.open.values().filter_map(|open| open.client) {
            *counts.entry(client).or_default() += 1;
        }
        counts
    }

    /// The connection to close so that `newcomer` can have its place: the longest idle one of the client with most.
    /// A client that has more itself closes nobody else's.
    fn victim(&self, newcomer: Option<AddressKey>) -> Option<u64> {
        let counts = self.counts();
        let count = |client: AddressKey| counts.get(&client).copied().unwrap_or_default();
        let least = newcomer.map_or(0, count);
        let idle = self.open.iter().filter_map(|(id, open)| {
            let count = count(open.client?);
            let since = open.activity.idle_since()?;
            (count >= least).then_some((count, Reverse(since), *id))
        });
        idle.max().map(|(.., id)| id)
    }
}

impl Connections {
    /// Places for that many.
    pub fn new(most: usize) -> Arc<Connections> {
        Arc::new(Connections { most, table: Mutex::default() })
    }

    /// A place for a connection of that client; none for the client means a trusted proxy. None if all places are
    /// taken and no connection that could be closed for it is idle.
    pub fn admit(
        self: &Arc<Connections>,
        client: Option<AddressKey>,
        activity: &Arc<Activity>,
    ) -> Option<Place> {
        let mut table = self.table();
        if table.open.len() >= self.most {
            let victim = table.victim(client)?;
            // Its place is free as of now, however long it takes to close it.
            table.open.remove(&victim)?.activity.evict();
        }
        let id = table.next;
        table.next += 1;
        table.open.insert(id, Open { client, activity: Arc::clone(activity) });
        Some(Place { connections: Arc::clone(self), id })
    }

    /// Closes the idle connection that [`Connections::admit`] would close; false if there is none.
    pub fn close_one(&self) -> bool {
        let mut table = self.table();
        let victim = table.victim(None).and_then(|id| table.open.remove(&id));
        victim.inspect(|open| open.activity.evict()).is_some()
    }

    /// Counts a request that a trusted proxy has passed on, until its answer was taken and this is dropped.
    pub fn forwarded(self: &Arc<Connections>, client: AddressKey) -> Forwarded {
        *self.table().forwarded.entry(client).or_default() += 1;
        Forwarded { connections: Arc::clone(self), client }
    }

    /// Cuts off the answers that have not moved for longest, if that is `least` or longer.
    pub fn cut_off_stillest(&self, least: Duration) {
        let all = self.activities();
        let stillest = all.iter().filter_map(|activity| Some((activity.longest_stall()?, activity)));
        let stillest = stillest.max_by_key(|(stall, _)| *stall).filter(|(stall, _)| *stall >= least);
        if let Some((stall, activity)) = stillest {
            activity.cut_off(stall);
        }
    }

    /// Cuts off all answers that have not moved for that long.
    pub fn cut_off(&self, still: Duration) {
        self.activities().iter().for_each(|activity| activity.cut_off(still));
    }

    /// What happens on each connection, to look at while others come and go.
    fn activities(&self) -> Vec<Arc<Activity>> {
        self.table().open.values().map(|open| Arc::clone(&open.activity)).collect()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place, free again when this is dropped.
pub struct Place {
    connections: Arc<Connections>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.table().open.remove(&self.id);
    }
}

/// A request that a trusted proxy has passed on.
pub struct Forwarded {
    connections: Arc<Connections>,
    client: AddressKey,
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        let mut table = self.connections.table();
        if let Some(count) = table.forwarded.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                table.forwarded.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::payload::Payload;
    use http_body_util::BodyExt;
    use hyper::body::Bytes;
    use std::net::Ipv4Addr;

    fn client(number: u8) -> Option<AddressKey> {
        Some(AddressKey::V4(Ipv4Addr::new(192, 0, 2, number)))
    }

    struct Fixture(Arc<Connections>, Vec<Arc<Activity>>);

    impl Fixture {
        async fn open(&mut self, client: Option<AddressKey>) -> Option<Place> {
            // So that no two have been idle for the same time.
            tokio::time::advance(Duration::from_millis(10)).await;
            let activity = Activity::new();
            let place = self.0.admit(client, &activity);
            self.1.push(activity);
            place
        }

        async fn evicted(&self, index: usize) -> bool {
            let ended = self.1[index].ended(Duration::from_secs(3600));
            tokio::time::timeout(Duration::from_millis(1), ended).await.is_ok()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_connection_of_the_client_with_most_makes_room() {
        let mut fixture = Fixture(Connections::new(3), Vec::new());
        let _quiet = fixture.open(client(1)).await.unwrap();
        let _first = fixture.open(client(2)).await.unwrap();
        let _second = fixture.open(client(2)).await.unwrap();
        let _new = fixture.open(client(3)).await.unwrap();
        assert!(!fixture.evicted(0).await && fixture.evicted(1).await && !fixture.evicted(2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_idle_one_the_new_one_is_closed() {
        let mut fixture = Fixture(Connections::new(2), Vec::new());
        let _first = fixture.open(client(2)).await.unwrap();
        let _second = fixture.open(client(2)).await.unwrap();
        let working: Vec<_> = fixture.1.iter().map(Activity::begin).collect();
        assert!(fixture.open(client(1)).await.is_none());
        drop(working);
        assert!(fixture.open(client(1)).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_with_many_closes_nobody_elses() {
        let mut fixture = Fixture(Connections::new(3), Vec::new());
        let _quiet = fixture.open(client(1)).await.unwrap();
        let _first = fixture.open(client(2)).await.unwrap();
        let _second = fixture.open(client(2)).await.unwrap();
        let _working: Vec<_> = fixture.1[1..].iter().map(Activity::begin).collect();
        assert!(fixture.open(client(2)).await.is_none());
        assert!(!fixture.evicted(0).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_is_never_closed_and_its_requests_count_for_their_senders() {
        let mut fixture = Fixture(Connections::new(3), Vec::new());
        let _proxy = fixture.open(None).await.unwrap();
        let _one = fixture.open(client(1)).await.unwrap();
        let _two = fixture.open(client(2)).await.unwrap();
        let _forwarded: Vec<_> = client(2).into_iter().map(|client| fixture.0.forwarded(client)).collect();
        let _new = fixture.open(client(3)).await.unwrap();
        assert!(!fixture.evicted(0).await && !fixture.evicted(1).await && fixture.evicted(2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_passed_on_counts_until_its_answer_is_taken() {
        let connections = Connections::new(1);
        let activity = Activity::new();
        let mut working = activity.begin();
        working.passed_on(client(1).map(|client| connections.forwarded(client)));
        let mut payload = Payload::new([Bytes::from(vec![0; 8 << 10])]);
        activity.deliver(working, &mut payload);
        let count = || connections.table().counts().values().sum::<usize>();
        drop(payload.frame().await);
        assert_eq!(count(), 1);
        drop(payload.frame().await);
        drop(payload);
        assert_eq!(count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_free_again_when_its_connection_is_over() {
        let mut fixture = Fixture(Connections::new(1), Vec::new());
        let first = fixture.open(client(1)).await.unwrap();
        fixture.1[0].begin();
        drop(first);
        assert!(fixture.open(client(2)).await.is_some());
        assert!(!fixture.evicted(0).await);
    }
}
