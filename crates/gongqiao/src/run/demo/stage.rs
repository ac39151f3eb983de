//! What a person sees of the demonstration, on stderr: bars where there is a
//! terminal, lines where there is none, and nothing but lines of the story
//! beside them.

use std::{
    collections::HashMap,
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

use gongqiao_contract::Lang;
use gongqiao_sim::{Onlooker, Phase, Story, Summary};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

pub(crate) struct Stage {
    lang: Lang,
    bars: MultiProgress,
    /// Bars where there is a terminal.
    live: bool,
    phases: Mutex<HashMap<Phase, ProgressBar>>,
}

impl Stage {
    pub(crate) fn new(lang: Lang, json: bool) -> Self {
        let live = std::io::stderr().is_terminal() && !json;
        Self { lang, bars: MultiProgress::new(), live, phases: Mutex::default() }
    }

    /// Says something to whoever watches.
    pub(crate) fn say(&self, zh: &str, en: &str) {
        let line = if self.lang == Lang::Zh { zh } else { en };
        self.line(line);
    }

    /// Says how it ended.
    pub(crate) fn end(&self, summary: &Summary) {
        let Summary { requested, onboarded, committed, no_show, substituted, .. } = summary;
        let (points, seconds) = (summary.service_points_involved, summary.seconds);
        self.say(
            &format!(
                "需求 {requested} 人，到岗 {onboarded} 人；承诺 {committed} 人次，未到 {no_show}，替换 {substituted}，\
                 {points} 个服务点参与，用时 {seconds:.1} 秒。"
            ),
            &format!(
                "requested {requested}, onboarded {onboarded}; committed {committed}, no-shows {no_show}, \
                 substituted {substituted}, {points} service points, {seconds:.1} s"
            ),
        );
    }

    #[expect(clippy::print_stderr, reason = "progress of a command goes to stderr")]
    fn line(&self, line: &str) {
        if self.live {
            self.bars.suspend(|| eprintln!("{line}"));
        } else {
            eprintln!("{line}");
        }
    }
}

impl Onlooker for Stage {
    fn phase(&self, phase: Phase, done: u64, total: u64) {
        if !self.live {
            if done == total {
                self.line(&format!("{}: {done}/{total}", phase.name(self.lang)));
            }
            return;
        }
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = phases.entry(phase).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new(total));
            // Why: a template of ours that can't be read would only look plain.
            if let Ok(style) =
                ProgressStyle::with_template("{msg:32} {bar:40} {pos}/{len} {elapsed}")
            {
                bar.set_style(style);
            }
            bar.with_message(phase.name(self.lang))
        });
        bar.set_length(total);
        bar.set_position(done);
        if done == total {
            bar.abandon();
        }
    }

    fn story(&self, story: &Story) {
        self.line(&story.line(self.lang));
    }
}
