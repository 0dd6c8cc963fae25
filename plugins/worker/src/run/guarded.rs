//! Samples between two pages that nobody may touch: what a plug-in writes behind them ends it there
//! and then. What it writes before them, where no page begins, is seen after the block.

/// Samples start at a multiple of so many bytes, as widest SIMD registers like it.
const ALIGNMENT: usize = 64;

/// What lies between the last sample and the page behind, where they do not meet.
const MARK: u8 = 0xa5;

/// As many as are ever looked at on one side.
const MARKS: [u8; ALIGNMENT] = [MARK; ALIGNMENT];

/// Samples of one channel. They end at a page's end, so far as their alignment lets them.
pub struct Guarded {
    /// The first sample.
    samples: *mut f32,
    frames: usize,
    /// Bytes from the last sample to the page behind it.
    slack: usize,
}

// SAFETY: it owns its memory, which is as good on one thread as on another.
unsafe impl Send for Guarded {}

impl Guarded {
    /// Room for `frames` samples, silent.
    pub fn new(frames: usize) -> std::io::Result<Self> {
        let page = rustix::param::page_size();
        let bytes = frames * size_of::<f32>();
        let room = bytes.next_multiple_of(ALIGNMENT).next_multiple_of(page);
        // SAFETY: a mapping of its own at an address that the system chooses.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                room + 2 * page,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        let slack = bytes.next_multiple_of(ALIGNMENT) - bytes;
        // SAFETY: all of it lies within the mapping made above: a page, the room, and a page.
        unsafe {
            let room_at = memory.cast::<u8>().add(page);
            if libc::mprotect(room_at.cast(), room, libc::PROT_READ | libc::PROT_WRITE) != 0 {
                return Err(std::io::Error::last_os_error());
            }
            let end = room_at.add(room);
            end.sub(slack).write_bytes(MARK, slack);
            let head = head_bytes(room, bytes + slack);
            end.sub(slack + bytes + head).write_bytes(MARK, head);
            Ok(Self { samples: end.sub(slack + bytes).cast(), frames, slack })
        }
    }

    /// The first sample, for interfaces of C. It stays where it is.
    pub fn as_mut_ptr(&mut self) -> *mut f32 {
        self.samples
    }

    /// The samples.
    pub fn samples(&mut self) -> &mut [f32] {
        // SAFETY: so many samples are there, initialised (mappings start as zeros), and borrowed
        // with `self`.
        unsafe { std::slice::from_raw_parts_mut(self.samples, self.frames) }
    }

    /// False where something was written right before the first sample or behind the last.
    pub fn is_whole(&self) -> bool {
        let bytes = self.frames * size_of::<f32>();
        let room = (bytes + self.slack).next_multiple_of(rustix::param::page_size());
        let head = head_bytes(room, bytes + self.slack);
        // SAFETY: both lie within the mapping.
        let (head, slack) = unsafe {
            let start = self.samples.cast::<u8>();
            let head = std::slice::from_raw_parts(start.sub(head), head);
            (head, std::slice::from_raw_parts(start.add(bytes), self.slack))
        };
        head == &MARKS[..head.len()] && slack == &MARKS[..slack.len()]
    }
}

/// Bytes before the samples that are looked at, where not a page lies there.
fn head_bytes(room: usize, used: usize) -> usize {
    (room - used).min(ALIGNMENT)
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let page = rustix::param::page_size();
        let bytes = self.frames * size_of::<f32>() + self.slack;
        let room = bytes.next_multiple_of(page);
        // SAFETY: the mapping that `new` made, which nobody else knows of any more.
        unsafe {
            let start = self.samples.cast::<u8>().add(bytes).sub(room + page);
            libc::munmap(start.cast(), room + 2 * page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_end_where_a_page_does() {
        for frames in [1, 16, 100, 512, 1_024, 8_192] {
            let mut guarded = Guarded::new(frames).unwrap();
            assert_eq!(guarded.samples().len(), frames);
            assert!(guarded.samples().iter().all(|sample| *sample == 0.0));
            guarded.samples().fill(1.0);
            assert!(guarded.is_whole());
            let start = guarded.as_mut_ptr() as usize;
            assert_eq!(start % ALIGNMENT, 0);
            let end = start + frames * size_of::<f32>() + guarded.slack;
            assert_eq!(end % rustix::param::page_size(), 0, "{frames}");
            if guarded.slack > 0 {
                // SAFETY: the slack is mapped.
                unsafe { guarded.as_mut_ptr().add(frames).cast::<u8>().write(0) };
                assert!(!guarded.is_whole(), "{frames}");
            }
            let mut guarded = Guarded::new(frames).unwrap();
            if start.is_multiple_of(rustix::param::page_size()) {
                continue;
            }
            // SAFETY: no page begins there, so it is mapped.
            unsafe { guarded.as_mut_ptr().sub(1).write(1.0) };
            assert!(!guarded.is_whole(), "{frames}");
        }
    }
}
