//! Chords by name: from keys to a symbol such as `Am7/C`, and from a symbol to keys.

use std::fmt;

use super::note_names::{Spelling, pitch_class_name, split_pitch_class};

/// The kind of a chord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each is said by its symbol and intervals.
pub enum ChordQuality {
    Major,
    Minor,
    Diminished,
    Augmented,
    Sus2,
    Sus4,
    Power,
    Sixth,
    MinorSixth,
    Seventh,
    MajorSeventh,
    MinorSeventh,
    MinorMajorSeventh,
    HalfDiminished,
    DiminishedSeventh,
    AddedNinth,
    Ninth,
    MajorNinth,
    MinorNinth,
    Eleventh,
    Thirteenth,
}

/// What there is to say of a quality: the symbol that is written, others that are read too, and the
/// semitones above the root.
struct Entry(ChordQuality, &'static str, &'static [&'static str], &'static [u8]);

use ChordQuality as Q;

/// Of two that name the same keys the one further up is told.
const ENTRIES: [Entry; 21] = [
    Entry(Q::Major, "", &["maj", "M"], &[0, 4, 7]),
    Entry(Q::Minor, "m", &["min", "-"], &[0, 3, 7]),
    Entry(Q::Diminished, "dim", &["°", "o"], &[0, 3, 6]),
    Entry(Q::Augmented, "aug", &["+"], &[0, 4, 8]),
    Entry(Q::Sus4, "sus4", &["sus"], &[0, 5, 7]),
    Entry(Q::Sus2, "sus2", &[], &[0, 2, 7]),
    Entry(Q::Power, "5", &[], &[0, 7]),
    Entry(Q::Seventh, "7", &["dom7"], &[0, 4, 7, 10]),
    Entry(Q::MajorSeventh, "maj7", &["M7", "ma7", "Δ", "Δ7"], &[0, 4, 7, 11]),
    Entry(Q::MinorSeventh, "m7", &["min7", "-7"], &[0, 3, 7, 10]),
    Entry(Q::MinorMajorSeventh, "mMaj7", &["mM7", "m(maj7)", "mmaj7", "minMaj7"], &[0, 3, 7, 11]),
    Entry(Q::HalfDiminished, "m7b5", &["min7b5", "-7b5", "ø", "ø7", "m7♭5"], &[0, 3, 6, 10]),
    Entry(Q::DiminishedSeventh, "dim7", &["°7", "o7"], &[0, 3, 6, 9]),
    Entry(Q::Sixth, "6", &["maj6", "M6"], &[0, 4, 7, 9]),
    Entry(Q::MinorSixth, "m6", &["min6", "-6"], &[0, 3, 7, 9]),
    Entry(Q::AddedNinth, "add9", &["(add9)"], &[0, 4, 7, 14]),
    Entry(Q::Ninth, "9", &["dom9"], &[0, 4, 7, 10, 14]),
    Entry(Q::MajorNinth, "maj9", &["M9", "ma9", "Δ9"], &[0, 4, 7, 11, 14]),
    Entry(Q::MinorNinth, "m9", &["min9", "-9"], &[0, 3, 7, 10, 14]),
    Entry(Q::Eleventh, "11", &[], &[0, 4, 7, 10, 14, 17]),
    Entry(Q::Thirteenth, "13", &[], &[0, 4, 7, 10, 14, 21]),
];

impl ChordQuality {
    /// All qualities.
    pub fn all() -> impl Iterator<Item = Self> {
        ENTRIES.iter().map(|entry| entry.0)
    }

    fn entry(self) -> &'static Entry {
        // Each quality has an entry; a test says so.
        ENTRIES.iter().find(|entry| entry.0 == self).unwrap_or(&ENTRIES[0])
    }

    /// What is written behind the root, such as `m7`.
    pub fn symbol(self) -> &'static str {
        self.entry().1
    }

    /// Semitones above the root, from 0, rising.
    pub fn intervals(self) -> &'static [u8] {
        self.entry().3
    }

    /// Pitch classes above the root as bits.
    fn classes(self) -> u16 {
        self.intervals().iter().fold(0, |bits, by| bits | 1 << (by % 12))
    }
}

/// A chord: its root, its quality, and the pitch class of its lowest note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    /// Pitch class of the root, 0 (C) to 11.
    pub root: u8,
    /// Its kind.
    pub quality: ChordQuality,
    /// Pitch class of the lowest note.
    pub bass: u8,
}

/// A text that is no chord symbol, or a chord that is nowhere on the keyboard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// It does not begin with a root.
    #[error(
        "'{0}' is no chord: begin with its root, C to B with # or b, such as Cmaj7 or F#m7b5/A"
    )]
    Root(String),
    /// What follows the root is unknown.
    #[error("'{symbol}': no chord is called '{quality}': use one of {choices}")]
    Quality {
        /// The whole text.
        symbol: String,
        /// What follows the root.
        quality: String,
        /// What there is.
        choices: String,
    },
    /// What follows the slash is no note.
    #[error("'{symbol}': '{bass}' is no bass note: write C to B with # or b behind the slash")]
    Bass {
        /// The whole text.
        symbol: String,
        /// What follows the slash.
        bass: String,
    },
    /// Not all of its keys are from 0 to 127.
    #[error("{chord} from octave {octave} leaves the keyboard: choose an octave from 0 to 7")]
    Range {
        /// The chord.
        chord: Chord,
        /// Where it was to be.
        octave: i8,
    },
}

/// The chord of `keys`, in any order, doubled or not: `None` where they make none that has a name.
///
/// Chords on the lowest key come before inversions, whole ones before those that leave out the
/// fifth, and of several the simpler one: C E G A is C6 over C and Am7/C nowhere.
pub fn detect_chord(keys: &[u8]) -> Option<Chord> {
    let bass = keys.iter().min()? % 12;
    let above = |root: u8| {
        let class = |key: &u8| (key % 12 + 12 - root) % 12;
        keys.iter().fold(0_u16, |bits, key| bits | 1 << class(key))
    };
    let roots = || (0..12).map(|up| (bass + up) % 12);
    let find = |left_out: u16, fewest: usize| {
        roots().find_map(|root| {
            let classes = above(root);
            let named = |quality: &ChordQuality| {
                quality.intervals().len() >= fewest && quality.classes() & !left_out == classes
            };
            let quality = ChordQuality::all().find(named)?;
            Some(Chord { root, quality, bass })
        })
    };
    // Without its fifth a triad is an interval: only larger chords go without.
    find(0, 2).or_else(|| find(1 << 7, 4))
}

/// Reads a chord symbol: a root, a quality, and a slash with the bass where that is not the root.
///
/// # Errors
/// Where a part of it is unknown.
pub fn parse_chord(symbol: &str) -> Result<Chord, ChordError> {
    let shown = |text: &str| text.chars().take(20).collect::<String>();
    let (root, rest) = split_pitch_class(symbol).ok_or_else(|| ChordError::Root(shown(symbol)))?;
    let (quality, slash) = match rest.split_once('/') {
        Some((quality, bass)) => (quality, Some(bass)),
        None => (rest, None),
    };
    let called = |entry: &&Entry| entry.1 == quality || entry.2.contains(&quality);
    let Some(Entry(found, ..)) = ENTRIES.iter().find(called) else {
        let choices: Vec<&str> =
            ENTRIES.iter().map(|entry| entry.1).filter(|symbol| !symbol.is_empty()).collect();
        return Err(ChordError::Quality {
            symbol: shown(symbol),
            quality: shown(quality),
            choices: choices.join(", "),
        });
    };
    let bass = match slash {
        None => root,
        Some(bass) => match split_pitch_class(bass) {
            Some((class, "")) => class,
            _ => return Err(ChordError::Bass { symbol: shown(symbol), bass: shown(bass) }),
        },
    };
    Ok(Chord { root, quality: *found, bass })
}

impl Chord {
    /// Its keys in close position, rising: the root in `octave` (4 is the one from middle C on) and
    /// the intervals of its quality above it; a bass other than the root next below that.
    ///
    /// # Errors
    /// Where one of them is no key.
    pub fn keys(&self, octave: i8) -> Result<Vec<u8>, ChordError> {
        let root = (i32::from(octave) + 1) * 12 + i32::from(self.root);
        let down = i32::from((self.root + 12 - self.bass) % 12);
        let bass = (down > 0).then_some(root - down);
        let above = self.quality.intervals().iter().map(|by| root + i32::from(*by));
        let keys: Option<Vec<u8>> = bass
            .into_iter()
            .chain(above)
            .map(|key| u8::try_from(key).ok().filter(|key| *key < 128))
            .collect();
        keys.ok_or(ChordError::Range { chord: *self, octave })
    }
}

impl fmt::Display for Chord {
    /// The symbol, with the sharps and flats that are usual.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |class| pitch_class_name(class, Spelling::Usual);
        write!(formatter, "{}{}", name(self.root), self.quality.symbol())?;
        if self.bass == self.root { Ok(()) } else { write!(formatter, "/{}", name(self.bass)) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(keys: &[u8]) -> String {
        detect_chord(keys).map_or_else(|| "none".to_owned(), |chord| chord.to_string())
    }

    fn keys(symbol: &str) -> Vec<u8> {
        parse_chord(symbol).unwrap().keys(4).unwrap()
    }

    #[test]
    fn chords_are_named() {
        for (keys, name) in [
            (&[60, 64, 67][..], "C"),
            (&[57, 60, 64], "Am"),
            (&[59, 62, 65], "Bdim"),
            (&[60, 64, 68], "Caug"),
            (&[60, 62, 67], "Csus2"),
            (&[60, 65, 67], "Csus4"),
            (&[60, 67], "C5"),
            (&[60, 64, 67, 69], "C6"),
            (&[57, 60, 64, 67], "Am7"),
            (&[60, 63, 67, 69], "Cm6"),
            (&[55, 59, 62, 65], "G7"),
            (&[60, 64, 67, 71], "Cmaj7"),
            (&[60, 63, 67, 71], "CmMaj7"),
            (&[59, 62, 65, 69], "Bm7b5"),
            (&[59, 62, 65, 68], "Bdim7"),
            (&[60, 64, 67, 70, 74], "C9"),
            (&[60, 64, 67, 71, 74], "Cmaj9"),
            (&[62, 65, 69, 72, 76], "Dm9"),
            (&[60, 64, 67, 74], "Cadd9"),
            (&[60, 64, 67, 70, 74, 77], "C11"),
            (&[60, 64, 67, 70, 74, 81], "C13"),
        ] {
            assert_eq!(named(keys), name);
        }
    }

    #[test]
    fn inversions_doublings_and_missing_fifths_are_told() {
        assert_eq!(named(&[64, 67, 72]), "C/E");
        assert_eq!(named(&[67, 48, 60, 64, 76]), "C");
        assert_eq!(named(&[60, 64, 70]), "C7");
        assert_eq!(named(&[62, 54, 57, 60]), "D7/F#");
        assert_eq!(named(&[60, 64]), "none");
        assert_eq!(named(&[60, 61, 62]), "none");
        assert_eq!(named(&[60, 72]), "none");
        assert_eq!(named(&[]), "none");
    }

    #[test]
    fn symbols_are_read_in_all_their_spellings() {
        assert_eq!(keys("Cmaj7"), [60, 64, 67, 71]);
        assert_eq!(keys("CΔ"), keys("CM7"));
        assert_eq!(keys("F#m7b5/A"), [57, 66, 69, 72, 76]);
        assert_eq!(keys("Gbø"), keys("F#m7b5"));
        assert_eq!(keys("Bbsus4"), [70, 75, 77]);
        assert_eq!(keys("Dm9"), [62, 65, 69, 72, 76]);
        assert_eq!(keys("C/B"), [59, 60, 64, 67]);
        assert_eq!(keys("c-7"), keys("Cm7"));
    }

    #[test]
    fn what_is_no_chord_is_refused_with_what_there_is() {
        let refusal = |symbol| parse_chord(symbol).unwrap_err().to_string();
        assert!(refusal("H7").contains("begin with its root"));
        assert!(refusal("").contains("begin with its root"));
        let unknown = refusal("Cmaj77");
        assert!(
            unknown.contains("no chord is called 'maj77'") && unknown.contains("m7b5"),
            "{unknown}"
        );
        assert!(refusal("C/9").contains("'9' is no bass note"));
        let high = parse_chord("G13").unwrap().keys(9).unwrap_err().to_string();
        assert_eq!(high, "G13 from octave 9 leaves the keyboard: choose an octave from 0 to 7");
    }

    #[test]
    fn every_spelling_is_its_own() {
        let spellings = ENTRIES.iter().flat_map(|entry| [&[entry.1][..], entry.2].concat());
        let mut spellings: Vec<&str> = spellings.collect();
        let count = spellings.len();
        spellings.sort_unstable();
        spellings.dedup();
        assert_eq!(spellings.len(), count);
        assert!(ChordQuality::all().all(|quality| quality.entry().0 == quality));
    }

    fn classes(keys: &[u8]) -> Vec<u8> {
        let mut classes: Vec<u8> = keys.iter().map(|key| key % 12).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// A chord is found again by its keys: the same pitch classes over the same bass.
        #[test]
        fn what_is_written_is_detected(root in 0..12_u8, quality in 0..21_usize, chord_tone in 0..6_usize, octave in 0..7_i8) {
            let quality = ChordQuality::all().nth(quality).unwrap();
            let intervals = quality.intervals();
            let bass = (root + intervals[chord_tone % intervals.len()]) % 12;
            let written = Chord { root, quality, bass };
            prop_assert_eq!(parse_chord(&written.to_string()), Ok(written));
            let keys = written.keys(octave).unwrap();
            let found = detect_chord(&keys).unwrap();
            prop_assert_eq!(classes(&found.keys(octave).unwrap()), classes(&keys));
            prop_assert_eq!(found.bass, keys[0] % 12);
        }

        #[test]
        fn no_text_and_no_keys_panic(text in "\\PC{0,12}", keys in prop::collection::vec(0..=255_u8, 0..12)) {
            let _ = parse_chord(&text).map(|chord| chord.keys(4));
            let _ = detect_chord(&keys);
        }
    }
}
