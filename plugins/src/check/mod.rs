//! The conformance and regression report of a plug-in: many small checks, each in workers of its own.

mod audio;
mod basics;
pub mod message;
mod outcome;
mod parameters;
mod probe;
mod random;
mod repetition;
mod state;
mod subject;

pub use outcome::{CheckReport, CheckResult, Outcome};
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
    /// Checks without which this one shows nothing.
    needs: &'static [&'static str],
    run: fn(&Subject) -> Finding,
}

macro_rules! checks {
    ($($name:literal $level:literal $about:literal $needs:expr => $run:path;)*) => {
        &[$(Check { name: $name, level: $level, about: $about, needs: $needs, run: $run }),*]
    };
}

/// All checks, in the order in which they are done.
pub const CHECKS: &[Check] = checks! {
    "opens" 1 "loads, and becomes ready to process" &[] => basics::opens;
    "describes-itself" 1 "says the same in two processes, with ranges that hold"
        &["opens"] => basics::describes_itself;
    "processes" 1 "processes noise and notes at 44.1, 48 and 96 kHz" &["opens"] => basics::processes;
    "finite-output" 1 "gives numbers alone" &["processes"] => audio::finite_output;
    "ends" 1 "is destroyed without harm" &["processes"] => probe::end;
    "repeats" 2 "gives the same in two fresh processes" &["finite-output"] => repetition::repeats;
    "repeats-beside-another" 2 "gives the same as a second instance in one process"
        &["repeats"] => repetition::repeats_beside_another;
    "block-size" 2 "gives the same for blocks of 64, 333 and 512 frames"
        &["repeats"] => repetition::block_size;
    "offline-equals-realtime" 2 "gives the same offline and in real time"
        &["repeats"] => repetition::offline_equals_realtime;
    "state-saves" 3 "saves its state" &["processes"] => state::saves;
    "state-round-trip" 3 "has the same parameters after its state is restored" &["state-saves"]
        => state::round_trip;
    "state-sound" 3 "gives the same in two processes that restore one state"
        &["state-round-trip", "repeats"] => state::sound;
    "state-garbage" 3 "survives states that are none of its own" &["state-round-trip"] => state::garbage;
    "parameter-ends" 3 "survives the ends of every parameter's range"
        &["finite-output"] => parameters::ends;
    "automation-edges" 3 "takes parameters at the first and the last frame of a block"
        &["finite-output"] => parameters::automation_edges;
    "text" 3 "reads the text of a value as it writes it" &["opens"] => probe::text;
    "latency" 4 "is as late as it says" &["repeats"] => audio::latency;
    "silence" 4 "makes no sound out of silence" &["repeats"] => audio::silence;
    "tail" 4 "sounds no longer than it says" &["repeats"] => audio::tail;
    "recovers-from-nan" 4 "gives numbers again after it was given none"
        &["finite-output"] => audio::recovers_from_nan;
    "bypass" 4 "passes its input on when its own bypass is on" &["repeats"] => audio::bypass;
    "bus-arrangements" 4 "processes with all the buses that it may have, and without side chains"
        &["finite-output"] => probe::arrangements;
    "re-activation" 4 "sounds as a fresh one once it is activated again"
        &["repeats-beside-another"] => probe::activation;
    "thread-rules" 4 "calls its host from the threads that its format allows"
        &["processes"] => probe::threads;
    "leaks" 5 "leaves nothing behind of 100 instances" &["ends"] => probe::leaks;
    "parameter-fuzz" 5 "survives random parameters" &["parameter-ends"] => parameters::fuzz;
    "time-per-block" 5 "how long a block of 512 frames takes" &["processes"] => audio::time_per_block;
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
            results.iter().any(|result| result.name == name && result.verdict == Outcome::Passed)
        };
        let start = Instant::now();
        let lacking = check.needs.iter().find(|needed| !passed(needed));
        let finding = match lacking {
            Some(needed) if only.is_none() => Finding::skipped(format!("'{needed}' did not pass")),
            _ => (check.run)(subject),
        };
        let result = CheckResult::new(check, finding, start.elapsed());
        tell(&result);
        results.push(result);
    }
    CheckReport { id: subject.id().to_owned(), seed: subject.seed(), results }
}
