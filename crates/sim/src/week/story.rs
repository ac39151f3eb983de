//! What is told of the week. Points and plants have names here; people don't.

use gongqiao_contract::{id::PartyId, view::Signal};

use super::Week;
use crate::Story;

impl Week<'_> {
    pub(super) fn tell(&self, zh: String, en: String) {
        self.onlooker.story(&Story { at: self.reader.now(), zh, en });
    }

    /// How a point is called.
    pub(super) fn label(&self, point: &PartyId) -> String {
        let known = self.handles.city.point(point);
        known.map_or_else(|| point.to_string(), |point| point.label.clone())
    }

    /// How an enterprise and its post are called.
    pub(super) fn title(&self, post: usize) -> (String, String) {
        let Some(post) = self.posts.get(post) else { return Default::default() };
        (post.enterprise_name.clone(), post.posting.terms.title.clone())
    }

    pub(super) fn tell_posted(&self, post: usize) {
        let (enterprise, title) = self.title(post);
        let Some(post) = self.posts.get(post) else { return };
        let n = post.posting.terms.headcount;
        let (urgent_zh, urgent_en) =
            if post.urgent() { ("急招", "urgently ") } else { ("招", "") };
        self.tell(
            format!("{enterprise} {urgent_zh} {title} {n} 人"),
            format!("{enterprise} {urgent_en}wants {n} people ({title})"),
        );
    }

    pub(super) fn tell_asked(&self, post: usize, signals: &[&Signal]) {
        let (enterprise, _) = self.title(post);
        let quota: u32 = signals.iter().map(|signal| signal.quota).sum();
        let points = signals.len();
        self.tell(
            format!("{enterprise}：向 {points} 个服务点征集 {quota} 人"),
            format!("{enterprise}: {points} service points are asked for {quota}"),
        );
    }

    pub(super) fn tell_escalated(&self, post: usize, point: &PartyId, missing: u32) {
        let ((enterprise, _), label) = (self.title(post), self.label(point));
        self.tell(
            format!("{label} 逾期未答复，{enterprise} 的 {missing} 人转问其他服务点"),
            format!(
                "{label} let its time run out; {missing} for {enterprise} are sought elsewhere"
            ),
        );
    }

    pub(super) fn tell_filled(&self, post: usize) {
        let (enterprise, title) = self.title(post);
        self.tell(
            format!("{enterprise} 的 {title} 名额全部落实"),
            format!("{enterprise}: every seat is promised ({title})"),
        );
    }

    pub(super) fn tell_committed(
        &self,
        post: usize,
        point: &PartyId,
        people: usize,
        waiting: usize,
    ) {
        let ((enterprise, _), label) = (self.title(post), self.label(point));
        if people > 0 {
            self.tell(
                format!("{label} 承诺 {people} 人去 {enterprise}"),
                format!("{label} promises {people} to {enterprise}"),
            );
        }
        if waiting > 0 {
            self.tell(
                format!("{label} 另有 {waiting} 人愿去 {enterprise}，名额已满，列入候补"),
                format!("{label} has {waiting} more for {enterprise}, who wait for a seat"),
            );
        }
    }

    pub(super) fn tell_promoted(&self, post: usize, point: &PartyId, people: usize) {
        let ((enterprise, _), label) = (self.title(post), self.label(point));
        self.tell(
            format!("{label} 候补 {people} 人补上 {enterprise} 空出的名额"),
            format!("{label}: {people} who waited get a seat at {enterprise}"),
        );
    }

    pub(super) fn tell_declined(&self, post: usize, point: &PartyId) {
        let ((enterprise, _), label) = (self.title(post), self.label(point));
        self.tell(
            format!("{label} 答复 {enterprise}：无人可派"),
            format!("{label} has nobody to send to {enterprise}"),
        );
    }

    pub(super) fn tell_trip(&self, trip: usize, zh: &str, en: &str, people: usize) {
        let Some(trip) = self.trips.get(trip) else { return };
        let ((enterprise, _), label) = (self.title(trip.post), self.label(&trip.point));
        self.tell(
            format!("{label} → {enterprise}：{zh} {people} 人"),
            format!("{label} → {enterprise}: {people} {en}"),
        );
    }
}
