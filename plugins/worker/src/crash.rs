//! The last words of a worker that a signal ends: which signal, where, and how it got there.
//!
//! The handler runs on a stack of its own, so that an overflowing stack can be told too, allocates
//! nothing, and ends the process whatever happens to it: an alarm is set first.

use std::cell::Cell;
use std::ffi::CStr;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use crate::replies::Replies;

/// Signals by which programs crash.
const SIGNALS: [libc::c_int; 7] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
    libc::SIGSYS,
    libc::SIGTRAP,
];

/// Bytes of the handler's stack; walking a stack takes some.
const STACK_BYTES: usize = 256 * 1024;

/// Frames that are told.
const MAX_FRAMES: usize = 24;

/// Seconds after which the process ends although its last words are not said.
const ALARM_SECONDS: libc::c_uint = 2;

/// True once the last words are being said: a second thread that crashes waits for the end.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Where last words go.
static DESCRIPTOR: AtomicI32 = AtomicI32::new(-1);

/// Bytes of memory the process may have; 0 where there is no limit.
static MEMORY_LIMIT_BYTES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The instance that this thread works for; none where it is negative.
    static RUNNING: Cell<i64> = const { Cell::new(-1) };
}

/// From now on this thread works for `instance`.
pub fn runs(instance: u32) {
    RUNNING.set(i64::from(instance));
}

/// From now on this thread works for no instance.
pub fn runs_none() {
    RUNNING.set(-1);
}

/// From now on the process tells its end over `replies`.
pub fn watch(replies: &Replies, memory_limit_bytes: Option<u64>) {
    DESCRIPTOR.store(replies.descriptor(), Ordering::Relaxed);
    MEMORY_LIMIT_BYTES.store(memory_limit_bytes.unwrap_or(0), Ordering::Relaxed);
    give_stack();
    for signal in SIGNALS {
        // SAFETY: all zeros is a valid `sigaction`: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
        // SAFETY: the handler has the signature that SA_SIGINFO asks for, and lives for ever.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// Gives this thread a stack for the handler: every thread has its own.
pub fn give_stack() {
    let stack = Box::leak(vec![0_u8; STACK_BYTES].into_boxed_slice());
    let stack =
        libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: STACK_BYTES };
    // SAFETY: the stack is never freed; the null pointer says that the old one is not asked for.
    unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) };
}

extern "C" fn on_signal(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // Foreign code may have changed what the alarm does; by default it ends the process.
    // SAFETY: both are safe to call in a handler.
    unsafe {
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        libc::alarm(ALARM_SECONDS);
    }
    if IS_ENDING.swap(true, Ordering::SeqCst) {
        loop {
            // SAFETY: safe to call in a handler; the other thread ends the process.
            unsafe { libc::pause() };
        }
    }
    let has_address = matches!(signal, libc::SIGSEGV | libc::SIGBUS | libc::SIGFPE | libc::SIGILL);
    // SAFETY: the system passes a valid `info` with an address for these signals.
    let address = (has_address && !info.is_null()).then(|| unsafe { (*info).si_addr() } as usize);
    let mut words = Words { bytes: [0; 16_384], length: 0 };
    // Where the words do not fit, the end of them is missing and the host hears of a crash only.
    let _ = tell(&mut words, signal, address);
    let mut said = 0;
    while said < words.length {
        let rest = &words.bytes[said..words.length];
        // SAFETY: `rest` is valid for its length, and `write` is safe to call in a handler.
        let count = unsafe {
            libc::write(DESCRIPTOR.load(Ordering::Relaxed), rest.as_ptr().cast(), rest.len())
        };
        match usize::try_from(count) {
            Ok(count @ 1..) => said += count,
            _ => break,
        }
    }
    // SAFETY: safe to call in a handler; nothing of the process is touched any more.
    unsafe { libc::_exit(128 + signal) }
}

/// Writes a `Crashed` message.
fn tell(words: &mut Words, signal: i32, address: Option<usize>) -> std::fmt::Result {
    write!(words, "{{\"crashed\":{{\"signal\":{signal},\"address\":")?;
    match address {
        Some(address) => write!(words, "\"{address:#x}\"")?,
        None => words.write_str("null")?,
    }
    write!(words, ",\"out_of_memory\":{},\"instance\":", is_out_of_memory())?;
    match u32::try_from(RUNNING.get()) {
        Ok(instance) => write!(words, "{instance}")?,
        Err(_) => words.write_str("null")?,
    }
    words.write_str(",\"frames\":[")?;
    let (mut count, mut skip) = (0, true);
    // SAFETY: this is the one thread that walks stacks: others wait at the handler's beginning.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            let place = Place::of(frame.ip() as usize);
            let here = place.is_in_this_program();
            // The first frames are this handler, and one of the system that called it.
            if skip {
                skip = here;
                return true;
            }
            count += 1;
            // Where this program comes again, the plug-in's part is over.
            !here && place.write(words, count == 1).is_ok() && count < MAX_FRAMES
        });
    }
    words.write_str("]}}\n")
}

/// True where the process has nearly as much memory as it may.
fn is_out_of_memory() -> bool {
    let limit = MEMORY_LIMIT_BYTES.load(Ordering::Relaxed);
    // SAFETY: all zeros is a valid `rusage`, and the pointer is to one.
    let kilobytes = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage.ru_maxrss
    };
    let used = u64::try_from(kilobytes).unwrap_or(0) * 1_024;
    limit > 0 && used > limit / 4 * 3
}

/// Where an address is.
struct Place {
    address: usize,
    info: libc::Dl_info,
}

impl Place {
    fn of(address: usize) -> Self {
        // SAFETY: all zeros is a valid `Dl_info`; `dladdr` only fills it and reads tables of the
        // loader, which the crash of a plug-in leaves alone.
        let info = unsafe {
            let mut info: libc::Dl_info = std::mem::zeroed();
            libc::dladdr(address as *const libc::c_void, &raw mut info);
            info
        };
        Self { address, info }
    }

    fn is_in_this_program(&self) -> bool {
        let here = Self::of(on_signal as *const () as usize);
        !self.info.dli_fbase.is_null() && self.info.dli_fbase == here.info.dli_fbase
    }

    fn write(&self, words: &mut Words, first: bool) -> std::fmt::Result {
        words.write_str(if first { "\"" } else { ",\"" })?;
        let name = |text: *const libc::c_char| {
            // SAFETY: names that `dladdr` gives end with a zero and stay as long as the library.
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
        };
        match name(self.info.dli_fname) {
            Some(library) => {
                let file = library.rsplit(|byte| *byte == b'/').next().unwrap_or(library);
                words.text(file)?;
                let base = match name(self.info.dli_sname) {
                    Some(symbol) => {
                        words.write_str("!")?;
                        words.text(symbol)?;
                        self.info.dli_saddr
                    }
                    None => self.info.dli_fbase,
                };
                write!(words, "+{:#x}", self.address.wrapping_sub(base as usize))?;
            }
            None => write!(words, "{:#x}", self.address)?,
        }
        words.write_str("\"")
    }
}

/// Text without allocation.
struct Words {
    bytes: [u8; 16_384],
    length: usize,
}

impl Words {
    /// Text inside quotes of JSON; what would need an escape becomes a question mark.
    fn text(&mut self, text: &[u8]) -> std::fmt::Result {
        for byte in text.iter().take(256) {
            let plain = (0x20..0x7f).contains(byte) && *byte != b'"' && *byte != b'\\';
            self.write_char(if plain { char::from(*byte) } else { '?' })?;
        }
        Ok(())
    }
}

impl Write for Words {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
