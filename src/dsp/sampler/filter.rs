//! The filter of a voice: one or two poles, set when it starts.
//!
//! Trapezoidal integrators, as in A. Simper, "Solving the continuous SVF equations using trapezoidal
//! integration and equivalent currents" (2011): with g = tan(pi f / rate) the cutoff is where it is in the
//! analogue filter, whatever the rate. Of two poles the damping is k = 1 / Q.

use crate::math::{TAU, db_to_gain, exp2, tan};
use crate::process::{StateError, StateReader, StateWriter};
use crate::sampler::{FilterKind, Region};

/// Lowest cutoff, and the highest as a share of the rate.
const LOWEST_HZ: f64 = 1.0;
const HIGHEST_SHARE: f64 = 0.49;

/// What is so small is nothing: it would only cost time.
const NOTHING: f64 = 1e-30;

/// A filter of two channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Filter {
    kind: FilterKind,
    g: f64,
    k: f64,
    /// By channel.
    states: [[f64; 2]; 2],
}

impl Filter {
    /// That of a region for a note, if it has one; velocity is 0 to 127.
    pub(super) fn of(region: &Region, key: u8, velocity: f64, rate_hz: f64) -> Option<Self> {
        let (kind, cutoff_hz) = (region.filter_kind()?, region.cutoff_hz?);
        let keys = f64::from(key) - f64::from(region.fil_keycenter);
        let cents = keys * region.fil_keytrack_cents + velocity / 127.0 * region.fil_veltrack_cents;
        let hz = cutoff_hz * exp2(cents / 1_200.0);
        let hz = hz.clamp(LOWEST_HZ, rate_hz * HIGHEST_SHARE);
        // At the cutoff it is so far above a filter without a peak, which is 3 dB down there.
        let k = std::f64::consts::SQRT_2 * db_to_gain(-region.resonance_db);
        Some(Self { kind, g: tan(TAU * 0.5 * hz / rate_hz), k, states: [[0.0; 2]; 2] })
    }

    /// Filters frames of a channel.
    #[inline(always)]
    pub(super) fn run(&mut self, channel: usize, frames: &mut [f32]) {
        match self.kind {
            FilterKind::Low1 => self.one_pole(channel, frames, |_, low| low),
            FilterKind::High1 => self.one_pole(channel, frames, |x, low| x - low),
            FilterKind::Low2 => self.two_poles(channel, frames, [0.0, 0.0, 1.0]),
            FilterKind::High2 => self.two_poles(channel, frames, [1.0, -self.k, -1.0]),
            FilterKind::Band2 => self.two_poles(channel, frames, [0.0, self.k, 0.0]),
            FilterKind::Notch2 => self.two_poles(channel, frames, [1.0, -self.k, 0.0]),
        }
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // Signals are f32.
    fn one_pole(&mut self, channel: usize, frames: &mut [f32], out: impl Fn(f64, f64) -> f64) {
        let share = self.g / (1.0 + self.g);
        let [mut state, _] = self.states[channel];
        for frame in frames {
            let x = f64::from(*frame);
            let half = (x - state) * share;
            let low = half + state;
            state = low + half;
            *frame = out(x, low) as f32;
        }
        self.states[channel][0] = state;
    }

    /// The sum of what goes in, the band and what is low, in these shares.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // Signals are f32.
    fn two_poles(&mut self, channel: usize, frames: &mut [f32], shares: [f64; 3]) {
        let a1 = 1.0 / (1.0 + self.g * (self.g + self.k));
        let a2 = self.g * a1;
        let a3 = self.g * a2;
        let [mut first, mut second] = self.states[channel];
        for frame in frames {
            let x = f64::from(*frame);
            let rest = x - second;
            let band = a1 * first + a2 * rest;
            let low = second + a2 * first + a3 * rest;
            first = 2.0 * band - first;
            second = 2.0 * low - second;
            *frame = (shares[0] * x + shares[1] * band + shares[2] * low) as f32;
        }
        self.states[channel] = [first, second];
    }

    /// Enters a cell of the grid.
    pub(super) fn enter_cell(&mut self) {
        for state in self.states.iter_mut().flatten().filter(|state| state.abs() < NOTHING) {
            *state = 0.0;
        }
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.numbers([self.g, self.k]);
        state.numbers(self.states.iter().flatten().copied());
    }

    /// Reads what [`Self::save`] wrote for a filter of a kind.
    pub(super) fn restore(
        state: &mut StateReader<'_>,
        kind: FilterKind,
    ) -> Result<Self, StateError> {
        let (g, k) = (state.number()?, state.number()?);
        if !(g > 0.0 && k > 0.0) {
            return Err(StateError);
        }
        let mut states = [[0.0; 2]; 2];
        for value in states.iter_mut().flatten() {
            *value = state.number()?;
        }
        Ok(Self { kind, g, k, states })
    }
}
