//! Numbers of about 106 bits, as unevaluated sums of two f64: an arithmetic that rounds so far below
//! f64 that a recurrence carried out in it is exact for any test. (T. J. Dekker, A floating-point
//! technique for extending the available precision, 1971.)

/// `high + low`, where `low` is at most half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Double {
    high: f64,
    low: f64,
}

impl Double {
    pub(super) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    pub(super) const fn new(value: f64) -> Self {
        Self { high: value, low: 0.0 }
    }

    /// The nearest f64.
    pub(super) const fn value(self) -> f64 {
        self.high
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let (sum, error) = exact_sum(self.high, other.high);
        let (low, lowest) = exact_sum(self.low, other.low);
        let (high, error) = quick_sum(sum, error + low);
        renormalised(high, error + lowest)
    }

    pub(super) fn minus(self, other: Self) -> Self {
        self.plus(Self { high: -other.high, low: -other.low })
    }

    pub(super) fn times(self, other: Self) -> Self {
        let (product, error) = exact_product(self.high, other.high);
        renormalised(product, error + (self.high * other.low + self.low * other.high))
    }

    /// Long division, three digits of 53 bits each.
    pub(super) fn over(self, other: Self) -> Self {
        let mut rest = self;
        let mut quotient = Self::ZERO;
        for _ in 0..3 {
            let digit = Self::new(rest.high / other.high);
            quotient = quotient.plus(digit);
            rest = rest.minus(other.times(digit));
        }
        quotient
    }
}

fn renormalised(high: f64, low: f64) -> Double {
    let (high, low) = quick_sum(high, low);
    Double { high, low }
}

/// The rounded sum and what rounding lost.
fn exact_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// The same, where `a` is not smaller than `b`.
fn quick_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// The rounded product and what rounding lost.
fn exact_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    (product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2)
}

/// Two halves of 26 bits, whose products are exact.
fn split(a: f64) -> (f64, f64) {
    let shifted = 134_217_729.0 * a;
    let high = shifted - (shifted - a);
    (high, a - high)
}

#[test]
fn it_keeps_what_f64_loses() {
    let one = Double::new(1.0);
    let tiny = Double::new(1e-25);
    assert_eq!(one.plus(tiny).minus(one), tiny);
    // (1 + e)(1 - e) = 1 - e^2
    let e = Double::new(1e-12);
    let product = one.plus(e).times(one.minus(e));
    assert!((one.minus(product).value() - 1e-24).abs() < 1e-31);
    let third = one.over(Double::new(3.0));
    let rest = one.minus(third.plus(third).plus(third));
    assert!(rest.value().abs() < 1e-31, "{rest:?}");
}
