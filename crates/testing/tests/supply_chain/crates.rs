//! The crates.

use std::process::Command;

use serde_json::Value;

use crate::licence::allowed;
use crate::root;

/// Each with its reason.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-rs", "ring is the only crypto provider"),
    ("aws-lc-sys", "ring is the only crypto provider"),
    ("openssl", "rustls is the only TLS"),
    ("openssl-sys", "rustls is the only TLS"),
    ("native-tls", "rustls is the only TLS"),
];

/// MPL-2.0 binds the files of these crates only, and we use them unchanged.
const MPL: &[&str] = &["cssparser", "cssparser-macros", "dtoa-short"];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn every_crate_comes_from_crates_io_and_none_is_banned() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100, "the lock file is not the workspace's");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        if let Some((_, reason)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            panic!("{name} is banned: {reason} (cargo tree -i {name} --target all)");
        }
        match package.get("source").and_then(toml::Value::as_str) {
            // Without a source it is one of ours.
            None => assert!(root().join("crates").join(name).is_dir(), "{name}"),
            Some(source) => {
                assert_eq!(source, CRATES_IO, "{name} comes from elsewhere");
                assert!(package.get("checksum").is_some(), "{name} has no checksum");
            }
        }
    }
}

#[test]
fn every_crate_that_is_built_has_a_licence_of_the_list() {
    // One platform: without a filter cargo downloads what is never built here.
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let refused: Vec<String> = packages
        .iter()
        .filter_map(|package| {
            let name = package["name"].as_str()?;
            let licence = package["license"].as_str().unwrap_or("none is declared");
            let more: &[&str] = if MPL.contains(&name) {
                &["MPL-2.0"]
            } else {
                &[]
            };
            (!allowed(licence, more)).then(|| format!("{name}: {licence}"))
        })
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
