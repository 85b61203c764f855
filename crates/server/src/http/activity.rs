//! What happens on a connection: the requests that are served, the answers on their way, and since when it is idle.
//!
//! hyper ends a head that takes too long, and [`super::body`] a body that does. What is left are clients that
//! say nothing, that do not take their answers, or that keep an HTTP/2 connection open with pings: bytes that move are
//! no progress, requests and taken answers are.

use super::budget::{Allowance, Charge};
use super::connections::Forwarded;
use super::payload::{Delivery, Payload};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// What a client has to take of an answer, or send of a body, within the time that a connection may be silent.
pub const LEAST_PROGRESS: usize = 4 << 10;

/// Why a connection is closed before its client closes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Nothing was asked for in a while.
    Idle,
    /// The client takes too little of its answers.
    Stalled,
    /// Its place was given to another client.
    Evicted,
}

/// What happens on one connection.
pub struct Activity {
    start: Instant,
    /// How many requests are served, answers on their way included.
    requests: AtomicUsize,
    /// When the last of them ended, in milliseconds since the start.
    ended: AtomicU64,
    heard: AtomicBool,
    allowance: Arc<AtomicBool>,
    deliveries: Mutex<Vec<Watch>>,
    evicted: Notify,
}

/// An answer on its way, and what its client had taken of it at an earlier instant.
struct Watch {
    delivery: Weak<Delivery>,
    since: Instant,
    taken: u64,
    /// True once it was seen to be cut off.
    cut: bool,
}

impl Watch {
    fn of(delivery: &Arc<Delivery>) -> Watch {
        Watch { delivery: Arc::downgrade(delivery), since: Instant::now(), taken: 0, cut: false }
    }

    /// Cuts the answer off if it moved too little within `limit`.
    fn look(&mut self, delivery: &Delivery, limit: Duration) {
        if !delivery.is_cut_off() && self.since.elapsed() >= limit {
            let taken = delivery.taken();
            if taken - self.taken < LEAST_PROGRESS as u64 {
                delivery.cut_off();
            }
            (self.since, self.taken) = (Instant::now(), taken);
        }
        self.cut = delivery.is_cut_off();
    }
}

impl Activity {
    /// Of a connection that has just been made.
    pub fn new() -> Arc<Activity> {
        Arc::new(Activity {
            start: Instant::now(),
            requests: AtomicUsize::new(0),
            ended: AtomicU64::new(0),
            heard: AtomicBool::new(false),
            allowance: Arc::default(),
            deliveries: Mutex::default(),
            evicted: Notify::new(),
        })
    }

    /// The client has sent something.
    pub fn hear(&self) {
        self.heard.store(true, Ordering::Relaxed);
    }

    /// True if the client has sent something since its last answer was made: a connection that falls silent then
    /// is not merely idle.
    pub fn was_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// The memory that a request of this connection has for itself, unless another one has it.
    pub fn allowance(&self) -> Option<Allowance> {
        Allowance::borrow(&self.allowance)
    }

    /// Begins a request.
    pub fn begin(self: &Arc<Activity>) -> Working {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Working { activity: Arc::clone(self), forwarded: None, charge: None }
    }

    /// Sends an answer on its way; the request ends when the client has it.
    pub fn deliver(&self, working: Working, payload: &mut Payload) {
        self.heard.store(false, Ordering::Relaxed);
        let delivery = payload.watch(working);
        let mut deliveries = self.deliveries();
        deliveries.retain(|watch| watch.delivery.strong_count() > 0);
        deliveries.push(Watch::of(&delivery));
    }

    /// Since when no request is served; none while one is.
    pub fn idle_since(&self) -> Option<Instant> {
        if self.requests.load(Ordering::Relaxed) > 0 {
            return None;
        }
        Some(self.start + Duration::from_millis(self.ended.load(Ordering::Relaxed)))
    }

    /// Gives the connection's place to another client.
    pub fn evict(&self) {
        self.evicted.notify_one();
    }

    /// Comes back when the connection is to be closed: `limit` is how long it may be idle, and how long a client
    /// may take for [`LEAST_PROGRESS`].
    pub async fn ended(&self, limit: Duration) -> End {
        let step = (limit / 4).min(Duration::from_secs(5));
        let watched = async {
            loop {
                sleep(step).await;
                if self.idle_since().is_some_and(|since| since.elapsed() >= limit) {
                    return End::Idle;
                }
                if self.cut_off_stalled(limit) {
                    return End::Stalled;
                }
            }
        };
        tokio::select! {
            end = watched => end,
            () = self.evicted.notified() => End::Evicted,
        }
    }

    /// Cuts answers off that moved too little within `limit`. True if the connection is of no use any more: if no other
    /// answer is left, or if it still holds one that was cut off at an earlier look. An HTTP/2 stream that waits
    /// for its client's window never asks for more of its answer, so that it does not learn that there is none.
    fn cut_off_stalled(&self, limit: Duration) -> bool {
        let (mut held, mut cut, mut moving) = (false, false, false);
        self.deliveries().retain_mut(|watch| {
            let Some(delivery) = watch.delivery.upgrade() else { return false };
            held |= watch.cut;
            watch.look(&delivery, limit);
            cut |= watch.cut;
            moving |= !watch.cut;
            true
        });
        held || (cut && !moving)
    }

    /// The longest time for which one of the answers that were not cut off has not moved.
    pub fn longest_stall(&self) -> Option<Duration> {
        let mut deliveries = self.deliveries();
        let mut longest = None;
        deliveries.retain(|watch| {
            let Some(delivery) = watch.delivery.upgrade() else { return false };
            if !delivery.is_cut_off() {
                longest = longest.max(Some(delivery.still_for()));
            }
            true
        });
        longest
    }

    /// Cuts off all answers that have not moved for that long.
    pub fn cut_off(&self, still: Duration) {
        self.deliveries().retain(|watch| {
            let Some(delivery) = watch.delivery.upgrade() else { return false };
            if delivery.still_for() >= still {
                delivery.cut_off();
            }
            true
        });
    }

    fn deliveries(&self) -> MutexGuard<'_, Vec<Watch>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is served until this is dropped.
pub struct Working {
    activity: Arc<Activity>,
    /// Counts it under the address that it came from.
    forwarded: Option<Forwarded>,
    /// What it takes beside its head, body and answer, if another request already uses the connection's own share.
    charge: Option<Charge>,
}

impl Working {
    /// Whether no other request of the connection is served.
    pub fn is_alone(&self) -> bool {
        self.activity.requests.load(Ordering::Relaxed) == 1
    }

    /// Holds a charge as long as the request is served.
    pub fn hold(&mut self, charge: Charge) {
        self.charge = Some(charge);
    }

    /// Counts the request as passed on for as long as it is served.
    pub fn passed_on(&mut self, forwarded: Option<Forwarded>) {
        self.forwarded = forwarded;
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let Working { activity, .. } = self;
        let ended = u64::try_from(activity.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        activity.ended.store(ended, Ordering::Relaxed);
        activity.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use hyper::body::Bytes;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_requests_is_idle() {
        let activity = Activity::new();
        let limit = Duration::from_secs(30);
        assert_eq!(activity.ended(limit).await, End::Idle);
        let working = activity.begin();
        assert!(activity.idle_since().is_none());
        let ended = tokio::time::timeout(limit * 10, activity.ended(limit));
        assert!(ended.await.is_err());
        drop(working);
        assert_eq!(activity.ended(limit).await, End::Idle);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_to_move() {
        let activity = Activity::new();
        let limit = Duration::from_secs(30);
        let mut payload = Payload::new([Bytes::from(vec![0; 64 << 10])]);
        activity.deliver(activity.begin(), &mut payload);
        for _ in 0..3 {
            let ended = tokio::time::timeout(Duration::from_secs(25), activity.ended(limit));
            assert!(ended.await.is_err());
            drop(payload.frame().await);
        }
        assert_eq!(activity.ended(limit).await, End::Stalled);
        assert!(payload.frame().await.unwrap().is_err());
    }

    /// Two answers of a connection: one that was on its way for 20 s when the other came.
    async fn two_answers(activity: &Arc<Activity>) -> (Payload, Payload) {
        let payload = || {
            let mut payload = Payload::new([Bytes::from(vec![0; 64 << 10])]);
            activity.deliver(activity.begin(), &mut payload);
            payload
        };
        let first = payload();
        tokio::time::sleep(Duration::from_secs(20)).await;
        (first, payload())
    }

    #[tokio::test(start_paused = true)]
    async fn one_stalled_answer_does_not_end_the_others() {
        let activity = Activity::new();
        let limit = Duration::from_secs(30);
        let (mut stalled, mut moving) = two_answers(&activity).await;
        let let_go = async {
            tokio::time::sleep(Duration::from_secs(12)).await;
            assert!(stalled.frame().await.unwrap().is_err());
            drop(stalled);
        };
        tokio::spawn(let_go);
        for _ in 0..3 {
            let ended = tokio::time::timeout(Duration::from_secs(25), activity.ended(limit));
            assert!(ended.await.is_err());
            assert!(moving.frame().await.unwrap().is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_let_go_ends_the_connection() {
        let activity = Activity::new();
        let limit = Duration::from_secs(30);
        let (stalled, mut moving) = two_answers(&activity).await;
        let taken = async {
            while let Some(Ok(piece)) = moving.frame().await {
                drop(piece);
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(60), activity.ended(limit));
        tokio::select! {
            ended = ended => assert_eq!(ended, Ok(End::Stalled)),
            () = taken => unreachable!(),
        }
        drop(stalled);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_cut_off_stalls_no_more() {
        let activity = Activity::new();
        let (_first, _second) = two_answers(&activity).await;
        assert_eq!(activity.longest_stall(), Some(Duration::from_secs(20)));
        activity.cut_off(Duration::from_secs(20));
        assert_eq!(activity.longest_stall(), Some(Duration::ZERO));
        activity.cut_off(Duration::ZERO);
        assert_eq!(activity.longest_stall(), None);
    }
}
