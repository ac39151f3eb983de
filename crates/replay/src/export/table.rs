//! The tables: which columns each has, and what stands in them.

use gongqiao_contract::{
    Lang,
    codes::{DivisionCode, Divisions, OccupationCode, Occupations},
    id::{PartyId, VacancyId},
    wire::{decline_reason, pay_unit, placement_state::Value as Person, shift, travel_mode},
    words::Sort,
};
use gongqiao_domain::{
    City,
    entity::{Dispatch, Placement, Signal, Vacancy, instant},
    ledger::Figure,
};

use super::column::{Cell, Column, Kind, Row, columns};

/// One promise of a person to a post, as it stood when it was last touched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Episode {
    pub(crate) placement: Placement,
    /// The first event of the range that is about it.
    pub(crate) first: u64,
}

/// The name of a body, as it publishes it.
fn name(city: &City, party: &PartyId) -> Cell {
    Cell::text(city.party(party).map_or("", |party| &party.name))
}

/// A division's name with those above it.
fn place(code: DivisionCode) -> Cell {
    let chain = Divisions::table().chain(code);
    Cell::text(chain.iter().rev().map(|division| division.name).collect::<String>())
}

fn place_of(text: &str) -> Cell {
    text.parse().map_or(Cell::Empty, place)
}

fn title(city: &City, vacancy: &VacancyId) -> Cell {
    Cell::text(city.vacancy(vacancy).map_or("", |vacancy| &vacancy.terms.title))
}

fn enterprise<'a>(city: &'a City, vacancy: &VacancyId) -> Option<&'a PartyId> {
    city.vacancy(vacancy).map(|vacancy| &vacancy.enterprise)
}

fn zh(sort: Sort, code: &str) -> Cell {
    Cell::text(sort.word(code, Lang::Zh).unwrap_or_default())
}

/// Codes of occupations with their names, parted by a semicolon.
fn occupations(codes: &[String]) -> Cell {
    let names = codes.iter().filter_map(|code| {
        let code: OccupationCode = code.parse().ok()?;
        Some(Occupations::table().get(code)?.name.clone())
    });
    Cell::text(names.collect::<Vec<_>>().join(";"))
}

fn figure(row: &Row<'_, Vacancy>, figure: Figure) -> Cell {
    let ledger = row.city.ledgers.get(&row.one.id);
    Cell::Integer(ledger.map_or(0, |ledger| ledger.get(figure)))
}

/// A number of yuan; nothing where none is stated.
fn yuan(amount: Option<u32>) -> Cell {
    amount.filter(|yuan| *yuan > 0).map_or(Cell::Empty, Cell::count)
}

/// The name of an enumeration's value; nothing for none.
fn code(name: &str) -> Cell {
    if name == "UNSPECIFIED" { Cell::Empty } else { Cell::text(name) }
}

fn unit(row: &Row<'_, Vacancy>) -> pay_unit::Value {
    row.one.terms.pay.as_ref().map(|pay| pay.unit()).unwrap_or_default()
}

fn in_state(group: &Dispatch, state: Person) -> Cell {
    Cell::count(group.people_in(state).count())
}

columns!(VACANCY: Vacancy {
    vacancy Text "id" "需求编号" "The vacancy" "VacancyPosted" |row| Cell::text(&row.one.id);
    state Text "VacancyState" "状态代码" "Where it stands: open, withdrawn, lapsed" "VacancyWithdrawn, VacancyLapsed" |row| Cell::text(row.one.state.as_str());
    state_zh Text "" "状态" "The state in Chinese" "state" |row| zh(Sort::VacancyState, row.one.state.as_str());
    enterprise Text "GB 32100" "企业代码" "Whose it is" "VacancyPosted" |row| Cell::text(&row.one.enterprise);
    enterprise_name Text "" "企业名称" "The public name of the enterprise" "PartyRegistered" |row| name(row.city, &row.one.enterprise);
    agreement Text "id" "协议编号" "The agreement under which it was posted" "VacancyPosted" |row| Cell::text(&row.one.agreement);
    title Text "" "岗位名称" "The post, in the employer's words" "VacancyPosted, VacancyUpdated" |row| Cell::text(&row.one.terms.title);
    occupations Text "2022 classification" "职业代码（以分号分隔）" "Codes of occupations, parted by semicolons" "VacancyPosted, VacancyUpdated" |row| Cell::text(row.one.terms.occupations.join(";"));
    occupation_names Text "" "职业名称（以分号分隔）" "Names of these occupations" "occupations-2022.csv" |row| occupations(&row.one.terms.occupations);
    trainable Boolean "" "可培训上岗" "Learned on the job" "VacancyPosted, VacancyUpdated" |row| Cell::Boolean(row.one.terms.trainable);
    level Integer "1 (highest) to 5" "技能等级要求" "Lowest skill level asked" "VacancyPosted, VacancyUpdated" |row| yuan(Some(row.one.terms.level));
    headcount Integer "people" "需求人数" "People asked for at the end of the range" "VacancyPosted, VacancyUpdated, VacancyReduced" |row| Cell::count(row.one.terms.headcount);
    place Text "GB/T 2260" "工作地代码" "Division of the workplace" "VacancyPosted, VacancyUpdated" |row| Cell::text(&row.one.terms.place);
    place_name Text "" "工作地" "Name of that division" "divisions-national.csv" |row| place_of(&row.one.terms.place);
    park Text "code" "园区代码" "The park" "VacancyPosted, VacancyUpdated" |row| Cell::text(&row.one.terms.park);
    address Text "" "工作地址" "The address, as published" "VacancyPosted, VacancyUpdated" |row| Cell::text(&row.one.terms.address);
    pay_unit Text "PayUnit" "计薪单位代码" "What pay is stated by" "VacancyPosted, VacancyUpdated" |row| code(unit(row).as_str_name());
    pay_unit_zh Text "" "计薪单位" "That in Chinese" "pay_unit" |row| zh(Sort::PayUnit, unit(row).as_str_name());
    base_yuan Integer "yuan" "底薪" "What is paid whatever happens" "VacancyPosted, VacancyUpdated" |row| yuan(row.one.terms.pay.as_ref().map(|pay| pay.base_yuan));
    total_from_yuan Integer "yuan" "综合工资下限" "What workers take home, from" "VacancyPosted, VacancyUpdated" |row| yuan(row.one.terms.pay.as_ref().map(|pay| pay.total_from_yuan));
    total_to_yuan Integer "yuan" "综合工资上限" "What workers take home, to" "VacancyPosted, VacancyUpdated" |row| yuan(row.one.terms.pay.as_ref().map(|pay| pay.total_to_yuan));
    hourly_yuan Integer "yuan/hour" "小时工资" "Pay by the hour" "VacancyPosted, VacancyUpdated" |row| yuan(row.one.terms.pay.as_ref().map(|pay| pay.hourly_yuan));
    shift Text "Shift" "班次代码" "The pattern of shifts" "VacancyPosted, VacancyUpdated" |row| code(shift::Value::try_from(row.one.terms.shift).unwrap_or_default().as_str_name());
    shift_zh Text "" "班次" "That in Chinese" "shift" |row| zh(Sort::Shift, shift::Value::try_from(row.one.terms.shift).unwrap_or_default().as_str_name());
    needed_by Text "YYYY-MM-DD" "到岗日期" "The day on which people are needed" "VacancyPosted, VacancyUpdated" |row| Cell::text(&row.one.terms.needed_by);
    valid_until Time "RFC 3339" "有效期至" "Until when it stands" "VacancyPosted, VacancyUpdated" |row| row.one.valid_until().into();
    urgent Boolean "" "紧急" "Urgent" "VacancyPosted, VacancyUpdated" |row| Cell::Boolean(row.one.terms.urgent);
    dormitory Boolean "" "提供住宿" "With a dormitory" "VacancyPosted, VacancyUpdated" |row| Cell::Boolean(row.one.terms.dormitory);
    shuttle_bus Boolean "" "提供班车" "With a shuttle bus" "VacancyPosted, VacancyUpdated" |row| Cell::Boolean(row.one.terms.shuttle_bus);
    social_insurance Boolean "" "五险一金" "Five insurances and the housing fund" "VacancyPosted, VacancyUpdated" |row| Cell::Boolean(row.one.terms.social_insurance);
    posted_at Time "RFC 3339" "发布时间" "When it was posted" "VacancyPosted" |row| Cell::time(row.one.posted_at);
    seats_taken Integer "people" "已占名额" "Seats promised at the end of the range" "SeatsTaken, SeatsFreed" |row| Cell::count(row.one.taken());
    free_seats Integer "people" "空余名额" "Seats that nobody holds" "headcount − seats_taken" |row| Cell::count(row.one.free_seats());
    signalled Integer "people" "已下达人数" "People asked for by signals" "SignalRaised" |row| figure(row, Figure::Signalled);
    willing Integer "people" "愿意人数" "People whose last word was yes" "SignalCalled" |row| figure(row, Figure::Willing);
    committed Integer "people" "累计承诺人数" "People promised, ever" "SeatsTaken" |row| figure(row, Figure::Committed);
    standby Integer "people" "候补人数" "People who wait for a seat" "StandbyJoined, StandbyLeft" |row| figure(row, Figure::Standby);
    departed Integer "people" "已出发人数" "People whose coach has left" "DispatchMoved" |row| figure(row, Figure::Departed);
    arrived Integer "people" "已到达人数" "People handed over at the other end" "PlacementMoved" |row| figure(row, Figure::Arrived);
    onboarded Integer "people" "已上岗人数" "People at work" "PlacementMoved" |row| figure(row, Figure::Onboarded);
    not_hired Integer "people" "未录用人数" "People whom the factory did not take" "PlacementMoved" |row| figure(row, Figure::NotHired);
    declined Integer "people" "放弃人数" "People who changed their mind" "PlacementMoved" |row| figure(row, Figure::Declined);
    no_show Integer "people" "未到人数" "People who did not turn up" "PlacementMoved" |row| figure(row, Figure::NoShow);
    substituted Integer "people" "被替换人数" "People in whose place another went" "DispatchSubstituted" |row| figure(row, Figure::Substituted);
    retained Integer "people" "稳定在岗人数" "People found at work after thirty days" "FollowUpAttempted" |row| figure(row, Figure::Retained);
    ended Integer "people" "已离职人数" "People whose work ended" "PlacementMoved" |row| figure(row, Figure::Ended);
    last_sequence Integer "sequence" "范围内最后事件序号" "The last event of the range on its subject" "FACTS" |row| Cell::count(row.last);
});

columns!(SIGNAL: Signal {
    signal Text "id" "任务编号" "The signal" "SignalRaised" |row| Cell::text(&row.one.id);
    point Text "12-digit division" "服务点代码" "The service point that is asked" "SignalRaised" |row| Cell::text(&row.one.id.point);
    point_name Text "" "服务点" "Its public name" "PartyRegistered" |row| name(row.city, &row.one.id.point);
    place_name Text "" "所在地" "Name of the point's division" "divisions-chenzhou.csv" |row| place_of(row.one.id.point.as_str());
    vacancy Text "id" "需求编号" "The vacancy" "SignalRaised" |row| Cell::text(&row.one.id.vacancy);
    title Text "" "岗位名称" "The post" "VacancyPosted, VacancyUpdated" |row| title(row.city, &row.one.id.vacancy);
    enterprise Text "GB 32100" "企业代码" "The enterprise" "VacancyPosted" |row| enterprise(row.city, &row.one.id.vacancy).map_or(Cell::Empty, Cell::text);
    enterprise_name Text "" "企业名称" "Its public name" "PartyRegistered" |row| enterprise(row.city, &row.one.id.vacancy).map_or(Cell::Empty, |id| name(row.city, id));
    state Text "SignalState" "状态代码" "Where it stands" "SignalAnswered, SignalDeclined, SignalEscalated, SignalRecalled" |row| Cell::text(row.one.state.as_str());
    state_zh Text "" "状态" "The state in Chinese" "state" |row| zh(Sort::SignalState, row.one.state.as_str());
    ring Integer "0 is local" "第几轮" "The ring in which it was raised" "SignalRaised" |row| Cell::count(row.one.ring);
    quota Integer "people" "任务人数" "People asked for, earlier asks included" "SignalRaised" |row| Cell::count(row.one.quota);
    candidates Integer "people" "推荐人数" "People proposed" "SignalRaised" |row| Cell::count(row.one.candidates.len());
    called Integer "people" "已联系人数" "People who said something" "SignalCalled" |row| Cell::count(row.one.calls.len());
    committed Integer "people" "承诺人数" "People committed on it, ever" "SignalAnswered" |row| Cell::count(row.one.committed);
    declined_for Text "DeclineReason" "婉拒原因代码" "Why it was declined" "SignalDeclined" |row| row.one.declined_for.map_or(Cell::Empty, |why| code(decline_reason::Value::try_from(why).unwrap_or_default().as_str_name()));
    declined_for_zh Text "" "婉拒原因" "That in Chinese" "declined_for" |row| row.one.declined_for.map_or(Cell::Empty, |why| zh(Sort::DeclineReason, decline_reason::Value::try_from(why).unwrap_or_default().as_str_name()));
    raised_at Time "RFC 3339" "下达时间" "When it was first raised" "SignalRaised" |row| Cell::time(row.one.raised_at);
    respond_by Time "RFC 3339" "答复期限" "Until when an answer counts" "SignalRaised" |row| Cell::time(row.one.respond_by);
    answered_by Text "12-digit division" "答复单位代码" "The desk that answered last" "SignalAnswered" |row| row.one.answered_by.as_ref().map_or(Cell::Empty, Cell::text);
    last_sequence Integer "sequence" "范围内最后事件序号" "The last event of the range on its subject" "FACTS" |row| Cell::count(row.last);
});

columns!(DISPATCH: Dispatch {
    dispatch Text "id" "批次编号" "The group" "DispatchOpened" |row| Cell::text(&row.one.id);
    state Text "DispatchState" "状态代码" "Where the group is" "DispatchMoved" |row| code(row.one.state().as_str_name());
    state_zh Text "" "状态" "The state in Chinese" "state" |row| zh(Sort::DispatchState, row.one.state().as_str_name());
    vacancy Text "id" "需求编号" "The vacancy" "DispatchOpened" |row| Cell::text(&row.one.vacancy);
    title Text "" "岗位名称" "The post" "VacancyPosted, VacancyUpdated" |row| title(row.city, &row.one.vacancy);
    enterprise Text "GB 32100" "企业代码" "The receiving side" "DispatchOpened" |row| Cell::text(&row.one.enterprise);
    enterprise_name Text "" "企业名称" "Its public name" "PartyRegistered" |row| name(row.city, &row.one.enterprise);
    agreement Text "id" "协议编号" "The agreement it travels under" "DispatchOpened" |row| Cell::text(&row.one.agreement);
    point Text "12-digit division" "服务点代码" "The point that speaks for the group" "DispatchOpened" |row| Cell::text(&row.one.point);
    point_name Text "" "服务点" "Its public name" "PartyRegistered" |row| name(row.city, &row.one.point);
    to Text "GB/T 2260" "目的地代码" "The county it travels to" "DispatchOpened" |row| Cell::text(row.one.to);
    to_name Text "" "目的地" "Name of that county" "divisions-national.csv" |row| place(row.one.to);
    mode Text "TravelMode" "方式代码" "How it travels" "DispatchOpened" |row| code(row.one.opened.mode().as_str_name());
    mode_zh Text "" "方式" "That in Chinese" "mode" |row| zh(Sort::TravelMode, travel_mode::Value::as_str_name(&row.one.opened.mode()));
    plate Text "" "车牌或车次" "Number plate or train" "DispatchOpened" |row| Cell::text(row.one.opened.vehicle.as_ref().map_or("", |v| &v.plate));
    seats Integer "seats" "座位数" "Seats for passengers" "DispatchOpened" |row| row.one.seats().map_or(Cell::Empty, Cell::count);
    carrier Text "" "承运单位" "The firm that drives" "DispatchOpened" |row| Cell::text(row.one.opened.vehicle.as_ref().map_or("", |v| &v.carrier));
    drivers Integer "people" "驾驶员数" "Drivers who take turns" "DispatchOpened" |row| Cell::count(row.one.opened.drivers);
    stops Integer "stops" "上车点数" "Places where people get on" "DispatchOpened, DispatchJoined" |row| Cell::count(row.one.stops.len());
    opened_at Time "RFC 3339" "登记时间" "When it was opened" "DispatchOpened" |row| Cell::time(row.one.opened_at);
    departs_at Time "RFC 3339" "计划出发" "When it should leave" "DispatchOpened" |row| row.one.opened.departs_at.as_ref().map(instant).into();
    arrives_at Time "RFC 3339" "计划到达" "When it should arrive" "DispatchOpened" |row| row.one.opened.arrives_at.as_ref().map(instant).into();
    departed_at Time "RFC 3339" "实际出发" "When it left" "DispatchMoved" |row| row.one.departed_at.into();
    arrived_at Time "RFC 3339" "实际到达" "When it arrived" "DispatchMoved" |row| row.one.arrived_at.into();
    people Integer "people" "名单人数" "Everyone who was ever on the manifest" "DispatchOpened, DispatchJoined" |row| Cell::count(row.one.manifest.len());
    left_with Integer "people" "出发人数" "How many it left with" "DispatchMoved" |row| Cell::Integer(row.one.left_with);
    arrived Integer "people" "已到达未上岗" "People who arrived and are not yet at work" "DispatchPeopleMoved" |row| in_state(row.one, Person::Arrived);
    onboarded Integer "people" "已上岗人数" "People at work" "DispatchPeopleMoved" |row| in_state(row.one, Person::Onboarded);
    no_show Integer "people" "未到人数" "People who did not turn up" "DispatchPeopleMoved" |row| in_state(row.one, Person::NoShow);
    not_hired Integer "people" "未录用人数" "People whom the factory did not take" "DispatchPeopleMoved" |row| in_state(row.one, Person::NotHired);
    refused Integer "people" "拒载人数" "People who were turned away at the door" "BoardingRefused" |row| Cell::count(row.one.refused);
    merged_into Text "id" "并入批次" "The group that this one was merged into" "DispatchMerged" |row| row.one.merged_into.as_ref().map_or(Cell::Empty, Cell::text);
    last_sequence Integer "sequence" "范围内最后事件序号" "The last event of the range on its subject" "FACTS" |row| Cell::count(row.last);
});

columns!(PLACEMENT: Episode {
    card Text "id" "人员卡编号（假名）" "The person's card: random, and no name" "Held" |row| Cell::text(&row.one.placement.card);
    vacancy Text "id" "需求编号" "The vacancy" "Held" |row| Cell::text(&row.one.placement.vacancy);
    title Text "" "岗位名称" "The post" "VacancyPosted, VacancyUpdated" |row| title(row.city, &row.one.placement.vacancy);
    enterprise Text "GB 32100" "企业代码" "The enterprise" "VacancyPosted" |row| enterprise(row.city, &row.one.placement.vacancy).map_or(Cell::Empty, Cell::text);
    enterprise_name Text "" "企业名称" "Its public name" "PartyRegistered" |row| enterprise(row.city, &row.one.placement.vacancy).map_or(Cell::Empty, |id| name(row.city, id));
    place Text "GB/T 2260" "工作地代码" "Division of the workplace" "VacancyPosted, VacancyUpdated" |row| Cell::text(row.city.vacancy(&row.one.placement.vacancy).map_or("", |v| &v.terms.place));
    place_name Text "" "工作地" "Name of that division" "divisions-national.csv" |row| place_of(row.city.vacancy(&row.one.placement.vacancy).map_or("", |v| &v.terms.place));
    point Text "12-digit division" "服务点代码" "The point that promised" "Held" |row| Cell::text(&row.one.placement.point);
    point_name Text "" "服务点" "Its public name" "PartyRegistered" |row| name(row.city, &row.one.placement.point);
    dispatch Text "id" "批次编号" "The group the person travels with" "Held, PlacementMoved" |row| row.one.placement.dispatch.as_ref().map_or(Cell::Empty, Cell::text);
    state Text "PlacementState" "状态代码" "Where the person stands" "PlacementMoved" |row| code(row.one.placement.state().as_str_name());
    state_zh Text "" "状态" "The state in Chinese" "state" |row| zh(Sort::PlacementState, row.one.placement.state().as_str_name());
    since Time "RFC 3339" "状态开始时间" "Since when it is so" "PlacementMoved" |row| Cell::time(row.one.placement.since);
    recorded_at Time "RFC 3339" "登记时间" "When the last step was recorded" "PlacementMoved" |row| Cell::time(row.one.placement.recorded_at);
    steps Text "PlacementState" "经过（以分号分隔）" "The steps after the hold, parted by semicolons" "PlacementMoved, PlacementCorrected" |row| Cell::text(row.one.placement.path().map(|step| step.as_str_name()).collect::<Vec<_>>().join(";"));
    expires_at Time "RFC 3339" "锁定到期" "When the hold runs out, while there is one" "Held" |row| row.one.placement.expires_at.into();
    onboarded_at Time "RFC 3339" "上岗时间" "When the person was brought to work" "PlacementMoved" |row| row.city.employments.of(&row.one.placement).map(|(_, work)| work.onboarded_at).into();
    ended_at Time "RFC 3339" "离职时间" "When that work ended" "PlacementMoved" |row| row.city.employments.of(&row.one.placement).and_then(|(_, work)| work.ended).map(|(at, _)| at).into();
    first_sequence Integer "sequence" "范围内首个事件序号" "The first event of the range that is about it" "FACTS" |row| Cell::count(row.one.first);
    last_sequence Integer "sequence" "范围内最后事件序号" "The last event of the range that is about it" "FACTS" |row| Cell::count(row.last);
});

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn check<T>(columns: &[Column<T>]) {
        let names: HashSet<_> = columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), columns.len(), "a name stands twice");
        for one in columns {
            assert!(!one.zh.is_empty() && !one.en.is_empty(), "{}", one.name);
            assert!(!one.source.is_empty(), "{}", one.name);
        }
    }

    #[test]
    fn every_column_is_described_in_both_languages_with_its_source() {
        check(VACANCY);
        check(SIGNAL);
        check(DISPATCH);
        check(PLACEMENT);
    }

    #[test]
    fn a_place_is_named_with_those_above_it() {
        assert_eq!(place_of("431021"), Cell::text("湖南省郴州市桂阳县"));
        assert_eq!(place_of("x"), Cell::Empty);
    }
}
