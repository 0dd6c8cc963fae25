//! Texts of a file as markers of a session: what is no marker gets a prefix that says what it is.

use midly::MetaMessage;
use wavemill_core::session::limits::MAX_TEXT_BYTES;

/// Most markers that are read from a file.
pub const MAX_MIDI_MARKERS: usize = 10_000;

const MARKER: u8 = 0x06;
const KEY_SIGNATURE: u8 = 0x59;

/// Kinds of text that are no markers: their meta event and their prefix.
const PREFIXES: [(u8, &str); 8] = [
    (0x01, "Text: "),
    (0x02, "Copyright: "),
    (0x04, "Instrument: "),
    (0x05, "Lyric: "),
    (0x07, "Cue: "),
    (0x08, "Program: "),
    (0x09, "Device: "),
    (KEY_SIGNATURE, "Key: "),
];

/// Names of keys from seven flats to seven sharps.
const MAJOR: [&str; 15] =
    ["Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"];
const MINOR: [&str; 15] =
    ["Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#"];

/// The text of a meta event: UTF-8 where it is that, else Latin-1; at most `longest` bytes.
pub(super) fn decode(bytes: &[u8], longest: usize) -> String {
    // What lies behind is cut anyway.
    let bytes = &bytes[..bytes.len().min(longest + 4)];
    let mut text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Cut inside a character.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned()
        }
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.truncate(text.floor_char_boundary(longest));
    text
}

/// A name: text without control characters and without blanks at its ends; none where nothing is
/// left.
pub(super) fn name(bytes: &[u8], longest: usize) -> Option<String> {
    let text = decode(bytes, MAX_TEXT_BYTES);
    let text: String = text.chars().filter(|character| !character.is_control()).collect();
    let text = text.trim();
    let text = text[..text.floor_char_boundary(longest)].trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The marker that a meta event becomes; none where it has no text, or is none.
pub(super) fn marker(meta: &MetaMessage<'_>) -> Option<String> {
    let (kind, bytes) = match *meta {
        MetaMessage::Text(bytes) => (0x01, bytes),
        MetaMessage::Copyright(bytes) => (0x02, bytes),
        MetaMessage::InstrumentName(bytes) => (0x04, bytes),
        MetaMessage::Lyric(bytes) => (0x05, bytes),
        MetaMessage::Marker(bytes) => (MARKER, bytes),
        MetaMessage::CuePoint(bytes) => (0x07, bytes),
        MetaMessage::ProgramName(bytes) => (0x08, bytes),
        MetaMessage::DeviceName(bytes) => (0x09, bytes),
        MetaMessage::KeySignature(sharps, minor) => return key_name(sharps, minor),
        _ => return None,
    };
    let prefix = PREFIXES.iter().find(|(of, _)| *of == kind).map_or("", |(_, prefix)| prefix);
    let text = decode(bytes, MAX_TEXT_BYTES - prefix.len());
    (!text.is_empty()).then(|| format!("{prefix}{text}"))
}

fn key_name(sharps: i8, minor: bool) -> Option<String> {
    let index = usize::try_from(i16::from(sharps) + 7).ok()?;
    let (names, mode) = if minor { (&MINOR, "minor") } else { (&MAJOR, "major") };
    names.get(index).map(|name| format!("Key: {name} {mode}"))
}

/// The meta event that a marker is written as: its kind and its bytes.
pub(super) fn meta_of(marker: &str) -> (u8, Vec<u8>) {
    for (kind, prefix) in PREFIXES {
        let Some(text) = marker.strip_prefix(prefix).filter(|text| !text.is_empty()) else {
            continue;
        };
        if kind != KEY_SIGNATURE {
            return (kind, text.as_bytes().to_vec());
        }
        if let Some(key) = key_of(text) {
            return (kind, key.to_vec());
        }
    }
    (MARKER, marker.as_bytes().to_vec())
}

fn key_of(text: &str) -> Option<[u8; 2]> {
    let (name, mode) = text.split_once(' ')?;
    let (names, minor) = match mode {
        "major" => (&MAJOR, 0),
        "minor" => (&MINOR, 1),
        _ => return None,
    };
    let index = names.iter().position(|of| *of == name)?;
    let sharps = i8::try_from(index).ok()? - 7;
    Some([sharps.to_be_bytes()[0], minor])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        let metas = [
            MetaMessage::Text(b"a"),
            MetaMessage::Copyright(b"b"),
            MetaMessage::InstrumentName(b"c"),
            MetaMessage::Lyric(b" la"),
            MetaMessage::Marker(b"Verse"),
            MetaMessage::CuePoint(b"door"),
            MetaMessage::ProgramName(b"d"),
            MetaMessage::DeviceName(b"e"),
        ];
        for meta in metas {
            let name = marker(&meta).unwrap();
            let (kind, bytes) = meta_of(&name);
            let raw = [&[0, 0xFF, kind, u8::try_from(bytes.len()).unwrap()], &bytes[..]].concat();
            let read = midly::EventIter::new(&raw).next().unwrap().unwrap().kind;
            assert_eq!(read, midly::TrackEventKind::Meta(meta), "{name}");
        }
        assert_eq!(marker(&MetaMessage::Lyric(b" la")).as_deref(), Some("Lyric:  la"));
        assert_eq!(marker(&MetaMessage::Text(b"")), None);
        // A prefix and nothing else is a name like others.
        assert_eq!(meta_of("Lyric: "), (MARKER, b"Lyric: ".to_vec()));
    }

    #[test]
    fn keys_have_names() {
        let name = |sharps, minor| marker(&MetaMessage::KeySignature(sharps, minor));
        assert_eq!(name(-3, false).as_deref(), Some("Key: Eb major"));
        assert_eq!(name(6, true).as_deref(), Some("Key: D# minor"));
        assert_eq!((name(8, false), name(-128, true)), (None, None));
        for minor in [false, true] {
            for sharps in -7..=7 {
                let (kind, bytes) = meta_of(&name(sharps, minor).unwrap());
                assert_eq!((kind, bytes), (0x59, vec![sharps.to_be_bytes()[0], u8::from(minor)]));
            }
        }
        assert_eq!(meta_of("Key: H major").0, MARKER);
    }

    #[test]
    fn texts_are_decoded_and_cut() {
        assert_eq!(decode("Glück".as_bytes(), 100), "Glück");
        assert_eq!(decode(b"Gl\xFCck", 100), "Glück");
        assert_eq!(decode("ab€".as_bytes(), 4), "ab");
        assert_eq!(decode("é".repeat(600).as_bytes(), 1_023).len(), 1_022);
        assert_eq!(decode(&[0xFC; 600], 1_024).len(), 1_024);
        assert_eq!(name(b"\0 Piano\r\n ", 100).as_deref(), Some("Piano"));
        assert_eq!(name(b" \n", 100), None);
        assert_eq!(name(b"Grand Piano", 6).as_deref(), Some("Grand"));
    }
}
