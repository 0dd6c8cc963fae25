//! What filters and interpolation do to a region's spectrum.

use super::*;

/// How much louder than its sample a sine comes out, in dB.
fn filtered_db(opcodes: &str, frequency_hz: f64, key: u8, velocity: f64) -> f64 {
    let samples = [mono("a.wav", &sine(frequency_hz / 48_000.0, 24_000))];
    let text = format!("<region> sample=a.wav amp_veltrack=0 pitch_keytrack=0 {opcodes}");
    let got = left(&text, &samples, 24_000, vec![on(0, 1, key, velocity / 127.0)]);
    let power: f64 = got[12_000..].iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    10.0 * crate::math::log10(power / 6_000.0)
}

#[test]
fn filters_cut_as_their_analogue_models() {
    // Of warped frequencies: what a bilinear transform makes of them.
    let warped = |hz: f64| crate::math::tan(TAU * 0.5 * hz / 48_000.0);
    for (opcodes, cutoff_hz) in [("cutoff=1000", 1_000.0), ("resonance=12 cutoff=5000", 5_000.0)] {
        let q =
            crate::math::db_to_gain(if cutoff_hz > 2_000.0 { 12.0 } else { 0.0 }) / 2.0_f64.sqrt();
        for hz in [100.0, 500.0, 1_000.0, 3_000.0, 5_000.0, 12_000.0] {
            let w = warped(hz) / warped(cutoff_hz);
            let (one, two) = (1.0 + w * w, (1.0 - w * w) * (1.0 - w * w) + w * w / (q * q));
            for (kind, power) in [
                ("lpf_1p", 1.0 / one),
                ("hpf_1p", w * w / one),
                ("lpf_2p", 1.0 / two),
                ("hpf_2p", w * w * w * w / two),
                ("bpf_2p", w * w / (q * q) / two),
                ("brf_2p", (1.0 - w * w) * (1.0 - w * w) / two),
            ] {
                let wanted = 10.0 * crate::math::log10(power.max(1e-9));
                let got = filtered_db(&format!("{opcodes} fil_type={kind}"), hz, 60, 127.0);
                let is_near = (got - wanted).abs() < 0.05 || (got < -60.0 && wanted < -60.0);
                assert!(is_near, "{opcodes} {kind} at {hz} Hz: {got} dB is not {wanted} dB");
            }
        }
    }
}

#[test]
fn cutoffs_follow_keys_and_velocities() {
    let at = |opcodes: &str, key, velocity| filtered_db(opcodes, 4_000.0, key, velocity);
    let low = "fil_type=lpf_1p cutoff=1000";
    let near = |got: f64, wanted: f64| assert!((got - wanted).abs() < 0.01, "{got}, {wanted}");
    let same = |hz: u32| at(&format!("fil_type=lpf_1p cutoff={hz}"), 60, 127.0);
    near(at(&format!("{low} fil_veltrack=2400"), 60, 127.0), same(4_000));
    near(at(&format!("{low} fil_veltrack=2400"), 60, 63.5), same(2_000));
    near(at(&format!("{low} fil_veltrack=-1200"), 60, 127.0), same(500));
    near(at(&format!("{low} fil_keytrack=100"), 72, 127.0), same(2_000));
    near(at(&format!("{low} fil_keytrack=100 fil_keycenter=84"), 72, 127.0), same(500));
    // Without a cutoff, or with one of nothing, or of a kind that is not played, it is as it is.
    for opcodes in ["resonance=20", "cutoff=0", "cutoff=100 fil_type=lpf_4p"] {
        assert!(at(opcodes, 60, 127.0).abs() < 1e-4, "{opcodes}");
    }
    // Two poles is the kind that needs no word.
    assert_eq!(at("cutoff=1000", 60, 127.0), at("cutoff=1000 fil_type=lpf_2p", 60, 127.0));
}

/// Of a sample of two channels each has its own.
#[test]
fn filters_keep_channels_apart() {
    let frames: Vec<f32> = rough(2_000).into_iter().flat_map(|x| [x, 0.0]).collect();
    let both = MemorySource::new(&frames, 2, SampleRate::new(48_000).unwrap());
    let text = "<region> sample=a.wav cutoff=700 resonance=6";
    let output = rig(text, &[("a.wav", both)], 2_000, vec![on(0, 1, 60, 1.0)]).run_whole();
    let alone = left(text, &[mono("a.wav", &rough(2_000))], 2_000, vec![on(0, 1, 60, 1.0)]);
    assert_eq!(output[0][0], alone);
    assert!(output[0][1].iter().all(|x| *x == 0.0));
}

/// What of a sample played fast is kept, and what of it comes back as something else, by table: most
/// of the output's band, and less the faster it is, for 16 points hold less than a period then.
#[test]
fn each_table_keeps_and_cuts_what_it_says() {
    for (table, half_db, twice_db, far_db) in [
        (4_u8, -1.02, -40.3, -70.0),
        (5, -1.24, -23.7, -60.0),
        (6, -0.93, -14.7, -60.0),
        (7, -0.55, -8.5, -40.0),
    ] {
        let step = crate::math::exp2(f64::from(table) * 0.5);
        // Of a sine at a share of the highest that the output holds.
        let level_db = |share: f64| {
            let samples = [mono("a.wav", &sine(share * 0.5 / step, 40_000))];
            let text = "<region> sample=a.wav loop_mode=one_shot";
            let got = left(text, &samples, 3_000, vec![on(0, 1, 60 + 6 * table, 1.0)]);
            let power: f64 = got[200..].iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
            10.0 * crate::math::log10(power / 1_400.0)
        };
        let (half, twice, far) = (level_db(0.5), level_db(1.9), level_db(3.7));
        assert!((half - half_db).abs() < 0.1, "{table}: {half} dB");
        assert!((twice - twice_db).abs() < 0.4, "{table}: {twice} dB");
        assert!(far < far_db, "{table}: {far} dB");
        assert!(level_db(0.05).abs() < 0.02, "{table}");
    }
}
