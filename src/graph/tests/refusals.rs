//! What the compiler refuses, with its path in the session and what to do.

use crate::graph::{CompileConfig, CompileError, lower, order};
use crate::rig::{Rig, clip, insert, send, sidechain, split, to_group};
use crate::session::{
    ChannelLayout, Insert, ParameterValue, Tap, TempoPoint, TempoShape, TrackKind,
};
use crate::time::{SampleRate, SignatureMap, TempoMap, Ticks};

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
    let circle =
        "tracks/drums: signals run in a circle, tracks/drums -> tracks/all -> tracks/drums: ";
    assert!(said.starts_with(circle), "{said}");
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
    assert!(said.contains("circle, tracks/verb -> tracks/voice -> tracks/verb: "), "{said}");
}

#[test]
fn a_track_that_hears_itself_is_refused() {
    let mut rig = Rig::new();
    let mut heard = insert("key", "test-key", &[]);
    heard.sidechain = Some(sidechain("voice", Tap::PreFader));
    rig.plays("voice", &[0.1; 10]).inserts.push(heard);
    let said = refused(&rig);
    assert!(said.contains("circle, tracks/voice -> tracks/voice: "), "{said}");
}

/// The pass does not rely on the document having been checked.
#[test]
fn the_order_pass_names_a_circle_by_itself() {
    let mut rig = Rig::new();
    rig.track("drums", TrackKind::Group, ChannelLayout::Stereo).output = to_group("all");
    rig.track("all", TrackKind::Group, ChannelLayout::Stereo).output = to_group("drums");
    rig.track("free", TrackKind::Group, ChannelLayout::Stereo).output = to_group("all");
    let tempo = TempoMap::new(&[], rig.session.sample_rate).expect("the default tempo");
    let config = CompileConfig { audio: &rig.audio, processors: &rig.processors };
    let signatures = SignatureMap::new(&[]).expect("four quarters");
    let lowered = lower::lower(&rig.session, (&tempo, &signatures), &config, &[]);
    let (mut graph, _) = lowered.unwrap_or_else(|error| panic!("it can be lowered: {error}"));
    let wanted = ["tracks/drums", "tracks/all", "tracks/drums"].map(str::to_owned).to_vec();
    assert_eq!(order::order(&mut graph), Err(CompileError::Cycle(wanted)));
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

/// A stereo track with so many of the longest synced delays there are, at 384 kHz and 5 bpm.
fn delayed(delays: usize) -> Rig {
    let mut rig = Rig::new();
    rig.session.sample_rate = SampleRate::new(384_000).expect("valid");
    rig.session.tempo = vec![TempoPoint { at: Ticks(0), bpm: 5.0, shape: TempoShape::Step }];
    rig.plays("dry", &[0.1; 10]).inserts.push(echo(0));
    rig.plays("echo", &[0.1; 10]).inserts.extend((1..delays).map(echo));
    rig
}

fn echo(number: usize) -> Insert {
    let mut echo = insert(&format!("echo-{number}"), "delay", &[("time_quarters", 16.0)]);
    echo.parameters.insert("mode".to_owned(), ParameterValue::Choice("synced".to_owned()));
    echo
}

/// 48 s at 384 kHz take 2^25 samples of 4 bytes: 256 MiB for both channels, 4 GiB for 16 delays.
#[test]
fn more_state_than_the_limit_is_refused_before_it_is_allocated() {
    let said = refused(&delayed(256));
    assert!(said.starts_with("tracks/echo: "), "{said}");
    assert!(said.contains("need 65536 MiB and at most 4096 MiB"), "{said}");
    assert!(said.contains("the most, 65280 MiB: shorten its delays"), "{said}");
    assert!(delayed(16).compile().is_ok(), "the limit itself is allowed");
    assert!(refused(&delayed(17)).contains("need 4352 MiB"));
    let mut muted = delayed(256);
    muted.get("echo").mute = true;
    assert!(muted.compile().is_ok(), "what is not run takes no memory");
}

/// Every way in which late signals are compensated counts: an edge, and a delay before a sidechain.
#[test]
fn latency_compensation_counts_as_state() {
    let late = |rig: &mut Rig, id: &str| {
        let track = rig.plays(id, &[0.1; 10]);
        // 25.6 million frames.
        track.inserts.extend(
            (0..256)
                .map(|number| insert(&format!("late-{number}"), "test-delay", &[("frames", 1e5)])),
        );
    };
    let mut rig = Rig::new();
    late(&mut rig, "late");
    for index in 0..21 {
        rig.plays(&format!("t{index}"), &[0.1; 10]);
    }
    let said = refused(&rig);
    assert!(said.contains("need 4102 MiB") && said.contains("the most, 196 MiB"), "{said}");
    let mut rig = Rig::new();
    late(&mut rig, "late");
    // Three segments without padding.
    for index in 0..24 {
        let mut heard = insert("key", "test-key", &[]);
        heard.sidechain = Some(sidechain("late", Tap::PostFader));
        rig.plays(&format!("t{index}"), &[0.1; 10]).inserts.push(heard);
    }
    assert!(refused(&rig).contains("need 4688 MiB"));
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
fn unknown_presets_list_the_choices() {
    let mut rig = Rig::new();
    let mut gain = insert("x", "gain", &[]);
    gain.preset = Some("loud".to_owned());
    rig.plays("voice", &[0.1; 10]).inserts.push(gain);
    let said = refused(&rig);
    assert!(said.contains("gain has no preset 'loud': it has none, leave it out"), "{said}");
    let mut synthesiser = insert("x", "synthesiser", &[]);
    synthesiser.preset = Some("loud".to_owned());
    rig.get("voice").inserts[0] = synthesiser;
    let said = refused(&rig);
    assert!(said.contains("no preset 'loud': choose one of bass, sub-bass"), "{said}");
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
    rig.plays("key", &[0.1; 10]);
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
    keys.sidechains.insert("third".to_owned(), sidechain("key", Tap::PostFader));
    rig.get("voice").inserts[0] = keys.clone();
    let said = refused(&rig);
    assert!(said.ends_with("no further sidechain input 'third': it has other"), "{said}");
    keys.sidechains.clear();
    keys.sidechains.insert("sidechain".to_owned(), sidechain("key", Tap::PostFader));
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
    assert!(said.contains("in a circle, tracks/bus -> tracks/all -> tracks/bus: "), "{said}");
    rig.get("bus").inserts[0] = split(0.0, "second", "bus");
    assert!(refused(&rig).contains("in a circle, tracks/bus -> tracks/bus: "));
}
