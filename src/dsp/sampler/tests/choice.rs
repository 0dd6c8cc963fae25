//! Which regions a note plays: turns, chance, groups, releases, key switches.

use super::*;

#[test]
fn round_robins_take_turns_region_by_region() {
    let text = "<group> sample=a.wav loop_mode=one_shot seq_length=3\n\
        <region> seq_position=1 amplitude=10 <region> seq_position=2 amplitude=20\n\
        <region> seq_position=3 amplitude=30 hikey=60";
    let samples = [mono("a.wav", &ones(10))];
    let events = |keys: &[u8]| -> Vec<Event> {
        (0_u8..).zip(keys).map(|(n, key)| on(i64::from(n) * 20, n.into(), *key, 1.0)).collect()
    };
    let heard = |keys: &[u8]| -> Vec<f32> {
        let got = left(text, &samples, 20 * keys.len(), events(keys));
        got.chunks(20).map(|note| (note[5] * 10.0).round()).collect()
    };
    assert_eq!(heard(&[60, 60, 60, 60, 60]), [1.0, 2.0, 3.0, 1.0, 2.0]);
    // The third region has not been meant by the first note.
    assert_eq!(heard(&[61, 60, 60, 60]), [1.0, 2.0, 0.0, 4.0]);
}

#[test]
fn random_regions_share_notes_and_are_the_same_each_time() {
    let text = "<group> sample=a.wav loop_mode=one_shot <region> hirand=0.25 amplitude=10\n\
        <region> lorand=0.25 hirand=0.5 amplitude=20 <region> lorand=0.5 amplitude=40";
    let samples = [mono("a.wav", &ones(5))];
    let notes: Vec<Event> = (0..1_000).map(|n| on(n * 10, 7, 60, 1.0)).collect();
    let rig = rig(text, &samples, 10_000, notes);
    let count = |rig: &Rig| {
        let mut counts = [0; 3];
        for note in rig.run_whole()[0][0].chunks(10) {
            let which = [0.1, 0.2, 0.4].iter().position(|level| *level == note[2]);
            counts[which.unwrap()] += 1;
        }
        counts
    };
    let [first, second, third] = count(&rig);
    // Four standard deviations.
    assert!((first - 250_i32).abs() < 55 && (second - 250_i32).abs() < 55, "{first} {second}");
    assert_eq!(first + second + third, 1_000);
    assert_eq!(rig.run_whole(), rig.run_whole());
    let reseeded = Rig { seed: 8, ..rig.clone() };
    assert_ne!(rig.run_whole(), reseeded.run_whole());
    let mut elsewhere = rig.clone();
    elsewhere.instances[0].node.push('x');
    assert_ne!(rig.run_whole(), elsewhere.run_whole());
}

#[test]
fn groups_choke_those_that_they_turn_off_and_no_others() {
    let samples = [mono("a.wav", &ones(9_000))];
    let rest = |open: &str, closed: &str| {
        let text = format!(
            "<global> sample=a.wav loop_mode=one_shot <region> key=46 {open}\n\
             <region> key=42 {closed} volume=-144 <region> key=46 amplitude=0 group=7"
        );
        let events = vec![on(0, 1, 46, 1.0), on(1_000, 2, 42, 1.0)];
        let got = left(&text, &samples, 8_000, events);
        assert_eq!(got[999], 1.0);
        got[1_000..].iter().position(|x| *x < 1e-6)
    };
    // 6 ms in a line.
    assert_eq!(rest("off_by=1", "group=1"), Some(288));
    assert_eq!(rest("group=1 off_by=1", "group=1"), Some(288));
    assert_eq!(rest("off_by=1 off_mode=time off_time=0.01", "group=1"), Some(480));
    assert_eq!(rest("off_by=1 off_mode=normal ampeg_release=0.02", "group=1"), Some(960));
    assert_eq!(rest("off_by=1", "group=2"), None);
    assert_eq!(rest("", "group=1"), None);
    assert_eq!(rest("off_by=1", "off_by=1"), None);
    // Regions of one note leave each other alone.
    assert_eq!(rest("off_by=7", "group=2"), None);
    // Silence chokes too.
    assert_eq!(rest("off_by=1", "group=1 sample=*silence"), Some(288));
    assert_eq!(rest("off_by=1", "group=1 end=-1"), Some(288));
    let text = "<region> sample=a.wav key=46 off_by=1 <region> sample=a.wav key=42 group=1 pan=100";
    let got = left(text, &samples, 2_000, vec![on(0, 1, 46, 1.0), on(1_000, 2, 42, 1.0)]);
    assert!((got[1_144] - 0.5).abs() < 1e-4, "{}", got[1_144]);
}

#[test]
fn releases_and_legato_follow_their_notes() {
    let text = "<global> sample=a.wav loop_mode=one_shot amp_veltrack=0\n\
        <region> trigger=first amplitude=1 <region> trigger=legato amplitude=2\n\
        <region> trigger=release rt_dead=on amplitude=4 <region> trigger=release_key amplitude=8";
    let samples = [mono("a.wav", &ones(10))];
    let heard = |events: Vec<Event>| -> Vec<f32> {
        let got = left(text, &samples, 120, events);
        got.chunks(20).map(|stretch| (stretch[5] * 100.0).round()).collect()
    };
    let notes = vec![on(0, 1, 60, 1.0), on(20, 2, 64, 1.0), off(40, 1, 60), off(60, 2, 64)];
    assert_eq!(heard(notes), [1.0, 2.0, 12.0, 12.0, 0.0, 0.0]);
    // The pedal holds back what follows a release, but not what follows the key.
    let pedal = vec![
        cc(0, 64, 127.0),
        on(0, 1, 60, 1.0),
        on(20, 2, 64, 1.0),
        off(40, 1, 60),
        off(60, 2, 64),
        cc(80, 64, 0.0),
        on(100, 3, 60, 1.0),
    ];
    assert_eq!(heard(pedal), [1.0, 2.0, 8.0, 8.0, 8.0, 1.0]);
    // 20 dB a second, after half a second.
    let text = "<region> sample=a.wav trigger=release rt_decay=20 loop_mode=loop_continuous";
    let got = left(text, &samples, 24_100, vec![on(0, 1, 60, 1.0), off(24_000, 1, 60)]);
    assert!((f64::from(got[24_001]) - crate::math::db_to_gain(-10.0)).abs() < 1e-6);
    assert_eq!((got[23_999], got[24_010]), (0.0, 0.0));
}

/// A release plays unless what its note started has ended before.
#[test]
fn releases_follow_what_still_sounds() {
    let samples = [mono("short.wav", &ones(500)), mono("a.wav", &ones(9_000))];
    let heard = |attack: &str, release: &str, events: Vec<Event>| {
        let text = format!(
            "<global> amp_veltrack=0 ampeg_release=0 {attack}\n\
             <region> sample=a.wav key=60 trigger=release amplitude=50 {release}"
        );
        left(&text, &samples, 3_000, events)[1_000..].iter().any(|x| *x > 0.4)
    };
    let note = |end: i64| vec![on(0, 1, 60, 1.0), off(end, 1, 60)];
    let short = "<region> key=60 sample=short.wav";
    assert!(heard(short, "", note(500)));
    assert!(!heard(short, "", note(501)));
    assert!(heard(short, "rt_dead=on", note(501)));
    assert!(!heard(short, "rt_dead=on rt_dead=off", note(501)));
    assert!(heard(short, "trigger=release_key", note(501)));
    assert!(heard("<region> key=60 sample=a.wav", "", note(2_000)));
    // Notes that have started nothing, or something that rings on, have nothing that has ended.
    assert!(heard("", "", note(501)));
    assert!(heard("<region> key=61 sample=short.wav", "", note(501)));
    assert!(heard("<region> key=60 sample=a.wav loop_mode=one_shot amplitude=1", "", note(501)));
    // What another turns off has ended.
    let choked = "<region> key=60 sample=a.wav off_by=1 <region> key=61 sample=*silence group=1";
    let choke = |at: i64| [note(2_000), vec![on(at, 2, 61, 1.0)]].concat();
    assert!(heard(choked, "off_by=0", choke(2_500)));
    assert!(!heard(choked, "off_by=0", choke(600)));
    // Under a pedal it counts when that comes up.
    let pedal = |up: i64| [note(200), vec![cc(100, 64, 127.0), cc(up, 64, 0.0)]].concat();
    assert!(heard(short, "", pedal(500)));
    assert!(!heard(short, "", pedal(501)));
}

/// Two notes of a switch choose, and each note after them plays what was chosen.
#[test]
fn key_switches_choose_what_notes_play() {
    let samples = [mono("a.wav", &ones(10))];
    let heard = |text: &str, notes: &[(u8, u8)]| -> Vec<f32> {
        let text = format!(
            "<global> sample=a.wav amp_veltrack=0 pitch_keytrack=0 loop_mode=one_shot {text}"
        );
        let events = (0_i64..).zip(notes).map(|(n, (channel, key))| {
            let note = n.unsigned_abs();
            let kind = EventKind::NoteOn { note, channel: *channel, key: *key, velocity: 1.0 };
            Event { at: Samples(n * 20), kind }
        });
        let got = left(&text, &samples, 20 * notes.len(), events.collect());
        got.chunks(20).map(|note| (note[5] * 100.0).round()).collect()
    };
    let keys = |keys: &[u8]| keys.iter().map(|key| (0, *key)).collect::<Vec<_>>();
    let ranged = "sw_lokey=24 sw_hikey=26 <region> lokey=30 sw_last=24 amplitude=1\n\
        <region> lokey=30 sw_last=25 amplitude=2 <region> key=25 sw_last=25 amplitude=4";
    // Nothing was chosen; a key may play what it chooses; one of the range that no region means
    // chooses nothing; others do not choose.
    let played = keys(&[60, 24, 60, 30, 25, 60, 23, 27, 60, 26, 60]);
    let wanted = [0.0, 0.0, 1.0, 1.0, 4.0, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0];
    assert_eq!(heard(ranged, &played), wanted);
    assert_eq!(heard(&format!("sw_default=25 {ranged}"), &keys(&[60, 24, 60])), [2.0, 0.0, 1.0]);
    // Channels do not choose for each other.
    assert_eq!(heard(ranged, &[(1, 24), (0, 60), (1, 60)]), [0.0, 0.0, 1.0]);
    let free = "<region> lokey=30 sw_last=24 amplitude=1 <region> lokey=30 sw_last=26 amplitude=2";
    assert_eq!(heard(free, &keys(&[24, 60, 25, 60, 26, 60])), [0.0, 1.0, 0.0, 1.0, 0.0, 2.0]);
    let before = "<region> sw_previous=60 amplitude=1 <region> sw_previous=62 amplitude=2";
    assert_eq!(heard(before, &keys(&[60, 62, 60, 60, 64])), [0.0, 1.0, 2.0, 1.0, 1.0]);
}

#[test]
fn switches_that_are_held_count_while_they_are_down() {
    let samples = [mono("a.wav", &ones(10))];
    let text = "<global> sample=a.wav amp_veltrack=0 loop_mode=one_shot lokey=40\n\
        <region> sw_down=24 amplitude=1 <region> sw_up=24 amplitude=2\n\
        <region> sw_down=24 sw_up=25 amplitude=4";
    let events = vec![
        on(0, 1, 60, 1.0),
        on(10, 2, 24, 1.0),
        on(20, 3, 60, 1.0),
        on(30, 4, 25, 1.0),
        on(40, 5, 60, 1.0),
        cc(45, 64, 127.0),
        off(50, 2, 24),
        on(60, 6, 60, 1.0),
    ];
    let got = left(text, &samples, 80, events);
    let heard = [5, 25, 45, 65].map(|frame: usize| (got[frame] * 100.0).round());
    assert_eq!(heard, [2.0, 5.0, 1.0, 2.0]);
}
