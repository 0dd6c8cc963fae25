//! Rate conversion of a stream that is pushed in piece by piece.

use std::sync::Arc;

use super::engine::Engine;
use super::kernel::Kernel;

/// Converts a stream of interleaved frames; gives the same frames as [`super::Resampled`] would,
/// whatever the pieces.
pub struct RateConverter {
    engine: Engine,
    /// Input frames taken so far.
    taken: u64,
    /// Output frames given so far.
    given: u64,
}

impl RateConverter {
    /// A converter for frames of `channels` channels, at least 1.
    pub fn new(kernel: Arc<Kernel>, channels: usize) -> Self {
        let mut engine = Engine::new(kernel, channels.max(1));
        // What lies before the stream is silence.
        let (low, _) = engine.reach(0, 1);
        engine.forget_before(low);
        let silence = usize::try_from(low.unsigned_abs()).unwrap_or(0) * channels.max(1);
        engine.extend(&vec![0.0; silence]);
        Self { engine, taken: 0, given: 0 }
    }

    /// Takes interleaved frames and appends those that are ready to `out`, interleaved. What
    /// follows the last whole frame is ignored.
    pub fn push(&mut self, interleaved: &[f32], out: &mut Vec<f32>) {
        let frames = interleaved.len() / self.engine.channels();
        self.engine.extend(&interleaved[..frames * self.engine.channels()]);
        self.taken += frames as u64;
        self.give(out, u64::MAX);
    }

    /// Ends the stream: appends the remaining frames to `out`. Altogether there are
    /// frames * out / in of them, rounded up.
    pub fn finish(mut self, out: &mut Vec<f32>) {
        let total = self.engine.kernel().output_frames(self.taken);
        if total > self.given {
            let (_, high) = self.engine.reach(total - 1, 1);
            let missing = usize::try_from(high - self.engine.end()).unwrap_or(0);
            self.engine.extend(&vec![0.0; missing * self.engine.channels()]);
            self.give(out, total);
        }
    }

    /// Appends output frames up to `limit` whose input is all there.
    fn give(&mut self, out: &mut Vec<f32>, limit: u64) {
        let half = self.engine.reach(0, 1).1;
        let kernel = self.engine.kernel();
        // Frame n is ready when place(n) + half <= end, that is n * num / den < end - half + 1.
        let known = u64::try_from(self.engine.end() - half + 1).unwrap_or(0);
        let ready = kernel.output_frames(known).min(limit);
        if ready <= self.given {
            return;
        }
        let frames = usize::try_from(ready - self.given).unwrap_or(0);
        let start = out.len();
        out.resize(start + frames * self.engine.channels(), 0.0);
        self.engine.produce(self.given, &mut out[start..]);
        self.given = ready;
        let (low, _) = self.engine.reach(self.given, 1);
        self.engine.forget_before(low);
    }
}

/// Converts `samples`, interleaved frames of `channels` channels, at once.
pub fn convert(kernel: Arc<Kernel>, channels: usize, samples: &[f32]) -> Vec<f32> {
    let mut converter = RateConverter::new(kernel, channels);
    let mut out = Vec::new();
    converter.push(samples, &mut out);
    converter.finish(&mut out);
    out
}
