//! What stands between the two halves of a plug-in: messages pass on the main thread only, for what
//! the audio thread says would come at some time that nobody can repeat.

use std::thread::ThreadId;

use vst3::Steinberg::Vst::{
    IComponent, IConnectionPoint, IConnectionPointTrait, IEditController, IMessage,
};
use vst3::Steinberg::{kResultFalse, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

use crate::conduct::{self, Role};

/// One half, as the other one sees it.
pub struct Proxy {
    half: ComPtr<IConnectionPoint>,
    main_thread: ThreadId,
}

impl Class for Proxy {
    type Interfaces = (IConnectionPoint,);
}

impl IConnectionPointTrait for Proxy {
    // Who is connected to whom is told by the host alone.
    unsafe fn connect(&self, _: *mut IConnectionPoint) -> tresult {
        kResultFalse
    }

    unsafe fn disconnect(&self, _: *mut IConnectionPoint) -> tresult {
        kResultOk
    }

    unsafe fn notify(&self, message: *mut IMessage) -> tresult {
        if std::thread::current().id() != self.main_thread {
            conduct::wants("IConnectionPoint::notify", Role::Main);
            return kResultFalse;
        }
        // SAFETY: the half is alive, and the message is what the other one passed.
        unsafe { self.half.notify(message) }
    }
}

/// Lets both halves of a plug-in know each other: some controllers have no parameters before. What
/// is given has to live as long as they.
pub fn connect(
    component: &ComPtr<IComponent>,
    controller: &ComPtr<IEditController>,
) -> Option<[ComWrapper<Proxy>; 2]> {
    let halves = [component.cast::<IConnectionPoint>()?, controller.cast::<IConnectionPoint>()?];
    let main_thread = std::thread::current().id();
    let proxies = halves.clone().map(|half| ComWrapper::new(Proxy { half, main_thread }));
    let [component, controller] = &halves;
    let [of_component, of_controller] = &proxies;
    // SAFETY: the halves are alive, and the proxies are kept as long as they by the caller.
    unsafe {
        if let Some(other) = of_controller.as_com_ref::<IConnectionPoint>() {
            component.connect(other.as_ptr());
        }
        if let Some(other) = of_component.as_com_ref::<IConnectionPoint>() {
            controller.connect(other.as_ptr());
        }
    }
    Some(proxies)
}

/// Undoes [`connect`].
pub fn disconnect(
    component: &ComPtr<IComponent>,
    controller: &ComPtr<IEditController>,
    [of_component, of_controller]: &[ComWrapper<Proxy>; 2],
) {
    // SAFETY: the halves and the proxies are alive.
    unsafe {
        if let (Some(half), Some(other)) =
            (component.cast::<IConnectionPoint>(), of_controller.as_com_ref::<IConnectionPoint>())
        {
            half.disconnect(other.as_ptr());
        }
        if let (Some(half), Some(other)) =
            (controller.cast::<IConnectionPoint>(), of_component.as_com_ref::<IConnectionPoint>())
        {
            half.disconnect(other.as_ptr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A half that counts its messages.
    struct Half(Arc<AtomicU32>);

    impl Class for Half {
        type Interfaces = (IConnectionPoint,);
    }

    impl IConnectionPointTrait for Half {
        unsafe fn connect(&self, _: *mut IConnectionPoint) -> tresult {
            kResultOk
        }

        unsafe fn disconnect(&self, _: *mut IConnectionPoint) -> tresult {
            kResultOk
        }

        unsafe fn notify(&self, _: *mut IMessage) -> tresult {
            self.0.fetch_add(1, Ordering::Relaxed);
            kResultOk
        }
    }

    #[test]
    fn messages_pass_on_the_main_thread_alone() {
        let messages = Arc::new(AtomicU32::new(0));
        let half = ComWrapper::new(Half(messages.clone())).to_com_ptr().unwrap();
        let main_thread = std::thread::current().id();
        let proxy = ComWrapper::new(Proxy { half, main_thread });
        let other = proxy.to_com_ptr::<IConnectionPoint>().unwrap();
        // SAFETY: the half does not look at its messages.
        let notify = move || unsafe { other.notify(std::ptr::null_mut()) };
        assert_eq!(notify(), kResultOk);
        assert_eq!(messages.load(Ordering::Relaxed), 1);
        assert_eq!(std::thread::spawn(notify).join().unwrap(), kResultFalse);
        assert_eq!(messages.load(Ordering::Relaxed), 1);
    }
}
