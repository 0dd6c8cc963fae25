//! An LV2 plug-in that runs, for its main thread.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use lilv::World;
use lilv::instance::Instance;
use lilv::plugin::Plugin as Described;
use wavemill_plugins::Tail;

use super::audio::AudioThread;
use super::describe::{describe_plugin, uri, world_of};
use super::features::{check_block, check_required, needs_power_of_two};
use super::latency::latency_frames;
use super::ports::Ports;
use super::programs::preset;
use super::running::{Loaded, Parts, Running};
use super::saved::Saved;
use super::state;
use super::terms::Terms;
use crate::run::{Active, MainHalf, Opened, Setup};

/// What an instance is made with that only tells what is set in it at first.
const USUAL_SETUP: Setup = Setup { sample_rate_hz: 48_000, block: 512, offline: true };

/// A plug-in of which all that its bundle says is known. Its code is loaded when it is activated: an
/// instance has to be told of the rate and of the blocks when it is made.
pub struct Plugin {
    id: String,
    world: World,
    plugin: Described,
    pub(super) ports: Ports,
    starts_with_state: bool,
    needs_power_of_two: bool,
    /// What to restore when there is an instance, and what to set then.
    state: Option<Saved>,
    settings: Vec<(usize, f64)>,
    running: Option<Arc<Mutex<Running>>>,
    /// What was deactivated, and what it was made for.
    pub(super) idle: Option<(Setup, Loaded)>,
    /// What [`Self::running`] was made for.
    setup: Setup,
}

/// Opens the plug-in `id` of the bundle at `path`.
pub fn open(path: &Path, id: &str) -> Result<Opened, String> {
    let world = world_of(path)?;
    let plugins = world.plugins();
    let plugin = plugins.iter().find(|plugin| uri(&plugin.uri()) == id);
    let plugin = plugin.ok_or_else(|| format!("it has no plug-in '{id}'"))?;
    let terms = Terms::new(&world);
    let description = describe_plugin(&terms, id.to_owned(), &plugin)?;
    check_required(&plugin)?;
    let ports = Ports::of(&terms, &plugin, &description)?;
    let starts_with_state = plugin.has_feature(&terms.loads_default_state);
    let (id, state, running) = (id.to_owned(), None, None);
    let settings = Vec::new();
    let needs_power_of_two = needs_power_of_two(&plugin);
    let (idle, setup) = (None, USUAL_SETUP);
    let plugin = Plugin {
        id,
        world,
        plugin,
        ports,
        starts_with_state,
        needs_power_of_two,
        state,
        settings,
        running,
        idle,
        setup,
    };
    Ok(Opened { description, plugin: Box::new(plugin) })
}

impl Plugin {
    /// Makes an instance with the state it was given, ready to be activated.
    fn load(&self, setup: Setup) -> Result<Loaded, String> {
        let mut loaded = Loaded::new(&self.plugin, &self.ports, setup)?;
        match &self.state {
            Some(saved) => {
                for (control, value) in self.ports.values_of(&saved.ports) {
                    loaded.parts.controls.set(control, value);
                }
                state::restore(&loaded.instance, &loaded.parts.features, &saved.values()?)?;
            }
            None if self.starts_with_state => {
                // What says that it has one and has none starts without.
                state::load(&self.world, &self.plugin.uri(), &mut loaded);
            }
            None => {}
        }
        for (control, value) in &self.settings {
            loaded.parts.controls.set(*control, *value);
        }
        Ok(loaded)
    }

    /// The state of an instance, as bytes.
    fn saved(&self, instance: &Instance, parts: &Parts) -> Result<Vec<u8>, String> {
        let ports = self.ports.controls.iter().zip(parts.controls.values());
        let ports = ports.filter(|(port, _)| !port.freewheels);
        let ports = ports.map(|(port, value)| (port.symbol.clone(), *value)).collect();
        let mut saved = Saved::new(self.id.clone(), ports);
        saved.keep(&state::save(instance, &parts.features)?)?;
        saved.to_bytes()
    }
}

impl MainHalf for Plugin {
    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        self.state = Some(Saved::of_bytes(state, &self.id)?);
        // It has none of it.
        self.idle = None;
        Ok(())
    }

    fn load_program(&mut self, id: &str) -> Result<(), String> {
        let missing = || format!("it has no program '{id}'");
        let preset = preset(&self.world, &self.plugin, id).ok_or_else(missing)?;
        let mut loaded = self.load(USUAL_SETUP)?;
        if !state::load(&self.world, &preset, &mut loaded) {
            return Err(missing());
        }
        let saved = self.saved(&loaded.instance, &loaded.parts)?;
        self.restore(&saved)
    }

    fn save(&mut self) -> Result<Vec<u8>, String> {
        if let Some(running) = &self.running {
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            return self.saved(running.instance.instance(), &running.parts);
        }
        if let Some(state) = &self.state {
            return state.to_bytes();
        }
        let loaded = self.load(USUAL_SETUP)?;
        self.saved(&loaded.instance, &loaded.parts)
    }

    fn values(&mut self) -> Vec<f64> {
        if let Some(running) = &self.running {
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            return running.parts.controls.values().to_vec();
        }
        let mut values: Vec<f64> =
            self.ports.controls.iter().map(|control| control.default).collect();
        if let Some(saved) = &self.state {
            for (control, value) in self.ports.values_of(&saved.ports) {
                values[control] = value;
            }
        }
        values
    }

    fn set(&mut self, values: &[(u32, f64)]) {
        let known = values.iter().map(|(index, value)| (*index as usize, *value));
        self.settings = known.filter(|(control, _)| *control < self.ports.controls.len()).collect();
        // It has none of them.
        self.idle = None;
    }

    fn activate(&mut self, setup: Setup) -> Result<Active, String> {
        check_block(self.needs_power_of_two, setup.block)?;
        let loaded = match self.idle.take() {
            Some((of, loaded)) if of == setup => loaded,
            _ => self.load(setup)?,
        };
        self.setup = setup;
        let mut running = loaded.activate();
        running.settle();
        let again = || {
            let mut again = self.load(setup)?.activate();
            again.settle();
            Ok(again)
        };
        let latency_frames = latency_frames(&mut running, self.ports.latency, setup.block, again)?;
        let running = Arc::new(Mutex::new(running));
        self.running = Some(Arc::clone(&running));
        let latency = self.ports.latency.map(|meter| (meter, latency_frames));
        let audio = AudioThread::new(running, self.ports.audio.clone(), setup.block, latency);
        let tail = Tail::Unknown;
        Ok(Active { latency_frames, tail, mpe: false, midi: true, audio: Box::new(audio) })
    }

    fn deactivate(&mut self) -> Result<(), String> {
        let running = self.running.take().ok_or("it is not active")?;
        let running = Arc::into_inner(running).ok_or("its audio thread still has it")?;
        let running = running.into_inner().unwrap_or_else(PoisonError::into_inner);
        // One without that call is made anew.
        self.idle = running.deactivate().map(|loaded| (self.setup, loaded));
        Ok(())
    }

    fn destroy(self: Box<Self>) {}

    // The format has nothing of that kind.
    fn call_back(&mut self) {}
}
