//! The work that a plug-in asks for beside its audio, such as reading files: done at the end of the
//! block that asked for it, on the same thread, so that a render repeats.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lilv::instance::Instance;
use lv2_sys::{
    LV2_Worker_Interface, LV2_Worker_Schedule, LV2_Worker_Status,
    LV2_Worker_Status_LV2_WORKER_ERR_UNKNOWN as FAILED,
    LV2_Worker_Status_LV2_WORKER_SUCCESS as SUCCESS,
};

const INTERFACE: &str = "http://lv2plug.in/ns/ext/worker#interface";

/// Words that there is room for before memory is asked for.
const ROOM_WORDS: usize = 1 << 13;

/// Messages one after the other, each from an address on that suits any type.
struct Messages {
    words: Vec<u64>,
    bytes: Vec<u32>,
}

/// What was asked for and not done yet, and what came of it and was not told yet.
pub struct Queue {
    requests: Mutex<Messages>,
    responses: Mutex<Messages>,
}

/// A plug-in that has such work done.
pub struct Worker {
    interface: NonNull<LV2_Worker_Interface>,
    handle: *mut c_void,
    queue: Arc<Queue>,
    /// What is being gone through; the queue may be added to meanwhile.
    current: Messages,
}

// SAFETY: the interface is constant and lasts as long as the plug-in's library; the handle is used
// by one thread at a time, as its owner is.
unsafe impl Send for Worker {}

impl Messages {
    fn new() -> Self {
        Self { words: Vec::with_capacity(ROOM_WORDS), bytes: Vec::with_capacity(ROOM_WORDS) }
    }

    fn clear(&mut self) {
        self.words.clear();
        self.bytes.clear();
    }

    /// Copies `bytes` bytes from `data`.
    ///
    /// # Safety
    /// So many are there.
    unsafe fn push(&mut self, data: *const c_void, bytes: u32) {
        let at = self.words.len();
        self.words.resize(at + (bytes as usize).div_ceil(size_of::<u64>()), 0);
        if bytes > 0 {
            // SAFETY: the words were just made, and the caller vouches for the data.
            unsafe {
                let to = self.words.as_mut_ptr().add(at).cast::<u8>();
                to.copy_from_nonoverlapping(data.cast(), bytes as usize);
            }
        }
        self.bytes.push(bytes);
    }

    fn each(&self, mut with: impl FnMut(u32, *const c_void)) {
        let mut rest = &self.words[..];
        for bytes in &self.bytes {
            with(*bytes, rest.as_ptr().cast());
            rest = rest.get((*bytes as usize).div_ceil(size_of::<u64>())..).unwrap_or_default();
        }
    }
}

fn lock(messages: &Mutex<Messages>) -> MutexGuard<'_, Messages> {
    messages.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    /// An empty one.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            requests: Mutex::new(Messages::new()),
            responses: Mutex::new(Messages::new()),
        })
    }

    /// What a plug-in puts requests into it with. It may be used for as long as the queue is there.
    pub fn schedule(self: &Arc<Self>) -> LV2_Worker_Schedule {
        LV2_Worker_Schedule {
            handle: Arc::as_ptr(self).cast_mut().cast(),
            schedule_work: Some(schedule),
        }
    }
}

/// Takes a plug-in's request.
unsafe extern "C" fn schedule(
    queue: *mut c_void,
    bytes: u32,
    data: *const c_void,
) -> LV2_Worker_Status {
    // SAFETY: the plug-in gives back the handle of `Queue::schedule`, and as much data as it says.
    unsafe { take(queue, bytes, data, |queue| &queue.requests) }
}

/// Takes what came of one.
unsafe extern "C" fn respond(
    queue: *mut c_void,
    bytes: u32,
    data: *const c_void,
) -> LV2_Worker_Status {
    // SAFETY: as in `schedule`; the handle is that of `Worker::work`.
    unsafe { take(queue, bytes, data, |queue| &queue.responses) }
}

/// # Safety
/// `queue` is a [`Queue`], and `data` has so many bytes.
unsafe fn take(
    queue: *mut c_void,
    bytes: u32,
    data: *const c_void,
    which: impl FnOnce(&Queue) -> &Mutex<Messages>,
) -> LV2_Worker_Status {
    if queue.is_null() || (data.is_null() && bytes > 0) {
        return FAILED;
    }
    // SAFETY: the caller vouches for both.
    unsafe {
        let queue = &*queue.cast::<Queue>();
        lock(which(queue)).push(data, bytes);
    }
    SUCCESS
}

impl Worker {
    /// For `instance`, where it has such work, which it puts into `queue`.
    pub fn new(instance: &Instance, queue: &Arc<Queue>) -> Option<Self> {
        // SAFETY: asking is allowed at any time; what is answered is of the type of that URI.
        let interface = unsafe { instance.extension_data(INTERFACE) }?;
        let (queue, current) = (Arc::clone(queue), Messages::new());
        Some(Self { interface, handle: instance.handle(), queue, current })
    }

    /// True where something was asked for and not done yet.
    pub fn is_asked(&self) -> bool {
        !lock(&self.queue.requests).bytes.is_empty()
    }

    /// Does all that belongs after a block.
    pub fn end_block(&mut self) {
        self.work();
        self.respond();
        // SAFETY: as in `work`.
        unsafe {
            if let Some(end) = self.interface.as_ref().end_run {
                let _ = end(self.handle);
            }
        }
    }

    /// Does what was asked for so far.
    fn work(&mut self) {
        self.current.clear();
        std::mem::swap(&mut *lock(&self.queue.requests), &mut self.current);
        // SAFETY: the interface is there for as long as the plug-in's library.
        let Some(work) = unsafe { self.interface.as_ref() }.work else { return };
        let queue = Arc::as_ptr(&self.queue).cast_mut().cast();
        self.current.each(|bytes, data| {
            // SAFETY: nothing else of the plug-in runs, and `respond` takes a queue. What fails
            // says so to the plug-in's own half.
            let _ = unsafe { work(self.handle, Some(respond), queue, bytes, data) };
        });
    }

    /// Tells the plug-in what came of it.
    fn respond(&mut self) {
        self.current.clear();
        std::mem::swap(&mut *lock(&self.queue.responses), &mut self.current);
        // SAFETY: as in `work`.
        let Some(response) = unsafe { self.interface.as_ref() }.work_response else { return };
        self.current.each(|bytes, data| {
            // SAFETY: as in `work`.
            let _ = unsafe { response(self.handle, bytes, data) };
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_aligned_and_in_order() {
        let queue = Queue::new();
        let feature = queue.schedule();
        let schedule = feature.schedule_work.unwrap();
        for text in [&b"nine byte"[..], b"", b"x"] {
            let bytes = u32::try_from(text.len()).unwrap();
            // SAFETY: the handle is the queue's, and the text has so many bytes.
            let taken = unsafe { schedule(feature.handle, bytes, text.as_ptr().cast()) };
            assert_eq!(taken, SUCCESS);
        }
        let mut found = Vec::new();
        lock(&queue.requests).each(|bytes, data| {
            assert!((data as usize).is_multiple_of(align_of::<u64>()));
            // SAFETY: it was copied with so many bytes.
            let text = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), bytes as usize) };
            found.push(text.to_vec());
        });
        assert_eq!(found, [&b"nine byte"[..], b"", b"x"]);
        // SAFETY: what is no data is refused.
        let refused = unsafe { schedule(feature.handle, 1, std::ptr::null()) };
        assert_eq!(refused, FAILED);
    }
}
