//! Cells that a roster repeats in row after row are looked up once.

use std::{collections::HashMap, rc::Rc};

/// How many different texts are remembered; the rest are looked up again.
const TEXTS: usize = 4_096;

/// What texts were found to mean.
pub(super) struct Remembered<T> {
    /// Most often it is the one of the row above.
    last: Option<(Box<str>, Rc<T>)>,
    known: HashMap<Box<str>, Rc<T>>,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self { last: None, known: HashMap::new() }
    }
}

impl<T> Remembered<T> {
    /// What `text` means, looked up with `look_up` unless it is remembered.
    pub(super) fn get(&mut self, text: &str, look_up: impl FnOnce(&str) -> T) -> Rc<T> {
        if let Some((_, found)) = self.last.as_ref().filter(|(last, _)| **last == *text) {
            return Rc::clone(found);
        }
        let found = match self.known.get(text) {
            Some(found) => Rc::clone(found),
            None => {
                let found = Rc::new(look_up(text));
                if self.known.len() < TEXTS {
                    self.known.insert(text.into(), Rc::clone(&found));
                }
                found
            }
        };
        self.last = Some((text.into(), Rc::clone(&found)));
        found
    }
}
