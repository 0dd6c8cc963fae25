//! `wavemill plugins preset`: what is set in a plug-in goes to a file, and from a file to a session.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use wavemill_core::command::{Batch, ChainOwner, SetParameters, SetPluginState};
use wavemill_core::session::{Insert, InsertId, ParameterValue, PluginSlot, Session};
use wavemill_media::folder::SessionFolder;
use wavemill_plugins::preset::{Preset, PresetPlugin, Settings, take};
use wavemill_plugins::{BundleReport, Catalogue, PluginDescription, WorkerProgram};

use crate::failure::Failure;
use crate::plugin_choice::PluginChooser;
use crate::{interrupt, output, plugin_settings};

/// How long a plug-in may take for each thing it is asked.
const LIMIT: Duration = Duration::from_secs(30);

const INSTEAD: &str = "choose another name, or replace it with --force";

/// Arguments of `plugins preset`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wavemill plugins preset save ZamComp -o soft.json --param Threshold=-20
  wavemill plugins preset save ZamComp -o hard.json --preset soft.json --param Ratio=8
  wavemill plugins preset save --session song --insert bass/comp -o bass.json
  wavemill plugins preset load bass.json --session other --insert drums/comp
  wavemill process ZamComp -i take.wav -o squeezed.wav --preset soft.json

A preset is JSON with the plug-in's state in it. VST3 plug-ins have a format of their own for the
same: a name that ends in .vstpreset means that.")]
pub struct PresetCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write what is set in a plug-in to a file.
    Save(Save),
    /// Set what is in a file in a plug-in of a session.
    Load(Load),
}

#[derive(Debug, Args)]
struct Save {
    /// The plug-in: its id or name, the path of its bundle, or PATH#ID.
    #[arg(required_unless_present = "session", conflicts_with = "session")]
    plugin: Option<String>,
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Set a parameter first.
    #[arg(long, value_name = "ID=VALUE", conflicts_with = "session")]
    param: Vec<String>,
    /// Start from this preset, or from this program that the plug-in comes with.
    #[arg(long, value_name = "FILE|PROGRAM", conflicts_with = "session")]
    preset: Option<String>,
    /// Take what is set in this session.
    #[arg(long, value_name = "SESSION", requires = "insert")]
    session: Option<PathBuf>,
    /// Which insert of the session.
    #[arg(long, value_name = "TRACK/INSERT", requires = "session")]
    insert: Option<String>,
    /// Replace the file where it is there already.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct Load {
    /// The preset, or the name of a program that the plug-in comes with.
    #[arg(value_name = "FILE|PROGRAM")]
    preset: String,
    /// The session.
    #[arg(long, value_name = "SESSION")]
    session: PathBuf,
    /// Which insert of the session.
    #[arg(long, value_name = "TRACK/INSERT")]
    insert: String,
}

impl PresetCommand {
    /// Does it.
    pub fn run(&self, catalogue: &Catalogue, json: bool, quiet: bool) -> Result<(), Failure> {
        interrupt::ends(json);
        match &self.action {
            Action::Save(save) => save.run(catalogue, json, quiet),
            Action::Load(load) => load.run(catalogue, json, quiet),
        }
    }
}

impl Save {
    fn run(&self, catalogue: &Catalogue, json: bool, quiet: bool) -> Result<(), Failure> {
        if !self.force && self.output.exists() {
            return Err(Failure::exists(&self.output, INSTEAD));
        }
        let preset = match (&self.plugin, &self.session, &self.insert) {
            (Some(plugin), ..) => self.of_plugin(plugin, catalogue)?,
            (None, Some(session), Some(insert)) => of_session(session, insert)?,
            _ => return Err(Failure::usage("name a plug-in, or --session and --insert")),
        };
        preset.write(&self.output, self.force)?;
        let shown = self.output.display().to_string();
        if json {
            return output::json(&json!({
                "output": shown, "plugin": preset.plugin, "parameters": preset.parameters,
                "state_bytes": preset.state.as_ref().map(Vec::len),
            }));
        }
        let name = &preset.plugin.name;
        if quiet { Ok(()) } else { output::text(&format!("{shown}: what is set in {name}\n")) }
    }

    fn of_plugin(&self, word: &str, catalogue: &Catalogue) -> Result<Preset, Failure> {
        let place = tempfile::tempdir().map_err(|error| {
            Failure::file_system(format!("no folder can be made to work in: {error}"))
        })?;
        let (report, plugin) = PluginChooser::new(catalogue, place.path()).choose(word)?;
        let start = self.preset.as_deref();
        let start = start.map(|word| plugin_settings::preset(word, (&report, &plugin), LIMIT));
        let (mut parameters, state): (BTreeMap<String, f64>, _) = match start.transpose()? {
            Some(preset) => (preset.parameters, preset.state),
            None => Default::default(),
        };
        for text in &self.param {
            let wrong = |what: String| Failure::usage(format!("--param '{text}': {what}"));
            let set = text.split_once('=');
            let set = set.ok_or_else(|| wrong("give ID=VALUE, such as Gain=-6".to_owned()))?;
            let (parameter, value) = plugin_settings::parameter(set, &plugin).map_err(wrong)?;
            parameters.insert(parameter.id.clone(), value);
        }
        let known = plugin.parameters.iter().zip(0_u32..);
        let values = known.filter_map(|(p, at)| Some((at, *parameters.get(&p.id)?))).collect();
        let settings = Settings { program: None, state, values };
        take(&WorkerProgram::find()?, (&report.path, &plugin), &settings, LIMIT)
            .map_err(|failure| Failure::of_worker(&plugin.name, &failure))
    }
}

fn of_session(session: &Path, insert: &str) -> Result<Preset, Failure> {
    let folder = SessionFolder::open(session)?;
    let session = folder.load()?;
    let (_, insert, slot) = find(&session, insert)?;
    let state = slot.state_sha256.as_deref().map(|name| folder.get_state(name)).transpose()?;
    let number = |(id, value): (&String, &ParameterValue)| match value {
        ParameterValue::Number(value) => Some((id.clone(), *value)),
        _ => None,
    };
    let parameters = insert.parameters.iter().filter_map(number).collect();
    Ok(Preset { plugin: PresetPlugin::of_slot(slot), parameters, state })
}

impl Load {
    fn run(&self, catalogue: &Catalogue, json: bool, quiet: bool) -> Result<(), Failure> {
        let mut editor = SessionFolder::open(&self.session)?.edit()?;
        output::warnings(editor.warnings().iter().filter(|_| !quiet));
        let session = editor.session().clone();
        let (owner, insert, slot) = find(&session, &self.insert)?;
        let preset = self.preset(slot, catalogue)?;
        let state = preset.state.as_deref().map(|state| editor.folder().put_state(state));
        // What was set before and is not in the preset is not set any more.
        let mut parameters: BTreeMap<String, Option<ParameterValue>> =
            insert.parameters.keys().map(|id| (id.clone(), None)).collect();
        let set = preset.parameters.into_iter();
        parameters.extend(set.map(|(id, value)| (id, Some(ParameterValue::Number(value)))));
        let (track, id) = (owner, insert.id.clone());
        let state_sha256 = state.transpose()?;
        let state = SetPluginState { track: track.clone(), insert: id.clone(), state_sha256 };
        let parameters = SetParameters { track, insert: id, parameters };
        let name = Some("load a preset".to_owned());
        let batch = Batch { name, ..Batch::of(vec![state.into(), parameters.into()]) };
        let revision = editor.execute_batch(&batch)?.revision;
        if json {
            return output::json(&json!({ "revision": revision, "insert": self.insert }));
        }
        let (shown, insert) = (&self.preset, &self.insert);
        let text = format!("{insert} has what is in '{shown}'\n");
        if quiet { Ok(()) } else { output::text(&text) }
    }

    /// The preset: a program needs the plug-in, and a file is looked at more closely with it.
    fn preset(&self, slot: &PluginSlot, catalogue: &Catalogue) -> Result<Preset, Failure> {
        let reports = catalogue.reports()?;
        let all = reports.iter().flat_map(|r| r.plugins.iter().map(move |plugin| (r, plugin)));
        let is_it = |(_, plugin): &(&BundleReport, &PluginDescription)| {
            (plugin.format, &plugin.id) == (slot.format, &slot.id)
        };
        let path = Path::new(&self.preset);
        match all.into_iter().find(is_it) {
            Some(known) => plugin_settings::preset(&self.preset, known, LIMIT),
            None if path.is_file() => {
                let preset = Preset::read(path)?;
                preset.check(&PresetPlugin::of_slot(slot), path)?;
                Ok(preset)
            }
            None => {
                let (preset, name) = (&self.preset, &slot.name);
                Err(Failure::invalid(format!(
                    "'{preset}' is no file, and {name} is not known here: name a preset's file, or \
                     run 'wavemill plugins scan'"
                )))
            }
        }
    }
}

/// The insert of `session` that `path` names, such as `bass/comp` or `master/limiter`; whose it is,
/// and the plug-in in it.
fn find<'a>(
    session: &'a Session,
    path: &str,
) -> Result<(ChainOwner, &'a Insert, &'a PluginSlot), Failure> {
    let wrong = |what: &str| Failure::usage(format!("--insert '{path}': {what}"));
    let short = path.strip_prefix("tracks/").unwrap_or(path).replacen("/inserts/", "/", 1);
    let (owner, insert) =
        short.split_once('/').ok_or_else(|| wrong("give TRACK/INSERT, such as bass/comp"))?;
    let id = InsertId::new(insert).map_err(|error| wrong(&error.to_string()))?;
    let owner =
        ChainOwner::try_from(owner.to_owned()).map_err(|error| wrong(&error.to_string()))?;
    let chain = match &owner {
        ChainOwner::Master => &session.master.inserts,
        ChainOwner::Track(track) => {
            let found = session.tracks.iter().find(|found| found.id == *track);
            &found.ok_or_else(|| wrong("the session has no such track"))?.inserts
        }
    };
    let insert = chain.iter().find(|found| found.id == id);
    let insert = insert.ok_or_else(|| wrong("that chain has no such insert"))?;
    let slot = insert.plugin.as_ref().ok_or_else(|| wrong("it is built in, and no plug-in"))?;
    Ok((owner, insert, slot))
}
