//! Routing: solo, mute, pan, VCAs, and sums that no order can change.

use crate::rig::{Rig, insert, send, sidechain, to_group, track_id};
use crate::session::{ChannelLayout, OutputTarget, PanLaw, Tap, TrackKind, Vca, VcaId};

/// Left and right of a session of constant signals, well after its start.
fn levels(rig: &Rig) -> (f32, f32) {
    let out = rig.render(64);
    (out[100], out[101])
}

fn constant(rig: &mut Rig, id: &str, level: f32) {
    rig.plays(id, &[level; 64]);
}

/// bass, drums -> group, verb fed by drums: powers of two tell who is heard.
fn band() -> Rig {
    let mut rig = Rig::new();
    constant(&mut rig, "bass", 0.125);
    constant(&mut rig, "drums", 0.25);
    rig.get("drums").output = to_group("group");
    rig.get("drums").sends.push(send("verb", Tap::PostFader));
    rig.track("group", TrackKind::Group, ChannelLayout::Stereo);
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo).volume_db = -144.0;
    rig.get("verb").volume_db = 0.0;
    rig
}

#[test]
fn all_is_summed() {
    assert_eq!(levels(&band()), (0.625, 0.625));
}

#[test]
fn mute_silences_output_and_sends() {
    let mut rig = band();
    rig.get("drums").mute = true;
    assert_eq!(levels(&rig).0, 0.125);
    rig.get("drums").mute = false;
    rig.get("group").mute = true;
    assert_eq!(levels(&rig).0, 0.375);
}

#[test]
fn solo_keeps_what_feeds_and_carries_the_soloed() {
    let solo = |id: &str| {
        let mut rig = band();
        rig.get(id).solo = true;
        levels(&rig).0
    };
    assert_eq!(solo("bass"), 0.125);
    assert_eq!(solo("drums"), 0.5, "through its group and its return");
    assert_eq!(solo("group"), 0.25, "the members of a soloed group are heard through it only");
    assert_eq!(solo("verb"), 0.25, "what feeds a soloed return is heard through it only");
}

#[test]
fn solo_safe_is_never_silenced() {
    let mut rig = band();
    rig.get("drums").solo = true;
    rig.get("bass").solo_safe = true;
    assert_eq!(levels(&rig).0, 0.625);
}

/// What a safe track plays through stays open, for that track alone.
#[test]
fn solo_safe_is_heard_through_its_group_and_its_returns() {
    let mut rig = band();
    rig.get("bass").solo = true;
    rig.get("drums").solo_safe = true;
    constant(&mut rig, "snare", 0.5);
    rig.get("snare").output = to_group("group");
    assert_eq!(levels(&rig).0, 0.625, "drums through group and verb, and not the snare");
    rig.get("group").output = to_group("all");
    rig.track("all", TrackKind::Group, ChannelLayout::Stereo);
    assert_eq!(levels(&rig).0, 0.625, "through a group of groups, too");
}

#[test]
fn solo_leaves_sidechains_alone() {
    let mut rig = Rig::new();
    constant(&mut rig, "key", 0.25);
    constant(&mut rig, "pad", 0.5);
    let mut heard = insert("key", "test-key", &[]);
    heard.sidechain = Some(sidechain("key", Tap::PostFader));
    rig.get("pad").inserts.push(heard);
    rig.get("pad").solo = true;
    assert_eq!(levels(&rig).0, 0.25);
    rig.get("key").mute = true;
    assert_eq!(levels(&rig).0, 0.0, "a post-fader sidechain does not hear a muted track");
    rig.get("pad").inserts[0].sidechain = Some(sidechain("key", Tap::PreFader));
    assert_eq!(levels(&rig).0, 0.25, "a pre-fader one does");
}

#[test]
fn vcas_add_their_level_and_mute_their_members() {
    let mut rig = band();
    rig.session.vcas.push(Vca {
        id: VcaId::new("rhythm").expect("valid"),
        name: "Rhythm".to_owned(),
        volume_db: -144.0,
        mute: false,
        members: vec![track_id("drums")],
        lanes: Vec::new(),
    });
    assert_eq!(levels(&rig).0, 0.125);
    rig.session.vcas[0].volume_db = 0.0;
    assert_eq!(levels(&rig).0, 0.625);
    rig.session.vcas[0].mute = true;
    assert_eq!(levels(&rig).0, 0.125);
}

#[test]
fn pan_follows_the_law_of_the_session() {
    let mut rig = Rig::new();
    constant(&mut rig, "voice", 0.5);
    rig.get("voice").layout = ChannelLayout::Mono;
    for (law, centre) in [
        (PanLaw::Zero, 0.5),
        (PanLaw::Minus3, 0.5 * 0.5_f64.sqrt()),
        (PanLaw::Minus4Point5, 0.5 * (0.5_f64 * 0.5_f64.sqrt()).sqrt()),
        (PanLaw::Minus6, 0.25),
    ] {
        rig.session.pan_law = law;
        rig.get("voice").pan = 0.0;
        let (left, right) = levels(&rig);
        assert_eq!(left, right, "{law:?}");
        assert!((f64::from(left) - centre).abs() < 1e-7, "{law:?}: {left} is not {centre}");
        rig.get("voice").pan = -1.0;
        assert_eq!(levels(&rig), (0.5, 0.0), "{law:?}");
    }
    rig.get("voice").layout = ChannelLayout::Stereo;
    rig.get("voice").pan = 0.5;
    assert_eq!(levels(&rig), (0.25, 0.5), "a stereo track is balanced");
}

#[test]
fn pre_fader_sends_ignore_the_fader() {
    let mut rig = Rig::new();
    constant(&mut rig, "voice", 0.25);
    rig.get("voice").volume_db = -144.0;
    rig.get("voice").sends.push(send("verb", Tap::PreFader));
    rig.track("verb", TrackKind::Return, ChannelLayout::Stereo);
    assert_eq!(levels(&rig).0, 0.25);
    rig.get("voice").sends[0].tap = Tap::PostFader;
    assert_eq!(levels(&rig).0, 0.0);
}

#[test]
fn output_to_nowhere_is_heard_through_sends_only() {
    let mut rig = band();
    rig.get("drums").output = OutputTarget::None;
    assert_eq!(levels(&rig).0, 0.375);
}

/// A mono bus hears the mean of both sides and is panned by the session's law.
#[test]
fn mono_groups_and_returns_hear_the_mean_of_both_sides() {
    for kind in [TrackKind::Group, TrackKind::Return] {
        let mut rig = Rig::new();
        rig.session.pan_law = PanLaw::Zero;
        constant(&mut rig, "left", 0.5);
        rig.get("left").pan = -1.0;
        rig.track("bus", kind, ChannelLayout::Mono).inserts.push(insert("eq", "equaliser", &[]));
        if kind == TrackKind::Group {
            rig.get("left").output = to_group("bus");
        } else {
            rig.get("left").sends.push(send("bus", Tap::PostFader));
            rig.get("left").output = OutputTarget::None;
        }
        assert_eq!(levels(&rig), (0.25, 0.25), "{kind:?}");
    }
}
