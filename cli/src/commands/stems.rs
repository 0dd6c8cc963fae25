//! `wavemill stems`: tracks become files of their own, in one pass with the mix.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use wavemill_core::graph::{TapPoint, TapRequest};
use wavemill_core::job::CancelToken;
use wavemill_render::stems::{
    Stem, StemReport, StemTrack, StemsError, StemsReport, StemsRequest, choose, stem_names, stems,
};
use wavemill_render::store::Store;
use wavemill_render::{BounceRequest, refuse_inputs, session_name};

use crate::ending::{Clock, Ending};
use crate::export_arguments::ExportArguments;
use crate::failure::Failure;
use crate::plugin_arguments::trying;
use crate::render_arguments::RenderArguments;
use crate::sessions::Opened;
use crate::store_arguments::StoreArguments;
use crate::{interrupt, progress};

const EXAMPLES: &str = "\
Examples:
  wavemill stems song -o stems                        what feeds the master, a file each
  wavemill stems song -o stems --mix --bit-depth 32f  files that add up to the master's input
  wavemill stems song -o dry --of tracks --tap pre-fx
  wavemill stems song -o stems --of drums,verb --tap through-master

All stems start together, have the same length and are in time: latency is cut off. Taken after
their faders (post-fader), stems of what feeds the master add up to its input with no difference
as long as they are written at --bit-depth 32f and the session's rate. A track's stem is without
what returns make of it; returns have stems of their own.

PATTERN may have {index}, {index:02}, {track} (its id), {name}, {session} and {ext}; the mix has
index 0 and is called mix.";

/// What to do where a file is there already.
const INSTEAD: &str = "choose another folder or --pattern, or replace it with --force";

/// Arguments of `stems`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Stems {
    /// The session.
    session: PathBuf,
    /// The folder for the files; it is made where it is not there.
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Which: master-inputs, tracks, groups, returns, all, master, or ids of tracks, separated by
    /// commas.
    #[arg(long, value_name = "WHICH", default_value = "master-inputs")]
    of: String,
    /// Where signals are taken.
    #[arg(long, value_enum, default_value_t = Tap::PostFader)]
    tap: Tap,
    /// Names of the files.
    #[arg(long, value_name = "PATTERN", default_value = "{index:02}-{track}.{ext}")]
    pattern: String,
    /// The format of the files, where the pattern has {ext}; else its extension says it.
    #[arg(long, value_enum, default_value_t = Format::Wav)]
    format: Format,
    /// Write the mix, too, in the same pass.
    #[arg(long)]
    mix: bool,
    #[command(flatten)]
    render: RenderArguments,
    #[command(flatten)]
    export: ExportArguments,
    #[command(flatten)]
    store: StoreArguments,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where signals are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tap {
    /// Before the effects: clips, the sum at a group's input, what an instrument plays.
    PreFx,
    /// Behind the effects, before the fader; mute and solo do not matter.
    PreFader,
    /// Behind the fader, as it is heard in the mix.
    PostFader,
    /// Behind the fader, and alone through the master's effects and fader.
    ThroughMaster,
}

impl Tap {
    const fn point(self) -> TapPoint {
        match self {
            Self::PreFx => TapPoint::PreFx,
            Self::PreFader => TapPoint::PreFader,
            Self::PostFader => TapPoint::PostFader,
            Self::ThroughMaster => TapPoint::ThroughMaster,
        }
    }
}

/// The format of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// WAV, or RF64 where it grows past 4 GiB.
    Wav,
    /// FLAC.
    Flac,
}

impl Format {
    /// What `{ext}` is.
    const fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }
}

impl Stems {
    /// Renders.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let clock = Clock::start();
        interrupt::ends(self.json);
        let cancel = CancelToken::default();
        let hosting = self.render.plugins().options(self.store.keeps(), &cancel);
        let opened = Opened::open(&self.session, hosting)?;
        let tracks = choose(&opened.session, &self.of)?;
        let request = self.request(&opened, &tracks)?;
        interrupt::cancels(&cancel);
        let store = self.store.open(quiet)?;
        let folder = NewFolder::make(&self.output)?;
        let rate = Some(opened.session.sample_rate);
        let mut attempt = || {
            let bar = progress::Bar::new("rendering stems", quiet || self.json, rate);
            let compile = |outputs: &_| opened.compile_keeping(outputs);
            let stemmed = stems(&compile, &request, store.as_ref(), &bar, &cancel);
            bar.finish();
            stemmed.map_err(failure)
        };
        let stemmed = trying(&opened.processors, quiet || self.json, &mut attempt);
        let (stemmed, told) = stemmed.inspect_err(|_| folder.remove_if_empty())?;
        let ids: Vec<&str> = tracks.iter().map(|track| track.id.as_str()).collect();
        let mut report = StemsReport::new(&stemmed, &ids);
        report.warnings.extend(told);
        report.warnings.extend(opened.audio.warnings());
        report.warnings.extend(store.iter().flat_map(Store::take_complaints));
        report.wall_seconds = clock.wall_seconds();
        report.cpu_seconds = clock.cpu_seconds();
        let ending = Ending { quiet, json: self.json, on_one_line: false };
        ending.tell(&report, &report.warnings, || describe(&report))
    }

    fn request(&self, opened: &Opened, tracks: &[StemTrack]) -> Result<StemsRequest, Failure> {
        let session = session_name(&self.session);
        let names = stem_names(&self.pattern, &session, tracks, self.mix, self.format.extension())?;
        let rate = opened.session.sample_rate;
        let mut exports = Vec::with_capacity(names.len());
        if self.export.shifts() {
            return Err(Failure::usage(
                "--trim start: stems would not start together any more; trim their end only",
            ));
        }
        for name in &names {
            self.export.check(Path::new(name))?;
            let export = self.export.spec(&self.output.join(name), rate)?;
            for path in export.paths() {
                if path.exists() && !export.overwrite {
                    return Err(Failure::exists(&path, INSTEAD));
                }
                refuse_inputs(&opened.folder, &opened.session, &opened.audio, &path)?;
            }
            exports.push(export);
        }
        // Its export is not used; the folder's own name promises no format.
        let of_bounce = self.export.spec(&self.output.join("mix"), rate)?;
        let BounceRequest { from, to, tail, render, .. } =
            self.render.request(&opened.session, of_bounce)?;
        let mix = if self.mix { exports.pop() } else { None };
        let stems = tracks.iter().zip(exports).map(|(track, export)| Stem {
            tap: TapRequest { source: track.source.clone(), point: self.tap.point() },
            export,
        });
        Ok(StemsRequest { stems: stems.collect(), mix, from, to, tail, render })
    }
}

fn failure(error: StemsError) -> Failure {
    match error {
        StemsError::Bounce(error) => Failure::of_bounce(error, INSTEAD),
        other => other.into(),
    }
}

/// The folder for the files.
struct NewFolder<'a> {
    path: &'a Path,
    is_new: bool,
}

impl<'a> NewFolder<'a> {
    fn make(path: &'a Path) -> Result<Self, Failure> {
        let is_new = !path.exists();
        std::fs::create_dir_all(path).map_err(|error| {
            Failure::file_system(format!(
                "--output '{}': the folder cannot be made ({error}): choose another",
                path.display()
            ))
        })?;
        Ok(Self { path, is_new })
    }

    /// Leaves nothing behind where nothing was written.
    fn remove_if_empty(&self) {
        if self.is_new {
            // One that has files in it stays.
            let _ = std::fs::remove_dir(self.path);
        }
    }
}

fn describe(report: &StemsReport) -> String {
    let mut text = String::new();
    for stem in report.mix.iter().chain(&report.stems) {
        text.push_str(&line(stem));
    }
    text.push_str(&format!("{} stems in {:.2} s\n", report.stems.len(), report.wall_seconds));
    text
}

fn line(stem: &StemReport) -> String {
    let seconds = stem.frames as f64 / f64::from(stem.sample_rate);
    let loudness = match &stem.loudness {
        Some(loudness) => match loudness.true_peak_dbtp {
            Some(peak) => format!(", true peak {peak:.1} dBTP"),
            None => ", silent".to_owned(),
        },
        None => String::new(),
    };
    format!("{}: {seconds:.2} s{loudness}\n", stem.output)
}
