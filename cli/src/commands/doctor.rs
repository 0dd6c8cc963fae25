//! `wavemill doctor`: what works on this machine, what is missing and how to get it.

use clap::Args;
use serde::Serialize;
use wavemill_core::dsp::built_in_names;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;
use wavemill_plugins::WorkerProgram;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill doctor\n  wavemill doctor --json\n\n\
                        The exit code is 1 where something required is missing, else 0.")]
pub struct Doctor {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Serialize)]
struct Report {
    version: &'static str,
    architecture: &'static str,
    system: &'static str,
    cores: usize,
    simd_levels: Vec<&'static str>,
    simd_level_used: &'static str,
    lowest_rate_hz: u32,
    highest_rate_hz: u32,
    processors: Vec<&'static str>,
    reads: Vec<&'static str>,
    writes: Vec<&'static str>,
    temporary_folder: String,
    missing: Vec<Missing>,
}

/// Something that does not work, and what to do.
#[derive(Serialize)]
struct Missing {
    what: String,
    fix: String,
    /// Without it something fails; without what is not required, renders are only slower.
    required: bool,
}

impl Doctor {
    /// Looks.
    pub fn run(&self) -> Result<ExitStatus, Failure> {
        let report = Report::new();
        if self.json { output::json(&report) } else { output::text(&report.text()) }?;
        let lacking = report.missing.iter().any(|missing| missing.required);
        Ok(if lacking { ExitStatus::Lacking } else { ExitStatus::Done })
    }
}

impl Report {
    fn new() -> Self {
        let temporary = std::env::temp_dir();
        let levels = SimdLevel::available();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            architecture: std::env::consts::ARCH,
            system: std::env::consts::OS,
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            simd_level_used: SimdLevel::detect().name(),
            lowest_rate_hz: SampleRate::MIN_HZ,
            highest_rate_hz: SampleRate::MAX_HZ,
            processors: built_in_names(),
            reads: vec!["WAV, RF64 and BW64 (8 to 32-bit integer, 32 and 64-bit float)", "FLAC"],
            writes: vec!["WAV and RF64 (16 and 24-bit integer, 32-bit float)"],
            missing: missing(&temporary, &levels),
            temporary_folder: temporary.display().to_string(),
            simd_levels: levels.into_iter().map(SimdLevel::name).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!(
            "wavemill {} on {} {}\n\
             cores       {}\n\
             SIMD        {} (used: {}); the samples are the same on all of them\n\
             rates       {} to {} Hz\n\
             processors  {}\n\
             reads       {}\n\
             writes      {}\n\
             temporary   {}\n",
            self.version,
            self.system,
            self.architecture,
            self.cores,
            self.simd_levels.join(", "),
            self.simd_level_used,
            self.lowest_rate_hz,
            self.highest_rate_hz,
            self.processors.join(", "),
            self.reads.join("; "),
            self.writes.join("; "),
            self.temporary_folder,
        );
        if self.missing.is_empty() {
            text.push_str("nothing is missing\n");
        }
        for Missing { what, fix, required } in &self.missing {
            let kind = if *required { "required" } else { "optional" };
            text.push_str(&format!("missing     {what}: {fix} ({kind})\n"));
        }
        text
    }
}

fn missing(temporary: &std::path::Path, levels: &[SimdLevel]) -> Vec<Missing> {
    let mut missing = Vec::new();
    let probe = temporary.join(format!(".wavemill-doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    if let Err(error) = written {
        missing.push(Missing {
            what: format!(
                "the temporary folder '{}' cannot be written ({error})",
                temporary.display()
            ),
            fix: "make room in it, or set TMPDIR to another folder".to_owned(),
            required: true,
        });
    }
    if levels.len() == 2 && cfg!(target_arch = "x86_64") {
        missing.push(Missing {
            what: "AVX2: this CPU, or the virtual machine around it, does not offer it".to_owned(),
            fix: "renders are slower and the same; a virtual machine may need its host's CPU model"
                .to_owned(),
            required: false,
        });
    }
    if let Err(error) = WorkerProgram::find() {
        let (what, fix) =
            (error.to_string(), "without it 'wavemill plugins' cannot scan".to_owned());
        missing.push(Missing { what, fix, required: false });
    }
    missing
}
