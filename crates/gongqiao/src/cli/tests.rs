use clap::CommandFactory as _;

use super::*;

/// A command line as somebody types it; `'…'` keeps words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec!["gongqiao".to_owned()];
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn taken(line: &str) -> Cli {
    Cli::try_parse_from(words(line)).unwrap_or_else(|e| panic!("{line}\n{e}"))
}

fn refused(line: &str) {
    assert!(Cli::try_parse_from(words(line)).is_err(), "taken: {line}");
}

#[test]
fn the_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_documented_command_line_is_taken() {
    let lines = "
        demo
        demo --once --json --workers 5000 --seed 7 --listen 127.0.0.1:0 --data-dir d --offline
        demo --full
        up
        up --listen 127.0.0.1:0 --data-dir d --offline --config gongqiao.toml
        serve gate
        serve board
        serve matcher
        serve steward
        serve notify
        backup --out /backup/streams/2027-07-16
        backup --keys --out /backup-keys --json
        restore --from /backup/streams/2027-07-16 --keys /backup-keys --data-dir /tmp/drill
        import roster a.xlsx --point 431021102205
        import roster a.csv --point 431021102205 --dry-run --errors out.xlsx --json
        import template
        import template --out t.xlsx
        import template --kind demand
        vacancy import d.xlsx
        vacancy import d.xlsx --dry-run --needed-by 2021-07-20 --valid-until 2021-07-31T18:00 --errors e.xlsx
        party add 431021102205 --kind service-point --name 白云村劳务服务点
        party add 91350100M000100Y43 --kind enterprise --name x --division 431003 --park chenzhou-hitech
        party list
        party list --kind city
        party show 320614
        party revoke 320614
        credential issue 320614 --person staff-1 --role clerk
        credential issue 320614 --person s --role auditor --expires-at '2021-12-31 18:00' --out k
        credential list 320614
        credential revoke abcdef012345
        refusal list
        refusal list --json --lang zh
        agreement sign 320614 --class supply,cards --purpose cooperation --until '2021-12-31 18:00'
        agreement sign 320614 --class vacancies --class dispatches --purpose recruitment --division 431021,431025 --occupation 6-25 --from 2021-07-01T00:00:00Z --until 2021-12-31T00:00:00Z
        agreement list
        agreement show agr_1
        agreement amend agr_1 --until '2022-12-31 18:00'
        agreement amend agr_1 --class cards --purpose cooperation
        agreement amend agr_1 --division 431021 --until '2022-12-31 18:00'
        agreement amend agr_1 --division all --occupation 6-25
        agreement terminate agr_1
        vacancy post --file body.json
        vacancy post --file - --idempotency-key k
        vacancy post --title t --headcount 200 --duties d --conditions c --park chenzhou-hitech --base-yuan 3000 --pay-unit month --needed-by 2021-07-20 --valid-until '2021-07-31 18:00' --trainable --urgent
        vacancy post --enterprise 91350100M000100Y43 --title t --headcount 2 --duties d --conditions c --place 431003 --base-yuan 20 --pay-unit hour --needed-by 2021-07-20 --valid-until '2021-07-31 18:00' --shift rotating --dormitory --meals=false
        vacancy show vac_1
        vacancy show vac_1 --figure noShow
        vacancy list
        vacancy list --state open --urgent --enterprise 91350100M000100Y43
        vacancy update vac_1 --headcount 150 --urgent=false
        vacancy update vac_1 --file body.json
        vacancy reduce vac_1 --headcount 100
        vacancy people vac_1
        vacancy withdraw vac_1
        register list --point 431021102205
        register list --point 431021102205 --name 测试
        signal list
        signal list --state open --vacancy vac_1 --point 431021102205
        signal show 431021102205-vac_1
        signal show 431021102205-vac_1 --excluded
        signal call 431021102205-vac_1 --willing card_a,card_b --no-answer card_c --away card_d
        signal call 431021102205-vac_1 --undecided card_a --unwilling card_b
        signal answer 431021102205-vac_1 --commit card_a,card_b --complete
        signal call 431021102205-vac_1 --willing card_a card_b --no-answer card_c, card_d
        signal answer 431021102205-vac_1 --commit-file cards.txt
        signal answer 431021102205-vac_1 --commit card_a card_b --complete
        signal answer 431021102205-vac_1 --commit card_a --seats-only
        signal answer 431021102205-vac_1 --leave-standby card_a,card_b
        signal answer 431021102205-vac_1 --decline nobody-willing
        dispatch open --file body.json
        dispatch open --vacancy vac_1 --mode coach --plate 湘L00001 --seats 45 --carrier c --stop '431021102205@2021-07-19 08:00' --departs-at '2021-07-19 08:30' --card card_a,card_b
        dispatch open --vacancy vac_1 --mode alone --cards-file cards.txt
        dispatch open --vacancy vac_1 --mode alone --card card_a card_b
        dispatch list
        dispatch list --state departed --vacancy vac_1
        dispatch show dsp_1
        dispatch show dsp_1 --history
        state
        state --at -2h
        state --at '2021-07-20 18:00' dispatch dsp_1
        state --at #123 vacancy vac_1 --json
        state --diff -3d now
        state --diff 1626775200 1626775200000 point 431021102205
        verify
        dispatch event dsp_1 --file -
        dispatch accept dsp_1
        dispatch decline dsp_1
        dispatch depart dsp_1 --expected-sequence 123
        dispatch arrive dsp_1
        dispatch close dsp_1
        dispatch cancel dsp_1
        dispatch board dsp_1 card_a card_b
        dispatch board dsp_1 card_a,card_b
        dispatch board dsp_1 --all
        dispatch no-show dsp_1 card_a
        dispatch substitute dsp_1 --out card_a --in card_b
        dispatch onboard dsp_1 --all --evidence worker-call
        dispatch onboard dsp_1 --cards-file - --evidence insurance-record
        dispatch open --vacancy vac_1 --mode coach --plate L00001 --seats 45 --arrives '2021-07-19 12:00' --driver 甲:19900000001 --driver 乙 --attendant 丙:19900000003 --card card_a
        dispatch depart dsp_1 --evidence attendant
        dispatch arrive dsp_1 --evidence enterprise-list
        dispatch board dsp_1 card_a --evidence roll-call
        dispatch people dsp_1 card_a --to left-en-route
        dispatch people dsp_1 --all --to ended --evidence worker-call
        dispatch join dsp_1 card_a card_b --stop '431021102206@2021-07-19 08:20'
        dispatch join dsp_1 --cards-file - --stop 431021102206
        dispatch join dsp_1 card_a,card_b --stop 431021102206
        dispatch walk-in dsp_1 card_a
        dispatch walk-in dsp_1 card_a,card_b
        dispatch refuse dsp_1 --reason no-id
        dispatch refuse dsp_1 --reason unfit --card card_a --expected-sequence 7
        dispatch merge dsp_1 --into dsp_2
        dispatch manifest dsp_1 --for carrier
        dispatch manifest dsp_1 --for insurer --out a.xlsx --json
        dispatch not-hired dsp_1 card_a
        dispatch correct dsp_1 card_a card_b --to no-show --reason misclick
        dispatch correct dsp_1 --cards-file - --to onboarded --reason late-news --expected-sequence 7
        placement list
        placement list --state onboarded --vacancy vac_1 --point 431021102205
        placement list --state no-show
        placement list --state no_show
        case list
        case list --kind follow-up --state open --mine
        case list --kind grievance --with operator
        case show visit_812_30
        case attempt visit_812_30 --method phone --outcome no-answer
        case attempt visit_812_30 --method visit --outcome reached --at-work yes --paid-on-time no --insured yes --note-file -
        case grievance card_a --kind wages --note-file note.txt
        case hand-on case_1 --to 91350100M000100Y43
        case close case_1 --end settled --note-file -
        case reply case_1 --agree
        case reply case_1 --refuse
        case list --kind erasure --mine
        person show card_a
        person erase card_a
        person erase card_a --reason mistake --idempotency-key k
        person freeze card_a
        person unfreeze card_a
        person consent card_a --purpose matching
        person consent card_a --purpose disclosure --recipient enterprise --party 91350100M000100Y43 --field name,phone --until '2021-12-31 18:00'
        person withdraw card_a --purpose disclosure --recipient insurer
        person accesses card_a
        person accesses --point 431021102205
        report month 2021-07
        report month 2021-07 --out 月报.xlsx
        report close 2021-07
        report cooperation
        report cooperation --from 2021-07-01 --to 2021-07-31 --out 台账.xlsx
        bench ingest --json
        bench commit --json
        doctor
        doctor --json
        completion bash
    ";
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        taken(line);
    }
}

#[test]
fn what_contradicts_itself_or_says_too_little_is_refused() {
    let lines = "
        import roster a.xlsx
        party add 431021102205 --kind village --name x
        party show a/../b
        credential issue 320614 --person s --role service
        credential issue 320614 --person s --role clerk --expires-at yesterday
        agreement sign 320614 --class cards --until '2021-12-31 18:00'
        agreement amend agr_1
        vacancy post
        vacancy post --title t --headcount 200
        vacancy post --file body.json --title t
        vacancy update vac_1 --file body.json --urgent
        vacancy list --state closed
        vacancy show vac_1 --figure nonsense
        register list
        placement list --state here
        signal show vac_1
        signal call 431021102205-vac_1
        signal answer 431021102205-vac_1
        signal answer 431021102205-vac_1 --commit card_a --decline pay
        dispatch open --vacancy vac_1
        dispatch open --file body.json --mode coach
        dispatch open --vacancy vac_1 --mode coach --plate 湘L00001
        dispatch board dsp_1
        dispatch board dsp_1 card_a --all
        dispatch onboard dsp_1 --all
        dispatch people dsp_1 card_a
        dispatch people dsp_1 card_a --to onboarded
        dispatch join dsp_1
        dispatch join dsp_1 card_a --stop '431021102206@noon'
        dispatch refuse dsp_1
        dispatch merge dsp_1
        dispatch manifest dsp_1
        dispatch manifest dsp_1 --for police
        dispatch accept dsp_1 --evidence handover
        dispatch open --vacancy vac_1 --mode alone --driver :19900000001 --card card_a
        dispatch correct dsp_1 card_a --to onboarded
        dispatch correct dsp_1 --to onboarded --reason misclick
        dispatch correct dsp_1 card_a --to substituted --reason misclick
        case list --mine --with operator
        case attempt visit_812_30 --method phone --outcome reached
        case grievance card_a
        case close case_1
        case reply case_1
        case reply case_1 --agree --refuse
        report month 2021-13
        report cooperation --from yesterday
        serve vault
        completion cobol
    ";
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        refused(line);
    }
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    for line in [
        "--json --url http://10.0.0.1:80 --key-file k --data-dir d --lang zh vacancy list",
        "vacancy list --json --url http://10.0.0.1:80 --key-file k --data-dir d --lang zh",
        "vacancy --json --url http://10.0.0.1:80 list --key-file k --data-dir d --lang zh",
    ] {
        let global = taken(line).global;
        assert!(global.json, "{line}");
        assert_eq!(global.url, "http://10.0.0.1:80", "{line}");
        assert_eq!(global.key_file, Some(PathBuf::from("k")), "{line}");
        assert_eq!(global.data_dir, Some(PathBuf::from("d")), "{line}");
        assert_eq!(global.lang(), Lang::Zh, "{line}");
    }
}

#[test]
fn a_key_is_never_shown_by_debug() {
    let cli = taken("--key gqk_abc_verysecret party list");
    assert!(!format!("{cli:?}").contains("verysecret"));
}

#[test]
fn the_help_is_as_it_was_reviewed() {
    let mut command = Cli::command().term_width(100);
    insta::assert_snapshot!(command.render_long_help());
}
