//! How far an import or an export has come, for whoever watches: a bar where standard error is a
//! terminal, else a line now and then.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// How long nothing is told where there is no terminal.
const QUIET: Duration = Duration::from_secs(10);

/// Tells how far it is.
pub struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    /// What is done when all is done; none if nobody knows.
    total: Option<u64>,
    /// What was done before it began.
    start: u64,
    rows: u64,
    since: Instant,
    told: Instant,
}

impl Progress {
    /// Begins at `start` of `total`, in whatever unit the work is measured.
    pub fn new(total: Option<u64>, start: u64) -> Progress {
        let is_terminal = stderr().is_terminal();
        let (bar, style) = match total {
            Some(total) => (ProgressBar::new(total), "{wide_bar} {percent:>3} %  {msg}"),
            None => (ProgressBar::no_length(), "{spinner}  {msg}"),
        };
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = bar.with_style(style).with_position(start);
        let now = Instant::now();
        Progress { bar, is_terminal, total, start, rows: 0, since: now, told: now }
    }

    /// Tells that so much is done, with so many rows more.
    pub fn advance(&mut self, done: u64, rows: u64) {
        self.rows += rows;
        self.bar.set_position(done);
        if self.is_terminal {
            self.bar.set_message(self.message(done));
        } else if self.told.elapsed() >= QUIET {
            self.told = Instant::now();
            crate::log::tell(format_args!("{}", self.message(done)));
        }
    }

    /// Does what may print lines, with the bar out of the way.
    pub fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self, done: u64) -> String {
        message(
            self.rows,
            self.since.elapsed(),
            done - self.start.min(done),
            self.total.map(|total| total - done.min(total)),
        )
    }
}

/// `1200000 rows, 25000 a second, about 1 min 5 s left`
fn message(rows: u64, elapsed: Duration, done: u64, left: Option<u64>) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let mut text = format!("{rows} rows, {:.0} a second", rows as f64 / seconds);
    if let Some(left) = left.filter(|_| done > 0) {
        let left = (seconds * left as f64 / done as f64).ceil() as u64;
        let time = match (left / 3600, left / 60 % 60, left % 60) {
            (0, 0, seconds) => format!("{seconds} s"),
            (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
            (hours, minutes, _) => format!("{hours} h {minutes} min"),
        };
        text.push_str(&format!(", about {time} left"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_is_done() {
        let text = |done, left| message(5000, Duration::from_secs(10), done, left);
        assert_eq!(text(0, Some(100)), "5000 rows, 500 a second");
        assert_eq!(text(100, None), "5000 rows, 500 a second");
        assert_eq!(text(100, Some(95)), "5000 rows, 500 a second, about 10 s left");
        assert_eq!(text(100, Some(650)), "5000 rows, 500 a second, about 1 min 5 s left");
        assert_eq!(text(100, Some(40_000)), "5000 rows, 500 a second, about 1 h 6 min left");
    }
}
