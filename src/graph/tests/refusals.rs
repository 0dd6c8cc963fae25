//! What the compiler refuses, with its path in the session and what to do.

use crate::rig::{Rig, clip, insert, send, sidechain, split, to_group};
use crate::session::{ChannelLayout, Tap, TrackKind};

fn refused(rig: &Rig) -> String {
    match rig.compile() {
        Ok(_) => panic!("the session should be refused"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_circle_of_groups_is_named() {
    let mut rig = Rig::new();
    rig.track("drums", TrackKind::Group, ChannelLayout::Stereo).output = to_group("all");
    rig.track("all", TrackKind::Group, ChannelLayout::Stereo).output = to_group("drums");
    let said = refused(&rig);
    assert!(said.starts_with("tracks/drums -> tracks/all -> tracks/drums: "), "{said}");
}

#[test]
fn a_circle_through_sends_and_sidechains_is_named() {
    let mut rig = Rig::new();
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo);
    let mut heard = insert("key", "test-key", &[]);
    heard.sidechain = Some(sidechain("verb", Tap::PostFader));
    rig.plays("voice", &[0.1; 10]).inserts.push(heard);
    rig.get("voice").sends.push(send("verb", Tap::PostFader));
    let said = refused(&rig);
    assert!(said.starts_with("tracks/verb -> tracks/voice -> tracks/verb: "), "{said}");
}

#[test]
fn a_track_that_hears_itself_is_refused() {
    let mut rig = Rig::new();
    let mut heard = insert("key", "test-key", &[]);
    heard.sidechain = Some(sidechain("voice", Tap::PreFader));
    rig.plays("voice", &[0.1; 10]).inserts.push(heard);
    let said = refused(&rig);
    assert!(said.starts_with("tracks/voice -> tracks/voice: "), "{said}");
}

#[test]
fn a_missing_file_is_named_with_its_clip() {
    let mut rig = Rig::new();
    let missing = clip("gone.wav", 0, 10);
    rig.track("voice", TrackKind::Audio, ChannelLayout::Stereo).clips.push(missing);
    let said = refused(&rig);
    assert!(said.starts_with("tracks/voice/clips/gone.wav-clip-0: "), "{said}");
    assert!(said.contains("'gone.wav' is missing"), "{said}");
}

#[test]
fn too_many_signals_at_a_join_are_refused() {
    let mut rig = Rig::new();
    for index in 0..=crate::graph::MAX_JOIN_INPUTS {
        rig.track(&format!("t{index}"), TrackKind::Audio, ChannelLayout::Stereo);
    }
    let said = refused(&rig);
    assert!(said.starts_with("master/input: 2049 signals"), "{said}");
}

#[test]
fn unknown_processors_and_parameters_list_the_choices() {
    let mut rig = Rig::new();
    rig.plays("voice", &[0.1; 10]).inserts.push(insert("x", "reverberator", &[]));
    let said = refused(&rig);
    assert!(
        said.contains("tracks/voice/inserts/x: there is no processor 'reverberator'"),
        "{said}"
    );
    rig.get("voice").inserts[0] = insert("x", "gain", &[("gian_db", 1.0)]);
    let said = refused(&rig);
    assert!(said.contains("no parameter 'gian_db'") && said.contains("gain_db"), "{said}");
    rig.get("voice").inserts[0] = insert("x", "gain", &[("gain_db", 400.0)]);
    let said = refused(&rig);
    assert!(said.contains("400") && said.contains("36"), "{said}");
}

#[test]
fn a_sidechain_into_a_processor_without_one_is_refused() {
    let mut rig = Rig::new();
    rig.plays("key", &[0.1; 10]);
    let mut deaf = insert("trim", "gain", &[]);
    deaf.sidechain = Some(sidechain("key", Tap::PostFader));
    rig.plays("voice", &[0.1; 10]).inserts.push(deaf);
    assert!(refused(&rig).contains("has no sidechain input"));
}

#[test]
fn outputs_and_sidechains_a_processor_does_not_have_list_the_choices() {
    let mut rig = Rig::new();
    rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    let place = "tracks/voice/inserts/split";
    rig.plays("voice", &[0.1; 10]).inserts.push(split(0.0, "fourth", "bus"));
    assert_eq!(
        refused(&rig),
        format!("{place}/outputs/fourth: test-split has no output 'fourth': it has second, third")
    );
    rig.get("voice").inserts[0] = split(0.0, "main", "bus");
    assert_eq!(
        refused(&rig),
        format!(
            "{place}/outputs/main: 'main' is not routed here: \
             the main output stays in the chain; route the track instead"
        )
    );
    let mut trim = insert("trim", "gain", &[]);
    trim.outputs = split(0.0, "second", "bus").outputs;
    rig.get("voice").inserts[0] = trim;
    let said = refused(&rig);
    assert!(said.ends_with("gain has no output 'second', nor any to connect here: leave it out"));
    let mut keys = insert("keys", "test-keys", &[]);
    keys.sidechains.insert("third".to_owned(), sidechain("voice", Tap::PostFader));
    rig.get("voice").inserts[0] = keys.clone();
    let said = refused(&rig);
    assert!(said.ends_with("no further sidechain input 'third': it has other"), "{said}");
    keys.sidechains.clear();
    keys.sidechains.insert("sidechain".to_owned(), sidechain("voice", Tap::PostFader));
    rig.get("voice").inserts[0] = keys;
    let said = refused(&rig);
    assert!(said.ends_with("connect the first sidechain input as 'sidechain'"), "{said}");
}

#[test]
fn a_circle_through_an_inserts_output_is_named() {
    let mut rig = Rig::new();
    let bus = rig.track("bus", TrackKind::Group, ChannelLayout::Stereo);
    bus.inserts.push(split(0.0, "second", "all"));
    rig.track("all", TrackKind::Group, ChannelLayout::Stereo).output = to_group("bus");
    let said = refused(&rig);
    assert!(said.starts_with("tracks/bus -> tracks/all -> tracks/bus: "), "{said}");
    rig.get("bus").inserts[0] = split(0.0, "second", "bus");
    assert!(refused(&rig).starts_with("tracks/bus -> tracks/bus: "));
}
