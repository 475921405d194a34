use super::*;

fn clean(html: &str) -> String {
    sanitize(html, &SanitizeOptions::default()).html
}

/// Nothing that loads, runs or sends may be left.
fn assert_harmless(html: &str) -> Sanitized {
    let clean = sanitize(html, &SanitizeOptions::default());
    let lower = clean.html.to_lowercase();
    for bad in [
        "<script",
        "<style",
        "<iframe",
        "<object",
        "<embed",
        "<svg",
        "<math",
        "<form",
        "<input",
        "<button",
        "<meta",
        "<base",
        "<link",
        "<video",
        "<audio",
        "<animate",
        "javascript:",
        "vbscript:",
        "url(",
        "expression",
        "onerror",
        "onload",
        "onclick",
        " src=\"http",
        "srcset",
        "background=",
        "@import",
        "-moz-binding",
        "behavior",
        "data:text",
        "data:image/svg",
        "\\",
    ] {
        assert!(!lower.contains(bad), "{bad} in {} from {html}", clean.html);
    }
    clean
}

#[test]
fn what_runs_or_embeds_is_gone() {
    for html in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe src=https://evil.example></iframe>",
        "<object data=x></object>",
        "<form action=https://evil.example><input name=a><button>go</button></form>",
        "<base href=https://evil.example/>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<link rel=stylesheet href=https://evil.example/a.css>",
        "<a href=\"java\tscript:alert(1)\">x</a>",
        "<a href=\" &#1;javascript:alert(1)\">x</a>",
        "<a href=data:text/html,x>x</a>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<template><img src=x onerror=alert(1)></template>",
        "<video poster=https://evil.example/a.png></video>",
        "<input type=image src=https://evil.example/a.png>",
        "<body onload=alert(1)>",
        "<div style=\"behavior:url(x.htc)\">x</div>",
        "<xmp><img src=x onerror=alert(1)></xmp>",
        "<details open ontoggle=alert(1)>x",
    ] {
        assert_harmless(html);
    }
}

#[test]
fn remote_content_does_not_come_through_css_escapes_or_unclosed_addresses() {
    for style in [
        "background-image:url(https://evil.example/a.png)",
        "background:\\75\\72\\6c(https://evil.example/a.png)",
        "background:u\\rl(//evil.example)",
        "background:url(https://evil.example/a.png",
        "background: url( 'https://evil.example/a;b' )",
        "list-style-image:url(//evil.example/a)",
        "background:/**/url/**/(https://evil.example)",
        "width:expression(alert(1))",
        "background:image-set('https://evil.example/a' 1x)",
        "content:url(https://evil.example)",
        "color:red;background:url(\"https://evil.example/;color:blue\")",
        "--x:url(https://evil.example)",
        "background:var(--x)",
        "cursor:url(https://evil.example/c.cur),auto",
        "filter:url(https://evil.example#f)",
        "@import 'https://evil.example/a.css'",
        "background:src('https://evil.example')",
        "background:-webkit-image-set(\"https://evil.example/\" 1x)",
        "font-family:'a;background:url(//evil.example)'",
    ] {
        let clean = assert_harmless(&format!(
            "<div style=\"{}\">x</div>",
            style.replace('"', "&quot;")
        ));
        assert!(
            !clean.html.contains("evil.example"),
            "{} from {style}",
            clean.html
        );
    }
}

#[test]
fn remote_content_does_not_come_through_svg_or_backgrounds() {
    for html in [
        "<svg><image href=https://evil.example/a.png></image></svg>",
        "<svg><animate attributeName=href values=https://evil.example/a.png /></svg>",
        "<svg><set attributeName=src to=https://evil.example/a.png></svg>",
        "<svg><animate attributeName=href by=https://evil.example /></svg>",
        "<body background=https://evil.example/a.png>x</body>",
        "<table background=//evil.example/a.png><tr><td>x</td></tr></table>",
        "<td background=\"https://evil.example/a\">",
        "<style>body{background:url(https://evil.example/a.png)}</style>",
        "<style>@import url(https://evil.example",
        "<img srcset=\"https://evil.example/a.png 2x\">",
        "<picture><source srcset=https://evil.example/a.png><img alt=x></picture>",
    ] {
        let clean = assert_harmless(html);
        assert!(
            !clean.html.contains("evil.example"),
            "{} from {html}",
            clean.html
        );
    }
}

#[test]
fn blocked_pictures_keep_their_address_aside_and_are_counted() {
    for src in [
        "https://evil.example/a.png?x=1&amp;y=2",
        " HTTPS://evil.example/a.png",
        "//evil.example/a.png",
        "ht\ntps://evil.example/a.png",
        "https:\\\\evil.example/a.png",
    ] {
        let clean = sanitize(
            &format!("<p><img src=\"{src}\" alt=\"x\"></p>"),
            &SanitizeOptions::default(),
        );
        assert!(
            clean
                .html
                .contains(" data-tegata-src=\"https://evil.example/a.png"),
            "{}",
            clean.html
        );
        assert!(!clean.html.contains(" src="), "{}", clean.html);
        assert_eq!(clean.blocked_remote, 1);
    }
    let table = sanitize(
        "<table background=https://evil.example/a><tr><td style=\"background:url(https://evil.example/b)\">x",
        &SanitizeOptions::default(),
    );
    assert_eq!(table.blocked_remote, 2);
    assert_eq!(
        sanitize("<p>nothing remote</p>", &SanitizeOptions::default()).blocked_remote,
        0
    );
}

#[test]
fn pictures_come_back_when_the_reader_asks() {
    let html = "<img src=\"https://example.jp/a.png?x=1&amp;y\">";
    let keep = sanitize(
        html,
        &SanitizeOptions {
            remote: Remote::Keep,
        },
    );
    assert_eq!(
        keep.html,
        "<img src=\"https://example.jp/a.png?x=1&amp;y\">"
    );
    let proxy = sanitize(
        html,
        &SanitizeOptions {
            remote: Remote::Proxy("/picture?u=".into()),
        },
    );
    assert_eq!(
        proxy.html,
        "<img src=\"/picture?u=https%3A%2F%2Fexample.jp%2Fa.png%3Fx%3D1%26y\">"
    );
}

#[test]
fn pictures_of_the_mail_itself_stay() {
    assert_eq!(
        clean("<img src=\"cid:logo@example.jp\" alt=\"ロゴ\">"),
        "<img src=\"cid:logo@example.jp\" alt=\"ロゴ\">"
    );
    assert!(
        clean("<img src=\"data:image/png;base64,iVBORw0KGgo=\">").contains("src=\"data:image/png")
    );
    assert!(!clean("<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">").contains("src"));
    assert!(!clean("<img src=\"tegata-blocked:https://example.jp\">").contains("src"));
    assert!(!clean("<img src=\"/api/me\">").contains("src"));
}

#[test]
fn links_open_elsewhere_and_tell_nothing() {
    let link =
        clean("<a href=\"https://example.jp/x?a=1\" target=_top onclick=x() rel=opener>x</a>");
    assert!(
        link.contains("href=\"https://example.jp/x?a=1\"") && link.contains("target=\"_blank\"")
    );
    assert!(link.contains("rel=\"noopener noreferrer\"") && !link.contains("onclick"));
    assert!(!clean("<a href=\"/relative\">x</a>").contains("href"));
    assert!(clean("<a href=\"mailto:bob@example.jp\">x</a>").contains("mailto:bob@example.jp"));
}

#[test]
fn the_look_of_an_everyday_mail_stays() {
    let html = "<div style=\"font-family:'Yu Gothic UI', Meiryo; font-size:14px; color:#333; background-color:rgb(255, 250, 240); position:fixed; margin:-1px\"><table cellpadding=\"4\" bgcolor=\"#eee\"><tbody><tr><td colspan=\"2\" align=\"center\"><b>合計</b> &lt;税込&gt;</td></tr></tbody></table></div>";
    let clean = clean(html);
    for kept in [
        "font-size:14px",
        "color:#333",
        "Meiryo",
        "rgb(255, 250, 240)",
        "cellpadding=\"4\"",
        "colspan=\"2\"",
        "<b>合計</b> &lt;税込&gt;",
    ] {
        assert!(clean.contains(kept), "{kept} in {clean}");
    }
    assert!(!clean.contains("position"));
}

#[test]
fn markup_made_to_exhaust_parsers_comes_out_as_text() {
    let deep = format!("{}end", "<div>".repeat(300_000));
    assert!(clean(&deep).contains("end"));
    let rebuilt: String = (0..1_500)
        .map(|n| format!("<font size={n}>"))
        .chain(std::iter::repeat_n("<p>x".to_owned(), 100_000))
        .collect();
    assert!(clean(&rebuilt).len() < 5_000_000);
    let quotes = "<a title=\"".repeat(200_000);
    assert!(clean(&quotes).len() < 20_000_000);
    assert!(html_to_text(&deep).contains("end"));
}

#[test]
fn a_tag_with_very_many_attributes_costs_no_square() {
    let many: String = (0..200_000).map(|n| format!(" a{n}=\"<>\"")).collect();
    assert_eq!(clean(&format!("<p{many}>x</p>")), "<p>x</p>");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn pieces_of_markup_in_any_order_come_out_harmless(pieces in proptest::collection::vec(0usize..30, 0..40)) {
        const PIECES: [&str; 30] = [
            "<", ">", "\"", "'", "=", "/", " ", "<!--", "-->", "<script", "</script>", "<style>", "</style", "<svg>", "<math>", "<img src=", "onerror=alert(1)",
            "https://evil.example/a", "style=\"", "background:url(", ")", "\\75", ";", "<a href=", "javascript:x", "<noscript>", "<table background=", "&#106;", "<textarea>", "<p title=",
        ];
        let html: String = pieces.iter().filter_map(|at| PIECES.get(*at)).copied().collect();
        let clean = clean(&html).to_lowercase();
        // Only tags can do harm: text may say anything, and so may the values that nothing loads.
        for tag in clean.split('<').skip(1).filter_map(|piece| piece.split('>').next()) {
            let halves: Vec<&str> = tag.split('"').collect();
            let names: String = halves.iter().step_by(2).copied().collect();
            for bad in ["script", "style>", "svg", "math", "onerror", "background", "srcset"] {
                proptest::prop_assert!(!names.contains(bad), "{} from {}", clean, html);
            }
            for pair in halves.chunks(2).filter(|pair| pair.len() == 2) {
                let (name, value) = (pair.first().unwrap_or(&""), pair.last().unwrap_or(&""));
                let loads = name.ends_with(" src=") || name.ends_with(" style=");
                proptest::prop_assert!(!loads || !value.contains("http") && !value.contains("url("), "{} from {}", clean, html);
                proptest::prop_assert!(!name.ends_with(" href=") || !value.starts_with("java"), "{} from {}", clean, html);
            }
        }
    }
}
