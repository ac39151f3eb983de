//! `keys`: the keys of a broker that runs elsewhere, made before it starts.

use std::process::ExitCode;

use comfy_table::Cell;
use gongqiao_shell::{Clock, Config};
use gongqiao_stream::broker::Identity;
use serde_json::json;

use crate::{cli::Global, output::Output};

/// Makes the broker's keys in the data directory, unless they are there.
pub(crate) fn keys(global: &Global, output: Output) -> anyhow::Result<ExitCode> {
    let named =
        global.data_dir.iter().map(|dir| ("data.dir".to_owned(), dir.display().to_string()));
    let config = Config::load(global.config.as_deref(), &named.collect::<Vec<_>>())?;
    let dir = config.data.dir.join("keys");
    let identity = Identity::load_or_create(&dir, Clock::system().now())?;
    let (operator, creds) = (dir.join("operator.conf"), identity.service_creds_path());
    let made = json!({ "operatorConf": operator, "creds": creds });
    output.show(&made, || {
        output.details(vec![
            (
                ("operator.conf, for nats-server", "operator.conf（供 nats-server 引用）"),
                Cell::new(operator.display()),
            ),
            (("nats.creds", "nats.creds（凭证文件）"), Cell::new(creds.display())),
        ])
    })?;
    Ok(ExitCode::SUCCESS)
}
