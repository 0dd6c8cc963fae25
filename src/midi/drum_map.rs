//! Percussion by name: General MIDI's, and maps of one's own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of keys 35 to 81 (General MIDI Level 1, percussion key map).
const GENERAL_MIDI: [&str; 47] = [
    "acoustic-bass-drum",
    "bass-drum-1",
    "side-stick",
    "acoustic-snare",
    "hand-clap",
    "electric-snare",
    "low-floor-tom",
    "closed-hi-hat",
    "high-floor-tom",
    "pedal-hi-hat",
    "low-tom",
    "open-hi-hat",
    "low-mid-tom",
    "hi-mid-tom",
    "crash-cymbal-1",
    "high-tom",
    "ride-cymbal-1",
    "chinese-cymbal",
    "ride-bell",
    "tambourine",
    "splash-cymbal",
    "cowbell",
    "crash-cymbal-2",
    "vibraslap",
    "ride-cymbal-2",
    "hi-bongo",
    "low-bongo",
    "mute-hi-conga",
    "open-hi-conga",
    "low-conga",
    "high-timbale",
    "low-timbale",
    "high-agogo",
    "low-agogo",
    "cabasa",
    "maracas",
    "short-whistle",
    "long-whistle",
    "short-guiro",
    "long-guiro",
    "claves",
    "hi-wood-block",
    "low-wood-block",
    "mute-cuica",
    "open-cuica",
    "mute-triangle",
    "open-triangle",
];

const FIRST_KEY: u8 = 35;

/// Short names, read besides the long ones.
const SHORT: [(&str, u8); 16] = [
    ("kick", 36),
    ("rim", 37),
    ("snare", 38),
    ("clap", 39),
    ("floor-tom", 41),
    ("hat", 42),
    ("closed-hat", 42),
    ("pedal-hat", 44),
    ("open-hat", 46),
    ("mid-tom", 47),
    ("tom", 47),
    ("crash", 49),
    ("ride", 51),
    ("china", 52),
    ("splash", 55),
    ("triangle", 81),
];

/// General MIDI's name of a percussion key.
pub fn general_midi_drum(key: u8) -> Option<&'static str> {
    GENERAL_MIDI.get(usize::from(key.checked_sub(FIRST_KEY)?)).copied()
}

/// The key of a drum by General MIDI's name, or by a short one such as `kick`.
fn general_midi_key(name: &str) -> Option<u8> {
    let long = (FIRST_KEY..).zip(GENERAL_MIDI).find(|(_, long)| *long == name);
    let short = || SHORT.iter().find(|(short, _)| *short == name).map(|(_, key)| *key);
    long.map(|(key, _)| key).or_else(short)
}

/// The names of a drum kit: keys by name. What it does not name is General MIDI's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DrumMap(BTreeMap<String, u8>);

impl DrumMap {
    /// The key called `name`: in small letters or large ones, words joined by `-`, `_` or a space.
    pub fn key(&self, name: &str) -> Option<u8> {
        let wanted = plain(name);
        let own = self.0.iter().find(|(name, _)| plain(name) == wanted).map(|(_, key)| *key);
        own.or_else(|| general_midi_key(&wanted))
    }

    /// The name of `key`; of several the first in the order of the alphabet.
    pub fn name(&self, key: u8) -> Option<&str> {
        let own = self.0.iter().find(|(_, of)| **of == key).map(|(name, _)| name.as_str());
        own.or_else(|| general_midi_drum(key))
    }

    /// The map of names and keys.
    pub fn new(names: BTreeMap<String, u8>) -> Self {
        Self(names)
    }

    /// Some names, for messages: its own, else the short ones.
    pub fn examples(&self) -> String {
        let own: Vec<&str> = self.0.keys().map(String::as_str).take(20).collect();
        let short = || SHORT.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        if own.is_empty() { short() } else { own }.join(", ")
    }
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_midi_has_a_name_for_each_key_both_ways() {
        let map = DrumMap::default();
        for key in 0..128 {
            let name = general_midi_drum(key);
            assert_eq!(name.is_some(), (35..=81).contains(&key));
            assert_eq!(map.name(key), name);
            assert_eq!(name.and_then(|name| map.key(name)), name.map(|_| key));
        }
        // The ends and some in between, as the standard's table has them.
        for (key, name) in [
            (35, "acoustic-bass-drum"),
            (42, "closed-hi-hat"),
            (49, "crash-cymbal-1"),
            (56, "cowbell"),
            (60, "hi-bongo"),
            (69, "cabasa"),
            (75, "claves"),
            (81, "open-triangle"),
        ] {
            assert_eq!(general_midi_drum(key), Some(name));
        }
    }

    #[test]
    fn names_are_read_in_many_ways() {
        let map = DrumMap::default();
        assert_eq!(map.key("Closed Hi_Hat"), Some(42));
        assert_eq!((map.key("KICK"), map.key("hat"), map.key("gong")), (Some(36), Some(42), None));
        assert!(SHORT.iter().all(|(name, _)| !GENERAL_MIDI.contains(name)));
    }

    #[test]
    fn a_map_of_ones_own_comes_first() {
        let map: DrumMap = serde_json::from_str(r#"{"kick": 24, "Gong": 99}"#).unwrap();
        assert_eq!(
            (map.key("kick"), map.key("gong"), map.key("snare")),
            (Some(24), Some(99), Some(38))
        );
        assert_eq!(
            (map.name(24), map.name(99), map.name(38)),
            (Some("kick"), Some("Gong"), Some("acoustic-snare"))
        );
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"Gong":99,"kick":24}"#);
        assert_eq!(map.examples(), "Gong, kick");
    }
}
