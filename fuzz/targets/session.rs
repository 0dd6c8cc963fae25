//! Session documents: whatever the bytes, a message or a session that is written as it was read,
//! compiles or is refused, and renders its first block.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wavemill_core::audio::MemoryLibrary;
use wavemill_core::dsp::BuiltIns;
use wavemill_core::execute::{Executor, SegmentConfig};
use wavemill_core::graph::{CompileConfig, compile};
use wavemill_core::session::Session;
use wavemill_core::simd::SimdLevel;

/// Larger sessions compile like small ones and only take longer.
const MAX_STRIPS: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let Ok(session) = Session::from_json(bytes) else { return };
    if let Ok(written) = session.to_canonical_json() {
        let read = Session::from_json(&written).expect("what was written is read");
        assert_eq!(read.to_canonical_json().expect("it was written before"), written);
    }
    let config = CompileConfig { audio: &MemoryLibrary::default(), processors: &BuiltIns };
    let Ok(plan) = compile(&session, &config) else { return };
    if plan.graph.strips.len() > MAX_STRIPS {
        return;
    }
    let config = SegmentConfig { max_frames: 64, level: SimdLevel::detect(), chains: false };
    if let Ok(mut executor) = Executor::new(Arc::new(plan), config) {
        let mut out = [0.0; 2 * 64];
        executor.run_block(&mut out).expect("built-in processors have no faults");
        assert!(out.iter().all(|sample| sample.is_finite()));
    }
});
