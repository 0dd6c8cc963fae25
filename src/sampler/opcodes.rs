//! Opcodes: what each sets, and which values it takes.

use super::error::{SfzError, SfzErrorKind};
use super::preprocessor::shown;
use super::region::{Envelope, FilterKind, LoopMode, OUTPUTS, OffMode, Region, Switches, Trigger};
use crate::midi::parse_note_name;

/// Fade of what is ended by another, unless the text says how long.
const OFF_SECONDS: f64 = 0.006;

/// What the opcodes of a header and of those above it come to.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// The region; its keys, sample and end are not final.
    pub(super) region: Region,
    /// -1 where no key plays it.
    lowest_key: i64,
    highest_key: i64,
    /// `sw_lokey` and `sw_hikey`, where they were given.
    lowest_switch: Option<u8>,
    highest_switch: Option<u8>,
    /// `pitch_keycenter` was given, which then counts whatever `key` says.
    has_keycenter: bool,
    tune_cents: f64,
    transpose_semitones: f64,
    off_seconds: f64,
    off_time: bool,
    /// `end=-1`: its sample never sounds.
    is_off: bool,
    /// `sample=*silence`.
    pub(super) is_silence: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            region: Region {
                line: 0,
                sample: None,
                keys: (0, 127),
                velocities: (0, 127),
                channels: (1, 16),
                random: (0.0, 1.0),
                seq_length: 1,
                seq_position: 1,
                trigger: Trigger::Attack,
                switches: Switches::default(),
                group: 0,
                off_by: 0,
                off_mode: OffMode::Fast,
                pitch_keycenter: 60,
                has_pitch_of_sample: false,
                pitch_keytrack_cents: 100.0,
                tune_cents: 0.0,
                bend_up_cents: 200.0,
                bend_down_cents: -200.0,
                volume_db: 0.0,
                amplitude: 1.0,
                pan: 0.0,
                amp_veltrack: 1.0,
                cutoff_hz: None,
                fil_type: Some(FilterKind::Low2),
                resonance_db: 0.0,
                fil_veltrack_cents: 0.0,
                fil_keytrack_cents: 0.0,
                fil_keycenter: 60,
                rt_decay_db: 0.0,
                rt_dead: false,
                offset: 0,
                end: None,
                loop_mode: None,
                loop_start: None,
                loop_end: None,
                delay_seconds: 0.0,
                envelope: Envelope {
                    delay_seconds: 0.0,
                    attack_seconds: 0.0,
                    hold_seconds: 0.0,
                    decay_seconds: 0.0,
                    sustain: 1.0,
                    release_seconds: 0.001,
                },
                output: 0,
            },
            lowest_key: 0,
            highest_key: 127,
            lowest_switch: None,
            highest_switch: None,
            has_keycenter: false,
            tune_cents: 0.0,
            transpose_semitones: 0.0,
            off_seconds: OFF_SECONDS,
            off_time: false,
            is_off: false,
            is_silence: false,
        }
    }
}

/// An opcode with its value and its line.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) opcode: &'a str,
    pub(super) value: &'a str,
    pub(super) line: usize,
}

impl Settings {
    /// Takes an opcode other than `sample`. `false` where there is no such opcode, or it is one that
    /// is not played.
    pub(super) fn take(&mut self, given: Given<'_>) -> Result<bool, SfzError> {
        Ok(self.take_condition(given)?
            || self.take_switch(given)?
            || self.take_sound(given)?
            || self.take_filter(given)?
            || self.take_envelope(given)?
            || LABELS.contains(&given.opcode))
    }

    /// When the region plays, and what ends it.
    fn take_condition(&mut self, given: Given<'_>) -> Result<bool, SfzError> {
        let region = &mut self.region;
        match given.opcode {
            "key" => {
                let key = given.key(-1)?;
                (self.lowest_key, self.highest_key) = (key, key);
                if let (false, Ok(key)) = (self.has_keycenter, u8::try_from(key)) {
                    region.pitch_keycenter = key;
                }
            }
            "lokey" => self.lowest_key = given.key(-1)?,
            "hikey" => self.highest_key = given.key(-1)?,
            "pitch_keycenter" => {
                region.has_pitch_of_sample = given.value == "sample";
                if !region.has_pitch_of_sample {
                    region.pitch_keycenter = byte(given.key(0)?);
                }
                self.has_keycenter = true;
            }
            "lovel" => region.velocities.0 = byte(given.whole(0, 127)?),
            "hivel" => region.velocities.1 = byte(given.whole(0, 127)?),
            "lochan" => region.channels.0 = byte(given.whole(1, 16)?),
            "hichan" => region.channels.1 = byte(given.whole(1, 16)?),
            "lorand" => region.random.0 = given.number(0.0, 1.0)?,
            "hirand" => region.random.1 = given.number(0.0, 1.0)?,
            "seq_length" => region.seq_length = number_of(given.whole(1, 1_000)?),
            "seq_position" => region.seq_position = number_of(given.whole(1, 1_000)?),
            "trigger" => region.trigger = given.one_of(&TRIGGERS)?,
            "rt_dead" => region.rt_dead = given.one_of(&SWITCHED)?,
            "group" => region.group = given.whole(-MAX_GROUP, MAX_GROUP)?,
            "off_by" | "offby" => region.off_by = given.whole(-MAX_GROUP, MAX_GROUP)?,
            "off_mode" => {
                region.off_mode = given.one_of(&OFF_MODES)?;
                self.off_time = matches!(region.off_mode, OffMode::Time(_));
            }
            "off_time" => self.off_seconds = given.number(0.0, MAX_SECONDS)?,
            "output" => region.output = byte(given.whole(0, LAST_OUTPUT)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Which keys were pressed before.
    fn take_switch(&mut self, given: Given<'_>) -> Result<bool, SfzError> {
        let switches = &mut self.region.switches;
        let key = match given.opcode {
            "sw_lokey" => &mut self.lowest_switch,
            "sw_hikey" => &mut self.highest_switch,
            "sw_last" => &mut switches.last,
            "sw_default" => &mut switches.default,
            "sw_down" => &mut switches.down,
            "sw_up" => &mut switches.up,
            "sw_previous" => &mut switches.previous,
            _ => return Ok(false),
        };
        *key = Some(byte(given.key(0)?));
        Ok(true)
    }

    /// What of the sample is heard, at which pitch and level.
    fn take_sound(&mut self, given: Given<'_>) -> Result<bool, SfzError> {
        let region = &mut self.region;
        match given.opcode {
            "offset" => region.offset = given.frame()?,
            "end" => {
                self.is_off = given.value == "-1";
                region.end = if self.is_off { None } else { Some(given.frame()?) };
            }
            "loop_mode" | "loopmode" => region.loop_mode = Some(given.one_of(&LOOP_MODES)?),
            "loop_start" | "loopstart" => region.loop_start = Some(given.frame()?),
            "loop_end" | "loopend" => region.loop_end = Some(given.frame()?),
            "delay" => region.delay_seconds = given.number(0.0, MAX_SECONDS)?,
            "tune" | "pitch" => self.tune_cents = given.number(-9_600.0, 9_600.0)?,
            "transpose" => self.transpose_semitones = given.number(-127.0, 127.0)?,
            "pitch_keytrack" => region.pitch_keytrack_cents = given.number(-1_200.0, 1_200.0)?,
            "bend_up" | "bendup" => region.bend_up_cents = given.number(-9_600.0, 9_600.0)?,
            "bend_down" | "benddown" => region.bend_down_cents = given.number(-9_600.0, 9_600.0)?,
            "volume" | "gain" => region.volume_db = given.number(-144.0, 48.0)?,
            "amplitude" => region.amplitude = given.number(0.0, 1_000.0)? / 100.0,
            "pan" => region.pan = given.number(-100.0, 100.0)? / 100.0,
            "amp_veltrack" => region.amp_veltrack = given.number(-100.0, 100.0)? / 100.0,
            "rt_decay" => region.rt_decay_db = given.number(0.0, 200.0)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_filter(&mut self, given: Given<'_>) -> Result<bool, SfzError> {
        let region = &mut self.region;
        match given.opcode {
            "cutoff" => region.cutoff_hz = Some(given.number(0.0, MAX_CUTOFF_HZ)?),
            "fil_type" => {
                let found = FILTERS.iter().find(|(name, _)| *name == given.value);
                region.fil_type = found.map(|(_, kind)| *kind);
                // There are more kinds, which are not played: the region is heard without.
                return Ok(found.is_some());
            }
            "resonance" => region.resonance_db = given.number(0.0, 40.0)?,
            "fil_veltrack" => region.fil_veltrack_cents = given.number(-9_600.0, 9_600.0)?,
            "fil_keytrack" => region.fil_keytrack_cents = given.number(-1_200.0, 1_200.0)?,
            "fil_keycenter" => region.fil_keycenter = byte(given.key(0)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_envelope(&mut self, given: Given<'_>) -> Result<bool, SfzError> {
        let envelope = &mut self.region.envelope;
        let seconds = match given.opcode {
            "ampeg_delay" => &mut envelope.delay_seconds,
            "ampeg_attack" => &mut envelope.attack_seconds,
            "ampeg_hold" => &mut envelope.hold_seconds,
            "ampeg_decay" => &mut envelope.decay_seconds,
            "ampeg_release" => &mut envelope.release_seconds,
            "ampeg_sustain" => {
                envelope.sustain = given.number(0.0, 100.0)? / 100.0;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        *seconds = given.number(0.0, MAX_SECONDS)?;
        Ok(true)
    }

    /// The region these come to; `None` where nothing ever plays it. Its sample is still that of
    /// the settings.
    pub(super) fn finish(&self) -> Result<Option<Region>, SfzError> {
        let mut region = self.region.clone();
        let line = region.line;
        if region.sample.is_none() && !self.is_silence {
            return Err(SfzErrorKind::NoSample.at(line));
        }
        let range = |low: &'static str, from: String, high, to: String| {
            Err(SfzErrorKind::Range { low, from, high, to }.at(line))
        };
        let (low, high) = (self.lowest_key, self.highest_key);
        if high >= 0 && low > high {
            return range("lokey", low.to_string(), "hikey", high.to_string());
        }
        let (low, high) = region.velocities;
        if low > high {
            return range("lovel", low.to_string(), "hivel", high.to_string());
        }
        let (low, high) = region.channels;
        if low > high {
            return range("lochan", low.to_string(), "hichan", high.to_string());
        }
        let (low, high) = (self.lowest_switch.unwrap_or(0), self.highest_switch.unwrap_or(127));
        if low > high {
            return range("sw_lokey", low.to_string(), "sw_hikey", high.to_string());
        }
        let has_range = self.lowest_switch.is_some() || self.highest_switch.is_some();
        region.switches.range = has_range.then_some((low, high));
        let (low, high) = region.random;
        if low > high {
            return range("lorand", low.to_string(), "hirand", high.to_string());
        }
        let (low, high) = (region.seq_position, region.seq_length);
        if low > high {
            return range("seq_position", low.to_string(), "seq_length", high.to_string());
        }
        if self.highest_key < 0 {
            return Ok(None);
        }
        if self.is_off {
            // It plays nothing, and still ends others and takes its turn.
            region.sample = None;
        }
        region.keys = (byte(self.lowest_key), byte(self.highest_key));
        region.tune_cents = self.tune_cents + self.transpose_semitones * 100.0;
        if self.off_time {
            region.off_mode = OffMode::Time(self.off_seconds);
        }
        Ok(Some(region))
    }
}

const MAX_SECONDS: f64 = 1_000.0;

/// Groups are numbers of 32 bits, with or without a sign.
const MAX_GROUP: i64 = u32::MAX as i64;

#[allow(clippy::cast_possible_wrap)] // It is 15.
const LAST_OUTPUT: i64 = OUTPUTS as i64 - 1;

const TRIGGERS: [(&str, Trigger); 5] = [
    ("attack", Trigger::Attack),
    ("release", Trigger::Release),
    ("release_key", Trigger::ReleaseKey),
    ("first", Trigger::First),
    ("legato", Trigger::Legato),
];

const OFF_MODES: [(&str, OffMode); 3] =
    [("fast", OffMode::Fast), ("normal", OffMode::Normal), ("time", OffMode::Time(OFF_SECONDS))];

/// Highest cutoff that a text may say; whatever is above the band is at its end.
const MAX_CUTOFF_HZ: f64 = 1e6;

const FILTERS: [(&str, FilterKind); 6] = [
    ("lpf_1p", FilterKind::Low1),
    ("hpf_1p", FilterKind::High1),
    ("lpf_2p", FilterKind::Low2),
    ("hpf_2p", FilterKind::High2),
    ("bpf_2p", FilterKind::Band2),
    ("brf_2p", FilterKind::Notch2),
];

const SWITCHED: [(&str, bool); 2] = [("off", false), ("on", true)];

/// What only a window of a player would show.
const LABELS: [&str; 5] =
    ["sw_label", "region_label", "group_label", "master_label", "global_label"];

const LOOP_MODES: [(&str, LoopMode); 4] = [
    ("no_loop", LoopMode::None),
    ("one_shot", LoopMode::OneShot),
    ("loop_continuous", LoopMode::Continuous),
    ("loop_sustain", LoopMode::Sustain),
];

fn byte(value: i64) -> u8 {
    u8::try_from(value).unwrap_or(0)
}

fn number_of(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

impl Given<'_> {
    fn wrong(&self, takes: impl Into<String>) -> SfzError {
        let (opcode, value) = (shown(self.opcode), shown(self.value));
        SfzErrorKind::Value { opcode, value, takes: takes.into() }.at(self.line)
    }

    fn number(&self, min: f64, max: f64) -> Result<f64, SfzError> {
        let number = self.value.parse().ok().filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| self.wrong(format!("numbers from {min} to {max}")))
    }

    fn whole(&self, min: i64, max: i64) -> Result<i64, SfzError> {
        let number = self.value.parse().ok().or_else(|| {
            // Some editors write whole numbers with a point.
            let (whole, fraction) = self.value.split_once('.')?;
            fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
        });
        let number = number.filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| self.wrong(format!("whole numbers from {min} to {max}")))
    }

    fn key(&self, min: i64) -> Result<i64, SfzError> {
        if let Ok(key) = parse_note_name(self.value) {
            return Ok(key.into());
        }
        let takes =
            || self.wrong(format!("keys from {min} to 127, or names such as C4, which is 60"));
        self.whole(min, 127).map_err(|_| takes())
    }

    fn frame(&self) -> Result<u64, SfzError> {
        self.whole(0, i64::from(u32::MAX)).map(i64::unsigned_abs)
    }

    fn one_of<T: Copy>(&self, all: &[(&str, T)]) -> Result<T, SfzError> {
        let found = all.iter().find(|(name, _)| *name == self.value);
        let names = || all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        found.map(|(_, value)| *value).ok_or_else(|| self.wrong(format!("one of {}", names())))
    }
}
