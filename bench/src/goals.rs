//! What the figures have to be.

use crate::documents::Fetched;
use crate::fill::BATCH;
use crate::floors::Bound;
use crate::logins::Logins;
use crate::measure::Measured;
use crate::report::{self, Row};
use crate::stages::JUDGED;
use std::time::Duration;

/// A figure that has to reach or stay under another.
pub struct Goal {
    /// What is measured.
    pub name: String,
    /// The figure, with its unit.
    pub figure: String,
    /// The bound, in words.
    pub bound: &'static str,
    /// Whether it holds.
    pub holds: bool,
}

/// All that was measured; what was not is absent.
#[derive(Default)]
pub struct Figures {
    /// Loads of each kind.
    pub loads: Vec<Row>,
    /// What they are compared with.
    pub floors: Vec<(Bound, Measured)>,
    /// The slowest start.
    pub start: Duration,
    /// The most memory of a server while its store was filled, in bytes.
    pub fill_memory: u64,
    /// The load that is judged, for longer.
    pub sustained: Option<Row>,
    /// The same on a larger store.
    pub at_scale: Option<Row>,
    /// Logins.
    pub logins: Option<Logins>,
    /// Documents.
    pub documents: Vec<Fetched>,
}

impl Figures {
    /// The load with so many contacts a call, over so many connections.
    pub fn load(&self, load: (usize, usize)) -> Option<&Row> {
        self.loads.iter().find(|row| (row.measured.size, row.measured.connections) == load)
    }

    /// A floor's contacts a second.
    pub fn floor(&self, bound: Bound, size: usize) -> f64 {
        let found = self.floors.iter().find(|(other, floor)| *other == bound && floor.size == size);
        found.map_or(f64::NAN, |(_, floor)| floor.contacts())
    }

    /// All that calls were sent for.
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.loads.iter().chain(&self.sustained).chain(&self.at_scale)
    }

    /// The most memory that any server had.
    fn memory(&self) -> u64 {
        let others = [self.fill_memory, self.logins.as_ref().map_or(0, |logins| logins.memory)];
        self.rows().map(|row| row.memory).chain(others).max().unwrap_or_default()
    }

    fn errors(&self) -> usize {
        let logins = self.logins.iter().flat_map(Logins::measured);
        let documents = self.documents.iter().map(|document| &document.measured);
        self.rows().map(|row| &row.measured).chain(logins).chain(documents).map(|m| m.errors).sum()
    }
}

/// The goals that the figures are enough for.
pub fn of(figures: &Figures) -> Vec<Goal> {
    let mut goals = Vec::new();
    if let Some(row) = figures.sustained.as_ref().or(figures.load(JUDGED)) {
        rates(figures, row, &mut goals);
    }
    if let (Some(few), Some(many)) = (figures.load((1, 1)), figures.load((1, 16))) {
        let ratio = many.measured.calls() / few.measured.calls();
        goals.push(at_least(
            "calls of one contact a second, 16 connections over 1".into(),
            ratio,
            ">= 4",
            4.0,
        ));
    }
    if let Some(Logins { login, hash, alone, beside, .. }) = &figures.logins {
        goals.push(below(
            "processor time of a Login over that of one password hash",
            login / hash,
            "< 1.5",
            1.5,
        ));
        let ratio = beside.calls() / alone.calls();
        let name = "Retrieve calls a second while 8 connections keep logging in, over those alone";
        goals.push(at_least(name.into(), ratio, ">= 0.5", 0.5));
    }
    for Fetched { processor, rendering, .. } in &figures.documents {
        let name = "processor time of sending the WSDL over that of rendering it";
        goals.extend(rendering.map(|rendering| below(name, processor / rendering, "< 0.5", 0.5)));
    }
    let (memory, start) = (report::mebibytes(figures.memory()), figures.start.as_secs_f64());
    goals.extend([
        goal("peak memory of any server".into(), format!("{memory:.0} MiB"), "< 256 MiB", memory < 256.0),
        goal("start to the first answer".into(), format!("{start:.3} s"), "< 0.5 s", start < 0.5),
        goal("wrong or missing answers".into(), figures.errors().to_string(), "0", figures.errors() == 0),
    ]);
    goals
}

fn rates(figures: &Figures, row: &Row, goals: &mut Vec<Goal>) {
    let rate = row.measured.contacts();
    let over = |bound| rate / figures.floor(bound, BATCH);
    let name = |bound: Bound| format!("contacts a second over the floor's, {}", bound.name());
    goals.push(at_least(name(Bound::KeysSet), over(Bound::KeysSet), ">= 2.5", 2.5));
    let stricter = name(Bound::KeysLeft) + " (stricter than the goal)";
    goals.push(at_least(stricter, over(Bound::KeysLeft), ">= 2.5", 2.5));
    goals.push(at_least("contacts a second over the limit's".into(), over(Bound::Limit), ">= 0.3", 0.3));
    goals.push(below("p99 over p50 of those calls", row.measured.spread(), "< 10", 10.0));
    if let Some(scale) = &figures.at_scale {
        let name = format!("contacts a second with {} stored over those with {}", scale.stored, row.stored);
        goals.push(at_least(name, scale.measured.contacts() / rate, ">= 0.6", 0.6));
    }
}

fn at_least(name: String, figure: f64, bound: &'static str, least: f64) -> Goal {
    goal(name, format!("{figure:.2}"), bound, figure >= least)
}

fn below(name: &str, figure: f64, bound: &'static str, most: f64) -> Goal {
    goal(name.to_owned(), format!("{figure:.2}"), bound, figure < most)
}

fn goal(name: String, figure: String, bound: &'static str, holds: bool) -> Goal {
    Goal { name, figure, bound, holds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured((size, connections): (usize, usize), calls: usize) -> Measured {
        let times = vec![Duration::from_millis(2); calls];
        Measured { size, connections, seconds: 1.0, times, ..Measured::default() }
    }

    fn row(load: (usize, usize), calls: usize) -> Row {
        Row { stored: 1000, measured: measured(load, calls), memory: 1 << 20, processor: 0.5, wall: 1.0 }
    }

    fn verdict(figures: &Figures, name: &str) -> bool {
        let goals = of(figures);
        goals.iter().find(|goal| goal.name.starts_with(name)).map(|goal| goal.holds).unwrap()
    }

    #[test]
    fn a_rate_is_held_against_each_bound() {
        let floors = [(Bound::KeysSet, 4), (Bound::KeysLeft, 5), (Bound::Limit, 30)];
        let floors = floors.map(|(bound, calls)| (bound, measured((BATCH, 1), calls)));
        let sustained = Some(row(JUDGED, 10));
        let figures = Figures { floors: floors.into(), sustained, ..Figures::default() };
        let name = "contacts a second over the floor's, ";
        assert!(verdict(&figures, &format!("{name}{}", Bound::KeysSet.name())));
        assert!(!verdict(&figures, &format!("{name}{}", Bound::KeysLeft.name())));
        assert!(verdict(&figures, "contacts a second over the limit's"));
    }

    #[test]
    fn what_was_measured_against_nothing_does_not_pass() {
        let figures = Figures { loads: vec![row(JUDGED, 10)], ..Figures::default() };
        assert!(!verdict(&figures, "contacts a second over the floor's"));
        assert!(!verdict(&figures, "contacts a second over the limit's"));
    }

    #[test]
    fn one_wrong_answer_anywhere_fails() {
        let mut at_scale = row(JUDGED, 10);
        assert!(verdict(&Figures { at_scale: Some(row(JUDGED, 10)), ..Figures::default() }, "wrong"));
        at_scale.measured.errors = 1;
        assert!(!verdict(&Figures { at_scale: Some(at_scale), ..Figures::default() }, "wrong"));
    }
}
