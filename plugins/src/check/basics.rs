//! Checks of what comes before sound: it opens, describes itself, and processes at all.

use std::collections::BTreeSet;

use super::outcome::Finding;
use super::subject::{Run, Subject};
use crate::description::PluginParameter;

/// Loads, and becomes ready.
pub(super) fn opens(subject: &Subject) -> Finding {
    let run = Run { frames: 0, ..subject.usual() };
    match subject.run(&run) {
        Ok(output) => Finding::passed(format!(
            "{} parameters, latency {} frames, tail {:?}",
            output.values.len(),
            output.latency_frames,
            output.tail
        )),
        Err(failure) => Finding::lost(&failure),
    }
}

/// Says the same twice, and what makes sense.
pub(super) fn describes_itself(subject: &Subject) -> Finding {
    let described = || subject.link().and_then(|link| subject.open(link));
    let (first, second) = match (described(), described()) {
        (Ok(first), Ok(second)) => (first.description, second.description),
        (Err(failure), _) | (_, Err(failure)) => return Finding::lost(&failure),
    };
    if first != second {
        return Finding::failed("the same in every process", "two processes differ");
    }
    if first.name.trim().is_empty() {
        return Finding::failed("a name", "it has none");
    }
    let mut ids = BTreeSet::new();
    for parameter in &first.parameters {
        if !ids.insert(&parameter.id) {
            let came = format!("two have '{}'", parameter.id);
            return Finding::failed("an id of its own for each parameter", came);
        }
        if let Some(wrong) = range_fault(parameter) {
            let expected = "ranges that hold the default";
            return Finding::failed(expected, format!("'{}' {wrong}", parameter.name));
        }
    }
    Finding::passed(format!("{} parameters", first.parameters.len()))
}

fn range_fault(parameter: &PluginParameter) -> Option<String> {
    let PluginParameter { min, max, default, .. } = *parameter;
    let holds = min <= default && default <= max;
    (!holds).then(|| format!("goes from {min} to {max}, and starts at {default}"))
}

/// Processes at the usual rates.
pub(super) fn processes(subject: &Subject) -> Finding {
    for sample_rate_hz in [44_100, 48_000, 96_000] {
        if let Err(failure) = subject.run(&Run { sample_rate_hz, ..subject.usual() }) {
            let came = format!("at {sample_rate_hz} Hz: {}", failure.told());
            return Finding::failed("it to process a second", came);
        }
    }
    Finding::passed("44.1, 48 and 96 kHz")
}
