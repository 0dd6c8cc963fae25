//! Taking a preset of a plug-in: it is opened, set, run for a moment, and saved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wavemill_core::job::CancelToken;

use super::{Preset, PresetPlugin};
use crate::description::PluginDescription;
use crate::failure::WorkerFailure;
use crate::run::hosted::{Activation, Opened, Source};
use crate::run::link::Link;
use crate::run::{MAX_EVENTS, Record, RecordKind, Transport};
use crate::worker::WorkerProgram;

/// What it runs at for that moment.
const ACTIVATION: Activation = Activation {
    sample_rate_hz: 48_000,
    offline: true,
    block: 512,
    blocks: 1,
    events: MAX_EVENTS,
    mpe: false,
};

/// What is set in a plug-in before it is saved, in this order.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The program it starts from, by its id, where that is one that is loaded.
    pub program: Option<String>,
    /// The state it starts from.
    pub state: Option<Vec<u8>>,
    /// Values of parameters, by their places in its description.
    pub values: Vec<(u32, f64)>,
}

/// Takes a preset of the plug-in of `description` in the bundle at `path`, which may take `limit` for
/// each thing it is asked: its state, or where it saves none, the values of its parameters.
///
/// # Errors
/// Where it fails, or refuses something.
pub fn take(
    program: &WorkerProgram,
    (path, description): (&str, &PluginDescription),
    settings: &Settings,
    limit: Duration,
) -> Result<Preset, WorkerFailure> {
    let source =
        Source { format: description.format, path: path.to_owned(), id: description.id.clone() };
    let link = Arc::new(Link::start(program, &CancelToken::default())?);
    let opened = Opened::new(link, &source, &description.id, limit)?;
    if let Some(id) = &settings.program {
        opened.load_program(id)?;
    }
    if let Some(state) = &settings.state {
        opened.restore_bytes(state)?;
    }
    let mut hosted = opened.activate(ACTIVATION, &settings.values)?;
    for (place, (index, value)) in settings.values.iter().enumerate() {
        let kind = RecordKind::Parameter { index: *index, value: *value };
        hosted.region().put_event(place, &Record { frame: 0, kind });
    }
    hosted.region().set_event_count(settings.values.len());
    hosted.region().set_transport(0, Transport::default());
    hosted.post(ACTIVATION.blocks);
    hosted.wait()?;
    let plugin = PresetPlugin::of(&opened.description);
    if opened.description.saves_state {
        let (parameters, state) = (BTreeMap::new(), Some(hosted.save()?));
        return Ok(Preset { plugin, parameters, state });
    }
    let known = opened.description.parameters.iter().zip(&hosted.values);
    let set = known.filter(|(parameter, _)| parameter.automatable && !parameter.read_only);
    let parameters = set.map(|(parameter, value)| (parameter.id.clone(), *value)).collect();
    Ok(Preset { plugin, parameters, state: None })
}
