//! What happens to a group, as commands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    Lang,
    id::{CardId, DispatchId, PartyId},
    view,
    wire::{
        self, dispatch_state, evidence, placement_state,
        record_dispatch_event::{Correct, Event, People, Substitute},
    },
    words::Sort,
};
use gongqiao_domain::decide::serves;

use crate::{
    cmd::{
        input::{self, Cards},
        session::{Again, Session},
        words::words,
    },
    output::{Failure, Output},
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

/// A step of the whole group that somebody must have seen.
#[derive(Debug, Args)]
pub(crate) struct SeenArgs {
    #[command(flatten)]
    on: On,
    /// What it rests on; by default the roll call, or the handover (佐证).
    #[arg(long)]
    evidence: Option<Evidence>,
}

#[derive(Debug, Args)]
pub(crate) struct PeopleArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    who: Who,
    /// What it rests on; without it, what such a step usually rests on (佐证).
    #[arg(long)]
    evidence: Option<Evidence>,
}

/// Whom it is about.
#[derive(Debug, Args)]
#[group(id = "who", required = true, multiple = true)]
struct Who {
    /// Their cards, parted by commas or blanks.
    #[arg(value_name = "CARD")]
    cards: Vec<Cards>,
    /// File of such cards; - is stdin.
    #[arg(long, value_name = "FILE")]
    cards_file: Option<PathBuf>,
    /// Everybody on the manifest to whom it can still happen; for a service
    /// point on a shared coach, of its own people.
    #[arg(long, conflicts_with_all = ["cards", "cards_file"])]
    all: bool,
}

/// People are at work (入职).
#[derive(Debug, Args)]
#[command(after_help = "Example:
  gongqiao dispatch onboard dsp_… --all --evidence enterprise-list

The enterprise records it by its own list or the insurance record; a service
point, when the worker has said so on the phone, or by the insurance record.")]
pub(crate) struct HireArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    who: Who,
    /// What that rests on; nobody is at work without it (佐证).
    #[arg(long)]
    evidence: Evidence,
}

/// People come to another state (登记人员状态).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch people dsp_… card_a --to left-en-route
  gongqiao dispatch people dsp_… card_a --to ended --evidence worker-call")]
pub(crate) struct StateArgs {
    #[command(flatten)]
    people: PeopleArgs,
    /// Where they are now.
    #[arg(long, value_name = "STATE")]
    to: State,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// The person's own decision (本人放弃)
    Declined,
    /// Got off on the way (中途下车)
    LeftEnRoute,
    /// Came alone and is there (已到厂)
    Arrived,
    /// Another post in the enterprise (已转岗)
    Transferred,
    /// Work ended (已离职)
    Ended,
    /// Went home (已返乡)
    Returned,
}

impl State {
    fn wire(self) -> placement_state::Value {
        match self {
            Self::Declined => placement_state::Value::Declined,
            Self::LeftEnRoute => placement_state::Value::LeftEnRoute,
            Self::Arrived => placement_state::Value::Arrived,
            Self::Transferred => placement_state::Value::Transferred,
            Self::Ended => placement_state::Value::Ended,
            Self::Returned => placement_state::Value::Returned,
        }
    }

    /// Whom `--all` means: those to whom it can happen.
    fn from(self) -> &'static [&'static str] {
        match self {
            Self::Declined => &["held", "arrived"],
            Self::LeftEnRoute | Self::Arrived => &["boarded"],
            Self::Transferred => &["onboarded"],
            Self::Ended | Self::Returned => &["onboarded", "transferred"],
        }
    }
}

/// What a step rests on.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Evidence {
    /// The enterprise's list (企业名单)
    EnterpriseList,
    /// A call to the worker (本人电话确认)
    WorkerCall,
    /// The insurance record (参保记录)
    InsuranceRecord,
    /// The roll at the coach door (车门点名)
    RollCall,
    /// The receiving side took over (接收方交接)
    Handover,
    /// Who travelled along saw it (跟车管理员)
    Attendant,
    /// The enterprise's notice (企业通知)
    EnterpriseNotice,
}

impl From<Evidence> for evidence::Value {
    fn from(one: Evidence) -> Self {
        match one {
            Evidence::EnterpriseList => Self::EnterpriseList,
            Evidence::WorkerCall => Self::WorkerCall,
            Evidence::InsuranceRecord => Self::InsuranceRecord,
            Evidence::RollCall => Self::RollCall,
            Evidence::Handover => Self::Handover,
            Evidence::Attendant => Self::Attendant,
            Evidence::EnterpriseNotice => Self::EnterpriseNotice,
        }
    }
}

/// What was given, or nothing: the gate then knows what is usual.
fn given(evidence: Option<Evidence>) -> evidence::Value {
    evidence.map_or(evidence::Value::Unspecified, evidence::Value::from)
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

impl SeenArgs {
    pub(super) async fn run(
        self,
        session: &Session,
        to: dispatch_state::Value,
    ) -> anyhow::Result<()> {
        let evidence = given(self.evidence);
        self.on.record_on(session, Event::Move(to as i32), evidence).await
    }
}

impl PeopleArgs {
    /// Moves people on. `from` are the states of those whom `--all` means.
    pub(super) async fn run(
        self,
        session: &Session,
        from: &[&str],
        to: placement_state::Value,
    ) -> anyhow::Result<()> {
        let Self { on, who, evidence } = self;
        who.come_to(session, on, from, to, given(evidence)).await
    }
}

impl Who {
    async fn come_to(
        self,
        session: &Session,
        mut on: On,
        from: &[&str],
        to: placement_state::Value,
        evidence: evidence::Value,
    ) -> anyhow::Result<()> {
        let cards = if self.all {
            let seen: view::Dispatch =
                session.get(&format!("/v1/dispatches/{}", on.dispatch)).await?;
            // Why: "all" means those who were seen, and nobody who came later.
            on.expected_sequence.get_or_insert(seen.sequence);
            let desk = session.desk().await?.map(|me| me.party);
            let cards = all(&seen, from, to, desk.as_ref());
            if cards.is_empty() {
                return Err(nobody(&session.output, &on.dispatch, from).into());
            }
            cards
        } else {
            input::cards(self.cards, self.cards_file.as_ref())?
        };
        let cards = cards.into_iter().map(String::from).collect();
        let people = People { cards, to: to as i32, evidence: evidence as i32 };
        on.record(session, Event::People(people)).await
    }
}

/// Steps that the desk that leads a group records for everybody on the coach.
const ON_THE_COACH: [placement_state::Value; 3] = [
    placement_state::Value::Boarded,
    placement_state::Value::NoShow,
    placement_state::Value::LeftEnRoute,
];

/// Those to whom it can happen. A service point that shares a coach means its
/// own people; the one that leads it calls the roll for all of them.
fn all(
    seen: &view::Dispatch,
    from: &[&str],
    to: placement_state::Value,
    desk: Option<&PartyId>,
) -> Vec<CardId> {
    let means = |point: &PartyId| match desk {
        None => true,
        Some(desk) => {
            serves(desk, point) || serves(desk, &seen.point) && ON_THE_COACH.contains(&to)
        }
    };
    let there = seen.manifest.iter();
    let there = there.filter(|one| from.contains(&one.state.as_str()) && means(&one.point));
    there.map(|one| one.card.clone()).collect()
}

fn nobody(output: &Output, dispatch: &DispatchId, from: &[&str]) -> Failure {
    let states = words(output, Sort::PlacementState, from.iter().copied());
    let detail = match output.lang {
        Lang::En => format!("nobody of yours in {dispatch} is {states}"),
        Lang::Zh => format!("批次 {dispatch} 中没有状态为“{states}”的人"),
    };
    Failure::new("dispatch.nobody", detail)
}

impl HireArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let to = placement_state::Value::Onboarded;
        self.who.come_to(session, self.on, &["arrived"], to, self.evidence.into()).await
    }
}

impl StateArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        self.people.run(session, self.to.from(), self.to.wire()).await
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

    pub(super) async fn record(self, session: &Session, event: Event) -> anyhow::Result<()> {
        self.record_on(session, event, evidence::Value::Unspecified).await
    }

    /// Records a step of the group with what it rests on.
    async fn record_on(
        self,
        session: &Session,
        event: Event,
        evidence: evidence::Value,
    ) -> anyhow::Result<()> {
        let body = wire::RecordDispatchEvent {
            event: Some(event),
            expected_sequence: self.expected_sequence.unwrap_or(0),
            evidence: evidence as i32,
        };
        session.send(&path(&self.dispatch), &body, &self.again).await
    }
}

fn path(dispatch: &DispatchId) -> String {
    format!("/v1/dispatches/{dispatch}/events")
}
