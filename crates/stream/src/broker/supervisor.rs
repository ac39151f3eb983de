//! The loop that keeps one server running, on a thread of its own.

use std::{collections::VecDeque, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep},
};

use super::{
    BrokerError, BrokerState, RestartPolicy,
    child::{Launcher, Server},
};

const MINUTE: Duration = Duration::from_secs(60);

/// What the supervisor can be asked for. A closed channel means: kill the server, end.
#[derive(Debug)]
pub(super) enum Order {
    /// End the server politely and the supervisor with it; answered when both are gone.
    Stop(oneshot::Sender<()>),
    /// Kill the server and leave it so; answered when it is gone.
    #[cfg(feature = "testing")]
    Kill(oneshot::Sender<()>),
    /// Start it (again), on the same port; answered when it answers.
    #[cfg(feature = "testing")]
    Restart(oneshot::Sender<Result<(), BrokerError>>),
}

/// What is going on.
enum Phase {
    Serving(Server),
    Launching(Launch),
    /// No server, and none will be started unasked.
    Halted,
    /// The end; the sender, if any, waits for it.
    Ended(Option<oneshot::Sender<()>>),
}

/// One attempt to get a server up.
struct Launch {
    wait: Duration,
    /// How many attempts in a row have failed.
    failed: u32,
    answer: Option<oneshot::Sender<Result<(), BrokerError>>>,
}

impl Launch {
    fn after_death(policy: &RestartPolicy) -> Self {
        Self { wait: policy.first_wait, failed: 0, answer: None }
    }
}

pub(super) struct Supervisor {
    launcher: Launcher,
    policy: RestartPolicy,
    port: u16,
    orders: mpsc::Receiver<Order>,
    state: watch::Sender<BrokerState>,
    restarts: u32,
    recent: VecDeque<Instant>,
}

/// Starts the server, tells its port, and keeps it running until it is told otherwise.
pub(super) async fn run(
    launcher: Launcher,
    policy: RestartPolicy,
    port: Option<u16>,
    mut orders: mpsc::Receiver<Order>,
    state: watch::Sender<BrokerState>,
    started: oneshot::Sender<Result<u16, BrokerError>>,
) {
    let (server, port) = match first_launch(&launcher, port, &mut orders).await {
        Ok(Some(up)) => up,
        Ok(None) => return,
        Err(error) => {
            // Why: whoever starts again at once must find the lock free.
            drop(launcher);
            let _ = started.send(Err(error));
            return;
        }
    };
    state.send_replace(BrokerState::Up { pid: server.pid, restarts: 0 });
    let mut server = server;
    if started.send(Ok(port)).is_err() {
        server.kill().await;
        return;
    }
    let supervisor =
        Supervisor { launcher, policy, port, orders, state, restarts: 0, recent: VecDeque::new() };
    if let Some(waiting) = supervisor.keep(server).await {
        let _ = waiting.send(());
    }
}

/// `None` if nobody waits for it any more.
async fn first_launch(
    launcher: &Launcher,
    port: Option<u16>,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<Option<(Server, u16)>, BrokerError> {
    let mut server = launcher.spawn(port)?;
    let outcome = tokio::select! {
        outcome = launcher.ready(&mut server) => Some(outcome),
        _ = orders.recv() => None,
    };
    match outcome {
        Some(Ok(port)) => Ok(Some((server, port))),
        Some(Err(error)) => {
            server.kill().await;
            Err(error)
        }
        None => {
            server.kill().await;
            Ok(None)
        }
    }
}

impl Supervisor {
    /// Runs until the end, and gives back who waits for it; everything, the lock too, is released by then.
    async fn keep(mut self, server: Server) -> Option<oneshot::Sender<()>> {
        let mut phase = Phase::Serving(server);
        loop {
            phase = match phase {
                Phase::Serving(server) => self.serve(server).await,
                Phase::Launching(launch) => self.launch(launch).await,
                Phase::Halted => {
                    let order = self.orders.recv().await;
                    self.obey(order, None).await
                }
                Phase::Ended(waiting) => return waiting,
            };
        }
    }

    async fn serve(&mut self, mut server: Server) -> Phase {
        let order = tokio::select! {
            status = server.wait() => {
                tracing::warn!(pid = server.pid, %status, "nats-server ended by itself; starting it again");
                return self.relaunch(Launch::after_death(&self.policy));
            }
            order = self.orders.recv() => order,
        };
        self.obey(order, Some(server)).await
    }

    async fn launch(&mut self, launch: Launch) -> Phase {
        let order = tokio::select! {
            () = sleep(launch.wait) => None,
            order = self.orders.recv() => Some(order),
        };
        if let Some(order) = order {
            return self.obey(order, None).await;
        }
        let mut server = match self.launcher.spawn(Some(self.port)) {
            Ok(server) => server,
            Err(error) => return self.failed(launch, error),
        };
        let outcome = tokio::select! {
            outcome = self.launcher.ready(&mut server) => outcome,
            order = self.orders.recv() => return self.obey(order, Some(server)).await,
        };
        if let Err(error) = outcome {
            server.kill().await;
            return self.failed(launch, error);
        }
        tracing::info!(pid = server.pid, restarts = self.restarts, "nats-server is up again");
        self.state.send_replace(BrokerState::Up { pid: server.pid, restarts: self.restarts });
        if let Some(answer) = launch.answer {
            let _ = answer.send(Ok(()));
        }
        Phase::Serving(server)
    }

    /// What follows an attempt that failed: another after a longer wait, or giving up.
    ///
    /// Why the wait: another socket may hold the port for a moment, even a client's that connected to itself.
    fn failed(&mut self, launch: Launch, error: BrokerError) -> Phase {
        tracing::error!(%error, attempt = launch.failed + 1, "nats-server did not come up");
        if let Some(answer) = launch.answer {
            self.state.send_replace(BrokerState::Down);
            let _ = answer.send(Err(error));
            return Phase::Halted;
        }
        let failed = launch.failed + 1;
        if failed >= self.policy.most_failed_attempts {
            return self.give_up(error.to_string());
        }
        let wait = (launch.wait * 2).min(self.policy.longest_wait);
        self.relaunch(Launch { wait, failed, answer: None })
    }

    fn relaunch(&mut self, launch: Launch) -> Phase {
        let now = Instant::now();
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|at| now.duration_since(*at) > MINUTE) {
            self.recent.pop_front();
        }
        if self.recent.len() > self.policy.most_per_minute {
            return self
                .give_up(format!("started {} times within a minute", self.policy.most_per_minute));
        }
        self.restarts += 1;
        self.state.send_replace(BrokerState::Restarting { restarts: self.restarts });
        Phase::Launching(launch)
    }

    fn give_up(&mut self, reason: String) -> Phase {
        tracing::error!(%reason, "giving up on nats-server");
        self.state.send_replace(BrokerState::Failed { reason });
        Phase::Halted
    }

    async fn obey(&mut self, order: Option<Order>, server: Option<Server>) -> Phase {
        match order {
            None => {
                kill(server).await;
                self.state.send_replace(BrokerState::Down);
                Phase::Ended(None)
            }
            Some(Order::Stop(waiting)) => {
                if let Some(server) = server {
                    self.launcher.stop(server).await;
                }
                self.state.send_replace(BrokerState::Down);
                Phase::Ended(Some(waiting))
            }
            #[cfg(feature = "testing")]
            Some(Order::Kill(waiting)) => {
                kill(server).await;
                self.state.send_replace(BrokerState::Down);
                let _ = waiting.send(());
                Phase::Halted
            }
            #[cfg(feature = "testing")]
            Some(Order::Restart(answer)) => {
                if let Some(server) = server {
                    self.launcher.stop(server).await;
                }
                self.restarts += 1;
                self.state.send_replace(BrokerState::Restarting { restarts: self.restarts });
                Phase::Launching(Launch { wait: Duration::ZERO, failed: 0, answer: Some(answer) })
            }
        }
    }
}

async fn kill(server: Option<Server>) {
    if let Some(mut server) = server {
        server.kill().await;
    }
}
