//! Ages by which adverts sort people out. Sixteen is the least age of all
//! work and eighteen that of hazardous and some night work, so "18 and above"
//! says no more than the law; every other bound on the age of grown-ups is one.

/// Grown-ups: what lies outside is a child or somebody to be cared for.
const GROWN_UP: std::ops::RangeInclusive<u32> = 17..=75;
/// Where ranges begin: 16-25, 18-45.
const YOUNGEST: std::ops::RangeInclusive<u32> = 14..=65;
/// The least ages that the law itself sets: 劳动法第十五条; 第五十八条 and
/// 第六十四条 for minors.
const LAWFUL: [u32; 2] = [16, 18];
const RANGE_MARKS: &str = "-~—–～至到";
const DIGITS: &str = "零一二三四五六七八九";

/// The length of an age from here on that no law sets.
pub(super) fn age_length(rest: &[char]) -> Option<usize> {
    let (age, length) = number(rest)?;
    (GROWN_UP.contains(&age) && !LAWFUL.contains(&age)).then_some(length)
}

/// The length of a range of ages from here on (18-45, 十八岁至四十五).
pub(super) fn range_length(rest: &[char]) -> Option<usize> {
    let (from, mut length) = number(rest)?;
    length +=
        ["周岁", "岁"].iter().find_map(|unit| starts_with(&rest[length..], unit)).unwrap_or(0);
    let marks = rest[length..].iter().take_while(|c| RANGE_MARKS.contains(**c)).count();
    let (to, last) = number(&rest[length + marks..])?;
    let is_range = marks > 0 && from < to && YOUNGEST.contains(&from) && GROWN_UP.contains(&to);
    is_range.then_some(length + marks + last)
}

/// The least age that may stand in the place of what was found: eighteen
/// where at least so much was asked, else the sixteen of the law.
pub(super) fn least(found: &str) -> u32 {
    let chars: Vec<char> = found.chars().map(crate::codes::text::half_width).collect();
    let first = (0..chars.len()).find_map(|at| number(&chars[at..])).map_or(0, |(age, _)| age);
    let is_least = (0..chars.len()).any(|at| range_length(&chars[at..]).is_some())
        || found.contains(['上', '满', '起']);
    if is_least && first >= LAWFUL[1] { LAWFUL[1] } else { LAWFUL[0] }
}

fn starts_with(rest: &[char], word: &str) -> Option<usize> {
    let length = word.chars().count();
    rest.iter().take(length).copied().eq(word.chars()).then_some(length)
}

/// A number below a thousand and its length: 45 or 四十五.
fn number(rest: &[char]) -> Option<(u32, usize)> {
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits > 3 {
        return None;
    }
    if digits > 0 {
        let number = rest[..digits].iter().try_fold(0, |sum, c| Some(sum * 10 + c.to_digit(10)?));
        return number.map(|number| (number, digits));
    }
    let digit = |at: usize| {
        let c = rest.get(at)?;
        DIGITS.chars().position(|digit| digit == *c).and_then(|value| u32::try_from(value).ok())
    };
    let (tens, at) = digit(0).map_or((1, 0), |tens| (tens, 1));
    if rest.get(at) != Some(&'十') {
        return None;
    }
    let (ones, behind) = digit(at + 1).map_or((0, at + 1), |ones| (ones, at + 2));
    Some((tens * 10 + ones, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn numbers_are_read_in_digits_and_words() {
        for (text, expected) in [
            ("45岁", Some((45, 2))),
            ("四十五岁", Some((45, 3))),
            ("十八", Some((18, 2))),
            ("二十岁", Some((20, 2))),
            ("十", Some((10, 1))),
            ("五", None),
            ("2021", None),
            ("99999999999999999999岁", None),
            ("岁", None),
        ] {
            assert_eq!(number(&chars(text)), expected, "{text}");
        }
    }

    #[test]
    fn ranges_of_grown_ups_are_ranges() {
        for (text, length) in
            [("18-45岁", 5), ("18周岁至45周岁", 7), ("十八到四十五岁", 6), ("16—60", 5)]
        {
            assert_eq!(range_length(&chars(text)), Some(length), "{text}");
        }
        for text in ["3-6岁", "0-3岁", "60-90岁", "45岁", "45-18岁", "1845岁"] {
            assert_eq!(range_length(&chars(text)), None, "{text}");
        }
    }

    #[test]
    fn the_least_age_is_never_below_what_was_asked_lawfully() {
        for (found, age) in [
            ("18-45周岁", 18),
            ("16-45周岁", 16),
            ("45岁以下", 16),
            ("20岁以上", 18),
            ("满22周岁", 18),
        ] {
            assert_eq!(least(found), age, "{found}");
        }
    }
}
