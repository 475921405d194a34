//! Each provider's words for the end of a command, and other lines that stand by themselves.

use crate::ProviderKind;

/// What ended well. The name is Exchange's; Google mostly says "Success".
pub(crate) fn completed(provider: ProviderKind, command: &str) -> String {
    match (provider, command) {
        (ProviderKind::Google, "SEARCH") => "OK SEARCH completed (Success)".to_owned(),
        (ProviderKind::Google, "IDLE") => "OK IDLE terminated (Success)".to_owned(),
        (ProviderKind::Google, "CLOSE" | "UNSELECT") => {
            "OK Returned to authenticated state. (Success)".to_owned()
        }
        (ProviderKind::Google, "LOGOUT") => "OK 73 good day (Success)".to_owned(),
        (ProviderKind::Google, _) => "OK Success".to_owned(),
        (ProviderKind::Microsoft, command) => format!("OK {command} completed."),
    }
}

pub(crate) fn bye_logout(provider: ProviderKind) -> &'static str {
    match provider {
        ProviderKind::Google => "* BYE LOGOUT Requested\r\n",
        ProviderKind::Microsoft => "* BYE Microsoft Exchange Server IMAP4 server signing off.\r\n",
    }
}

/// The token of the session has ended: no tagged line follows (transcripts.md A8, B8).
pub(crate) fn bye_expired(provider: ProviderKind) -> &'static str {
    match provider {
        ProviderKind::Google => "* BYE Session expired, please login again.\r\n",
        ProviderKind::Microsoft => "* BYE Session invalidated - AccessTokenExpired\r\n",
    }
}

pub(crate) const BAD_STATE: &str = "BAD Command received in Invalid state.";

pub(crate) fn no_folder(provider: ProviderKind, name: &str, was_selected: bool) -> String {
    match provider {
        ProviderKind::Google => {
            let now = if was_selected {
                " (now in authenticated state)"
            } else {
                ""
            };
            format!("NO [NONEXISTENT] Unknown Mailbox: {name}{now} (Failure)")
        }
        ProviderKind::Microsoft => format!("NO {name} doesn't exist."),
    }
}

pub(crate) fn no_target(provider: ProviderKind, name: &str) -> String {
    match provider {
        ProviderKind::Google => format!("NO [TRYCREATE] No folder {name} (Failure)"),
        ProviderKind::Microsoft => format!("NO [TRYCREATE] {name} doesn't exist."),
    }
}

/// Numbers as a set: runs become ranges, the order is kept.
pub(crate) fn set(numbers: &[u32]) -> String {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match out.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => out.push((*number, *number)),
        }
    }
    let pieces: Vec<String> = out
        .iter()
        .map(|(a, b)| {
            if a == b {
                a.to_string()
            } else {
                format!("{a}:{b}")
            }
        })
        .collect();
    pieces.join(",")
}

/// `01-Apr-2017 15:51:32 +0000`
pub(crate) fn internal_date(unix: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let t =
        time::OffsetDateTime::from_unix_timestamp(unix).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let month = MONTHS
        .get(usize::from(u8::from(t.month())) - 1)
        .unwrap_or(&"Jan");
    format!(
        "{:02}-{month}-{:04} {:02}:{:02}:{:02} +0000",
        t.day(),
        t.year(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_keep_their_order_and_dates_look_as_logged() {
        assert_eq!(set(&[1, 2, 3, 5, 7, 8, 9]), "1:3,5,7:9");
        assert_eq!(set(&[9, 8]), "9,8");
        assert_eq!(internal_date(1_491_061_892), "01-Apr-2017 15:51:32 +0000");
    }
}
