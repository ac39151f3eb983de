//! The types generated from `proto/`; their JSON is the proto3 JSON mapping.
#![allow(missing_docs, clippy::all, clippy::unwrap_used)]

/// The descriptors of everything in `proto/`, as a `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

include!(concat!(env!("OUT_DIR"), "/gongqiao.v1.rs"));
include!(concat!(env!("OUT_DIR"), "/gongqiao.v1.serde.rs"));

macro_rules! shown_by_name_only {
    ($($secret:ident)*) => {
        $(impl std::fmt::Debug for $secret {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($secret), "(…)"))
            }
        })*
    };
}

shown_by_name_only!(Person Note CrewMember Parked ParkedHeader);
