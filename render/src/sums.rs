//! Exact sums in few bytes: multiples of 2^-36 as whole numbers, as wide as the largest needs.
//!
//! Payload: the number of bytes of each (1 to 8), then the sums, `[frame][2]`, as little-endian whole
//! numbers with a sign. A mix that stays below 8 takes five bytes a sample instead of the eight of an f64.

use wavemill_core::execute::JOIN_GRID_EXPONENT;

/// Steps of the grid in 1.
const STEPS: f64 = (1_u64 << -JOIN_GRID_EXPONENT) as f64;

/// `sums`, each on the grid that joins are summed on, as a payload.
pub(crate) fn pack(sums: &[f64]) -> Vec<u8> {
    let used = sums.iter().fold(0, |used, sum| {
        let steps = steps(*sum);
        used | (steps ^ (steps >> 63)).cast_unsigned()
    });
    // One bit more for the sign.
    let bits = u64::BITS - used.leading_zeros() + 1;
    match bits.div_ceil(8) {
        1 => pack_in::<1>(sums),
        2 => pack_in::<2>(sums),
        3 => pack_in::<3>(sums),
        4 => pack_in::<4>(sums),
        5 => pack_in::<5>(sums),
        6 => pack_in::<6>(sums),
        7 => pack_in::<7>(sums),
        _ => pack_in::<8>(sums),
    }
}

/// The number of sums in a payload; `None` where it is none. One of plain f64 numbers, as they were
/// kept once, is of an even length and so cannot hold an even number of sums.
pub(crate) fn count(payload: &[u8]) -> Option<usize> {
    let (width, sums) = payload.split_first()?;
    let width = usize::from(*width);
    let whole = (1..=8).contains(&width) && sums.len().is_multiple_of(2 * width);
    whole.then(|| sums.len() / width)
}

/// Puts the sums of a payload from number `first` on into `out`; false where there are not so many.
pub(crate) fn unpack(payload: &[u8], first: usize, out: &mut [f64]) -> bool {
    if count(payload).is_none_or(|count| count < first + out.len()) {
        return false;
    }
    let sums = &payload[1..];
    match payload[0] {
        1 => unpack_from::<1>(sums, first, out),
        2 => unpack_from::<2>(sums, first, out),
        3 => unpack_from::<3>(sums, first, out),
        4 => unpack_from::<4>(sums, first, out),
        5 => unpack_from::<5>(sums, first, out),
        6 => unpack_from::<6>(sums, first, out),
        7 => unpack_from::<7>(sums, first, out),
        _ => unpack_from::<8>(sums, first, out),
    }
    true
}

/// A sum in steps of the grid.
// Sums are below 2^17 and multiples of the step: whole numbers below 2^53.
#[allow(clippy::cast_possible_truncation)]
fn steps(sum: f64) -> i64 {
    (sum * STEPS) as i64
}

fn pack_in<const WIDTH: usize>(sums: &[f64]) -> Vec<u8> {
    let mut payload = vec![0; 1 + WIDTH * sums.len()];
    let (width, places) = payload.split_at_mut(1);
    // At most 8.
    width[0] = u8::try_from(WIDTH).unwrap_or(8);
    for (place, sum) in places.as_chunks_mut::<WIDTH>().0.iter_mut().zip(sums) {
        place.copy_from_slice(&steps(*sum).to_le_bytes()[..WIDTH]);
    }
    payload
}

fn unpack_from<const WIDTH: usize>(sums: &[u8], first: usize, out: &mut [f64]) {
    let places = &sums.as_chunks::<WIDTH>().0[first..];
    for (out, place) in out.iter_mut().zip(places) {
        let mut bytes = [0; 8];
        bytes[8 - WIDTH..].copy_from_slice(place);
        // Shifted down with its sign.
        let steps = i64::from_le_bytes(bytes) >> (64 - 8 * WIDTH);
        *out = steps as f64 * (1.0 / STEPS);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Sums of any size come back bit by bit, from any place on.
        #[test]
        fn what_is_packed_comes_back(
            frames in proptest::collection::vec(any::<[i64; 2]>(), 0..60),
            bits in 0_u32..54,
            first in 0_usize..120,
        ) {
            let sums: Vec<f64> =
                frames.as_flattened().iter().map(|steps| (steps >> (63 - bits)) as f64 / STEPS).collect();
            let payload = pack(&sums);
            prop_assert_eq!(count(&payload), Some(sums.len()));
            prop_assert!(payload.len() <= 1 + sums.len() * (bits as usize + 1).div_ceil(8));
            let first = first.min(sums.len());
            let mut out = vec![0.5; sums.len() - first];
            prop_assert!(unpack(&payload, first, &mut out));
            let bits = |sums: &[f64]| sums.iter().map(|sum| sum.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&out), bits(&sums[first..]));
        }
    }

    #[test]
    fn the_ends_of_each_width_fit() {
        for bits in 1..=53_usize {
            let most = ((1_i64 << (bits - 1)) - 1) as f64 / STEPS;
            let least = -((1_i64 << (bits - 1)) as f64) / STEPS;
            let payload = pack(&[most, least]);
            assert_eq!(payload.len(), 1 + 2 * bits.div_ceil(8), "{bits} bits");
            let mut out = [0.0; 2];
            assert!(unpack(&payload, 0, &mut out));
            assert_eq!(out, [most, least], "{bits} bits");
        }
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        let mut out = [0.0; 2];
        for payload in [&[][..], &[0, 1, 2], &[9; 19], &[5; 12], &[3; 16], &[1; 16]] {
            assert_eq!(count(payload), None, "{payload:?}");
            assert!(!unpack(payload, 0, &mut out), "{payload:?}");
        }
        assert!(!unpack(&pack(&[]), 0, &mut out), "none");
        assert!(!unpack(&pack(&[1.0, 2.0]), 1, &mut out), "too few from there");
    }
}
