//! Remixes: few signals of a mix have changed, and only those are rendered; never another sample.

use std::fs;

use crate::stores::{Studio, assert_same};
use crate::support::{done, tone_track};

/// Tracks enough that one of them is little of the mix.
fn studio() -> Studio {
    let more: Vec<String> = (0..14)
        .map(|n| {
            let track = tone_track(&format!("tone-{n}"), 2 + n % 3);
            track.replace("\"kind\"", "\"volume_db\": -18, \"kind\"")
        })
        .collect();
    Studio::with(&more)
}

/// Each edit is of little of the mix: its bounce is that of a whole render, and no sums are made
/// anew, for the old ones serve it.
#[test]
fn a_changed_signal_is_exchanged_in_the_sum() {
    let studio = studio();
    studio.with_store(&[]);
    let sums = studio.objects("sums");
    assert!(sums > 0);
    for ops in [
        "{\"op\": \"set_volume\", \"track\": \"tone-3\", \"volume_db\": -9}",
        "{\"op\": \"set_pan\", \"track\": \"tone-4\", \"pan\": 0.5}",
        "{\"op\": \"set_mute\", \"track\": \"tone-3\", \"mute\": true}",
        "{\"op\": \"delete_track\", \"track\": \"tone-4\"}",
        "{\"op\": \"duplicate_track\", \"track\": \"tone-5\"}",
    ] {
        studio.edit(&format!("[{ops}]"));
        let remixed = studio.with_store(&[]);
        assert_eq!(remixed["served"], false, "{ops}");
        assert_same(&remixed, &studio.without_store(&[]), ops);
        assert_eq!(studio.objects("sums"), sums, "{ops}: mixed anew");
        done(["undo", &studio.session]);
    }
}

/// A region and a late edit come out of a remix, too.
#[test]
fn a_region_is_remixed() {
    let studio = studio();
    studio.with_store(&[]);
    let sums = studio.objects("sums");
    studio.edit("[{\"op\": \"set_volume\", \"track\": \"tone-3\", \"volume_db\": -9}]");
    let region = ["--from", "9.7s", "--to", "11.1s"];
    assert_same(&studio.with_store(&region), &studio.without_store(&region), "region");
    assert_eq!(studio.objects("sums"), sums);
}

fn volume(track: &str, db: i32) -> String {
    format!("{{\"op\": \"set_volume\", \"track\": \"{track}\", \"volume_db\": {db}}}")
}

/// What enters a fader is kept by the first remix and given to those after it.
#[test]
fn a_fader_moved_again_starts_at_what_enters_it() {
    let studio = studio();
    studio.with_store(&[]);
    assert_eq!(studio.objects("signals"), 0);
    let chunks = studio.objects("sums");
    for (db, jobs) in [(-9, "1"), (-8, "1"), (-7, "3")] {
        let ops = volume("tone-3", db);
        studio.edit(&format!("[{ops}]"));
        let remixed = studio.with_store(&["--jobs", jobs]);
        assert_same(&remixed, &studio.without_store(&[]), &ops);
        // Old and new play the same.
        assert_eq!(studio.objects("signals"), chunks, "{ops}");
        assert_eq!(studio.objects("sums"), chunks, "{ops}: mixed anew");
    }
    // It is there that the samples come from.
    let objects = studio.object_paths().into_iter();
    for path in objects.filter(|path| path.to_string_lossy().contains("objects/signals/")) {
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    studio.edit(&format!("[{}]", volume("tone-3", -6)));
    let remixed = studio.with_store(&[]);
    assert_same(&remixed, &studio.without_store(&[]), "damaged");
    assert!(remixed["warnings"].to_string().contains("damaged"), "{remixed}");
}

/// Whatever is edited after and beside what was kept, one edit after the other.
#[test]
fn what_was_kept_serves_other_edits_too() {
    let studio = studio();
    let chain = "{\"op\": \"add_insert\", \"track\": \"tone-3\", \"id\": \"eq\", \
                 \"processor\": \"equaliser\"}";
    let more = "{\"op\": \"add_track\", \"id\": \"bus\", \"name\": \"bus\", \"kind\": \"group\"}, \
                {\"op\": \"add_insert\", \"track\": \"bus\", \"id\": \"squash\", \"processor\": \
                \"compressor\"}, {\"op\": \"set_output\", \"track\": \"tone-5\", \"output\": \"bus\"}, \
                {\"op\": \"set_output\", \"track\": \"tone-6\", \"output\": \"bus\"}, {\"op\": \
                \"add_send\", \"track\": \"tone-6\", \"to\": \"echo\", \"tap\": \"pre-fader\"}";
    studio.edit(&format!("[{chain}, {more}]"));
    studio.with_store(&[]);
    let chunks = studio.objects("sums");
    let lane = "{\"op\": \"add_lane\", \"track\": \"tone-3\", \"id\": \"lane\", \"target\": \"volume\", \
                \"points\": [{\"at\": {\"samples\": 0}, \"value\": -30}, {\"at\": {\"samples\": 90000}, \
                \"value\": 0}]}";
    let gain = |db: i32| {
        format!(
            "{{\"op\": \"set_parameter\", \"track\": \"tone-3\", \"insert\": \"eq\", \
             \"parameter\": \"band1.gain_db\", \"value\": {db}}}"
        )
    };
    for ops in [
        volume("tone-3", -9),
        gain(6),
        gain(7),
        lane.to_owned(),
        volume("bus", -3),
        volume("bus", -4),
        volume("tone-6", -12),
        volume("tone-3", -5),
    ] {
        studio.edit(&format!("[{ops}]"));
        assert_same(&studio.with_store(&[]), &studio.without_store(&[]), &ops);
    }
    // Of the track before and after each of two changes of its chain, and of the bus and what feeds it.
    assert!(studio.objects("signals") >= 4 * chunks, "{}", studio.objects("signals"));
}

/// What is most of the mix is mixed anew, and the next edit starts from there.
#[test]
fn a_large_change_is_kept_for_the_next_one() {
    let studio = studio();
    studio.with_store(&[]);
    let sums = studio.objects("sums");
    let all: Vec<String> = (0..14).map(|n| volume(&format!("tone-{n}"), -20)).collect();
    studio.edit(&format!("[{}]", all.join(", ")));
    assert_same(&studio.with_store(&[]), &studio.without_store(&[]), "all");
    assert_eq!(studio.objects("sums"), 2 * sums, "a new mix is kept");
    studio.edit(&format!("[{}]", volume("tone-3", -10)));
    assert_same(&studio.with_store(&[]), &studio.without_store(&[]), "one");
    assert_eq!(studio.objects("sums"), 2 * sums);
}

/// A signal that many share is changed for all of them; a tempo or rate change compares nothing.
#[test]
fn what_does_not_compare_is_rendered_whole() {
    let studio = studio();
    studio.with_store(&[]);
    for ops in [
        "{\"op\": \"set_tempo\", \"at\": 30720, \"bpm\": 90}",
        "{\"op\": \"set_seed\", \"seed\": 9}",
        "{\"op\": \"add_insert\", \"track\": \"tone-1\", \"processor\": \"limiter\"}",
    ] {
        let sums = studio.objects("sums");
        studio.edit(&format!("[{ops}]"));
        assert_same(&studio.with_store(&[]), &studio.without_store(&[]), ops);
        assert!(studio.objects("sums") > sums, "{ops}: not mixed anew");
    }
}

/// The older sums and the older session are lost, damaged, or lie.
#[test]
fn what_a_remix_starts_from_may_be_gone() {
    let studio = studio();
    studio.with_store(&[]);
    let of_kind = |kind: &str| {
        let paths = studio.object_paths().into_iter();
        paths.filter(|path| path.to_string_lossy().contains(kind)).collect::<Vec<_>>()
    };
    let set_volume = |db: i32| studio.edit(&format!("[{}]", volume("tone-3", db)));
    set_volume(-5);
    let sums = of_kind("objects/sums/");
    let mut bytes = fs::read(&sums[3]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&sums[3], bytes).unwrap();
    assert_same(&studio.with_store(&[]), &studio.without_store(&[]), "a damaged sum");
    set_volume(-6);
    fs::remove_file(&of_kind("objects/sums/")[1]).unwrap();
    assert_same(&studio.with_store(&[]), &studio.without_store(&[]), "a lost sum");
    set_volume(-7);
    for session in of_kind("objects/sessions/") {
        fs::write(session, b"{}").unwrap();
    }
    assert_same(&studio.with_store(&[]), &studio.without_store(&[]), "a damaged session");
}
