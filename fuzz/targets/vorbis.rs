//! Ogg Vorbis streams: refused, or decoded to at most as many frames as were asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wavemill_core::vorbis::{Decoder, repair};

const MOST_FRAMES: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    // What is behind the checksums is of interest.
    repair(&mut bytes);
    if let Ok(stream) = Decoder::default().decode(&bytes, MOST_FRAMES) {
        assert!(stream.frames.len() <= MOST_FRAMES && stream.rate_hz > 0);
    }
});
