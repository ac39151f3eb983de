//! What is read from files and the command line.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    str::FromStr,
};

use gongqiao_contract::id::{CardId, NotAToken};
use gongqiao_shell::beijing;
use time::{Date, OffsetDateTime, macros::format_description};

use crate::output::Failure;

/// A whole file, or stdin for `-`.
pub(crate) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    Ok(read.map_err(|e| unreadable(path, &e.to_string()))?)
}

/// A JSON body out of a file, or stdin for `-`; sent as it stands.
pub(crate) fn body(path: &Path) -> anyhow::Result<serde_json::Value> {
    let read = serde_json::from_slice(&bytes(path)?);
    Ok(read.map_err(|e| unreadable(path, &format!("not JSON: {e}")))?)
}

/// One word of the command line that names cards: several may be parted by
/// commas, as they may stand in words of their own.
#[derive(Debug, Clone)]
pub(crate) struct Cards(Vec<CardId>);

impl FromStr for Cards {
    type Err = NotAToken;
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let parted = |c: char| c.is_whitespace() || [',', '，', '、', ';', '；'].contains(&c);
        let named = text.split(parted).filter(|part| !part.is_empty());
        Ok(Self(named.map(str::parse).collect::<Result<_, _>>()?))
    }
}

/// All the cards of an argument.
pub(crate) fn named(words: Vec<Cards>) -> impl Iterator<Item = CardId> {
    words.into_iter().flat_map(|cards| cards.0)
}

/// The cards that are named, and those in a file.
pub(crate) fn cards(words: Vec<Cards>, file: Option<&PathBuf>) -> anyhow::Result<Vec<CardId>> {
    let mut cards: Vec<CardId> = named(words).collect();
    if let Some(path) = file {
        let text = String::from_utf8(bytes(path)?).map_err(|_| unreadable(path, "not UTF-8"))?;
        for (index, line) in text.lines().enumerate() {
            let not_a_card = |_| unreadable(path, &format!("line {} is no card", index + 1));
            cards.extend(line.parse::<Cards>().map_err(not_a_card)?.0);
        }
    }
    Ok(cards)
}

/// A time: RFC 3339, or Beijing time without a zone.
pub(crate) fn time(text: &str) -> Result<OffsetDateTime, beijing::NotATime> {
    beijing::parse(text)
}

/// A day: `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Result<Date, time::error::Parse> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
}

/// `path` with those of the conditions (`name=value`, of token characters
/// only) that there are.
pub(crate) fn query<const N: usize>(path: &str, conditions: [Option<String>; N]) -> String {
    let mut joint = '?';
    let mut whole = path.to_owned();
    for condition in conditions.into_iter().flatten() {
        whole.push(joint);
        whole.push_str(&condition);
        joint = '&';
    }
    whole
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::new("input.unreadable", format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn cards_are_parted_by_commas_or_blanks() {
        let words = ["card_a,card_b", "card_c,", "card_d，card_e card_f"];
        let all: Vec<CardId> =
            named(words.iter().map(|word| word.parse().unwrap()).collect()).collect();
        let all: Vec<&str> = all.iter().map(CardId::as_str).collect();
        assert_eq!(all, ["card_a", "card_b", "card_c", "card_d", "card_e", "card_f"]);
        let error = "测试甲".parse::<Cards>().unwrap_err();
        assert!(error.to_string().contains("card_"), "{error}");
    }

    #[test]
    fn cards_of_a_file_follow_those_that_are_named() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "card_b\n\n  card_c \r\n").unwrap();
        let path = file.path().to_owned();
        let all = cards(vec!["card_a".parse().unwrap()], Some(&path)).unwrap();
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(all, ["card_a", "card_b", "card_c"]);

        writeln!(file, "测试甲").unwrap();
        let error = cards(Vec::new(), Some(&path)).unwrap_err();
        assert!(error.to_string().contains("line 4"), "{error}");
    }
}
