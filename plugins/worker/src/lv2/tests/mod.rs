//! Plug-ins that are packaged by others, run here as a worker runs them: what they give is known in
//! closed form, or the same from another format.

mod all;
mod audio;
pub mod bundle;
mod midi;
mod state;
