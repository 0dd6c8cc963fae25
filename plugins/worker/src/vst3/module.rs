//! Loading a VST3 bundle: its library, its factory, and the classes that are plug-ins.

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::path::{Path, PathBuf};

use libloading::os::unix::Library;
use vst3::Steinberg::{
    FUnknown, IPluginBaseTrait, IPluginFactory, IPluginFactory2, IPluginFactory2Trait,
    IPluginFactory3, IPluginFactory3Trait, IPluginFactoryTrait, PClassInfo, PClassInfo2, TUID,
    Vst::IComponent, kResultOk,
};
use vst3::{ComPtr, ComWrapper, Interface};

use super::host::Host;
use crate::library;
use crate::text::clean;

/// The category of classes that process audio.
const AUDIO_CLASS: &str = "Audio Module Class";

/// A loaded bundle.
pub struct Module {
    factory: ComPtr<IPluginFactory>,
    context: ComWrapper<Host>,
    /// The plug-ins in it.
    pub classes: Vec<AudioClass>,
}

/// A class that is a plug-in.
pub struct AudioClass {
    cid: TUID,
    /// Its id as 32 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// What it says it is good for.
    pub categories: Vec<String>,
}

thread_local! {
    /// Those that were loaded, by path: libraries are told once that they are.
    static MODULES: RefCell<Vec<(PathBuf, &'static Module)>> = const { RefCell::new(Vec::new()) };
}

#[cfg(test)]
impl AudioClass {
    /// Of a test, which makes its instances itself.
    pub fn of_test() -> Self {
        let text = || "test".to_owned();
        let (id, name, vendor, version) = (text(), text(), text(), text());
        Self { cid: [0; 16], id, name, vendor, version, categories: Vec::new() }
    }
}

impl Module {
    /// The bundle at `path`, which is loaded once and stays for as long as the process.
    pub fn of_process(path: &Path) -> Result<&'static Self, String> {
        MODULES.with_borrow_mut(|modules| {
            if let Some((_, module)) = modules.iter().find(|(known, _)| known == path) {
                return Ok(*module);
            }
            let module: &'static Self = Box::leak(Box::new(Self::load(path)?));
            modules.push((path.to_owned(), module));
            Ok(module)
        })
    }

    /// Loads the bundle at `path`.
    fn load(path: &Path) -> Result<Self, String> {
        let file = binary(path)?;
        library::check(&file)?;
        // SAFETY: whatever the library does, it does it in this process, which is there for it.
        let library = unsafe { Library::new(&file) }.map_err(|error| error.to_string())?;
        // SAFETY: the types are those that VST3 gives these two functions; the first takes the
        // loader's handle, which stays open for ever.
        let factory = unsafe {
            let get = library
                .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory\0")
                .map(|symbol| *symbol)
                .map_err(|_| "it has no GetPluginFactory: it is no VST3 plug-in")?;
            let enter = library
                .get::<unsafe extern "system" fn(*mut c_void) -> bool>(b"ModuleEntry\0")
                .map(|symbol| *symbol);
            let handle = library.into_raw();
            if enter.is_ok_and(|enter| !enter(handle)) {
                return Err("its ModuleEntry failed".to_owned());
            }
            ComPtr::from_raw(get()).ok_or("it has no factory")?
        };
        let context = ComWrapper::new(Host);
        if let (Some(factory), Some(host)) =
            (factory.cast::<IPluginFactory3>(), context.to_com_ptr::<FUnknown>())
        {
            // SAFETY: both are alive; factories that need no host answer so.
            unsafe { factory.setHostContext(host.as_ptr()) };
        }
        let classes = classes(&factory);
        Ok(Self { factory, context, classes })
    }

    /// Makes an instance of `class`, initialised.
    pub fn instance(&self, class: &AudioClass) -> Result<ComPtr<IComponent>, String> {
        let component: ComPtr<IComponent> =
            self.create(&class.cid).ok_or("its factory made no instance")?;
        self.initialise(&component)?;
        Ok(component)
    }

    /// Makes an instance of the class `cid` as `I`.
    pub fn create<I: Interface>(&self, cid: &TUID) -> Option<ComPtr<I>> {
        let mut made: *mut c_void = std::ptr::null_mut();
        // SAFETY: both ids have 16 bytes; what the factory gives for `I` is an `I`, or nothing.
        unsafe {
            let iid = I::IID.as_ptr().cast::<c_char>();
            let made = (self.factory.createInstance(cid.as_ptr(), iid, &raw mut made) == kResultOk)
                .then_some(made)?;
            ComPtr::from_raw(made.cast::<I>())
        }
    }

    /// Initialises what this module made.
    pub fn initialise(&self, plugin: &impl IPluginBaseTrait) -> Result<(), String> {
        let host = self.context.to_com_ptr::<FUnknown>().ok_or("no host")?;
        // SAFETY: the host's object lives as long as the module, which is never unloaded.
        match unsafe { plugin.initialize(host.as_ptr()) } {
            result if result == kResultOk => Ok(()),
            other => Err(format!("it cannot be initialised: result {other}")),
        }
    }
}

fn classes(factory: &ComPtr<IPluginFactory>) -> Vec<AudioClass> {
    let more = factory.cast::<IPluginFactory2>();
    let mut classes = Vec::new();
    // SAFETY: the factory is alive, and fills the structures it is given.
    unsafe {
        for index in 0..factory.countClasses().clamp(0, 65_536) {
            let mut info: PClassInfo = std::mem::zeroed();
            if factory.getClassInfo(index, &raw mut info) != kResultOk
                || ascii(&info.category) != AUDIO_CLASS
            {
                continue;
            }
            let mut info2: PClassInfo2 = std::mem::zeroed();
            let known =
                more.as_ref().is_some_and(|f| f.getClassInfo2(index, &raw mut info2) == kResultOk);
            let categories = if known { ascii(&info2.subCategories) } else { String::new() };
            classes.push(AudioClass {
                cid: info.cid,
                id: info.cid.iter().map(|byte| format!("{:02X}", byte.cast_unsigned())).collect(),
                name: ascii(&info.name),
                vendor: if known { ascii(&info2.vendor) } else { String::new() },
                version: if known { ascii(&info2.version) } else { String::new() },
                categories: categories.split('|').map(str::to_owned).collect(),
            });
        }
    }
    classes
}

/// The library in a bundle, as the format names it for this system; or the file itself.
fn binary(path: &Path) -> Result<PathBuf, String> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let name = path.file_stem().ok_or("its path has no name")?;
    let folder = path.join("Contents").join(format!("{}-linux", std::env::consts::ARCH));
    let mut name = name.to_owned();
    name.push(".so");
    let file = folder.join(name);
    if file.is_file() {
        return Ok(file);
    }
    Err(format!("it has no '{}': it is for another system", file.display()))
}

/// Text up to its first zero.
pub fn ascii(text: &[c_char]) -> String {
    let bytes: Vec<u8> = text.iter().map(|byte| byte.cast_unsigned()).collect();
    clean(&bytes)
}

/// Text of 16-bit units up to its first zero.
pub fn wide(text: &[u16]) -> String {
    let end = text.iter().position(|unit| *unit == 0).unwrap_or(text.len());
    clean(String::from_utf16_lossy(&text[..end]).as_bytes())
}
