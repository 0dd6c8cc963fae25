//! Checks of what parameters do to a plug-in: their ends, their moments, and values at random.

use super::outcome::Finding;
use super::random::Random;
use super::subject::{Run, Subject};
use crate::description::PluginParameter;
use crate::run::{Record, RecordKind};

/// Parameters that one run sets: more would take minutes for what has thousands.
const MOST: usize = 256;

/// Rounds of random values.
const ROUNDS: u32 = 8;

/// What may be set, with its place in the list.
fn settable(subject: &Subject) -> Vec<(u32, &PluginParameter)> {
    let all = subject.description().parameters.iter();
    let all = (0_u32..).zip(all).filter(|(_, p)| !p.read_only && !p.bypass);
    all.take(MOST).collect()
}

fn set(frame: u32, index: u32, value: f64) -> Record {
    Record { frame, kind: RecordKind::Parameter { index, value } }
}

/// What is in a run beside its parameters: a quarter of a second.
fn short(subject: &Subject) -> Run {
    Run { frames: 12_000, ..subject.usual() }
}

fn survives(subject: &Subject, events: Vec<Record>, what: &str) -> Result<(), Finding> {
    let mut run = short(subject);
    run.events.extend(events);
    run.events.sort_by_key(|record| record.frame);
    match subject.run(&run) {
        Ok(_) => Ok(()),
        Err(failure) => Err(Finding::failed("it to go on", format!("{what}: {}", failure.told()))),
    }
}

/// Survives both ends of every range.
pub(super) fn ends(subject: &Subject) -> Finding {
    let parameters = settable(subject);
    let of = |end: fn(&PluginParameter) -> f64| {
        parameters.iter().map(|(index, p)| set(0, *index, end(p))).collect()
    };
    let both = [(of(|p| p.min), "all at their least"), (of(|p| p.max), "all at their greatest")];
    for (events, what) in both {
        if let Err(finding) = survives(subject, events, what) {
            return finding;
        }
    }
    Finding::passed(format!("{} parameters", parameters.len()))
}

/// Takes parameters at the edges of a block.
pub(super) fn automation_edges(subject: &Subject) -> Finding {
    let parameters = settable(subject);
    let mut events = Vec::new();
    for (index, parameter) in &parameters {
        for (frame, value) in [
            (0, parameter.max),
            (511, parameter.min),
            (512, parameter.default),
            (1_023, parameter.max),
            (1_024, parameter.default),
        ] {
            events.push(set(frame, *index, value));
        }
    }
    match survives(subject, events, "at the edges of blocks") {
        Ok(()) => Finding::passed("frames 0 and 511 of blocks of 512"),
        Err(finding) => finding,
    }
}

/// Survives random values at random moments.
pub(super) fn fuzz(subject: &Subject) -> Finding {
    let parameters = settable(subject);
    let mut random = Random::new(subject.seed());
    for round in 0..ROUNDS {
        let mut events = Vec::new();
        for (index, parameter) in &parameters {
            let value = random.value_of(parameter);
            let frame = u32::try_from(random.next() % 12_000).unwrap_or(0);
            events.push(set(frame, *index, value));
        }
        let what = format!("seed {}, round {round}", subject.seed());
        if let Err(finding) = survives(subject, events, &what) {
            return finding;
        }
    }
    Finding::passed(format!("{ROUNDS} rounds of seed {}", subject.seed()))
}
