//! Trailing silence is held back: it is written only where something follows it.

/// What is below this is silence at the end of a tail: -120 dBFS.
const SILENCE: f32 = 1.0e-6;

/// Holds back silent frames after the content's end. Frames pass in order and unchanged; those
/// held back at the end are dropped.
#[derive(Debug)]
pub(crate) struct SilenceTrim {
    /// Frames that pass in any case.
    keep: u64,
    seen: u64,
    held: Vec<f32>,
}

impl SilenceTrim {
    /// Passes the first `keep` stereo frames in any case.
    pub(crate) fn new(keep: u64) -> Self {
        Self { keep, seen: 0, held: Vec::new() }
    }

    /// Takes interleaved stereo frames; calls `pass` with those that are not held back.
    pub(crate) fn push<E>(
        &mut self,
        samples: &[f32],
        pass: &mut dyn FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let frames = (samples.len() / 2) as u64;
        let forced = self.keep.saturating_sub(self.seen).min(frames);
        self.seen += frames;
        // At most the slice's own length.
        let forced = usize::try_from(forced).unwrap_or(samples.len() / 2);
        let loud = samples.chunks_exact(2).rposition(|frame| {
            frame.iter().any(|sample| sample.abs() > SILENCE || sample.is_nan())
        });
        let passing = 2 * forced.max(loud.map_or(0, |frame| frame + 1));
        if passing > 0 {
            if !self.held.is_empty() {
                pass(&self.held)?;
                self.held.clear();
            }
            pass(&samples[..passing])?;
        }
        self.held.extend_from_slice(&samples[passing..]);
        Ok(())
    }
}
