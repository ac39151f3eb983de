//! What writer and subscribers of a feed must count alike: places in it, and
//! its digest.

mod cursor;
mod digest;

pub use cursor::{Cursor, NoCursor};
pub use digest::Digest;
