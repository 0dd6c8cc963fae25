//! `wavemill plugins`: which plug-ins there are, what they say of themselves, and which fail.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use wavemill_core::job::CancelToken;
use wavemill_core::session::PluginFormat;
use wavemill_plugins::run::{KnownVerdict, Verdict};
use wavemill_plugins::{
    Bundle, BundleReport, Catalogue, PluginDescription, PluginKind, ScanOptions, ScanSummary,
    SearchFolders, Tail, WorkerProgram, bundles_below, find_bundles, format_title, scan,
};

use crate::commands::plugins_check::Check;
use crate::commands::plugins_preset::PresetCommand;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::scan_progress::ScanBar;
use crate::{interrupt, output, store_arguments};

/// Arguments of `plugins`.
#[derive(Debug, Args)]
#[command(after_help = "\
Plug-ins are looked for where their formats say, and in $CLAP_PATH, $VST3_PATH and $LV2_PATH. Each
bundle is loaded by a process of its own, which may crash or hang and be lost; what it said is kept
at once, and asked for again only when a file of the bundle changes. What is known lies in
$WAVEMILL_PLUGINS, or in the user's cache folder.

Examples:
  wavemill plugins scan
  wavemill plugins scan --path build/my-plugin.clap --rescan
  wavemill plugins list --kind instrument
  wavemill plugins info com.zamaudio.ZamComp
  wavemill plugins blocklist --json")]
pub struct Plugins {
    /// What to do.
    #[command(subcommand)]
    action: Action,
    /// Folder of what is known of plug-ins.
    #[arg(long, value_name = "DIR", global = true)]
    catalogue: Option<PathBuf>,
    /// Print one JSON value.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Look at what is new or has changed.
    Scan(Scan),
    /// List what scans have found.
    List(List),
    /// Show all that is known of one plug-in.
    Info(Info),
    /// List what could not be loaded or described, and why.
    Blocklist,
    /// Check that a plug-in does what its format asks for, and gives the same again.
    Check(Box<Check>),
    /// Write what is set in a plug-in to a file, and load it into a session.
    Preset(PresetCommand),
}

#[derive(Debug, Args)]
struct Scan {
    /// Look at this bundle or below this folder, and nowhere else.
    #[arg(long, value_name = "PATH")]
    path: Vec<PathBuf>,
    /// Look at everything again, also at what has failed and at what is known.
    #[arg(long)]
    rescan: bool,
    /// How many are looked at at a time; the number of cores where left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Seconds that a plug-in may take before its process is ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    time_limit: u16,
}

#[derive(Debug, Args)]
struct List {
    /// Only this format.
    #[arg(long)]
    format: Option<Format>,
    /// Only this kind.
    #[arg(long)]
    kind: Option<Kind>,
}

#[derive(Debug, Args)]
struct Info {
    /// Its id, or its name.
    id: String,
    /// Only this format.
    #[arg(long)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Clap,
    Vst3,
    Lv2,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Instrument,
    Effect,
    NoteEffect,
}

impl Plugins {
    /// Does it.
    pub fn run(&self, quiet: bool) -> Result<ExitStatus, Failure> {
        let folder = self.catalogue.clone().or_else(store_arguments::catalogue_folder);
        let folder = folder.ok_or_else(|| {
            Failure::usage("there is no place for what is known of plug-ins: HOME is not set; give a folder with --catalogue DIR")
        })?;
        let catalogue = Catalogue::open(&folder)?;
        match &self.action {
            Action::Scan(scan) => return scan.run(&catalogue, self.json, quiet),
            Action::Check(check) => return check.run(&catalogue, self.json, quiet),
            Action::List(list) => list.run(&catalogue, self.json),
            Action::Info(info) => info.run(&catalogue, self.json),
            Action::Preset(preset) => preset.run(&catalogue, self.json, quiet),
            Action::Blocklist => blocklist(&catalogue, self.json),
        }?;
        Ok(ExitStatus::Done)
    }
}

impl Scan {
    fn run(&self, catalogue: &Catalogue, json: bool, quiet: bool) -> Result<ExitStatus, Failure> {
        let bundles = self.bundles()?;
        let program = WorkerProgram::find()?;
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let options = ScanOptions {
            jobs: self.jobs.map_or_else(cores, usize::from),
            rescan: self.rescan,
            time_limit: Duration::from_secs(self.time_limit.into()),
        };
        let bar = ScanBar::new(bundles.len(), quiet);
        let cancel = CancelToken::default();
        interrupt::ends(json);
        interrupt::cancels(&cancel);
        let summary = scan(&bundles, catalogue, &program, &options, &bar, &cancel);
        bar.finish();
        let summary = summary?;
        if summary.cancelled {
            let message = "stopped; what was found so far is kept";
            return Err(Failure::new(ExitStatus::Interrupted, message));
        }
        match json {
            true => output::json(&summary)?,
            false => output::text(&said(&summary))?,
        }
        // What was asked for by name has to work; what happens to lie about need not.
        let has_failed = !self.path.is_empty() && summary.failed > 0;
        Ok(if has_failed { ExitStatus::SomeFailed } else { ExitStatus::Done })
    }

    fn bundles(&self) -> Result<Vec<Bundle>, Failure> {
        if self.path.is_empty() {
            return Ok(find_bundles(&SearchFolders::standard(|name| std::env::var_os(name))));
        }
        let mut bundles = Vec::new();
        for path in &self.path {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let below = bundles_below(&path);
            if below.is_empty() {
                return Err(Failure::file_system(format!(
                    "'{}' is no plug-in that is there, and has none below it: give a .clap or .vst3, the folder \
                     of an LV2 bundle, or a folder of some",
                    path.display()
                )));
            }
            bundles.extend(below);
        }
        bundles.sort();
        bundles.dedup();
        Ok(bundles)
    }
}

fn said(summary: &ScanSummary) -> String {
    let ScanSummary { bundles, scanned, clap, lv2, vst3, failed, cancelled: _ } = summary;
    let mut text = format!(
        "{bundles} bundles, {scanned} of them looked at: {clap} CLAP, {lv2} LV2 and {vst3} VST3 \
         plug-ins\n"
    );
    if *failed > 0 {
        text.push_str(&format!("{failed} failed: 'wavemill plugins blocklist' says how\n"));
    }
    text
}

impl List {
    fn run(&self, catalogue: &Catalogue, json: bool) -> Result<(), Failure> {
        let reports = catalogue.reports()?;
        let fits = |plugin: &&PluginDescription| {
            self.format.is_none_or(|format| plugin.format == format.into())
                && self.kind.is_none_or(|kind| plugin.kind == kind.into())
        };
        let mut found: Vec<(&BundleReport, &PluginDescription)> = Vec::new();
        for report in &reports {
            found.extend(report.plugins.iter().filter(fits).map(|plugin| (report, plugin)));
        }
        found.sort_by_key(|(_, plugin)| (plugin.name.to_lowercase(), plugin.format));
        if json {
            let found: Vec<_> =
                found.iter().map(|(report, plugin)| short(report, plugin)).collect();
            return output::json(&found);
        }
        let mut text = String::new();
        for (_, plugin) in found {
            text.push_str(&format!(
                "{:<4}  {:<11}  {}{}  {}\n",
                format_title(plugin.format),
                plugin.kind.name(),
                plugin.name,
                if plugin.vendor.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", plugin.vendor)
                },
                plugin.id,
            ));
        }
        if text.is_empty() && reports.is_empty() {
            output::note("nothing is known of plug-ins yet: run 'wavemill plugins scan'");
        }
        output::text(&text)
    }
}

fn short(report: &BundleReport, plugin: &PluginDescription) -> serde_json::Value {
    json!({
        "format": plugin.format, "id": plugin.id, "name": plugin.name, "vendor": plugin.vendor,
        "version": plugin.version, "kind": plugin.kind, "features": plugin.features,
        "path": report.path,
    })
}

impl Info {
    fn run(&self, catalogue: &Catalogue, json: bool) -> Result<(), Failure> {
        let reports = catalogue.reports()?;
        let found = self.find(&reports)?;
        let Some(((report, plugin), others)) = found.split_first() else {
            return Err(Failure::invalid(format!(
                "no plug-in is called '{}': 'wavemill plugins list' shows those there are, \
                 'wavemill plugins scan' looks for new ones",
                self.id
            )));
        };
        for (other, _) in others {
            output::note(&format!("also in '{}'; the first by path is meant", other.path));
        }
        let mut verdicts = KnownVerdict::all(catalogue);
        verdicts.retain(|known| known.format == plugin.format && known.id == plugin.id);
        if json {
            let mut value = serde_json::to_value(plugin).unwrap_or_default();
            value["path"] = json!(report.path);
            value["content_sha256"] = json!(report.content_sha256);
            value["profile"] = json!(report.profile);
            value["verdicts"] = json!(verdicts);
            return output::json(&value);
        }
        let mut text = described(report, plugin);
        for known in &verdicts {
            text.push_str(&format!("  {}\n", verdict(known)));
        }
        output::text(&text)
    }

    /// Those with the id, else those with the name; of one format.
    fn find<'a>(
        &self,
        reports: &'a [BundleReport],
    ) -> Result<Vec<(&'a BundleReport, &'a PluginDescription)>, Failure> {
        let all = || {
            let plugins = reports.iter().flat_map(|r| r.plugins.iter().map(move |p| (r, p)));
            let wanted = self.format.map(PluginFormat::from);
            plugins.filter(move |(_, plugin)| wanted.is_none_or(|format| format == plugin.format))
        };
        let mut found: Vec<_> = all().filter(|(_, plugin)| plugin.id == self.id).collect();
        if found.is_empty() {
            found = all().filter(|(_, plugin)| plugin.name == self.id).collect();
        }
        let mut formats: Vec<_> = found.iter().map(|(_, p)| format_title(p.format)).collect();
        formats.sort_unstable();
        formats.dedup();
        if formats.len() > 1 {
            return Err(Failure::usage(format!(
                "'{}' is there as {}: say which with --format",
                self.id,
                formats.join(" and ")
            )));
        }
        Ok(found)
    }
}

fn described(report: &BundleReport, plugin: &PluginDescription) -> String {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let mut text =
        format!("{} ({} {})\n", plugin.name, format_title(plugin.format), plugin.kind.name());
    let latency = match plugin.latency_frames {
        Some(frames) => format!("{frames} frames at 48 kHz"),
        None => "not known before it runs".to_owned(),
    };
    let tail = match plugin.tail {
        Tail::Unknown => "it does not say".to_owned(),
        Tail::Frames(frames) => format!("{frames} frames at 48 kHz"),
        Tail::Infinite => "endless".to_owned(),
    };
    let rows = [
        ("id", plugin.id.clone()),
        ("vendor", or_dash(&plugin.vendor)),
        ("version", or_dash(&plugin.version)),
        ("about", or_dash(&plugin.summary)),
        ("features", or_dash(&plugin.features.join(", "))),
        ("bundle", report.path.clone()),
        ("audio in", buses(&plugin.audio_inputs)),
        ("audio out", buses(&plugin.audio_outputs)),
        ("notes", format!("{} in, {} out", plugin.note_inputs, plugin.note_outputs)),
        ("latency", latency),
        ("tail", tail),
        ("state", if plugin.saves_state { "saved" } else { "parameters only" }.to_owned()),
    ];
    for (name, value) in rows {
        text.push_str(&format!("  {name:<10} {value}\n"));
    }
    text.push_str(&format!("  parameters ({}):\n", plugin.parameters.len()));
    for parameter in plugin.parameters.iter().filter(|parameter| !parameter.hidden) {
        let shown = |index: usize, value: f64| match parameter.texts[index].as_str() {
            "" => value.to_string(),
            text => text.to_owned(),
        };
        text.push_str(&format!(
            "    {:<10} {} = {} ({} to {}){}{}\n",
            parameter.id,
            parameter.name,
            shown(1, parameter.default),
            shown(0, parameter.min),
            shown(2, parameter.max),
            if parameter.automatable { "" } else { ", not automatable" },
            if parameter.bypass { ", its own bypass" } else { "" },
        ));
    }
    if !plugin.programs.is_empty() {
        text.push_str(&format!("  programs ({}):\n", plugin.programs.len()));
    }
    for program in &plugin.programs {
        text.push_str(&format!("    {} ({})\n", program.name, program.id));
    }
    text
}

/// What is known of whether it repeats, in words.
fn verdict(known: &KnownVerdict) -> String {
    let state = known.state_sha256.as_deref().map_or("", |_| ", with a state");
    let with = format!("at {} Hz, blocks of {}{state}", known.sample_rate_hz, known.block);
    match known.verdict {
        Verdict::Repeats { frames } => {
            format!("repeats: two processes gave the same for {frames} frames ({with})")
        }
        Verdict::DoesNotRepeat { at } => {
            format!("does not repeat: two processes differed from sample {at} on ({with})")
        }
    }
}

fn buses(buses: &[wavemill_plugins::AudioBus]) -> String {
    let one = |bus: &wavemill_plugins::AudioBus| format!("{} ({})", bus.name, bus.channels);
    let listed: Vec<String> = buses.iter().map(one).collect();
    if listed.is_empty() { "none".to_owned() } else { listed.join(", ") }
}

fn blocklist(catalogue: &Catalogue, json: bool) -> Result<(), Failure> {
    let reports = catalogue.reports()?;
    let mut rows = Vec::new();
    for report in &reports {
        let whole = report.failure.iter().map(|failure| (None, failure));
        let some = report.refused.iter().map(|refused| (Some(&refused.id), &refused.failure));
        rows.extend(whole.chain(some).map(|(id, failure)| (report, id, failure)));
    }
    if json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(report, id, failure)| {
                json!({
                    "path": report.path, "format": report.format, "id": id, "kind": failure.kind,
                    "what": failure.what, "frames": failure.frames,
                })
            })
            .collect();
        return output::json(&rows);
    }
    let mut text = String::new();
    for (report, id, failure) in rows {
        let id = id.map(|id| format!(" {id}")).unwrap_or_default();
        text.push_str(&format!("{}{id}: {}: {failure}\n", report.path, failure.kind.name()));
    }
    output::text(&text)
}

impl From<Format> for PluginFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Clap => Self::Clap,
            Format::Vst3 => Self::Vst3,
            Format::Lv2 => Self::Lv2,
        }
    }
}

impl From<Kind> for PluginKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Instrument => Self::Instrument,
            Kind::Effect => Self::Effect,
            Kind::NoteEffect => Self::NoteEffect,
        }
    }
}
