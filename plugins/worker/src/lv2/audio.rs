//! An LV2 plug-in that runs, for its audio thread.
//!
//! The format takes the values of parameters at the start of a block. Blocks are as long as the
//! session says, and are not cut where a parameter moves: what comes at a block's first frame holds
//! from there, and what comes later holds from the start of the next block.

use std::sync::{Arc, Mutex, PoisonError};

use wavemill_plugins::run::{Record, RecordKind};

use super::events::{read_events, write_events};
use super::latency;
use super::position::Position;
use super::running::{Controls, Running};
use super::urid::{Urid, map};
use crate::run::exclusive::Exclusives;
use crate::run::said::Said;
use crate::run::{AudioHalf, Block, Guarded};

/// The plug-in.
pub struct AudioThread {
    running: Arc<Mutex<Running>>,
    /// Its audio inputs and outputs, in the order of the block's channels.
    ports: [Vec<usize>; 2],
    is_connected: bool,
    block: u32,
    /// The meter on which it says how late it is, and what it said last.
    latency: Option<(usize, u32)>,
    position: Position,
    midi: Urid,
    exclusives: Exclusives,
}

impl AudioThread {
    /// For blocks of `block` frames; `latency` is the meter on which it says how late it is, and
    /// what it says so far.
    pub fn new(
        running: Arc<Mutex<Running>>,
        ports: [Vec<usize>; 2],
        block: u32,
        latency: Option<(usize, u32)>,
    ) -> Self {
        let midi = map(c"http://lv2plug.in/ns/ext/midi#MidiEvent");
        let position = Position::new();
        let exclusives = Exclusives::new();
        Self { running, ports, is_connected: false, block, latency, position, midi, exclusives }
    }

    /// Puts what happens into the plug-in's inputs of events.
    fn write(&mut self, running: &mut Running, block: &Block<'_>) -> Result<(), String> {
        let inputs = &mut running.parts.events[0];
        let mut fits = true;
        if inputs.iter().any(|input| input.position)
            && let Some((kind, body)) = self.position.at(block.time, block.transport)
        {
            for input in inputs.iter_mut().filter(|input| input.position) {
                fits &= input.sequence.push(0, kind, body);
            }
        }
        if let Some(input) = inputs.iter_mut().find(|input| input.midi) {
            let sequence = &mut input.sequence;
            fits &= write_events(block.events, self.midi, &mut self.exclusives, sequence);
        }
        match fits {
            true => Ok(()),
            false => Err("more reaches it in a block than its port has room for: thin out notes, controllers and messages".to_owned()),
        }
    }

    /// Reads what the plug-in put out.
    fn read(&self, running: &mut Running, block: &mut Block<'_>) -> Result<(), String> {
        let mut said = Said::new(block.events_out, self.block);
        for output in running.parts.events[1].iter_mut().filter(|output| output.midi) {
            read_events(&mut output.sequence, self.midi, &mut said);
        }
        said.finish()
    }
}

impl AudioHalf for AudioThread {
    // The format has no such thing.
    fn stop(&mut self) {}

    fn process(&mut self, block: &mut Block<'_>) -> Result<(), String> {
        let running = Arc::clone(&self.running);
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_connected {
            let [inputs, outputs] = &self.ports;
            connect(&mut running, inputs, block.inputs)?;
            connect(&mut running, outputs, block.outputs)?;
            self.is_connected = true;
        }
        set(&mut running.parts.controls, block.events, |frame| frame == 0);
        self.write(&mut running, block)?;
        running.run(self.block);
        set(&mut running.parts.controls, block.events, |frame| frame > 0);
        if let Some((meter, said)) = &mut self.latency {
            *said = latency::said(&running, *meter);
        }
        self.read(&mut running, block)
    }

    fn latency_frames(&self) -> Option<u32> {
        self.latency.map(|(_, said)| said)
    }
}

/// Connects `ports` to the memory that stays the same from now on.
fn connect(running: &mut Running, ports: &[usize], memory: &mut [Guarded]) -> Result<(), String> {
    if ports.len() != memory.len() {
        let (wanted, found) = (ports.len(), memory.len());
        return Err(format!("it has {wanted} audio ports of a kind, and got {found} channels"));
    }
    for (port, memory) in ports.iter().zip(memory) {
        running.connect(*port, memory);
    }
    Ok(())
}

/// Sets the parameters that move at the frames that are meant.
fn set(controls: &mut Controls, events: &[Record], is_meant: impl Fn(u32) -> bool) {
    for record in events.iter().filter(|record| is_meant(record.frame)) {
        if let RecordKind::Parameter { index, value } = record.kind {
            controls.set(index as usize, value);
        }
    }
}
