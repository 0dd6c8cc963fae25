//! Tests of the tempo map against closed forms, numerical integration and itself backwards.

use proptest::prelude::*;

use super::*;

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn step(at: i64, bpm: f64) -> TempoPoint {
    TempoPoint { at: Ticks(at), bpm, shape: TempoShape::Step }
}

fn ramp(at: i64, bpm: f64) -> TempoPoint {
    TempoPoint { at: Ticks(at), bpm, shape: TempoShape::Ramp }
}

/// Random valid maps: up to eight points, steps and ramps, near and far tempos.
fn maps() -> impl Strategy<Value = TempoMap> {
    let tempo = prop_oneof![MIN_BPM..=MAX_BPM, 119.999_999..120.000_001, Just(120.0)];
    let change = (1_i64..2_000_000, tempo, any::<bool>());
    let hz =
        prop_oneof![Just(8_000), Just(44_100), Just(48_000), Just(384_000), 8_000..384_000_u32];
    (prop::collection::vec(change, 0..8), hz).prop_map(|(changes, hz)| {
        let mut at = 0;
        let mut points = Vec::new();
        for (ticks, bpm, ramps) in changes {
            let shape = if ramps { TempoShape::Ramp } else { TempoShape::Step };
            points.push(TempoPoint { at: Ticks(at), bpm, shape });
            at += ticks;
        }
        TempoMap::new(&points, rate(hz)).unwrap()
    })
}

/// Samples of a tick at a constant tempo.
fn tick_samples(map: &TempoMap, bpm: f64) -> f64 {
    map.sample_rate().hz_f64() * 60.0 / (bpm * TICKS_PER_QUARTER as f64)
}

#[test]
fn a_constant_tempo_is_exact() {
    let map = TempoMap::new(&[], rate(48_000)).unwrap();
    assert_eq!(map.samples_at(Ticks(TICKS_PER_QUARTER)), Samples(24_000));
    // 10,000 hours on: 15,360 ticks are 24,000 samples, and 25/16 samples a tick.
    for quarters in [1, 7, 1_000, 72_000_000] {
        let at = Ticks(quarters * TICKS_PER_QUARTER + 16);
        assert_eq!(map.exact_samples_at(at), (quarters * 24_000 + 25) as f64);
        assert_eq!(map.ticks_at(Samples(quarters * 24_000 + 25)), at);
    }
    let waltz = TempoMap::new(&[step(0, 90.0)], rate(44_100)).unwrap();
    assert_eq!(waltz.exact_samples_at(Ticks(3 * TICKS_PER_QUARTER)), 88_200.0);
}

#[test]
fn steps_add_up() {
    let quarter = TICKS_PER_QUARTER;
    let map = TempoMap::new(
        &[step(0, 120.0), step(4 * quarter, 60.0), step(6 * quarter, 240.0)],
        rate(48_000),
    )
    .unwrap();
    assert_eq!(map.samples_at(Ticks(4 * quarter)), Samples(96_000));
    assert_eq!(map.samples_at(Ticks(6 * quarter)), Samples(192_000));
    assert_eq!(map.samples_at(Ticks(10 * quarter)), Samples(240_000));
    assert_eq!(map.bpm_at(Ticks(4 * quarter - 1)), 120.0);
    assert_eq!(map.bpm_at(Ticks(4 * quarter)), 60.0);
}

#[test]
fn positions_before_the_start_go_on_at_the_first_tempo() {
    let map = TempoMap::new(&[ramp(0, 120.0), step(61_440, 240.0)], rate(48_000)).unwrap();
    assert_eq!(map.samples_at(Ticks(-TICKS_PER_QUARTER)), Samples(-24_000));
    assert_eq!(map.ticks_at(Samples(-24_000)), Ticks(-TICKS_PER_QUARTER));
    assert_eq!(map.exact_ticks_at(-24_000.0), -15_360.0);
    assert_eq!(map.bpm_at(Ticks(-1)), 120.0);
}

#[test]
fn a_ramp_is_the_closed_form_and_the_integral() {
    let length = 8 * TICKS_PER_QUARTER;
    for (from, to) in [(60.0, 180.0), (180.0, 60.0), (5.0, 999.0), (120.0, 120.001), (100.0, 130.0)]
    {
        let map = TempoMap::new(&[ramp(0, from), step(length, to)], rate(48_000)).unwrap();
        // Simpson's rule over 60 / bpm, on 2,048 intervals of 60 ticks.
        let bpm = |tick: i64| from + (to - from) * tick as f64 / length as f64;
        let intervals = 2_048;
        let width = length / intervals;
        let mut integral = 0.0;
        for index in 0..intervals {
            let [a, b] = [index * width, (index + 1) * width];
            let [first, middle, last] = [bpm(a), bpm((a + b) / 2), bpm(b)].map(f64::recip);
            integral += width as f64 * (first + 4.0 * middle + last) / 6.0;
        }
        let expected = integral * 48_000.0 * 60.0 / TICKS_PER_QUARTER as f64;
        let got = map.exact_samples_at(Ticks(length));
        assert!((got - expected).abs() < 1e-6 * expected, "{from} to {to}: {got}, {expected}");
        assert_eq!(map.bpm_at(Ticks(length / 2)), f64::midpoint(from, to));
    }
    // 60 to 120 bpm over a quarter: ln 2 seconds.
    let map = TempoMap::new(&[ramp(0, 60.0), step(15_360, 120.0)], rate(48_000)).unwrap();
    let expected = 48_000.0 * std::f64::consts::LN_2;
    assert!((map.exact_samples_at(Ticks(15_360)) - expected).abs() < 1e-9);
}

#[test]
fn a_ramp_between_almost_equal_tempos_is_the_mean_tempo() {
    let length = 1_000 * TICKS_PER_QUARTER;
    let constant = TempoMap::new(&[step(0, 120.0)], rate(48_000)).unwrap();
    for difference in [1e-13, 1e-11, 1e-9, 1e-7, 1e-5] {
        let points = [ramp(0, 120.0), step(length, 120.0 + difference)];
        let map = TempoMap::new(&points, rate(48_000)).unwrap();
        let [got, flat] = [&map, &constant].map(|map| map.exact_samples_at(Ticks(length)));
        // First order: time shrinks by half the relative change; the rest is below 1e-13.
        let actual_difference = points[1].bpm - 120.0;
        let expected = flat * (1.0 - actual_difference / 240.0);
        assert!((got - expected).abs() < 1e-6, "{difference}: {got}, {expected}");
        let back = map.exact_ticks_at(got);
        assert!((back - length as f64).abs() < 1e-6, "{difference}: {back}");
    }
}

#[test]
fn many_points_do_not_drift() {
    // 30,000 points that all say 123.4 bpm, against one that does.
    let points: Vec<_> = (0..30_000).map(|index| step(index * 997, 123.4)).collect();
    let many = TempoMap::new(&points, rate(44_100)).unwrap();
    let one = TempoMap::new(&points[..1], rate(44_100)).unwrap();
    let end = Ticks(30_000 * 997);
    assert!((many.exact_samples_at(end) - one.exact_samples_at(end)).abs() < 2e-8);
}

#[test]
fn a_ramp_without_a_point_to_go_to_stays() {
    let map = TempoMap::new(&[ramp(0, 100.0)], rate(48_000)).unwrap();
    assert_eq!(map.bpm_at(Ticks(1_000_000)), 100.0);
    assert_eq!(map.samples_at(Ticks(TICKS_PER_QUARTER)), Samples(28_800));
}

#[test]
fn points_that_make_no_map_are_refused() {
    let new = |points: &[TempoPoint]| TempoMap::new(points, rate(48_000)).unwrap_err();
    assert_eq!(new(&[step(5, 120.0)]), TempoMapError::FirstNotAtZero { at: Ticks(5) });
    assert_eq!(
        new(&[step(0, 120.0), step(9, 120.0), step(9, 120.0)]),
        TempoMapError::NotIncreasing { index: 2, at: Ticks(9) }
    );
    for bpm in [0.0, -120.0, 4.999, 999.1, 10_000.0, f64::INFINITY] {
        assert_eq!(new(&[step(0, 120.0), step(1, bpm)]), TempoMapError::Tempo { index: 1, bpm });
    }
    assert!(matches!(new(&[step(0, f64::NAN)]), TempoMapError::Tempo { index: 0, .. }));
    let message = new(&[step(0, 10_000.0)]).to_string();
    assert_eq!(message, "tempo point 0 says 10000 bpm: use 5 to 999");
}

#[test]
fn lengths_count_in_their_own_timebase() {
    let points = [step(0, 120.0), step(15_360, 60.0)];
    let map = TempoMap::new(&points, rate(48_000)).unwrap();
    let ticks = |at| TimeValue::Ticks(Ticks(at));
    let samples = |at| TimeValue::Samples(Samples(at));
    assert_eq!(map.length(ticks(0), ticks(30_720)), (Samples(0), Samples(72_000)));
    assert_eq!(map.length(ticks(15_360), samples(10)), (Samples(24_000), Samples(24_010)));
    assert_eq!(map.length(samples(12_000), samples(7)), (Samples(12_000), Samples(12_007)));
    // Half a quarter at 120 and half a quarter at 60.
    assert_eq!(map.length(samples(12_000), ticks(15_360)), (Samples(12_000), Samples(48_000)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn ticks_come_back_from_their_samples(
        map in maps(),
        ticks in prop::collection::vec(-1_000_000_i64..20_000_000, 1..50),
    ) {
        for ticks in ticks.into_iter().map(Ticks) {
            let samples = map.samples_at(ticks);
            let back = map.ticks_at(samples);
            prop_assert_eq!(map.samples_at(back), samples);
            prop_assert!(map.samples_at(back + Ticks(1)) > samples);
            prop_assert!(back >= ticks);
            let slowest = map.bpm_at(ticks).max(map.bpm_at(ticks + Ticks(1)));
            if tick_samples(&map, slowest) >= 1.0 + 1e-6 {
                prop_assert_eq!(back, ticks);
            }
        }
    }

    #[test]
    fn a_sample_lies_in_the_span_of_its_tick(
        map in maps(),
        samples in prop::collection::vec(-1_000_000_i64..500_000_000, 1..50),
    ) {
        for samples in samples.into_iter().map(Samples) {
            let tick = map.ticks_at(samples);
            prop_assert!(map.samples_at(tick) <= samples);
            prop_assert!(samples < map.samples_at(tick + Ticks(1)));
        }
    }

    #[test]
    fn exact_positions_come_back(map in maps(), ticks in -1_000_000_i64..20_000_000) {
        let back = map.exact_ticks_at(map.exact_samples_at(Ticks(ticks)));
        prop_assert!((back - ticks as f64).abs() < 1e-5, "{} {}", back, ticks);
    }

    #[test]
    fn later_ticks_are_never_earlier_samples(map in maps(), ticks in -1_000..20_000_000_i64) {
        prop_assert!(map.exact_samples_at(Ticks(ticks)) < map.exact_samples_at(Ticks(ticks + 1)));
    }

    #[test]
    fn absurd_positions_do_not_panic(map in maps(), at in any::<i64>(), length in any::<i64>()) {
        let _ = map.ticks_at(Samples(at));
        let _ = map.samples_at(Ticks(at));
        for start in [TimeValue::Ticks(Ticks(at)), TimeValue::Samples(Samples(at))] {
            let _ = map.length(start, TimeValue::Ticks(Ticks(length)));
            let _ = map.length(start, TimeValue::Samples(Samples(length)));
        }
    }
}
