//! Making an instance of a plug-in: its component, its controller, and what connects them.

use vst3::Steinberg::Vst::{
    IAudioProcessor, IComponent, IComponentHandler, IComponentTrait, IEditController,
    IEditControllerTrait,
};
use vst3::Steinberg::{IPluginBaseTrait, TUID, kResultOk};
use vst3::{ComPtr, ComWrapper};

use super::connection::{Proxy, connect, disconnect};
use super::host::Handler;
use super::module::{AudioClass, Module};
use crate::conduct::{self, Role};

/// An instance, initialised and not active.
pub struct Instance {
    /// What processes, for the main thread.
    pub component: ComPtr<IComponent>,
    /// The same, for the audio thread.
    pub processor: ComPtr<IAudioProcessor>,
    /// What knows the parameters: the component itself, or an object of its own.
    pub controller: Option<ComPtr<IEditController>>,
    /// True where it is an object of its own.
    pub is_separate: bool,
    /// Who the controller talks to.
    pub handler: ComWrapper<Handler>,
    /// What both halves see of each other, where they want to.
    proxies: Option<[ComWrapper<Proxy>; 2]>,
}

impl Instance {
    /// Ends it in the order that the format asks for; it is not active.
    pub fn end(self) {
        let Self { component, processor, controller, is_separate, handler, proxies } = self;
        if let (Some(controller), Some(proxies)) = (&controller, &proxies) {
            disconnect(&component, controller, proxies);
        }
        // SAFETY: both are alive; the handler is dropped after the controller has forgotten it.
        unsafe {
            if let Some(controller) = &controller {
                controller.setComponentHandler(std::ptr::null_mut());
                if is_separate {
                    controller.terminate();
                }
            }
            component.terminate();
        }
        // What others lent comes first: some plug-ins keep what is given up in another order.
        drop((proxies, processor, controller, component, handler));
    }
}

/// Makes an instance of `class`. Its end is better that of the process: there are plug-ins that
/// crash when they are destroyed.
pub fn create(module: &Module, class: &AudioClass) -> Result<Instance, String> {
    let component = module.instance(class)?;
    match component.cast() {
        Some(controller) => assemble(component, Some(controller), false),
        None => {
            let controller = own_controller(module, &component);
            assemble(component, controller, true)
        }
    }
}

/// Makes an instance of its parts, which were initialised.
pub fn assemble(
    component: ComPtr<IComponent>,
    controller: Option<ComPtr<IEditController>>,
    is_separate: bool,
) -> Result<Instance, String> {
    conduct::enter(Role::Main);
    let processor = component.cast().ok_or("it does not process audio")?;
    let handler = ComWrapper::new(Handler::default());
    if let (Some(controller), Some(handler)) =
        (&controller, handler.as_com_ref::<IComponentHandler>())
    {
        // SAFETY: the controller is alive, and so is the handler for as long as the instance.
        unsafe { controller.setComponentHandler(handler.as_ptr()) };
    }
    let separate = controller.as_ref().filter(|_| is_separate);
    let proxies = separate.and_then(|controller| connect(&component, controller));
    Ok(Instance { component, processor, controller, is_separate, handler, proxies })
}

/// The controller of a component that is none itself.
fn own_controller(
    module: &Module,
    component: &ComPtr<IComponent>,
) -> Option<ComPtr<IEditController>> {
    let mut class: TUID = [0; 16];
    // SAFETY: the component is alive and fills the id.
    let known = unsafe { component.getControllerClassId(&raw mut class) } == kResultOk;
    let controller: ComPtr<IEditController> = known.then(|| module.create(&class)).flatten()?;
    module.initialise(&controller).ok()?;
    Some(controller)
}
