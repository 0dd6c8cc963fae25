//! A region: which notes play which sample, and how.

/// Stereo outputs of an instrument: the main one and those after it.
pub const OUTPUTS: usize = 16;

/// A region with all that it inherits. Fields are called as their opcodes where these are words.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// The line of its header, from 1.
    pub line: usize,
    /// Index of its sample in [`super::Instrument::samples`]; `None` for silence, which still ends
    /// others.
    pub sample: Option<usize>,
    /// Lowest and highest key.
    pub keys: (u8, u8),
    /// Lowest and highest velocity, 0 to 127.
    pub velocities: (u8, u8),
    /// Lowest and highest channel, 1 to 16.
    pub channels: (u8, u8),
    /// It plays where the note's random number is in this range, the end left out unless it is 1.
    pub random: (f64, f64),
    /// Of how many notes in turn it plays one.
    pub seq_length: u32,
    /// Which of them, from 1.
    pub seq_position: u32,
    /// What starts it.
    pub trigger: Trigger,
    /// Which keys were pressed before.
    pub switches: Switches,
    /// What it belongs to; 0 for nothing.
    pub group: i64,
    /// Whose start ends it; 0 for nobody's.
    pub off_by: i64,
    /// How it is ended by another.
    pub off_mode: OffMode,
    /// The key at which the sample sounds at its own pitch.
    pub pitch_keycenter: u8,
    /// That key and the tuning beyond are those that the sample's file says, where it says any.
    pub has_pitch_of_sample: bool,
    /// By how much the pitch rises from key to key.
    pub pitch_keytrack_cents: f64,
    /// Tuning, transposition included.
    pub tune_cents: f64,
    /// How far the wheel goes up.
    pub bend_up_cents: f64,
    /// And down: negative for downwards.
    pub bend_down_cents: f64,
    /// Level.
    pub volume_db: f64,
    /// Level again, as a factor.
    pub amplitude: f64,
    /// -1 (left) to +1 (right).
    pub pan: f64,
    /// How much velocity counts, -1 to 1.
    pub amp_veltrack: f64,
    /// Where its filter cuts; `None` and 0 for no filter.
    pub cutoff_hz: Option<f64>,
    /// The kind of its filter; `None` for one that is not played.
    pub fil_type: Option<FilterKind>,
    /// By how much the filter is louder at its cutoff than one without a peak.
    pub resonance_db: f64,
    /// By how much the cutoff of the loudest note is higher.
    pub fil_veltrack_cents: f64,
    /// By how much the cutoff rises from key to key.
    pub fil_keytrack_cents: f64,
    /// The key at which the cutoff is what it is.
    pub fil_keycenter: u8,
    /// What a release is quieter by for each second that its note was held.
    pub rt_decay_db: f64,
    /// A release plays even where all that its note started has ended before.
    pub rt_dead: bool,
    /// First frame of the sample that plays.
    pub offset: u64,
    /// Last frame that plays; `None` for that of the sample.
    pub end: Option<u64>,
    /// Whether it loops; `None` in a text that leaves it to the sample's file.
    pub loop_mode: Option<LoopMode>,
    /// First frame of the loop; `None` for that of the sample's file, or else of the sample.
    pub loop_start: Option<u64>,
    /// Last frame of the loop; `None` likewise.
    pub loop_end: Option<u64>,
    /// How long after its note it starts.
    pub delay_seconds: f64,
    /// The course of its level.
    pub envelope: Envelope,
    /// Where it goes: 0 is the main output.
    pub output: u8,
}

/// Which keys of the channel were pressed before a note for a region to play it; `None` where that does
/// not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Lowest and highest key of those that choose; `None` where the text does not say.
    pub range: Option<(u8, u8)>,
    /// The one of the keys that choose which was pressed last.
    pub last: Option<u8>,
    /// Which of them counts as pressed before any was: of all regions with the same ones that of the
    /// last in the text that says so.
    pub default: Option<u8>,
    /// A key that is down.
    pub down: Option<u8>,
    /// A key that is not down.
    pub up: Option<u8>,
    /// The key of the note before.
    pub previous: Option<u8>,
    /// The keys that choose, a bit each: those of the range, or else all that some region without a
    /// range has as [`Self::last`]; none where that does not matter.
    pub choosing: u128,
}

impl Switches {
    /// The bit of a key.
    pub fn bit(key: u8) -> u128 {
        1 << (key & 0x7f)
    }
}

/// What starts a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Every note.
    Attack,
    /// A note that ends, and the pedal is up.
    Release,
    /// A note that ends.
    ReleaseKey,
    /// A note while no other is held.
    First,
    /// A note while others are held.
    Legato,
}

/// What a filter lets pass, and by how many poles it cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// What is below its cutoff; 6 dB an octave.
    Low1,
    /// What is above it; 6 dB an octave.
    High1,
    /// What is below it; 12 dB an octave.
    Low2,
    /// What is above it; 12 dB an octave.
    High2,
    /// What is around it.
    Band2,
    /// What is not around it.
    Notch2,
}

/// How a region loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopMode {
    /// Not at all.
    None,
    /// Not at all, and it plays to its end however short the note is.
    OneShot,
    /// Always.
    Continuous,
    /// Until the note is released.
    Sustain,
}

/// How a region is ended by another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OffMode {
    /// It fades at once.
    Fast,
    /// It is released.
    Normal,
    /// It fades in this many seconds.
    Time(f64),
}

/// The course of a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// How long it stays at nothing.
    pub delay_seconds: f64,
    /// How long it takes to the top.
    pub attack_seconds: f64,
    /// How long it stays there.
    pub hold_seconds: f64,
    /// In which time it falls to e^-8 of the top, unless [`Self::sustain`] is above that.
    pub decay_seconds: f64,
    /// Where it stays until the note is released, 0 to 1.
    pub sustain: f64,
    /// In which time it falls to nothing.
    pub release_seconds: f64,
}

impl Region {
    /// True where it plays notes of a key, a velocity of 0 to 127 and a channel of 1 to 16.
    pub fn plays(&self, key: u8, velocity: u8, channel: u8) -> bool {
        let within = |(low, high): (u8, u8), value| low <= value && value <= high;
        within(self.keys, key)
            && within(self.velocities, velocity)
            && within(self.channels, channel)
    }

    /// True where it plays notes with a random number of 0 to 1.
    pub fn is_drawn(&self, random: f64) -> bool {
        let (from, to) = self.random;
        from <= random && (random < to || to >= 1.0)
    }

    /// True where the end of a note starts it.
    pub fn is_release(&self) -> bool {
        matches!(self.trigger, Trigger::Release | Trigger::ReleaseKey)
    }

    /// True where the end of its note does not end it.
    pub fn rings_out(&self) -> bool {
        self.loop_mode == Some(LoopMode::OneShot) || self.is_release()
    }

    /// The kind of its filter, if it has one.
    pub fn filter_kind(&self) -> Option<FilterKind> {
        self.fil_type.filter(|_| self.cutoff_hz.is_some_and(|hz| hz > 0.0))
    }

    /// Cents above the sample's own pitch at a key.
    pub fn cents_at(&self, key: u8) -> f64 {
        let keys = f64::from(key) - f64::from(self.pitch_keycenter);
        keys * self.pitch_keytrack_cents + self.tune_cents
    }
}
