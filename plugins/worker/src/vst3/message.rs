//! A message from one half of a plug-in to the other, which the host makes for it.

use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

use vst3::Steinberg::FIDString;
use vst3::Steinberg::Vst::{IAttributeList, IMessage, IMessageTrait};
use vst3::{Class, ComWrapper};

use super::attributes::Attributes;

/// The message.
pub struct Message {
    id: Mutex<CString>,
    attributes: ComWrapper<Attributes>,
}

impl Message {
    /// Without a name, and with nothing in it.
    pub fn new() -> Self {
        Self { id: Mutex::default(), attributes: ComWrapper::new(Attributes::default()) }
    }
}

impl Class for Message {
    type Interfaces = (IMessage,);
}

impl IMessageTrait for Message {
    unsafe fn getMessageID(&self) -> FIDString {
        self.id.lock().unwrap_or_else(PoisonError::into_inner).as_ptr()
    }

    unsafe fn setMessageID(&self, id: FIDString) {
        let id = if id.is_null() {
            CString::default()
        } else {
            // SAFETY: the format passes text that ends with a zero.
            unsafe { CStr::from_ptr(id) }.to_owned()
        };
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    unsafe fn getAttributes(&self) -> *mut IAttributeList {
        // The format lends the list: it lives as long as the message.
        let list = self.attributes.as_com_ref::<IAttributeList>();
        list.map_or(std::ptr::null_mut(), |list| list.as_ptr())
    }
}
