//! Tests of reading SFZ texts and the samples they name.

use proptest::prelude::*;

use super::testing::{BUSY, busy, library, mono, sampled, written};
use super::*;
use crate::audio::{AudioLibrary, MemorySource, SampleMarks};
use crate::time::SampleRate;

fn parse(text: &str) -> Instrument {
    Instrument::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The message of a text that is refused.
fn refusal(text: &str) -> String {
    Instrument::parse(text.as_bytes()).expect_err(text).to_string()
}

#[test]
fn regions_inherit_from_the_headers_above_them() {
    let text = "
        <global> volume=-1 pan=10 tune=5
        <master> volume=-2 pan=20
        <group> volume=-3 sample=a.wav
        <region> key=40
        <region> key=41 volume=-4 sample=b.wav
        <group> sample=c.wav
        <region>
        <master> sample=d.wav
        <region>
        <global> sample=e.wav
        <region>";
    let instrument = parse(text);
    let told: Vec<(&str, f64, f64, f64)> = instrument
        .regions()
        .iter()
        .map(|region| {
            let sample = instrument.samples()[region.sample.unwrap()].as_str();
            (sample, region.volume_db, region.pan, region.tune_cents)
        })
        .collect();
    let wanted = [
        ("a.wav", -3.0, 0.2, 5.0),
        ("b.wav", -4.0, 0.2, 5.0),
        ("c.wav", -2.0, 0.2, 5.0),
        // A new master has nothing of the one before it.
        ("d.wav", -1.0, 0.1, 5.0),
        ("e.wav", 0.0, 0.0, 0.0),
    ];
    assert_eq!(told, wanted);
    assert_eq!(instrument.regions()[1].line, 6);
}

#[test]
fn key_sets_three_and_a_keycenter_counts_wherever_it_stands() {
    let keys = |text: &str| {
        let instrument = parse(&format!("<region> sample=a {text}"));
        let region = &instrument.regions()[0];
        (region.keys.0, region.keys.1, region.pitch_keycenter)
    };
    assert_eq!(keys("key=72"), (72, 72, 72));
    assert_eq!(keys("key=c5"), (72, 72, 72));
    assert_eq!(keys("key=72 lokey=70"), (70, 72, 72));
    assert_eq!(keys("lokey=70 key=72"), (72, 72, 72));
    assert_eq!(keys("pitch_keycenter=60 key=72"), (72, 72, 60));
    assert_eq!(keys("lokey=C#4 hikey=Db4"), (61, 61, 60));
    assert_eq!(keys("lokey=-1 hikey=5.0"), (0, 5, 60));
}

#[test]
fn comments_definitions_paths_and_line_ends_are_understood() {
    let text = "\u{feff}// a kit\r\n<control>default_path=..\\Kit One/ // here\r\n\
        #define $KEY 4 #define $KEYTWO 41\r#define $DIR loud\n\
        /* <region> sample=none.wav\nstill */<region>sample=$DIR\\my kick (1).wav key=$KEY0 // $x\n\
        <region>key=$KEYTWO /*x*/ sample=snare #2.wav\n<region>sample=*silence key=9";
    let instrument = parse(text);
    assert_eq!(
        instrument.samples(),
        ["../Kit One/loud/my kick (1).wav", "../Kit One/snare #2.wav"]
    );
    let keys: Vec<u8> = instrument.regions().iter().map(|region| region.keys.0).collect();
    assert_eq!(keys, [40, 41, 9]);
    assert_eq!(instrument.regions()[2].sample, None);
}

#[test]
fn a_control_header_forgets_the_path_of_the_one_before() {
    let text = "<control> default_path=a/ <region> sample=x.wav <control> <region> sample=b/x.wav";
    assert_eq!(parse(text).samples(), ["a/x.wav", "b/x.wav"]);
}

#[test]
fn what_is_not_played_is_counted() {
    let text = "<control> set_cc1=3 <region> sample=a cutoff2=300 SW_VEL=3 sw_label=Loud <region> sample=a \
        cutoff2=9 <curve> v000=0 <region> sample=b end=-1 <region> sample=b hikey=-1\n\
        fil_type=lpf_4p";
    let instrument = parse(text);
    let unknown: Vec<(&str, usize)> =
        instrument.unknown().iter().map(|(name, count)| (name.as_str(), *count)).collect();
    let wanted = [
        ("<curve>", 1),
        ("cutoff2", 2),
        ("fil_type", 1),
        ("set_cc1", 1),
        ("sw_vel", 1),
        ("v000", 1),
    ];
    assert_eq!(unknown, wanted);
    // What never sounds needs no sample; that of `end=-1` still ends others.
    assert_eq!((instrument.regions().len(), instrument.samples().len()), (3, 1));
}

#[test]
fn bad_texts_are_refused_with_their_line() {
    for (text, words) in [
        ("", "line 1: it has no <region>"),
        ("<group> sample=a.wav", "line 1: it has no <region>"),
        ("\n<region> key=3", "line 2: this region has no sample"),
        ("<region> sample=a\nkey=H4", "line 2: key=H4: it takes keys from -1 to 127, or names"),
        ("<region> sample=a key=128", "key=128: it takes keys"),
        ("<region> sample=a\n\nlovel=-1", "line 3: lovel=-1: it takes whole numbers from 0 to 127"),
        ("<region> sample=a\r\rlovel=-1", "line 3: lovel=-1: it takes whole numbers from 0 to 127"),
        ("<region> sample=a pan=nan", "pan=nan: it takes numbers from -100 to 100"),
        ("<region> sample=a ampeg_attack=-1", "numbers from 0 to 1000"),
        ("<region> sample=a output=16", "output=16: it takes whole numbers from 0 to 15"),
        ("<region> sample=a loop_mode=pingpong", "one of no_loop, one_shot, loop_continuous"),
        ("<region> sample=a lokey=70 hikey=60", "line 1: lokey 70 is above hikey 60"),
        ("<region> sample=a lovel=9 hivel=8", "lovel 9 is above hivel 8"),
        ("<region> sample=a sw_lokey=9 sw_hikey=8", "sw_lokey 9 is above sw_hikey 8"),
        ("<region> sample=a rt_dead=maybe", "rt_dead=maybe: it takes one of off, on"),
        ("<region> sample=a sw_last=sample", "sw_last=sample: it takes keys from 0 to 127"),
        ("<region> sample=a seq_position=3 seq_length=2", "seq_position 3 is above seq_length 2"),
        ("<region> sample=*sine", "sample=*sine: generators are not played"),
        ("<region> sample=/etc/passwd", "name it relative to the folder of the SFZ file"),
        ("<region> sample=C:\\a.wav", "name it relative"),
        ("<region> sample=", "has no sample"),
        ("sample=a", "the opcode 'sample' stands before every header"),
        ("#include \"a.sfz\"", "line 1: #include is not read"),
        ("#define KEY 3", "write #define $NAME value"),
        ("#define $KEY", "write #define $NAME value"),
        ("<region> sample=a\n/* x", "line 2: '/*' is never closed"),
        ("<region sample=a", "'<' is never closed by '>'"),
        ("<region> sample=a\nkick drum", "line 2: 'kick drum' is no opcode"),
    ] {
        let message = refusal(text);
        assert!(message.contains(words), "{text}: {message}");
    }
    for bytes in [&b"<region>\nsample=\xff"[..], b"RIFF\n\0\0"] {
        let message = Instrument::parse(bytes).unwrap_err().to_string();
        assert!(message.starts_with("line 2: it is no text in UTF-8"), "{message}");
    }
}

#[test]
fn what_comes_to_too_much_is_refused_soon() {
    let regions = "<region>sample=a\n".repeat(1_000_000);
    assert!(refusal(&regions).contains("more than 16777216 bytes"));
    let regions = "<region>".repeat(MAX_REGIONS + 1).replace('>', "> sample=a ");
    assert!(refusal(&regions).contains("more than 65536 regions"));
    let samples: String =
        (0..=MAX_SAMPLES).map(|number| format!("<region>sample={number}\n")).collect();
    assert!(refusal(&samples).contains("more than 16384 samples"));
    // As many as there may be, and one of them again.
    let last = samples.rfind("<region>").unwrap();
    let again = format!("{}<region>sample=0", &samples[..last]);
    assert_eq!(parse(&again).samples().len(), MAX_SAMPLES);
    let long = format!("<control> default_path={}\n<region> sample=a", "x".repeat(5_000));
    assert!(refusal(&long).contains("more than 4096 bytes in the name of a sample"));
    // Comments take no longer than their text is long.
    assert!(refusal(&"/**/ ".repeat(3_000_000)).contains("no <region>"));
    let defines: String = (0..5_000).map(|number| format!("#define $A{number} b\n")).collect();
    assert!(refusal(&defines).contains("more than 4096 defined names"));
    // Each definition is twice the one before.
    let mut bomb = "#define $A0 xxxxxxxx\n".to_owned();
    for number in 1..64 {
        bomb += &format!("#define $B{number} $A{}$A{}\n", number - 1, number - 1);
        bomb += &format!("#define $A{number} $B{number}\n");
    }
    assert!(refusal(&bomb).contains("more than 65536 bytes in a line"));
    // Many lines that each grow to just below that.
    let mut bomb = format!("#define $A {}\n<group>\n", "x".repeat(60_000));
    bomb += &"a=$A\n".repeat(1_000_000);
    assert!(refusal(&bomb).contains("more than 67108864 bytes once names are replaced"));
    let unknown: String = (0..1_000).map(|number| format!(" x{number}=1")).collect();
    let instrument = parse(&format!("<region> sample=a {unknown}"));
    assert_eq!((instrument.unknown().len(), instrument.unknown()["others"]), (257, 744));
}

/// The message of an instrument whose sample `a.wav` has 100 frames.
fn load_refusal(text: &str) -> String {
    let samples = [mono("a.wav", &[0.5; 100])];
    library(text, &samples).sampled_instrument("kit/kit.sfz").expect_err(text).to_string()
}

#[test]
fn places_outside_of_a_sample_are_refused() {
    for (opcodes, words) in [
        ("offset=100", "offset=100 lies outside of 'a.wav', which has 100 frames"),
        ("loop_mode=loop_continuous loop_end=100", "line 2: loop_end=100 lies outside"),
        ("loop_mode=loop_sustain loop_start=100", "loop_start=100 lies outside"),
        ("loop_mode=loop_sustain loop_start=9 loop_end=8", "loop_start 9 is above loop_end 8"),
        ("loop_mode=loop_sustain loop_start=50 end=40", "loop_start 50 is above loop_end 40"),
        ("offset=50 end=40", "offset 50 is above end 40"),
        ("offset=50 loop_mode=loop_sustain loop_end=40", "offset 50 is above loop_end 40"),
    ] {
        let message = load_refusal(&format!("// x\n<region> sample=a.wav {opcodes}"));
        let names = message.contains("'kit/kit.sfz'") && message.contains("line 2: ");
        assert!(names && message.contains(words), "{opcodes}: {message}");
    }
    let plays = |opcodes: &str| {
        let text = format!("<region> sample=a.wav {opcodes}");
        let sampled = sampled(&text, &[mono("a.wav", &[0.5; 100])]);
        let (_, stretch) = sampled.stretch(&sampled.instrument().regions()[0]).unwrap();
        (stretch.frames, stretch.looped)
    };
    assert_eq!(plays("end=500"), (0..100, 0..0));
    assert_eq!(plays("offset=3 end=9 loop_start=200"), (3..10, 0..0));
    assert_eq!(plays("loop_mode=loop_sustain loop_start=9"), (0..100, 9..100));
    assert_eq!(plays("loop_mode=loop_continuous loop_start=9 loop_end=19"), (0..100, 9..20));
    assert_eq!(plays("loop_mode=loop_continuous trigger=release"), (0..100, 0..0));
    // A release never loops: where its loop would lie does not matter.
    let far = "loop_mode=loop_continuous loop_start=200 loop_end=900 trigger=release";
    assert_eq!(plays(far), (0..100, 0..0));
}

fn marked(looped: Option<(u64, u64)>, pitch: Option<(u8, u32)>) -> (&'static str, MemorySource) {
    let (name, source) = mono("a.wav", &[0.5; 100]);
    (name, source.with_marks(SampleMarks { looped, pitch }))
}

#[test]
fn regions_loop_as_their_samples_files_say_unless_they_say_otherwise() {
    let plays = |looped: Option<(u64, u64)>, opcodes: &str| {
        let text = format!("<region> sample=a.wav {opcodes}");
        let sampled = sampled(&text, &[marked(looped, None)]);
        let region = &sampled.instrument().regions()[0];
        (region.loop_mode.unwrap(), sampled.stretch(region).unwrap().1.looped)
    };
    use LoopMode::{Continuous, None as NoLoop, OneShot, Sustain};
    let own = Some((10, 39));
    assert_eq!(plays(None, ""), (NoLoop, 0..0));
    assert_eq!(plays(own, ""), (Continuous, 10..40));
    assert_eq!(plays(own, "loop_start=20"), (Continuous, 20..40));
    assert_eq!(plays(own, "loop_end=90"), (Continuous, 10..91));
    assert_eq!(plays(own, "loop_start=1 loop_end=2"), (Continuous, 1..3));
    assert_eq!(plays(own, "loop_mode=loop_sustain"), (Sustain, 10..40));
    assert_eq!(plays(own, "loop_mode=no_loop"), (NoLoop, 0..0));
    assert_eq!(plays(own, "loop_mode=one_shot"), (OneShot, 0..0));
    assert_eq!(plays(own, "trigger=release").1, 0..0);
    // Where it does not lie in what is played, or cannot make up for half of another, it is none.
    assert_eq!(plays(own, "end=38"), (NoLoop, 0..0));
    assert_eq!(plays(own, "offset=40"), (NoLoop, 0..0));
    assert_eq!(plays(own, "end=39 offset=39"), (Continuous, 10..40));
    assert_eq!(plays(own, "loop_end=5"), (Continuous, 0..6));
    assert_eq!(plays(own, "loop_start=50"), (Continuous, 50..100));
}

#[test]
fn a_keycenter_may_be_that_of_the_samples_file() {
    let cents = |pitch: Option<(u8, u32)>, opcodes: &str| {
        let text = format!("<region> sample=a.wav {opcodes}");
        sampled(&text, &[marked(None, pitch)]).instrument().regions()[0].cents_at(64)
    };
    let own = Some((62, 1 << 30));
    assert_eq!(cents(own, "pitch_keycenter=sample"), 175.0);
    assert_eq!(cents(own, "pitch_keycenter=sample key=64 tune=5"), 180.0);
    assert_eq!(cents(own, ""), 400.0);
    assert_eq!(cents(own, "pitch_keycenter=sample pitch_keycenter=61"), 300.0);
    assert_eq!(cents(None, "pitch_keycenter=sample"), 400.0);
}

#[test]
fn keys_that_choose_are_those_of_the_range_or_all_that_are_named() {
    let text = "<region> sample=a sw_lokey=24 sw_hikey=26 sw_last=24 sw_default=25\n\
        <region> sample=a sw_lokey=24 sw_hikey=26 sw_last=25 sw_default=26\n\
        <region> sample=a sw_last=1 <region> sample=a sw_last=c0 sw_default=1\n\
        <region> sample=a sw_hikey=1 sw_down=7";
    let instrument = parse(text);
    let told: Vec<(u128, Option<u8>)> = instrument
        .regions()
        .iter()
        .map(|region| (region.switches.choosing, region.switches.default))
        .collect();
    let (ranged, named) = (0b111 << 24, 0b10 | 1 << 12);
    let wanted =
        [(ranged, Some(26)), (ranged, Some(26)), (named, Some(1)), (named, Some(1)), (0, None)];
    assert_eq!(told, wanted);
}

#[test]
fn samples_that_are_missing_or_unfit_are_refused_with_the_line_that_names_them() {
    let rate = SampleRate::new(48_000).unwrap();
    let surround = ("b.wav", MemorySource::new(&[0.0; 30], 3, rate));
    let samples = [mono("a.wav", &[0.5; 100]), surround, mono("c.wav", &[])];
    for (name, words) in [
        ("d.wav", "its sample 'kit/d.wav' is missing"),
        ("b.wav", "its sample 'kit/b.wav' has 3 channels"),
        ("c.wav", "its sample 'kit/c.wav' has no frames"),
    ] {
        let text = format!("<region> sample=a.wav\n<region> sample={name}");
        let error = library(&text, &samples).sampled_instrument("kit/kit.sfz").unwrap_err();
        let message = error.to_string();
        assert!(message.contains("line 2: ") && message.contains(words), "{message}");
    }
    let too_long = Sample::read(&samples[0].1, 99).unwrap_err().to_string();
    assert!(too_long.contains("has 100 frames, too many"), "{too_long}");
}

#[test]
fn the_identity_is_that_of_the_text_and_of_all_samples() {
    let identity = |text: &str, first: f32, second: f32| {
        sampled(text, &[mono("a.wav", &[first; 9]), mono("b.wav", &[second; 9])]).identity()
    };
    let text = "<region> sample=a.wav <region> sample=b.wav";
    let of = |looped, pitch| sampled("<region> sample=a.wav", &[marked(looped, pitch)]).identity();
    let all = [of(None, None), of(Some((0, 1)), None), of(Some((0, 2)), None)];
    let all = [&all[..], &[of(None, Some((0, 1))), of(None, Some((1, 0)))]].concat();
    for (number, one) in all.iter().enumerate() {
        assert!(!all[..number].contains(one), "{number}");
    }
    let one = identity(text, 0.1, 0.2);
    assert_eq!(one, identity(text, 0.1, 0.2));
    assert_ne!(one, identity(text, 0.1, 0.3));
    assert_ne!(one, identity(text, 0.3, 0.2));
    assert_ne!(one, identity("<region> sample=a.wav <region> sample=b.wav key=3", 0.1, 0.2));
}

#[test]
fn what_is_no_number_is_silence() {
    let source = mono("a", &[1.0, f32::NAN, f32::INFINITY, -1.0]).1;
    let sample = Sample::read(&source, 4).unwrap();
    let padding = vec![0.0; SAMPLE_PADDING];
    let wanted = [&padding[..], &[1.0, 0.0, 0.0, -1.0], &padding].concat();
    assert_eq!(sample.channels(), [wanted]);
}

fn any_place() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(0..99_u64)
}

type AnyFilter = (Option<f64>, FilterKind, f64, (f64, f64, u8));

fn any_filter() -> impl Strategy<Value = AnyFilter> {
    use FilterKind::{Band2, High1, High2, Low1, Low2, Notch2};
    let kinds = prop::sample::select(vec![Low1, High1, Low2, High2, Band2, Notch2]);
    let tracking = (-9_600.0..9_600.0_f64, -1_200.0..1_200.0_f64, 0..128_u8);
    (prop::option::of(0.0..1e6_f64), kinds, 0.0..40.0_f64, tracking)
}

/// The switches of the only region of a text.
fn any_switches(range: Option<(u8, u8)>, keys: [Option<u8>; 5]) -> Switches {
    let [last, default, down, up, previous] = keys;
    let whole = |(low, high)| (low..=high).fold(0, |keys, key| keys | 1_u128 << key);
    let choosing = last.map_or(0, |last| range.map_or(1 << last, whole));
    Switches { range, last, default, down, up, previous, choosing }
}

/// Regions of any kind that a text can say.
fn any_region() -> impl Strategy<Value = Region> {
    let pair = |low: u8, high: u8| {
        (low..=high, low..=high).prop_map(|(a, b)| if a < b { (a, b) } else { (b, a) })
    };
    let when = (
        (pair(0, 127), pair(0, 127), pair(1, 16), 1..9_u32, 0..8_u32),
        prop::sample::select(vec![
            Trigger::Attack,
            Trigger::Release,
            Trigger::ReleaseKey,
            Trigger::First,
            Trigger::Legato,
        ]),
        (-9..9_i64, -9..9_i64, 0..3_u8, 0.0..5.0_f64),
        (0.0..0.5_f64, 0.5..1.0_f64),
        (
            prop::option::of(pair(0, 127)),
            prop::array::uniform5(prop::option::of(0..128_u8)),
            any::<bool>(),
        ),
        any_filter(),
    );
    let sound = (
        (0..128_u8, -1_200.0..1_200.0_f64, -9_600.0..9_600.0_f64),
        (-9_600.0..9_600.0_f64, -9_600.0..9_600.0_f64, -144.0..48.0_f64),
        (0..=400_u16, -128..=128_i16, -128..=128_i16, 0.0..200.0_f64),
        (0..99_u64, prop::option::of(0..99_u64), any_place(), any_place()),
        prop::option::of(prop::sample::select(vec![
            LoopMode::None,
            LoopMode::OneShot,
            LoopMode::Continuous,
            LoopMode::Sustain,
        ])),
        (prop::array::uniform6(0.0..1_000.0_f64), 0..=128_u16, 0..16_u8, any::<[bool; 2]>()),
    );
    (when, sound).prop_map(|(when, sound)| {
        let (
            (keys, velocities, channels, seq_length, position),
            trigger,
            off,
            random,
            keys_before,
            filter,
        ) = when;
        let (group, off_by, off_mode, off_seconds) = off;
        let (pitch, bends, levels, places, loop_mode, last) = sound;
        let ([delay, attack, hold, decay, release, start], sustain, output, flags) = last;
        let [is_silent, has_pitch_of_sample] = flags;
        let (range, before, rt_dead) = keys_before;
        let (cutoff_hz, fil_type, resonance_db, filter) = filter;
        // Percents that come back to the same number.
        let share = |steps: i16| f64::from(steps) / 128.0;
        Region {
            line: 1,
            sample: (!is_silent).then_some(0),
            keys,
            velocities,
            channels,
            random,
            seq_length,
            seq_position: position % seq_length + 1,
            trigger,
            switches: any_switches(range, before),
            group,
            off_by,
            off_mode: [OffMode::Fast, OffMode::Normal, OffMode::Time(off_seconds)]
                [usize::from(off_mode)],
            pitch_keycenter: pitch.0,
            has_pitch_of_sample,
            pitch_keytrack_cents: pitch.1,
            tune_cents: pitch.2,
            bend_up_cents: bends.0,
            bend_down_cents: bends.1,
            volume_db: bends.2,
            amplitude: f64::from(levels.0) / 128.0,
            pan: share(levels.1),
            amp_veltrack: share(levels.2),
            rt_decay_db: levels.3,
            rt_dead,
            cutoff_hz,
            fil_type: Some(fil_type),
            resonance_db,
            fil_veltrack_cents: filter.0,
            fil_keytrack_cents: filter.1,
            fil_keycenter: filter.2,
            offset: places.0,
            end: places.1,
            loop_mode,
            loop_start: places.2,
            loop_end: places.3,
            delay_seconds: start,
            envelope: Envelope {
                delay_seconds: delay,
                attack_seconds: attack,
                hold_seconds: hold,
                decay_seconds: decay,
                sustain: f64::from(sustain) / 128.0,
                release_seconds: release,
            },
            output,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(region in any_region()) {
        let text = written(&region, &["my sample.wav".to_owned()]);
        let instrument = Instrument::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(instrument.regions(), &[region]);
        prop_assert!(instrument.unknown().is_empty());
    }

    #[test]
    fn no_text_is_too_strange_to_be_read_or_refused(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "<", ">", "=", "#define $", "$", "//", "/*", "*/", "\n", "\r", " ", "region", "group",
                "sample", "key", "60", "-1", "a.wav", "\\", "c#4", "é", "\u{2003}", "\0", "#include",
                "<region>", "<control>", "default_path=", "lokey=", "loop_mode=", "one_shot", "1e309",
            ]),
            0..60,
        ),
    ) {
        let _ = Instrument::parse(parts.concat().as_bytes());
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Instrument::parse(&bytes);
    }

    #[test]
    fn damage_is_refused_or_read(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 32..127_u8), 1..6),
    ) {
        let mut text = BUSY.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let mut library = busy();
        library.insert_sfz("kit/kit.sfz", String::from_utf8(text).unwrap());
        let _ = library.sampled_instrument("kit/kit.sfz");
    }
}
