//! Hashes the code that folds, so that a snapshot made by other folding code
//! is never taken for one of ours.
use std::{
    collections::hash_map::DefaultHasher, env, fs, hash::Hasher, io, path::Path, path::PathBuf,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut hasher = DefaultHasher::new();
    for folding in [
        "src/entity",
        "src/city.rs",
        "src/reach.rs",
        "src/employment.rs",
        "src/ledger.rs",
        "src/report.rs",
        "src/matching/quota.rs",
        "../contract/src",
        "../../proto",
    ] {
        println!("cargo:rerun-if-changed={folding}");
        hash(&here.join(folding), &mut hasher)?;
    }
    println!("cargo:rustc-env=GONGQIAO_FOLD={:016x}", hasher.finish());
    Ok(())
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if path.is_file() {
        hasher.write(&fs::read(path)?);
        return Ok(());
    }
    let mut inside: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    inside.sort();
    inside.iter().try_for_each(|path| hash(path, hasher))
}
