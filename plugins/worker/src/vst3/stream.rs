//! A stream of bytes in memory, which plug-ins read their state from and write it to.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Class;
use vst3::Steinberg::IBStream_::IStreamSeekMode_;
use vst3::Steinberg::{
    IBStream, IBStreamTrait, int32, int64, kInvalidArgument, kOutOfMemory, kResultOk, tresult,
};

use super::places::put;
use crate::bounded_state::MAX_STATE_BYTES;

/// The stream.
#[derive(Default)]
pub struct Stream(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    bytes: Vec<u8>,
    /// Where the next byte is read or written; may lie behind the end.
    at: usize,
    /// More was to be written than there is room for.
    is_full: bool,
}

impl Stream {
    /// A stream of `bytes`, at its start.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Mutex::new(Inside { bytes: bytes.to_vec(), at: 0, is_full: false }))
    }

    /// What was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.inside().bytes.clone()
    }

    /// True where more was to be written than a state may have.
    pub fn is_full(&self) -> bool {
        self.inside().is_full
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// The next bytes, at most so many.
    fn read(&mut self, most: usize) -> &[u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let read = &rest[..rest.len().min(most)];
        self.at += read.len();
        read
    }

    /// False where the stream would get too long.
    fn write(&mut self, bytes: &[u8]) -> bool {
        let end = self.at.saturating_add(bytes.len());
        if end > MAX_STATE_BYTES {
            self.is_full = true;
            return false;
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.at..end].copy_from_slice(bytes);
        self.at = end;
        true
    }

    /// Goes `by` bytes on from the place that `mode` means; `None` where that is before the start.
    fn seek(&mut self, by: i64, mode: i32) -> Option<i64> {
        let from = match mode.cast_unsigned() {
            IStreamSeekMode_::kIBSeekSet => 0,
            IStreamSeekMode_::kIBSeekCur => self.at,
            IStreamSeekMode_::kIBSeekEnd => self.bytes.len(),
            _ => return None,
        };
        let place = i64::try_from(from).ok()?.checked_add(by)?;
        self.at = usize::try_from(place).ok()?;
        Some(place)
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, buffer: *mut c_void, most: int32, read: *mut int32) -> tresult {
        let room = match usize::try_from(most) {
            // Without room, there may be no address either.
            Ok(room) if room == 0 || !buffer.is_null() => room,
            _ => return kInvalidArgument,
        };
        let mut inside = self.inside();
        let found = inside.read(room);
        // SAFETY: the plug-in passes room for so many bytes, of which no more are found, and a
        // place for a number, or none.
        unsafe {
            if !found.is_empty() {
                buffer.cast::<u8>().copy_from_nonoverlapping(found.as_ptr(), found.len());
            }
            put(read, i32::try_from(found.len()).unwrap_or(most));
        }
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: int32, written: *mut int32) -> tresult {
        let bytes = match usize::try_from(count) {
            // There may be no address either.
            Ok(0) => &[],
            // SAFETY: the plug-in passes so many bytes.
            Ok(bytes) if !buffer.is_null() => unsafe {
                std::slice::from_raw_parts(buffer.cast::<u8>(), bytes)
            },
            _ => return kInvalidArgument,
        };
        let done = self.inside().write(bytes);
        // SAFETY: the plug-in passes a place for a number, or none.
        unsafe { put(written, if done { count } else { 0 }) };
        if done { kResultOk } else { kOutOfMemory }
    }

    unsafe fn seek(&self, by: int64, mode: int32, place: *mut int64) -> tresult {
        let Some(at) = self.inside().seek(by, mode) else { return kInvalidArgument };
        // SAFETY: the plug-in passes a place for a number, or none.
        unsafe { put(place, at) };
        kResultOk
    }

    unsafe fn tell(&self, place: *mut int64) -> tresult {
        let at = i64::try_from(self.inside().at).unwrap_or(i64::MAX);
        // SAFETY: the plug-in passes a place for a number, or none.
        unsafe { put(place, at) }.map_or(kInvalidArgument, |()| kResultOk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_end_where_the_bytes_do() {
        let stream = Stream::of(b"abcde");
        let (mut room, mut read) = ([0_u8; 4], -1);
        let mut next = |most| {
            room.fill(0);
            // SAFETY: there is room for four bytes.
            let result = unsafe { stream.read(room.as_mut_ptr().cast(), most, &raw mut read) };
            (result, read, room)
        };
        assert_eq!(next(4), (kResultOk, 4, *b"abcd"));
        assert_eq!(next(4), (kResultOk, 1, *b"e\0\0\0"));
        assert_eq!(next(4), (kResultOk, 0, [0; 4]));
        assert_eq!(next(-1).0, kInvalidArgument);
        let nowhere = std::ptr::null_mut();
        // SAFETY: nothing is read or written without an address.
        unsafe {
            for (count, result) in [(0, kResultOk), (1, kInvalidArgument)] {
                assert_eq!(stream.read(nowhere, count, std::ptr::null_mut()), result);
                assert_eq!(stream.write(nowhere, count, std::ptr::null_mut()), result);
            }
        }
    }

    #[test]
    fn writes_replace_and_leave_zeros_behind_the_end() {
        let stream = Stream::of(b"abcde");
        let put = |bytes: &[u8]| {
            let mut written = -1;
            let count = i32::try_from(bytes.len()).unwrap();
            // SAFETY: so many bytes are passed, which are only read.
            let result =
                unsafe { stream.write(bytes.as_ptr().cast_mut().cast(), count, &raw mut written) };
            (result, written)
        };
        let seek = |by, mode: u32| {
            let (mut place, mut told) = (-1, -1);
            // SAFETY: both places are alive.
            let result = unsafe {
                let result = stream.seek(by, mode.cast_signed(), &raw mut place);
                stream.tell(&raw mut told);
                result
            };
            (result, place, told)
        };
        assert_eq!(seek(-2, IStreamSeekMode_::kIBSeekEnd), (kResultOk, 3, 3));
        assert_eq!(put(b"XYZ"), (kResultOk, 3));
        assert_eq!(seek(2, IStreamSeekMode_::kIBSeekCur), (kResultOk, 8, 8));
        assert_eq!(put(b"!"), (kResultOk, 1));
        assert_eq!(stream.bytes(), b"abcXYZ\0\0!");
        assert_eq!(seek(-1, IStreamSeekMode_::kIBSeekSet), (kInvalidArgument, -1, 9));
        assert_eq!(seek(0, 3), (kInvalidArgument, -1, 9));
        assert_eq!(seek(i64::from(u32::MAX), IStreamSeekMode_::kIBSeekSet).0, kResultOk);
        assert_eq!(put(b"far"), (kOutOfMemory, 0));
    }
}
