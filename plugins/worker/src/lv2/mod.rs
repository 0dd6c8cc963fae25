//! LV2, through `lilv`: what a bundle says in its Turtle files.

mod describe;

pub use describe::describe;
