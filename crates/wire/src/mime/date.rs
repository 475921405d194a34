//! Dates of mails: RFC 5322 text in, seconds and offset out, and back.

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// A moment and the offset in which its writer saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix: i64,
    /// Minutes east of UTC.
    pub offset_minutes: i32,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl DateTime {
    /// Reads the value of a Date field; `None` where it is no date.
    pub fn parse(value: &str) -> Option<DateTime> {
        let short: String = value
            .chars()
            .filter(|c| *c != '\r' && *c != '\n')
            .take(200)
            .collect();
        // Old Japanese mailers write the zone by name, which RFC 5322 does not know.
        let zoned = match short.find("JST") {
            Some(at) if !short.contains("+0900") => format!("{}+0900", short.get(..at)?),
            _ => short,
        };
        let read = mail_parser::DateTime::parse_rfc822(&zoned)?;
        if !read.is_valid() || read.tz_hour > 23 || read.tz_minute > 59 {
            return None;
        }
        let minutes = i32::from(read.tz_hour) * 60 + i32::from(read.tz_minute);
        let offset_minutes = if read.tz_before_gmt {
            -minutes
        } else {
            minutes
        };
        Some(DateTime {
            unix: read.to_timestamp(),
            offset_minutes,
        })
    }

    /// RFC 3339, as JMAP's Date type: "2026-11-23T11:40:00+09:00".
    pub fn to_rfc3339(self) -> String {
        self.local()
            .format(&Rfc3339)
            .unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
    }

    /// RFC 5322, as the Date field: "Mon, 23 Nov 2026 11:40:00 +0900".
    pub fn to_rfc5322(self) -> String {
        let local = self.local();
        let day = DAYS
            .get(usize::from(local.weekday().number_days_from_monday()))
            .unwrap_or(&"Mon");
        let month = MONTHS
            .get(usize::from(u8::from(local.month())) - 1)
            .unwrap_or(&"Jan");
        let minutes = i32::from(local.offset().whole_minutes());
        format!(
            "{day}, {} {month} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
            local.day(),
            local.year(),
            local.hour(),
            local.minute(),
            local.second(),
            if minutes < 0 { '-' } else { '+' },
            minutes.abs() / 60,
            minutes.abs() % 60,
        )
    }

    /// Years outside of 0..=9999 have no written form; they count as 1970.
    fn local(self) -> OffsetDateTime {
        let offset = UtcOffset::from_whole_seconds(self.offset_minutes.saturating_mul(60))
            .unwrap_or(UtcOffset::UTC);
        OffsetDateTime::from_unix_timestamp(self.unix)
            .ok()
            .and_then(|utc| utc.checked_to_offset(offset))
            .filter(|local| (0..=9999).contains(&local.year()))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_field_survives_reading_and_writing() {
        let date = DateTime::parse("Mon, 23 Nov 2026 11:40:00 +0900").expect("a date");
        assert_eq!(
            date,
            DateTime {
                unix: 1_795_401_600,
                offset_minutes: 540
            }
        );
        assert_eq!(date.to_rfc5322(), "Mon, 23 Nov 2026 11:40:00 +0900");
        assert_eq!(date.to_rfc3339(), "2026-11-23T11:40:00+09:00");
    }

    #[test]
    fn the_zone_jst_by_name_is_nine_hours_east() {
        let date = DateTime::parse("Mon, 23 Nov 2026 11:40:00 JST").expect("a date");
        assert_eq!(date.offset_minutes, 540);
        assert_eq!(date.unix, 1_795_401_600);
    }

    #[test]
    fn nonsense_is_no_date() {
        for value in [
            "",
            "yesterday",
            "Mon, 99 Foo 2026 99:99:99 +9999",
            "\u{0}\u{0}",
        ] {
            assert_eq!(DateTime::parse(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_date_out_of_all_bounds_is_still_written() {
        let date = DateTime {
            unix: i64::MAX,
            offset_minutes: i32::MIN,
        };
        assert_eq!(date.to_rfc5322(), "Thu, 1 Jan 1970 00:00:00 +0000");
    }
}
