use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::*;

fn request<'a>(login_hint: Option<&'a str>, choose_account: bool) -> ConsentRequest<'a> {
    ConsentRequest {
        client_id: "123456-abc.apps.googleusercontent.com",
        redirect_uri: "https://mail.example.jp/gsession/common/cmn270.do",
        state: "S",
        challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        nonce: "N",
        login_hint,
        choose_account,
    }
}

fn get<'a>(parameters: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    parameters
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.as_str())
}

fn sections(toml_like: Value) -> BTreeMap<String, ProviderOverride> {
    serde_json::from_value(toml_like).expect("sections")
}

fn claims(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

fn expected<'a>(client_id: &'a str, tenant: Option<&'a str>) -> Expected<'a> {
    Expected {
        client_id,
        nonce: Some("N"),
        tenant,
        now: 1_700_000_000,
    }
}

#[test]
fn google_is_asked_for_offline_access_and_consent() {
    let google = ProviderProfile::google();
    let parameters = google.consent_parameters(&request(Some("alice@example.jp"), false));
    assert_eq!(get(&parameters, "access_type"), Some("offline"));
    assert_eq!(get(&parameters, "prompt"), Some("consent"));
    assert_eq!(get(&parameters, "login_hint"), Some("alice@example.jp"));
    assert_eq!(get(&parameters, "code_challenge_method"), Some("S256"));
    assert_eq!(
        get(&parameters, "scope"),
        Some("openid email https://mail.google.com/")
    );
    assert_eq!(get(&parameters, "include_granted_scopes"), None);
    let again = google.consent_parameters(&request(Some("alice@example.jp"), true));
    assert_eq!(get(&again, "prompt"), Some("select_account consent"));
}

#[test]
fn microsoft_never_gets_a_hint_and_select_account_together() {
    let microsoft = ProviderProfile::microsoft();
    for (hint, choose) in [
        (Some("alice@example.jp"), false),
        (Some("a@b.jp"), true),
        (None, false),
    ] {
        let parameters = microsoft.consent_parameters(&request(hint, choose));
        let both = get(&parameters, "prompt").is_some() && get(&parameters, "login_hint").is_some();
        assert!(!both, "{parameters:?}");
        assert_eq!(get(&parameters, "response_mode"), Some("query"));
        assert_eq!(get(&parameters, "access_type"), None);
    }
    let parameters = microsoft.consent_parameters(&request(Some("alice@example.jp"), false));
    assert_eq!(get(&parameters, "login_hint"), Some("alice@example.jp"));
    assert_eq!(
        get(&parameters, "scope"),
        Some(
            "openid profile email offline_access \
             https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send"
        )
    );
}

#[test]
fn the_tenant_is_put_into_the_addresses_and_cannot_smuggle_a_path() {
    let microsoft = ProviderProfile::microsoft();
    assert_eq!(
        microsoft.token_url_for(None),
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
    );
    assert_eq!(
        microsoft.authorization_url_for(Some("example.jp")),
        "https://login.microsoftonline.com/example.jp/oauth2/v2.0/authorize"
    );
    assert_eq!(
        microsoft.token_url_for(Some("../../x?y=")),
        "https://login.microsoftonline.com/....xy/oauth2/v2.0/token"
    );
    assert_eq!(
        microsoft.token_url_for(Some("..")),
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
    );
}

#[test]
fn admin_consent_never_names_common_and_is_not_offered_for_personal_accounts() {
    let microsoft = ProviderProfile::microsoft();
    let link = microsoft
        .admin_consent_url_for(Some("common"), "id", "https://m.example.jp/cb", "S")
        .expect("a link");
    assert!(link.starts_with("https://login.microsoftonline.com/organizations/v2.0/adminconsent?"));
    assert!(link.contains("state=S") && link.contains("IMAP.AccessAsUser.All"));
    assert_eq!(
        microsoft.admin_consent_url_for(Some("consumers"), "id", "https://m.example.jp/cb", "S"),
        None
    );
    assert_eq!(
        ProviderProfile::google().admin_consent_url_for(None, "id", "https://m", "S"),
        None
    );
}

#[test]
fn only_microsoft_sends_scope_at_a_refresh_and_leaves_out_what_was_not_granted() {
    assert_eq!(ProviderProfile::google().refresh_scope(None), None);
    assert_eq!(ProviderProfile::google().exchange_scope(), None);
    let microsoft = ProviderProfile::microsoft();
    assert_eq!(microsoft.refresh_scope(None), microsoft.exchange_scope());
    let only_imap = microsoft
        .refresh_scope(Some("https://outlook.office.com/IMAP.AccessAsUser.All"))
        .expect("scopes");
    assert!(only_imap.contains("IMAP") && !only_imap.contains("SMTP"));
    assert!(only_imap.contains("offline_access"));
}

#[test]
fn an_unticked_mail_box_at_google_is_seen() {
    let google = ProviderProfile::google();
    let reply = "https://mail.google.com/ https://www.googleapis.com/auth/userinfo.email openid";
    assert!(google.granted(Some(reply)).complete());
    let unticked = google.granted(Some(
        "https://www.googleapis.com/auth/userinfo.email openid",
    ));
    assert_eq!(unticked.cause_id(), Some("scope-missing-mail"));
    assert_eq!(unticked.missing, ["https://mail.google.com/"]);
    assert!(
        !google.granted(Some("https://mail.google.com")).imap,
        "the slash counts"
    );
    assert!(google.granted(None).complete());
}

#[test]
fn microsofts_scopes_are_compared_without_case_and_under_both_resource_names() {
    let microsoft = ProviderProfile::microsoft();
    let granted = microsoft.granted(Some(
        "https://outlook.office365.com/imap.accessasuser.all https://outlook.office.com/smtp.send",
    ));
    assert!(granted.complete());
    let graph = microsoft.granted(Some(
        "https://graph.microsoft.com/IMAP.AccessAsUser.All SMTP.Send",
    ));
    assert_eq!((graph.imap, graph.smtp), (false, false));
    let imap_only = microsoft.granted(Some("https://outlook.office.com/IMAP.AccessAsUser.All"));
    assert_eq!(imap_only.cause_id(), Some("scope-missing-smtp"));
}

#[test]
fn googles_person_is_the_sub_and_the_address_is_the_email() {
    let google = ProviderProfile::google();
    // transcripts.md E, shortened
    let token = claims(json!({"iss":"https://accounts.google.com",
        "aud":"1234-abc.apps.googleusercontent.com","sub":"110169484474386276334","hd":"example.com",
        "email":"alice@example.com","email_verified":true,"nonce":"N","exp":1_700_003_600}));
    let alice = google
        .identity(
            &token,
            &expected("1234-abc.apps.googleusercontent.com", None),
        )
        .expect("alice");
    assert_eq!(alice.subject, "110169484474386276334");
    assert!(alice.is("Alice@Example.com ") && !alice.is("bob@example.com"));
    let other = google.identity(&token, &expected("other", None));
    assert_eq!(other, Err(IdentityError::Audience));
    let mut late = expected("1234-abc.apps.googleusercontent.com", None);
    late.now = 1_700_010_000;
    assert_eq!(google.identity(&token, &late), Err(IdentityError::Expired));
    late.now = 0;
    late.nonce = Some("another");
    assert_eq!(google.identity(&token, &late), Err(IdentityError::Nonce));
}

#[test]
fn microsofts_person_is_tid_and_oid_and_the_issuer_follows_the_tid() {
    let microsoft = ProviderProfile::microsoft();
    let tid = "11111111-2222-3333-4444-555555555555";
    let token = |iss: &str| {
        claims(
            json!({"iss": iss, "aud": "app", "tid": tid, "oid": "OID", "sub": "SUB",
            "preferred_username": "alice@corp.example.jp", "email": "a.suzuki@example.jp",
            "nonce": "N", "exp": 1_700_003_600}),
        )
    };
    let good = token(&format!("https://login.microsoftonline.com/{tid}/v2.0"));
    for tenant in [
        None,
        Some("organizations"),
        Some("common"),
        Some(tid),
        Some("example.jp"),
    ] {
        let alice = microsoft
            .identity(&good, &expected("app", tenant))
            .expect("alice");
        assert_eq!(alice.subject, format!("{tid}/OID"));
        assert_eq!(alice.address.as_deref(), Some("alice@corp.example.jp"));
        assert!(alice.is("A.Suzuki@example.jp"));
    }
    let elsewhere = Some("99999999-2222-3333-4444-555555555555");
    for (token, tenant) in [
        (&good, elsewhere),
        (&good, Some("consumers")),
        (&token("https://evil.example/v2.0"), None),
        (
            &token("https://login.microsoftonline.com/common/v2.0"),
            None,
        ),
    ] {
        let refused = microsoft.identity(token, &expected("app", tenant));
        assert!(
            matches!(refused, Err(IdentityError::Issuer(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn an_id_token_without_a_person_is_refused() {
    let google = ProviderProfile::google();
    let token = claims(
        json!({"iss":"accounts.google.com","aud":["app"],"exp":1_700_003_600,
        "nonce":"N","email":"alice@example.com"}),
    );
    assert_eq!(
        google.identity(&token, &expected("app", None)),
        Err(IdentityError::NoSubject)
    );
    assert_eq!(IdentityError::NoSubject.cause_id(), "no-identity");
}

#[test]
fn iss_of_the_callback_is_checked_when_it_comes() {
    let (google, microsoft) = (ProviderProfile::google(), ProviderProfile::microsoft());
    assert!(google.callback_iss_ok(None, None));
    assert!(google.callback_iss_ok(Some("https://accounts.google.com"), None));
    assert!(!google.callback_iss_ok(Some("https://login.microsoftonline.com/x/v2.0"), None));
    let tid = "11111111-2222-3333-4444-555555555555";
    let iss = format!("https://login.microsoftonline.com/{tid}/v2.0");
    assert!(microsoft.callback_iss_ok(Some(&iss), Some("organizations")));
    assert!(microsoft.callback_iss_ok(Some(&iss), Some(tid)));
    assert!(!microsoft.callback_iss_ok(Some(&iss), Some("consumers")));
    assert!(!microsoft.callback_iss_ok(Some("https://accounts.google.com"), None));
}

#[test]
fn a_section_overrides_single_values_and_a_moved_login_host_moves_the_issuer() {
    let profiles = all(&sections(json!({
        "microsoft": {"authorization_url": "https://login.microsoftonline.us/{tenant}/oauth2/v2.0/authorize",
            "token_url": "https://login.microsoftonline.us/{tenant}/oauth2/v2.0/token",
            "scopes": ["openid", "offline_access", "https://outlook.office365.us/IMAP.AccessAsUser.All",
                "https://outlook.office365.us/SMTP.Send"],
            "imap": "outlook.office365.us:993", "smtp": "smtp.office365.us:587"},
        "google": {"smtp": "smtp.gmail.com:587"},
    })))
    .expect("profiles");
    let microsoft = &profiles["microsoft"];
    assert_eq!(
        microsoft.issuer,
        "https://login.microsoftonline.us/{tenant}/v2.0"
    );
    assert_eq!(
        microsoft.admin_consent_url.as_deref(),
        Some("https://login.microsoftonline.us/{tenant}/v2.0/adminconsent")
    );
    let reply =
        "https://outlook.office365.us/SMTP.Send https://outlook.office365.us/IMAP.AccessAsUser.All";
    assert!(microsoft.granted(Some(reply)).complete());
    assert!(microsoft.wants_tenant);
    assert_eq!(profiles["google"].smtp_tls, Tls::StartTls);
    assert_eq!(profiles["google"].label, "Google Mail");
}

#[test]
fn a_generic_provider_needs_its_addresses_and_says_which() {
    let error = all(&sections(
        json!({"own": {"kind": "generic", "imap": "h:993"}}),
    ))
    .unwrap_err();
    assert_eq!(error.key, "smtp");
    let profiles = all(&sections(json!({"own": {"kind": "generic", "label": "社内メール",
        "authorization_url": "http://localhost:9/authorize", "token_url": "http://127.0.0.1:9/token",
        "issuer": "http://localhost:9", "imap": "[::1]:10143", "smtp": "127.0.0.1:10587",
        "imap_tls": "starttls", "allow_private_addresses": true}})))
    .expect("profiles");
    let own = &profiles["own"];
    assert_eq!(
        (own.imap_tls, own.imap.to_string().as_str()),
        (Tls::StartTls, "[::1]:10143")
    );
    assert!(!own.wants_tenant && own.granted(Some("openid")).complete());
    assert_eq!(own.revocation_url, None);
}

#[test]
fn sections_that_cannot_work_are_refused() {
    for (name, section, key) in [
        (
            "google",
            json!({"token_url": "http://oauth2.example.jp/token"}),
            "token_url",
        ),
        ("google", json!({"kind": "microsoft"}), "kind"),
        ("mine", json!({}), "kind"),
        ("Mine!", json!({"kind": "google"}), "name"),
        ("google", json!({"imap": "imap.gmail.com"}), "imap"),
        ("google", json!({"imap": "imap.gmail.com:0"}), "imap"),
        ("google", json!({"scopes": []}), "scopes"),
        ("google", json!({"scopes": ["openid email"]}), "scopes"),
        ("google", json!({"issuer": "accounts"}), "issuer"),
    ] {
        let error = all(&sections(json!({ name: section }))).expect_err(key);
        assert_eq!(error.key, key, "{error}");
    }
    assert!(serde_json::from_value::<ProviderOverride>(json!({"imap_host": "x"})).is_err());
}
