//! A plug-in in this very process: for the bench that measures what a process of its own costs, and
//! for nothing else.

use std::path::Path;

use wavemill_core::session::PluginFormat;
use wavemill_plugins::run::Transport;

use crate::run::{AudioHalf, Block, Guarded, MainHalf, Opened, Setup, open};

/// A stereo effect that is ready to process.
pub struct InProcess {
    audio: Box<dyn AudioHalf>,
    /// Stays for as long as its other half.
    _main: Box<dyn MainHalf>,
    inputs: Vec<Guarded>,
    outputs: Vec<Guarded>,
    time: i64,
    block: u32,
}

impl InProcess {
    /// Opens the plug-in `id` of the bundle at `path`, for blocks of `block` frames.
    ///
    /// # Errors
    /// In the plug-in's words, or the system's.
    pub fn open(
        format: PluginFormat,
        (path, id): (&Path, &str),
        sample_rate_hz: u32,
        block: u32,
    ) -> Result<Self, String> {
        let Opened { description, mut plugin } = open(format, path, id)?;
        let mut active = plugin.activate(Setup { sample_rate_hz, block, offline: true })?;
        active.audio.start()?;
        let guarded = |count: u32| {
            let all = (0..count).map(|_| Guarded::new(block as usize));
            all.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())
        };
        let count = |buses: &[wavemill_plugins::AudioBus]| buses.iter().map(|b| b.channels).sum();
        Ok(Self {
            audio: active.audio,
            _main: plugin,
            inputs: guarded(count(&description.audio_inputs))?,
            outputs: guarded(count(&description.audio_outputs))?,
            time: 0,
            block,
        })
    }

    /// Processes a block of two channels in place.
    ///
    /// # Errors
    /// Where the plug-in refuses.
    pub fn process(&mut self, channels: &mut [Vec<f32>; 2]) -> Result<(), String> {
        for (input, channel) in self.inputs.iter_mut().zip(&*channels) {
            input.samples().copy_from_slice(channel);
        }
        self.audio.process(&mut Block {
            time: self.time,
            transport: Transport::default(),
            inputs: &mut self.inputs,
            outputs: &mut self.outputs,
            events: &[],
            events_out: &mut Vec::new(),
        })?;
        self.time += i64::from(self.block);
        for (output, channel) in self.outputs.iter_mut().zip(channels) {
            channel.copy_from_slice(output.samples());
        }
        Ok(())
    }
}
