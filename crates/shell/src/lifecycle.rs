//! How a process starts tasks and ends: the first signal is soft, the second
//! hard; a crashed task takes everything down and the exit is non-zero.

use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Owns the tasks of a process. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    crashed: Arc<OnceLock<&'static str>>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Every task ended by itself or when asked.
    Clean,
    /// This task failed or panicked first, and the rest was stopped.
    Crashed(&'static str),
    /// Tasks were cut off: a second signal, or the time to end had run out.
    CutOff,
}

impl Outcome {
    /// What the process tells its parent: 0 only when clean.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Clean => ExitCode::SUCCESS,
            Self::Crashed(_) | Self::CutOff => ExitCode::FAILURE,
        }
    }
}

impl Lifecycle {
    /// A lifecycle without tasks that listens to no signal yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process should end: stop taking work, finish what
    /// was taken.
    pub fn token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Asks everything to end, as the first signal does.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Starts to listen to SIGINT and SIGTERM. The first asks everything to
    /// end, the second cuts off what has not.
    ///
    /// # Errors
    /// The system refuses the handlers.
    pub fn listen_for_signals(&self) -> std::io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (soft, hard) = (self.soft.clone(), self.hard.clone());
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    _ = interrupt.recv() => "SIGINT",
                    _ = terminate.recv() => "SIGTERM",
                };
                if soft.is_cancelled() {
                    tracing::warn!(signal = name, "cutting off");
                    hard.cancel();
                    return;
                }
                tracing::info!(signal = name, "ending; once more cuts off");
                soft.cancel();
            }
        });
        Ok(())
    }

    /// Starts a task. If it fails or panics, everything is asked to end and
    /// the outcome names it. One that returns `Ok` has done its work.
    pub fn spawn<F, E>(&self, name: &'static str, future: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<anyhow::Error> + Send + 'static,
    {
        let this = self.clone();
        self.tasks.spawn(async move {
            // Why: a task of its own turns a panic into a value.
            let mut task = tokio::spawn(async move { future.await.map_err(Into::into) });
            let ended = tokio::select! {
                ended = &mut task => ended,
                () = this.hard.cancelled() => {
                    task.abort();
                    task.await
                }
            };
            match ended {
                Ok(Ok(())) => tracing::debug!(task = name, "ended"),
                Ok(Err(error)) => {
                    tracing::error!(task = name, error = format!("{error:#}"), "failed");
                    this.crash(name);
                }
                Err(error) if error.is_panic() => {
                    tracing::error!(task = name, "panicked");
                    this.crash(name);
                }
                Err(_) => tracing::warn!(task = name, "cut off"),
            }
        });
    }

    /// Waits until something asks the process to end, or every task has.
    pub async fn stopping(&self) {
        self.tasks.close();
        tokio::select! {
            () = self.soft.cancelled() => {}
            () = self.tasks.wait() => {}
        }
    }

    /// Asks everything to end, gives it `timeout`, then cuts off the rest.
    pub async fn shutdown(&self, timeout: Duration) -> Outcome {
        self.soft.cancel();
        self.tasks.close();
        let timed_out = tokio::time::timeout(timeout, self.tasks.wait()).await.is_err();
        if timed_out {
            self.hard.cancel();
            self.tasks.wait().await;
        }
        match self.crashed.get() {
            Some(name) => Outcome::Crashed(name),
            // Why: asked last, for a second signal ends the tasks as well.
            None if self.hard.is_cancelled() => Outcome::CutOff,
            None => Outcome::Clean,
        }
    }

    /// [`Self::stopping`], then [`Self::shutdown`].
    pub async fn run(&self, timeout: Duration) -> Outcome {
        self.stopping().await;
        self.shutdown(timeout).await
    }

    fn crash(&self, name: &'static str) {
        let _ = self.crashed.set(name);
        self.soft.cancel();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn with_a_willing_task() -> Lifecycle {
        let lifecycle = Lifecycle::new();
        let token = lifecycle.token();
        lifecycle.spawn("willing", async move {
            token.cancelled().await;
            anyhow::Ok(())
        });
        lifecycle
    }

    #[tokio::test]
    async fn a_failing_task_ends_the_rest_and_the_exit_is_not_zero() {
        let lifecycle = with_a_willing_task();
        lifecycle.spawn("failing", async { Err(anyhow::anyhow!("broken")) });
        let outcome = lifecycle.run(LONG).await;
        assert_eq!(outcome, Outcome::Crashed("failing"));
        assert_ne!(format!("{:?}", outcome.exit_code()), format!("{:?}", ExitCode::SUCCESS));
    }

    #[tokio::test]
    async fn a_panicking_task_counts_as_crashed() {
        let lifecycle = with_a_willing_task();
        lifecycle.spawn("panicking", async {
            std::panic::resume_unwind(Box::new("on purpose"));
            #[expect(unreachable_code, reason = "gives the future its type")]
            anyhow::Ok(())
        });
        assert_eq!(lifecycle.run(LONG).await, Outcome::Crashed("panicking"));
    }

    #[tokio::test]
    async fn tasks_that_end_when_asked_make_a_clean_end() {
        let lifecycle = with_a_willing_task();
        lifecycle.stop();
        assert_eq!(lifecycle.run(LONG).await, Outcome::Clean);
    }

    #[tokio::test]
    async fn a_process_whose_tasks_have_all_ended_ends() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("done", async { anyhow::Ok(()) });
        assert_eq!(lifecycle.run(LONG).await, Outcome::Clean);
    }

    #[tokio::test]
    async fn a_task_that_ignores_the_end_is_cut_off() {
        let lifecycle = Lifecycle::new();
        lifecycle.spawn("deaf", pending::<anyhow::Result<()>>());
        assert_eq!(lifecycle.shutdown(Duration::from_millis(10)).await, Outcome::CutOff);
    }

    #[tokio::test]
    async fn a_crash_while_ending_is_still_told() {
        let lifecycle = with_a_willing_task();
        let token = lifecycle.token();
        lifecycle.spawn("late", async move {
            token.cancelled().await;
            Err(anyhow::anyhow!("could not flush"))
        });
        assert_eq!(lifecycle.shutdown(LONG).await, Outcome::Crashed("late"));
    }

    fn send_to_self(signal: &str) {
        let me = std::process::id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &me]).status().unwrap().success());
    }

    #[tokio::test]
    async fn the_first_signal_asks_and_the_second_cuts_off() {
        let lifecycle = Lifecycle::new();
        lifecycle.listen_for_signals().unwrap();
        lifecycle.spawn("deaf", pending::<anyhow::Result<()>>());
        send_to_self("-TERM");
        lifecycle.stopping().await;
        let ending = lifecycle.shutdown(LONG);
        send_to_self("-INT");
        assert_eq!(ending.await, Outcome::CutOff);
    }
}
