use crate::{asset, assets, between};

/// Script and style that the policy would refuse, and ways by which a text
/// could become markup or code.
const REFUSED: [&str; 14] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "setHTML",
    "createContextualFragment",
    "DOMParser",
    "document.write",
    "eval(",
    "new Function",
    "javascript:",
    "<style",
    " style=\"",
    "setAttribute(\"style\"",
    "srcdoc",
];

#[test]
fn no_text_can_become_markup_or_code() {
    for (file, text) in assets() {
        for refused in REFUSED {
            assert!(!text.contains(refused), "{file} has {refused}");
        }
    }
}

#[test]
fn the_page_has_no_inline_script() {
    let page = asset("index.html");
    for script in between(&page, "<script", '<') {
        let (attributes, inside) = script.split_once('>').unwrap();
        assert!(attributes.contains("src=\"/assets/"), "inline: {attributes}");
        assert!(inside.is_empty(), "inline: {inside}");
    }
    for tag in between(&page, "<", '>') {
        let handler = tag.split_whitespace().find(|one| one.starts_with("on") && one.contains('='));
        assert_eq!(handler, None, "<{tag}>");
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (file, text) in assets() {
        // Why: the name space of SVG is a name; nothing is loaded from it.
        let text = text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for scheme in ["http:", "https:", "\"//", "@import", "url("] {
            assert!(!text.contains(scheme), "{file} has {scheme}");
        }
    }
}

#[test]
fn everything_the_page_names_is_there() {
    let names: Vec<String> = assets().into_iter().map(|(name, _)| name).collect();
    for (file, text) in assets() {
        let absolute = between(&text, "\"/assets/", '"');
        let imported = between(&text, "from \"./", '"');
        for named in absolute.into_iter().chain(imported) {
            assert!(names.iter().any(|name| name == named), "{file} names {named}");
        }
    }
}

#[test]
fn every_element_that_a_script_asks_for_is_in_the_page() {
    let page = asset("index.html");
    let ids = between(&page, " id=\"", '"');
    for (file, text) in assets().into_iter().filter(|(name, _)| name.ends_with(".mjs")) {
        for id in between(&text, "$(\"", '"') {
            assert!(ids.contains(&id), "{file} asks for #{id}");
        }
    }
}
