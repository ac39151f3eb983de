//! One JSON object a line, in the template's fields.

use std::{borrow::Cow, fmt};

use gongqiao_contract::refusal::{Code, Refusal};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{columns::Column, format::BOM, sheet::Value};

/// One line, read.
#[derive(Default)]
pub(crate) struct Line<'a> {
    values: [Option<Value<'a>>; Column::ALL.len()],
    unknown: Option<Refusal>,
}

impl<'a> Line<'a> {
    /// What stands in a field; null counts as nothing.
    pub(crate) fn value(&self, column: Column) -> Option<&Value<'a>> {
        self.values[column as usize].as_ref()
    }

    /// The refusal of the first field that we don't know.
    pub(crate) fn unknown_field(&self) -> Option<Refusal> {
        self.unknown.clone()
    }
}

/// Reads the lines one after the other; blank ones are passed over. Each is
/// handed on with its number, the first being 1.
pub(crate) fn read(
    bytes: &[u8],
    take: &mut impl FnMut(u32, Result<&Line<'_>, Refusal>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let mut number = 0_u32;
    for line in bytes.split(|byte| *byte == b'\n') {
        number = number.saturating_add(1);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Line<'_>>(line) {
            Ok(line) => take(number, Ok(&line))?,
            Err(error) => take(number, Err(broken(&error)))?,
        }
    }
    Ok(())
}

/// Why: serde_json's own text may quote the value, so only the place is kept.
fn broken(error: &serde_json::Error) -> Refusal {
    Refusal::new(Code::RowShape).with("why", format!("JSON, column {}", error.column()))
}

impl<'de> Deserialize<'de> for Line<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line<'de>, A::Error> {
        let mut line = Line::default();
        let mut seen = [false; Column::ALL.len()];
        while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
            let column = Column::ALL.into_iter().find(|column| column.field() == name);
            let Some(column) = column else {
                map.next_value::<IgnoredAny>()?;
                line.unknown.get_or_insert_with(|| unknown_field(&name));
                continue;
            };
            if std::mem::replace(&mut seen[column as usize], true) {
                return Err(A::Error::custom("field given twice"));
            }
            line.values[column as usize] = map.next_value::<JsonValue<'de>>()?.0;
        }
        Ok(line)
    }
}

/// Names the field, unless its name could itself be somebody's data.
fn unknown_field(name: &str) -> Refusal {
    let is_plain = name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let shown = if is_plain { name } else { "?" };
    Refusal::new(Code::RowUnknownField).with("field", shown)
}

/// A JSON string, borrowed where it holds no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor).map(Text)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// What may stand in a field: a text, a number, a list of texts, null.
/// Anything else is [`Value::Other`], for the column to refuse.
struct JsonValue<'a>(Option<Value<'a>>);

impl<'de> Deserialize<'de> for JsonValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(JsonValue)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Option<Value<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Value::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Value::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Value::Number(number as f64)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Value::Number(number as f64)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Value::Number(number)))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Value::Other(Cow::Borrowed(if value { "true" } else { "false" }))))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut joined = Some(String::new());
        while let Some(JsonItem(item)) = items.next_element()? {
            match (&mut joined, item) {
                (Some(joined), Some(item)) => {
                    if !joined.is_empty() {
                        joined.push(';');
                    }
                    joined.push_str(&item);
                }
                _ => joined = None,
            }
        }
        Ok(Some(match joined {
            Some(joined) => Value::Text(Cow::Owned(joined)),
            None => Value::Other(Cow::Borrowed("[…]")),
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Some(Value::Other(Cow::Borrowed("{…}"))))
    }
}

/// One item of a list: `None` where it is no text. Nested lists and objects
/// are passed over without recursion of ours; serde_json bounds its own.
struct JsonItem<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for JsonItem<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor).map(JsonItem)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
