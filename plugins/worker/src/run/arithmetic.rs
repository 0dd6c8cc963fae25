//! How the processor computes with numbers of floating point: what is set for plug-ins, and what each of
//! several on one thread has set itself.

/// The register that says so on this thread, for a plug-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arithmetic(u64);

impl Arithmetic {
    /// As it is now.
    pub fn now() -> Self {
        Self(read())
    }

    /// As it is now, but that what is too small for a normal number is zero, as the hosts have it that
    /// plug-ins are written for: without it, some get a hundred times slower as they fade out.
    pub fn flushing() -> Self {
        Self(read() | FLUSH)
    }

    /// Computes so from now on; all code between this and the next call is the plug-in's, or moves
    /// samples without computing.
    pub fn enter(self) {
        write(self.0);
    }
}

/// Results, and inputs, that are denormal become zero.
#[cfg(target_arch = "x86_64")]
const FLUSH: u64 = 1 << 15 | 1 << 6;
#[cfg(target_arch = "aarch64")]
const FLUSH: u64 = 1 << 24;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FLUSH: u64 = 0;

fn read() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        let mut control = 0_u32;
        // SAFETY: writes the register to a place of its size.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack)) };
        control.into()
    }
    #[cfg(target_arch = "aarch64")]
    {
        let control: u64;
        // SAFETY: reads the register.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack)) };
        control
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    0
}

fn write(control: u64) {
    #[cfg(target_arch = "x86_64")]
    {
        // What stands there beside it are flags of what has happened, which mean nothing here.
        #[allow(clippy::cast_possible_truncation)] // The register has 32 bits.
        let control = control as u32;
        // SAFETY: the value was read from the register, or is that with two bits of it set.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack)) };
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("msr fpcr, {}", in(reg) control, options(nomem, nostack));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = control;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest number that is not normal, times one, as the processor has it now.
    fn tiny() -> f32 {
        std::hint::black_box(f32::from_bits(1)) * std::hint::black_box(1.0)
    }

    #[test]
    fn each_computes_as_it_was_left() {
        let before = Arithmetic::now();
        assert_ne!(tiny(), 0.0);
        let flushing = Arithmetic::flushing();
        flushing.enter();
        assert_eq!(tiny(), 0.0);
        before.enter();
        assert_ne!(tiny(), 0.0);
        flushing.enter();
        let flushed = tiny();
        before.enter();
        assert_eq!(flushed, 0.0);
    }
}
