//! Audio files: opened and read anywhere, or refused; the same frames in one piece and in two.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use wavemill_core::simd::SimdLevel;
use wavemill_media::audio::CodecRegistry;

static PLACE: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("file");
    (folder, path)
});

/// Frames read; a file may promise more than its bytes can hold.
const MAX_FRAMES: usize = 4_096;

fuzz_target!(|bytes: &[u8]| {
    let path = &PLACE.1;
    std::fs::write(path, bytes).expect("the temporary folder takes a file");
    let Ok(opened) = CodecRegistry::builtin().open(path) else { return };
    if let Some((start, end)) = opened.source.marks().looped {
        assert!(start <= end && end < opened.source.frames(), "a loop lies outside of its file");
    }
    let channels = opened.source.channels();
    let frames = usize::try_from(opened.source.frames()).unwrap_or(usize::MAX).min(MAX_FRAMES);
    let Ok(mut reader) = opened.source.reader(SimdLevel::detect()) else { return };
    let mut whole = vec![0.0_f32; (frames + 8) * channels];
    if reader.read(-4, &mut whole).is_err() {
        return;
    }
    let Ok(mut scalar) = opened.source.reader(SimdLevel::SCALAR) else { return };
    let split = frames / 3;
    let mut parts = vec![0.0_f32; whole.len()];
    let (first, second) = parts.split_at_mut((split + 4) * channels);
    let at = i64::try_from(split).expect("a few thousand");
    scalar.read(at, second).expect("it was read before");
    scalar.read(-4, first).expect("it was read before");
    let bits = |samples: &[f32]| samples.iter().map(|sample| sample.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&whole), bits(&parts), "frames depend on how they are read");
});
