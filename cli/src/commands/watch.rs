//! `wavemill watch`: a session is rendered again whenever it is saved.

use std::path::PathBuf;

use clap::Args;
use wavemill_core::job::CancelToken;
use wavemill_core::session::Session;
use wavemill_render::BounceReport;
use wavemill_render::store::Store;
use wavemill_render::watch::{Unrendered, WatchEvent, watch};

use crate::commands::bounce::{report, times_realtime};
use crate::ending::{Clock, Ending};
use crate::exit::ExitStatus;
use crate::export_arguments::ExportArguments;
use crate::failure::Failure;
use crate::plugin_arguments::processors;
use crate::render_arguments::RenderArguments;
use crate::store_arguments::StoreArguments;
use crate::{interrupt, output};

const EXAMPLES: &str = "\
Examples:
  wavemill watch song -o song.wav
  wavemill watch song -o chorus.wav --from chorus --to chorus --tail none
  wavemill watch song -o song.wav --force --json

It renders now and after every save, from what the store has, and replaces OUT.wav as a whole; what
sounds as before is not rendered again. A save that cannot be rendered is told, and the next one
waited for. Ctrl-C ends it with exit code 130. With --json every render, and every save that
failed, is one object on one line.";

/// What to do where the output is there already.
const INSTEAD: &str = "choose another name, or have it replaced on every save with --force";

/// Arguments of `watch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Watch {
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
    /// Print one JSON object a render, on one line.
    #[arg(long)]
    json: bool,
}

impl Watch {
    /// Renders until it is stopped.
    pub fn run(&self, quiet: bool) -> Result<ExitStatus, Failure> {
        self.export.check(&self.output)?;
        self.refuse_existing()?;
        let cancel = CancelToken::default();
        interrupt::ends(self.json);
        interrupt::cancels(&cancel);
        let store = self.store.open(quiet)?;
        let request = |session: &Session, own: bool| {
            let mut export = self.export.spec(&self.output, session.sample_rate)?;
            export.overwrite |= own;
            self.render.request(session, export)
        };
        let mut clock = Clock::start();
        let mut tell = |event| {
            let told = self.tell(event, store.as_ref(), clock.cpu_seconds(), quiet);
            clock = Clock::start();
            told
        };
        let processors = |folder: &_, stop: &_| {
            processors(folder, self.render.plugins().options(store.is_some(), stop))
        };
        watch(&self.session, &request, &processors, store.as_ref(), &cancel, &mut tell)??;
        Ok(ExitStatus::Interrupted)
    }

    /// The file becomes the watch's own, so that one that is there has to be given up.
    fn refuse_existing(&self) -> Result<(), Failure> {
        match self.export.in_the_way(&self.output)? {
            None => Ok(()),
            Some(path) => Err(Failure::exists(&path, INSTEAD)),
        }
    }

    fn tell(
        &self,
        event: WatchEvent<Failure>,
        store: Option<&Store>,
        cpu_seconds: f64,
        quiet: bool,
    ) -> Result<(), Failure> {
        match event {
            WatchEvent::Failed(error) => {
                let failure = match error {
                    Unrendered::Bounce(error) => Failure::of_bounce(error, INSTEAD),
                    other => other.into(),
                };
                output::failure_line(&failure, self.json)
            }
            WatchEvent::Rendered { bounced, audio_warnings, failures, wall } => {
                let mut report = report(&self.output, audio_warnings, *bounced);
                report.warnings.extend(failures);
                report.warnings.extend(store.into_iter().flat_map(Store::take_complaints));
                report.wall_seconds = wall.as_secs_f64();
                report.cpu_seconds = cpu_seconds;
                report.times_realtime = times_realtime(&report);
                let ending = Ending { quiet, json: self.json, on_one_line: true };
                ending.tell(&report, &report.warnings, || describe(&report))
            }
        }
    }
}

fn describe(report: &BounceReport) -> String {
    let seconds = report.frames as f64 / f64::from(report.sample_rate);
    format!(
        "{}: {seconds:.2} s {} in {:.2} s, mix {}\n",
        report.output,
        if report.served { "from the store" } else { "rendered" },
        report.wall_seconds,
        report.mix_sha256.get(..12).unwrap_or_default()
    )
}
