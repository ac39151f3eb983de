//! Texts as files and cells hold them: encodings, separators, and the form in
//! which words are compared.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_16BE, UTF_16LE};
use gongqiao_contract::refusal::{Code, Refusal};

use crate::format::BOM;

/// The text of a file in UTF-8, UTF-16 or GB 18030 (which GBK and GB 2312 are
/// parts of). Which one it is, the bytes tell: a byte order mark, the zeros
/// of UTF-16, or what UTF-8 can't be.
///
/// # Errors
/// [`Code::RosterEncoding`] with the first line that can't be read.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    if let Some(rest) = bytes.strip_prefix(BOM) {
        return std::str::from_utf8(rest)
            .map(Cow::Borrowed)
            .map_err(|error| unreadable(&rest[..error.valid_up_to()]));
    }
    if let Some(wide) = wide_encoding(bytes) {
        return decode_as(wide, bytes.get(2..).filter(|_| has_wide_mark(bytes)).unwrap_or(bytes));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) if is_surely_utf8(&bytes[..error.valid_up_to()]) => {
            Err(unreadable(&bytes[..error.valid_up_to()]))
        }
        Err(_) => decode_as(GB18030, bytes),
    }
}

fn has_wide_mark(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF])
}

/// UTF-16 by its mark, or by the zeros beside the separators and digits.
fn wide_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.starts_with(&[0xFF, 0xFE]) {
        return Some(UTF_16LE);
    }
    if bytes.starts_with(&[0xFE, 0xFF]) {
        return Some(UTF_16BE);
    }
    let start = &bytes[..bytes.len().min(4096)];
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Why: no other encoding of a table has zeros, and a lone one is damage.
    match (even, odd) {
        (0, 2..) => Some(UTF_16LE),
        (2.., 0) => Some(UTF_16BE),
        _ => None,
    }
}

/// Several three-byte characters in a row are UTF-8, which GB 18030 forms by
/// accident only: then it is damaged, not in another encoding.
fn is_surely_utf8(valid: &[u8]) -> bool {
    let text = std::str::from_utf8(valid).unwrap_or_default();
    text.chars().filter(|c| ('\u{4E00}'..'\u{A000}').contains(c)).count() >= 4
}

fn decode_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, Refusal> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or(bytes.len()));
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Cow::Owned(text)),
        _ => Err(unreadable(text.as_bytes())),
    }
}

fn unreadable(before: &[u8]) -> Refusal {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    Refusal::new(Code::RosterEncoding).with("line", line)
}

/// How many records are looked at to find the separator.
const SAMPLE: usize = 40;

/// What separates the values: whichever of comma, tab and semicolon cuts most
/// of the first records into the same number of fields.
pub(crate) fn delimiter(text: &str) -> u8 {
    let score = |delimiter: u8| -> usize {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let mut widths: Vec<usize> =
            reader.byte_records().take(SAMPLE).flatten().map(|record| record.len()).collect();
        widths.sort_unstable();
        let runs = widths.chunk_by(|a, b| a == b);
        runs.filter(|run| run[0] > 1).map(|run| run.len() * run[0]).max().unwrap_or(0)
    };
    // Why: of equals the first, so that a file of one column is read as CSV.
    let [comma, tab, semicolon] = [b',', b'\t', b';'].map(|one| (score(one), one));
    let best = if tab.0 > comma.0 { tab } else { comma };
    if semicolon.0 > best.0 { semicolon.1 } else { best.1 }
}

/// The ASCII character that a full-width one stands for; others as they are.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// White space of any width, zero-width characters, a byte order mark.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// The form in which words are compared: half-width, without white space.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| !is_blank(*c)).map(half_width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "姓名,身份证号,电话\n测试甲,431021,19900000001\n";

    #[track_caller]
    fn check(bytes: &[u8]) {
        assert_eq!(decode(bytes).unwrap(), TEXT);
    }

    #[test]
    fn each_encoding_is_told_by_its_bytes() {
        check(TEXT.as_bytes());
        check(&[BOM, TEXT.as_bytes()].concat());
        check(&GB18030.encode(TEXT).0);
        let little: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&little);
        check(&big);
        check(&[&[0xFF, 0xFE][..], &little].concat());
        check(&[&[0xFE, 0xFF][..], &big].concat());
    }

    #[test]
    fn a_rare_character_outside_gbk_is_read() {
        assert_eq!(decode(&GB18030.encode("测试𠮷，㛃").0).unwrap(), "测试𠮷，㛃");
    }

    #[test]
    fn damaged_text_is_refused_with_its_line() {
        for damaged in [
            [TEXT.as_bytes(), b"\xE6\xB5"].concat(),
            [&GB18030.encode(TEXT).0, &b"\x81"[..]].concat(),
        ] {
            let refusal = decode(&damaged).unwrap_err();
            assert_eq!(refusal.code, Code::RosterEncoding);
            assert_eq!(refusal.params[0].1, "3");
        }
    }

    #[test]
    fn the_separator_is_the_one_that_cuts_alike() {
        for (text, expected) in [
            ("a,b,c\n1,2;3;4,5\n6,7;8,9\n", b','),
            ("a\tb\tc\n1\t2,3\t4\n", b'\t'),
            ("某村登记表\na;b;c\n1;2,5;3\n", b';'),
            ("姓名\n测试甲\n", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter(text), expected, "{text}");
        }
    }
}
