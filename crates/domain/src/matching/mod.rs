//! From register and vacancy to what each service point is asked: who fits at
//! all (`fit`), in which order (`rank`), and how many from where (`quota`).

pub mod fit;
pub mod quota;
pub mod rank;

#[cfg(test)]
pub(crate) mod fixture;
