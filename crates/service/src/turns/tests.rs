//! The queue against a model that goes through lists, and under tasks that come, run and leave at once.

use super::state::{Entered, State};
use super::{Bounds, Refused, Turns};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::task::{JoinSet, yield_now};

const LONG: Duration = Duration::from_secs(600);

fn bounds(units: usize, units_each: usize) -> Bounds {
    Bounds { units, units_each, waiting_each: 256, waiting: 4096, wait: LONG }
}

/// One that came: its key and part, its weight, and its number in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Came {
    key: u8,
    part: u8,
    weight: usize,
    number: usize,
}

/// What the queue ought to do, said as plainly as can be: lists in the order of the turns.
#[derive(Debug, Default)]
struct Model {
    running: Vec<Came>,
    waiting: Vec<Came>,
    /// Keys whose turn is to come, and each key's parts.
    keys: Vec<u8>,
    parts: Vec<(u8, u8)>,
}

impl Model {
    fn units(&self, key: Option<u8>) -> usize {
        let of = |one: &&Came| key.is_none_or(|key| one.key == key);
        self.running.iter().filter(of).map(|one| one.weight).sum()
    }

    fn head(&self, key: u8) -> Option<Came> {
        let (_, part) = self.parts.iter().find(|(owner, _)| *owner == key)?;
        self.waiting.iter().find(|one| one.key == key && one.part == *part).copied()
    }

    fn enter(&mut self, bounds: &Bounds, one: Came) -> bool {
        let of_key = self.waiting.iter().filter(|other| other.key == one.key).count();
        let own = self.units(Some(one.key)) + one.weight <= bounds.units_each;
        let all = self.units(None) + one.weight <= bounds.units;
        if own && all && of_key == 0 && self.keys.is_empty() {
            self.running.push(one);
            return true;
        }
        if of_key >= bounds.waiting_each || self.waiting.len() >= bounds.waiting {
            return false;
        }
        self.waiting.push(one);
        if !self.parts.contains(&(one.key, one.part)) {
            self.parts.push((one.key, one.part));
        }
        if of_key == 0 && own {
            self.keys.push(one.key);
        }
        true
    }

    fn fewer(&mut self, one: Came) {
        let waits = |key| self.waiting.iter().any(|other| other.key == key);
        if !self.waiting.iter().any(|other| (other.key, other.part) == (one.key, one.part)) {
            self.parts.retain(|part| *part != (one.key, one.part));
        }
        if !waits(one.key) {
            self.keys.retain(|key| *key != one.key);
        } else if !self.keys.contains(&one.key) {
            self.keys.push(one.key);
        }
    }

    fn advance(&mut self, bounds: &Bounds) -> Vec<usize> {
        let mut begun = Vec::new();
        while let Some(key) = self.keys.first().copied() {
            let one = self.head(key).unwrap();
            let own = self.units(Some(key)) + one.weight <= bounds.units_each;
            if own && self.units(None) + one.weight > bounds.units {
                break;
            }
            self.keys.remove(0);
            if !own {
                continue;
            }
            self.waiting.retain(|other| other.number != one.number);
            self.running.push(one);
            begun.push(one.number);
            let part = (one.key, one.part);
            self.parts.retain(|other| *other != part);
            if self.waiting.iter().any(|other| (other.key, other.part) == part) {
                self.parts.push(part);
            }
            if self.waiting.iter().any(|other| other.key == key) {
                self.keys.push(key);
            }
        }
        begun
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Enter { key: u8, part: u8, weight: usize },
    End(usize),
    Leave(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u8, 0..3_u8, 1..=4_usize).prop_map(|(key, part, weight)| Step::Enter { key, part, weight }),
        3 => any::<usize>().prop_map(Step::End),
        1 => any::<usize>().prop_map(Step::Leave),
    ]
}

/// The queue and the model, side by side.
struct Both {
    bounds: Bounds,
    state: State<u8, u8>,
    model: Model,
    /// Those that wait in the queue, with its number.
    waiting: Vec<(Came, u64, oneshot::Receiver<()>)>,
    came: usize,
}

impl Both {
    fn new(bounds: Bounds) -> Both {
        Both { bounds, state: State::default(), model: Model::default(), waiting: Vec::new(), came: 0 }
    }

    fn enter(&mut self, key: u8, part: u8, weight: usize) {
        let one = Came { key, part, weight: weight.min(self.bounds.units_each), number: self.came };
        self.came += 1;
        let entered = self.state.enter(&self.bounds, &key, &part, one.weight);
        let put_out = self.put_out(key);
        let expected = self.model.enter(&self.bounds, one);
        let runs = self.model.running.contains(&one);
        assert!(put_out.is_none() || (expected && !runs), "{put_out:?} was put out for nobody");
        match entered {
            Entered::Running => assert!(expected && runs),
            Entered::Full => assert!(!expected && !self.could_put_out(key)),
            Entered::Waiting(number, woken) => {
                assert!(expected && !runs);
                self.waiting.push((one, number, woken));
                self.advance();
            }
        }
    }

    /// How many of that key wait.
    fn line(&self, key: u8) -> usize {
        self.model.waiting.iter().filter(|one| one.key == key).count()
    }

    /// Whether one that comes could have the place of another one.
    fn could_put_out(&self, key: u8) -> bool {
        let longest = (0..4).map(|key| self.line(key)).max().unwrap();
        self.line(key) < self.bounds.waiting_each && longest > self.line(key) + 1
    }

    /// The one that had to make place for another one of that key, if there is one.
    fn put_out(&mut self, key: u8) -> Option<Came> {
        let at =
            self.waiting.iter_mut().position(|(.., woken)| woken.try_recv() == Err(TryRecvError::Closed))?;
        assert!(self.model.waiting.len() == self.bounds.waiting && self.could_put_out(key));
        let (one, number, _) = self.waiting.remove(at);
        let of_part = |key, part| {
            let waiting = self.model.waiting.iter().filter(move |one| (one.key, one.part) == (key, part));
            (waiting.clone().count(), waiting.map(|one| one.number).max())
        };
        assert!((0..4).all(|key| self.line(key) <= self.line(one.key)), "another line is longer");
        assert!((0..3).all(|part| of_part(one.key, part).0 <= of_part(one.key, one.part).0));
        assert_eq!(of_part(one.key, one.part).1, Some(one.number), "another one came later");
        self.model.waiting.retain(|other| other.number != one.number);
        self.model.fewer(one);
        assert!(self.state.leave(&one.key, &one.part, number));
        Some(one)
    }

    fn end(&mut self, index: usize) {
        if self.model.running.is_empty() {
            return;
        }
        let one = self.model.running.remove(index % self.model.running.len());
        self.state.end(&one.key, one.weight);
        let waits = self.model.waiting.iter().any(|other| other.key == one.key);
        if waits && !self.model.keys.contains(&one.key) {
            self.model.keys.push(one.key);
        }
        self.advance();
    }

    fn leave(&mut self, index: usize) {
        if self.waiting.is_empty() {
            return;
        }
        let (one, number, _) = self.waiting.remove(index % self.waiting.len());
        assert!(self.state.leave(&one.key, &one.part, number));
        assert!(!self.state.leave(&one.key, &one.part, number));
        self.model.waiting.retain(|other| other.number != one.number);
        self.model.fewer(one);
        self.advance();
    }

    /// Both give the same turns in the same order.
    fn advance(&mut self) {
        let begun = self.model.advance(&self.bounds);
        for (wake, number) in self.state.advance(&self.bounds).into_iter().zip(&begun) {
            let at = self.waiting.iter().position(|(one, ..)| one.number == *number).unwrap();
            let (_, _, mut woken) = self.waiting.remove(at);
            wake.send(()).unwrap();
            assert_eq!(woken.try_recv(), Ok(()), "another one was woken");
        }
        assert_eq!(self.waiting.len(), self.model.waiting.len());
    }

    fn check(&self) {
        assert_eq!(self.state.waiting(), self.model.waiting.len());
        for key in 0..4 {
            let (all, own, _) = self.state.running(&key);
            assert_eq!((all, own), (self.model.units(None), self.model.units(Some(key))));
            assert!(all <= self.bounds.units && own <= self.bounds.units_each);
        }
    }
}

proptest! {
    #[test]
    fn it_does_as_the_model(
        units in 1..8_usize,
        each in 1..5_usize,
        waiting_each in 0..6_usize,
        waiting in 0..12_usize,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let bounds = Bounds { waiting_each, waiting, ..bounds(units, each.min(units)) };
        let mut both = Both::new(bounds);
        for step in steps {
            match step {
                Step::Enter { key, part, weight } => both.enter(key, part, weight),
                Step::End(index) => both.end(index),
                Step::Leave(index) => both.leave(index),
            }
            both.check();
        }
        // All that wait run in the end, and nothing stays.
        while !both.model.running.is_empty() {
            both.end(0);
        }
        assert_eq!(both.state.waiting(), 0);
        assert_eq!(both.state.running(&0), (0, 0, 0));
    }
}

/// The keys of the calls that wait, in the order in which they run one by one.
fn order(bounds: &Bounds, came: &[(&'static str, usize)]) -> Vec<usize> {
    let mut state: State<&str, ()> = State::default();
    assert!(matches!(state.enter(bounds, &"first", &(), bounds.units), Entered::Running));
    let mut waiting = Vec::new();
    for (index, (key, weight)) in came.iter().enumerate() {
        match state.enter(bounds, key, &(), *weight) {
            Entered::Waiting(_, woken) => waiting.push((index, woken)),
            other => panic!("{other:?}"),
        }
    }
    let mut running = ("first", bounds.units);
    let mut order = Vec::new();
    loop {
        state.end(&running.0, running.1);
        let woken = state.advance(bounds);
        if woken.is_empty() {
            return order;
        }
        for wake in woken {
            wake.send(()).unwrap();
            let at = waiting.iter_mut().position(|(_, woken)| woken.try_recv().is_ok()).unwrap();
            let (index, _) = waiting.remove(at);
            order.push(index);
            running = came[index];
        }
    }
}

#[test]
fn a_key_that_comes_last_is_behind_one_call_of_each_other_key() {
    let one = bounds(1, 1);
    let came: Vec<_> = [("a", 1); 5].into_iter().chain([("b", 1); 3]).chain([("c", 1)]).collect();
    assert_eq!(order(&one, &came), [0, 5, 8, 1, 6, 2, 7, 3, 4]);
}

#[tokio::test]
async fn a_heavy_call_is_not_passed_for_ever_by_light_ones() {
    let turns: Turns<&str> = Turns::new(bounds(4, 3));
    let held = [turns.take("a", (), 1).await.unwrap(), turns.take("b", (), 1).await.unwrap()];
    let mut heavy = Box::pin(turns.take("heavy", (), 3));
    assert!(at_once(&mut heavy).await.is_none());
    // There is room for it, but the heavy one came before.
    let mut light = Box::pin(turns.take("light", (), 2));
    assert!(at_once(&mut light).await.is_none());
    let [first, _second] = held;
    drop(first);
    let heavy = at_once(&mut heavy).await.unwrap().unwrap();
    assert!(at_once(&mut light).await.is_none());
    drop(heavy);
    assert!(at_once(&mut light).await.is_some());
}

#[tokio::test]
async fn a_key_never_has_all_units_and_another_runs_at_once() {
    let turns: Turns<&str> = Turns::new(bounds(3, 9));
    let held = [turns.take("a", (), 1).await.unwrap(), turns.take("a", (), 1).await.unwrap()];
    let mut third = Box::pin(turns.take("a", (), 1));
    assert!(at_once(&mut third).await.is_none());
    let other = turns.take("b", (), 1).await.unwrap();
    drop(other);
    assert!(at_once(&mut third).await.is_none());
    drop(held);
    assert!(at_once(&mut third).await.unwrap().is_ok());
}

/// What a future gives without waiting.
async fn at_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn who_leaves_gives_up_its_place_and_its_turn() {
    let turns: Turns<&str> = Turns::new(Bounds { waiting_each: 1, ..bounds(1, 1) });
    let held = turns.take("a", (), 1).await.unwrap();
    let mut gone = Box::pin(turns.take("a", (), 1));
    assert!(at_once(&mut gone).await.is_none());
    assert_eq!(turns.take("a", (), 1).await.unwrap_err(), Refused::Full);
    drop(gone);
    assert_eq!(turns.waiting(), 0);
    // One that is given its turn and leaves before it has noticed.
    let mut gone = Box::pin(turns.take("a", (), 1));
    assert!(at_once(&mut gone).await.is_none());
    drop(held);
    drop(gone);
    assert!(turns.take("b", (), 1).await.is_ok());
}

#[tokio::test]
async fn nobody_waits_longer_than_the_bound() {
    let turns: Turns<&str> = Turns::new(Bounds { wait: Duration::from_millis(1), ..bounds(1, 1) });
    let held = turns.take("a", (), 1).await.unwrap();
    assert_eq!(turns.take("b", (), 1).await.unwrap_err(), Refused::Late);
    assert_eq!(turns.waiting(), 0);
    drop(held);
    assert!(turns.take("b", (), 1).await.is_ok());
}

#[tokio::test]
async fn where_nothing_runs_or_nobody_waits_a_call_is_refused_at_once() {
    let none: Turns<&str> = Turns::new(bounds(0, 0));
    assert_eq!(none.take("a", (), 1).await.unwrap_err(), Refused::Full);
    let one: Turns<&str> = Turns::new(Bounds { waiting_each: 0, ..bounds(1, 1) });
    let held = one.take("a", (), 1).await.unwrap();
    assert_eq!(one.take("b", (), 1).await.unwrap_err(), Refused::Full);
    drop(held);
    assert!(one.take("b", (), 1).await.is_ok());
    let all: Turns<u8> = Turns::new(Bounds { waiting: 2, ..bounds(1, 1) });
    let _held = all.take(0, (), 1).await.unwrap();
    let (mut first, mut second) = (Box::pin(all.take(1, (), 1)), Box::pin(all.take(2, (), 1)));
    assert!(at_once(&mut first).await.is_none() && at_once(&mut second).await.is_none());
    assert_eq!(all.take(3, (), 1).await.unwrap_err(), Refused::Full);
}

#[tokio::test]
async fn a_full_queue_has_a_place_for_one_of_a_shorter_line() {
    let turns: Turns<&str> = Turns::new(Bounds { waiting_each: 3, waiting: 3, ..bounds(1, 1) });
    let held = turns.take("other", (), 1).await.unwrap();
    let mut many: Vec<_> = (0..3).map(|_| Box::pin(turns.take("many", (), 1))).collect();
    for taking in &mut many {
        assert!(at_once(taking).await.is_none());
    }
    let mut quiet = Box::pin(turns.take("quiet", (), 1));
    assert!(at_once(&mut quiet).await.is_none());
    assert_eq!(at_once(&mut many[2]).await.unwrap().unwrap_err(), Refused::Full);
    assert!(at_once(&mut many[1]).await.is_none());
    assert_eq!(turns.waiting(), 3);
    assert_eq!(turns.take("many", (), 1).await.unwrap_err(), Refused::Full, "it has the longest line itself");
    drop(held);
    drop(at_once(&mut many[0]).await.unwrap().unwrap());
    assert!(at_once(&mut quiet).await.unwrap().is_ok());
}

/// Counts what runs.
#[derive(Default)]
struct Gauge {
    all: AtomicUsize,
    each: [AtomicUsize; 8],
    runs: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_keep_the_bounds_and_none_is_forgotten() {
    const UNITS: usize = 7;
    const EACH: usize = 4;
    let turns: Arc<Turns<usize, usize>> =
        Arc::new(Turns::new(Bounds { waiting_each: 4096, waiting: 1 << 16, ..bounds(UNITS, EACH) }));
    let gauge = Arc::new(Gauge::default());
    let mut tasks = JoinSet::new();
    for index in 0..2_000_usize {
        let (turns, gauge) = (Arc::clone(&turns), Arc::clone(&gauge));
        tasks.spawn(async move {
            let (key, weight) = (index % 8, 1 + index % 3);
            for round in 0..5 {
                if (index + round) % 4 == 0 {
                    // Leaves after it has been asked a few times.
                    let mut taking = Box::pin(turns.take(key, index, weight));
                    for _ in 0..round {
                        if at_once(&mut taking).await.is_some() {
                            break;
                        }
                        yield_now().await;
                    }
                    continue;
                }
                let turn = turns.take(key, index, weight).await.unwrap();
                let all = gauge.all.fetch_add(weight, Ordering::SeqCst) + weight;
                let each = gauge.each[key].fetch_add(weight, Ordering::SeqCst) + weight;
                assert!(all <= UNITS && each <= EACH, "{all} {each}");
                yield_now().await;
                gauge.all.fetch_sub(weight, Ordering::SeqCst);
                gauge.each[key].fetch_sub(weight, Ordering::SeqCst);
                gauge.runs.fetch_add(1, Ordering::SeqCst);
                drop(turn);
            }
        });
    }
    // One that is forgotten would wait for ten minutes, and then fail.
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let leaves = (0..2_000).flat_map(|index| (0..5).map(move |round| index + round));
    let leaves = leaves.filter(|sum| sum % 4 == 0).count();
    assert_eq!(gauge.runs.load(Ordering::SeqCst), 10_000 - leaves);
    assert_eq!(turns.waiting(), 0);
}
