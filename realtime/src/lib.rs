//! The live driver, in small: virtual time.
//!
//! [`VirtualDriver`] is called like an audio device calls: with buffers of any size, one after the
//! other. It runs the same [`wavemill_core::execute::Executor`] that renders offline, swaps plans
//! between buffers, and writes down what it did; [`replay`] runs that script offline.

mod script;
mod virtual_driver;

pub use script::{Action, Script, replay};
pub use virtual_driver::VirtualDriver;
