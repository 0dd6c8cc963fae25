//! What a plug-in says it is: its ports, parameters, latency and tail.

use serde::{Deserialize, Serialize};
use wavemill_core::session::PluginFormat;

/// A plug-in as it describes itself, before anything is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginDescription {
    /// Its format.
    pub format: PluginFormat,
    /// Its id in that format, which sessions use.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Its version, as it writes it.
    pub version: String,
    /// One line for people; may be empty.
    pub summary: String,
    /// What it says it is good for, in the words of its format.
    pub features: Vec<String>,
    /// What it is in a chain.
    pub kind: PluginKind,
    /// Audio inputs, the main one first where there is one.
    pub audio_inputs: Vec<AudioBus>,
    /// Audio outputs, the main one first where there is one.
    pub audio_outputs: Vec<AudioBus>,
    /// How many ports take notes or MIDI.
    pub note_inputs: u32,
    /// How many ports give notes or MIDI.
    pub note_outputs: u32,
    /// Parameters, in its order.
    pub parameters: Vec<PluginParameter>,
    /// How late its output is at 48 kHz with nothing set, in frames; `None` where it could not be
    /// activated.
    pub latency_frames: Option<u32>,
    /// How long it sounds after its input has ended.
    pub tail: Tail,
    /// True where it can save and restore what is set.
    pub saves_state: bool,
    /// The programs it comes with.
    pub programs: Vec<PluginProgram>,
}

/// A program that a plug-in comes with: everything it has to set, ready to be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginProgram {
    /// Its id: the URI of an LV2 preset, or list and place in it for VST3.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The parameter that chooses it, where one does; where none does, it is loaded.
    pub parameter: Option<ProgramParameter>,
}

/// A parameter that chooses a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramParameter {
    /// The parameter's id.
    pub id: String,
    /// Its value for the program.
    pub value: f64,
}

/// What a plug-in is in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginKind {
    /// Makes sound out of notes.
    Instrument,
    /// Takes sound and gives sound, or only looks at it.
    Effect,
    /// Takes notes and gives notes.
    NoteEffect,
}

/// A group of channels that go together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudioBus {
    /// Its name for people.
    pub name: String,
    /// How many channels it has.
    pub channels: u32,
    /// True for the one that is in the chain.
    pub main: bool,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginParameter {
    /// Its id in the plug-in's format: a number, or a symbol for LV2.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The group it is in, such as `Oscillator/Filter`; may be empty.
    pub group: String,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Value with nothing set.
    pub default: f64,
    /// The smallest, the default and the largest value as the plug-in writes them; empty where it
    /// does not.
    pub texts: [String; 3],
    /// True where only whole numbers count.
    pub stepped: bool,
    /// True where it may be automated.
    pub automatable: bool,
    /// True where it only shows something.
    pub read_only: bool,
    /// True where people need not see it.
    pub hidden: bool,
    /// True where it is the plug-in's own bypass.
    pub bypass: bool,
}

/// How long a plug-in sounds after its input has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tail {
    /// It does not say.
    Unknown,
    /// For so many frames at 48 kHz.
    Frames(u32),
    /// For ever.
    Infinite,
}

impl PluginParameter {
    /// The value of its range that is nearest to `value`; of a range that is turned round, what it
    /// says is its smallest.
    pub fn nearest(&self, value: f64) -> f64 {
        value.clamp(self.min, self.max.max(self.min))
    }
}

impl PluginKind {
    /// Tells by the ports what a plug-in is that does not say so.
    pub fn of_ports(audio_inputs: bool, audio_outputs: bool, notes: [bool; 2]) -> Self {
        match (audio_inputs, audio_outputs, notes) {
            (false, true, _) => Self::Instrument,
            (false, false, [true, true]) => Self::NoteEffect,
            _ => Self::Effect,
        }
    }

    /// Its name in a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instrument => "instrument",
            Self::Effect => "effect",
            Self::NoteEffect => "note-effect",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_their_range_even_where_it_is_turned_round() {
        let parameter = |min, max| PluginParameter {
            id: "1".to_owned(),
            name: "Gain".to_owned(),
            group: String::new(),
            min,
            max,
            default: min,
            texts: [const { String::new() }; 3],
            stepped: false,
            automatable: true,
            read_only: false,
            hidden: false,
            bypass: false,
        };
        let gain = parameter(-1.0, 2.0);
        assert_eq!([-5.0, 0.5, 9.0].map(|value| gain.nearest(value)), [-1.0, 0.5, 2.0]);
        assert_eq!([-5.0, 0.5, 9.0].map(|value| parameter(2.0, -1.0).nearest(value)), [2.0; 3]);
    }
}
