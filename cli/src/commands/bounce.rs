//! `wavemill bounce`: a session becomes a finished file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use wavemill_core::graph::{Plan, PlanOutputs};
use wavemill_core::job::CancelToken;
use wavemill_plugins::run::UsedPlugin;
use wavemill_render::record::{Ingredients, PluginRecord, signals_to_digest};
use wavemill_render::store::Store;
use wavemill_render::{
    BounceReport, BounceRequest, Bounced, FileReport, Origin, bounce, hex, refuse_inputs, same_file,
};

use crate::ending::{Clock, Ending};
use crate::export_arguments::{ExportArguments, describe_level};
use crate::failure::Failure;
use crate::plugin_arguments::trying;
use crate::render_arguments::RenderArguments;
use crate::sessions::Opened;
use crate::store_arguments::StoreArguments;
use crate::{interrupt, progress};

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

/// What to do where a file is there already.
const INSTEAD: &str = "choose another name, or replace it with --force";

/// Arguments of `bounce`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Bounce {
    /// The session.
    session: PathBuf,
    /// The file to write: WAV, or FLAC where its name ends in .flac.
    #[arg(long, short, value_name = "OUT.wav|OUT.flac")]
    output: PathBuf,
    #[command(flatten)]
    render: RenderArguments,
    #[command(flatten)]
    export: ExportArguments,
    #[command(flatten)]
    store: StoreArguments,
    /// Write all that went into the bits to a JSON file: versions, inputs by content, settings, the
    /// key of every signal; and what came out: the digest of every track, group, return and the
    /// master, chunk by chunk. Nothing is taken from the store then.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// With --manifest, digest what enters every chain and what each insert puts out, too.
    #[arg(long, requires = "manifest")]
    trace: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Bounce {
    /// Renders.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let clock = Clock::start();
        interrupt::ends(self.json);
        self.export.check(&self.output)?;
        let cancel = CancelToken::default();
        let hosting = self.render.plugins().options(self.store.keeps(), &cancel);
        let opened = Opened::open(&self.session, hosting)?;
        let export = self.export.spec(&self.output, opened.session.sample_rate)?;
        let mut request = self.render.request(&opened.session, export)?;
        request.digest_chunks = self.manifest.is_some();
        for output in request.export.paths() {
            refuse_inputs(&opened.folder, &opened.session, &opened.audio, &output)?;
        }
        self.check_manifest(&opened, &request)?;
        interrupt::cancels(&cancel);
        let store = self.store.open(quiet)?;
        let mut attempt = || self.attempt(&opened, &request, store.as_ref(), &cancel, quiet);
        let ((bounced, audio_warnings), told) =
            trying(&opened.processors, quiet || self.json, &mut attempt)?;
        let mut report = report(&self.output, audio_warnings, bounced);
        report.warnings.extend(told);
        report.warnings.extend(store.iter().flat_map(Store::take_complaints));
        report.wall_seconds = clock.wall_seconds();
        report.cpu_seconds = clock.cpu_seconds();
        report.times_realtime = times_realtime(&report);
        let ending = Ending { quiet, json: self.json, on_one_line: false };
        ending.tell(&report, &report.warnings, || describe(&report))
    }

    /// Renders once; also what is not right with the audio files.
    fn attempt(
        &self,
        opened: &Opened,
        request: &BounceRequest,
        store: Option<&Store>,
        cancel: &CancelToken,
        quiet: bool,
    ) -> Result<(Bounced, Vec<String>), Failure> {
        let plan = Arc::new(self.compile(opened)?);
        opened.keep_identities();
        // Now: to remix, an older version of the session is opened, too.
        let audio_warnings = opened.audio.warnings();
        let ingredients = self.manifest.as_ref().map(|_| {
            let session = (&opened.session, &opened.audio);
            Ingredients::new(session, &plan, request, self.trace, cancel)
        });
        let ingredients = ingredients.transpose()?;
        let bar = progress::Bar::new("bouncing", quiet || self.json, Some(plan.rate));
        let compile_other = |session: &_| opened.compile_other(session);
        let origin =
            Origin { session: &opened.session, compile: &compile_other, budget_bytes: None };
        let bounced = bounce(&plan, request, Some(&origin), store, &bar, cancel);
        bar.finish();
        let bounced = bounced.map_err(|error| Failure::of_bounce(error, INSTEAD))?;
        if let (Some(path), Some(ingredients)) = (&self.manifest, ingredients) {
            let plugins = opened.processors.used().into_iter().map(plugin_record).collect();
            let record = ingredients.with_outcome(&bounced, plugins);
            record.write(path, request.export.overwrite)?;
        }
        Ok((bounced, audio_warnings))
    }
}

impl Bounce {
    /// The plan of the mix, which hands out what the manifest digests.
    fn compile(&self, opened: &Opened) -> Result<Plan, Failure> {
        let plan = opened.compile()?;
        if self.manifest.is_none() {
            return Ok(plan);
        }
        let taps = signals_to_digest(&opened.session, &plan, self.trace);
        Ok(opened.compile_outputs(&PlanOutputs { mix: true, taps })?)
    }

    /// Refuses a manifest that could not be written after the bounce, or would replace something
    /// of it.
    fn check_manifest(&self, opened: &Opened, request: &BounceRequest) -> Result<(), Failure> {
        let Some(manifest) = &self.manifest else { return Ok(()) };
        refuse_inputs(&opened.folder, &opened.session, &opened.audio, manifest)?;
        if request.export.paths().iter().any(|output| same_file(output, manifest)) {
            return Err(Failure::usage(format!(
                "--manifest: '{}' is the output: choose another name",
                manifest.display()
            )));
        }
        if !request.export.overwrite && manifest.exists() {
            return Err(Failure::exists(manifest, INSTEAD));
        }
        let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(Failure::file_system(format!(
                "'{}' cannot be written: there is no such folder; make it first",
                manifest.display()
            )));
        }
        Ok(())
    }
}

/// `used` in the words of a manifest.
fn plugin_record(used: UsedPlugin) -> PluginRecord {
    PluginRecord {
        node: used.node,
        format: used.slot.format,
        id: used.slot.id,
        version: used.slot.version,
        bundle_sha256: used.bundle_sha256,
        state_sha256: used.slot.state_sha256,
        machine_sha256: hex(&used.machine_sha256),
        latency_frames: used.latency_frames,
        repeats: used.repeats,
    }
}

/// What is told of `bounced`, whose session has `audio_warnings`; how long it took is left open.
pub fn report(output: &Path, audio_warnings: Vec<String>, bounced: Bounced) -> BounceReport {
    let mut warnings = bounced.sentences();
    warnings.extend(audio_warnings);
    let facts = bounced.exported.facts;
    let files: Vec<FileReport> = bounced
        .exported
        .files
        .iter()
        .map(|file| FileReport {
            output: file.path.display().to_string(),
            pcm_sha256: hex(&file.pcm_sha256),
        })
        .collect();
    BounceReport {
        output: output.display().to_string(),
        frames: facts.frames,
        channels: facts.channels,
        sample_rate: facts.sample_rate_hz,
        pcm_sha256: files.first().map_or_else(String::new, |file| file.pcm_sha256.clone()),
        files: if files.len() > 1 { files } else { Vec::new() },
        mix_sha256: hex(&bounced.mix_sha256),
        wall_seconds: 0.0,
        cpu_seconds: 0.0,
        times_realtime: 0.0,
        loudness: facts.loudness,
        normalised: facts.normalised,
        served: bounced.served,
        warnings,
    }
}

/// Length of the audio over the seconds it took.
pub fn times_realtime(report: &BounceReport) -> f64 {
    report.frames as f64 / f64::from(report.sample_rate) / report.wall_seconds.max(1e-9)
}

/// The same in words.
pub fn describe(report: &BounceReport) -> String {
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
