//! A search, byte by byte, for planted values in every form in which text
//! hides.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The forms in which a value could stand somewhere.
pub fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16 =
        |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { value.encode_utf16().flat_map(bytes).collect() };
    let escaped: String = value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let percent: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = vec![
        ("UTF-8", value.as_bytes().to_vec()),
        ("UTF-16LE", utf16(u16::to_le_bytes)),
        ("UTF-16BE", utf16(u16::to_be_bytes)),
        ("hex", hex::encode(value).into_bytes()),
        ("HEX", hex::encode_upper(value).into_bytes()),
        ("percent", percent.clone().into_bytes()),
        ("percent, lower case", percent.to_lowercase().into_bytes()),
        ("\\u", escaped.clone().into_bytes()),
        ("\\u, upper case", escaped.to_uppercase().replace("\\U", "\\u").into_bytes()),
    ];
    // Why: base64 depends on where in a group of three the value begins; the
    // first and last characters depend on the neighbours and are cut off.
    for shift in 0..3 {
        let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(value.bytes()).collect();
        let encoded = STANDARD.encode(&padded[..padded.len() / 3 * 3]);
        let from = if shift == 0 { 0 } else { 4 };
        forms.push(("base64", encoded.as_bytes()[from..].to_vec()));
        forms.push((
            "base64url",
            encoded.replace('+', "-").replace('/', "_").into_bytes()[from..].to_vec(),
        ));
    }
    forms.retain(|(_, bytes)| bytes.len() >= 8);
    forms
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Where planted values stand: value, form, file.
pub fn search(dir: &Path, planted: &[&str]) -> (usize, Vec<String>) {
    let mut paths = Vec::new();
    files(dir, &mut paths);
    let (mut bytes, mut found) = (0, Vec::new());
    for path in paths {
        // Why: the broker goes on and may remove a file meanwhile.
        let Ok(content) = fs::read(&path) else { continue };
        bytes += content.len();
        for (index, value) in planted.iter().enumerate() {
            for (form, needle) in forms(value) {
                if memchr::memmem::find(&content, &needle).is_some() {
                    found.push(format!("value {index} as {form} in {}", path.display()));
                }
            }
        }
    }
    (bytes, found)
}
