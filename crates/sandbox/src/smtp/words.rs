//! Longer replies and dates, as the servers write them.

use super::session::Session;

fn at(unix: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(unix).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// `Wed, 9 Nov 2022 10:09:41 +0000`
pub(crate) fn mail_date(unix: i64) -> String {
    let t = at(unix);
    let month = t.month().to_string();
    let weekday = t.weekday().to_string();
    format!(
        "{}, {} {} {:04} {:02}:{:02}:{:02} +0000",
        weekday.get(..3).unwrap_or_default(),
        t.day(),
        month.get(..3).unwrap_or_default(),
        t.year(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

/// `[HOST 2024-03-14T00:58:28.419Z 08DC432AD9175861]`
pub(crate) fn exchange_tail(session: &Session) -> String {
    let t = at(session.world.now());
    format!(
        "[{}.eurprd05.prod.outlook.com {:04}-{:02}-{:02}T{:02}:{:02}:{:02}.419Z {}]",
        session.host,
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        session.trace
    )
}

/// `535-5.7.8 ...`: two lines, two spaces before the address.
pub(crate) fn google_bad_credentials(session: &Session) -> String {
    format!(
        "535-5.7.8 Username and Password not accepted. For more information, go to\n\
         535 5.7.8  https://support.google.com/mail/?p=BadCredentials {} - gsmtp",
        session.id
    )
}

pub(crate) fn google_wants_auth(session: &Session) -> String {
    format!(
        "530-5.7.0 Authentication Required. For more information, go to\n\
         530 5.7.0  https://support.google.com/mail/?p=WantAuthError {} - gsmtp",
        session.id
    )
}

pub(crate) fn google_too_large(session: &Session) -> String {
    format!(
        "552-5.2.3 Your message exceeded Google's message size limits. Please visit\n\
         552-5.2.3  https://support.google.com/mail/?p=MaxSizeError to view our size\n\
         552 5.2.3 guidelines. {} - gsmtp",
        session.id
    )
}

pub(crate) fn google_daily_limit(session: &Session) -> String {
    format!(
        "550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n\
         550-5.4.5 sending limits go to\n\
         550 5.4.5  https://support.google.com/a/answer/166852 {} - gsmtp",
        session.id
    )
}

pub(crate) fn smtp_auth_disabled(session: &Session, tenant_wide: bool) -> String {
    let what = if tenant_wide { "Tenant" } else { "Mailbox" };
    format!(
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the \
         {what}. Visit https://aka.ms/smtp_auth_disabled for more information. {}",
        exchange_tail(session)
    )
}

/// One line of some 2 kB: no short line buffer survives it.
pub(crate) fn send_as_denied(session: &Session, own: &str, other: &str) -> String {
    let mut diagnostics = String::from("0.35250:1F009983, 1.36674:0A000000");
    let mut number = 36_674_u32;
    while diagnostics.len() < 1_700 {
        number += 1_611;
        diagnostics.push_str(&format!(
            ", 1.{number}:{:08X}",
            number.wrapping_mul(2_654_435_761)
        ));
    }
    format!(
        "554 5.2.252 SendAsDenied; {own} not allowed to send as {other}; \
         STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to \
         process message due to a permanent exception with message [BeginDiagnosticData]Cannot \
         submit message. {diagnostics} [EndDiagnosticData] [Hostname={}]",
        session.backend
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_look_as_in_the_banner() {
        assert_eq!(
            super::mail_date(1_667_988_581),
            "Wed, 9 Nov 2022 10:09:41 +0000"
        );
    }
}
