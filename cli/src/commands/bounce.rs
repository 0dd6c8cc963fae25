//! `wavemill bounce`: a session becomes a finished file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use wavemill_core::job::CancelToken;
use wavemill_core::session::{ClipContent, NamedPositionError, RangeEdge};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::{SampleRate, Samples};
use wavemill_media::audio::WriteError;
use wavemill_render::store::Store;
use wavemill_render::{
    BounceError, BounceReport, BounceRequest, Bounced, FileReport, RenderConfig, Tail, bounce,
};

use crate::cpu_time::cpu_seconds;
use crate::export_arguments::{ExportArguments, describe_level, export_warnings};
use crate::failure::Failure;
use crate::sessions::Opened;
use crate::store_arguments::StoreArguments;
use crate::{interrupt, output, progress};

const EXAMPLES: &str = "\
Examples:
  wavemill bounce song -o song.wav
  wavemill bounce song -o chorus.wav --from chorus --to chorus --tail none
  wavemill bounce song -o cd.wav --rate 44100 --bit-depth 16 --dither shaped
  wavemill bounce song -o song.flac --normalise loudness:-14 --fade-out 3
  wavemill bounce song -o song.wav --force --json

POS is bars|beats|ticks (5|1|0), seconds (12.5s, 1:02.5), samples (48000smp), or the id or name
of a marker or section: --from means a section's start, --to its end.

The same session gives the same samples for any --jobs, --block and --simd.";

/// Arguments of `bounce`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Bounce {
    /// The session.
    session: PathBuf,
    /// The file to write: WAV, or FLAC where its name ends in .flac.
    #[arg(long, short, value_name = "OUT.wav|OUT.flac")]
    output: PathBuf,
    /// Where to start; the session's start where left out.
    #[arg(long, value_name = "POS")]
    from: Option<String>,
    /// Where to end; the end of the last clip and the tail where left out.
    #[arg(long, value_name = "POS")]
    to: Option<String>,
    /// How long to go on after the end of the last clip: auto (until it has rung out, 60 s at
    /// most), none, or seconds.
    #[arg(long, value_name = "auto|none|SECONDS", default_value = "auto", conflicts_with = "to")]
    tail: String,
    #[command(flatten)]
    export: ExportArguments,
    /// Largest block a processor sees, 1 to 65536 frames.
    #[arg(long, value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    block: u32,
    /// Threads; as many as the machine has cores where left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    jobs: Option<u16>,
    /// SIMD level, one of those that 'wavemill doctor' lists; the widest where left out.
    #[arg(long, value_name = "LEVEL")]
    simd: Option<SimdLevel>,
    #[command(flatten)]
    store: StoreArguments,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Bounce {
    /// Renders.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let start = (Instant::now(), cpu_seconds());
        interrupt::ends(self.json);
        let opened = Opened::open(&self.session)?;
        let request = self.request(&opened)?;
        for output in request.export.paths() {
            refuse_inputs(&opened, &output)?;
        }
        let plan = Arc::new(opened.compile()?);
        let cancel = CancelToken::default();
        interrupt::cancels(&cancel);
        opened.keep_identities();
        let store = self.store.open(quiet)?;
        let bar = progress::Bar::new("bouncing", quiet || self.json);
        let bounced = bounce(&plan, &request, store.as_ref(), &bar, &cancel);
        bar.finish();
        let bounced = bounced.map_err(|error| match error {
            BounceError::Write(WriteError::Exists { path }) => Failure::file_system(format!(
                "'{}' exists already: choose another name, or replace it with --force",
                path.display()
            )),
            other => other.into(),
        })?;
        let mut report = report(self, &opened, bounced);
        report.warnings.extend(store.iter().flat_map(Store::take_complaints));
        report.wall_seconds = start.0.elapsed().as_secs_f64();
        report.cpu_seconds = cpu_seconds() - start.1;
        report.times_realtime =
            report.frames as f64 / f64::from(report.sample_rate) / report.wall_seconds.max(1e-9);
        if !quiet {
            output::warnings(&report.warnings);
        }
        if self.json {
            output::json(&report)
        } else if quiet {
            Ok(())
        } else {
            output::text(&describe(&report))
        }
    }

    fn request(&self, opened: &Opened) -> Result<BounceRequest, Failure> {
        let position = |option: &str, text: &Option<String>, edge| match text {
            None => Ok(None),
            Some(text) => match opened.session.position(text, edge) {
                Ok(samples) => Ok(Some(samples)),
                Err(error @ (NamedPositionError::Tempo(_) | NamedPositionError::Signatures(_))) => {
                    Err(Failure::invalid(error))
                }
                Err(error) => Err(Failure::usage(format!("{option}: {error}"))),
            },
        };
        let from = position("--from", &self.from, RangeEdge::Start)?.unwrap_or(Samples::ZERO);
        let to = position("--to", &self.to, RangeEdge::End)?;
        if let Some(to) = to.filter(|to| *to <= from) {
            return Err(Failure::usage(format!(
                "--to (sample {}) is not after --from (sample {}): choose a later end",
                to.0, from.0
            )));
        }
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(BounceRequest {
            export: self.export.spec(&self.output, opened.session.sample_rate)?,
            from,
            to,
            tail: tail(&self.tail, opened.session.sample_rate)?,
            render: RenderConfig {
                jobs: self.jobs.map_or_else(cores, usize::from),
                block: usize::try_from(self.block).unwrap_or(usize::MAX),
                level: self.simd.unwrap_or_else(SimdLevel::detect),
            },
        })
    }
}

fn tail(text: &str, rate: SampleRate) -> Result<Tail, Failure> {
    // A day is far beyond any tail and far below any overflow.
    const MAX_SECONDS: f64 = 86_400.0;
    match text {
        "auto" => Ok(Tail::Auto),
        "none" => Ok(Tail::None),
        _ => match text.parse::<f64>() {
            Ok(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => {
                #[allow(clippy::cast_possible_truncation)] // At most a day of samples.
                let samples = (seconds * rate.hz_f64()).round() as i64;
                Ok(Tail::Samples(Samples(samples)))
            }
            _ => Err(Failure::usage(format!(
                "--tail '{text}' is neither auto, none nor seconds from 0 to 86400"
            ))),
        },
    }
}

/// Refuses to replace what the session itself is made of, even where replacing was asked for.
fn refuse_inputs(opened: &Opened, output: &Path) -> Result<(), Failure> {
    let Ok(target) = output.canonicalize() else { return Ok(()) };
    let is_target = |path: &Path| path.canonicalize().is_ok_and(|path| path == target);
    let clips = opened
        .session
        .tracks
        .iter()
        .flat_map(|track| track.clips.iter().map(move |clip| (&track.id, clip)));
    let refuse = |what: String| {
        Err(Failure::file_system(format!(
            "'{}' is {what}: choose another output",
            output.display()
        )))
    };
    if is_target(&opened.folder.document_path()) {
        return refuse("the session's own document".to_owned());
    }
    for (track, clip) in clips {
        if let ClipContent::Audio(audio) = &clip.content
            && opened.audio.path_of(&audio.file).is_ok_and(|path| is_target(&path))
        {
            return refuse(format!("an input of the session (tracks/{track}/clips/{})", clip.id));
        }
    }
    Ok(())
}

fn report(arguments: &Bounce, opened: &Opened, bounced: Bounced) -> BounceReport {
    let mut warnings: Vec<String> = bounced
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.path, warning.what))
        .collect();
    warnings.extend(opened.audio.warnings());
    let facts = bounced.exported.facts;
    warnings.extend(export_warnings(&facts));
    let hex = |digest: [u8; 32]| digest.map(|byte| format!("{byte:02x}")).concat();
    let files: Vec<_> = bounced
        .exported
        .files
        .iter()
        .map(|file| FileReport {
            output: file.path.display().to_string(),
            pcm_sha256: hex(file.pcm_sha256),
        })
        .collect();
    BounceReport {
        output: arguments.output.display().to_string(),
        frames: facts.frames,
        channels: facts.channels,
        sample_rate: facts.sample_rate_hz,
        pcm_sha256: files.first().map_or_else(String::new, |file| file.pcm_sha256.clone()),
        files: if files.len() > 1 { files } else { Vec::new() },
        mix_sha256: hex(bounced.mix_sha256),
        wall_seconds: 0.0,
        cpu_seconds: 0.0,
        times_realtime: 0.0,
        loudness: facts.loudness,
        normalised: facts.normalised,
        served: bounced.served,
        warnings,
    }
}

fn describe(report: &BounceReport) -> String {
    let seconds = report.frames as f64 / f64::from(report.sample_rate);
    let mut text = format!(
        "{}: {seconds:.2} s at {} Hz in {:.2} s ({:.0} times real time)\n",
        report.output, report.sample_rate, report.wall_seconds, report.times_realtime
    );
    if let Some(loudness) = &report.loudness {
        let figure = |value: Option<f64>, unit: &str| {
            value.map_or("silent".to_owned(), |value| format!("{value:.1} {unit}"))
        };
        text.push_str(&format!(
            "  loudness {}, true peak {}\n",
            figure(loudness.integrated_lufs, "LUFS"),
            figure(loudness.true_peak_dbtp, "dBTP")
        ));
    }
    for file in &report.files {
        text.push_str(&format!("  file {}\n", file.output));
    }
    if let Some(normalised) = &report.normalised {
        text.push_str(&describe_level(normalised));
    }
    text.push_str(&format!("  mix {}\n", report.mix_sha256));
    text
}
