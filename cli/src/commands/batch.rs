//! `wavemill batch`: many sessions and their variants, as a manifest says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use wavemill_core::job::CancelToken;
use wavemill_core::simd::SimdLevel;
use wavemill_media::folder::SessionFolder;
use wavemill_render::batch::{
    BatchConfig, BatchSummary, Forecast, Job, MAX_MANIFEST_BYTES, Manifest, Places, Preview,
    Results, check_targets, jobs, preview, run,
};
use wavemill_render::{MakeProcessors, Processors};

use crate::batch_progress::BatchBars;
use crate::ending::{Clock, Ending};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::plugin_arguments::{PluginArguments, processors};
use crate::render_arguments::threads;
use crate::store_arguments::StoreArguments;
use crate::{interrupt, output, text_input};

const EXAMPLES: &str = "\
Examples:
  wavemill batch jobs.json --dry-run
  wavemill batch jobs.json --output-dir out --jobs 8
  make-jobs | wavemill batch - --results done.jsonl --json

JOBS is one JSON object:
  {\"defaults\": {\"bit_depth\": 16, \"tail\": \"none\"},
   \"jobs\": [
     {\"session\": \"song\", \"output\": \"out/{session}-{variant}.wav\", \"to\": \"8s\",
      \"variants\": [
        {\"name\": \"plain\", \"ops\": []},
        {\"name\": \"loud\", \"ops\": [{\"op\": \"set_volume\", \"track\": \"bass\", \"volume_db\": 3}]}]}]}
or one job after another, a line each. Paths are relative to the manifest (outputs to --output-dir
where given). A job has the options of bounce by name (from, to, tail, rate, bit_depth, normalise,
fade_in, split and so on; \"measure\": false for --no-measure). Names of files may have {session},
{variant}, {index} and {index:04}. A variant's ops are those of 'wavemill edit', applied to a copy in
memory.

The whole manifest is checked before anything is rendered. A job that fails is told and the others
go on; then the exit code is 1. Every job that ends is one line of the results. Run again, a batch
does what is not done: jobs whose results and files are still those of the session as it is are
skipped.";

/// Arguments of `batch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Batch {
    /// The manifest; - for standard input.
    #[arg(value_name = "JOBS")]
    manifest: PathBuf,
    /// Where outputs are relative to; the manifest's folder where left out.
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// The file that gets one JSON line a job; JOBS.results.jsonl where left out.
    #[arg(long, value_name = "FILE.jsonl")]
    results: Option<PathBuf>,
    /// Threads of all renders together; as many as the machine has cores where left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    jobs: Option<u16>,
    /// Renders side by side, at most one a thread; one a thread where left out.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    concurrent: Option<u16>,
    /// Memory of all renders together, by estimate; a job that needs more alone fails.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    memory: Option<u32>,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    plugins: PluginArguments,
    /// Replace files that exist and that this batch has not made.
    #[arg(long)]
    force: bool,
    /// Begin nothing more once a job has failed.
    #[arg(long)]
    fail_fast: bool,
    /// Read what earlier runs made, to be sure that it is still that. Without it, a file whose
    /// length and time of change are those in the results counts as unchanged.
    #[arg(long)]
    verify: bool,
    /// List what would become of each job with the same options, and make nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Batch {
    /// Renders.
    pub fn run(&self, quiet: bool) -> Result<ExitStatus, Failure> {
        interrupt::ends(self.json);
        let path = self.results_path()?;
        let text = text_input::read(&self.manifest, "the jobs", MAX_MANIFEST_BYTES)?;
        let jobs = self.jobs_of(&text)?;
        let results = Results::look_at(&path)?;
        // Before the results are made: a manifest that is refused leaves nothing behind.
        self.check(&jobs, &path, &results)?;
        if self.dry_run {
            return self.preview(&jobs, results, quiet);
        }
        self.render(&jobs, results.begin()?, quiet)
    }

    fn jobs_of(&self, text: &str) -> Result<Vec<Job>, Failure> {
        let named = |error| {
            let failure = Failure::from(error);
            let message = format!("'{}': {}", self.manifest.display(), failure.message);
            Failure { message, ..failure }
        };
        let folder = self.folder();
        let outputs = self.output_dir.as_deref().unwrap_or(&folder);
        let manifest = Manifest::parse(text).map_err(named)?;
        jobs(manifest, Places { sessions: &folder, outputs }).map_err(named)
    }

    /// The folder of the manifest.
    fn folder(&self) -> PathBuf {
        let parent = self.manifest.parent().filter(|_| !self.is_standard_input());
        parent.unwrap_or(Path::new("")).to_owned()
    }

    fn is_standard_input(&self) -> bool {
        self.manifest == Path::new("-")
    }

    fn results_path(&self) -> Result<PathBuf, Failure> {
        match &self.results {
            Some(path) => Ok(path.clone()),
            None if self.is_standard_input() => Err(Failure::usage(
                "a manifest from standard input has no name: say where the results go with \
                 --results FILE.jsonl",
            )),
            None => {
                let mut name = self.manifest.file_stem().map(OsString::from).unwrap_or_default();
                name.push(".results.jsonl");
                Ok(self.manifest.with_file_name(name))
            }
        }
    }

    fn check(&self, jobs: &[Job], results_path: &Path, results: &Results) -> Result<(), Failure> {
        let needed = [(self.manifest.as_path(), "the manifest"), (results_path, "the results")];
        let needed = if self.is_standard_input() { &needed[1..] } else { &needed };
        Ok(check_targets(jobs, self.force, needed, &|job| results.is_own(job, self.verify))?)
    }

    fn preview(&self, jobs: &[Job], results: Results, quiet: bool) -> Result<ExitStatus, Failure> {
        let store = self.store.open(quiet)?;
        // Ctrl-C ends at once: nothing is half done.
        let never = CancelToken::default();
        let processors = self.processors();
        let previews = preview(jobs, self.config(&processors), store.as_ref(), results, &never);
        let previews = previews.unwrap_or_default();
        if self.json {
            output::json(&serde_json::json!({ "jobs": previews }))?;
        } else {
            output::text(&previews.iter().map(line).collect::<String>())?;
        }
        let fails = previews.iter().any(|preview| preview.forecast == Forecast::Fail);
        Ok(if fails { ExitStatus::SomeFailed } else { ExitStatus::Done })
    }

    /// Gives the processors of a session: its files stand for others that would be the same, so it is
    /// found out whether plug-ins repeat.
    fn processors(&self) -> impl Fn(&SessionFolder, &CancelToken) -> Processors + Sync {
        |folder, cancel| processors(folder, self.plugins.options(true, cancel))
    }

    /// How it is run, or would be.
    fn config<'a>(&self, processors: MakeProcessors<'a>) -> BatchConfig<'a> {
        BatchConfig {
            threads: threads(self.jobs),
            concurrent: self.concurrent.map(usize::from),
            memory_bytes: self.memory.map(|mib| u64::from(mib) << 20),
            block: 256,
            level: SimdLevel::detect(),
            processors,
            overwrite: self.force,
            fail_fast: self.fail_fast,
            verify: self.verify,
        }
    }

    fn render(&self, jobs: &[Job], results: Results, quiet: bool) -> Result<ExitStatus, Failure> {
        let clock = Clock::start();
        let store = self.store.open(quiet)?;
        let cancel = CancelToken::default();
        interrupt::cancels(&cancel);
        let bars = BatchBars::new(jobs.len(), quiet || self.json);
        let processors = self.processors();
        let summary = run(jobs, self.config(&processors), store.as_ref(), results, &bars, &cancel);
        bars.finish();
        let mut summary = summary?;
        summary.cpu_seconds = clock.cpu_seconds();
        if cancel.is_cancelled() && summary.not_run > 0 {
            return Err(stopped(&summary));
        }
        let ending = Ending { quiet, json: self.json, on_one_line: false };
        ending.tell(&summary, &summary.warnings, || describe(&summary))?;
        let failed = summary.failed > 0 || summary.not_run > 0;
        Ok(if failed { ExitStatus::SomeFailed } else { ExitStatus::Done })
    }
}

fn stopped(summary: &BatchSummary) -> Failure {
    let message = format!(
        "stopped: {} of {} jobs are done; the same command goes on with the rest",
        summary.ended() - summary.failed,
        summary.jobs
    );
    Failure { message, ..Failure::interrupted() }
}

fn line(preview: &Preview) -> String {
    let what = match preview.forecast {
        Forecast::Render => "render",
        Forecast::Serve => "from the store",
        Forecast::Copy => "copy of another job",
        Forecast::Skip => "done already",
        Forecast::Fail => "fails",
    };
    let error = preview.error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
    format!("{:>5}  {}  {what}{error}\n", preview.job, preview.output)
}

fn describe(summary: &BatchSummary) -> String {
    let done = summary.ended() - summary.failed;
    let mut text = format!("{done} of {} jobs done", summary.jobs);
    let parts = [
        (summary.rendered, "rendered"),
        (summary.served, "from the store"),
        (summary.copied, "copied"),
        (summary.skipped, "done before"),
        (summary.failed, "failed"),
        (summary.not_run, "not run"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    text.push_str(&format!(" ({})\n", parts.join(", ")));
    text.push_str(&format!(
        "  {:.1} s of audio in {:.2} s ({:.0} times real time), {:.2} s of processor time\n",
        summary.audio_seconds, summary.wall_seconds, summary.times_realtime, summary.cpu_seconds
    ));
    text
}
