//! Tests of the commands, one family a file, and of all of them together.
