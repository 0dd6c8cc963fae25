//! Running plug-ins for a host: commands on the main thread, audio on a thread of each plug-in's own.

mod arithmetic;
mod audio_thread;
pub mod exclusive;
mod guarded;
mod instance;
mod joint;
pub mod midi;
pub mod mpe;
pub mod note_number;
mod playing;
pub mod said;
mod server;

pub use arithmetic::Arithmetic;
pub use guarded::Guarded;
pub use instance::{Active, AudioHalf, Block, MainHalf, Opened, Setup};
pub use server::{open, serve};
