//! BODY and BODYSTRUCTURE, with each provider's oddities (transcripts.md A4, B4).
//!
//! Google writes types in upper case and a multipart without children as `("SUBTYPE" ...)`. Exchange
//! writes them in lower case, a disposition without parameters as a bare string, and a part that has
//! no type inside a report as NIL NIL.

use super::envelope::{Manner, envelope, string};
use super::mime::{Field, Kind, Part, Typed, headers, value};
use crate::ProviderKind;

/// `extended`: BODYSTRUCTURE, else BODY.
pub(crate) fn structure(raw: &[u8], part: &Part, manner: Manner, extended: bool) -> String {
    Writer {
        raw,
        manner,
        extended,
    }
    .part(part, "")
}

struct Writer<'a> {
    raw: &'a [u8],
    manner: Manner,
    extended: bool,
}

impl Writer<'_> {
    fn cased(&self, word: &str) -> String {
        match self.manner.provider {
            ProviderKind::Google => word.to_ascii_uppercase(),
            ProviderKind::Microsoft => word.to_ascii_lowercase(),
        }
    }

    fn string(&self, text: Option<&str>) -> String {
        string(text, self.manner)
    }

    fn parameters(&self, typed: &Typed) -> String {
        if typed.parameters.is_empty() {
            return "NIL".to_owned();
        }
        let pairs: Vec<String> = typed
            .parameters
            .iter()
            .map(|(n, v)| {
                format!(
                    "{} {}",
                    self.string(Some(&self.cased(n))),
                    self.string(Some(v))
                )
            })
            .collect();
        format!("({})", pairs.join(" "))
    }

    fn part(&self, part: &Part, parent: &str) -> String {
        let header = self.raw.get(part.header.clone()).unwrap_or_default();
        let fields = headers(header);
        let word = part.content_type.word.to_ascii_lowercase();
        match &part.kind {
            Kind::Multipart(parts) => {
                let subtype = word.split_once('/').map_or("mixed", |(_, s)| s).to_owned();
                let mut out = String::from("(");
                for child in parts {
                    out.push_str(&self.part(child, &subtype));
                }
                // No children and no space before the subtype: that is how the odd ones look.
                if !parts.is_empty() {
                    out.push(' ');
                }
                out.push_str(&self.string(Some(&self.cased(&subtype))));
                if self.extended {
                    out.push_str(&format!(
                        " {} {} NIL",
                        self.parameters(&part.content_type),
                        self.disposition(&fields)
                    ));
                    if self.manner.provider == ProviderKind::Microsoft {
                        out.push_str(" NIL");
                    }
                }
                out.push(')');
                out
            }
            kind => self.leaf(part, kind, &fields, &word, parent),
        }
    }

    fn leaf(
        &self,
        part: &Part,
        kind: &Kind,
        fields: &[Field<'_>],
        word: &str,
        parent: &str,
    ) -> String {
        let body = self.raw.get(part.body.clone()).unwrap_or_default();
        let exchange = self.manner.provider == ProviderKind::Microsoft;
        let untyped = value(fields, "Content-Type").is_none();
        let encoding = value(fields, "Content-Transfer-Encoding");
        let encoding = encoding.as_deref().unwrap_or("7bit");
        let encoding = self.string(Some(&self.cased(encoding)));
        if exchange && self.manner.odd && untyped && parent == "report" {
            return format!(
                "(NIL NIL NIL NIL NIL \"7BIT\" {} NIL NIL NIL NIL)",
                body.len()
            );
        }
        let (kind_word, subtype) = word
            .split_once('/')
            .unwrap_or(("application", "octet-stream"));
        let text = |name: &str| self.string(value(fields, name).as_deref());
        let message = matches!(kind, Kind::Message(_));
        // Exchange does not know the size of a message inside a message.
        let size = if exchange && self.manner.odd && message {
            0
        } else {
            body.len()
        };
        let mut out = format!(
            "({} {} {} {} {} {encoding} {size}",
            self.string(Some(&self.cased(kind_word))),
            self.string(Some(&self.cased(subtype))),
            self.parameters(&part.content_type),
            text("Content-ID"),
            text("Content-Description"),
        );
        let lines = body.iter().filter(|b| **b == b'\n').count();
        if let Kind::Message(inner) = kind {
            let header = self.raw.get(inner.header.clone()).unwrap_or_default();
            out.push_str(&format!(
                " {} {} {lines}",
                envelope(header, self.manner),
                self.part(inner, "")
            ));
        } else if kind_word == "text" {
            out.push_str(&format!(" {lines}"));
        }
        if self.extended {
            out.push_str(&format!(" NIL {} NIL", self.disposition(fields)));
            if exchange {
                out.push_str(" NIL");
            }
        }
        out.push(')');
        out
    }

    fn disposition(&self, fields: &[Field<'_>]) -> String {
        let Some(text) = value(fields, "Content-Disposition") else {
            return "NIL".to_owned();
        };
        let typed = Typed::parse(&text);
        let word = self.string(Some(&self.cased(&typed.word)));
        let exchange = self.manner.provider == ProviderKind::Microsoft;
        if exchange && self.manner.odd && typed.parameters.is_empty() {
            return word;
        }
        format!("({word} {})", self.parameters(&typed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::mime::parse;
    use super::*;

    fn of(raw: &[u8], provider: ProviderKind) -> String {
        structure(
            raw,
            &parse(raw),
            Manner {
                provider,
                odd: true,
            },
            true,
        )
    }

    #[test]
    fn a_text_part_is_written_in_each_providers_case() {
        let raw = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na\r\nb\r\n";
        assert_eq!(
            of(raw, ProviderKind::Google),
            r#"("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "QUOTED-PRINTABLE" 6 2 NIL NIL NIL)"#
        );
        assert_eq!(
            of(raw, ProviderKind::Microsoft),
            r#"("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 6 2 NIL NIL NIL NIL)"#
        );
    }

    #[test]
    fn a_multipart_without_children_stands_as_a_bare_subtype() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--a--\r\n";
        assert_eq!(
            of(raw, ProviderKind::Google),
            r#"(("ALTERNATIVE" ("BOUNDARY" "b") NIL NIL) "MIXED" ("BOUNDARY" "a") NIL NIL)"#
        );
    }

    #[test]
    fn exchange_has_bare_dispositions_and_parts_without_type() {
        let raw = b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a\r\nContent-Type: text/html\r\nContent-Disposition: inline\r\n\r\ny\r\n--a--\r\n";
        assert_eq!(
            of(raw, ProviderKind::Microsoft),
            r#"((NIL NIL NIL NIL NIL "7BIT" 1 NIL NIL NIL NIL)("text" "html" NIL NIL NIL "7bit" 1 0 NIL "inline" NIL NIL) "report" ("boundary" "a") NIL NIL NIL)"#
        );
    }
}
