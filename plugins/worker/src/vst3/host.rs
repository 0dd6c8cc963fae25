//! What a VST3 plug-in may ask of its host, and what it gets.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use vst3::Steinberg::Vst::{
    IAttributeList, IComponentHandler, IComponentHandlerTrait, IHostApplication,
    IHostApplicationTrait, IMessage, ParamID, ParamValue, RestartFlags_::kLatencyChanged,
    String128,
};
use vst3::Steinberg::{
    TUID, int32, kInvalidArgument, kNoInterface, kNotImplemented, kResultOk, tresult,
};
use vst3::com_scrape_types::Guid;
use vst3::{Class, ComWrapper, Interface};

use crate::conduct::{self, Role};

use super::attributes::Attributes;
use super::message::Message;
use super::places::put;

/// The host of all plug-ins of a module.
pub struct Host;

impl Class for Host {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for Host {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: the plug-in passes a place for 128 characters or none.
        let Some(name) = (unsafe { name.as_mut() }) else { return kNotImplemented };
        name.fill(0);
        for (place, unit) in name.iter_mut().zip("Wavemill".encode_utf16()) {
            *place = unit;
        }
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        class: *mut TUID,
        _: *mut TUID,
        made: *mut *mut c_void,
    ) -> tresult {
        // SAFETY: the plug-in passes an id of 16 bytes, or nothing.
        let Some(class) = (unsafe { class.cast::<Guid>().as_ref() }) else {
            return kInvalidArgument;
        };
        // Each of the two has one interface, whose id is also that of the class.
        let object: Option<*mut c_void> = if *class == IMessage::IID {
            let message = ComWrapper::new(Message::new());
            message.to_com_ptr::<IMessage>().map(|message| message.into_raw().cast())
        } else if *class == IAttributeList::IID {
            let list = ComWrapper::new(Attributes::default());
            list.to_com_ptr::<IAttributeList>().map(|list| list.into_raw().cast())
        } else {
            None
        };
        let result = if object.is_some() { kResultOk } else { kNoInterface };
        // SAFETY: the plug-in passes a place for an address, or none.
        let told = unsafe { put(made, object.unwrap_or(std::ptr::null_mut())) };
        told.map_or(kInvalidArgument, |()| result)
    }
}

/// Who a controller tells what its editor did, and what became different.
#[derive(Default)]
pub struct Handler {
    latency_changed: AtomicBool,
}

impl Handler {
    /// True where the plug-in said that its latency is another, and nobody took it yet.
    pub fn has_latency_changed(&self) -> bool {
        self.latency_changed.load(Ordering::Relaxed)
    }

    /// True where the plug-in said since the last call that its latency is another.
    pub fn take_latency_changed(&self) -> bool {
        self.latency_changed.swap(false, Ordering::Relaxed)
    }
}

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Handler {
    // There is no editor: what a controller says here of values, it says of its own accord, and
    // they are what the host sets.
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        conduct::wants("IComponentHandler::beginEdit", Role::Main);
        kResultOk
    }

    unsafe fn performEdit(&self, _: ParamID, _: ParamValue) -> tresult {
        conduct::wants("IComponentHandler::performEdit", Role::Main);
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        conduct::wants("IComponentHandler::endEdit", Role::Main);
        kResultOk
    }

    unsafe fn restartComponent(&self, flags: int32) -> tresult {
        conduct::wants("IComponentHandler::restartComponent", Role::Main);
        if flags & kLatencyChanged != 0 {
            conduct::asks_for_restart();
            self.latency_changed.store(true, Ordering::Relaxed);
        }
        kResultOk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vst3::ComPtr;
    use vst3::Steinberg::Vst::{IAttributeListTrait, IMessageTrait};

    fn make(class: Guid) -> (tresult, *mut c_void) {
        let mut class = class;
        let id = (&raw mut class).cast::<TUID>();
        let mut made = std::ptr::null_mut();
        // SAFETY: the id and the place are alive.
        let result = unsafe { Host.createInstance(id, id, &raw mut made) };
        (result, made)
    }

    #[test]
    fn plugins_get_messages_and_nothing_unknown() {
        let (result, made) = make(IMessage::IID);
        assert_eq!(result, kResultOk);
        // SAFETY: it was made as one, and is owned here.
        unsafe {
            let message = ComPtr::from_raw(made.cast::<IMessage>()).unwrap();
            message.setMessageID(c"hello".as_ptr());
            assert_eq!(std::ffi::CStr::from_ptr(message.getMessageID()), c"hello");
            let list = vst3::ComRef::from_raw(message.getAttributes()).unwrap();
            assert_eq!(list.setInt(c"a".as_ptr(), 5), kResultOk);
            let mut value = 0;
            let again = vst3::ComRef::from_raw(message.getAttributes()).unwrap();
            assert_eq!(again.getInt(c"a".as_ptr(), &raw mut value), kResultOk);
            assert_eq!(value, 5);
        }
        assert_eq!(make([7; 16]), (kNoInterface, std::ptr::null_mut()));
    }

    #[test]
    fn edits_on_the_audio_thread_are_noted() {
        let handler = Handler::default();
        let edit = move || {
            conduct::enter(Role::Main);
            // SAFETY: nothing is passed but numbers.
            unsafe { handler.endEdit(7) };
            conduct::enter(Role::Audio);
            // SAFETY: as above.
            unsafe { handler.performEdit(7, 0.5) };
        };
        std::thread::spawn(edit).join().unwrap();
        let breaches = conduct::breaches();
        let is_noted = |call: &str| {
            let noted = format!("IComponentHandler::{call} was called 1 times on the audio thread");
            breaches.contains(&noted)
        };
        assert!(is_noted("performEdit") && !is_noted("endEdit"), "{breaches:?}");
    }

    #[test]
    fn a_changed_latency_is_told_once() {
        let handler = Handler::default();
        // SAFETY: nothing is passed but numbers.
        unsafe {
            handler.restartComponent(!kLatencyChanged);
            assert!(!handler.take_latency_changed());
            handler.restartComponent(kLatencyChanged | 2);
        }
        assert!(handler.take_latency_changed());
        assert!(!handler.take_latency_changed());
    }
}
