//! What the transport says of each block of a batch.

use wavemill_core::time::{Samples, SignatureMap, TICKS_PER_QUARTER, TempoMap};

use super::region::Transport;
use super::setup::PluginSetup;

/// The blocks of a batch, and when it begins.
pub(super) struct Transports {
    from: i64,
    of_blocks: Vec<Transport>,
}

impl Transports {
    /// Room for batches of `frames` frames of a plug-in of `setup`.
    pub(super) fn new(setup: &PluginSetup, frames: usize) -> Self {
        Self { from: 0, of_blocks: Vec::with_capacity(frames / setup.block()) }
    }

    /// Those of `blocks` blocks from node time `from` on, for plug-ins of the session of `setup`. It is
    /// not computed again where the last ones were the same.
    pub(super) fn at(
        &mut self,
        (from, blocks): (i64, u32),
        setup: &PluginSetup,
        tempo: &TempoMap,
    ) -> &[Transport] {
        let blocks = blocks as usize;
        if from != self.from || blocks != self.of_blocks.len() {
            self.from = from;
            self.of_blocks.clear();
            let starts = (from..).step_by(setup.block()).take(blocks);
            self.of_blocks.extend(starts.map(|at| transport(tempo, setup.signatures(), at)));
        }
        &self.of_blocks
    }
}

fn transport(tempo: &TempoMap, signatures: &SignatureMap, at: i64) -> Transport {
    let per_quarter = TICKS_PER_QUARTER as f64;
    let tick = tempo.ticks_at(Samples(at));
    let bar = signatures.to_bars(tick).bar;
    let signature = signatures.signature_of_bar(bar);
    Transport {
        quarters: tempo.exact_ticks_at(at as f64) / per_quarter,
        tempo_bpm: tempo.bpm_at(tick),
        bar_quarters: signatures.bar_start(bar).0 as f64 / per_quarter,
        // The timeline counts bars from 1.
        bar: (bar - 1) as f64,
        numerator: f64::from(signature.numerator),
        denominator: f64::from(signature.denominator),
    }
}
