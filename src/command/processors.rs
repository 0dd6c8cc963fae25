//! What a built-in processor takes: its parameters, their ranges, its ports.
//!
//! Plug-ins, and built-ins of a newer build, take anything: nothing here knows them.

use super::place::{ChainOwner, LaneOwner};
use super::{CommandError, Draft};
use crate::dsp::{built_in, built_in_names, spec_of};
use crate::process::{ParameterError, ParameterKind, ParameterSpec, check_file_of};
use crate::session::{AutomationPoint, AutomationTarget, Insert, PLUGIN_PROCESSOR, ParameterValue};

/// Refuses processors that do not exist, and parameters and ports they do not have.
pub(super) fn check_insert(path: &str, insert: &Insert) -> Result<(), CommandError> {
    if insert.processor != PLUGIN_PROCESSOR && spec_of(&insert.processor).is_none() {
        let there = built_in_names().into_iter().chain([PLUGIN_PROCESSOR]);
        return Err(CommandError::not_found(path, "processor", &insert.processor, there));
    }
    check_preset(path, insert, insert.preset.as_deref())?;
    check_file(path, insert)?;
    for (id, value) in &insert.parameters {
        check_parameter(path, insert, id, Some(value))?;
    }
    check_ports(path, insert)
}

/// Refuses a preset the processor does not have.
pub(super) fn check_preset(
    path: &str,
    insert: &Insert,
    preset: Option<&str>,
) -> Result<(), CommandError> {
    let (Some(spec), Some(preset)) = (spec_of(&insert.processor), preset) else { return Ok(()) };
    let found = spec.preset(preset).map(|_| ());
    found.map_err(|error| CommandError::Parameter { path: path.to_owned(), error })
}

/// Refuses a file for what plays from none, and none for what plays from one.
fn check_file(path: &str, insert: &Insert) -> Result<(), CommandError> {
    let Some(factory) = built_in(&insert.processor) else { return Ok(()) };
    check_file_of(factory.as_ref(), insert).map_err(|error| {
        CommandError::refused(format!("{path}/{}", error.at), error.what, error.fix)
    })
}

/// Refuses a parameter the processor does not have, or a value it does not take.
pub(super) fn check_parameter(
    path: &str,
    insert: &Insert,
    id: &str,
    value: Option<&ParameterValue>,
) -> Result<(), CommandError> {
    let Some(spec) = spec_of(&insert.processor) else { return Ok(()) };
    let found = spec.parameter_index(id).and_then(|index| match value {
        Some(value) => spec.parameters[index].resolve(value).map(|_| ()),
        None => Ok(()),
    });
    found.map_err(|error| CommandError::Parameter { path: path.to_owned(), error })
}

/// Refuses sidechains and outputs that the processor does not have.
pub(super) fn check_ports(path: &str, insert: &Insert) -> Result<(), CommandError> {
    let Some(spec) = spec_of(&insert.processor) else { return Ok(()) };
    spec.check_ports(insert).map_err(|error| {
        CommandError::refused(format!("{path}/{}", error.at), error.what, error.fix)
    })
}

/// Refuses automation of what cannot be automated, and values outside the parameter's range.
pub(super) fn check_automation(
    draft: &Draft<'_>,
    owner: &LaneOwner,
    target: &AutomationTarget,
    points: &[AutomationPoint],
) -> Result<(), CommandError> {
    let AutomationTarget::Insert { insert, parameter } = target else { return Ok(()) };
    let chain = match owner {
        LaneOwner::Master => ChainOwner::Master,
        LaneOwner::Track(id) => ChainOwner::Track(id.clone()),
        LaneOwner::Vca(_) => return Ok(()),
    };
    let path = format!("{}/inserts/{insert}", owner.path());
    let insert = draft.insert(&chain, insert)?;
    let Some(spec) = spec_of(&insert.processor) else { return Ok(()) };
    let refused = |error| CommandError::Parameter { path: path.clone(), error };
    let found = &spec.parameters[spec.parameter_index(parameter).map_err(refused)?];
    if !found.automatable {
        let can = spec.parameters.iter().filter(|other| other.automatable);
        let can: Vec<&str> = can.map(|other| other.id.as_ref()).collect();
        let what = format!("{parameter} cannot be automated");
        let fix = format!("what can be is: {}", can.join(", "));
        return Err(CommandError::refused(path, what, fix));
    }
    points.iter().try_for_each(|point| check_value(found, point.value).map_err(refused))
}

fn check_value(spec: &ParameterSpec, value: f64) -> Result<(), ParameterError> {
    if let ParameterKind::Number { .. } = spec.kind {
        return spec.resolve(&ParameterValue::Number(value)).map(|_| ());
    }
    // Choices are automated by index.
    let (min, max) = spec.range();
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ParameterError::Range { id: spec.id.to_string(), value, min, max, unit: "" })
}
