//! Three days after the arrival the enterprise is reminded of people of whom
//! it has not said what became of them.

use gongqiao_contract::{
    Code, Refusal,
    id::CardId,
    wire::{self, fact::Body},
};

use super::{Events, Group};
use crate::entity::dispatch_state_name;

impl Group<'_> {
    pub(super) fn chased(&self) -> Result<Events, Refusal> {
        self.cx.only_service()?;
        let d = self.dispatch;
        let cards: Vec<&CardId> = d.to_chase(self.cx.now);
        if cards.is_empty() {
            return Err(Refusal::new(Code::DispatchIllegal)
                .with("state", dispatch_state_name(d.state()))
                .with("to", "chased")
                .at("/chase"));
        }
        let chased = wire::DispatchChased {
            dispatch: d.id.to_string(),
            vacancy: d.vacancy.to_string(),
            cards: cards.into_iter().map(ToString::to_string).collect(),
        };
        Ok(vec![(self.entity(), Body::DispatchChased(chased))])
    }
}
