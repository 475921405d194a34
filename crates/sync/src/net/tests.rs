use tokio::net::TcpListener;

use super::script::{Script, hasty, testdata};
use super::*;

async fn cause(target: &Target) -> &'static str {
    match connect(target, &hasty()).await {
        Ok(_) => "connected",
        Err(error) => error.cause_id,
    }
}

fn with_tls(script: &Script) -> Target {
    Target {
        tls: Tls::Implicit,
        ca_file: Some(testdata("ca.pem")),
        ..script.target.clone()
    }
}

#[tokio::test]
async fn a_name_of_this_machine_is_refused_unless_allowed() {
    let script = Script::start("S: hello").await;
    let strict = Target {
        allow_private_addresses: false,
        ..script.target.clone()
    };
    assert_eq!(cause(&strict).await, "net-private-address");
    let strict = Target {
        host: "169.254.169.254".to_owned(),
        ..strict
    };
    assert_eq!(cause(&strict).await, "net-private-address");
    let proxy = Some("http://127.0.0.1:1".parse().expect("a URL"));
    let through_proxy = Target {
        host: "10.0.0.1".to_owned(),
        proxy,
        ..strict
    };
    assert_eq!(
        cause(&through_proxy).await,
        "net-private-address",
        "also where a proxy would connect"
    );
    assert_eq!(cause(&script.target).await, "connected");
    script.done().await;
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let script = Script::start("").await;
    let closed = Target {
        port,
        ..script.target.clone()
    };
    assert_eq!(cause(&closed).await, "net-connect-refused");
    let unknown = Target {
        host: "no-such-host.invalid".to_owned(),
        ..script.target.clone()
    };
    assert_eq!(cause(&unknown).await, "net-name-not-found");
    script.abandon();
}

#[tokio::test]
async fn tls_trusts_the_ca_file_and_checks_the_name() {
    let script = Script::start("TLS\nS: hello").await;
    assert_eq!(cause(&with_tls(&script)).await, "connected");
    script.done().await;

    let script = Script::start("TLS").await;
    let wrong_name = Target {
        host: "127.0.0.1".to_owned(),
        ..with_tls(&script)
    };
    assert_eq!(cause(&wrong_name).await, "net-tls-wrong-name");
    script.done().await;
}

#[tokio::test]
async fn an_unknown_ca_a_plain_port_and_silence_have_causes_of_their_own() {
    let script = Script::start("TLS").await;
    let other_ca = tempfile::NamedTempFile::new().expect("a file");
    // Another self-signed certificate: the server's own, which is no CA.
    std::fs::copy(testdata("server.pem"), other_ca.path()).expect("a copy");
    let untrusted = Target {
        ca_file: Some(other_ca.path().to_owned()),
        ..with_tls(&script)
    };
    assert_eq!(cause(&untrusted).await, "net-tls-untrusted");
    script.done().await;

    let script = Script::start("S: * OK ready for plain words\nWAIT").await;
    assert_eq!(cause(&with_tls(&script)).await, "net-tls-failed");
    script.done().await;

    let script = Script::start("WAIT").await;
    assert_eq!(cause(&with_tls(&script)).await, "net-tls-timeout");
    script.done().await;
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_an_error_of_the_settings() {
    let script = Script::start("TLS").await;
    let missing = Target {
        ca_file: Some("/no/such/file.pem".into()),
        ..with_tls(&script)
    };
    assert_eq!(cause(&missing).await, "net-ca-file");
    script.abandon();
    let script = Script::start("TLS").await;
    let empty = Target {
        ca_file: Some(testdata("README.md")),
        ..with_tls(&script)
    };
    assert_eq!(cause(&empty).await, "net-ca-file");
    script.abandon();
}

#[tokio::test]
async fn a_proxy_tunnels_with_user_and_password() {
    let script = Script::start(
        "C: CONNECT imap.example.com:993 HTTP/1.1
         C: Host: imap.example.com:993
         C: Proxy-Authorization: Basic YWxpY2U6YTpiIDE=
         C:
         S: HTTP/1.1 200 Connection established
         S: Via: 1.1 proxy
         S:
         S: * OK through the tunnel
         WAIT",
    )
    .await;
    let proxy = format!("http://alice:a%3Ab%201@127.0.0.1:{}", script.target.port);
    let target = Target {
        host: "imap.example.com".to_owned(),
        port: 993,
        proxy: Some(proxy.parse().expect("a URL")),
        allow_private_addresses: false,
        ..script.target.clone()
    };
    let mut stream = connect(&target, &hasty()).await.expect("a tunnel");
    let mut first = [0; 4];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first)
        .await
        .expect("octets");
    assert_eq!(&first, b"* OK", "nothing behind the proxy's answer is lost");
    drop(stream);
    assert_eq!(script.done().await.len(), 4);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_quoted_without_the_password() {
    for (answer, wanted) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required",
            "net-proxy-auth",
        ),
        ("HTTP/1.0 502 Bad Gateway", "net-proxy-refused"),
        ("SSH-2.0-OpenSSH", "net-proxy-refused"),
    ] {
        let script = Script::start(&format!(
            "C: CONNECT*\nC: Host*\nC: Proxy*\nC:\nS: {answer}\nS:"
        ))
        .await;
        let proxy = format!("http://alice:hidden@127.0.0.1:{}", script.target.port);
        let target = Target {
            host: "imap.example.com".to_owned(),
            proxy: Some(proxy.parse().expect("a URL")),
            ..script.target.clone()
        };
        let error = connect(&target, &hasty()).await.err().expect("a refusal");
        assert_eq!(error.cause_id, wanted);
        assert!(!format!("{error:?}").contains("hidden"));
        script.done().await;
    }
}
