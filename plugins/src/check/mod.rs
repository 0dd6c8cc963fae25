//! The conformance and regression report of a plug-in: many small checks, each in workers of its own.

mod audio;
mod basics;
mod outcome;
mod parameters;
mod random;
mod repetition;
mod state;
mod subject;

pub use outcome::{CheckReport, CheckResult, Verdict};
pub use subject::Subject;

use std::time::Instant;

use outcome::Finding;

/// A check.
pub struct Check {
    /// Its name in a command line.
    pub name: &'static str,
    /// From which level on it is done, 1 to 5.
    pub level: u8,
    /// What it shows, in a few words.
    pub about: &'static str,
    /// A check without which this one shows nothing.
    needs: Option<&'static str>,
    run: fn(&Subject) -> Finding,
}

/// Least and greatest level.
pub const LEVELS: std::ops::RangeInclusive<u8> = 1..=5;

macro_rules! checks {
    ($($name:literal $level:literal $about:literal $needs:expr => $run:path;)*) => {
        &[$(Check { name: $name, level: $level, about: $about, needs: $needs, run: $run }),*]
    };
}

/// All checks, in the order in which they are done.
pub const CHECKS: &[Check] = checks! {
    "opens" 1 "loads, and becomes ready to process" None => basics::opens;
    "describes-itself" 1 "says the same in two processes, with ranges that hold"
        Some("opens") => basics::describes_itself;
    "processes" 1 "processes noise and notes at 44.1, 48 and 96 kHz" Some("opens") => basics::processes;
    "finite-output" 1 "gives numbers alone" Some("processes") => audio::finite_output;
    "repeats" 2 "gives the same in two fresh processes" Some("finite-output") => repetition::repeats;
    "repeats-beside-another" 2 "gives the same as a second instance in one process"
        Some("repeats") => repetition::repeats_beside_another;
    "block-size" 2 "gives the same for blocks of 64, 333 and 512 frames"
        Some("repeats") => repetition::block_size;
    "offline-equals-realtime" 2 "gives the same offline and in real time"
        Some("repeats") => repetition::offline_equals_realtime;
    "state-saves" 3 "saves its state" Some("processes") => state::saves;
    "state-round-trip" 3 "has the same parameters and sound after its state is restored"
        Some("state-saves") => state::round_trip;
    "state-garbage" 3 "survives states that are none of its own" Some("state-round-trip") => state::garbage;
    "parameter-ends" 3 "survives the ends of every parameter's range"
        Some("finite-output") => parameters::ends;
    "automation-edges" 3 "takes parameters at the first and the last frame of a block"
        Some("finite-output") => parameters::automation_edges;
    "latency" 4 "is as late as it says" Some("repeats") => audio::latency;
    "silence" 4 "makes no sound out of silence" Some("repeats") => audio::silence;
    "tail" 4 "sounds no longer than it says" Some("repeats") => audio::tail;
    "recovers-from-nan" 4 "gives numbers again after it was given none"
        Some("finite-output") => audio::recovers_from_nan;
    "bypass" 4 "passes its input on when its own bypass is on" Some("repeats") => audio::bypass;
    "parameter-fuzz" 5 "survives random parameters" Some("parameter-ends") => parameters::fuzz;
    "time-per-block" 5 "how long a block of 512 frames takes" Some("processes") => audio::time_per_block;
};

/// Does the checks up to `level`, or the one called `only`; `tell` hears of each.
pub fn check(
    subject: &Subject,
    level: u8,
    only: Option<&str>,
    tell: &mut dyn FnMut(&CheckResult),
) -> CheckReport {
    let mut results: Vec<CheckResult> = Vec::new();
    for check in CHECKS {
        let is_wanted = match only {
            Some(only) => check.name == only,
            None => check.level <= level,
        };
        if !is_wanted {
            continue;
        }
        let passed = |name: &str| {
            results.iter().any(|result| result.name == name && result.verdict == Verdict::Passed)
        };
        let start = Instant::now();
        let finding = match check.needs {
            Some(needed) if only.is_none() && !passed(needed) => {
                Finding::skipped(format!("'{needed}' did not pass"))
            }
            _ => (check.run)(subject),
        };
        let result = CheckResult::new(check, finding, start.elapsed());
        tell(&result);
        results.push(result);
    }
    CheckReport { id: subject.id().to_owned(), seed: subject.seed(), results }
}
