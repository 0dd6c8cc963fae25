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

#[cfg(test)]
mod tests {
    use super::SilenceTrim;

    /// What passes of `samples` (`[frame][2]`), pushed in chunks of so many frames.
    fn passed(samples: &[f32], keep: u64, chunk_frames: usize) -> Vec<f32> {
        let mut trim = SilenceTrim::new(keep);
        let mut out = Vec::new();
        for chunk in samples.chunks(2 * chunk_frames) {
            let done: Result<(), ()> = trim.push(chunk, &mut |passing| {
                out.extend_from_slice(passing);
                Ok(())
            });
            assert_eq!(done, Ok(()));
        }
        out
    }

    /// Sound, a pause, one loud sample on the right, and a fade below -120 dBFS.
    fn pause_and_echo() -> Vec<f32> {
        let mut samples = vec![0.0; 2 * 1_000];
        samples[..20].fill(0.5);
        samples[2 * 700 + 1] = -2e-6;
        samples[2 * 701..].fill(0.9e-6);
        samples
    }

    #[test]
    fn pauses_pass_and_silence_at_the_end_does_not_however_it_is_cut_into_chunks() {
        let samples = pause_and_echo();
        for chunk_frames in [1, 3, 64, 350, 701, 999, 1_000, 5_000] {
            let out = passed(&samples, 0, chunk_frames);
            assert_eq!(out, samples[..2 * 701], "chunks of {chunk_frames}");
        }
    }

    #[test]
    fn frames_to_keep_pass_even_where_they_are_silent() {
        let samples = vec![0.0; 2 * 1_000];
        for chunk_frames in [1, 3, 64, 999, 1_000] {
            for keep in [0, 1, 63, 64, 65, 999, 1_000, 2_000] {
                let frames = passed(&samples, keep, chunk_frames).len() / 2;
                let wanted = usize::try_from(keep).unwrap().min(1_000);
                assert_eq!(frames, wanted, "{keep} of 1000 in chunks of {chunk_frames}");
            }
            let samples = pause_and_echo();
            assert_eq!(passed(&samples, 900, chunk_frames), samples[..2 * 900]);
        }
    }

    #[test]
    fn what_is_no_number_is_no_silence() {
        let mut samples = vec![0.0; 2 * 10];
        samples[2 * 6] = f32::NAN;
        assert_eq!(passed(&samples, 0, 4).len(), 2 * 7);
    }

    #[test]
    fn the_first_error_is_handed_on() {
        let mut trim = SilenceTrim::new(0);
        assert_eq!(trim.push(&[1.0, 1.0], &mut |_| Err("full")), Err("full"));
    }
}
