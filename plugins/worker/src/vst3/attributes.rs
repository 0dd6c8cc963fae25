//! A list of attributes that a plug-in fills and reads: what its halves tell each other in a message.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Class;
use vst3::Steinberg::Vst::IAttributeList_::AttrID;
use vst3::Steinberg::Vst::{IAttributeList, IAttributeListTrait, TChar};
use vst3::Steinberg::{int64, kInvalidArgument, kResultFalse, kResultOk, tresult, uint32};

use super::places::put;

/// Longest string that is taken, in units; one without an end is longer.
const MAX_STRING_UNITS: usize = 1 << 20;

/// An attribute.
enum Attribute {
    Integer(i64),
    Float(f64),
    /// Units of UTF-16 with a zero at the end.
    Text(Vec<TChar>),
    /// Memory that readers are given the address of: it stays until it is set anew.
    Binary(Box<[u8]>),
}

/// The list.
#[derive(Default)]
pub struct Attributes(Mutex<BTreeMap<CString, Attribute>>);

impl Class for Attributes {
    type Interfaces = (IAttributeList,);
}

impl Attributes {
    fn all(&self) -> MutexGuard<'_, BTreeMap<CString, Attribute>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, id: AttrID, attribute: Attribute) -> tresult {
        // SAFETY: the format passes text that ends with a zero, or nothing.
        let Some(id) = (unsafe { name(id) }) else { return kInvalidArgument };
        self.all().insert(id.to_owned(), attribute);
        kResultOk
    }

    /// Hands the attribute `id` to `with`, which says whether it was of the right kind.
    fn get(&self, id: AttrID, with: impl FnOnce(&Attribute) -> Option<()>) -> tresult {
        // SAFETY: as above.
        let Some(id) = (unsafe { name(id) }) else { return kInvalidArgument };
        match self.all().get(id).and_then(with) {
            Some(()) => kResultOk,
            None => kResultFalse,
        }
    }
}

/// The text at `id`, if there is one.
///
/// # Safety
///
/// `id` is text that ends with a zero and outlives the use of the result, or null.
unsafe fn name<'a>(id: AttrID) -> Option<&'a CStr> {
    // SAFETY: told by the caller.
    (!id.is_null()).then(|| unsafe { CStr::from_ptr(id) })
}

impl IAttributeListTrait for Attributes {
    unsafe fn setInt(&self, id: AttrID, value: int64) -> tresult {
        self.set(id, Attribute::Integer(value))
    }

    unsafe fn getInt(&self, id: AttrID, value: *mut int64) -> tresult {
        self.get(id, |attribute| match attribute {
            // SAFETY: the plug-in passes a place for a number, or none.
            Attribute::Integer(found) => unsafe { put(value, *found) },
            _ => None,
        })
    }

    unsafe fn setFloat(&self, id: AttrID, value: f64) -> tresult {
        self.set(id, Attribute::Float(value))
    }

    unsafe fn getFloat(&self, id: AttrID, value: *mut f64) -> tresult {
        self.get(id, |attribute| match attribute {
            // SAFETY: the plug-in passes a place for a number, or none.
            Attribute::Float(found) => unsafe { put(value, *found) },
            _ => None,
        })
    }

    unsafe fn setString(&self, id: AttrID, string: *const TChar) -> tresult {
        if string.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: the format passes text that ends with a zero, and nothing is read behind it.
        let units = (0..MAX_STRING_UNITS).map(|index| unsafe { *string.add(index) });
        let mut text: Vec<TChar> = units.take_while(|unit| *unit != 0).collect();
        text.push(0);
        self.set(id, Attribute::Text(text))
    }

    unsafe fn getString(&self, id: AttrID, string: *mut TChar, size_bytes: uint32) -> tresult {
        self.get(id, |attribute| {
            let Attribute::Text(text) = attribute else { return None };
            let room = size_bytes as usize / size_of::<TChar>();
            if string.is_null() || room == 0 {
                return None;
            }
            let count = text.len().min(room);
            // SAFETY: the plug-in passes room for so many units, and the text has as many.
            unsafe {
                string.copy_from_nonoverlapping(text.as_ptr(), count);
                string.add(count - 1).write(0);
            }
            Some(())
        })
    }

    unsafe fn setBinary(&self, id: AttrID, data: *const c_void, size_bytes: uint32) -> tresult {
        let bytes = match (data.is_null(), size_bytes) {
            (true, 0) => Box::default(),
            (true, _) => return kInvalidArgument,
            // SAFETY: the plug-in passes so many bytes.
            (false, size) => unsafe {
                std::slice::from_raw_parts(data.cast::<u8>(), size as usize).into()
            },
        };
        self.set(id, Attribute::Binary(bytes))
    }

    unsafe fn getBinary(
        &self,
        id: AttrID,
        data: *mut *const c_void,
        size_bytes: *mut uint32,
    ) -> tresult {
        self.get(id, |attribute| {
            let Attribute::Binary(bytes) = attribute else { return None };
            let size = u32::try_from(bytes.len()).ok()?;
            // SAFETY: the plug-in passes places for an address and a number, or none.
            unsafe { put(data, bytes.as_ptr().cast()).and(put(size_bytes, size)) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_come_back_as_the_kind_they_are() {
        let list = Attributes::default();
        let (number, level, text, blob) = (c"number", c"level", c"text", c"blob");
        let units: Vec<u16> = "Gr\u{fc}n\0".encode_utf16().collect();
        // SAFETY: all that is passed is alive, and texts end with a zero.
        unsafe {
            assert_eq!(list.setInt(number.as_ptr(), -7), kResultOk);
            assert_eq!(list.setFloat(level.as_ptr(), 0.25), kResultOk);
            assert_eq!(list.setString(text.as_ptr(), units.as_ptr()), kResultOk);
            let bytes = [1_u8, 2, 3];
            assert_eq!(list.setBinary(blob.as_ptr(), bytes.as_ptr().cast(), 3), kResultOk);
            let (mut integer, mut float, mut out) = (0, 0.0, [9_u16; 3]);
            assert_eq!(list.getInt(number.as_ptr(), &raw mut integer), kResultOk);
            assert_eq!(list.getFloat(level.as_ptr(), &raw mut float), kResultOk);
            assert_eq!((integer, float), (-7, 0.25));
            assert_eq!(list.getString(text.as_ptr(), out.as_mut_ptr(), 6), kResultOk);
            assert_eq!(out, [u16::from(b'G'), u16::from(b'r'), 0]);
            let (mut data, mut size) = (std::ptr::null(), 0);
            let got = list.getBinary(blob.as_ptr(), &raw mut data, &raw mut size);
            assert_eq!((got, size), (kResultOk, 3));
            assert_eq!(std::slice::from_raw_parts(data.cast::<u8>(), 3), bytes);
            assert_eq!(list.getInt(level.as_ptr(), &raw mut integer), kResultFalse);
            assert_eq!(list.getInt(c"none".as_ptr(), &raw mut integer), kResultFalse);
            assert_eq!(list.getInt(std::ptr::null(), &raw mut integer), kInvalidArgument);
        }
    }
}
