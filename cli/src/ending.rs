//! How a command that rendered ends: what it took, what is warned of, and what it says.

use std::time::Instant;

use serde::Serialize;
use wavemill_render::cpu_seconds;

use crate::failure::Failure;
use crate::output;

/// Measures what a command takes.
pub struct Clock {
    wall: Instant,
    cpu: f64,
}

impl Clock {
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu_seconds() }
    }

    /// Seconds since the start.
    pub fn wall_seconds(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// Processor seconds since the start, all threads together.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds() - self.cpu
    }
}

/// Whom a command tells.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Nobody.
    pub quiet: bool,
    /// A program: the report is one JSON object.
    pub json: bool,
    /// On one line.
    pub on_one_line: bool,
}

impl Ending {
    /// Tells `warnings`, and the report: `describe` says it to people.
    pub fn tell(
        self,
        report: &impl Serialize,
        warnings: &[String],
        describe: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if !self.quiet {
            output::warnings(warnings);
        }
        match self {
            Self { json: true, on_one_line: true, .. } => output::json_line(report),
            Self { json: true, .. } => output::json(report),
            Self { quiet: true, .. } => Ok(()),
            _ => output::text(&describe()),
        }
    }
}
