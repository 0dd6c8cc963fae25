//! The values of a sample between its frames: a sinc under a Kaiser window, from tables.

use std::sync::LazyLock;

use crate::math::{bessel_i0, exp2, log2, sinc};
use crate::sampler::SAMPLE_PADDING;

/// Frames that a value is made of: half of them before it, half after.
pub(super) const TAPS: usize = 16;

/// Frames before the one at or before the value.
pub(super) const BEFORE: usize = TAPS / 2 - 1;

const _: () = assert!(SAMPLE_PADDING >= TAPS / 2, "samples are padded for every tap");

/// Places between two frames for which there are coefficients; between these they lie on lines,
/// which is at most (pi / 256)^2 / 8 of the value off, 94 dB down.
const PHASES: usize = 256;

/// The window's shape: the first side lobe is about 70 dB down.
const BETA: f64 = 7.0;

/// Tables, each for samples that are played half an octave faster than those of the one before.
const TABLES: usize = 8;

/// Coefficients by phase, one row more than there are phases.
type Table = [[f32; TAPS]; PHASES + 1];

static ALL: LazyLock<Vec<Table>> = LazyLock::new(|| (0..TABLES).map(table).collect());

/// Makes the tables, which takes some milliseconds, if nobody has.
pub(super) fn make_tables() {
    LazyLock::force(&ALL);
}

/// The table for a sample played `step` times as fast as its frames follow each other in the output.
///
/// Up to 2^(1/4) it is the one whose cut-off is half the rate: at phase 0 it gives the frame itself,
/// bit for bit. Each of the others cuts off half an octave lower than the one before, so that of what
/// the output cannot hold little comes back as something else.
pub(super) fn table_for(step: f64) -> usize {
    let octaves = log2(step.max(1.0));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 0 to 7.
    let table = (octaves * 2.0).round().clamp(0.0, (TABLES - 1) as f64) as usize;
    table
}

#[allow(clippy::cast_possible_truncation)] // Coefficients are f32.
fn table(number: usize) -> Table {
    let cut_off = exp2(-0.5 * number as f64);
    let half = (TAPS / 2) as f64;
    let mut table = [[0.0; TAPS]; PHASES + 1];
    for (phase, row) in table.iter_mut().enumerate() {
        let mut exact = [0.0; TAPS];
        for (tap, value) in exact.iter_mut().enumerate() {
            let x = tap as f64 - BEFORE as f64 - phase as f64 / PHASES as f64;
            let inside = 1.0 - (x / half) * (x / half);
            // The frame at the very edge counts for nothing.
            let window = if inside > 0.0 { bessel_i0(BETA * inside.sqrt()) } else { 0.0 };
            *value = sinc(x * cut_off) * window;
        }
        let sum: f64 = exact.iter().sum();
        for (coefficient, value) in row.iter_mut().zip(exact) {
            *coefficient = (value / sum) as f32;
        }
    }
    table
}

/// Coefficients at a position's fraction of 32 bits, by the number of a table.
#[inline(always)]
pub(super) fn coefficients(table: &[[f32; TAPS]], fraction: u32) -> [f32; TAPS] {
    let row = (fraction >> 24) as usize;
    // 24 bits, which f32 holds.
    let share = (fraction & 0x00ff_ffff).cast_signed() as f32 * (1.0 / 16_777_216.0);
    let [near, far] = [row, row + 1].map(|row| table.get(row).unwrap_or(&[0.0; TAPS]));
    let mut between = [0.0; TAPS];
    for (tap, between) in between.iter_mut().enumerate() {
        *between = near[tap] + (far[tap] - near[tap]) * share;
    }
    between
}

/// The coefficients of a table.
pub(super) fn rows(table: usize) -> &'static [[f32; TAPS]] {
    ALL.get(table).map_or(&[], |table| table.as_slice())
}

/// The sum of the products, in one fixed order that vectors of any width can follow.
#[inline(always)]
pub(super) fn dot(frames: &[f32; TAPS], coefficients: &[f32; TAPS]) -> f32 {
    let mut sums = [0.0; 8];
    for (tap, sum) in sums.iter_mut().enumerate() {
        *sum = frames[tap] * coefficients[tap] + frames[tap + 8] * coefficients[tap + 8];
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{TAU, gain_to_db, sin};

    #[test]
    fn at_phase_0_it_is_the_frame_itself_and_at_phase_1_the_next() {
        let frames: [f32; TAPS] = std::array::from_fn(|n| 0.1 + n as f32 * 0.37);
        let table = rows(0);
        let got = dot(&frames, &coefficients(table, 0));
        assert_eq!(got.to_bits(), frames[BEFORE].to_bits());
        assert_eq!(dot(&frames, &table[PHASES]).to_bits(), frames[BEFORE + 1].to_bits());
    }

    /// Sines up to a third of the rate come through within 0.1 %, at any phase.
    #[test]
    fn sines_are_met_between_their_frames() {
        for frequency in [0.01, 0.1, 0.2, 0.3] {
            let mut worst = 0.0_f64;
            for step in 0..1_000_u32 {
                let fraction = step.wrapping_mul(0x9e37_79b9);
                let x = f64::from(fraction) / 4_294_967_296.0;
                let at = |n: f64| sin(TAU * frequency * (n - BEFORE as f64) + 0.3);
                #[allow(clippy::cast_possible_truncation)]
                let frames: [f32; TAPS] = std::array::from_fn(|n| at(n as f64) as f32);
                let got = f64::from(dot(&frames, &coefficients(rows(0), fraction)));
                worst = worst.max((got - at(BEFORE as f64 + x)).abs());
            }
            let limit = if frequency < 0.25 { -74.0 } else { -60.0 };
            let worst = gain_to_db(worst);
            assert!(worst < limit, "{frequency}: {worst} dB");
        }
    }

    #[test]
    fn tables_follow_the_speed_by_half_octaves() {
        for (step, table) in [(0.3, 0), (1.0, 0), (1.18, 0), (1.2, 1), (2.0, 2), (4.0, 4), (1e9, 7)]
        {
            assert_eq!(table_for(step), table, "{step}");
        }
        // What the output cannot hold is kept out.
        for table in 1..=4 {
            let edge = 0.75 * exp2(-0.5 * table as f64);
            let mut peak = 0.0_f64;
            for phase in 0..64_u32 {
                let row = coefficients(rows(table), phase << 26);
                let frames: [f32; TAPS] = std::array::from_fn(|n| {
                    #[allow(clippy::cast_possible_truncation)]
                    let x = sin(TAU * edge.min(0.5) * n as f64 + 0.1) as f32;
                    x
                });
                peak = peak.max(f64::from(dot(&frames, &row)).abs());
            }
            assert!(peak < 0.35, "{table}: {peak}");
        }
    }
}
