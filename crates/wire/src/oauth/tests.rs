use secrecy::ExposeSecret;

use super::*;

fn reply(status: u16, body: &str) -> Result<TokenReply, Box<TokenError>> {
    parse_token_reply(
        status,
        Some("application/json; charset=utf-8"),
        None,
        body.as_bytes(),
    )
}

fn refused(status: u16, body: &str) -> Box<TokenError> {
    reply(status, body).expect_err("a refusal")
}

fn id_token(payload: &str) -> String {
    format!(
        "{}.{}.c2ln",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#),
        URL_SAFE_NO_PAD.encode(payload)
    )
}

#[test]
fn the_challenge_is_that_of_rfc_7636_appendix_b() {
    let random = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37,
        77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let pkce = Pkce::new(&random);
    assert_eq!(
        pkce.verifier.expose_secret(),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(
        pkce.challenge,
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    assert!(!format!("{pkce:?}").contains("dBjft"));
}

#[test]
fn the_authorization_url_keeps_the_order_and_the_endpoints_own_query() {
    let url = authorization_url(
        "https://login.example/authorize?policy=p1#x",
        &[
            ("client_id", "a b"),
            ("scope", "openid https://mail.google.com/"),
            ("state", "s&t"),
        ],
    );
    assert_eq!(
        url.as_deref(),
        Ok(
            "https://login.example/authorize?policy=p1&client_id=a+b&scope=openid+https%3A%2F%2Fmail.google.com%2F&state=s%26t"
        )
    );
    assert!(authorization_url("/authorize", &[]).is_err());
}

#[test]
fn forms_encode_every_value_and_print_no_secret() {
    let secret = SecretString::from("~q.+/= ü");
    let code = SecretString::from("4/0A");
    let verifier = SecretString::from("verifier-verifier");
    let form = code_form(
        "id",
        Some(&secret),
        &code,
        "https://mail.example.jp/cb",
        &verifier,
        None,
    );
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "grant_type",
            "client_id",
            "client_secret",
            "code",
            "redirect_uri",
            "code_verifier"
        ]
    );
    let body = encode_form(&form);
    assert!(
        body.expose_secret()
            .contains("client_secret=%7Eq.%2B%2F%3D+%C3%BC&code=4%2F0A")
    );
    for text in [format!("{form:?}"), format!("{body:?}")] {
        assert!(
            !text.contains("4/0A") && !text.contains("4%2F0A") && !text.contains("verifier-v"),
            "{text}"
        );
    }
    let refresh = refresh_form("id", None, &code, Some("a b"));
    assert_eq!(
        encode_form(&refresh).expose_secret(),
        "grant_type=refresh_token&client_id=id&refresh_token=4%2F0A&scope=a+b"
    );
    let app = client_credentials_form("id", &code, "s/.default");
    assert_eq!(
        encode_form(&app).expose_secret(),
        "grant_type=client_credentials&client_id=id&client_secret=4%2F0A&scope=s%2F.default"
    );
    assert_eq!(
        encode_form(&revoke_form(&code)).expose_secret(),
        "token=4%2F0A"
    );
}

#[test]
fn a_google_reply_is_read_with_unknown_members() {
    let reply = reply(200, r#"{"access_token":"ya29.EXAMPLE","expires_in":3599,"refresh_token":"1//0eEXAMPLE",
        "refresh_token_expires_in":604799,"scope":"https://mail.google.com/ openid","token_type":"Bearer","id_token":"eyJ.a.b","new":{"x":[1]}}"#)
        .expect("tokens");
    assert_eq!(reply.access_token.expose_secret(), "ya29.EXAMPLE");
    assert_eq!(
        reply
            .refresh_token
            .as_ref()
            .map(|token| token.expose_secret()),
        Some("1//0eEXAMPLE")
    );
    assert_eq!(
        (reply.expires_in, reply.refresh_token_expires_in),
        (Some(3599), Some(604_799))
    );
    assert!(!format!("{reply:?}").contains("EXAMPLE"));
}

#[test]
fn seconds_may_be_strings_and_the_type_in_any_case() {
    let reply = reply(
        200,
        r#"{"token_type":"bearer","expires_in":"3600","access_token":"EwB"}"#,
    )
    .expect("tokens");
    assert_eq!(reply.expires_in, Some(3600));
    assert!(reply.refresh_token.is_none());
}

#[test]
fn tokens_may_be_long_but_not_endless_or_with_line_ends() {
    let long = "a".repeat(16 * 1024);
    assert!(reply(200, &format!(r#"{{"access_token":"{long}"}}"#)).is_ok());
    assert!(reply(200, &format!(r#"{{"access_token":"{long}a"}}"#)).is_err());
    assert!(reply(200, r#"{"access_token":"a\r\nb"}"#).is_err());
}

#[test]
fn a_success_without_a_token_is_an_error() {
    assert_eq!(refused(200, r#"{"scope":"x"}"#).kind, TokenErrorKind::Other);
    assert_eq!(
        refused(200, r#"{"access_token":"a","token_type":"mac"}"#).kind,
        TokenErrorKind::Other
    );
    assert_eq!(
        refused(200, r#"{"error":"invalid_grant","access_token":"a"}"#).kind,
        TokenErrorKind::InvalidGrant
    );
}

#[test]
fn a_page_instead_of_json_is_quoted_and_a_broken_json_is_not() {
    let page =
        b"<html><head><title>x</title></head><body><h1>Access denied</h1> by proxy</body></html>";
    let error = parse_token_reply(403, Some("text/html"), None, page).expect_err("no tokens");
    assert_eq!(
        (error.kind, error.provider_said.as_str()),
        (TokenErrorKind::NotJson, "Access denied by proxy")
    );
    let error = parse_token_reply(
        200,
        Some("application/json"),
        None,
        b"{\"access_token\":\"ya29",
    )
    .expect_err("cut");
    assert_eq!(error.kind, TokenErrorKind::NotJson);
    assert!(!error.provider_said.contains("ya29"));
    let error = parse_token_reply(503, Some("text/html"), None, b"<p>try later").expect_err("down");
    assert_eq!(error.kind, TokenErrorKind::Temporary);
}

#[test]
fn throttling_carries_the_wait() {
    let error = parse_token_reply(429, None, Some("17"), b"{}").expect_err("throttled");
    assert_eq!(
        error.kind,
        TokenErrorKind::Throttled {
            retry_after: Some(17)
        }
    );
}

#[test]
fn googles_refusals_are_told_apart() {
    let dead = refused(
        400,
        r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#,
    );
    assert_eq!(
        (dead.kind, dead.provider_said.as_str()),
        (
            TokenErrorKind::InvalidGrant,
            "Token has been expired or revoked."
        )
    );
    let rapt = refused(
        400,
        r#"{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_uri":"https://support.google.com/a/answer/9368756","error_subtype":"invalid_rapt"}"#,
    );
    assert_eq!(rapt.error_subtype.as_deref(), Some("invalid_rapt"));
    assert_eq!(
        refused(
            401,
            r#"{"error":"invalid_client","error_description":"Unauthorized"}"#
        )
        .kind,
        TokenErrorKind::InvalidClient
    );
    assert_eq!(
        refused(401, r#"{"error":"unauthorized_client"}"#).kind,
        TokenErrorKind::UnauthorizedClient
    );
    assert_eq!(
        refused(500, r#"{"error":"internal_failure"}"#).kind,
        TokenErrorKind::Temporary
    );
}

#[test]
fn microsofts_refusals_keep_all_that_its_support_asks_for() {
    let error = refused(
        401,
        r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t1\r\nCorrelation ID: c1\r\nTimestamp: 2023-05-06 06:03:00Z","error_codes":[7000215],"timestamp":"2023-05-06 06:03:00Z","trace_id":"t1","correlation_id":"c1","error_uri":"https://login.microsoftonline.com/error?code=7000215"}"#,
    );
    assert_eq!(error.kind, TokenErrorKind::InvalidClient);
    assert_eq!(error.error_codes, [7_000_215]);
    assert_eq!(
        (error.trace_id.as_deref(), error.correlation_id.as_deref()),
        (Some("t1"), Some("c1"))
    );
    assert!(
        error
            .provider_said
            .starts_with("AADSTS7000215: Invalid client secret provided. Trace ID")
    );
}

#[test]
fn microsofts_suberror_tells_consent_and_interaction_from_a_dead_grant() {
    let with = |suberror: &str| {
        refused(
            400,
            &format!(
                r#"{{"error":"invalid_grant","error_codes":[1],"suberror":"{suberror}","claims":"{{}}"}}"#
            ),
        )
    };
    assert_eq!(with("bad_token").kind, TokenErrorKind::InvalidGrant);
    assert_eq!(
        with("consent_required").kind,
        TokenErrorKind::ConsentRequired
    );
    assert_eq!(
        with("basic_action").kind,
        TokenErrorKind::InteractionRequired
    );
    assert_eq!(with("basic_action").claims.as_deref(), Some("{}"));
    assert_eq!(
        refused(400, r#"{"error":"interaction_required"}"#).kind,
        TokenErrorKind::InteractionRequired
    );
}

#[test]
fn claims_of_google_and_microsoft_are_read() {
    let google = id_token(
        r#"{"iss":"https://accounts.google.com","aud":"1234-abc","sub":"110169484474386276334","hd":"example.com","email":"alice@example.com","email_verified":"true","nonce":"N","iat":1700000000,"exp":1700003600}"#,
    );
    let claims = id_claims(&google).expect("claims");
    assert_eq!(
        (claims.aud.as_slice(), claims.exp),
        (["1234-abc".to_owned()].as_slice(), 1_700_003_600)
    );
    assert_eq!(
        (claims.email_verified, claims.hd.as_deref()),
        (Some(true), Some("example.com"))
    );
    let microsoft = id_token(
        r#"{"ver":"2.0","iss":"https://login.microsoftonline.com/9188040d/v2.0","sub":"AAA","aud":["6cb0","7dc1"],"exp":1536361411,"name":"佐藤 花子","preferred_username":"hanako@example.jp","oid":"o","tid":"t"}"#,
    );
    let claims = id_claims(&microsoft).expect("claims");
    assert_eq!(
        (claims.aud.len(), claims.email, claims.email_verified),
        (2, None, None)
    );
    assert_eq!(
        (
            claims.oid.as_deref(),
            claims.tid.as_deref(),
            claims.name.as_deref()
        ),
        (Some("o"), Some("t"), Some("佐藤 花子"))
    );
}

#[test]
fn broken_id_tokens_are_refused() {
    for token in ["", "a.b", "a.b.c.d", "a.!!!.c", &id_token("[]")] {
        assert_eq!(id_claims(token), Err(ClaimsError::Malformed), "{token}");
    }
    assert_eq!(
        id_claims(&id_token(r#"{"iss":"i","aud":"a","exp":1}"#)),
        Err(ClaimsError::Lacks("sub"))
    );
    assert_eq!(id_claims(&"a".repeat(20_000)), Err(ClaimsError::TooLong));
}

#[test]
fn an_unticked_scope_is_missed_and_a_rewritten_one_is_not() {
    let granted = "https://www.googleapis.com/auth/userinfo.email openid https://mail.google.com/";
    assert!(granted_scopes(granted).contains("email"));
    assert!(missing_scopes(&["openid", "email", "https://mail.google.com"], granted).is_empty());
    assert_eq!(
        missing_scopes(&["email https://mail.google.com/"], "openid email"),
        ["https://mail.google.com/"]
    );
    let microsoft = "https://outlook.office.com/imap.accessasuser.all";
    assert_eq!(
        missing_scopes(
            &[
                "https://outlook.office.com/IMAP.AccessAsUser.All",
                "https://outlook.office.com/SMTP.Send",
                "offline_access"
            ],
            microsoft
        ),
        ["https://outlook.office.com/SMTP.Send"]
    );
}

#[test]
fn the_callback_gives_code_or_refusal_and_the_first_of_doubles() {
    let callback = parse_callback(
        "?state=S&code=4%2F0A&scope=email%20openid&authuser=0&code=other&iss=https://accounts.google.com",
    );
    assert_eq!(
        callback.code.as_ref().map(|code| code.expose_secret()),
        Some("4/0A")
    );
    assert_eq!(
        (callback.state.as_deref(), callback.iss.as_deref()),
        (Some("S"), Some("https://accounts.google.com"))
    );
    assert!(!format!("{callback:?}").contains("4/0A"));
    let refusal = parse_callback(
        "error=access_denied&error_description=the+user+canceled+the+authentication&state=S",
    );
    assert_eq!(
        (refusal.error.as_deref(), refusal.code.is_none()),
        (Some("access_denied"), true)
    );
    assert!(
        refusal
            .error_description
            .is_some_and(|text| text == "the user canceled the authentication")
    );
}
