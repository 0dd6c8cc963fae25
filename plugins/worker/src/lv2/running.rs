//! A plug-in's instance with all that its ports are connected to.

use std::cell::Cell;

use lilv::instance::{ActiveInstance, Instance};
use lilv::plugin::Plugin;

use super::features::Features;
use super::ports::{Control, EventPort, Ports};
use super::sequence::Sequence;
use super::why_not_loaded::why_not_loaded;
use super::worker::{Queue, Worker};
use crate::run::{Guarded, Setup};

/// How often a plug-in may ask for something else before it runs.
const MOST_REQUESTS_AT_FIRST: u32 = 16;

/// A plug-in that was instantiated, and is not active yet.
pub struct Loaded {
    /// It.
    pub instance: Instance,
    /// What it works with.
    pub parts: Parts,
}

/// A plug-in that is active.
pub struct Running {
    /// It. The first to go: until then it may touch all of the rest.
    pub instance: ActiveInstance,
    /// What it works with.
    pub parts: Parts,
    /// It asked for work when it ran last.
    is_asked: bool,
}

/// What a plug-in works with, in places that stay the same.
pub struct Parts {
    /// Its parameters.
    pub controls: Controls,
    /// What it says in numbers.
    pub meters: Box<[Cell<f32>]>,
    /// Its inputs and outputs of events.
    pub events: [Vec<Events>; 2],
    /// What it has done beside its audio.
    pub worker: Option<Worker>,
    /// What it is offered.
    pub features: Features,
    /// What ports of control signals are connected to, and those of audio until it processes.
    _other: Vec<Guarded>,
    /// Keeps the world that the plug-in's library belongs to.
    _plugin: Plugin,
}

/// A port of events, and its memory.
pub struct Events {
    /// Its memory.
    pub sequence: Sequence,
    /// It takes or gives MIDI.
    pub midi: bool,
    /// It takes the transport's position.
    pub position: bool,
}

/// The values of parameters, and what the plug-in reads of them.
pub struct Controls {
    list: Vec<Control>,
    values: Vec<f64>,
    sample_rate_hz: f64,
    cells: Box<[Cell<f32>]>,
}

impl Loaded {
    /// Instantiates `plugin` and connects `ports`, all of them.
    pub fn new(plugin: &Plugin, ports: &Ports, setup: Setup) -> Result<Self, String> {
        let queue = Queue::new();
        let features = Features::new(setup, &queue);
        let rate_hz = f64::from(setup.sample_rate_hz);
        // SAFETY: whatever the library does, it does it in this process, which is there for it. The
        // features stay for as long as the instance, behind which they are dropped.
        let instance = unsafe { plugin.instantiate(rate_hz, features.all()) };
        let mut instance = instance.ok_or_else(|| why_not_loaded(plugin))?;
        let worker = Worker::new(&instance, &queue);
        let mut controls = Controls::new(&ports.controls, setup);
        controls.connect(&mut instance);
        let meters = cells(ports.meters.len());
        for (port, cell) in ports.meters.iter().zip(&meters) {
            connect(&mut instance, *port, cell.as_ptr());
        }
        for port in &ports.unconnected {
            connect(&mut instance, *port, std::ptr::null_mut());
        }
        let mut events = [Vec::new(), Vec::new()];
        for (events, ports) in events.iter_mut().zip(&ports.events) {
            *events = event_memory(ports, &mut instance)?;
        }
        let mut other = Vec::new();
        for port in ports.audio.iter().flatten().chain(&ports.signals) {
            let mut memory = Guarded::new(setup.block as usize).map_err(no_memory)?;
            connect(&mut instance, *port, memory.as_mut_ptr());
            other.push(memory);
        }
        let _plugin = plugin.clone();
        let parts = Parts { controls, meters, events, worker, features, _other: other, _plugin };
        Ok(Self { instance, parts })
    }

    /// Activates it.
    pub fn activate(self) -> Running {
        // SAFETY: all of its ports are connected to memory that stays, or may be left unconnected.
        let instance = unsafe { self.instance.activate() };
        Running { instance, parts: self.parts, is_asked: false }
    }
}

impl Running {
    /// Deactivates it; none where the library cannot do that.
    pub fn deactivate(self) -> Option<Loaded> {
        let Self { instance, parts, .. } = self;
        // SAFETY: it is active, and nobody runs it any more.
        unsafe { instance.deactivate() }.map(|instance| Loaded { instance, parts })
    }

    /// Connects an audio port.
    pub fn connect(&mut self, port: usize, memory: &mut Guarded) {
        connect(self.instance.instance_mut(), port, memory.as_mut_ptr());
    }

    /// Lets it ask for what it needs before it can sound, such as files, and have it: it is run for
    /// no frames, as long as there is something that it asks for.
    pub fn settle(&mut self) {
        if self.parts.worker.is_none() {
            return;
        }
        for _ in 0..MOST_REQUESTS_AT_FIRST {
            self.run(0);
            if !self.is_asked {
                return;
            }
        }
    }

    /// Runs it for `frames` frames, no more than a block has, and does what belongs after that.
    pub fn run(&mut self, frames: u32) {
        for output in &mut self.parts.events[1] {
            output.sequence.offer();
        }
        // SAFETY: it is active, and all that it is connected to has room for a block.
        unsafe { self.instance.run(frames as usize) };
        self.is_asked = self.parts.worker.as_ref().is_some_and(Worker::is_asked);
        if let Some(worker) = &mut self.parts.worker {
            worker.end_block();
        }
        for input in &mut self.parts.events[0] {
            input.sequence.clear();
        }
    }
}

impl Controls {
    fn new(list: &[Control], setup: Setup) -> Self {
        let mut new = Self {
            list: list.to_vec(),
            values: vec![0.0; list.len()],
            sample_rate_hz: f64::from(setup.sample_rate_hz),
            cells: cells(list.len()),
        };
        for (index, control) in list.iter().enumerate() {
            let offline = f64::from(u8::from(setup.offline));
            new.put(index, if control.freewheels { offline } else { control.default });
        }
        new
    }

    fn connect(&mut self, instance: &mut Instance) {
        for (control, cell) in self.list.iter().zip(&self.cells) {
            connect(instance, control.port, cell.as_ptr());
        }
    }

    fn put(&mut self, index: usize, value: f64) {
        let Some(control) = self.list.get(index) else { return };
        let scale = if control.of_sample_rate { self.sample_rate_hz } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits for it")]
        let narrow = |value: f64| value as f32;
        let value = f64::from(narrow(value));
        self.values[index] = value;
        self.cells[index].set(narrow(value * scale));
    }

    /// Sets parameter `index`, unless it is the host's own.
    pub fn set(&mut self, index: usize, value: f64) {
        if self.list.get(index).is_some_and(|control| !control.freewheels) {
            self.put(index, value);
        }
    }

    /// Sets what the plug-in reads of the port called `symbol`, in the port's own units.
    pub fn set_port(&mut self, symbol: &str, value: f64) {
        if let Some(index) = self.list.iter().position(|control| control.symbol == symbol) {
            let scale = if self.list[index].of_sample_rate { self.sample_rate_hz } else { 1.0 };
            self.set(index, value / scale);
        }
    }

    /// Their values.
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

fn cells(count: usize) -> Box<[Cell<f32>]> {
    (0..count).map(|_| Cell::new(0.0)).collect()
}

fn connect(instance: &mut Instance, port: usize, memory: *mut f32) {
    // SAFETY: the port is one of the plug-in's, and the memory is of the kind it is for and stays
    // for as long as the instance; null is for ports that may be left unconnected.
    unsafe { instance.connect_port_mut(port, memory) };
}

fn event_memory(ports: &[EventPort], instance: &mut Instance) -> Result<Vec<Events>, String> {
    let mut events = Vec::new();
    for port in ports {
        let mut sequence = Sequence::new(port.bytes).map_err(no_memory)?;
        connect(instance, port.port, sequence.as_mut_ptr());
        events.push(Events { sequence, midi: port.midi, position: port.position });
    }
    Ok(events)
}

fn no_memory(error: std::io::Error) -> String {
    format!("no memory: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(symbol: &str, default: f64) -> Control {
        Control {
            port: 0,
            symbol: symbol.to_owned(),
            default,
            of_sample_rate: false,
            freewheels: false,
        }
    }

    fn read(controls: &Controls) -> Vec<f32> {
        controls.cells.iter().map(Cell::get).collect()
    }

    #[test]
    fn parameters_are_read_as_the_plug_in_means_them() {
        let list = [
            control("gain", 0.1),
            Control { of_sample_rate: true, ..control("cutoff", 0.25) },
            Control { freewheels: true, ..control("offline", 0.0) },
        ];
        let mut setup = Setup { sample_rate_hz: 48_000, block: 64, offline: true };
        let mut controls = Controls::new(&list, setup);
        assert_eq!(read(&controls), [0.1, 12_000.0, 1.0]);
        assert_eq!(controls.values(), [f64::from(0.1_f32), 0.25, 1.0]);
        controls.set(0, -3.0);
        controls.set(1, 0.5);
        // What the host says is nobody else's to say, and there is no parameter 9.
        controls.set(2, 0.0);
        controls.set(9, 1.0);
        assert_eq!(read(&controls), [-3.0, 24_000.0, 1.0]);
        // A bundle's own state has what the plug-in reads.
        controls.set_port("cutoff", 6_000.0);
        controls.set_port("none", 1.0);
        assert_eq!(read(&controls), [-3.0, 6_000.0, 1.0]);
        assert_eq!(controls.values()[1], 0.125);
        setup.offline = false;
        assert_eq!(read(&Controls::new(&list, setup))[2], 0.0);
    }
}
