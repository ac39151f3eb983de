//! `doctor`: what is found, what is wrong, what to do.

mod broker;
mod data;
mod notify;
mod server;

use std::process::ExitCode;

use gongqiao_contract::words::Sort;
use gongqiao_shell::{Config, config::DEFAULT_FILE};
use serde::Serialize;

use crate::{
    cli::Global,
    cmd::words::state,
    output::{Output, cell, exit},
};

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    Ok,
    Warn,
    Fail,
}

impl Grade {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    status: Grade,
    /// What was found.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, status: Grade::Ok, found: found.into(), advice: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, status: Grade::Warn, found: found.into(), advice: Some(advice.into()) }
    }

    fn fail(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, status: Grade::Fail, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
struct Report {
    status: Grade,
    checks: Vec<Check>,
}

/// Looks at everything, changes nothing, and says it.
pub(super) async fn doctor(global: &Global, output: Output) -> anyhow::Result<ExitCode> {
    let (config, check) = configuration(global);
    let mut checks = vec![check];
    checks.extend(data::look(&config));
    checks.extend(broker::look(&config).await);
    checks.extend(notify::look(&config.notify).await);
    checks.extend(server::look(global, &config).await?);
    let status = checks.iter().map(|check| check.status).max().unwrap_or(Grade::Ok);
    let report = Report { status, checks };
    output.show(&report, || {
        let headings =
            [("Status", "状态"), ("What", "项目"), ("Found", "情况"), ("What to do", "处理办法")];
        let rows = report.checks.iter().map(|check| {
            vec![
                state(&output, Sort::Standing, check.status.as_str()),
                cell(check.name),
                cell(&check.found),
                cell(check.advice.as_deref().unwrap_or_default()),
            ]
        });
        output.table(&headings, rows.collect())
    })?;
    Ok(match status {
        Grade::Fail => ExitCode::from(exit::FAILED),
        Grade::Ok | Grade::Warn => ExitCode::SUCCESS,
    })
}

/// The configuration, or the defaults where it can't be read.
fn configuration(global: &Global) -> (Config, Check) {
    let dir = global.data_dir.iter().map(|dir| ("data.dir".to_owned(), dir.display().to_string()));
    let overrides: Vec<_> = dir.collect();
    let named = global.config.as_deref();
    match Config::load(named, &overrides) {
        Ok(config) => {
            let file = match named {
                Some(path) => path.display().to_string(),
                None if std::path::Path::new(DEFAULT_FILE).exists() => DEFAULT_FILE.to_owned(),
                None => format!("no {DEFAULT_FILE} here, so defaults"),
            };
            (config, Check::ok("configuration", format!("{file}; then environment and flags")))
        }
        Err(error) => {
            let found = format!("{}: {error}", error.code());
            let advice = "correct it; what follows looks at the defaults instead";
            (Config::default(), Check::fail("configuration", found, advice))
        }
    }
}
