//! Every level against the scalar form, bit for bit.

use super::*;

/// Values at every edge.
const SPECIAL: [f64; 23] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.5,
    -2.5,
    -0.3,
    f64::MIN_POSITIVE,
    f64::MIN_POSITIVE / 4.0,
    -f64::MIN_POSITIVE / 8.0,
    f64::from_bits(1),
    f64::MAX,
    f64::MIN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    // Beyond the greatest f32, and a subnormal f32.
    3.402_824e38,
    3.9e-39,
    // Halfway between two f32 values: one rounds down to even, the next one up.
    1.0 + 0.5 * (f32::EPSILON as f64),
    1.0 + 1.5 * (f32::EPSILON as f64),
    4_503_599_627_370_495.5,
];

/// Every pair of special values, then random ones: half of any bits at all, half around 1 where
/// most work happens. The length is odd, so that every width meets a short end.
fn pairs() -> (Vec<f64>, Vec<f64>) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |k: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = state ^ (state >> 29);
        let near_one = (bits & 0x807f_ffff_ffff_ffff) | 0x3fc0_0000_0000_0000;
        f64::from_bits(if k.is_multiple_of(2) { bits } else { near_one })
    };
    let special = SPECIAL.iter().flat_map(|&a| SPECIAL.iter().map(move |&b| (a, b)));
    let mut pairs: Vec<(f64, f64)> = special.collect();
    pairs.extend((0..50_000).map(|k| (random(k), random(k))));
    pairs.into_iter().unzip()
}

/// The bits, with every NaN the same.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

/// All results of every operation on `(a[k], b[k])`, one row of `a.len()` for each operation.
struct EveryOperation<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

impl Kernel for EveryOperation<'_> {
    type Output = Vec<Vec<u64>>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<Vec<u64>> {
        let mut rows = Vec::new();
        let pairs = || self.a.chunks(L::WIDTH).zip(self.b.chunks(L::WIDTH));
        let mut row = |operation: &dyn Fn(L, L) -> L| {
            let mut out = vec![0.0; self.a.len()];
            for ((a, b), to) in pairs().zip(out.chunks_mut(L::WIDTH)) {
                operation(L::load_f64(a), L::load_f64(b)).store_f64(to);
            }
            rows.push(out.into_iter().map(bits).collect());
        };
        let (one, zero) = (L::splat(1.0), L::splat(0.0));
        let truth = |mask: L::Mask| L::select(mask, one, zero);
        row(&|a, b| a + b);
        row(&|a, b| a - b);
        row(&|a, b| a * b);
        row(&|a, b| a / b);
        row(&|a, _| -a);
        row(&|a, _| a.sqrt());
        row(&|a, _| a.round_to_f32());
        row(&|a, b| a.max(b));
        row(&|a, b| a.min(b));
        row(&|a, _| a.max(a));
        row(&|a, _| a.abs());
        row(&|a, b| a.copysign(b));
        row(&|a, b| truth(a.gt(b)));
        row(&|a, b| truth(a.ge(b)));
        row(&|a, b| truth(a.lt(b)));
        row(&|a, b| truth(a.le(b)));
        row(&|a, b| truth(a.gt(b) & a.gt(zero)));
        row(&|a, b| truth(a.gt(b) | a.gt(zero)));
        row(&|a, b| truth(!a.gt(b)));
        row(&|a, b| L::select(a.gt(b), a, b));
        row(&|a, _| a.exponent_and_mantissa().0);
        row(&|a, _| a.exponent_and_mantissa().1);
        row(&|a, _| a.round_ties_even());
        row(&|a, _| a.floor());
        row(&|a, _| a.round_ties_even().max(L::splat(-1023.0)).min(L::splat(1024.0)).pow2i());
        let mut single = vec![0.0_f32; self.a.len()];
        for (a, to) in self.a.chunks(L::WIDTH).zip(single.chunks_mut(L::WIDTH)) {
            L::load_f64(a).store_f32(to);
        }
        rows.push(single.iter().map(|&x| bits(f64::from(x))).collect());
        let mut double = vec![0.0_f64; self.a.len()];
        for (a, to) in single.chunks(L::WIDTH).zip(double.chunks_mut(L::WIDTH)) {
            L::load_f32(a).store_f64(to);
        }
        rows.push(double.into_iter().map(bits).collect());
        rows
    }
}

#[test]
fn every_operation_gives_the_scalar_bits_on_every_level_and_width() {
    let (a, b) = pairs();
    assert_eq!(a.len() % 2, 1);
    let wanted = EveryOperation { a: &a, b: &b }.run::<F64x1>();
    for level in SimdLevel::available() {
        for max_width in [0, 1, 2, 3, 4, 8, usize::MAX] {
            let got = dispatch(level, max_width, EveryOperation { a: &a, b: &b });
            assert_eq!(wanted.len(), got.len());
            for (operation, (wanted, got)) in wanted.iter().zip(&got).enumerate() {
                for k in 0..a.len() {
                    assert_eq!(
                        wanted[k], got[k],
                        "operation {operation} of {:e} and {:e} at {level}, width {max_width}",
                        a[k], b[k]
                    );
                }
            }
        }
    }
    let two = EveryOperation { a: &a, b: &b }.run::<Portable<2>>();
    assert!(two == wanted, "two portable lanes differ from one");
}

#[test]
fn the_scalar_form_means_what_the_trait_says() {
    let one = |x: f64| F64x1::splat(x);
    assert_eq!(one(-0.0).max(one(0.0)).0[0].to_bits(), 0.0_f64.to_bits());
    assert_eq!(one(0.0).max(one(-0.0)).0[0].to_bits(), (-0.0_f64).to_bits());
    assert_eq!(one(f64::NAN).max(one(1.0)).0[0], 1.0);
    assert!(one(1.0).max(one(f64::NAN)).0[0].is_nan());
    assert_eq!(one(f64::NAN).min(one(1.0)).0[0], 1.0);
    assert!(!one(f64::NAN).ge(one(f64::NAN)).any());
    assert_eq!(one(2.5).round_ties_even().0[0], 2.0);
    assert_eq!(one(-3.5).round_ties_even().0[0], -4.0);
    assert_eq!(one(-0.5).floor().0[0], -1.0);
    assert_eq!(one(7.0).floor().0[0], 7.0);
    assert_eq!(one(0.75).exponent_and_mantissa().0.0[0], -1.0);
    assert_eq!(one(0.75).exponent_and_mantissa().1.0[0], 1.5);
    assert_eq!(one(-1022.0).pow2i().0[0], f64::MIN_POSITIVE);
    assert_eq!(one(1023.0).pow2i().0[0].to_bits(), 0x7fe0_0000_0000_0000);
    assert_eq!(one(-1023.0).pow2i().0[0], 0.0);
    assert_eq!(one(1024.0).pow2i().0[0], f64::INFINITY);
    let mut single = [0.0_f32; 1];
    one(1.0 + 1.5 * f64::from(f32::EPSILON)).store_f32(&mut single);
    assert_eq!(single[0], 1.0 + 2.0 * f32::EPSILON);
}

struct Shuffles;

impl Kernel for Shuffles {
    type Output = (usize, Vec<f64>, Vec<f64>, f64, [bool; 4]);

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let ramp = L::from_fn(|k| f64::from(u8::try_from(k).unwrap()));
        let (mut plain, mut swapped) = (vec![-1.0; L::WIDTH], vec![-1.0; L::WIDTH]);
        ramp.store_f64(&mut plain);
        ramp.swap_pairs().store_f64(&mut swapped);
        let last = ramp.gt(L::splat(L::WIDTH as f64 - 1.5));
        let none = ramp.lt(L::splat(0.0));
        (
            L::WIDTH,
            plain,
            swapped,
            ramp.sum_of_exact(),
            [last.any(), last.all(), none.any(), (!none).all()],
        )
    }
}

#[test]
fn lanes_stay_in_order_and_pairs_swap() {
    for level in SimdLevel::available() {
        for max_width in [1, 2, 4, 8] {
            let (width, plain, swapped, sum, masks) = dispatch(level, max_width, Shuffles);
            assert_eq!(width, level.width().min(max_width), "{level}, at most {max_width}");
            let ramp: Vec<f64> = (0..width).map(|k| k as f64).collect();
            let pairs: Vec<f64> =
                (0..width).map(|k| if width == 1 { 0.0 } else { (k ^ 1) as f64 }).collect();
            assert_eq!(plain, ramp, "{level}");
            assert_eq!(swapped, pairs, "{level}");
            assert_eq!(sum, ramp.iter().sum::<f64>(), "{level}");
            assert_eq!(masks, [true, width == 1, false, true], "{level}");
        }
    }
}

/// A resonant recursion over several tracks, one a lane: rounding differences would grow.
struct Resonator<'a> {
    tracks: usize,
    /// One group of `tracks` samples a frame.
    frames: &'a [f32],
}

impl Kernel for Resonator<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<u32> {
        let mut out = vec![0.0_f32; self.frames.len()];
        for first in (0..self.tracks).step_by(L::WIDTH) {
            let lanes = first..(first + L::WIDTH).min(self.tracks);
            let (mut s1, mut s2) = (L::splat(0.0), L::splat(0.0));
            let frames = self.frames.chunks_exact(self.tracks);
            for (from, to) in frames.zip(out.chunks_exact_mut(self.tracks)) {
                let x = L::load_f32(&from[lanes.clone()]);
                let v = (x * L::splat(0.3) + s1 * L::splat(1.95)) - s2 * L::splat(0.98);
                (s2, s1) = (s1, v);
                v.abs().sqrt().copysign(v).store_f32(&mut to[lanes.clone()]);
            }
        }
        out.into_iter().map(f32::to_bits).collect()
    }
}

#[test]
fn a_recursive_kernel_gives_the_same_bits_on_every_level() {
    // Denormals decay into the tail, a NaN would poison the comparison: keep to small integers.
    let frames: Vec<f32> =
        (0..11 * 4000_i32).map(|k| (k.wrapping_mul(7919) % 201 - 100) as f32 / 100.0).collect();
    let wanted = Resonator { tracks: 11, frames: &frames }.run::<F64x1>();
    assert!(wanted.iter().any(|&bits| bits != wanted[0]));
    for level in SimdLevel::available() {
        for max_width in [1, 2, 4, 8] {
            let got = dispatch(level, max_width, Resonator { tracks: 11, frames: &frames });
            assert!(got == wanted, "{level}, at most {max_width} lanes");
        }
    }
}

#[test]
fn levels_have_names_and_only_available_ones_parse() {
    let available = SimdLevel::available();
    assert_eq!(available[0], SimdLevel::SCALAR);
    assert_eq!(SimdLevel::detect(), *available.last().unwrap());
    assert!(available.is_sorted_by(|a, b| a < b && a.width() <= b.width()));
    for level in &available {
        assert_eq!(level.to_string().parse(), Ok(*level));
    }
    let error = "avx1024".parse::<SimdLevel>().unwrap_err();
    assert!(error.to_string().contains("'avx1024'"));
    assert!(error.to_string().contains("scalar"));
    for name in ["avx512", "sse2", "avx2"] {
        let is_available = available.iter().any(|level| level.name() == name);
        assert_eq!(name.parse::<SimdLevel>().is_ok(), is_available, "{name}");
    }
}

#[test]
fn short_slices_read_zeros_and_drop_the_rest() {
    struct Short;
    impl Kernel for Short {
        type Output = (f64, [f64; 1], [f32; 1]);
        #[inline(always)]
        fn run<L: Lanes>(self) -> Self::Output {
            let sum = L::load_f64(&[3.0]).sum_of_exact() + L::load_f32(&[4.0]).sum_of_exact();
            let empty = L::load_f64(&[]).sum_of_exact() + L::load_f32(&[]).sum_of_exact();
            let (mut wide, mut narrow) = ([0.0], [0.0]);
            L::splat(5.0).store_f64(&mut wide);
            L::splat(6.0).store_f32(&mut narrow);
            L::splat(5.0).store_f64(&mut []);
            L::splat(6.0).store_f32(&mut []);
            (sum + empty, wide, narrow)
        }
    }
    for level in SimdLevel::available() {
        assert_eq!(dispatch(level, 8, Short), (7.0, [5.0], [6.0]), "{level}");
    }
}

/// Every operation on f32, on `a` and `b` in whole registers: one row of `a.len()` for each.
struct EverySingle<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl Kernel for EverySingle<'_> {
    type Output = Vec<Vec<u32>>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Vec<Vec<u32>> {
        let mut rows = Vec::new();
        let width = L::Singles::WIDTH;
        let mut row = |operation: &dyn Fn(L::Singles, L::Singles) -> L::Singles| {
            let mut out = vec![0.0; self.a.len()];
            let pairs = self.a.chunks(width).zip(self.b.chunks(width));
            for ((a, b), to) in pairs.zip(out.chunks_mut(width)) {
                operation(L::Singles::load(a), L::Singles::load(b)).store(to);
            }
            let bits = |x: f32| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() };
            rows.push(out.into_iter().map(bits).collect());
        };
        row(&|a, b| a + b);
        row(&|a, b| a - b);
        row(&|a, b| a * b);
        row(&|a, b| a.max(b));
        row(&|a, b| a.min(b));
        row(&|a, _| a.abs());
        row(&|a, _| a.split().0);
        row(&|a, _| a.split().1);
        row(&|a, _| a.pow2_of_low_bits());
        row(&|a, b| {
            // Through f64 and back, halves exchanged.
            let ((lower, _), (_, upper)) = (L::widen(a), L::widen(b));
            L::narrow(upper, lower)
        });
        rows
    }
}

#[test]
fn every_operation_on_singles_gives_the_scalar_bits() {
    let (a, b) = pairs();
    // Multiples of every width but one value: halves of registers are exchanged above.
    let single = |x: &[f64]| -> Vec<f32> {
        x[..x.len() / 16 * 16]
            .iter()
            .map(|x| f32::from_bits(u32::try_from(x.to_bits() >> 32).unwrap()))
            .collect()
    };
    let (a, b) = (single(&a), single(&b));
    let wanted = EverySingle { a: &a, b: &b }.run::<F64x1>();
    let exchanged = wanted.len() - 1;
    for level in SimdLevel::available() {
        let got = dispatch(level, 8, EverySingle { a: &a, b: &b });
        for (operation, (wanted, got)) in wanted.iter().zip(&got).enumerate().take(exchanged) {
            assert!(wanted == got, "operation {operation} at {level}");
        }
        // The upper half of b comes first, then the lower one of a.
        let half = level.width();
        for (k, bits) in got[exchanged].iter().enumerate() {
            let from = if k % (2 * half) < half { &b[k + half] } else { &a[k - half] };
            let is_the_same = f32::from_bits(*bits).is_nan() && from.is_nan();
            assert!(is_the_same || *bits == from.to_bits(), "{level} {k}");
        }
    }
}

struct SingleShuffles;

impl Kernel for SingleShuffles {
    type Output = (Vec<f32>, Vec<f32>, Vec<f32>, [bool; 2]);

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let width = L::Singles::WIDTH;
        let values: Vec<f32> = (0..u16::try_from(2 * width).unwrap()).map(f32::from).collect();
        let (a, b) = (L::Singles::load(&values), L::Singles::load(&values[width..]));
        let (mut pairs, mut first, mut second) =
            (vec![0.0; width], vec![0.0; width], vec![0.0; width]);
        a.max_of_pairs(b).store(&mut pairs);
        let (lower, upper) = a.doubled();
        lower.store(&mut first);
        upper.store(&mut second);
        let last = L::Singles::splat(values[width - 1]);
        let any = [a.any_gt(last), a.any_gt(last - L::Singles::splat(0.5))];
        (pairs, first, second, any)
    }
}

#[test]
fn singles_pair_and_double_in_order() {
    for level in SimdLevel::available() {
        let (pairs, first, second, any) = dispatch(level, 8, SingleShuffles);
        let odd: Vec<f32> = (0..pairs.len()).map(|k| (2 * k + 1) as f32).collect();
        assert_eq!(pairs, odd, "{level}");
        let doubled: Vec<f32> = (0..2 * pairs.len()).map(|k| (k / 2) as f32).collect();
        assert_eq!([first, second].concat(), doubled, "{level}");
        assert_eq!(any, [false, true], "{level}");
    }
}

#[test]
fn integers_of_24_bits_keep_their_sign_and_their_order() {
    struct Four([u8; 16]);
    impl Kernel for Four {
        type Output = [f32; 4];
        #[inline(always)]
        fn run<L: Lanes>(self) -> [f32; 4] {
            L::four_from_24_bits(&self.0)
        }
    }
    let integers = [-8_388_608_i32, 8_388_607, -1, 0x01_02_03];
    let mut bytes = [0xaa_u8; 16];
    for (to, integer) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(integers) {
        to.copy_from_slice(&integer.to_le_bytes()[..3]);
    }
    for level in SimdLevel::available() {
        let got = dispatch(level, 8, Four(bytes));
        assert_eq!(got, integers.map(|x| x as f32 / 8_388_608.0), "{level}");
    }
}

/// Rows of four values and fractions from places in a ramp, and the columns of a square.
struct Fours<'a> {
    ramp: &'a [f32],
    position: u64,
    step: u64,
    nearby: bool,
}

impl<'a> Fours<'a> {
    fn new(ramp: &'a [f32], position: u64, step: u64) -> Self {
        Self { ramp, position, step, nearby: false }
    }
}

impl Kernel for Fours<'_> {
    type Output = (usize, Option<Vec<[f32; 5]>>, Vec<f32>);

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let width = L::Singles::WIDTH;
        let Self { ramp, position, step, nearby } = self;
        let fours = match nearby {
            true => L::Singles::four_nearby(ramp, position, step),
            false => L::Singles::four_at(ramp, position, step),
        };
        let fours = fours.map(|(values, x)| {
            let mut rows = vec![[0.0; 5]; width];
            for (place, value) in values.into_iter().chain([x]).enumerate() {
                let mut values = vec![0.0; width];
                value.store(&mut values);
                for (row, value) in rows.iter_mut().zip(values) {
                    row[place] = value;
                }
            }
            rows
        });
        let mut columns = vec![-1.0; width * width];
        L::Singles::transpose(ramp, width + 3, &mut columns);
        (width, fours, columns)
    }
}

#[test]
fn fours_are_those_from_each_place_on_and_none_where_one_is_missing() {
    let ramp: Vec<f32> = (0_u16..500).map(f32::from).collect();
    for level in SimdLevel::available() {
        for (position, step) in [(0, 0), (5 << 31, 1), (7_000_000_000, 3_000_000_001)] {
            let (width, fours, _) = dispatch(level, 8, Fours::new(&ramp, position, step));
            let fours = fours.unwrap();
            assert_eq!(fours.len(), width, "{level}");
            for (four, k) in fours.into_iter().zip(0..) {
                let place = position + k * step;
                let whole = (place >> 32) as f32;
                let fraction = ((place & 0xffff_ffff) >> 8) as f32 / 16_777_216.0;
                let wanted = [whole, whole + 1.0, whole + 2.0, whole + 3.0, fraction];
                assert_eq!(four, wanted, "{level} {position} {step} {k}");
            }
            // Just enough is enough, one less is not.
            let last = position + step * (width as u64 - 1);
            for (missing, there) in [(0, true), (1, false)] {
                let ramp = &ramp[..(last >> 32) as usize + 4 - missing];
                let (_, fours, _) = dispatch(level, 8, Fours::new(ramp, position, step));
                assert_eq!(fours.is_some(), there, "{level} {position} {step}");
            }
        }
        for (position, step) in [(u64::MAX, 1), (1, u64::MAX), (u64::MAX - 3, 0)] {
            let (_, fours, _) = dispatch(level, 8, Fours::new(&ramp, position, step));
            assert!(fours.is_none(), "{level} {position} {step}");
        }
    }
}

#[test]
fn fours_nearby_are_the_same_bits() {
    let one = 1_u64 << 32;
    let ramp: Vec<f32> = (0_u16..500).map(f32::from).collect();
    for level in SimdLevel::available() {
        // The last step just carries into the last element that can be needed.
        let far = [(7 * one + 1, one), (one - 1, one), (8, one / 7 * 7), (one - 7, one - 1)];
        for (position, step) in [(0, 0), (5 << 31, 1), (3, one / 2), far[0], far[1], far[2], far[3]]
        {
            let at = Fours::new(&ramp, position, step);
            let nearby = Fours { nearby: true, ..Fours::new(&ramp, position, step) };
            let (width, fours, _) = dispatch(level, 8, at);
            assert_eq!(dispatch(level, 8, nearby).1, fours, "{level} {position} {step}");
            // Where it takes more than is needed, there is nothing rather than something else.
            let enough = (position >> 32) as usize + width + 3;
            let at = Fours::new(&ramp[..enough], position, step);
            assert_eq!(dispatch(level, 8, Fours { nearby: true, ..at }).1, fours, "{level}");
            let at = Fours::new(&ramp[..enough - width], position, step);
            assert_eq!(dispatch(level, 8, Fours { nearby: true, ..at }).1, None, "{level}");
        }
    }
}

#[test]
fn squares_turn_into_their_columns() {
    let ramp: Vec<f32> = (0_u16..500).map(f32::from).collect();
    for level in SimdLevel::available() {
        // The last one ends within the last row.
        for length in [500, 40] {
            let ramp = &ramp[..length];
            let (width, _, columns) = dispatch(level, 8, Fours::new(ramp, 0, 0));
            for (at, value) in columns.into_iter().enumerate() {
                let from = at % width * (width + 3) + at / width;
                let wanted = if from < length { from as f32 } else { 0.0 };
                assert_eq!(value, wanted, "{level} {at} of {length}");
            }
        }
    }
}
