//! `dispatch manifest`.

use clap::{Args, ValueEnum};
use gongqiao_contract::{
    id::DispatchId,
    view::{Listed, Manifest},
    words::Sort,
};

use crate::{
    cmd::{
        report::{Out, answer},
        session::Session,
        words::word,
    },
    output::{Output, cell},
};

/// The people of a group, as one recipient may know them (名单).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gongqiao dispatch manifest dsp_… --for carrier
  gongqiao dispatch manifest dsp_… --for insurer --out 投保名单.xlsx

Only people who agreed to be named are; the others stand as a card and are
counted. Every look is recorded.")]
pub(crate) struct ManifestArgs {
    /// The dispatch.
    dispatch: DispatchId,
    /// For whom.
    #[arg(long = "for", value_name = "RECIPIENT")]
    recipient: Recipient,
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Recipient {
    /// The enterprise: names, phones, occupations (企业)
    Enterprise,
    /// The carrier: names, stops, crew (承运单位)
    Carrier,
    /// The insurer: names, IDs, birth dates (保险公司)
    Insurer,
}

impl ManifestArgs {
    pub(super) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let recipient = match self.recipient {
            Recipient::Enterprise => "enterprise",
            Recipient::Carrier => "carrier",
            Recipient::Insurer => "insurer",
        };
        let path = format!("/v1/dispatches/{}/manifest?for={recipient}", self.dispatch);
        answer(session, &path, &self.out, text).await
    }
}

/// Columns that hold nothing for this recipient are left out.
fn text(session: &Session, manifest: &Manifest) -> String {
    type Column = ((&'static str, &'static str), fn(&Output, &Listed) -> String);
    let all: [Column; 10] = [
        (("Card", "人员卡"), |_, one| one.card.clone()),
        (("Name", "姓名"), |_, one| one.name.clone().unwrap_or_default()),
        (("Phone", "手机"), |_, one| one.phone.clone().unwrap_or_default()),
        (("Occupations", "工种"), |_, one| one.occupations.clone().unwrap_or_default()),
        (("Minor", "未成年工"), |output, one| {
            let minor = one.minor == Some(true);
            if minor { output.say("yes", "是").to_owned() } else { String::new() }
        }),
        (("State", "状态"), |output, one| {
            let state = one.state.as_deref().unwrap_or_default();
            word(output, Sort::PlacementState, state)
        }),
        (("Stop", "上车点"), |_, one| one.stop_name.clone().unwrap_or_default()),
        (("Citizen ID", "身份证号"), |_, one| one.citizen_id.clone().unwrap_or_default()),
        (("Born", "出生日期"), |_, one| one.birth_date.clone().unwrap_or_default()),
        (("Point", "服务点"), |_, one| one.point_name.clone()),
    ];
    let output = &session.output;
    let used: Vec<Column> = all
        .into_iter()
        .filter(|(_, value)| manifest.people.iter().any(|one| !value(output, one).is_empty()))
        .collect();
    let headings: Vec<_> = used.iter().map(|(heading, _)| *heading).collect();
    let rows =
        manifest.people.iter().map(|one| used.iter().map(|(_, v)| cell(v(output, one))).collect());
    let table = session.output.table(&headings, rows.collect());
    let crew = manifest.crew.iter().flat_map(|crew| crew.drivers.iter().chain(&crew.attendant));
    let crew: Vec<String> = crew.map(|one| format!("{} {}", one.name, one.phone)).collect();
    let named = session.output.say("named", "已具名");
    let unnamed = session.output.say("not named", "未具名");
    let counts = format!("{named} {}, {unnamed} {}", manifest.named, manifest.unnamed);
    match crew.as_slice() {
        [] => format!("{table}\n\n{counts}"),
        crew => format!("{table}\n\n{}\n{counts}", crew.join("\n")),
    }
}
