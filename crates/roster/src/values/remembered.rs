//! Cells that a roster repeats in row after row are looked up once.

use std::collections::HashMap;

/// How many different texts are remembered; the rest are looked up again.
const TEXTS: usize = 4_096;

/// What texts were found to mean.
pub(super) struct Remembered<T>(HashMap<Box<str>, T>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone> Remembered<T> {
    /// What `text` means, looked up with `look_up` unless it is remembered.
    pub(super) fn get(&mut self, text: &str, look_up: impl FnOnce(&str) -> T) -> T {
        if let Some(found) = self.0.get(text) {
            return found.clone();
        }
        let found = look_up(text);
        if self.0.len() < TEXTS {
            self.0.insert(text.into(), found.clone());
        }
        found
    }
}
