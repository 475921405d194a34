//! ENVELOPE, with each provider's oddities (transcripts.md A4, B4).
//!
//! Encoded words pass through as they stand in the header.

use super::mime::{Field, headers, split_unquoted, value};
use crate::ProviderKind;

/// How data is written: whose manner, and whether its faults are on.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) provider: ProviderKind,
    pub(crate) odd: bool,
}

impl Manner {
    fn google(self) -> bool {
        self.provider == ProviderKind::Google
    }
}

/// A string: quoted where it can be, else a literal; `None` is NIL.
pub(crate) fn string(text: Option<&str>, manner: Manner) -> String {
    let Some(text) = text else {
        return "NIL".to_owned();
    };
    let plain = text.bytes().all(|b| (32..127).contains(&b));
    if !plain {
        return format!("{{{}}}\r\n{text}", text.len());
    }
    // Gmail forgets to escape quotes inside an encoded word.
    if manner.odd && manner.google() && text.starts_with("=?") && text.contains('"') {
        return format!("\"{text}\"");
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(crate) fn envelope(header: &[u8], manner: Manner) -> String {
    let fields = headers(header);
    let from = addresses(&fields, "From", manner);
    let repeated = |name: &str| match addresses(&fields, name, manner) {
        Some(list) => Some(list),
        // Exchange does not repeat From (transcripts.md B4).
        None if manner.google() => from.clone(),
        None => None,
    };
    let nil = || "NIL".to_owned();
    let text = |name: &str| string(value(&fields, name).as_deref(), manner);
    format!(
        "({} {} {} {} {} {} {} {} {} {})",
        text("Date"),
        text("Subject"),
        from.clone().unwrap_or_else(nil),
        repeated("Sender").unwrap_or_else(nil),
        repeated("Reply-To").unwrap_or_else(nil),
        addresses(&fields, "To", manner).unwrap_or_else(nil),
        addresses(&fields, "Cc", manner).unwrap_or_else(nil),
        addresses(&fields, "Bcc", manner).unwrap_or_else(nil),
        text("In-Reply-To"),
        text("Message-ID"),
    )
}

fn addresses(fields: &[Field<'_>], name: &str, manner: Manner) -> Option<String> {
    let text = value(fields, name)?;
    if text.is_empty() {
        let empty = manner.odd && manner.google() && name == "From";
        return empty.then(|| "((NIL NIL NIL NIL))".to_owned());
    }
    let mut out = String::from("(");
    for piece in split_unquoted(&text, ',')
        .iter()
        .map(|p| p.trim())
        .filter(|p| !p.is_empty())
    {
        out.push_str(&address(piece, manner));
    }
    out.push(')');
    Some(out)
}

fn address(piece: &str, manner: Manner) -> String {
    // Group syntax: the usual one has no members.
    if let Some((group, "" | " ")) = piece
        .split_once(':')
        .map(|(g, r)| (g, r.trim_end_matches(';')))
    {
        return format!(
            "(NIL NIL {} NIL)(NIL NIL NIL NIL)",
            string(Some(group.trim()), manner)
        );
    }
    let (name, spec) = match (piece.rfind('<'), piece.rfind('>')) {
        (Some(open), Some(close)) if open < close => {
            let name = piece.get(..open).unwrap_or_default().trim();
            (name, piece.get(open + 1..close).unwrap_or_default())
        }
        _ => match piece.split_once('(') {
            Some((spec, comment)) => (comment.trim_end().trim_end_matches(')'), spec.trim()),
            None => ("", piece),
        },
    };
    let name = match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
        Some(inside) => inside.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    };
    let name = Some(name.as_str()).filter(|n| !n.is_empty());
    let (local, host) = match spec.rsplit_once('@') {
        Some((local, host)) => (local, Some(host)),
        None if manner.google() => (spec, None),
        None => (spec, Some(".MISSING-HOST-NAME.")),
    };
    format!(
        "({} NIL {} {})",
        string(name, manner),
        string(Some(local), manner),
        string(host, manner)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOGLE: Manner = Manner {
        provider: ProviderKind::Google,
        odd: true,
    };
    const EXCHANGE: Manner = Manner {
        provider: ProviderKind::Microsoft,
        odd: true,
    };

    #[test]
    fn sender_and_reply_to_repeat_from_at_google_and_are_nil_at_exchange() {
        let mail = b"Date: Mon, 2 Sep 2019 10:00:00 +0200\r\nSubject: subject\r\nFrom: Alice <alice@example.com>\r\nTo: bob@example.org\r\nMessage-ID: <m1@example.com>\r\n\r\n";
        assert_eq!(
            envelope(mail, EXCHANGE),
            r#"("Mon, 2 Sep 2019 10:00:00 +0200" "subject" (("Alice" NIL "alice" "example.com")) NIL NIL ((NIL NIL "bob" "example.org")) NIL NIL NIL "<m1@example.com>")"#
        );
        assert_eq!(
            envelope(mail, GOOGLE),
            r#"("Mon, 2 Sep 2019 10:00:00 +0200" "subject" (("Alice" NIL "alice" "example.com")) (("Alice" NIL "alice" "example.com")) (("Alice" NIL "alice" "example.com")) ((NIL NIL "bob" "example.org")) NIL NIL NIL "<m1@example.com>")"#
        );
    }

    #[test]
    fn gmail_leaves_quotes_in_an_encoded_word_unescaped() {
        let mail = b"From: =?UTF-8?Q?\"Dummy=C3=ADa_Algo\"?= <a@example.com>\r\n\r\n";
        assert!(
            envelope(mail, GOOGLE)
                .contains(r#"("=?UTF-8?Q?"Dummy=C3=ADa_Algo"?=" NIL "a" "example.com")"#)
        );
        let calm = Manner {
            odd: false,
            ..GOOGLE
        };
        assert!(envelope(mail, calm).contains(r#""=?UTF-8?Q?\"Dummy=C3=ADa_Algo\"?=""#));
    }

    #[test]
    fn addresses_without_host_and_empty_ones_look_as_logged() {
        assert!(envelope(b"From: nsb\r\n\r\n", GOOGLE).contains("((NIL NIL \"nsb\" NIL))"));
        assert!(envelope(b"From: \r\n\r\n", GOOGLE).contains("((NIL NIL NIL NIL))"));
        assert!(envelope(b"From: nsb\r\n\r\n", EXCHANGE).contains("\".MISSING-HOST-NAME.\""));
        let group = envelope(b"To: undisclosed-recipients:;\r\n\r\n", GOOGLE);
        assert!(group.contains("((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL))"));
    }
}
