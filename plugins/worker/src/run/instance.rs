//! A plug-in that runs, as two halves: what only its main thread may call, and what only its audio
//! thread may.

use wavemill_plugins::run::{Record, Transport};
use wavemill_plugins::{PluginDescription, Tail};

use super::guarded::Guarded;
use crate::probe::Examined;

/// A plug-in that was loaded.
pub struct Opened {
    /// What it is.
    pub description: PluginDescription,
    /// It, for its main thread.
    pub plugin: Box<dyn MainHalf>,
}

/// What a plug-in is activated with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// The rate.
    pub sample_rate_hz: u32,
    /// Frames of every block.
    pub block: u32,
    /// True where nobody waits for its output.
    pub offline: bool,
}

/// A plug-in that is ready to process.
pub struct Active {
    /// How late its output is.
    pub latency_frames: u32,
    /// How long it sounds after its input has ended, at the rate it runs at.
    pub tail: Tail,
    /// It takes single notes with their expression as MPE, and in no finer form.
    pub mpe: bool,
    /// Notes may reach it as MIDI, and so as MPE where the session wants that.
    pub midi: bool,
    /// It, for its audio thread.
    pub audio: Box<dyn AudioHalf>,
}

impl Active {
    /// True where notes reach it as MPE; `wanted` is true where the session asks for that. What takes
    /// no MIDI at all hears of expression in its own form.
    pub fn as_mpe(&self, wanted: bool) -> bool {
        self.mpe || wanted && self.midi
    }
}

/// What the main thread of a plug-in calls.
pub trait MainHalf: Examined {
    /// Restores what [`Self::save`] gave, before activation.
    fn restore(&mut self, state: &[u8]) -> Result<(), String>;

    /// Sets what the program `id` of its description has, before activation. A format whose programs
    /// are values of a parameter has none that are loaded.
    fn load_program(&mut self, id: &str) -> Result<(), String> {
        Err(format!("it has no program '{id}' to load"))
    }

    /// Saves what is set.
    fn save(&mut self) -> Result<Vec<u8>, String>;

    /// The values of its parameters, in the order of its description.
    fn values(&mut self) -> Vec<f64>;

    /// Sets parameters, by their places in the description, before activation: what its latency
    /// follows is then known to it.
    fn set(&mut self, values: &[(u32, f64)]);

    /// Makes it ready to process; not called again before [`Self::deactivate`].
    fn activate(&mut self, setup: Setup) -> Result<Active, String>;

    /// Undoes [`Self::activate`], once its audio half was stopped and dropped.
    fn deactivate(&mut self) -> Result<(), String>;

    /// Ends it as its format asks for, once it is no longer active. A worker that plays for a render
    /// leaves that to the end of its process: there are plug-ins that crash when they are destroyed.
    fn destroy(self: Box<Self>);

    /// Calls it back where it asked for that.
    fn call_back(&mut self);
}

/// What the audio thread of a plug-in calls.
pub trait AudioHalf: Send {
    /// Called first on the audio thread.
    fn start(&mut self) -> Result<(), String> {
        Ok(())
    }

    /// Processes a block.
    fn process(&mut self, block: &mut Block<'_>) -> Result<(), String>;

    /// Called last on the audio thread.
    fn stop(&mut self);

    /// Has it forget what it has heard, where its format has a call for that.
    fn reset(&mut self) {}

    /// True where it asked to be called back on its main thread.
    fn asks_for_main_thread(&self) -> bool {
        false
    }

    /// True where it asked to be activated again, as those do whose latency is another one from then
    /// on.
    fn asks_for_restart(&self) -> bool {
        false
    }

    /// How late its output is since the last block, of a format that says so while it runs.
    fn latency_frames(&self) -> Option<u32> {
        None
    }
}

/// A block of work. All blocks of a plug-in are equally long.
pub struct Block<'a> {
    /// Node time of its first frame: the timeline, less the latency before the plug-in.
    pub time: i64,
    /// What the transport says there.
    pub transport: Transport,
    /// Samples of all channels of all input buses, in the order of its description; the same
    /// places in every block.
    pub inputs: &'a mut [Guarded],
    /// Room for those of all output buses; what is not written stays silent.
    pub outputs: &'a mut [Guarded],
    /// What happens in it, by frame; of one frame, parameters first.
    pub events: &'a [Record],
    /// Takes what the plug-in puts out, by frame, up to its capacity.
    pub events_out: &'a mut Vec<Record>,
}
