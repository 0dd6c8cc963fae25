//! The determinism matrix, and proof that it can fail: one planted violation for each axis.
//!
//! The axes a process cannot vary from within (an emulated CPU, other compiler targets) are run
//! over the same session by `ci/matrix`.

#![allow(clippy::expect_used, clippy::panic)] // Tests, helpers included, fail by panicking.

mod axes;
mod planted;
mod probe;
#[cfg(unix)]
mod script;
mod stub;

use std::sync::Arc;

use axes::{Axis, Subject, disagreements, hash};
use wavemill_core::dsp::BuiltIns;
use wavemill_core::simd::SimdLevel;
use wavemill_golden::{CaseContent, matrix_case, render_plan};
use wavemill_render::RenderConfig;

#[test]
fn nothing_that_may_not_matter_changes_a_bit() {
    let subject = Subject::new(matrix_case(false).expect("the case is defined"), &BuiltIns);
    let mut found = disagreements(&subject, &Axis::ALL);
    // Made by commands in another order: other grouping, other order of sums, same session.
    let reordered = Subject::new(matrix_case(true).expect("the case is defined"), &BuiltIns);
    assert_ne!(reordered.case.session, subject.case.session, "the documents are to differ");
    if reordered.reference() != subject.reference() {
        found.push("reordered tracks".to_owned());
    }
    assert_eq!(found, Vec::<String>::new());
}

/// The session has to be worth it: every processor, automation, latency, ramp, other rate.
#[test]
fn the_matrix_session_uses_everything() {
    let case = matrix_case(false).expect("the case is defined");
    let used = |name: &str| {
        let masters = case.session.master.inserts.iter();
        let tracks = case.session.tracks.iter().flat_map(|track| &track.inserts);
        masters.chain(tracks).any(|insert| insert.processor == name)
    };
    for name in wavemill_core::dsp::built_in_names() {
        assert!(used(name), "{name} is not in the matrix session");
    }
    assert!(
        case.session
            .tempo
            .iter()
            .any(|point| { point.shape == wavemill_core::session::TempoShape::Ramp })
    );
    let session_rate = case.session.sample_rate;
    assert!(case.files.iter().any(|file| match &file.content {
        CaseContent::Signed16(audio) => audio.rate != session_rate,
        _ => false,
    }));
    let subject = Subject::new(case, &BuiltIns);
    assert!(subject.plan().latency.0 > 0);
}

/// The blocks are those asked for, and two threads really work.
#[test]
fn probes_see_the_blocks_and_both_threads() {
    let probe = probe::Probe::default();
    let subject = Subject::new(probe::probed(matrix_case(false).expect("defined")), &probe);
    let config = RenderConfig { jobs: 2, block: 127, level: SimdLevel::SCALAR };
    *probe.seen.lock().expect("no thread panicked") = probe::Seen::default();
    render_plan(subject.plan(), subject.case.frames, config).expect("renders");
    let seen = probe.seen.lock().expect("no thread panicked");
    assert!(seen.blocks.contains(&127), "{:?}", seen.blocks);
    assert!(seen.blocks.iter().all(|block| *block <= 127));
    assert_eq!(seen.threads.len(), 2, "both threads ran the probe's segments");
}

/// Each planted violation turns its own axis red.
#[test]
fn planted_violations_are_found() {
    for (violation, axis) in [
        (planted::Violation::CompletionOrder, Axis::Jobs),
        (planted::Violation::BlockStart, Axis::Blocks),
        (planted::Violation::BlockStart, Axis::Splits),
        (planted::Violation::MapOrder, Axis::Repeats),
    ] {
        let library = planted::Planted::new(violation);
        let subject = Subject::new(planted::session(), &library);
        let found = disagreements(&subject, &[axis]);
        assert!(!found.is_empty(), "{violation:?} went unnoticed on axis {axis:?}");
        // With one thread there is one order: what differs there differs for another reason.
        assert!(!found.contains(&"jobs 1".to_owned()), "{violation:?}: {found:?}");
    }
}

/// Other code paths of the C library: nothing of ours may notice; a std sine does.
#[test]
fn the_c_librarys_choice_of_maths_does_not_matter() {
    let Some((plain, tuned)) = axes::in_children("child_hashes_the_matrix") else { return };
    assert_eq!(plain, tuned);
    let Some((plain, tuned)) = axes::in_children("child_hashes_a_std_sine") else { return };
    assert_ne!(plain, tuned, "the planted std sine went unnoticed");
}

#[test]
#[ignore = "run by the_c_librarys_choice_of_maths_does_not_matter in a process of its own"]
fn child_hashes_the_matrix() {
    let subject = Subject::new(matrix_case(false).expect("the case is defined"), &BuiltIns);
    println!("hash {}", subject.reference());
}

#[test]
#[ignore = "run by the_c_librarys_choice_of_maths_does_not_matter in a process of its own"]
fn child_hashes_a_std_sine() {
    let library = planted::Planted::new(planted::Violation::StdSine);
    let subject = Subject::new(planted::session(), &library);
    println!("hash {}", subject.reference());
}

/// The executor that serves the live driver gives what the scheduler gives.
#[test]
fn the_live_executor_equals_the_scheduler() {
    use wavemill_core::execute::SegmentConfig;
    use wavemill_realtime::VirtualDriver;
    let subject = Subject::new(matrix_case(false).expect("the case is defined"), &BuiltIns);
    let level = SimdLevel::detect();
    for device in [16, 64, 100, 127, 1_024] {
        let config = SegmentConfig { max_frames: 64, level, chains: false };
        let mut driver = VirtualDriver::new(Arc::clone(subject.plan()), config).expect("starts");
        let latency = usize::try_from(subject.plan().latency.0).expect("positive");
        let mut out = vec![0.0; 2 * (subject.frames() + latency)];
        for buffer in out.chunks_mut(2 * device) {
            driver.callback(buffer).expect("runs");
        }
        assert_eq!(hash(&out[2 * latency..]), subject.reference(), "device buffers of {device}");
    }
}
