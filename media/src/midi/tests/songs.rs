//! What files of every kind become.

use proptest::prelude::*;
use wavemill_core::session::{
    Clip, ClipContent, ControllerTarget, ExpressionKind, ExpressionPoint, Marker, MarkerId,
    MidiContent, Note, Section, SectionId, TimeValue, Track, TrackId, TrackKind,
};
use wavemill_core::time::{Samples, Ticks};

use super::*;

fn names(song: &MidiSong) -> Vec<&str> {
    song.tracks.iter().map(|track| track.name.as_str()).collect()
}

/// Start, length and key of the notes of a track.
fn notes(content: &MidiContent) -> Vec<(i64, i64, u8)> {
    content.notes.iter().map(|note| (note.at.0, note.length.0, note.key)).collect()
}

const NOTE: [u8; 8] = [0, 0x90, 60, 100, 96, 0x80, 60, 64];

#[test]
fn each_channel_of_a_track_is_a_track() {
    let both = [&b"\0\xFF\x03\x05Piano"[..], &NOTE, &[0, 0x99, 36, 1, 48, 0x99, 36, 0]].concat();
    let song = read_midi(&file(1, DIVISION, &[&both, &NOTE, &[]])).unwrap();
    assert_eq!(names(&song), ["Piano (channel 1)", "Piano (channel 10)", "Track 2"]);
    assert_eq!(song.name.as_deref(), Some("Piano"));
    // 96 ticks are 15,360.
    assert_eq!(notes(&song.tracks[0].content), [(0, 15_360, 60)]);
    assert_eq!(notes(&song.tracks[1].content), [(15_360, 7_680, 36)]);
    assert_eq!(song.tracks[1].content.notes[0].channel, 9);
    let lengths: Vec<_> = song.tracks.iter().map(|track| track.length.0).collect();
    assert_eq!((lengths, song.notes()), (vec![23_040, 23_040, 15_360], 3));
    assert_eq!(song.warnings, [""; 0]);
}

#[test]
fn one_track_takes_all_channels_in_order() {
    // Each track turns the volume of channel 1 and plays; the second one later, on a lower key.
    let first = [&b"\0\xFF\x03\x04Both\0\xB0\x07\x40"[..], &NOTE].concat();
    let second = [&b"\0\xB0\x07\x50\x30\xF0\x02\x7D\xF7"[..], &NOTE, b"\0\xB0\x07\x60"].concat();
    let third = [0, 0x91, 50, 100, 96, 0x81, 50, 64];
    let song = read_midi(&file(1, DIVISION, &[&first, &second, &third])).unwrap();
    assert_eq!(song.tracks.len(), 3);
    let one = song.clone().on_one_track();
    assert_eq!(names(&one), ["Both"]);
    assert_eq!((&one.tempo, &one.markers), (&song.tempo, &song.markers));
    let track = &one.tracks[0];
    assert_eq!(notes(&track.content), [(0, 15_360, 50), (0, 15_360, 60), (7_680, 15_360, 60)]);
    let channels = track.content.notes.iter().map(|note| note.channel);
    assert_eq!(channels.collect::<Vec<_>>(), [1, 0, 0]);
    assert_eq!(track.content.system_exclusive.len(), 1);
    let [lane] = &track.content.controllers[..] else { panic!("{:?}", track.content.controllers) };
    let points: Vec<_> = lane.points.iter().map(|point| (point.at.0, point.value)).collect();
    assert_eq!(points, [(0, 64.0), (0, 80.0), (23_040, 96.0)]);
    assert_eq!(track.length, song.tracks[1].length);
}

#[test]
fn the_conductors_track_is_the_timeline() {
    let conductor = [
        &b"\0\xFF\x03\x04Song\0\xFF\x58\x04\x03\x02\x18\x08\0\xFF\x51\x03\x07\xA1\x20"[..],
        b"\0\xFF\x59\x02\xFD\x01\x60\xFF\x06\x05Verse\0\xFF\x05\x02la\0\xFF\x07\x04door",
        // Two quarter notes later, a ritardando of one step.
        b"\x81\x40\xFF\x51\x03\x0F\x42\x40\0\xFF\x58\x04\x04\x02\x18\x08\0\xFF\x01\x02hi",
    ]
    .concat();
    let song = read_midi(&file(1, DIVISION, &[&conductor, &NOTE])).unwrap();
    let tempo: Vec<_> = song.tempo.iter().map(|point| (point.at.0, point.bpm)).collect();
    assert_eq!(tempo, [(0, 120.0), (46_080, 60.0)]);
    let signatures = song.signatures.iter().map(|p| (p.bar, p.numerator, p.denominator));
    assert_eq!(signatures.collect::<Vec<_>>(), [(1, 3, 4), (2, 4, 4)]);
    let markers = song.markers.iter().map(|(at, name)| (at.0, name.as_str()));
    let wanted = [
        (0, "Key: C minor"),
        (15_360, "Verse"),
        (15_360, "Lyric: la"),
        (15_360, "Cue: door"),
        (46_080, "Text: hi"),
    ];
    assert_eq!(markers.collect::<Vec<_>>(), wanted);
    assert_eq!((names(&song), song.name.as_deref()), (vec!["Track 2"], Some("Song")));
    let (session, written) = round_trip(&file(1, DIVISION, &[&conductor, &NOTE]));
    assert_eq!((session.name.as_str(), session.markers.len()), ("Song", 5));
    assert_eq!((written.tracks, written.notes, written.warnings), (1, 1, vec![]));
}

#[test]
fn patterns_follow_each_other() {
    let song = read_midi(&file(2, DIVISION, &[&NOTE, &NOTE, &NOTE])).unwrap();
    let starts: Vec<_> = song.tracks.iter().map(|track| track.content.notes[0].at.0).collect();
    assert_eq!(starts, [0, 15_360, 30_720]);
}

#[test]
fn smpte_files_are_at_their_seconds() {
    // 25 frames of 40 ticks: a tick is a millisecond. The tempo says nothing there.
    let track = [&b"\0\xFF\x51\x03\x07\xA1\x21"[..], &[0x87, 0x68, 0x90, 60, 1, 1, 0x80, 60, 0]];
    let bytes = file(0, [0xE7, 40], &[&track.concat()]);
    let song = read_midi(&bytes).unwrap();
    assert!(song.tempo.is_empty() && song.warnings[0].contains("parts of seconds"));
    // A second and a millisecond: 30,720 ticks at 120 bpm, and 30.72.
    assert_eq!(notes(&song.tracks[0].content), [(30_720, 31, 60)]);
    round_trip(&bytes);
}

#[test]
fn system_exclusive_messages_come_whole_or_in_pieces() {
    let track = [
        &[0, 0xF0, 3, 1, 2, 0xF7][..],
        // In two pieces, with a clock inside.
        &[1, 0xF0, 2, 3, 4, 0, 0xF7, 3, 0xF8, 5, 0xF7],
        // One without an end, and a note that a piece brings.
        &[1, 0xF0, 1, 6, 0, 0x90, 60, 1, 0, 0xF7, 3, 0x80, 60, 0],
    ]
    .concat();
    let bytes = file(1, DIVISION, &[&track, &[0, 0xF0, 2, 9, 0xF7]]);
    let song = read_midi(&bytes).unwrap();
    let messages = |track: usize| {
        let messages = song.tracks[track].content.system_exclusive.iter();
        messages.map(|message| (message.at.0, message.bytes.clone())).collect::<Vec<_>>()
    };
    assert_eq!(messages(0), [(0, vec![1, 2]), (160, vec![3, 4, 5])]);
    assert_eq!(messages(1), [(0, vec![9])]);
    assert_eq!(names(&song), ["Track 1", "Track 2"]);
    let told = song.warnings.join("\n");
    assert!(told.contains("1 system exclusive messages that are not whole"), "{told}");
    assert!(told.contains("1 system messages were left out"), "{told}");
    round_trip(&bytes);
}

#[test]
fn a_running_status_goes_on_behind_meta_events() {
    let track = [0, 0x90, 60, 1, 0, 0xFF, 0x01, 0, 96, 60, 0];
    let song = read_midi(&file(0, DIVISION, &[&track])).unwrap();
    assert_eq!(notes(&song.tracks[0].content), [(0, 15_360, 60)]);
}

#[test]
fn a_zone_of_mpe_is_a_track_of_expression() {
    let zone = [0, 0xB0, 101, 0, 0, 0xB0, 100, 6, 0, 0xB0, 6, 15];
    let played = [
        &[0, 0xE1, 0, 96, 0, 0x91, 60, 100, 0, 0xD1, 127, 0, 0x92, 64, 100][..],
        &[48, 0xB2, 74, 0, 48, 0x81, 60, 0, 0, 0x82, 64, 0],
    ]
    .concat();
    let bytes = file(1, DIVISION, &[&[&zone[..], &played].concat()]);
    let song = read_midi(&bytes).unwrap();
    let [track] = &song.tracks[..] else { panic!("{song:?}") };
    let point = |at, kind, value| ExpressionPoint { at: Ticks(at), kind, value };
    let wanted = [
        vec![point(0, ExpressionKind::Tuning, 24.0), point(0, ExpressionKind::Pressure, 1.0)],
        vec![point(7_680, ExpressionKind::Timbre, 0.0)],
    ];
    let expression: Vec<_> = track.content.notes.iter().map(|n| n.expression.clone()).collect();
    assert_eq!(expression, wanted);
    assert!(track.content.controllers.is_empty());
    round_trip(&bytes);
}

#[test]
fn what_a_session_cannot_hold_is_counted() {
    let odd = [0, 0x80, 60, 0, 0, 0xFF, 0x21, 1, 0, 0, 0x90, 60, 1];
    let mut bytes = raw_file(1, DIVISION, &[&odd]);
    bytes[11] = 7;
    bytes.extend([1, 2, 3]);
    let told = read_midi(&bytes).unwrap().warnings;
    let wanted = [
        "the header promises 7 tracks, and 1 are there",
        "1 notes have no end, and end with their track",
        "1 ends of notes that do not sound were left out",
        "1 meta events that a session does not hold (ports, SMPTE offsets, of sequencers) were \
         left out",
        "1 tracks do not say where they end, and end with their last event",
        "3 bytes behind the ends of tracks were left out",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn files_inside_of_riff_are_unwrapped() {
    let inner = file(0, DIVISION, &[&NOTE]);
    let length = u32::try_from(inner.len()).unwrap().to_le_bytes();
    let riff = [&b"RIFF\0\0\0\0RMIDdata"[..], &length, &inner, b"LIST\x08\0\0\0INFOxxxx"].concat();
    assert_eq!(read_midi(&riff), read_midi(&inner));
}

#[test]
fn a_session_with_a_timeline_keeps_it() {
    let tempo = b"\0\xFF\x51\x03\x0F\x42\x40";
    let song = read_midi(&file(0, DIVISION, &[&[&tempo[..], &NOTE].concat()])).unwrap();
    let first = session_of(&song);
    assert_eq!(first.tempo[0].bpm, 60.0);
    let other = MidiSong { tempo: Vec::new(), name: Some("Other".to_owned()), ..song };
    let second = song_commands(first.clone(), &other, &Instruments::default(), false).unwrap();
    assert_eq!((&second.session.tempo, second.session.name), (&first.tempo, first.name));
    assert_eq!(second.tracks[0].as_str(), "track-2");
}

/// A session with one instrument track that plays `content` for as long as it is.
fn playing(content: MidiContent) -> Session {
    let mut session = Session::new("song", SampleRate::new(48_000).unwrap());
    let id = TrackId::new("keys").unwrap();
    let clip = Clip {
        id: wavemill_core::session::ClipId::new("keys").unwrap(),
        name: String::new(),
        content: ClipContent::Midi(content),
        start: TimeValue::Ticks(Ticks::ZERO),
        length: TimeValue::Ticks(Ticks(1 << 20)),
        gain_db: 0.0,
        fade_in: Default::default(),
        fade_out: Default::default(),
        mute: false,
        take_lane: None,
    };
    let track = Track::new(id, "Keys", TrackKind::Instrument);
    session.tracks.push(Track { clips: vec![clip], ..track });
    session
}

#[test]
fn what_no_file_says_is_told_at_export() {
    let mut note = Note::new(Ticks(0), Ticks(100), 60, 100);
    let point = |kind, value| ExpressionPoint { at: Ticks(0), kind, value };
    note.expression = vec![point(ExpressionKind::Volume, 2.0), point(ExpressionKind::Timbre, 1.0)];
    let other = Note { channel: 4, ..note.clone() };
    let mut session = playing(vec![note.clone()].into());
    session.tracks.push(Track::new(TrackId::new("tape").unwrap(), "Tape", TrackKind::Audio));
    session.sections.push(Section {
        id: SectionId::new("verse").unwrap(),
        name: "Verse".to_owned(),
        start: Ticks(0),
        length: Ticks(5),
    });
    // As MPE the timbre is in the file.
    let told = write_midi(&session).unwrap().warnings;
    assert!(told[0].starts_with("track 'keys': 1 changes of expression"), "{told:?}");
    assert_eq!(told[1..], ["1 audio tracks are not in the file", "1 sections are not in the file"]);
    let told = write_midi(&playing(vec![note, other].into())).unwrap().warnings;
    assert!(told[0].starts_with("track 'keys': 4 changes of expression"), "{told:?}");
    let empty = Session::new("song", SampleRate::new(48_000).unwrap());
    assert_eq!(write_midi(&empty), Err(WriteMidiError::Empty));
}

#[test]
fn places_in_samples_are_written_at_their_ticks() {
    let mut session = playing(vec![Note::new(Ticks(0), Ticks(100), 60, 100)].into());
    session.tracks[0].clips[0].start = TimeValue::Samples(Samples(24_000));
    session.markers.push(Marker {
        id: MarkerId::new("verse").unwrap(),
        name: "Verse".to_owned(),
        at: TimeValue::Samples(Samples(48_000)),
    });
    let song = read_midi(&write_midi(&session).unwrap().bytes).unwrap();
    assert_eq!(notes(&song.tracks[0].content), [(15_360, 100, 60)]);
    assert_eq!(song.markers, [(Ticks(30_720), "Verse".to_owned())]);
}

#[test]
fn bends_and_pairs_are_exact() {
    let events = [
        &[0, 0xE0, 0, 0, 1, 0xE0, 127, 127, 1, 0xE0, 1, 64][..],
        &[0, 0xB0, 7, 100, 0, 0xB0, 39, 64, 1, 0xB0, 0, 1, 0, 0xB0, 32, 2, 0, 0xC0, 5],
    ]
    .concat();
    let (session, _) = round_trip(&file(0, DIVISION, &[&events]));
    let ClipContent::Midi(content) = &session.tracks[0].clips[0].content else { panic!() };
    let values = |target| {
        let lane = content.controllers.iter().find(|lane| lane.target == target).unwrap();
        lane.points.iter().map(|point| point.value).collect::<Vec<_>>()
    };
    let step = 1.0 / 8_192.0;
    assert_eq!(values(ControllerTarget::PitchBend), [-1.0, 1.0 - step, step]);
    assert_eq!(values(ControllerTarget::Controller(7)), [100.5]);
    assert_eq!(values(ControllerTarget::Bank), [130.0]);
    assert_eq!(values(ControllerTarget::Program), [5.0]);
}

/// An event of a track: a delta time and what follows it.
fn event() -> impl Strategy<Value = Vec<u8>> {
    let byte = || 0_u8..128;
    let key = || 60_u8..63;
    let channel = || prop::sample::select(vec![0_u8, 1, 9]);
    let kind = prop_oneof![
        6 => (channel(), key(), byte()).prop_map(|(c, k, v)| vec![0x90 | c, k, v]),
        6 => (channel(), key(), byte()).prop_map(|(c, k, v)| vec![0x80 | c, k, v]),
        1 => (channel(), key(), byte()).prop_map(|(c, k, v)| vec![0xA0 | c, k, v]),
        // Not the parameter of MPE zones, whose expression has steps of its own.
        4 => (channel(), byte(), byte())
            .prop_map(|(c, n, v)| vec![0xB0 | c, if n == 100 { 98 } else { n }, v]),
        1 => (channel(), byte()).prop_map(|(c, p)| vec![0xC0 | c, p]),
        1 => (channel(), byte()).prop_map(|(c, p)| vec![0xD0 | c, p]),
        1 => (channel(), byte(), byte()).prop_map(|(c, l, h)| vec![0xE0 | c, l, h]),
        1 => prop::collection::vec(byte(), 0..5).prop_map(|bytes| {
            let length = u8::try_from(bytes.len() + 1).unwrap();
            [&[0xF0, length][..], &bytes, &[0xF7]].concat()
        }),
        2 => (1_u8..10, "[a-z ]{0,6}").prop_map(|(kind, text)| {
            [&[0xFF, kind, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
        }),
        1 => any::<[u8; 3]>().prop_map(|[a, b, c]| vec![0xFF, 0x51, 3, a, b, c]),
        1 => (0_u8..70, 0_u8..8).prop_map(|(n, d)| vec![0xFF, 0x58, 4, n, d, 24, 8]),
        1 => (0_u8..16, 0_u8..2).prop_map(|(s, m)| vec![0xFF, 0x59, 2, s.wrapping_sub(8), m]),
    ];
    (0_u8..100, kind).prop_map(|(delta, kind)| [vec![delta], kind].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever a file holds: what is imported, exported and imported again is the same.
    #[test]
    fn what_is_imported_is_exported(
        tracks in prop::collection::vec(prop::collection::vec(event(), 0..30), 1..4),
        format in 0_u8..3,
        division in prop::sample::select(vec![[0, 96], [1, 0xE0], [0, 7], [60, 0], [0xE7, 40]]),
    ) {
        let tracks: Vec<Vec<u8>> = tracks.into_iter().map(|events| events.concat()).collect();
        let tracks: Vec<&[u8]> = tracks.iter().map(Vec::as_slice).collect();
        let bytes = file(format, division, &tracks);
        if !read_midi(&bytes).unwrap().tracks.is_empty() {
            round_trip(&bytes);
        }
    }

    #[test]
    fn no_bytes_panic(
        junk in prop::collection::vec(any::<u8>(), 0..60),
        format in 0_u8..4,
        division: [u8; 2],
        place: prop::sample::Index,
        byte: u8,
    ) {
        let _ = read_midi(&junk);
        let mut bytes = raw_file(format, division, &[&junk, &NOTE]);
        let _ = read_midi(&bytes);
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = read_midi(&bytes);
        let _ = read_midi(&bytes[..place]);
    }
}
