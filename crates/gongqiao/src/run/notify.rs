//! The notifier, with the adapter that the configuration names.

use gongqiao_notify::{Adapter, Log, Notifier, READER, Webhook};
use gongqiao_shell::{
    Clock, Health,
    config::{NotifyAdapter, NotifyConfig},
};
use gongqiao_stream::{
    Connection, StreamError,
    consume::{attach, detach},
};

use super::stack::Stack;

/// Has the broker remember from here on what is to be told. Or, where nobody
/// is to be told, forget it: so that nobody hears later of all that happened
/// meanwhile.
pub(super) async fn prepare(
    connection: &Connection,
    config: &NotifyConfig,
) -> Result<(), StreamError> {
    match config.adapter {
        NotifyAdapter::Off => detach(connection, &READER).await,
        NotifyAdapter::Log | NotifyAdapter::Webhook => attach(connection, &READER).await,
    }
}

/// Starts to tell.
pub(super) fn start(stack: &Stack, health: &Health) -> anyhow::Result<()> {
    let (config, server) = (&stack.config.notify, &stack.config.server);
    let origin = server.public_url.as_deref().unwrap_or(&stack.origin);
    let origin = origin.trim_end_matches('/').to_owned();
    match config.adapter {
        NotifyAdapter::Off => {}
        NotifyAdapter::Log => run(stack, health, Log { origin }),
        NotifyAdapter::Webhook => {
            // Why: the receiver knows no virtual clock, and refuses old requests.
            let clock = if stack.clock.is_manual() { Clock::system() } else { stack.clock.clone() };
            run(stack, health, Webhook::open(config, clock, origin)?);
        }
    }
    Ok(())
}

fn run(stack: &Stack, health: &Health, adapter: impl Adapter) {
    let attempts = stack.config.notify.attempts;
    let notifier =
        Notifier::new(stack.live.clone(), adapter, attempts, health.clone(), stack.lot());
    let token = stack.lifecycle.token();
    stack.lifecycle.spawn("notify", async move {
        notifier.run(&READER, &token).await;
        anyhow::Ok(())
    });
}
