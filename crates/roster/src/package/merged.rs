//! Merged cells of a workbook's sheets.

use std::collections::HashMap;

use gongqiao_contract::refusal::{Code, Refusal};
use memchr::memmem;
use quick_xml::{Reader, events::Event};

/// Cells that are shown as one, counted from 0, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) top: u32,
    pub(crate) bottom: u32,
    pub(crate) left: u16,
    pub(crate) right: u16,
}

/// The merged cells of all sheets, while and after the parts are looked through.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// By the part's path, in lower case.
    by_part: HashMap<String, Vec<Region>>,
    workbook: Vec<u8>,
    relations: Vec<u8>,
}

/// The list of merged cells, and the two parts that name the sheets, are
/// longer than this in no workbook that a person made.
const HELD_BYTES: usize = 8 << 20;

/// How the element that lists merged cells is called; what is around it
/// depends on the writer's prefixes.
const LIST: &[u8] = b"mergeCells";

/// One part on its way through.
pub(crate) struct Part {
    name: String,
    kind: Kind,
    held: Vec<u8>,
    /// The list has begun.
    listing: bool,
    ended: bool,
    too_long: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sheet,
    Workbook,
    Relations,
    Other,
}

impl Merged {
    /// Begins a part; `name` in lower case.
    pub(super) fn part(&self, name: &str) -> Part {
        let kind = match name {
            _ if name.contains("worksheets/") && name.ends_with(".xml") => Kind::Sheet,
            _ if name.ends_with("workbook.xml") => Kind::Workbook,
            _ if name.ends_with("workbook.xml.rels") => Kind::Relations,
            _ => Kind::Other,
        };
        Part {
            name: name.to_owned(),
            kind,
            held: Vec::new(),
            listing: false,
            ended: false,
            too_long: false,
        }
    }

    /// Ends a part.
    pub(super) fn finish(&mut self, part: Part) -> Result<(), Refusal> {
        if part.too_long {
            return Err(Code::RosterDamaged.into());
        }
        match part.kind {
            Kind::Sheet if part.listing => {
                self.by_part.insert(part.name, regions(&part.held));
            }
            Kind::Workbook => self.workbook = part.held,
            Kind::Relations => self.relations = part.held,
            Kind::Sheet | Kind::Other => {}
        }
        Ok(())
    }

    /// The merged cells of each sheet that has any, by the sheet's name.
    pub(crate) fn by_sheet(mut self) -> HashMap<String, Vec<Region>> {
        if self.by_part.is_empty() {
            return HashMap::new();
        }
        let targets: HashMap<String, String> =
            attributes(&self.relations, "Relationship", ["Id", "Target"])
                .into_iter()
                .map(|[id, target]| (id, target))
                .collect();
        let mut by_sheet = HashMap::new();
        for [name, id] in attributes(&self.workbook, "sheet", ["name", "id"]) {
            let Some(target) = targets.get(&id).map(|target| target.to_ascii_lowercase()) else {
                continue;
            };
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), Into::into);
            if let Some(regions) = self.by_part.remove(&path) {
                by_sheet.insert(name, regions);
            }
        }
        by_sheet
    }
}

impl Part {
    /// The next piece.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        match self.kind {
            Kind::Other => {}
            Kind::Workbook | Kind::Relations => self.hold(piece),
            Kind::Sheet if self.listing => self.list(piece),
            Kind::Sheet => {
                // Why: with the end of the piece before, for the name may be cut in two.
                self.held.extend_from_slice(piece);
                match list_start(&self.held) {
                    Some(at) => {
                        let rest = self.held.split_off(at);
                        self.held.clear();
                        self.listing = true;
                        self.list(&rest);
                    }
                    None => drop(self.held.drain(..self.held.len().saturating_sub(LIST.len()))),
                }
            }
        }
    }

    fn list(&mut self, piece: &[u8]) {
        if self.ended {
            return;
        }
        let from = self.held.len().saturating_sub(LIST.len());
        self.hold(piece);
        self.ended = memmem::find(&self.held[from..], LIST).is_some();
    }

    fn hold(&mut self, piece: &[u8]) {
        if self.held.len() + piece.len() > HELD_BYTES {
            self.too_long = true;
            return;
        }
        self.held.extend_from_slice(piece);
    }
}

/// Where the list's content begins: behind its name, which stands in a tag.
fn list_start(xml: &[u8]) -> Option<usize> {
    let is_tag = |at: &usize| matches!(at.checked_sub(1).map(|at| xml[at]), Some(b'<' | b':'));
    memmem::find_iter(xml, LIST).find(is_tag).map(|at| at + LIST.len())
}

/// The regions in what follows the list's name.
fn regions(list: &[u8]) -> Vec<Region> {
    let end = memmem::find(list, LIST).unwrap_or(list.len());
    let list = &list[..end];
    let mut regions = Vec::new();
    for at in memmem::find_iter(list, b"mergeCell") {
        let rest = &list[at..];
        let Some(start) = memmem::find(&rest[..rest.len().min(512)], b"ref=") else { continue };
        let value = &rest[start + 4..];
        let Some((quote, value)) = value.split_first() else { continue };
        let Some(end) = memchr::memchr(*quote, &value[..value.len().min(64)]) else { continue };
        regions.extend(region(&value[..end]));
    }
    regions
}

/// `A1:B2`.
fn region(text: &[u8]) -> Option<Region> {
    let text = std::str::from_utf8(text).ok()?;
    let (from, to) = text.split_once(':')?;
    let ((top, left), (bottom, right)) = (cell(from)?, cell(to)?);
    (top <= bottom && left <= right).then_some(Region { top, bottom, left, right })
}

/// `AB12` as row and column, counted from 0.
fn cell(text: &str) -> Option<(u32, u16)> {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let row: u32 = text[letters.len()..].parse().ok()?;
    let column = letters.bytes().try_fold(0_u32, |column, letter| {
        let letter = letter.to_ascii_uppercase();
        letter.is_ascii_uppercase().then(|| column * 26 + u32::from(letter - b'A') + 1)
    });
    let column = u16::try_from(column.filter(|_| letters.len() <= 3)?.checked_sub(1)?).ok()?;
    Some((row.checked_sub(1)?, column))
}

/// Two attributes, by their names without prefix, of every element of a name.
/// What can't be read counts for nothing: the workbook's own reader says what
/// is wrong with it.
fn attributes(xml: &[u8], element: &str, names: [&str; 2]) -> Vec<[String; 2]> {
    let mut reader = Reader::from_reader(xml);
    let mut found = Vec::new();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) if tag.local_name().as_ref() == element => {
                let mut values = [String::new(), String::new()];
                for attribute in tag.attributes().flatten() {
                    let name = attribute.key.local_name();
                    let at = names.iter().position(|known| **known == *name.as_ref());
                    if let (Some(at), Ok(value)) =
                        (at, attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0))
                    {
                        values[at] = value.into_owned();
                    }
                }
                found.push(values);
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pieces: &[&[u8]]) -> Vec<Region> {
        let mut merged = Merged::default();
        let mut part = merged.part("xl/worksheets/sheet1.xml");
        pieces.iter().for_each(|piece| part.feed(piece));
        merged.finish(part).unwrap();
        merged.by_part.remove("xl/worksheets/sheet1.xml").unwrap_or_default()
    }

    #[test]
    fn the_list_is_found_wherever_the_pieces_end() {
        let xml = b"<sheetData>...</sheetData><x:mergeCells count=\"2\"><x:mergeCell ref=\"A1:C1\"/><x:mergeCell  ref='B3:B10'/></x:mergeCells><more ref=\"Z1:Z9\"/>";
        let expected = [
            Region { top: 0, bottom: 0, left: 0, right: 2 },
            Region { top: 2, bottom: 9, left: 1, right: 1 },
        ];
        assert_eq!(found(&[xml]), expected);
        for cut in 1..xml.len() {
            let (a, b) = xml.split_at(cut);
            assert_eq!(found(&[a, b]), expected, "cut at {cut}");
            for second in [cut + 1, cut + 3] {
                if second < xml.len() {
                    let (b, c) = b.split_at(second - cut);
                    assert_eq!(found(&[a, b, c]), expected, "cut at {cut} and {second}");
                }
            }
        }
        assert_eq!(found(&[b"<sheetData></sheetData>"]), []);
    }

    #[test]
    fn references_that_are_none_count_for_nothing() {
        for text in ["", "A1", "A:B", "1:2", "A0:B1", "B2:A1", "ZZZZ1:ZZZZ2", "A1:B99999999999"] {
            assert_eq!(region(text.as_bytes()), None, "{text}");
        }
        let last = Region { top: 0, bottom: 1_048_575, left: 0, right: 16_383 };
        assert_eq!(region(b"a1:XFD1048576"), Some(last));
    }
}
