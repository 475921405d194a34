//! Lists of emails: what `Email/query` (RFC 8621, 4.4) asks, as one statement.
