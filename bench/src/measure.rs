//! How a measurement is taken: the same call again and again within a window of time.

use anyhow::Result;
use std::time::{Duration, Instant};

/// How long to measure, and how long to run before that.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Timing {
    /// Seconds to measure each combination for.
    #[arg(long, default_value = "10")]
    pub seconds: u64,
    /// Seconds to run before measuring.
    #[arg(long, default_value = "2")]
    pub warm_up: u64,
}

impl Timing {
    /// The window to measure in, for what starts now.
    fn window(self) -> Window {
        let from = Instant::now() + Duration::from_secs(self.warm_up);
        Window { from, to: from + Duration::from_secs(self.seconds) }
    }
}

/// The time within which calls have to end to be counted.
#[derive(Clone, Copy)]
struct Window {
    from: Instant,
    to: Instant,
}

/// What was measured.
#[derive(Default)]
pub struct Measured {
    /// Contacts in a call.
    pub size: usize,
    /// How many connections, or threads, worked at once.
    pub connections: usize,
    /// Seconds of the measurement.
    pub seconds: f64,
    /// How long each good call took, shortest first.
    pub times: Vec<Duration>,
    /// How many good calls ended in each second.
    pub series: Vec<usize>,
    /// Calls that failed or were answered wrongly.
    pub errors: usize,
    /// What was wrong with the first of those.
    pub first_error: Option<String>,
}

impl Measured {
    fn over(timing: Timing) -> Measured {
        let series = vec![0; timing.seconds as usize];
        Measured { seconds: timing.seconds as f64, series, ..Measured::default() }
    }

    /// Calls a second.
    pub fn calls(&self) -> f64 {
        self.times.len() as f64 / self.seconds
    }

    /// Contacts a second.
    pub fn contacts(&self) -> f64 {
        self.calls() * self.size as f64
    }

    /// Contacts in each second.
    pub fn contacts_each_second(&self) -> Vec<f64> {
        self.series.iter().map(|calls| (calls * self.size) as f64).collect()
    }

    /// The time within which that share of the calls was answered, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let index = (self.times.len() as f64 * share).ceil() as usize;
        self.times.get(index.saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }

    /// The time within which 99 of 100 calls were answered, over that of half of them.
    pub fn spread(&self) -> f64 {
        self.percentile(0.99) / self.percentile(0.5)
    }

    fn add(&mut self, other: Measured) {
        self.times.extend(other.times);
        for (sum, calls) in self.series.iter_mut().zip(other.series) {
            *sum += calls;
        }
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

/// Repeats a call of `size` contacts for the time and notes those that end within it.
pub fn repeat(size: usize, timing: Timing, call: impl FnMut() -> Result<()>) -> Measured {
    let mut out = within(timing, timing.window(), call);
    (out.size, out.connections) = (size, 1);
    out.times.sort_unstable();
    out
}

/// Repeats calls of `size` contacts on several threads, each its own, made there from the thread's number.
///
/// # Errors
/// Why a thread could not be given its call.
pub fn at_once<C: FnMut() -> Result<()>>(
    size: usize,
    connections: usize,
    timing: Timing,
    caller: impl Fn(usize) -> Result<C> + Sync,
) -> Result<Measured> {
    let window = timing.window();
    let mut all = Measured { size, connections, ..Measured::over(timing) };
    let caller = &caller;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|index| scope.spawn(move || Ok::<_, anyhow::Error>(within(timing, window, caller(index)?))))
            .collect();
        for thread in threads {
            match thread.join() {
                Ok(measured) => all.add(measured?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok::<_, anyhow::Error>(())
    })?;
    all.times.sort_unstable();
    Ok(all)
}

fn within(timing: Timing, window: Window, mut call: impl FnMut() -> Result<()>) -> Measured {
    let mut out = Measured::over(timing);
    loop {
        let start = Instant::now();
        let outcome = call();
        let end = Instant::now();
        if end >= window.to {
            return out;
        }
        match outcome {
            Ok(()) if end >= window.from => {
                out.times.push(end - start);
                if let Some(calls) = out.series.get_mut((end - window.from).as_secs() as usize) {
                    *calls += 1;
                }
            }
            Ok(()) => {}
            Err(error) => {
                out.errors += 1;
                out.first_error.get_or_insert_with(|| format!("{error:#}"));
                // A server that is gone refuses a million connections a second.
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}
