//! A plug-in with all that it needs to run: opened, activated, given blocks, and ended.

use std::mem::ManuallyDrop;

use wavemill_core::process::EventKind;
use wavemill_plugins::PluginDescription;
use wavemill_plugins::run::{Record, RecordKind, Transport};

use super::Place;
use super::audio_thread::AudioThread;
use crate::run::{AudioHalf, Block, Guarded, MainHalf, Opened, Setup, open};

/// How plug-ins are usually run.
pub const SETUP: Setup = Setup { sample_rate_hz: 48_000, block: 512, offline: true };

/// Events that a block has room for.
const EVENTS: usize = 4_096;

/// A plug-in. Its end is that of the process, unless it is destroyed before: there are plug-ins that
/// crash then, and only one check is about that.
pub struct Rig<'a> {
    /// What it says it is.
    pub description: PluginDescription,
    /// It, for its main thread.
    pub plugin: ManuallyDrop<Box<dyn MainHalf>>,
    audio_thread: &'a AudioThread,
    playing: Option<Playing>,
    /// What it may still know the addresses of.
    former: Vec<Vec<Guarded>>,
}

/// A plug-in that is active, with the memory that it gets.
struct Playing {
    audio: Box<dyn AudioHalf>,
    inputs: Vec<Guarded>,
    outputs: Vec<Guarded>,
    setup: Setup,
    events: Vec<Record>,
    events_out: Vec<Record>,
    time: i64,
}

/// What came out of it, by channel.
pub type Heard = Vec<Vec<f32>>;

impl<'a> Rig<'a> {
    /// Opens the plug-in at `place`.
    pub fn open(place: &Place, audio_thread: &'a AudioThread) -> Result<Self, String> {
        let Opened { description, plugin } = open(place.format, &place.path, &place.id)?;
        let (playing, former) = (None, Vec::new());
        let plugin = ManuallyDrop::new(plugin);
        Ok(Self { description, plugin, audio_thread, playing, former })
    }

    /// Makes it ready to process; gives its latency.
    pub fn activate(&mut self, setup: Setup) -> Result<u32, String> {
        let active = self.plugin.activate(setup)?;
        let room = |channels: &[u32]| {
            let count = channels.iter().sum::<u32>();
            (0..count).map(|_| Guarded::new(setup.block as usize)).collect::<Result<Vec<_>, _>>()
        };
        let [inputs, outputs] = self.plugin.channels();
        let no_memory = |error: std::io::Error| format!("no memory: {error}");
        let playing = Playing {
            audio: active.audio,
            inputs: room(&inputs).map_err(no_memory)?,
            outputs: room(&outputs).map_err(no_memory)?,
            setup,
            events: Vec::with_capacity(EVENTS),
            events_out: Vec::with_capacity(EVENTS),
            time: 0,
        };
        self.on_audio_thread(playing, |playing| playing.audio.start())?;
        Ok(active.latency_frames)
    }

    /// Has it forget what it has heard, where its format has a call for that.
    pub fn reset(&mut self) -> Result<(), String> {
        let playing = self.playing()?;
        self.on_audio_thread(playing, |playing| {
            playing.audio.reset();
            Ok(())
        })
    }

    /// Gives it `blocks` blocks: `sample` says what each input channel hears at each frame, and
    /// `events` what happens, by frame from the first of them on.
    pub fn play(
        &mut self,
        blocks: u32,
        sample: impl Fn(usize, i64) -> f32,
        events: &[Record],
    ) -> Result<Heard, String> {
        let mut heard: Heard = Vec::new();
        for index in 0..blocks {
            let mut playing = self.playing()?;
            let frames = playing.setup.block;
            for (channel, input) in playing.inputs.iter_mut().enumerate() {
                for (frame, place) in (playing.time..).zip(input.samples()) {
                    *place = sample(channel, frame);
                }
            }
            playing.take_events(events, index * frames);
            self.on_audio_thread(playing, Playing::block)?;
            let playing = self.playing.as_mut().ok_or("it is not active")?;
            heard.resize_with(playing.outputs.len(), Vec::new);
            for (heard, output) in heard.iter_mut().zip(&mut playing.outputs) {
                heard.extend_from_slice(output.samples());
            }
            if playing.audio.asks_for_main_thread() {
                self.plugin.call_back();
            }
        }
        Ok(heard)
    }

    /// Undoes [`Self::activate`].
    pub fn deactivate(&mut self) -> Result<(), String> {
        let playing = self.playing()?;
        self.on_audio_thread(playing, |playing| {
            playing.audio.stop();
            Ok(())
        })?;
        let Playing { audio, inputs, outputs, .. } = self.playing()?;
        drop(audio);
        self.former.extend([inputs, outputs]);
        self.plugin.deactivate()
    }

    /// Ends it; gives it where another instance can be made of it.
    pub fn end(mut self) -> Option<Self> {
        if self.plugin.end_instance() {
            self.former.clear();
            return Some(self);
        }
        ManuallyDrop::into_inner(self.plugin).destroy();
        None
    }

    /// Some notes for what plays them, and every parameter once at its default: what a plug-in hears
    /// in the first ten blocks.
    pub fn usual_events(&self) -> Vec<Record> {
        let block = SETUP.block;
        let set = |(index, parameter): (u32, &wavemill_plugins::PluginParameter)| {
            let (value, frame) = (parameter.nearest(parameter.default), block);
            Record { frame, kind: RecordKind::Parameter { index, value } }
        };
        let parameters = (0_u32..).zip(&self.description.parameters).take(256);
        let parameters = parameters.filter(|(_, p)| !p.read_only && !p.bypass);
        let mut events: Vec<Record> = parameters.map(set).collect();
        if self.description.note_inputs > 0 {
            for (note, key) in (0_u64..).zip([60_u8, 67]) {
                let (channel, velocity) = (0, 0.75);
                let on = EventKind::NoteOn { note, channel, key, velocity };
                let off = EventKind::NoteOff { note, channel, key, velocity: 0.5 };
                for (frame, kind) in [(2 * block, on), (8 * block, off)] {
                    events.push(Record { frame, kind: RecordKind::Event(kind) });
                }
            }
        }
        events.sort_by_key(|event| event.frame);
        events
    }

    fn playing(&mut self) -> Result<Playing, String> {
        self.playing.take().ok_or_else(|| "it is not active".to_owned())
    }

    /// Does `what` on the audio thread.
    fn on_audio_thread(
        &mut self,
        playing: Playing,
        what: impl FnOnce(&mut Playing) -> Result<(), String> + Send + 'static,
    ) -> Result<(), String> {
        let (playing, done) = self.audio_thread.run(move || {
            let mut playing = playing;
            let done = what(&mut playing);
            (playing, done)
        })?;
        self.playing = Some(playing);
        done
    }
}

impl Playing {
    /// The events of the block that starts at frame `first`.
    fn take_events(&mut self, events: &[Record], first: u32) {
        let end = first + self.setup.block;
        let inside = events.iter().filter(|event| (first..end).contains(&event.frame));
        self.events.clear();
        self.events.extend(inside.map(|event| Record { frame: event.frame - first, ..*event }));
    }

    fn block(&mut self) -> Result<(), String> {
        self.outputs.iter_mut().for_each(|output| output.samples().fill(0.0));
        self.events_out.clear();
        let quarters = self.time as f64 / f64::from(self.setup.sample_rate_hz) * 2.0;
        let bar = (quarters / 4.0).floor();
        self.audio.process(&mut Block {
            time: self.time,
            transport: Transport { quarters, bar, bar_quarters: bar * 4.0, ..Transport::default() },
            inputs: &mut self.inputs,
            outputs: &mut self.outputs,
            events: &self.events,
            events_out: &mut self.events_out,
        })?;
        self.time += i64::from(self.setup.block);
        match self.inputs.iter().chain(&self.outputs).all(Guarded::is_whole) {
            true => Ok(()),
            false => Err("it wrote before or behind a buffer".to_owned()),
        }
    }
}

/// Noise that is the same in every run, from -0.5 to 0.5.
pub fn noise(channel: usize, frame: i64) -> f32 {
    let mut mixed = (channel as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ frame.cast_unsigned();
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // 24 bits are exact.
    ((mixed >> 40) as f32) / 16_777_216.0 - 0.5
}
