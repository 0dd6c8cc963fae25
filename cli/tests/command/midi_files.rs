//! MIDI files of other programs: imported, exported, imported as the same again, and rendered.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::support::{Place, done, skip};

/// General MIDI, of the package `timgm6mb-soundfont`.
const FONT: &str = "/usr/share/sounds/sf2/TimGM6mb.sf2";

/// Of each file the ten quarter notes in which the most notes start are rendered, 5 s at 120 bpm;
const PART_TICKS: i64 = 10 * 15_360;
/// and of so many, the smallest ones, all.
const WHOLE: usize = 3;
/// One file of so many is rendered again, in other blocks and with other threads, to the same bits.
const AGAIN: usize = 3;

/// What was found in files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    files: usize,
    tracks: u64,
    notes: u64,
}

/// Every MIDI file below `folder`.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in
            std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path())
        {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "mid") {
                found.push(path);
            }
        }
    }
    // The smallest ones first, in one order wherever they lie.
    found.sort_by_key(|path| (std::fs::metadata(path).unwrap().len(), path.clone()));
    found
}

/// The list at `name`; none where there is nothing.
fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The clips of a session.
fn clips(session: &str) -> Vec<Value> {
    let document = std::fs::read(Path::new(session).join("session.json")).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let tracks = list(&document, "tracks").iter();
    tracks.flat_map(|track| list(track, "clips")).cloned().collect()
}

/// Where the notes of clips start, in order. Imported clips start with the session.
fn starts(clips: &[Value]) -> Vec<i64> {
    let notes = clips.iter().flat_map(|clip| list(&clip["content"]["midi"], "notes"));
    let mut starts: Vec<i64> = notes.map(|note| note["at"].as_i64().unwrap()).collect();
    starts.sort_unstable();
    starts
}

/// Where the part begins in which the most notes start.
fn densest(starts: &[i64]) -> i64 {
    let before = |time: i64| starts.partition_point(|at| *at < time);
    let within = |from: &&i64| before(**from + PART_TICKS) - before(**from);
    starts.iter().max_by_key(within).copied().unwrap_or(0)
}

/// Lets all clips begin at `tick` of what they hold.
fn cut(place: &Place, session: &str, clips: &[Value], tick: i64) {
    let set = clips.iter().map(
        |clip| serde_json::json!({"op": "set_clip", "clip": clip["id"], "offset_ticks": tick}),
    );
    let ops = place.text("ops.json");
    std::fs::write(&ops, Value::from_iter(set).to_string()).unwrap();
    done(["edit", session, &ops]);
}

/// Renders `part` of a session, in blocks of `block` frames on `jobs` threads. The digest of its mix.
fn render(place: &Place, session: &str, part: &[&str], [block, jobs]: [&str; 2]) -> String {
    let out = place.text("out.wav");
    let how = ["--json", "--force", "--bit-depth", "32f", "--block", block, "--jobs", jobs];
    let arguments = ["bounce", session, "-o", &out].into_iter().chain(how);
    let report = done(arguments.chain(part.iter().copied())).json();
    report["mix_sha256"].as_str().unwrap().to_owned()
}

/// The highest sample of what was rendered last; all of them are numbers.
fn peak(place: &Place) -> f32 {
    let bytes = std::fs::read(place.path("out.wav")).unwrap();
    let data = bytes.windows(4).position(|name| name == b"data").unwrap() + 8;
    let samples = bytes[data..].as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    samples.fold(0.0, |peak, sample| {
        assert!(sample.is_finite());
        peak.max(sample.abs())
    })
}

/// Takes a file all the way; `number` of its kind, the smallest first.
fn check(path: &Path, number: usize, counts: &mut Counts) {
    let place = Place::new();
    // Half of them are played by the instruments that are built in.
    let by_font = ["--soundfont", FONT];
    let instrument: &[&str] = if number.is_multiple_of(2) { &by_font } else { &[] };
    let import = |file: &str, session: &str| {
        let session = place.text(session);
        done(["import", file, "-o", &session, "--json"].iter().chain(instrument)).json()
    };
    let (first, exported) = (place.text("first"), place.text("out.mid"));
    let report = import(path.to_str().unwrap(), "first");
    let (tracks, clips) = (report["tracks"].as_array().unwrap().len() as u64, clips(&first));
    let starts = starts(&clips);
    assert!(tracks > 0, "{}", path.display());
    counts.files += 1;
    counts.tracks += tracks;
    counts.notes += starts.len() as u64;
    let report = done(["export", &first, &exported, "--json"]).json();
    assert_eq!(report["notes"], starts.len(), "{}", path.display());
    import(&exported, "second");
    let document =
        |name: &str| std::fs::read_to_string(place.path(name).join("session.json")).unwrap();
    assert_eq!(document("first"), document("second"), "{}", path.display());
    let is_heard = |part: &[&str]| {
        let mix = render(&place, &first, part, ["127", "1"]);
        assert_eq!(peak(&place) > 1e-4, !starts.is_empty(), "{}", path.display());
        if number.is_multiple_of(AGAIN) {
            let again = render(&place, &first, part, ["1024", "2"]);
            assert_eq!(mix, again, "{}", path.display());
        }
    };
    if number < WHOLE {
        is_heard(&[]);
    }
    cut(&place, &first, &clips, densest(&starts));
    is_heard(&["--to", "5s"]);
}

fn check_all(files: &[PathBuf]) -> Counts {
    let mut counts = Counts::default();
    for (number, path) in files.iter().enumerate() {
        check(path, number, &mut counts);
    }
    println!("{counts:?}");
    counts
}

#[test]
fn every_file_of_mma_is_imported_exported_and_rendered() {
    let mut files = files_below(Path::new("/usr/share/doc/mma"));
    files.extend(files_below(Path::new("/usr/share/mma")));
    if files.is_empty() || !Path::new(FONT).is_file() {
        return skip(
            "the packages mma and timgm6mb-soundfont are not installed; ci/setup does that",
        );
    }
    let counts = check_all(&files);
    assert_eq!(counts, Counts { files: 73, tracks: 379, notes: 77_714 });
}

#[test]
fn every_file_of_music21_is_imported_exported_and_rendered() {
    // Where ci/setup lays them.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let files = files_below(&target.join("midi-files/music21"));
    if files.is_empty() || !Path::new(FONT).is_file() {
        return skip(
            "the files of music21 or timgm6mb-soundfont are not there; ci/setup gets them",
        );
    }
    let counts = check_all(&files);
    assert_eq!(counts, Counts { files: 23, tracks: 56, notes: 17_881 });
}
