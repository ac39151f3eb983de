//! What is printed: tables for people, JSON for programs, problems on stderr.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::{
    CommandFactory as _,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Row, Table, presets};
use gongqiao_client::ClientError;
use gongqiao_contract::{Lang, Refusal, view::Problem};
use gongqiao_shell::ConfigError;
use gongqiao_stream::{StreamError, broker::BrokerError, snapshot::SnapshotError};
use gongqiao_vault::VaultError;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{cli::Cli, run::BackupError};

/// Exit codes. They are part of the interface, and stand in `--help`.
pub(crate) mod exit {
    /// Refused, or failed.
    pub(crate) const FAILED: u8 = 1;
    /// An import went through, but some of its rows were refused.
    pub(crate) const SOME_REFUSED: u8 = 2;
    /// The command line is wrong (EX_USAGE of sysexits.h).
    pub(crate) const USAGE: u8 = 64;
}

/// Something wrong on this side of the wire.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Failure {
    code: &'static str,
    detail: String,
}

impl Failure {
    /// A failure with its stable code.
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// What to do about an error; goes around the error as its context.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Hint(pub(crate) String);

/// How results are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// JSON for programs instead of tables for people.
    pub(crate) json: bool,
    /// Language of headings.
    pub(crate) lang: Lang,
    terminal: bool,
    colour: bool,
}

impl Output {
    /// For this process's stdout.
    pub(crate) fn new(json: bool, lang: Lang) -> Self {
        let terminal = io::stdout().is_terminal();
        // Why: https://no-color.org, "present and not an empty string".
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { json, lang, terminal, colour: terminal && !refused }
    }

    /// Prints `value` as JSON, or else the text for people.
    pub(crate) fn show<T: Serialize + ?Sized>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { text() };
        match writeln!(io::stdout().lock(), "{text}") {
            // Why: whoever read us has seen enough (`| head`); the work is done.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Whichever of the two is in the user's language.
    pub(crate) fn say<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// Whether a moving bar would be seen, and disturb nobody.
    pub(crate) fn may_move(&self) -> bool {
        self.terminal && !self.json && io::stderr().is_terminal()
    }

    /// A moving bar, if it would be seen.
    pub(crate) fn bar(&self, template: &str) -> ProgressBar {
        if !self.may_move() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(0);
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }

    /// A list with headings, each in English and Chinese.
    pub(crate) fn table(&self, headings: &[(&str, &str)], rows: Vec<Vec<Cell>>) -> String {
        if rows.is_empty() {
            return self.say("nothing to show", "没有内容").to_owned();
        }
        let heading =
            |(en, zh): &(&str, &str)| Cell::new(self.say(en, zh)).add_attribute(Attribute::Bold);
        let mut table = self.bare();
        table.set_header(Row::from(headings.iter().map(heading).collect::<Vec<_>>()));
        table.add_rows(rows);
        table.trim_fmt()
    }

    /// Names and values of one thing.
    pub(crate) fn details(&self, lines: Vec<((&str, &str), Cell)>) -> String {
        let mut table = self.bare();
        for ((en, zh), value) in lines {
            table.add_row(vec![Cell::new(self.say(en, zh)).add_attribute(Attribute::Bold), value]);
        }
        table.trim_fmt()
    }

    fn bare(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if self.terminal {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        if !self.colour {
            let width = table.width();
            table.force_no_tty();
            width.map(|width| table.set_width(width));
        }
        table
    }
}

/// One cell. What came over the wire can't steer the terminal.
pub(crate) fn cell(value: impl ToString) -> Cell {
    Cell::new(printable(&value.to_string()))
}

/// A cell that shows a state in words, coloured by what its code means for
/// whoever looks.
pub(crate) fn coloured(code: &str, shown: &str) -> Cell {
    let colour = match code {
        "ok" | "open" | "filled" | "signed" | "accepted" | "answered" | "arrived" | "closed"
        | "onboarded" => Some(Color::Green),
        "warn" | "partly" | "opened" | "departed" | "held" | "boarded" | "escalated" => {
            Some(Color::Yellow)
        }
        "fail" | "declined" | "cancelled" | "withdrawn" | "lapsed" | "revoked" | "terminated"
        | "ended" | "no_show" | "not_hired" => Some(Color::Red),
        _ => None,
    };
    match colour {
        Some(colour) => cell(shown).fg(colour),
        None => cell(shown),
    }
}

/// An RFC 3339 time of the API as people read it: minutes in Beijing.
pub(crate) fn when(text: &str) -> Cell {
    cell(minutes(text))
}

/// The same as text.
pub(crate) fn minutes(text: &str) -> String {
    use gongqiao_shell::beijing;
    beijing::parse(text).map_or_else(|_| text.to_owned(), beijing::minutes)
}

/// `text` without control characters, line ends apart.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Says what is wrong with the command line; or shows the help that it asks for.
pub(crate) fn usage(mut usage: clap::Error) -> ExitCode {
    // Why: clap counts what stands in the environment as given, and would show
    // global options in a usage line as if they were required.
    if usage.get(ContextKind::Usage).is_some() {
        let line = usage_line(std::env::args().skip(1));
        usage.insert(ContextKind::Usage, ContextValue::StyledStr(line));
    }
    // Why: nobody is left to tell when this can't be written.
    let _ = usage.print();
    match usage.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(exit::USAGE),
    }
}

/// How the command that was meant is used.
fn usage_line(words: impl Iterator<Item = String>) -> StyledStr {
    let mut meant = Cli::command();
    meant.build();
    for word in words {
        if let Some(inner) = meant.find_subcommand(&word).cloned() {
            meant = inner;
        }
    }
    meant.render_usage()
}

/// Says why a command came to nothing.
pub(crate) fn failed(error: &anyhow::Error, json: bool) -> ExitCode {
    let text = problem_text(error, json);
    // Why: nobody is left to tell when this can't be written.
    let _ = writeln!(io::stderr().lock(), "{text}");
    ExitCode::from(exit::FAILED)
}

fn problem_text(error: &anyhow::Error, json: bool) -> String {
    let problem = problem(error);
    if json && let Ok(text) = serde_json::to_string(&problem) {
        return text;
    }
    let mut text = format!("error[{}]: {}", problem.code, printable(&problem.detail));
    if let Some(pointer) = problem.pointer.as_deref().filter(|pointer| !pointer.is_empty()) {
        text.push_str(&format!("\n  at {}", printable(pointer)));
    }
    if let Some(hint) = error.downcast_ref::<Hint>() {
        text.push_str(&format!("\n  {hint}"));
    }
    text
}

/// An error as a problem of the API looks: its code, and the text.
fn problem(error: &anyhow::Error) -> Problem {
    for cause in error.chain() {
        if let Some(ClientError::Refused(problem)) = cause.downcast_ref() {
            return Problem::clone(problem);
        }
        if let Some(code) = code(cause) {
            return local(code, in_full(cause));
        }
    }
    local("failed", format!("{error:#}"))
}

fn code<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a str> {
    cause
        .downcast_ref::<ClientError>()
        .map(ClientError::code)
        .or_else(|| cause.downcast_ref::<Failure>().map(|e| e.code))
        .or_else(|| cause.downcast_ref::<ConfigError>().map(ConfigError::code))
        .or_else(|| cause.downcast_ref::<BrokerError>().map(BrokerError::code))
        .or_else(|| cause.downcast_ref::<StreamError>().map(StreamError::code))
        .or_else(|| cause.downcast_ref::<SnapshotError>().map(SnapshotError::code))
        .or_else(|| cause.downcast_ref::<VaultError>().map(VaultError::code))
        .or_else(|| cause.downcast_ref::<BackupError>().map(BackupError::code))
        .or_else(|| cause.downcast_ref::<Refusal>().map(|e| e.code.as_str()))
}

/// The text of an error with those of its causes that it does not quote.
fn in_full(cause: &(dyn Error + 'static)) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text
}

fn local(code: &str, detail: String) -> Problem {
    Problem { code: code.to_owned(), detail, status: 0, pointer: None, params: Default::default() }
}

#[cfg(test)]
mod tests {
    use gongqiao_contract::Code;

    use super::*;

    fn refused() -> anyhow::Error {
        ClientError::Refused(Box::new(Problem {
            code: "vacancy.full".to_owned(),
            detail: "Only 6 seats are left".to_owned(),
            status: 409,
            pointer: Some("/commit/cards/3".to_owned()),
            params: Default::default(),
        }))
        .into()
    }

    #[test]
    fn a_refusal_is_shown_with_its_code_its_place_and_what_to_do() {
        let text = problem_text(&refused().context(Hint("do this".to_owned())), false);
        let expected =
            "error[vacancy.full]: Only 6 seats are left\n  at /commit/cards/3\n  do this";
        assert_eq!(text, expected);
    }

    #[test]
    fn with_json_the_problem_itself_is_printed() {
        let text = problem_text(&refused().context(Hint("do this".to_owned())), true);
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["code"], "vacancy.full");
        assert_eq!(back["pointer"], "/commit/cards/3");
        assert_eq!(back["status"], 409);
    }

    #[test]
    fn every_error_of_ours_keeps_its_code_under_any_context() {
        let errors: [(anyhow::Error, &str); 4] = [
            (Failure::new("key.missing", "no key").into(), "key.missing"),
            (Refusal::new(Code::RosterDamaged).into(), "roster.damaged"),
            (StreamError::Unreachable("gone".to_owned()).into(), "stream.unreachable"),
            (anyhow::anyhow!("something else"), "failed"),
        ];
        for (error, code) in errors {
            assert_eq!(problem(&error.context("while doing it")).code, code);
        }
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}c\nd"), "a\u{fffd}[2Jb\u{fffd}c\nd");
    }

    #[test]
    fn a_table_without_a_terminal_has_no_escape_sequences() {
        let output = Output { json: false, lang: Lang::Zh, terminal: false, colour: false };
        let table = output.table(&[("State", "状态")], vec![vec![coloured("open", "招工中")]]);
        assert_eq!(table.lines().map(str::trim).collect::<Vec<_>>(), ["状态", "招工中"]);
        assert_eq!(output.table(&[("State", "状态")], Vec::new()), "没有内容");
    }
}
