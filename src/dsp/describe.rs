//! Short forms for writing a processor's description.

use std::borrow::Cow;

use crate::process::{
    AudioPort, ParameterKind, ParameterSpec, ProcessorSpec, ProcessorTraits, Unit,
};

/// A parameter that is a number; automatable.
pub(super) fn number(
    id: &'static str,
    name: &'static str,
    unit: Unit,
    (min, max): (f64, f64),
    default: f64,
) -> ParameterSpec {
    ParameterSpec {
        id: Cow::Borrowed(id),
        name: Cow::Borrowed(name),
        kind: ParameterKind::Number { unit, min, max, default },
        automatable: true,
    }
}

/// A parameter that is a number and read only when the processor is prepared.
pub(super) fn setting(
    id: &'static str,
    name: &'static str,
    unit: Unit,
    range: (f64, f64),
    default: f64,
) -> ParameterSpec {
    ParameterSpec { automatable: false, ..number(id, name, unit, range, default) }
}

/// A choice among names, read only when the processor is prepared.
pub(super) fn choice(
    id: &'static str,
    name: &'static str,
    options: &'static [&'static str],
    default: usize,
) -> ParameterSpec {
    ParameterSpec {
        id: Cow::Borrowed(id),
        name: Cow::Borrowed(name),
        kind: ParameterKind::Choice { options, default },
        automatable: false,
    }
}

/// An effect with one audio input.
pub(super) fn effect(
    name: &'static str,
    summary: &'static str,
    version: u32,
    parameters: Vec<ParameterSpec>,
) -> ProcessorSpec {
    ProcessorSpec {
        inputs: vec![AudioPort { name: Cow::Borrowed("main") }],
        ..source(name, summary, version, parameters)
    }
}

/// A source without audio inputs.
pub(super) fn source(
    name: &'static str,
    summary: &'static str,
    version: u32,
    parameters: Vec<ParameterSpec>,
) -> ProcessorSpec {
    ProcessorSpec {
        name: Cow::Borrowed(name),
        summary: Cow::Borrowed(summary),
        version,
        parameters,
        inputs: Vec::new(),
        outputs: vec![AudioPort { name: Cow::Borrowed("main") }],
        event_inputs: 0,
        event_outputs: 0,
        presets: &[],
        traits: ProcessorTraits::BUILT_IN,
    }
}
