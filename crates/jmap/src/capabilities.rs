//! Capability URIs: what we serve, and what a client may name besides.

/// RFC 8620.
pub const CORE: &str = "urn:ietf:params:jmap:core";
/// RFC 8621.
pub const MAIL: &str = "urn:ietf:params:jmap:mail";
/// RFC 8621, 7.
pub const SUBMISSION: &str = "urn:ietf:params:jmap:submission";

/// Registered or on their way there, and not served. Clients name them in every request (jmap-client names
/// eleven), so they are accepted; their methods are unknown.
const NOT_SERVED: &[&str] = &[
    "urn:ietf:params:jmap:vacationresponse",
    "urn:ietf:params:jmap:websocket",
    "urn:ietf:params:jmap:mdn",
    "urn:ietf:params:jmap:smimeverify",
    "urn:ietf:params:jmap:blob",
    "urn:ietf:params:jmap:blob2",
    "urn:ietf:params:jmap:quota",
    "urn:ietf:params:jmap:contacts",
    "urn:ietf:params:jmap:contacts:parse",
    "urn:ietf:params:jmap:sieve",
    "urn:ietf:params:jmap:principals",
    "urn:ietf:params:jmap:principals:owner",
    "urn:ietf:params:jmap:principals:availability",
    "urn:ietf:params:jmap:calendars",
    "urn:ietf:params:jmap:calendars:parse",
    "urn:ietf:params:jmap:calendars:preferences",
    "urn:ietf:params:jmap:webpush-vapid",
    "urn:ietf:params:jmap:emailpush",
    "urn:ietf:params:jmap:filenode",
    "urn:ietf:params:jmap:metadata",
    "urn:ietf:params:jmap:refplus",
    "urn:ietf:params:jmap:tasks",
];

/// Whether a client may name it.
pub fn is_known(uri: &str) -> bool {
    [CORE, MAIL, SUBMISSION].contains(&uri) || NOT_SERVED.contains(&uri)
}

/// The capability whose methods these are.
pub fn of_method(name: &str) -> Option<&'static str> {
    Some(match name.split_once('/')?.0 {
        "Core" => CORE,
        "Mailbox" | "Thread" | "Email" => MAIL,
        "Identity" | "EmailSubmission" => SUBMISSION,
        _ => return None,
    })
}
