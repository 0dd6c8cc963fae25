//! A drum that was hit: its layers, sample by sample.

use super::CELL;
use super::recipe::{Layer, METAL_HZ, Pass, Source, recipe};
use crate::dsp::pan_law;
use crate::dsp::phase::Phase;
use crate::math::random::Random;
use crate::math::{LN_10, PI, SQRT_2, exp, exp2, sin_pi, tan};
use crate::process::{StateError, StateReader, StateWriter};
use crate::session::PanLaw;
use crate::time::SampleRate;

/// Most layers of a drum.
pub(super) const LAYERS: usize = 4;
/// `ln 1000`, 60 dB.
const FALL: f64 = 3.0 * LN_10;
/// Time from one burst to the next, and in which one falls by 60 dB.
const BURST_SECONDS: f64 = 0.0105;
/// Time in which a choked drum falls by 60 dB.
const CHOKE_SECONDS: f64 = 0.03;

/// How a drum is hit: all its sound follows from this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Blow {
    pub(super) note: u64,
    pub(super) key: u8,
    pub(super) start: i64,
    /// Above 0 to 1.
    pub(super) velocity: f64,
    /// In semitones.
    pub(super) tune: f64,
    /// Factor of all times.
    pub(super) decay: f64,
    /// 0 (dark) to 1 (bright).
    pub(super) tone: f64,
    /// Factor of the drum's group.
    pub(super) level: f64,
}

/// What the hits of an instance share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kit {
    pub(super) electronic: bool,
    /// 0 (all in the middle) to 1.
    pub(super) width: f64,
    pub(super) rate: SampleRate,
    pub(super) seed: u64,
    pub(super) stream: u64,
}

/// What of a layer does not move.
#[derive(Clone, Copy, Debug)]
struct Plan {
    layer: Layer,
    factor: f64,
    burst_factor: f64,
    attack: f64,
    level: f64,
    /// Of a sine, in cycles a sample.
    step: f64,
    bend_factor: f64,
    squares: [Phase; 6],
    square_level: f64,
    g: f64,
    k: f64,
    random: Random,
}

/// What of a layer moves.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    envelope: f64,
    phase: f64,
    bend: f64,
    filter: [f64; 2],
}

/// A drum that sounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) blow: Blow,
    /// One past its last sample.
    pub(super) end: i64,
    plans: [Plan; LAYERS],
    running: [Running; LAYERS],
    gains: (f64, f64),
    fade: f64,
    fade_factor: f64,
    burst: i64,
}

/// The factor a sample of what falls by 60 dB in `seconds`.
fn factor(seconds: f64, rate: SampleRate) -> f64 {
    exp(-FALL / (seconds * rate.hz_f64()).max(1.0))
}

#[allow(clippy::cast_possible_truncation)] // Some seconds.
fn frames(seconds: f64, rate: SampleRate) -> i64 {
    (seconds * rate.hz_f64() + 0.5) as i64
}

impl Hit {
    /// The drum of a blow; nothing where its key names none.
    pub(super) fn new(blow: Blow, kit: &Kit) -> Option<Self> {
        let recipe = recipe(kit.electronic, blow.key)?;
        let silent = Layer { level: 0.0, ..recipe.layers[0] };
        let plan = |number: usize| {
            let layer = recipe.layers.get(number).copied().unwrap_or(silent);
            Plan::new(layer, number as u64, recipe.factor, &blow, kit)
        };
        let plans: [Plan; LAYERS] = std::array::from_fn(plan);
        let burst = frames(BURST_SECONDS, kit.rate).max(1);
        // Until all are 120 dB down.
        let lasts = recipe.layers.iter().map(|layer| {
            frames(2.0 * layer.decay_seconds * blow.decay, kit.rate) + layer.bursts * burst
        });
        let (left, right) = pan_law::gains(PanLaw::Minus3, recipe.pan * kit.width);
        let running = |plan: Plan| {
            let bend = match plan.layer.source {
                // A harder blow stretches the head further.
                Source::Sine { sweep, .. } => sweep * (0.4 + 0.6 * blow.velocity),
                _ => 0.0,
            };
            Running { envelope: 1.0, bend, ..Running::default() }
        };
        Some(Self {
            end: blow.start + lasts.max().unwrap_or(0) + 1,
            running: plans.map(running),
            plans,
            gains: (left * SQRT_2, right * SQRT_2),
            fade: 1.0,
            fade_factor: 1.0,
            burst,
            blow,
        })
    }

    /// The hand on the cymbal.
    pub(super) fn choke(&mut self, now: i64, rate: SampleRate) {
        self.fade_factor = factor(CHOKE_SECONDS, rate);
        self.end = self.end.min(now + frames(2.0 * CHOKE_SECONDS, rate));
    }

    /// Adds the samples from `now` on.
    pub(super) fn add(&mut self, now: i64, out: &mut [(f64, f64)]) {
        let left = usize::try_from(self.end - now).unwrap_or(0).min(out.len());
        let out = &mut out[..left];
        let mut sum = [0.0; CELL];
        for (plan, running) in self.plans.iter().zip(&mut self.running) {
            if plan.level == 0.0 {
                continue;
            }
            let mut signal = [0.0; CELL];
            let signal = &mut signal[..out.len()];
            plan.draw(running, now, now - self.blow.start, signal);
            plan.filter(running, signal);
            plan.shape(running, now - self.blow.start, self.burst, signal);
            for (sum, x) in sum.iter_mut().zip(signal) {
                *sum += *x;
            }
        }
        for ((left, right), x) in out.iter_mut().zip(sum) {
            *left += x * self.fade * self.gains.0;
            *right += x * self.fade * self.gains.1;
            self.fade *= self.fade_factor;
        }
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        let Blow { note, key, start, velocity, tune, decay, tone, level } = self.blow;
        state.word(note);
        state.word(key.into());
        state.word(start.cast_unsigned());
        state.numbers([velocity, tune, decay, tone, level, self.fade, self.fade_factor]);
        state.word(self.end.cast_unsigned());
        for running in &self.running {
            state.numbers([running.envelope, running.phase, running.bend]);
            state.numbers(running.filter);
        }
    }

    pub(super) fn restore(state: &mut StateReader<'_>, kit: &Kit) -> Result<Self, StateError> {
        let note = state.word()?;
        let key = u8::try_from(state.word()?).map_err(|_| StateError)?;
        let start = state.word()?.cast_signed();
        let (velocity, tune) = (state.number()?, state.number()?);
        let (decay, tone, level) = (state.number()?, state.number()?, state.number()?);
        let blow = Blow { note, key, start, velocity, tune, decay, tone, level };
        let mut hit = Self::new(blow, kit).ok_or(StateError)?;
        (hit.fade, hit.fade_factor) = (state.number()?, state.number()?);
        hit.end = state.word()?.cast_signed();
        for running in &mut hit.running {
            running.envelope = state.number()?;
            running.phase = state.number()?;
            running.bend = state.number()?;
            running.filter = [state.number()?, state.number()?];
        }
        Ok(hit)
    }
}

impl Plan {
    fn new(layer: Layer, number: u64, drum: f64, blow: &Blow, kit: &Kit) -> Self {
        let rate_hz = kit.rate.hz_f64();
        let pitch = drum * exp2(blow.tune / 12.0);
        // An octave for a blow from soft to hard, two octaves for the tone.
        let brightness = exp2((blow.velocity - 0.8) + 2.0 * (blow.tone - 0.5));
        // A hard blow, and a bright tone, brings out wires and metal against the membranes.
        let harshness = match layer.source {
            Source::Sine { .. } => 1.0,
            _ => (0.5 + 0.5 * blow.velocity) * (0.5 + blow.tone),
        };
        let filter_hz = (layer.filter_hz * brightness * exp2(blow.tune / 24.0)).max(10.0);
        let (step, bend_seconds) = match layer.source {
            Source::Sine { hz, seconds, .. } => (hz * pitch / rate_hz, seconds),
            _ => (0.0, 1.0),
        };
        let square = |hz: f64| Phase::step(hz * pitch, kit.rate);
        let (squares, square_level) = match layer.source {
            Source::Metal { factor } => {
                (METAL_HZ.map(|hz| square(hz * factor)), 1.0 / 6.0_f64.sqrt())
            }
            Source::Pair { hz: [low, high] } => {
                let mut squares = [Phase::default(); 6];
                (squares[0], squares[1]) = (square(low), square(high));
                (squares, SQRT_2 / 2.0)
            }
            _ => ([Phase::default(); 6], 0.0),
        };
        // An odd factor keeps notes apart, the layer's number the layers of one.
        let mixed = blow.note.wrapping_mul(LAYERS as u64).wrapping_add(number + 0x52);
        let mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self {
            layer,
            factor: factor(layer.decay_seconds * blow.decay, kit.rate),
            burst_factor: factor(BURST_SECONDS, kit.rate),
            attack: layer.attack_seconds * rate_hz,
            level: layer.level * harshness * blow.level * (blow.velocity * blow.velocity),
            step,
            bend_factor: exp(-1.0 / (bend_seconds * rate_hz)),
            squares,
            square_level,
            g: tan(PI * (filter_hz / rate_hz).min(0.45)),
            k: 1.0 / layer.q,
            random: Random::new(kit.seed, kit.stream ^ mixed),
        }
    }

    /// The source, `since` frames after the blow.
    fn draw(&self, running: &mut Running, now: i64, since: i64, signal: &mut [f64]) {
        match self.layer.source {
            Source::Sine { .. } => {
                for x in signal {
                    *x = sin_pi(2.0 * running.phase);
                    let phase = running.phase + (self.step * (1.0 + running.bend)).min(0.5);
                    running.phase = if phase >= 1.0 { phase - 1.0 } else { phase };
                    // No denormals, however long it rings.
                    let bent = running.bend > 1e-15;
                    running.bend = if bent { running.bend * self.bend_factor } else { 0.0 };
                }
            }
            Source::Noise => {
                let mut words = [0; 4];
                for (x, time) in signal.iter_mut().zip(now..) {
                    let word = usize::try_from(time.rem_euclid(4)).unwrap_or(0);
                    if word == 0 || time == now {
                        words = self.random.words(time.div_euclid(4).cast_unsigned());
                    }
                    *x = f64::from(words[word]) * (1.0 / 2_147_483_648.0) - 1.0;
                }
            }
            Source::Metal { .. } => self.squares(6, since, signal),
            Source::Pair { .. } => self.squares(2, since, signal),
        }
    }

    fn squares(&self, count: usize, since: i64, signal: &mut [f64]) {
        for (x, n) in signal.iter_mut().zip(since..) {
            let high = |step: &&Phase| step.times(n).0 < 1 << 63;
            let high = self.squares[..count].iter().filter(high).count();
            *x = (2.0 * high as f64 - count as f64) * self.square_level;
        }
    }

    /// A. Simper's trapezoidal state variable filter.
    fn filter(&self, running: &mut Running, signal: &mut [f64]) {
        let (input, band, low) = match self.layer.pass {
            Pass::All => return,
            Pass::Low => (0.0, 0.0, 1.0),
            Pass::Band => (0.0, self.k, 0.0),
            Pass::High => (1.0, -self.k, -1.0),
        };
        let a1 = 1.0 / (1.0 + self.g * (self.g + self.k));
        let (a2, a3) = (self.g * a1, self.g * (self.g * a1));
        let [mut s1, mut s2] = running.filter;
        for x in signal {
            let v3 = *x - s2;
            let v1 = a1 * s1 + a2 * v3;
            let v2 = s2 + (a2 * s1 + a3 * v3);
            (s1, s2) = ((v1 + v1) - s1, (v2 + v2) - s2);
            *x = input * *x + (band * v1 + low * v2);
        }
        running.filter = [s1, s2];
    }

    /// The envelope: an attack, bursts, then the fall.
    fn shape(&self, running: &mut Running, since: i64, burst: i64, signal: &mut [f64]) {
        for (x, n) in signal.iter_mut().zip(since..) {
            let bursting = n < self.layer.bursts * burst;
            if self.layer.bursts > 0 && n % burst == 0 && n <= self.layer.bursts * burst {
                running.envelope = 1.0;
            }
            let passed = n as f64;
            let attack = if passed < self.attack { passed / self.attack } else { 1.0 };
            *x *= running.envelope * attack * self.level;
            // No denormals, however long the other layers ring.
            let heard = running.envelope > 1e-15;
            let factor = if bursting { self.burst_factor } else { self.factor };
            running.envelope = if heard { running.envelope * factor } else { 0.0 };
        }
    }
}
