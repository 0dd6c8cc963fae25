//! A host in miniature: runs a plug-in block by block on this thread.

use std::path::{Path, PathBuf};

use wavemill_core::process::EventKind;
use wavemill_plugins::PluginDescription;
use wavemill_plugins::run::{Record, RecordKind, Transport};

use crate::run::mpe::Mpe;
use crate::run::{Active, AudioHalf, Block, Guarded, MainHalf, Opened, Setup};

pub const RATE_HZ: u32 = 48_000;
pub const BLOCK: u32 = 128;
pub const SETUP: Setup = Setup { sample_rate_hz: RATE_HZ, block: BLOCK, offline: true };

/// A bundle that a package installs; `None`, and a word about it, where it is not there.
pub fn installed(bundle: &str) -> Option<PathBuf> {
    let path = Path::new("/usr/lib").join(bundle);
    if !path.exists() {
        eprintln!("skipped: '{}' is not installed (ci/setup installs it)", path.display());
        return None;
    }
    Some(path)
}

/// A plug-in that is active.
pub struct Host {
    pub description: PluginDescription,
    pub main: Box<dyn MainHalf>,
    pub latency_frames: u32,
    pub tempo_bpm: f64,
    pub mpe: Option<Mpe>,
    audio: Box<dyn AudioHalf>,
    inputs: Vec<Guarded>,
    outputs: Vec<Guarded>,
    frame: u32,
}

impl Host {
    /// Activates what was opened, with parameters as they are.
    pub fn new(opened: Opened) -> Self {
        Self::try_new(opened, SETUP, None).unwrap()
    }

    /// Activates what was opened, with parameters set before, by their places.
    pub fn with(mut opened: Opened, values: &[(u32, f64)]) -> Self {
        opened.plugin.set(values);
        Self::new(opened)
    }

    pub fn try_new(opened: Opened, setup: Setup, state: Option<&[u8]>) -> Result<Self, String> {
        let Opened { description, plugin: mut main } = opened;
        if let Some(state) = state {
            main.restore(state)?;
        }
        let active = main.activate(setup)?;
        let mpe = active.as_mpe(false).then(Mpe::new);
        let Active { latency_frames, mut audio, .. } = active;
        audio.start()?;
        let [inputs, outputs] = [&description.audio_inputs, &description.audio_outputs]
            .map(|buses| buses.iter().map(|bus| bus.channels).sum::<u32>())
            .map(|channels| {
                (0..channels).map(|_| Guarded::new(setup.block as usize).unwrap()).collect()
            });
        let (tempo_bpm, frame) = (120.0, 0);
        Ok(Self {
            description,
            main,
            latency_frames,
            tempo_bpm,
            mpe,
            audio,
            inputs,
            outputs,
            frame,
        })
    }

    pub fn lv2(bundle: &str, id: &str) -> Option<Self> {
        Some(Self::new(crate::lv2::open(&installed(bundle)?, id).unwrap()))
    }

    pub fn clap(bundle: &str) -> Option<Self> {
        let path = installed(bundle)?;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let id = format!("com.zamaudio.{name}");
        Some(Self::new(crate::clap::open(&path, &id).unwrap()))
    }

    /// The record that sets the parameter called `name` at `frame`, counted from the first one.
    pub fn set(&self, frame: u32, name: &str, value: f64) -> Record {
        let parameters = &self.description.parameters;
        let is_it = |name: &str| {
            parameters
                .iter()
                .position(|p| p.id == name)
                .or_else(|| parameters.iter().position(|p| p.name == name))
        };
        let index = is_it(name).unwrap_or_else(|| panic!("no '{name}' in {parameters:?}"));
        let index = u32::try_from(index).unwrap();
        Record { frame, kind: RecordKind::Parameter { index, value } }
    }

    /// Runs it for whole blocks, until `frames` are over; `input` gives the sample of a channel and
    /// frame, and records have frames from the first one on. Gives its outputs, and its records.
    pub fn run(
        &mut self,
        frames: u32,
        input: impl Fn(usize, u32) -> f32,
        records: &[Record],
    ) -> (Vec<Vec<f32>>, Vec<Record>) {
        self.try_run(frames, input, records).unwrap()
    }

    /// The same, where it may fail.
    pub fn try_run(
        &mut self,
        frames: u32,
        input: impl Fn(usize, u32) -> f32,
        records: &[Record],
    ) -> Result<(Vec<Vec<f32>>, Vec<Record>), String> {
        let mut heard = vec![Vec::new(); self.outputs.len()];
        let mut said = Vec::new();
        let block = BLOCK;
        let end = self.frame + frames;
        while self.frame < end {
            let first = self.frame;
            for (channel, memory) in self.inputs.iter_mut().enumerate() {
                for (frame, sample) in (first..).zip(memory.samples()) {
                    *sample = input(channel, frame);
                }
            }
            self.outputs.iter_mut().for_each(|output| output.samples().fill(0.0));
            let inside = records.iter().filter(|r| (first..first + block).contains(&r.frame));
            let events: Vec<Record> =
                inside.map(|r| Record { frame: r.frame - first, ..*r }).collect();
            let mut events_out = Vec::with_capacity(256);
            let quarters = f64::from(first) / f64::from(RATE_HZ) * self.tempo_bpm / 60.0;
            self.audio.process(&mut Block {
                time: i64::from(first),
                transport: Transport {
                    quarters,
                    tempo_bpm: self.tempo_bpm,
                    ..Transport::default()
                },
                inputs: &mut self.inputs,
                outputs: &mut self.outputs,
                events: match &mut self.mpe {
                    Some(mpe) => mpe.rewrite(&events)?,
                    None => &events,
                },
                events_out: &mut events_out,
            })?;
            assert!(self.inputs.iter().chain(&self.outputs).all(Guarded::is_whole));
            for (heard, output) in heard.iter_mut().zip(&mut self.outputs) {
                heard.extend_from_slice(output.samples());
            }
            said.extend(events_out.iter().map(|r| Record { frame: r.frame + first, ..*r }));
            self.frame += block;
        }
        Ok((heard, said))
    }
}

/// A note of key 60 that starts or ends.
pub fn note(frame: u32, on: bool) -> Record {
    let (note, channel, key, velocity) = (1, 0, 60, 100.0 / 127.0);
    let kind = match on {
        true => EventKind::NoteOn { note, channel, key, velocity },
        false => EventKind::NoteOff { note, channel, key, velocity },
    };
    Record { frame, kind: RecordKind::Event(kind) }
}

/// Noise between -0.5 and 0.5, the same for the same frame and channel.
pub fn noise(channel: usize, frame: u32) -> f32 {
    let seed = u64::from(frame) << 8 | channel as u64;
    let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let top = u16::try_from((mixed ^ mixed >> 32) >> 40 & 0xffff).unwrap();
    f32::from(top) / 65_536.0 - 0.5
}

pub fn silence(_: usize, _: u32) -> f32 {
    0.0
}

pub fn impulse(_: usize, frame: u32) -> f32 {
    f32::from(u8::from(frame == 1_000))
}
