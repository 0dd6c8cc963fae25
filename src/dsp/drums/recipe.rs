//! What each drum is made of: up to four layers, for each of two kits.
//!
//! Membranes: a circular membrane sounds at the zeros of Bessel functions, 1 : 1.593 : 2.136 of the
//! lowest mode, of which the upper ones die away sooner; a hard blow stretches it, so that its pitch
//! falls while it rings out (T. Rossing, Science of percussion instruments, 2000). Snare wires and
//! shells are noise. Cymbals have so many modes that they lie nearly as noise: six squares without
//! common multiples through a high-pass, as analogue drum machines do it, and noise. The electronic
//! kit follows those machines: decaying sines whose pitch is swept by a pulse, and filtered noise.

/// Where a layer comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// A sine at `hz`, at first higher by the factor `1 + sweep`, which falls by e in `seconds`.
    Sine { hz: f64, sweep: f64, seconds: f64 },
    /// White noise.
    Noise,
    /// Six squares, those of [`METAL_HZ`] times a factor.
    Metal { factor: f64 },
    /// Two squares.
    Pair { hz: [f64; 2] },
}

/// The squares of metal: no two have a common multiple within what is heard.
pub(super) const METAL_HZ: [f64; 6] = [205.3, 304.4, 369.6, 522.7, 540.0, 800.0];

/// What a layer's filter lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pass {
    All,
    Low,
    Band,
    High,
}

/// A layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layer {
    pub(super) source: Source,
    pub(super) pass: Pass,
    pub(super) filter_hz: f64,
    pub(super) q: f64,
    pub(super) attack_seconds: f64,
    /// Time in which it falls by 60 dB.
    pub(super) decay_seconds: f64,
    pub(super) level: f64,
    /// Blows before the last one.
    pub(super) bursts: i64,
}

/// Drums whose level is set together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Kick,
    Snare,
    Hats,
    Toms,
    Cymbals,
    Percussion,
}

/// A drum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Recipe {
    pub(super) group: Group,
    pub(super) layers: &'static [Layer],
    /// By which all frequencies of sines and squares are multiplied.
    pub(super) factor: f64,
    /// -1 (left) to +1 (right), as the drummer hears it.
    pub(super) pan: f64,
}

const fn layer(source: Source, decay_seconds: f64, level: f64) -> Layer {
    Layer {
        source,
        pass: Pass::All,
        filter_hz: 1_000.0,
        q: 0.707,
        attack_seconds: 0.0,
        decay_seconds,
        level,
        bursts: 0,
    }
}

const fn sine(hz: f64, sweep: f64, seconds: f64, decay_seconds: f64, level: f64) -> Layer {
    layer(Source::Sine { hz, sweep, seconds }, decay_seconds, level)
}

impl Layer {
    const fn through(self, pass: Pass, filter_hz: f64, q: f64) -> Self {
        Self { pass, filter_hz, q, ..self }
    }
}

const fn noise(decay_seconds: f64, level: f64) -> Layer {
    layer(Source::Noise, decay_seconds, level)
}

const fn metal(factor: f64, decay_seconds: f64, level: f64) -> Layer {
    layer(Source::Metal { factor }, decay_seconds, level)
}

/// A low membrane, its second mode, and the felt beater.
const KICK: &[Layer] = &[
    sine(54.0, 1.1, 0.022, 0.42, 0.95),
    sine(54.0 * 1.593, 0.9, 0.012, 0.12, 0.3),
    noise(0.022, 0.5).through(Pass::Low, 2_600.0, 0.9),
];
/// A bridged-T oscillator kicked by a pulse.
const DEEP_KICK: &[Layer] =
    &[sine(47.0, 4.5, 0.016, 0.85, 0.95), noise(0.008, 0.25).through(Pass::Low, 5_000.0, 0.707)];

/// Two modes of the batter head, and the wires under the other one.
const SNARE: &[Layer] = &[
    sine(186.0, 0.35, 0.014, 0.2, 0.5),
    sine(186.0 * 1.593, 0.25, 0.01, 0.12, 0.28),
    noise(0.24, 0.5).through(Pass::High, 1_800.0, 0.8),
    noise(0.09, 0.5).through(Pass::Band, 3_600.0, 0.9),
];
const BOX_SNARE: &[Layer] = &[
    sine(178.0, 0.5, 0.012, 0.22, 0.5),
    sine(331.0, 0.3, 0.012, 0.12, 0.25),
    noise(0.2, 0.55).through(Pass::High, 2_400.0, 0.9),
];

/// A stick across rim and shell.
const RIM: &[Layer] = &[
    sine(1_720.0, 0.05, 0.004, 0.055, 0.4),
    sine(470.0, 0.1, 0.006, 0.06, 0.35),
    noise(0.02, 0.45).through(Pass::Band, 3_000.0, 1.5),
];

/// Hands that do not fall together.
const CLAP: &[Layer] = &[
    Layer { bursts: 3, ..noise(0.24, 1.1).through(Pass::Band, 1_150.0, 1.4) },
    Layer { bursts: 3, ..noise(0.1, 0.35).through(Pass::High, 2_600.0, 0.707) },
];

const CLOSED_HAT: &[Layer] = &[
    metal(1.6, 0.07, 0.32).through(Pass::High, 7_200.0, 1.0),
    noise(0.06, 0.3).through(Pass::High, 8_200.0, 0.9),
];
/// Two cymbals that meet: darker, softer at first.
const PEDAL_HAT: &[Layer] = &[
    metal(1.5, 0.1, 0.3).through(Pass::High, 6_000.0, 0.9),
    Layer { attack_seconds: 0.004, ..noise(0.09, 0.28).through(Pass::Band, 6_500.0, 0.8) },
];
const OPEN_HAT: &[Layer] = &[
    metal(1.6, 0.75, 0.3).through(Pass::High, 7_000.0, 1.0),
    noise(0.65, 0.28).through(Pass::High, 8_000.0, 0.9),
];
const BOX_CLOSED_HAT: &[Layer] = &[metal(1.0, 0.06, 0.55).through(Pass::High, 7_800.0, 1.2)];
const BOX_PEDAL_HAT: &[Layer] = &[metal(1.0, 0.09, 0.5).through(Pass::High, 7_000.0, 1.1)];
const BOX_OPEN_HAT: &[Layer] = &[metal(1.0, 0.6, 0.5).through(Pass::High, 7_600.0, 1.2)];

/// At 100 Hz, times a factor by key.
const TOM: &[Layer] = &[
    sine(100.0, 0.35, 0.045, 0.5, 0.75),
    sine(159.3, 0.25, 0.03, 0.22, 0.3),
    sine(213.6, 0.2, 0.02, 0.12, 0.14),
    noise(0.03, 0.35).through(Pass::Low, 3_200.0, 0.8),
];
const BOX_TOM: &[Layer] =
    &[sine(100.0, 0.8, 0.05, 0.55, 0.8), noise(0.12, 0.12).through(Pass::Low, 1_500.0, 0.707)];

/// A wash that comes after the blow.
const CRASH: &[Layer] = &[
    metal(1.9, 1.9, 0.26).through(Pass::Band, 5_200.0, 0.6),
    Layer { attack_seconds: 0.006, ..noise(1.7, 0.34).through(Pass::High, 4_200.0, 0.707) },
    noise(0.06, 0.3).through(Pass::Band, 7_500.0, 0.8),
];
/// A ping of the stick over a quiet wash.
const RIDE: &[Layer] = &[
    metal(2.3, 1.5, 0.3).through(Pass::Band, 6_000.0, 1.2),
    noise(1.1, 0.1).through(Pass::High, 7_000.0, 0.707),
    sine(3_950.0, 0.0, 0.01, 0.16, 0.12),
];

const COWBELL: &[Layer] = &[
    layer(Source::Pair { hz: [540.0, 800.0] }, 0.32, 0.4).through(Pass::Band, 1_400.0, 0.8),
    layer(Source::Pair { hz: [540.0, 800.0] }, 0.03, 0.35).through(Pass::Band, 2_640.0, 1.2),
];

/// Seeds that arrive one after the other.
const SHAKER: &[Layer] =
    &[Layer { attack_seconds: 0.018, ..noise(0.1, 0.55).through(Pass::High, 6_200.0, 0.9) }];

/// Jingles, and the hand.
const TAMBOURINE: &[Layer] = &[
    metal(3.1, 0.26, 0.3).through(Pass::High, 8_200.0, 1.0),
    Layer { bursts: 1, ..noise(0.16, 0.25).through(Pass::High, 7_000.0, 0.9) },
    noise(0.02, 0.2).through(Pass::Band, 900.0, 1.0),
];

/// At 200 Hz, times a factor by key.
const CONGA: &[Layer] = &[
    sine(200.0, 0.12, 0.02, 0.34, 0.7),
    sine(318.6, 0.1, 0.012, 0.12, 0.2),
    noise(0.016, 0.4).through(Pass::Band, 1_600.0, 1.0),
];
/// Held by the hand.
const MUTE_CONGA: &[Layer] = &[
    sine(200.0, 0.2, 0.012, 0.09, 0.7),
    sine(427.2, 0.1, 0.01, 0.05, 0.25),
    noise(0.02, 0.55).through(Pass::Band, 2_300.0, 1.0),
];

/// Of the six toms, from low to high.
const TOM_FACTORS: [f64; 6] = [0.82, 0.98, 1.16, 1.38, 1.65, 1.96];

/// What a General MIDI key plays; nothing where it names no drum of this kit.
pub(super) fn recipe(electronic: bool, key: u8) -> Option<Recipe> {
    let pick = |acoustic, box_like| if electronic { box_like } else { acoustic };
    let drum = |group, layers, factor, pan| Some(Recipe { group, layers, factor, pan });
    let tom = |number: usize| {
        let pan = 0.5 - 0.2 * number as f64;
        drum(Group::Toms, pick(TOM, BOX_TOM), TOM_FACTORS[number], pan)
    };
    match key {
        35 => drum(Group::Kick, pick(KICK, DEEP_KICK), 0.9, 0.0),
        36 => drum(Group::Kick, pick(KICK, DEEP_KICK), 1.0, 0.0),
        37 => drum(Group::Snare, RIM, 1.0, -0.1),
        38 => drum(Group::Snare, pick(SNARE, BOX_SNARE), 1.0, -0.1),
        39 => drum(Group::Snare, CLAP, 1.0, 0.1),
        40 => drum(Group::Snare, pick(SNARE, BOX_SNARE), 1.16, -0.1),
        42 => drum(Group::Hats, pick(CLOSED_HAT, BOX_CLOSED_HAT), 1.0, -0.4),
        44 => drum(Group::Hats, pick(PEDAL_HAT, BOX_PEDAL_HAT), 1.0, -0.4),
        46 => drum(Group::Hats, pick(OPEN_HAT, BOX_OPEN_HAT), 1.0, -0.4),
        41 => tom(0),
        43 => tom(1),
        45 => tom(2),
        47 => tom(3),
        48 => tom(4),
        50 => tom(5),
        49 => drum(Group::Cymbals, CRASH, 1.0, -0.6),
        57 => drum(Group::Cymbals, CRASH, 1.17, 0.6),
        51 => drum(Group::Cymbals, RIDE, 1.0, 0.5),
        59 => drum(Group::Cymbals, RIDE, 1.12, 0.5),
        54 => drum(Group::Percussion, TAMBOURINE, 1.0, 0.3),
        56 => drum(Group::Percussion, COWBELL, 1.0, 0.2),
        62 => drum(Group::Percussion, MUTE_CONGA, 1.6, -0.3),
        63 => drum(Group::Percussion, CONGA, 1.52, -0.3),
        64 => drum(Group::Percussion, CONGA, 1.05, -0.15),
        70 => drum(Group::Percussion, SHAKER, 1.0, 0.4),
        _ => None,
    }
}
