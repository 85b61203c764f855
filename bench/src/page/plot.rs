//! The plot: rates as bars with what bounds them as lines, and the rate of every second of the long loads.

use super::svg::{Hold, Picture, grouped, marks};
use crate::fill::BATCH;
use crate::floors::Bound;
use crate::goals::Figures;
use crate::report::Row;

const WIDTH: f64 = 960.0;
/// Where the axes begin and end.
const LEFT: f64 = 256.0;
const RIGHT: f64 = 884.0;
/// From one bar to the next.
const STEP: f64 = 32.0;
/// From one line of labels to the next.
const LINE: f64 = 22.0;
/// Right of this, a label stands left of its line.
const TURN: f64 = 620.0;
/// The height of the plot of seconds.
const DEPTH: f64 = 220.0;

/// A rate.
struct Bar {
    label: String,
    class: &'static str,
    rate: f64,
}

/// A rate to compare with.
struct Mark {
    label: String,
    class: &'static str,
    rate: f64,
}

/// Draws the plot.
pub fn draw(figures: &Figures, machine: &str) -> String {
    let mut picture = Picture::new();
    picture.text("title", Hold::Start, (24.0, 36.0), "UpdateContact, durable: contacts a second");
    picture.text("faint", Hold::Start, (24.0, 60.0), machine);
    let mut y = 98.0;
    for size in [BATCH, 1] {
        y = rates(&mut picture, y, figures, size) + 46.0;
    }
    y = seconds(&mut picture, y, figures);
    picture.finish(WIDTH, y + 24.0, "Contacts a second that UpdateContact changes, beside floors and limit")
}

/// Bars of the loads with so many contacts a call. Gives where it ends.
fn rates(picture: &mut Picture, top: f64, figures: &Figures, size: usize) -> f64 {
    let several = if size == 1 { "" } else { "s" };
    let stored = figures.loads.first().map_or(0, |row| row.stored);
    let heading = format!("{size} contact{several} a call");
    picture.text("faint", Hold::Start, (24.0, top + LINE), &format!("{} stored", grouped(stored as f64)));
    picture.text("heading", Hold::Start, (24.0, top), &heading);
    let (bars, marked) = (bars(figures, size), lines(figures, size));
    let most = bars.iter().map(|bar| bar.rate).chain(marked.iter().map(|mark| mark.rate));
    let axis = marks(most.fold(0.0, f64::max));
    let scale = |rate: f64| LEFT + (RIGHT - LEFT) * rate / axis.last().unwrap_or(&1.0);
    let first = top + LINE * marked.len() as f64 + 14.0;
    let bottom = first + STEP * bars.len() as f64;
    for mark in &axis {
        picture.line("grid", (scale(*mark), first), (scale(*mark), bottom));
        picture.text("faint", Hold::Middle, (scale(*mark), bottom + 20.0), &grouped(*mark));
    }
    for (index, bar) in bars.iter().enumerate() {
        let y = first + STEP * index as f64;
        picture.text("", Hold::End, (LEFT - 10.0, y + 21.0), &bar.label);
        picture.bar(bar.class, (LEFT, y + 4.0), (scale(bar.rate) - LEFT, STEP - 8.0));
    }
    // A line begins at its label. So that none crosses another's label, those that turn left come first, the
    // farthest first, and then the others, the nearest first.
    let (mut near, mut order): (Vec<_>, Vec<_>) = marked.iter().partition(|mark| scale(mark.rate) <= TURN);
    near.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    order.sort_by(|one, other| other.rate.total_cmp(&one.rate));
    order.extend(near);
    let order =
        || order.iter().enumerate().map(|(row, mark)| (mark, scale(mark.rate), top + LINE * row as f64));
    for (mark, x, y) in order() {
        picture.line(mark.class, (x, y - 12.0), (x, bottom));
    }
    for (mark, x, y) in order() {
        let (hold, x) = if x > TURN { (Hold::End, x - 8.0) } else { (Hold::Start, x + 8.0) };
        picture.text("over", hold, (x, y), &format!("{} {}", mark.label, grouped(mark.rate)));
    }
    for (index, bar) in bars.iter().enumerate() {
        let y = first + STEP * index as f64;
        picture.text("over", Hold::Start, (scale(bar.rate) + 8.0, y + 21.0), &grouped(bar.rate));
    }
    picture.line("axis", (LEFT, first), (LEFT, bottom));
    picture.text("faint", Hold::Start, (24.0, bottom + 20.0), "contacts/s");
    bottom + 20.0
}

fn bars(figures: &Figures, size: usize) -> Vec<Bar> {
    let rows = figures.loads.iter().filter(|row| row.measured.size == size);
    let mut bars: Vec<Bar> = rows
        .map(|row| Bar { label: connections(row), class: "one", rate: row.measured.contacts() })
        .collect();
    for (row, class) in long(figures).filter(|(row, _)| row.measured.size == size) {
        let label = match class {
            "one" => format!("{} for {:.0} s", connections(row), row.measured.seconds),
            _ => format!("the same, {} stored", grouped(row.stored as f64)),
        };
        bars.push(Bar { label, class, rate: row.measured.contacts() });
    }
    bars
}

/// The long loads and their colours.
fn long(figures: &Figures) -> impl Iterator<Item = (&Row, &'static str)> {
    figures.sustained.iter().map(|row| (row, "one")).chain(figures.at_scale.iter().map(|row| (row, "two")))
}

fn connections(row: &Row) -> String {
    let count = row.measured.connections;
    format!("{count} connection{}", if count == 1 { "" } else { "s" })
}

/// Floors, limit, and the harder of the two goals about them.
fn lines(figures: &Figures, size: usize) -> Vec<Mark> {
    let floor = |bound: Bound| Mark {
        label: bound.name().to_owned(),
        class: "floor",
        rate: figures.floor(bound, size),
    };
    let mut lines = vec![floor(Bound::KeysLeft), floor(Bound::KeysSet), floor(Bound::Limit)];
    if size == BATCH {
        let goals = [("2.5 × keys rewritten", 2.5, Bound::KeysSet), ("0.3 × limit", 0.3, Bound::Limit)];
        let goals = goals.map(|(label, factor, bound)| (label, factor * figures.floor(bound, size)));
        if let Some((label, rate)) = goals.into_iter().max_by(|one, other| one.1.total_cmp(&other.1)) {
            lines.push(Mark { label: format!("goal: {label}"), class: "goal", rate });
        }
    }
    lines
}

/// The rate of each second of the long loads. Gives where it ends.
fn seconds(picture: &mut Picture, top: f64, figures: &Figures) -> f64 {
    picture.text("heading", Hold::Start, (24.0, top), "Second by second");
    let mut x = LEFT;
    for (row, class) in long(figures) {
        let label = format!("{} stored", grouped(row.stored as f64));
        picture.bar(class, (x, top - 12.0), (14.0, 14.0));
        picture.text("", Hold::Start, (x + 22.0, top), &label);
        x += 60.0 + 9.0 * label.len() as f64;
    }
    let series: Vec<(Vec<f64>, &str)> =
        long(figures).map(|(row, class)| (row.measured.contacts_each_second(), class)).collect();
    let axis = marks(series.iter().flat_map(|(rates, _)| rates).copied().fold(0.0, f64::max));
    let length = series.iter().map(|(rates, _)| rates.len()).max().unwrap_or(1) as f64;
    let (first, bottom) = (top + 22.0, top + 22.0 + DEPTH);
    let height = |rate: f64| bottom - DEPTH * rate / axis.last().unwrap_or(&1.0);
    let across = |second: f64| LEFT + (RIGHT - LEFT) * second / length;
    for mark in &axis {
        picture.line("grid", (LEFT, height(*mark)), (RIGHT, height(*mark)));
        picture.text("faint", Hold::End, (LEFT - 10.0, height(*mark) + 5.0), &grouped(*mark));
    }
    for second in marks(length).into_iter().filter(|second| *second <= length) {
        picture.line("axis", (across(second), bottom), (across(second), bottom + 5.0));
        picture.text("faint", Hold::Middle, (across(second), bottom + 22.0), &format!("{second:.0}"));
    }
    picture.line("axis", (LEFT, bottom), (RIGHT, bottom));
    picture.line("axis", (LEFT, first), (LEFT, bottom));
    for (rates, class) in series {
        let points =
            rates.iter().enumerate().map(|(second, rate)| (across(second as f64 + 0.5), height(*rate)));
        picture.curve(class, points);
    }
    picture.text("faint", Hold::Start, (24.0, first + DEPTH / 2.0), "contacts/s");
    picture.text("faint", Hold::Middle, ((LEFT + RIGHT) / 2.0, bottom + 44.0), "seconds");
    bottom + 44.0
}
