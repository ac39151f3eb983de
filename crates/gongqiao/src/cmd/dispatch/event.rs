//! What happens to a group, as commands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    id::{CardId, DispatchId},
    view,
    wire::{
        self, dispatch_state, evidence, placement_state,
        record_dispatch_event::{Correct, Event, People, Substitute},
    },
};

use crate::{
    cmd::{
        input,
        session::{Again, Session},
    },
    output::Failure,
};

/// Record an event as the API takes it (登记派遣事件).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  echo '{\"people\":{\"cards\":[\"card_a\"],\"to\":\"RETURNED\"}}' | \\
    gongqiao dispatch event dsp_… --file -")]
pub(crate) struct RawArgs {
    /// The dispatch.
    dispatch: DispatchId,
    /// JSON body of POST /v1/dispatches/{id}/events; - is stdin.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    again: Again,
}

/// Which dispatch, and as it was last seen.
#[derive(Debug, Args)]
pub(crate) struct On {
    /// The dispatch.
    dispatch: DispatchId,
    /// Refuse unless this is still its last sequence, as `show` gives it.
    #[arg(long, value_name = "N")]
    expected_sequence: Option<u64>,
    #[command(flatten)]
    again: Again,
}

#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    #[command(flatten)]
    on: On,
}

#[derive(Debug, Args)]
pub(crate) struct PeopleArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    who: Who,
}

/// Whom it is about.
#[derive(Debug, Args)]
#[group(id = "who", required = true, multiple = true)]
struct Who {
    /// Their cards.
    #[arg(value_name = "CARD")]
    cards: Vec<CardId>,
    /// File of such cards, one to a line; - is stdin.
    #[arg(long, value_name = "FILE")]
    cards_file: Option<PathBuf>,
    /// Everybody on the manifest to whom it can still happen.
    #[arg(long, conflicts_with_all = ["cards", "cards_file"])]
    all: bool,
}

/// People are at work (入职).
#[derive(Debug, Args)]
pub(crate) struct HireArgs {
    #[command(flatten)]
    people: PeopleArgs,
    /// What that rests on.
    #[arg(long, default_value = "enterprise-list")]
    evidence: Evidence,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Evidence {
    /// The enterprise's list (企业名单)
    EnterpriseList,
    /// A call to the worker (电话核实)
    WorkerCall,
    /// The insurance record (参保记录)
    InsuranceRecord,
}

/// One goes instead of another who did not turn up (替补).
#[derive(Debug, Args)]
pub(crate) struct SubstituteArgs {
    #[command(flatten)]
    on: On,
    /// Who does not go.
    #[arg(long, value_name = "CARD")]
    out: CardId,
    /// Who goes instead.
    #[arg(long = "in", value_name = "CARD")]
    instead: CardId,
}

impl RawArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let body = input::body(&self.file)?;
        session.send(&path(&self.dispatch), &body, &self.again).await
    }
}

impl MoveArgs {
    pub(super) async fn run(
        self,
        session: &Session,
        to: dispatch_state::Value,
    ) -> anyhow::Result<()> {
        self.on.record(session, Event::Move(to as i32)).await
    }
}

impl PeopleArgs {
    /// Moves people on. `from` is the state of those whom `--all` means.
    pub(super) async fn run(
        self,
        session: &Session,
        from: &str,
        to: placement_state::Value,
    ) -> anyhow::Result<()> {
        self.record(session, from, to, evidence::Value::Unspecified).await
    }

    async fn record(
        self,
        session: &Session,
        from: &str,
        to: placement_state::Value,
        evidence: evidence::Value,
    ) -> anyhow::Result<()> {
        let Self { mut on, who } = self;
        let cards = if who.all {
            let seen: view::Dispatch =
                session.get(&format!("/v1/dispatches/{}", on.dispatch)).await?;
            // Why: "all" means those who were seen, and nobody who came later.
            on.expected_sequence.get_or_insert(seen.sequence);
            let there = seen.manifest.into_iter().filter(|person| person.state == from);
            let cards: Vec<CardId> = there.map(|person| person.card).collect();
            if cards.is_empty() {
                let detail = format!("nobody of {} is {from}", on.dispatch);
                return Err(Failure::new("dispatch.nobody", detail).into());
            }
            cards
        } else {
            input::cards(who.cards, who.cards_file.as_ref())?
        };
        let cards = cards.into_iter().map(String::from).collect();
        let people = People { cards, to: to as i32, evidence: evidence as i32 };
        on.record(session, Event::People(people)).await
    }
}

impl HireArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let evidence = match self.evidence {
            Evidence::EnterpriseList => evidence::Value::EnterpriseList,
            Evidence::WorkerCall => evidence::Value::WorkerCall,
            Evidence::InsuranceRecord => evidence::Value::InsuranceRecord,
        };
        let to = placement_state::Value::Onboarded;
        self.people.record(session, "arrived", to, evidence).await
    }
}

impl SubstituteArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let swap = Substitute { out: self.out.to_string(), r#in: self.instead.to_string() };
        self.on.record(session, Event::Substitute(swap)).await
    }
}

impl On {
    pub(super) async fn correct(self, session: &Session, correct: Correct) -> anyhow::Result<()> {
        self.record(session, Event::Correct(correct)).await
    }

    async fn record(self, session: &Session, event: Event) -> anyhow::Result<()> {
        let body = wire::RecordDispatchEvent {
            event: Some(event),
            expected_sequence: self.expected_sequence.unwrap_or(0),
            ..Default::default()
        };
        session.send(&path(&self.dispatch), &body, &self.again).await
    }
}

fn path(dispatch: &DispatchId) -> String {
    format!("/v1/dispatches/{dispatch}/events")
}
