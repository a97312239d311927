//! Moments as people read them, in UTC.

const SECOND: u64 = 1_000;
const DAY: u64 = 24 * 60 * 60 * SECOND;

/// `2026-11-23 07:15:04`, of milliseconds since 1970 UTC.
pub(crate) fn utc(milliseconds: u64) -> String {
    let (year, month, day) = date(milliseconds / DAY);
    let seconds = milliseconds % DAY / SECOND;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The milliseconds since 1970 UTC of a moment in UTC: `2026-11-23T07:15:04.123456789Z`, as Docker writes it.
pub(crate) fn parse(moment: &str) -> Option<u64> {
    let (date, time) = moment.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, between: char| text.split(between).map(str::parse).collect::<Result<Vec<u64>, _>>().ok();
    let [year, month, day] = numbers(date, '-')?[..] else { return None };
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?[..] else { return None };
    let is_one = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let seconds = hour * 3_600 + minute * 60 + second;
    (is_one && seconds < DAY / SECOND).then(|| days(year, month, day) * DAY + seconds * SECOND)
}

/// How long ago a moment was: `40 s ago`, `3 days ago`.
pub(crate) fn ago(now: u64, moment: u64) -> String {
    let seconds = now.saturating_sub(moment) / SECOND;
    let (count, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7_200 => (seconds / 60, "min"),
        7_200..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

/// The days from 1970-01-01 to a day, in the Gregorian calendar; counted as [`date`] counts.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year / 400, year % 400);
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. Counts in years from March to
/// February, so that the day that leap years have more is the last one.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * from_march + 2) / 5 + 1;
    let (month, next) = if from_march < 10 { (from_march + 3, 0) } else { (from_march - 9, 1) };
    (era * 400 + year + next, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        let check = |seconds: u64, expect: &str| assert_eq!(utc(seconds * SECOND + 999), expect);
        check(0, "1970-01-01 00:00:00");
        check(951_782_399, "2000-02-28 23:59:59");
        check(951_782_400, "2000-02-29 00:00:00");
        check(951_868_800, "2000-03-01 00:00:00");
        check(1_795_418_104, "2026-11-23 07:15:04");
        check(4_107_542_400, "2100-03-01 00:00:00");
    }

    #[test]
    fn what_is_told_is_understood() {
        for seconds in [0, 951_782_399, 951_782_400, 951_868_800, 1_795_418_104, 4_107_542_400] {
            let told = utc(seconds * SECOND).replace(' ', "T");
            assert_eq!(parse(&format!("{told}.123456789Z")), Some(seconds * SECOND), "{told}");
            assert_eq!(parse(&format!("{told}Z")), Some(seconds * SECOND), "{told}");
        }
        for wrong in ["", "2026-11-23", "2026-11-23T07:15:04+01:00", "2026-13-23T07:15:04Z", "0001-01-01T00:00:00Z"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn how_long_ago() {
        let now = 1_795_418_104_000;
        let check = |seconds: u64, expect: &str| assert_eq!(ago(now, now - seconds * SECOND), expect);
        check(0, "0 s ago");
        check(119, "119 s ago");
        check(120, "2 min ago");
        check(7_199, "119 min ago");
        check(7_200, "2 h ago");
        check(172_800, "2 days ago");
        assert_eq!(ago(1, 5_000), "0 s ago", "clocks differ");
    }
}
