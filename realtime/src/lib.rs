//! The live driver, in small: virtual time.
