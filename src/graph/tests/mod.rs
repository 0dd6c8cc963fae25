//! Plans as text, with a drawing of the session above each case, and what the compiler refuses.

mod plans;
mod refusals;
