//! `wavemill process`: a chain of plug-ins over one file.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use wavemill_core::job::CancelToken;
use wavemill_core::session::{
    ChannelLayout, Insert, InsertId, PLUGIN_PROCESSOR, ParameterValue, PluginSlot, Session,
    TrackKind,
};
use wavemill_media::folder::SessionFolder;
use wavemill_media::import::{ImportOptions, MidiImportOptions, import, import_midi};
use wavemill_plugins::{BundleReport, Catalogue, PluginDescription};
use wavemill_render::{bounce, same_file};

use crate::ending::{Clock, Ending};
use crate::export_arguments::ExportArguments;
use crate::failure::Failure;
use crate::plugin_choice::PluginChooser;
use crate::render_arguments::RenderArguments;
use crate::sessions::Opened;
use crate::store_arguments::user_catalogue;
use crate::{interrupt, progress};

use super::bounce::{describe, report, times_realtime};

const EXAMPLES: &str = "\
Examples:
  wavemill process com.zamaudio.ZamComp -i take.wav -o squeezed.wav --param Threshold=-20
  wavemill process build/my-synth.clap -i song.mid -o song.wav
  wavemill process Gate Delay -i drums.wav -o wet.wav --param 2:Feedback=0.4

PLUGIN is an id or a name that 'wavemill plugins list' shows, or the path of a bundle; PATH#ID means
one of several in a bundle. --param takes the id or the name of a parameter; with several plug-ins
N: says which, counted from 1. Every track of a MIDI file plays through a chain of its own.";

/// What to do where a file is there already.
const INSTEAD: &str = "choose another name, or replace it with --force";

/// Arguments of `process`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Process {
    /// The plug-ins, in the order of the chain.
    #[arg(value_name = "PLUGIN", required = true)]
    plugins: Vec<String>,
    /// The file to process: audio, or MIDI where its name ends in .mid.
    #[arg(long, short, value_name = "IN")]
    input: PathBuf,
    /// The file to write: WAV, or FLAC where its name ends in .flac.
    #[arg(long, short, value_name = "OUT.wav|OUT.flac")]
    output: PathBuf,
    /// Set a parameter.
    #[arg(long, value_name = "[N:]ID=VALUE")]
    param: Vec<String>,
    #[command(flatten)]
    render: RenderArguments,
    #[command(flatten)]
    export: ExportArguments,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Process {
    /// Renders.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let clock = Clock::start();
        interrupt::ends(self.json);
        self.export.check(&self.output)?;
        if same_file(&self.input, &self.output) {
            let message = "--output: it is the input: choose another name";
            return Err(Failure::usage(message));
        }
        let place = tempfile::tempdir().map_err(|error| {
            Failure::file_system(format!("no folder can be made to work in: {error}"))
        })?;
        let chooser = PluginChooser::new(&user_catalogue(), place.path());
        let chosen: Vec<(BundleReport, PluginDescription)> =
            self.plugins.iter().map(|name| chooser.choose(name)).collect::<Result<_, _>>()?;
        let inserts = self.inserts(&chosen)?;
        let (folder, session) = self.session(&place.path().join("session"), &inserts)?;
        let cancel = CancelToken::default();
        let options = self.render.plugins().options(false, &cancel);
        let catalogue = Catalogue::open(&place.path().join("chosen"))?;
        for (report, _) in &chosen {
            catalogue.keep(report)?;
        }
        let mut opened = Opened::with_plugins(folder, session, options, catalogue);
        let export = self.export.spec(&self.output, opened.session.sample_rate)?;
        let request = self.render.request(&opened.session, export)?;
        interrupt::cancels(&cancel);
        let attempt = |opened: &Opened| {
            let plan = Arc::new(opened.compile()?);
            let bar = progress::Bar::new("processing", quiet || self.json, Some(plan.rate));
            let bounced = bounce(&plan, &request, None, None, &bar, &cancel);
            bar.finish();
            bounced.map_err(|error| Failure::of_bounce(error, INSTEAD))
        };
        let plugins = self.render.plugins();
        let (bounced, told) = plugins.trying(&mut opened, quiet || self.json, &attempt)?;
        let mut report = report(&self.output, opened.audio.warnings(), bounced);
        report.warnings.extend(told);
        report.wall_seconds = clock.wall_seconds();
        report.cpu_seconds = clock.cpu_seconds();
        report.times_realtime = times_realtime(&report);
        let ending = Ending { quiet, json: self.json, on_one_line: false };
        ending.tell(&report, &report.warnings, || describe(&report))
    }

    /// The chain.
    fn inserts(
        &self,
        chosen: &[(BundleReport, PluginDescription)],
    ) -> Result<Vec<Insert>, Failure> {
        let mut parameters: Vec<BTreeMap<String, ParameterValue>> =
            vec![BTreeMap::new(); chosen.len()];
        for text in &self.param {
            let (at, id, value) = parameter(text, chosen)?;
            parameters[at].insert(id, value);
        }
        let chain = chosen.iter().zip(parameters).zip(1..);
        let insert =
            |(((_, plugin), parameters), number): ((&(_, PluginDescription), _), usize)| {
                let id = InsertId::new(format!("plugin-{number}")).map_err(Failure::internal)?;
                Ok(Insert {
                    id,
                    processor: PLUGIN_PROCESSOR.to_owned(),
                    plugin: Some(PluginSlot {
                        format: plugin.format,
                        id: plugin.id.clone(),
                        name: plugin.name.clone(),
                        vendor: plugin.vendor.clone(),
                        version: plugin.version.clone(),
                        state_sha256: None,
                    }),
                    file: None,
                    bypass: false,
                    preset: None,
                    parameters,
                    sidechain: None,
                    sidechains: BTreeMap::new(),
                    outputs: BTreeMap::new(),
                })
            };
        chain.map(insert).collect()
    }

    /// A session of the input, whose tracks play through `inserts`.
    fn session(
        &self,
        place: &Path,
        inserts: &[Insert],
    ) -> Result<(SessionFolder, Session), Failure> {
        let input = std::path::absolute(&self.input).unwrap_or_else(|_| self.input.clone());
        let ending = input.extension().map(|ending| ending.to_ascii_lowercase());
        let inputs = [input];
        let folder = if ending.is_some_and(|ending| ending == "mid" || ending == "midi") {
            let options = MidiImportOptions { soundfont: None, one_track: false };
            import_midi(place, &inputs, options)?.folder
        } else {
            let options = ImportOptions { copy: false, tempo_bpm: None };
            import(place, &inputs, &options, &mut |_| ControlFlow::Continue(()))?.folder
        };
        let mut session = folder.load()?;
        for track in &mut session.tracks {
            // Stereo whatever it plays: a pan law would change its level.
            track.layout = ChannelLayout::Stereo;
            if matches!(track.kind, TrackKind::Audio | TrackKind::Instrument) {
                track.inserts = inserts.to_vec();
            }
        }
        Ok((folder, session))
    }
}

/// Which plug-in a text is about, the parameter's id, and its value.
fn parameter(
    text: &str,
    chosen: &[(BundleReport, PluginDescription)],
) -> Result<(usize, String, ParameterValue), Failure> {
    let wrong = |what: String| Failure::usage(format!("--param '{text}': {what}"));
    let (name, value) =
        text.split_once('=').ok_or_else(|| wrong("give ID=VALUE, such as Gain=-6".to_owned()))?;
    let numbered = name
        .split_once(':')
        .and_then(|(number, name)| Some((number.parse::<usize>().ok()?.checked_sub(1)?, name)));
    let (at, name) = match (numbered, chosen.len()) {
        (Some(numbered), _) => numbered,
        (None, 1) => (0, name),
        (None, _) => return Err(wrong("say of which plug-in, such as 2:Gain=-6".to_owned())),
    };
    let (_, plugin) =
        chosen.get(at).ok_or_else(|| wrong(format!("there are {} plug-ins", chosen.len())))?;
    let by_id = plugin.parameters.iter().find(|parameter| parameter.id == name);
    let by_name = || plugin.parameters.iter().find(|p| p.name.eq_ignore_ascii_case(name));
    let parameter = by_id.or_else(by_name).ok_or_else(|| {
        let names: Vec<&str> = plugin.parameters.iter().take(12).map(|p| p.name.as_str()).collect();
        wrong(format!(
            "{} has no such parameter; it has {}{}",
            plugin.name,
            names.join(", "),
            if plugin.parameters.len() > 12 { ", ..." } else { "" }
        ))
    })?;
    let value: f64 =
        value.trim().parse().map_err(|_| wrong("the value is no number".to_owned()))?;
    if !(parameter.min..=parameter.max).contains(&value) {
        return Err(wrong(format!(
            "{} goes from {} to {}",
            parameter.name, parameter.min, parameter.max
        )));
    }
    Ok((at, parameter.id.clone(), ParameterValue::Number(value)))
}
