//! Names of header properties, `header:NAME:asFORM:all` (RFC 8621, 4.1.2 and 4.1.3).

use wire::mime::HeaderForm;

/// A header property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderProperty {
    /// As the client wrote it: so it stands in the answer.
    pub key: String,
    /// The field's name.
    pub name: String,
    /// In which form.
    pub form: HeaderForm,
    /// Every field of the name, or the last alone.
    pub all: bool,
}

/// Reads a property's name that begins with `header:`; `None` when it is none, or the form is not allowed
/// for this field.
pub fn parse(key: &str) -> Option<HeaderProperty> {
    let mut parts = key.strip_prefix("header:")?.split(':');
    let name = parts
        .next()
        .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))?;
    let mut rest = parts.next();
    let form = match rest.and_then(HeaderForm::parse) {
        Some(form) => {
            rest = parts.next();
            form
        }
        None => HeaderForm::Raw,
    };
    let all = rest == Some("all");
    if (rest.is_some() && !all) || parts.next().is_some() || !is_allowed(name, form) {
        return None;
    }
    Some(HeaderProperty {
        key: key.to_owned(),
        name: name.to_owned(),
        form,
        all,
    })
}

/// Fields that RFC 5322 and RFC 2369 define have the forms that fit them; all others have any form.
fn is_allowed(name: &str, form: HeaderForm) -> bool {
    use HeaderForm::{Addresses, Date, GroupedAddresses, MessageIds, Raw, Text, Urls};
    let fitting: &[HeaderForm] = match name.to_ascii_lowercase().as_str() {
        "from" | "sender" | "reply-to" | "to" | "cc" | "bcc" | "resent-from" | "resent-sender"
        | "resent-reply-to" | "resent-to" | "resent-cc" | "resent-bcc" => {
            &[Addresses, GroupedAddresses]
        }
        "subject" | "comments" | "keywords" | "list-id" => &[Text],
        "message-id" | "in-reply-to" | "references" | "resent-message-id" => &[MessageIds],
        "date" | "resent-date" => &[Date],
        "list-help" | "list-unsubscribe" | "list-subscribe" | "list-post" | "list-owner"
        | "list-archive" => &[Urls],
        "return-path" | "received" => &[],
        _ => return true,
    };
    form == Raw || fitting.contains(&form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_property_has_name_form_and_all_in_this_order() {
        let property = parse("header:X-Spam:asText:all").expect("a property");
        assert_eq!(
            (property.name.as_str(), property.form, property.all),
            ("X-Spam", HeaderForm::Text, true)
        );
        assert_eq!(
            parse("header:From").map(|property| property.form),
            Some(HeaderForm::Raw)
        );
        for bad in [
            "header:",
            "header:From:all:asText",
            "header:From:asDate",
            "header:Subject:asAddresses",
            "header:a:b",
            "headers",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
