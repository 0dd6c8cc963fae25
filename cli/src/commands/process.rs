//! `wavemill process`: a chain of plug-ins over one file.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use wavemill_core::job::CancelToken;
use wavemill_core::session::{
    ChannelLayout, Insert, InsertId, PLUGIN_PROCESSOR, ParameterValue, Session, TrackKind,
};
use wavemill_media::folder::SessionFolder;
use wavemill_media::import::{ImportOptions, MidiImportOptions, import, import_midi};
use wavemill_plugins::preset::Preset;
use wavemill_plugins::{BundleReport, Catalogue, PluginDescription};
use wavemill_render::{bounce, same_file};

use crate::ending::{Clock, Ending};
use crate::export_arguments::ExportArguments;
use crate::failure::Failure;
use crate::plugin_arguments::trying;
use crate::plugin_choice::PluginChooser;
use crate::render_arguments::RenderArguments;
use crate::sessions::Opened;
use crate::store_arguments::user_catalogue;
use crate::{interrupt, plugin_settings, progress};

use super::bounce::{describe, report, times_realtime};

const EXAMPLES: &str = "\
Examples:
  wavemill process com.zamaudio.ZamComp -i take.wav -o squeezed.wav --param Threshold=-20
  wavemill process build/my-synth.clap -i song.mid -o song.wav
  wavemill process Gate Delay -i drums.wav -o wet.wav --param 2:Feedback=0.4
  wavemill process com.zamaudio.ZamComp -i take.wav -o squeezed.wav --preset soft.json

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
    /// Start from a preset's file, or from a program that the plug-in comes with; --param goes on top.
    #[arg(long, value_name = "[N:]FILE|PROGRAM")]
    preset: Vec<String>,
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
        let cancel = CancelToken::default();
        let options = self.render.plugins().options(false, &cancel);
        let presets = self.presets(&chosen, options.time_limit)?;
        let inserts = self.inserts(&chosen, &presets)?;
        let (folder, session) = self.session(&place.path().join("session"), inserts, &presets)?;
        let catalogue = Catalogue::open(&place.path().join("chosen"))?;
        for (report, _) in &chosen {
            catalogue.keep(report)?;
        }
        let opened = Opened::with_plugins(folder, session, options, catalogue);
        let export = self.export.spec(&self.output, opened.session.sample_rate)?;
        let request = self.render.request(&opened.session, export)?;
        interrupt::cancels(&cancel);
        let mut attempt = || {
            let plan = Arc::new(opened.compile()?);
            let bar = progress::Bar::new("processing", quiet || self.json, Some(plan.rate));
            let bounced = bounce(&plan, &request, None, None, &bar, &cancel);
            bar.finish();
            bounced.map_err(|error| Failure::of_bounce(error, INSTEAD))
        };
        let (bounced, told) = trying(&opened.processors, quiet || self.json, &mut attempt)?;
        let mut report = report(&self.output, opened.audio.warnings(), bounced);
        report.warnings.extend(told);
        report.wall_seconds = clock.wall_seconds();
        report.cpu_seconds = clock.cpu_seconds();
        report.times_realtime = times_realtime(&report);
        let ending = Ending { quiet, json: self.json, on_one_line: false };
        ending.tell(&report, &report.warnings, || describe(&report))
    }

    /// The presets that each of the chosen starts from.
    fn presets(
        &self,
        chosen: &[(BundleReport, PluginDescription)],
        limit: Duration,
    ) -> Result<Vec<Option<Preset>>, Failure> {
        let mut presets = vec![None; chosen.len()];
        for text in &self.preset {
            let (at, word) = which("--preset", text, chosen.len())?;
            let (report, plugin) = &chosen[at];
            presets[at] = Some(plugin_settings::preset(word, (report, plugin), limit)?);
        }
        Ok(presets)
    }

    /// What is set in each of the chosen beside its state.
    fn parameters(
        &self,
        chosen: &[(BundleReport, PluginDescription)],
        presets: &[Option<Preset>],
    ) -> Result<Vec<BTreeMap<String, ParameterValue>>, Failure> {
        let of_preset = |preset: &Option<Preset>| {
            let set = preset.iter().flat_map(|preset| preset.parameters.clone());
            set.map(|(id, value)| (id, ParameterValue::Number(value))).collect()
        };
        let mut parameters: Vec<BTreeMap<_, _>> = presets.iter().map(of_preset).collect();
        for text in &self.param {
            let (at, set) = which("--param", text, chosen.len())?;
            let wrong = |what: String| Failure::usage(format!("--param '{text}': {what}"));
            let set = set.split_once('=');
            let set = set.ok_or_else(|| wrong("give ID=VALUE, such as Gain=-6".to_owned()))?;
            let (parameter, value) =
                plugin_settings::parameter(set, &chosen[at].1).map_err(wrong)?;
            parameters[at].insert(parameter.id.clone(), ParameterValue::Number(value));
        }
        Ok(parameters)
    }

    /// The chain.
    fn inserts(
        &self,
        chosen: &[(BundleReport, PluginDescription)],
        presets: &[Option<Preset>],
    ) -> Result<Vec<Insert>, Failure> {
        let parameters = self.parameters(chosen, presets)?;
        let chain = chosen.iter().zip(parameters).zip(1..);
        let insert =
            |(((_, plugin), parameters), number): ((&(_, PluginDescription), _), usize)| {
                let id = InsertId::new(format!("plugin-{number}")).map_err(Failure::internal)?;
                Ok(Insert {
                    id,
                    processor: PLUGIN_PROCESSOR.to_owned(),
                    plugin: Some(plugin_settings::slot(plugin)),
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
        mut inserts: Vec<Insert>,
        presets: &[Option<Preset>],
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
        for (insert, preset) in inserts.iter_mut().zip(presets) {
            let state = preset.as_ref().and_then(|preset| preset.state.as_deref());
            if let (Some(slot), Some(state)) = (&mut insert.plugin, state) {
                slot.state_sha256 = Some(folder.put_state(state)?);
            }
        }
        let mut session = folder.load()?;
        for track in &mut session.tracks {
            // Stereo whatever it plays: a pan law would change its level.
            track.layout = ChannelLayout::Stereo;
            if matches!(track.kind, TrackKind::Audio | TrackKind::Instrument) {
                track.inserts.clone_from(&inserts);
            }
        }
        Ok((folder, session))
    }
}

/// Which plug-in the text of an option is about, from 0, and the rest of it.
fn which<'a>(option: &str, text: &'a str, plugins: usize) -> Result<(usize, &'a str), Failure> {
    plugin_settings::numbered(text, plugins).ok_or_else(|| {
        Failure::usage(format!(
            "{option} '{text}': say of which of the {plugins} plug-ins, such as 1:{}",
            text.rsplit(':').next().unwrap_or(text)
        ))
    })
}
