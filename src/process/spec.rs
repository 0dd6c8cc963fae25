//! Describe: what a processor is, before any exists.

use std::borrow::Cow;

use crate::session::ParameterValue;

/// Most sidechain inputs of a processor.
pub const MAX_SIDECHAINS: usize = 16;

/// Most outputs a processor has besides the main one.
pub const MAX_FURTHER_OUTPUTS: usize = 64;

/// What a processor is: its name, version, ports and parameters. Part of every signal key.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessorSpec {
    /// The name a session uses, such as `equaliser`.
    pub name: Cow<'static, str>,
    /// One line for people.
    pub summary: Cow<'static, str>,
    /// Raised whenever the bits it makes change on purpose.
    pub version: u32,
    /// Parameters in a fixed order; values are passed to the processor in this order.
    pub parameters: Vec<ParameterSpec>,
    /// Audio inputs; empty for instruments and generators, which replace what is on the track.
    /// The first is the main input, processed in place; the rest are sidechains.
    pub inputs: Vec<AudioPort>,
    /// Audio outputs. The first is the main output, which takes the main input's place in the
    /// chain; the rest are stereo and go where the session routes them.
    pub outputs: Vec<AudioPort>,
    /// Event inputs.
    pub event_inputs: usize,
    /// Event outputs. Where there is one, what it puts out takes the place of the events it heard
    /// for all processors after it in the chain; where there is none, events pass by unchanged.
    pub event_outputs: usize,
    /// Presets, each of which an insert may name.
    pub presets: &'static [Preset],
    /// What may be assumed of it.
    pub traits: ProcessorTraits,
}

/// Values that make one sound of a processor; what they leave out stays at its default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// The name an insert uses, such as `warm-pad`.
    pub name: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Values by the id of their parameter.
    pub values: &'static [(&'static str, PresetValue)],
}

/// A value of a preset: what a session writes for the same parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PresetValue {
    /// In the parameter's unit.
    Number(f64),
    /// One of the parameter's choices.
    Choice(&'static str),
}

/// An audio port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPort {
    /// Its name, such as `main` or `sidechain`.
    pub name: Cow<'static, str>,
}

/// What may be assumed of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessorTraits {
    /// Its running state can be saved and restored. Of one whose state cannot be, none is asked for:
    /// it runs from the start of the stream, and starts anew where plans are swapped.
    pub checkpointable: bool,
    /// The same input gives the same output. Nothing is kept of a render in which it does not.
    pub repeatable: bool,
}

impl ProcessorTraits {
    /// What every built-in processor is.
    pub const BUILT_IN: Self = Self { checkpointable: true, repeatable: true };
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Its id, stable across versions, such as `band1.frequency_hz`.
    pub id: Cow<'static, str>,
    /// Its name for people.
    pub name: Cow<'static, str>,
    /// Its values.
    pub kind: ParameterKind,
    /// A lane may drive it; the others are read when the processor is prepared.
    pub automatable: bool,
}

/// The values of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterKind {
    /// A number.
    Number {
        /// Its unit.
        unit: Unit,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Value where none is given.
        default: f64,
    },
    /// One of several names; its value is the index.
    Choice {
        /// The names.
        options: &'static [&'static str],
        /// Index of the one used where none is given.
        default: usize,
    },
}

/// The unit of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Decibels.
    Decibels,
    /// Hertz.
    Hertz,
    /// Milliseconds.
    Milliseconds,
    /// Quarter notes.
    Quarters,
    /// A ratio or factor without a unit.
    Ratio,
    /// Semitones.
    Semitones,
}

impl Unit {
    /// The unit's sign, with a space before it; empty for a ratio.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Decibels => " dB",
            Self::Hertz => " Hz",
            Self::Milliseconds => " ms",
            Self::Quarters => " quarter notes",
            Self::Ratio => "",
            Self::Semitones => " semitones",
        }
    }
}

/// A value that a parameter does not take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// The processor has no such parameter.
    #[error("{processor} has no parameter '{id}': it has {choices}")]
    Unknown {
        /// The processor's name.
        processor: String,
        /// What was asked for.
        id: String,
        /// What there is.
        choices: String,
    },
    /// The processor has no such preset.
    #[error("{processor} has no preset '{name}': {choices}")]
    UnknownPreset {
        /// The processor's name.
        processor: String,
        /// What was asked for.
        name: String,
        /// What there is, or what to do.
        choices: String,
    },
    /// Not one of the choices.
    #[error("{id} cannot be '{value}': choose one of {choices}")]
    Choice {
        /// The parameter.
        id: String,
        /// What was given.
        value: String,
        /// What there is.
        choices: String,
    },
    /// A number outside the range.
    #[error("{id} cannot be {value}{unit}: it goes from {min} to {max}{unit}")]
    Range {
        /// The parameter.
        id: String,
        /// What was given.
        value: f64,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
        /// Sign of the unit.
        unit: &'static str,
    },
}

impl PresetValue {
    /// The value as a session writes it.
    pub fn written(self) -> ParameterValue {
        match self {
            Self::Number(number) => ParameterValue::Number(number),
            Self::Choice(choice) => ParameterValue::Choice(choice.to_owned()),
        }
    }
}

impl ParameterSpec {
    /// The value used where a session gives none; choices by index.
    pub fn default_value(&self) -> f64 {
        match self.kind {
            ParameterKind::Number { default, .. } => default,
            ParameterKind::Choice { default, .. } => default as f64,
        }
    }

    /// Smallest and largest value; choices by index.
    pub fn range(&self) -> (f64, f64) {
        match self.kind {
            ParameterKind::Number { min, max, .. } => (min, max),
            ParameterKind::Choice { options, .. } => (0.0, options.len() as f64 - 1.0),
        }
    }

    /// Turns a session's value into the number the processor takes; choices become indices.
    pub fn resolve(&self, value: &ParameterValue) -> Result<f64, ParameterError> {
        match (&self.kind, value) {
            (ParameterKind::Number { unit, min, max, .. }, ParameterValue::Number(value)) => {
                if value.is_finite() && (*min..=*max).contains(value) {
                    return Ok(*value);
                }
                Err(ParameterError::Range {
                    id: self.id.to_string(),
                    value: *value,
                    min: *min,
                    max: *max,
                    unit: unit.sign(),
                })
            }
            (ParameterKind::Number { unit, min, max, .. }, ParameterValue::Choice(text)) => {
                Err(ParameterError::Choice {
                    id: self.id.to_string(),
                    value: text.clone(),
                    choices: format!("the numbers from {min} to {max}{}", unit.sign()),
                })
            }
            (ParameterKind::Choice { options, .. }, ParameterValue::Choice(text)) => options
                .iter()
                .position(|option| option == text)
                .map(|index| index as f64)
                .ok_or_else(|| self.no_choice(text.clone(), options)),
            (ParameterKind::Choice { options, .. }, ParameterValue::Number(number)) => {
                Err(self.no_choice(number.to_string(), options))
            }
        }
    }

    fn no_choice(&self, value: String, options: &[&str]) -> ParameterError {
        ParameterError::Choice { id: self.id.to_string(), value, choices: options.join(", ") }
    }
}

impl ProcessorSpec {
    /// Index of the parameter called `id`.
    pub fn parameter_index(&self, id: &str) -> Result<usize, ParameterError> {
        self.parameters.iter().position(|parameter| parameter.id == id).ok_or_else(|| {
            let ids: Vec<&str> = self.parameters.iter().map(|p| p.id.as_ref()).collect();
            ParameterError::Unknown {
                processor: self.name.to_string(),
                id: id.to_owned(),
                choices: if ids.is_empty() { "none".to_owned() } else { ids.join(", ") },
            }
        })
    }

    /// The preset called `name`.
    pub fn preset(&self, name: &str) -> Result<&'static Preset, ParameterError> {
        self.presets.iter().find(|preset| preset.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.presets.iter().map(|preset| preset.name).collect();
            let choices = match names.is_empty() {
                true => "it has none, leave it out".to_owned(),
                false => format!("choose one of {}", names.join(", ")),
            };
            let (processor, name) = (self.name.to_string(), name.to_owned());
            ParameterError::UnknownPreset { processor, name, choices }
        })
    }

    /// All parameter values in order: the given ones, for the rest those of the preset, and
    /// defaults for what neither names.
    pub fn resolve<'a>(
        &self,
        preset: Option<&str>,
        given: impl IntoIterator<Item = (&'a String, &'a ParameterValue)>,
    ) -> Result<Vec<f64>, ParameterError> {
        let mut values: Vec<f64> =
            self.parameters.iter().map(ParameterSpec::default_value).collect();
        let preset = preset.map(|name| self.preset(name)).transpose()?;
        for (id, value) in preset.map_or(&[][..], |preset| preset.values) {
            let index = self.parameter_index(id)?;
            values[index] = self.parameters[index].resolve(&value.written())?;
        }
        for (id, value) in given {
            let index = self.parameter_index(id)?;
            values[index] = self.parameters[index].resolve(value)?;
        }
        Ok(values)
    }

    /// True where it makes its own sound and takes no audio: an instrument or a generator.
    pub fn is_source(&self) -> bool {
        self.inputs.is_empty()
    }

    /// True where it has a sidechain input.
    pub fn has_sidechain(&self) -> bool {
        self.inputs.len() > 1
    }

    /// The inputs after the main one, at most [`MAX_SIDECHAINS`].
    pub fn sidechains(&self) -> &[AudioPort] {
        self.inputs.get(1..).unwrap_or_default()
    }

    /// The outputs after the main one, at most [`MAX_FURTHER_OUTPUTS`].
    pub fn further_outputs(&self) -> &[AudioPort] {
        self.outputs.get(1..).unwrap_or_default()
    }
}
