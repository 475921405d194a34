//! The packages of the web application.

use serde_json::Value;

use crate::licence::allowed;
use crate::root;

/// Tools that build or test and are no part of what we give away; unchanged, as MPL-2.0 wants.
/// A name stands for its platform packages (`lightningcss-linux-x64-gnu`) too.
const MPL_TOOLS: &[&str] = &["@axe-core/playwright", "axe-core", "lightningcss"];

/// Packages without the `license` member, whose LICENSE file was read.
const READ: &[(&str, &str)] = &[("svelte-toolbelt", "MIT")];

#[test]
fn every_web_package_has_a_licence_of_the_list_and_no_address() {
    let Ok(lock) = std::fs::read_to_string(root().join("web/package-lock.json")) else {
        return testing::skip("the web packages", "web/package-lock.json is not there")
            .unwrap_or_default();
    };
    let lock: Value = serde_json::from_str(&lock).unwrap();
    let packages = lock["packages"].as_object().unwrap();
    let mut refused = Vec::new();
    // The entry without a path is our own.
    for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
        let name = path.rsplit("node_modules/").next().unwrap();
        if package.get("resolved").is_some() {
            refused.push(format!("{name}: the lock file names an address"));
        }
        if package.get("integrity").is_none() {
            refused.push(format!("{name}: no checksum"));
        }
        let licence = licence(name, package);
        if !allowed(licence, more(name, package)) {
            refused.push(format!("{name}: {licence}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

fn licence<'a>(name: &str, package: &'a Value) -> &'a str {
    let read = READ.iter().find(|(known, _)| *known == name);
    package["license"]
        .as_str()
        .or(read.map(|(_, licence)| *licence))
        .unwrap_or("none is declared")
}

/// What is allowed beyond the list: MPL-2.0 for tools, as long as they stay tools.
fn more(name: &str, package: &Value) -> &'static [&'static str] {
    let is_tool = MPL_TOOLS
        .iter()
        .any(|tool| name == *tool || name.starts_with(&format!("{tool}-")));
    let only_dev = package["dev"] == true || package["devOptional"] == true;
    if is_tool && only_dev {
        &["MPL-2.0"]
    } else {
        &[]
    }
}
