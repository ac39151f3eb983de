//! The embedded broker of another process, and whose streams somebody sees.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    child::{port_in, url},
    claims::{Claims, token_of_creds},
    config::Layout,
};

/// Where the broker of another process answers, and as whom it is spoken to.
#[derive(Debug, Clone)]
pub struct Running {
    /// The address for clients.
    pub url: String,
    /// The `.creds` file of this software's own services.
    pub creds: PathBuf,
}

/// The broker that another process runs on `data_dir`, as far as its files say
/// so: they stay behind when it was killed, so whether it answers is to be
/// tried.
pub fn running(data_dir: &Path) -> Option<Running> {
    let layout = Layout::of(data_dir);
    let pid = fs::read_to_string(layout.pid()).ok()?.trim().parse().ok()?;
    let port = port_in(&layout.ports(), pid)?;
    Some(Running { url: url(port), creds: layout.keys.join("gq-service.creds") })
}

/// The public key of the account whose streams are seen with a `.creds` file.
pub fn account_of(creds: &Path) -> Option<String> {
    let text = fs::read_to_string(creds).ok()?;
    let claims = Claims::verified(token_of_creds(&text)?)?;
    // Why: a user may be signed by a key of the account instead of its own.
    let account = claims.nats["issuer_account"].as_str().map(str::to_owned);
    Some(account.unwrap_or(claims.iss))
}
