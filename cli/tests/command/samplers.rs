//! Samplers: an insert that plays an SFZ file of the session and the audio it names.

use super::support::{Place, done, ramp, refused, wav};
use super::watches::Watching;

/// A kit of three drums: a kick as it is, hats that choke, two snares in turn.
const KIT: &str = "\
<control> default_path=drums/
<global> amp_veltrack=0 loop_mode=one_shot
<region> key=36 sample=kick.wav
<region> key=46 sample=open.wav group=1 off_by=1
<region> key=42 sample=kick.wav volume=-144 group=1
<group> key=38 seq_length=2 output=1
<region> seq_position=1 sample=snare one.wav
<region> seq_position=2 sample=snare two.wav lfo1_freq=9
";

/// Ticks of a frame at 120 bpm and 48 kHz: 15,360 a quarter of 24,000 frames.
fn ticks(frames: u32) -> u32 {
    frames * 16 / 25
}

fn note(at_frames: u32, key: u8) -> String {
    let (at, length) = (ticks(at_frames), ticks(2_500));
    format!(r#"{{"at": {at}, "length": {length}, "key": {key}}}"#)
}

/// Writes the kit into `song/kits`, and a session of one track that plays it.
fn session(place: &Place) -> String {
    let session = place.text("song");
    done(["new", &session, "--quiet"]);
    std::fs::create_dir_all(place.path("song/kits/drums")).unwrap();
    std::fs::write(place.path("song/kits/kit.sfz"), KIT).unwrap();
    for (name, samples) in [
        ("kick", ramp(5_000)),
        ("open", vec![0.5; 40_000]),
        ("snare one", vec![0.25; 100]),
        ("snare two", vec![0.125; 200]),
    ] {
        std::fs::write(place.path(&format!("song/kits/drums/{name}.wav")), wav(&samples)).unwrap();
    }
    let notes = [
        note(2_500, 36),
        note(12_500, 46),
        note(20_000, 42),
        note(25_000, 38),
        note(27_500, 38),
        note(30_000, 38),
    ];
    let ops = place.text("ops.json");
    let text = format!(
        r#"[
        {{"op": "add_track", "name": "Kit", "kind": "instrument"}},
        {{"op": "add_track", "name": "Snares", "kind": "group"}},
        {{"op": "add_insert", "track": "kit", "processor": "sampler", "file": "kits/kit.sfz",
          "outputs": {{"output1": "snares"}}}},
        {{"op": "add_clip", "track": "kit", "content": {{"notes": [{}]}},
         "start": {{"ticks": 0}}, "length": {{"ticks": 61440}}}}
    ]"#,
        notes.join(", ")
    );
    std::fs::write(&ops, text).unwrap();
    done(["edit", &session, &ops]);
    session
}

/// The left channel of a stereo file of 32-bit floats.
fn left(path: &std::path::Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|window| window == b"data").unwrap() + 8;
    let frames = bytes[data..].chunks_exact(8);
    frames.map(|frame| f32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]])).collect()
}

fn bounce(place: &Place, session: &str, out: &str, more: &[&str]) -> Vec<f32> {
    let name = format!("{out}.wav");
    let path = place.text(&name);
    let arguments = ["bounce", session, "-o", &path, "--to", "1s", "--bit-depth", "32f", "--quiet"];
    done(arguments.iter().chain(more));
    left(&place.path(&name))
}

#[test]
fn a_kit_is_played_sample_by_sample_and_the_same_in_any_blocks_and_threads() {
    let place = Place::new();
    let session = session(&place);
    let got = bounce(&place, &session, "whole", &[]);
    // Silence, then the kick; sums are rounded to 2^-36.
    assert!(got[..2_500].iter().all(|x| *x == 0.0));
    let kick = got[2_500..7_500].iter().zip(ramp(5_000));
    assert!(kick.map(|(got, wanted)| (got - wanted).abs()).all(|error| error < 1e-10));
    assert!(got[7_500..12_500].iter().all(|x| *x == 0.0));
    // The open hat, until the closed one chokes it within 6 ms.
    assert!(got[12_500..20_000].iter().all(|x| *x == 0.5));
    assert!(got[20_001..20_287].windows(2).all(|pair| pair[0] > pair[1]));
    assert!(got[20_288..25_000].iter().all(|x| x.abs() < 1e-6));
    // The snares in turn, by way of their group.
    let snares = [(25_000, 100, 0.25), (27_500, 200, 0.125), (30_000, 100, 0.25)];
    for (at, length, level) in snares {
        assert!(got[at..at + length].iter().all(|x| (*x - level).abs() < 1e-6), "at {at}");
        assert!(got[at + length].abs() < 1e-6);
    }
    let cuts: [&[&str]; 4] = [
        &["--jobs", "1"],
        &["--jobs", "7", "--block", "61"],
        &["--block", "4096"],
        &["--jobs", "2", "--block", "16"],
    ];
    for (number, more) in cuts.into_iter().enumerate() {
        assert_eq!(bounce(&place, &session, &format!("cut-{number}"), more), got, "{more:?}");
    }
    // A region of it, from a checkpoint of the store or without one, is that part of the whole.
    let store = place.text("store");
    let part = ["--from", "0.41875s", "--cache", store.as_str()];
    for name in ["region", "region-again"] {
        assert_eq!(bounce(&place, &session, name, &part), got[20_100..], "{name}");
    }
    // Without its group, what goes there is not heard.
    let ops = place.text("ops.json");
    std::fs::write(&ops, r#"[{"op": "set_mute", "track": "snares", "mute": true}]"#).unwrap();
    done(["edit", &session, &ops]);
    let muted = bounce(&place, &session, "muted", &[]);
    assert_eq!(muted[..25_000], got[..25_000]);
    assert!(muted[25_000..].iter().all(|x| x.abs() < 1e-6));
}

#[test]
fn manifests_and_keys_know_the_file_and_its_samples() {
    let place = Place::new();
    let session = session(&place);
    let manifest = |out: &str| -> serde_json::Value {
        let path = place.text(&format!("{out}.json"));
        bounce(&place, &session, out, &["--manifest", &path]);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let first = manifest("first");
    let input = &first["inputs"][0];
    assert_eq!(input["file"], "kits/kit.sfz");
    assert_eq!(input["clips"], serde_json::json!(["tracks/kit/inserts/sampler"]));
    // Another sample in its place is another signal, though session and SFZ file say the same.
    let sample = place.path("song/kits/drums/snare two.wav");
    std::fs::write(sample, wav(&[0.0625; 200])).unwrap();
    let second = manifest("second");
    assert_eq!(first["session"], second["session"]);
    assert_ne!(first["inputs"], second["inputs"]);
    assert_ne!(first["keys"]["bounce_key"], second["keys"]["bounce_key"]);
    assert_ne!(first["outcome"]["mix_sha256"], second["outcome"]["mix_sha256"]);
}

#[test]
fn what_is_not_played_is_told_and_what_cannot_be_is_refused_with_its_line() {
    let place = Place::new();
    let session = session(&place);
    let out = place.text("out.wav");
    let path = "tracks/kit/inserts/sampler";
    let told = done(["bounce", &session, "-o", &out, "--to", "1s"]);
    let warning =
        "instrument 'kits/kit.sfz': the sampler does not play these opcodes: lfo1_freq (1)";
    assert!(told.stderr.contains(warning), "{told:?}");
    std::fs::remove_file(&out).unwrap();
    // A render over a sample would be its own input.
    let sample = place.text("song/kits/drums/kick.wav");
    refused(["bounce", &session, "-o", &sample, "--force"], 4, &["kick.wav", path]);
    let kit = place.path("song/kits/kit.sfz");
    let bad = |text: &str, words: &[&str]| {
        std::fs::write(&kit, text).unwrap();
        let words = [&[path, "kits/kit.sfz"], words].concat();
        refused(["bounce", &session, "-o", &out], 3, &words);
    };
    bad("", &["line 1", "no <region>"]);
    bad("<region>\nsample=gone.wav", &["line 1", "kits/gone.wav", "is missing"]);
    bad("<region> sample=drums/kick.wav\nkey=128", &["line 2", "key=128"]);
    bad("<region> sample=drums/kick.wav lokey=9 hikey=8", &["lokey 9 is above hikey 8"]);
    bad("<region> sample=drums/kick.wav offset=5000", &["line 1", "which has 5000 frames"]);
    bad("<region> sample=kit.sfz", &["line 1", "kits/kit.sfz' cannot be read"]);
    std::fs::write(&kit, wav(&[0.5; 10])).unwrap();
    refused(["bounce", &session, "-o", &out], 3, &[path, "it is no text"]);
    std::fs::remove_file(&kit).unwrap();
    refused(["bounce", &session, "-o", &out], 3, &[path, "kits/kit.sfz", "missing"]);
    assert!(!place.path("out.wav").exists());
}

/// Which samples an SFZ file names is known from its text.
#[test]
fn a_missing_sample_is_named_and_waited_for() {
    let place = Place::new();
    let session = session(&place);
    let [there, away] =
        ["open.wav", "away.wav"].map(|name| place.path(&format!("song/kits/drums/{name}")));
    std::fs::rename(&there, &away).unwrap();
    let info = done(["info", &session, "--json"]).json();
    assert_eq!(info["missing_files"], serde_json::json!(["kits/drums/open.wav"]));
    assert!(done(["info", &session]).stdout.contains("missing: kits/drums/open.wav\n"));
    let watching = Watching::begin(&place, &["--no-cache", "--to", "1s"]);
    let failed = watching.next();
    assert!(failed["error"]["message"].as_str().unwrap().contains("open.wav"), "{failed}");
    // Nothing but the sample is saved.
    std::fs::rename(&away, &there).unwrap();
    let rendered = watching.next();
    let plain = done(["bounce", &session, "-o", &place.text("plain.wav"), "--to", "1s", "--json"]);
    assert_eq!(rendered["mix_sha256"], plain.json()["mix_sha256"], "{rendered}");
    assert!(watching.stop().is_empty());
    assert_eq!(done(["info", &session, "--json"]).json()["missing_files"], serde_json::json!([]));
}

#[test]
fn samples_of_a_bypassed_or_broken_sampler_are_not_replaced() {
    let place = Place::new();
    let session = session(&place);
    let ops = place.text("ops.json");
    let bypass = r#"[{"op": "set_bypass", "track": "kit", "insert": "sampler", "bypass": true}]"#;
    std::fs::write(&ops, bypass).unwrap();
    done(["edit", &session, &ops]);
    std::fs::remove_file(place.path("song/kits/drums/open.wav")).unwrap();
    let sample = place.path("song/kits/drums/kick.wav");
    let before = std::fs::read(&sample).unwrap();
    let words = ["kick.wav", "tracks/kit/inserts/sampler"];
    let arguments = ["bounce", &session, "-o", sample.to_str().unwrap(), "--to", "1s", "--force"];
    refused(arguments, 4, &words);
    assert_eq!(std::fs::read(&sample).unwrap(), before);
}

#[test]
fn what_is_not_right_with_a_sample_is_told() {
    let place = Place::new();
    let session = session(&place);
    let mut odd = wav(&[0.5; 40_000]);
    odd.extend(b"junk\xFF\xFF\x00\x00");
    std::fs::write(place.path("song/kits/drums/open.wav"), odd).unwrap();
    let warning = "audio file 'kits/drums/open.wav': chunk 'junk'";
    let arguments = ["bounce", &session, "-o", &place.text("out.wav"), "--to", "1s", "--force"];
    let told = done(arguments);
    assert_eq!(told.stderr.matches(warning).count(), 1, "{told:?}");
    let told = done(arguments.iter().chain(&["--json"])).json();
    let warnings = told["warnings"].as_array().unwrap();
    let all = warnings.iter().filter(|told| told.as_str().unwrap().starts_with(warning));
    assert_eq!(all.count(), 1, "{warnings:?}");
}

/// A WAV file of these samples whose `smpl` chunk has a forward loop, and behind it one to and fro.
fn looped_wav(samples: &[f32], first: u32, last: u32) -> Vec<u8> {
    let mut bytes = wav(samples);
    let fields = [0, 0, 20_833, 60, 0, 0, 0, 2, 0];
    let loops = [[0, 0, first, last, 0, 0], [1, 1, first, last, 0, 0]];
    let fields = fields.iter().chain(loops.iter().flatten());
    bytes.extend(b"smpl\x54\0\0\0");
    bytes.extend(fields.flat_map(|field: &u32| field.to_le_bytes()));
    bytes
}

/// A session of one track that plays `text` by `notes` (where, how long, which key) and
/// `controllers` for so many frames.
fn playing(
    place: &Place,
    text: &str,
    (notes, frames): (&[(u32, u32, u8)], u32),
    controllers: &str,
) -> String {
    let session = place.text("song");
    done(["new", &session, "--quiet"]);
    std::fs::write(place.path("song/a.sfz"), text).unwrap();
    let note = |&(at, length, key): &(u32, u32, u8)| {
        format!(r#"{{"at": {}, "length": {}, "key": {key}}}"#, ticks(at), ticks(length))
    };
    let notes = notes.iter().map(note).collect::<Vec<_>>().join(", ");
    let ops = place.text("ops.json");
    let text = format!(
        r#"[
        {{"op": "add_track", "name": "Kit", "kind": "instrument"}},
        {{"op": "add_insert", "track": "kit", "processor": "sampler", "file": "a.sfz"}},
        {{"op": "add_clip", "track": "kit", "content": {{"midi": {{
           "notes": [{notes}], "controllers": [{controllers}]}}}},
         "start": {{"ticks": 0}}, "length": {{"ticks": {}}}}}
    ]"#,
        ticks(frames)
    );
    std::fs::write(&ops, text).unwrap();
    done(["edit", &session, &ops]);
    session
}

#[test]
fn loops_of_a_sample_file_are_played_and_what_of_them_is_not_is_told() {
    let place = Place::new();
    let text = "<region> sample=a.wav amp_veltrack=0 key=60";
    let session = playing(&place, text, (&[(0, 20_000, 60)], 24_000), "");
    let samples = [vec![0.25; 100], vec![0.5; 400], vec![0.75; 500]].concat();
    std::fs::write(place.path("song/a.wav"), looped_wav(&samples, 100, 499)).unwrap();
    let out = place.text("out.wav");
    let told = done(["bounce", &session, "-o", &out, "--bit-depth", "32f", "--json"]).json();
    let warning = "audio file 'a.wav': 1 loops of its 'smpl' chunk go backwards or to and fro";
    assert!(told["warnings"][0].as_str().unwrap().starts_with(warning), "{told}");
    let got = left(&place.path("out.wav"));
    assert!(got[..100].iter().all(|x| (x - 0.25).abs() < 1e-6));
    assert!(got[100..20_000].iter().all(|x| (x - 0.5).abs() < 1e-6));
    // The loop is part of what is heard: the frames alone do not name the signal.
    let first = told["mix_sha256"].clone();
    std::fs::write(place.path("song/a.wav"), looped_wav(&samples, 50, 499)).unwrap();
    let store = place.text("store");
    for _ in 0..2 {
        let again = ["bounce", &session, "-o", &out, "--force", "--json", "--cache", &store];
        assert_ne!(done(again).json()["mix_sha256"], first);
    }
}

/// From its checkpoint of the store, and without one.
#[test]
fn a_key_switch_before_a_region_holds_in_it() {
    let place = Place::new();
    let text = "<global> sample=a.wav amp_veltrack=0 sw_lokey=24 sw_hikey=25 lokey=30\n\
        <region> sw_last=24 amplitude=25 <region> sw_last=25 amplitude=50";
    let notes = [(0, 100, 24), (1_000, 900, 60), (2_500, 100, 25), (100_000, 900, 60)];
    let session = playing(&place, text, (&notes, 120_000), "");
    std::fs::write(place.path("song/a.wav"), wav(&[1.0; 2_000])).unwrap();
    let (store, out) = (place.text("store"), place.text("out.wav"));
    let bounced = |more: &[&str]| {
        let all = ["bounce", &session, "-o", &out, "--bit-depth", "32f", "--quiet", "--force"];
        done(all.iter().chain(more));
        left(&place.path("out.wav"))
    };
    let whole = bounced(&[]);
    assert!((whole[1_500] - 0.25).abs() < 1e-6 && (whole[100_500] - 0.5).abs() < 1e-6);
    let kept = ["--from", "1.875s", "--cache", &store];
    for more in [&kept[..2], &kept, &kept] {
        assert_eq!(bounced(more), whole[90_000..], "{more:?}");
    }
}

/// A bend of two octaves makes a sample last four times as long: none of it is cut.
#[test]
fn the_automatic_tail_knows_bends_and_pedals() {
    let length = |text: &str, controllers: &str| {
        let place = Place::new();
        let session = playing(&place, text, (&[(22_000, 1_000, 60)], 24_000), controllers);
        std::fs::write(place.path("song/a.wav"), wav(&[0.5; 6_000])).unwrap();
        let out = place.text("out.wav");
        done(["bounce", &session, "-o", &out, "--bit-depth", "32f", "--quiet"]);
        left(&place.path("out.wav")).len()
    };
    let bend = r#"{"target": "rpn/0", "points": [{"at": 0, "value": 3072}]},
        {"target": "bend", "points": [{"at": 0, "value": -1}]}"#;
    let one_shot = "<region> sample=a.wav loop_mode=one_shot";
    let bent = length(one_shot, bend);
    assert!(bent.abs_diff(22_000 + 24_000) < 40, "{bent}");
    assert!(length(one_shot, "").abs_diff(22_000 + 6_000) < 40);
    // A pedal that is left down holds all of it.
    let text = "<region> sample=a.wav";
    assert_eq!(length(text, ""), 24_000);
    let held = length(text, r#"{"target": "cc/64", "points": [{"at": 0, "value": 127}]}"#);
    assert!(held.abs_diff(22_000 + 6_000) < 40, "{held}");
}
