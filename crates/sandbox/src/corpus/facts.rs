//! Names, numbers and days of a story, and office hours in Tokyo.

use time::{Duration, OffsetDateTime, UtcOffset, Weekday};

use super::cast::{self, Person};
use super::chance::Chance;
use super::teller::Reader;

const OPENINGS: &[&str] = &[
    "いつもお世話になっております。",
    "お世話になっております。",
    "平素より大変お世話になっております。",
];
const CLOSINGS: &[&str] = &[
    "何卒よろしくお願いいたします。",
    "どうぞよろしくお願いいたします。",
    "よろしくお願い申し上げます。",
];
const JAPANESE_DAYS: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];

fn tokyo() -> UtcOffset {
    UtcOffset::from_hms(9, 0, 0).unwrap_or(UtcOffset::UTC)
}

/// The moment as a clock in Tokyo shows it.
pub(super) fn at(unix: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(tokyo())
}

/// Into office hours: later where `later`, else earlier.
pub(super) fn office_hours(unix: i64, later: bool, chance: &mut Chance) -> i64 {
    let mut when = at(unix);
    let minute = chance.below(60) as i64 * 60 + chance.below(60) as i64;
    for _ in 0..10 {
        let closed = matches!(when.weekday(), Weekday::Saturday | Weekday::Sunday)
            || !(8..19).contains(&when.hour());
        if !closed {
            break;
        }
        let morning = when.replace_time(time::Time::MIDNIGHT)
            + Duration::hours(9)
            + Duration::seconds(minute);
        let forward = later
            && (when.hour() >= 19 || matches!(when.weekday(), Weekday::Saturday | Weekday::Sunday));
        when = match (forward, later || when.hour() >= 9) {
            (true, _) => morning + Duration::days(1),
            (false, true) if later => morning,
            (false, _) => morning - Duration::days(1),
        };
    }
    when.unix_timestamp()
}

/// A day as people write it.
pub(super) fn day(unix: i64, english: bool) -> String {
    let date = at(unix);
    let weekday = usize::from(date.weekday().number_days_from_monday());
    if english {
        return format!("{}, {} {}", date.weekday(), date.day(), date.month());
    }
    format!(
        "{}月{}日（{}）",
        u8::from(date.month()),
        date.day(),
        JAPANESE_DAYS.get(weekday).unwrap_or(&"")
    )
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let lead = digits.len() % 3;
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == lead {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a story's blanks are filled with.
pub(super) fn facts(
    english: bool,
    reader: &Reader,
    them: &Person,
    third: &Person,
    begin: i64,
    chance: &mut Chance,
) -> Vec<(&'static str, String)> {
    let mut workday = |days: u64, spread: u64| {
        let later = begin + (days + chance.below(spread)) as i64 * 86_400;
        office_hours(later, true, chance)
    };
    let (day1, day2, day3) = (workday(3, 3), workday(8, 4), workday(20, 8));
    let pick = |chance: &mut Chance, japanese: &[&str], plain: &[&str]| {
        (*chance.pick(if english { plain } else { japanese })).to_owned()
    };
    let month = at(begin).month();
    vec![
        (
            "{me}",
            if english {
                reader.english.clone()
            } else {
                reader.japanese.clone()
            },
        ),
        (
            "{them}",
            if english { them.given } else { them.family }.to_owned(),
        ),
        ("{third}", third.family.to_owned()),
        ("{unit}", them.unit.to_owned()),
        ("{company2}", cast::HOME_COMPANY.to_owned()),
        (
            "{company}",
            if them.domain.is_empty() {
                chance.pick(cast::CUSTOMERS)
            } else {
                them
            }
            .company
            .to_owned(),
        ),
        ("{open}", (*chance.pick(OPENINGS)).to_owned()),
        ("{close}", (*chance.pick(CLOSINGS)).to_owned()),
        ("{project}", pick(chance, cast::PROJECTS, cast::PROJECTS_EN)),
        ("{product}", pick(chance, cast::PRODUCTS, cast::PRODUCTS_EN)),
        ("{system}", pick(chance, cast::SYSTEMS, cast::SYSTEMS_EN)),
        ("{room}", (*chance.pick(cast::ROOMS)).to_owned()),
        ("{applicant}", (*chance.pick(cast::APPLICANTS)).to_owned()),
        ("{day0}", day(begin, english)),
        ("{day1}", day(day1, english)),
        ("{day2}", day(day2, english)),
        ("{day3}", day(day3, english)),
        (
            "{month}",
            if english {
                month.to_string()
            } else {
                format!("{}月", u8::from(month))
            },
        ),
        (
            "{time}",
            format!("{}:{:02}", 8 + chance.below(9), chance.below(60)),
        ),
        ("{amount}", grouped((120 + chance.below(9_000)) * 1_100)),
        ("{n}", (2 + chance.below(40)).to_string()),
        (
            "{no}",
            format!("{}-{:04}", at(begin).year() % 100, 1 + chance.below(9_000)),
        ),
        ("{ext}", (2_100 + chance.below(700)).to_string()),
        (
            "{track}",
            format!(
                "{:04}-{:04}-{:04}",
                chance.below(10_000),
                chance.below(10_000),
                chance.below(10_000)
            ),
        ),
    ]
}
