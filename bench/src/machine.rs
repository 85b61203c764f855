//! What the figures were measured on.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often a page is written and synced to learn what a sync costs.
const SYNCS: usize = 200;

/// Ticks in which the kernel counts processor time; the same on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processor time that programs other than this one and its children use.
pub struct Others {
    start: Instant,
    used: f64,
}

impl Others {
    /// Starts to watch.
    pub fn watch() -> Result<Others> {
        Ok(Others { start: Instant::now(), used: Others::used()? })
    }

    /// How many cores they kept busy since.
    pub fn cores(&self) -> Result<f64> {
        Ok((Others::used()? - self.used).max(0.0) / self.start.elapsed().as_secs_f64())
    }

    /// All but idle time and waiting for disks, without our own time and that of children that ended.
    fn used() -> Result<f64> {
        let all = fs::read_to_string("/proc/stat")?;
        let all = all.lines().next().unwrap_or_default().split_whitespace().skip(1).take(8);
        let all: Vec<f64> = all.map(str::parse).collect::<Result<_, _>>()?;
        let busy =
            all.iter().enumerate().filter(|(index, _)| !matches!(index, 3 | 4)).map(|(_, ticks)| ticks);
        let own = fs::read_to_string("/proc/self/stat")?;
        let own = own.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(4);
        let own: f64 = own.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
        Ok((busy.sum::<f64>() - own) / TICKS_PER_SECOND)
    }
}

/// The processor time that this process has used so far, in seconds; that of children is not in it.
pub fn own_time() -> Result<f64> {
    processor_time("/proc/self/stat")
}

/// The processor time of a process whose state is in that file, in seconds.
pub fn processor_time(stat: &str) -> Result<f64> {
    let stat = fs::read_to_string(stat)?;
    let (_, rest) = stat.rsplit_once(')').context("no process state")?;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_SECOND)
}

/// Lines of a Markdown list that describe this machine and the file system that `folder` is on.
pub fn describe(folder: &Path) -> Result<String> {
    let memory = read("/proc/meminfo");
    let memory = memory.lines().next().unwrap_or_default().split_whitespace().nth(1).unwrap_or("0");
    let gib = memory.parse::<f64>().unwrap_or_default() / f64::from(1 << 20);
    let kernel = read("/proc/sys/kernel/osrelease");
    let (typical, slow) = sync_times(folder)?;
    Ok(format!(
        "- Machine: {}, {gib:.1} GiB, Linux {}\n\
         - File system: {}; a 4 KiB write with fdatasync takes {:.2} ms (p50), {:.2} ms (p99)\n\
         - Program: commit {}\n",
        processors()?,
        kernel.trim(),
        file_system(folder),
        typical.as_secs_f64() * 1e3,
        slow.as_secs_f64() * 1e3,
        commit(),
    ))
}

/// This machine and the file system of the folder in a few words.
pub fn summary(folder: &Path) -> Result<String> {
    Ok(format!("{}, {}, commit {}", processors()?, file_system(folder), commit()))
}

fn processors() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor");
    Ok(format!("{cores} cores of {model}"))
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn sync_times(folder: &Path) -> Result<(Duration, Duration)> {
    let path = folder.join("sync");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok((times[SYNCS / 2], times[SYNCS * 99 / 100]))
}

/// The type of the file system whose mount point is the longest that the folder is under.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mount = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let found = mount.filter(|(point, _)| folder.starts_with(point)).max_by_key(|(point, _)| point.len());
    match found {
        Some((_, kind @ ("tmpfs" | "ramfs"))) => format!("{kind} (**in memory: syncs cost nothing here**)"),
        Some((_, kind)) => kind.to_owned(),
        None => "unknown".to_owned(),
    }
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "--", ".."]).is_some_and(|changes| !changes.is_empty());
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    if changed { commit + " with changes that are not committed" } else { commit }
}
