//! Compiles `proto/` without protoc.
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use prost_types::FileDescriptorSet;

/// Messages that are never published: their words show in no `Debug`.
const SECRET: [&str; 5] = ["Person", "Note", "CrewMember", "Parked", "ParkedHeader"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("gongqiao/v1"))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()?;
    files.sort();

    let mut compiler = protox::Compiler::new([&root])?;
    compiler.include_imports(true).open_files(&files)?;
    let descriptors = compiler.encode_file_descriptor_set();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), described(&root, &files)?)?;
    fs::write(out.join("schemas.rs"), schemas(&compiler.file_descriptor_set()))?;

    prost_build::Config::new()
        .compile_well_known_types()
        .extern_path(".google.protobuf", "::pbjson_types")
        .bytes([".gongqiao.v1"])
        // Why: so that nothing that holds a person shows one; see `wire`.
        .skip_debug(SECRET.map(|name| format!(".gongqiao.v1.{name}")))
        .compile_fds(compiler.file_descriptor_set())?;
    pbjson_build::Builder::new().register_descriptors(&descriptors)?.build(&[".gongqiao.v1"])?;
    Ok(())
}

/// The descriptors with the comments of `proto/`, which describe schemas.
fn described(root: &Path, files: &[PathBuf]) -> Result<Vec<u8>, protox::Error> {
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).include_source_info(true).open_files(files)?;
    Ok(compiler.encode_file_descriptor_set())
}

/// One line for each message, by which its Rust type has a schema.
fn schemas(set: &FileDescriptorSet) -> String {
    let ours = set.file.iter().filter(|file| file.package() == "gongqiao.v1");
    let messages = ours.flat_map(|file| &file.message_type);
    // Why: a message that only wraps an enum has no type that is used.
    let messages = messages.filter(|message| !message.field.is_empty());
    messages.map(|message| format!("wire_schema!({});\n", message.name())).collect()
}
