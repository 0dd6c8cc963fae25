//! Checks of states: that they are saved, that they bring back what was set, and that others' do no
//! harm.

use super::outcome::Finding;
use super::random::Random;
use super::subject::{Run, Subject, difference};
use crate::failure::{FailureKind, WorkerFailure};
use crate::run::{Record, RecordKind};

/// Values that differ from the plug-in's own, one for each parameter that may be set.
fn settings(subject: &Subject) -> Vec<Record> {
    let mut random = Random::new(subject.seed());
    let all = subject.description().parameters.iter();
    let settable = (0_u32..).zip(all).filter(|(_, p)| !p.read_only && !p.bypass).take(256);
    let record = |(index, parameter): (u32, &crate::PluginParameter)| {
        let value = random.value_of(parameter);
        Record { frame: 0, kind: RecordKind::Parameter { index, value } }
    };
    settable.map(record).collect()
}

/// Its state once `settings` are set.
fn state(subject: &Subject) -> Result<Vec<u8>, WorkerFailure> {
    let run = Run { frames: 4_096, events: settings(subject), ..subject.usual() };
    subject.state_after(&run)
}

/// Saves its state.
pub(super) fn saves(subject: &Subject) -> Finding {
    if !subject.description().saves_state {
        return Finding::skipped("it has no state");
    }
    match state(subject) {
        Ok(state) => Finding::passed(format!("{} bytes", state.len())),
        Err(failure) => Finding::lost(&failure),
    }
}

/// Has the same parameters after its state is restored.
pub(super) fn round_trip(subject: &Subject) -> Finding {
    let state = match state(subject) {
        Ok(state) => state,
        Err(failure) => return Finding::lost(&failure),
    };
    let first = match subject.run(&Run { state: Some(state), ..subject.usual() }) {
        Ok(first) => first,
        Err(failure) => return Finding::lost(&failure),
    };
    let parameters = &subject.description().parameters;
    for record in settings(subject) {
        let RecordKind::Parameter { index, value } = record.kind else { continue };
        let found = first.values.get(index as usize).copied().unwrap_or(f64::NAN);
        let about = &parameters[index as usize];
        // States may hold 32 bits, or text of some digits.
        if (found - value).abs() > 1e-4 * (about.max - about.min) {
            let expected = format!("'{}' at {value}, as it was set", about.name);
            return Finding::failed(&expected, format!("it is at {found}"));
        }
    }
    Finding::passed(format!("{} parameters", parameters.len()))
}

/// Gives the same in two processes that restore one state.
pub(super) fn sound(subject: &Subject) -> Finding {
    let state = match state(subject) {
        Ok(state) => state,
        Err(failure) => return Finding::lost(&failure),
    };
    let run = Run { state: Some(state), ..subject.usual() };
    let (first, second) = match (subject.run(&run), subject.run(&run)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(failure), _) | (_, Err(failure)) => return Finding::lost(&failure),
    };
    match difference(&first, &second) {
        None => Finding::passed("bit by bit"),
        Some((frame, residual)) => Finding::failed(
            "the same sound from one state",
            format!("two differ from frame {frame} on, by {residual:.1} dB at most"),
        ),
    }
}

/// Survives states that are none of its own; it may refuse them.
pub(super) fn garbage(subject: &Subject) -> Finding {
    let own = match state(subject) {
        Ok(state) => state,
        Err(failure) => return Finding::lost(&failure),
    };
    let mut random = Random::new(subject.seed());
    let mut damaged = own.clone();
    for byte in damaged.iter_mut().step_by(7) {
        *byte ^= random.next().to_le_bytes()[0];
    }
    let noise = (0..4_096).map(|_| random.next().to_le_bytes()[0]).collect();
    let half = own[..own.len() / 2].to_vec();
    for (what, state) in [
        ("nothing", Vec::new()),
        ("half of one", half),
        ("a damaged one", damaged),
        ("noise", noise),
    ] {
        let run = Run { frames: 4_096, state: Some(state), ..subject.usual() };
        match subject.run(&run) {
            Ok(_) => {}
            Err(failure) if failure.kind == FailureKind::Refused => {}
            Err(failure) => {
                let came = format!("{what}: {}", failure.told());
                return Finding::failed("it to take or refuse it", came);
            }
        }
    }
    Finding::passed("nothing, half of one, a damaged one, noise")
}
