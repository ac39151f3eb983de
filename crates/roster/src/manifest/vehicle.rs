//! The vehicle: number plate, seats, carrier, drivers, attendant.

use std::fmt;

use gongqiao_contract::{
    refusal::{Code, Refusal},
    wire::travel_mode::Value as Mode,
};

use super::{
    ManifestNote,
    block::{Block, Key},
};
use crate::{
    table::Value,
    text::{is_blank, plain},
    values::phones,
};

/// Longest text of which numbers are read.
const LONGEST: usize = 200;
/// Seats that a coach can have.
const SEATS: std::ops::RangeInclusive<u32> = 1..=100;
/// The first characters of number plates (GA 36): provinces.
const PROVINCES: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";

/// A vehicle, as the roster names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vehicle {
    /// The number plate, without blanks and dots; empty where none is named.
    pub plate: String,
    /// Seats for passengers; 0 where it can't be read.
    pub seats: u32,
    /// The firm that drives.
    pub carrier: String,
    /// Who takes turns at the wheel.
    pub drivers: Vec<Contact>,
    /// 跟车管理员
    pub attendant: Option<Contact>,
}

/// A name and a number.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The name; empty where only a number stands.
    pub name: String,
    /// The number; empty where only a name stands.
    pub phone: String,
}

impl fmt::Debug for Contact {
    /// Nothing personal: how much there is, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("has_name", &!self.name.is_empty())
            .field("has_phone", &!self.phone.is_empty())
            .finish()
    }
}

/// The vehicle of a block; `None` where it names none.
pub(super) fn read(
    block: &Block,
    people: usize,
    mode: Option<Mode>,
    warnings: &mut Vec<ManifestNote>,
) -> Option<Vehicle> {
    let mut vehicle = Vehicle::default();
    let (mut any, mut seats_said) = (false, false);
    let mut attendants = Vec::new();
    let entries = block.entries();
    for (at, (key, value)) in entries.iter().enumerate().filter(|(_, (_, value))| !value.is_empty())
    {
        match key {
            Key::Plate => vehicle.plate = plate(value),
            Key::Seats => {
                seats_said = true;
                vehicle.seats = seats(value);
            }
            Key::Carrier => vehicle.carrier = carrier(value),
            Key::Driver => vehicle.drivers.extend(contacts(value)),
            Key::DriverPhone => add_phones(&mut vehicle.drivers, value),
            Key::Attendant => attendants.extend(contacts(value)),
            Key::AttendantPhone => add_phones(&mut attendants, value),
            // Why: 联系电话 is of whoever stands before it.
            Key::Other if is_phone(value) => match at.checked_sub(1).map(|at| entries[at].0) {
                Some(Key::Driver) => add_phones(&mut vehicle.drivers, value),
                Some(Key::Attendant) => add_phones(&mut attendants, value),
                _ => continue,
            },
            _ => continue,
        }
        any = true;
    }
    vehicle.attendant = attendants.into_iter().next();
    let mut warn = |what: Refusal| warnings.push(ManifestNote::whole(what));
    if !any {
        if mode.is_none_or(|mode| mode == Mode::Coach) {
            warn(Code::ManifestNoVehicle.into());
        }
        return None;
    }
    let is_coach = mode.is_none_or(|mode| mode == Mode::Coach);
    if is_coach && !is_plate(&vehicle.plate) {
        warn(Code::ManifestPlate.into());
    }
    if vehicle.seats == 0 && seats_said {
        warn(Code::ManifestSeatsUnknown.into());
    } else if vehicle.seats > 0 && (vehicle.seats as usize) < people {
        let refusal = Refusal::new(Code::ManifestSeats).with("seats", vehicle.seats);
        warn(refusal.with("people", people));
    }
    if is_coach && vehicle.drivers.is_empty() {
        warn(Code::ManifestDriver.into());
    }
    Some(vehicle)
}

/// Why: what stands behind the value in other cells belongs to no key.
fn first_cell(value: &str) -> &str {
    value.split('\u{1F}').next().unwrap_or_default().trim_matches(is_blank)
}

/// Why: it stands in clear in the log, and what stands behind a plate may be a
/// name.
fn plate(value: &str) -> String {
    let plain = plain(first_cell(value)).to_uppercase();
    let text: String = plain.chars().filter(|c| !matches!(c, '.' | '·' | '•' | '-')).collect();
    let province = text.chars().next().filter(|c| PROVINCES.contains(*c));
    let rest = &text[province.map_or(0, char::len_utf8)..];
    let number: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(8).collect();
    if number.is_empty() {
        String::new()
    } else {
        province.into_iter().chain(number.chars()).collect()
    }
}

/// The name of the firm: for the same reason, nothing behind a bracket, a
/// blank or a number.
fn carrier(value: &str) -> String {
    let value = first_cell(value);
    let ends = |c: char| {
        is_blank(c) || c.is_ascii_digit() || matches!(c, '(' | ',' | ';' | '、' | '/' | ':')
    };
    value.split(ends).next().unwrap_or_default().to_owned()
}

/// 湘L12345, or six characters of a new-energy plate.
fn is_plate(plate: &str) -> bool {
    let mut chars = plate.chars();
    let province = chars.next().is_some_and(|c| PROVINCES.contains(c));
    let city = chars.next().is_some_and(|c| c.is_ascii_uppercase());
    let rest: Vec<char> = chars.collect();
    province && city && matches!(rest.len(), 5 | 6) && rest.iter().all(char::is_ascii_alphanumeric)
}

fn seats(value: &str) -> u32 {
    let digits: String = first_cell(value)
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok().filter(|seats| SEATS.contains(seats)).unwrap_or(0)
}

fn is_phone(value: &str) -> bool {
    value.chars().filter(char::is_ascii_digit).count() >= 7
}

/// `测试甲 19900000001、测试乙 19900000002`: names and numbers, paired in order.
pub(super) fn contacts(value: &str) -> Vec<Contact> {
    let mut all: Vec<Contact> = Vec::new();
    let between =
        |c: char| is_blank(c) || matches!(c, '、' | ',' | ';' | '/' | '(' | ')' | ':' | '\u{1F}');
    for piece in value.split(between).filter(|piece| !piece.is_empty()) {
        let digits = piece.find(|c: char| c.is_ascii_digit()).unwrap_or(piece.len());
        let (name, phone) = piece.split_at(digits);
        let name = name.trim_matches(|c: char| is_blank(c) || matches!(c, '-' | '+' | '.'));
        let is_word = matches!(name, "" | "电话" | "手机" | "联系电话" | "无");
        if !is_word {
            all.push(Contact { name: name.to_owned(), phone: String::new() });
        }
        let phone = phone_in(phone);
        if phone.is_empty() {
            continue;
        }
        match all.last_mut().filter(|last| last.phone.is_empty()) {
            Some(last) => last.phone = phone,
            None => all.push(Contact { name: String::new(), phone }),
        }
    }
    all
}

/// Numbers of those who are named already, in order.
fn add_phones(people: &mut Vec<Contact>, value: &str) {
    for one in contacts(value) {
        match people.iter_mut().find(|person| person.phone.is_empty()) {
            Some(person) => person.phone = one.phone,
            None => people.push(one),
        }
    }
}

fn phone_in(text: &str) -> String {
    phones::read(&Value::Text(text.into()), LONGEST).first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plates_of_the_mainland_are_known_by_their_form() {
        for text in ["湘L12345", "湘L·12345", "湘 L 12345", "粤AD12345", "湘l12345"] {
            assert!(is_plate(&plate(text)), "{text}");
        }
        for text in ["", "L12345", "湘L1234", "大巴车", "湘L12345678"] {
            assert!(!is_plate(&plate(text)), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_plate_or_a_firm_is_cut_off() {
        for text in ["湘L00001 测试甲 19900000001", "湘L·00001（测试甲）", "湘L00001测试甲"]
        {
            let half: String = text.chars().map(crate::text::half_width).collect();
            assert_eq!(plate(&half), "湘L00001", "{text}");
        }
        assert_eq!(plate("G6071次"), "G6071");
        for text in ["示例客运（测试甲 19900000001）", "示例客运 测试甲", "示例客运19900000001"]
        {
            let half: String = text.chars().map(crate::text::half_width).collect();
            assert_eq!(carrier(&half), "示例客运", "{text}");
        }
    }

    #[test]
    fn names_and_numbers_are_paired_in_order() {
        let contact = |name: &str, phone: &str| Contact { name: name.into(), phone: phone.into() };
        let two = [contact("测试甲", "19900000001"), contact("测试乙", "19900000002")];
        for text in [
            "测试甲 19900000001、测试乙 19900000002",
            "测试甲19900000001,测试乙19900000002",
            "测试甲（19900000001）/测试乙（19900000002）",
            "测试甲 电话：19900000001 测试乙 电话：19900000002",
        ] {
            let text: String = text.chars().map(crate::text::half_width).collect();
            assert_eq!(contacts(&text), two, "{text}");
        }
        assert_eq!(contacts("测试甲、测试乙"), [contact("测试甲", ""), contact("测试乙", "")]);
        assert_eq!(contacts(""), []);
    }
}
