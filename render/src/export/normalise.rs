//! Normalising: the one gain that brings a file to the level asked for.

use serde::{Deserialize, Serialize};
use wavemill_core::math::{db_to_gain, gain_to_db};

use super::level::Level;
use super::spec::Normalise;

/// What was done to a file's level. Levels are those after it, before dither.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalised {
    /// The gain in decibels.
    pub gain_db: f64,
    /// What decided it.
    pub limited_by: Limit,
    /// The largest sample in dBFS; `None` for digital silence.
    pub peak_dbfs: Option<f64>,
    /// The true peak in dBTP; `None` for digital silence.
    pub true_peak_dbtp: Option<f64>,
    /// The integrated loudness in LUFS; `None` where everything is below the gate.
    pub integrated_lufs: Option<f64>,
}

/// What decided a gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// The level asked for was reached.
    Target,
    /// More would have brought the true peak above the ceiling.
    Ceiling,
    /// There is nothing to measure (silence, or for loudness less than 400 ms): no gain.
    Nothing,
}

impl Normalised {
    /// What brings `level` to `target`.
    pub(super) fn new(target: Normalise, level: &Level) -> Self {
        let below = |peak: f64, wanted_db: f64| (peak > 0.0).then(|| wanted_db - gain_to_db(peak));
        let decided = match target {
            Normalise::Peak(dbfs) => below(level.peak, dbfs).map(|gain| (gain, Limit::Target)),
            Normalise::TruePeak(dbtp) => {
                below(level.true_peak, dbtp).map(|gain| (gain, Limit::Target))
            }
            Normalise::Loudness { lufs, ceiling_dbtp } => below(level.true_peak, ceiling_dbtp)
                .and_then(|most| {
                    let wanted = level.loudness.gain_to(lufs, most)?;
                    let limited = wanted > most;
                    Some(if limited { (most, Limit::Ceiling) } else { (wanted, Limit::Target) })
                }),
        };
        let (gain_db, limited_by) = decided.unwrap_or((0.0, Limit::Nothing));
        let after = |peak: f64| (peak > 0.0).then(|| gain_to_db(peak) + gain_db);
        Self {
            gain_db,
            limited_by,
            peak_dbfs: after(level.peak),
            true_peak_dbtp: after(level.true_peak),
            integrated_lufs: level.loudness.lufs(gain_db),
        }
    }

    /// The gain as a factor; exactly 1 where there is none.
    pub(super) fn gain(&self) -> f64 {
        if self.limited_by == Limit::Nothing { 1.0 } else { db_to_gain(self.gain_db) }
    }
}
