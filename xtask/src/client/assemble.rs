//! The folder that is served: the page's files, the glue, hashes where browsers compare them.
//!
//! A document names every script and style with its hash. Modules that a script imports get a
//! `modulepreload` with theirs, so that no inline script is needed and the policy of the page stays strict.
//! The wasm is fetched with its hash by the worker. No browser compares a worker's own scripts with a hash, nor
//! what a script fetches by itself: those get a `<link rel="part">` with theirs, by which the page compares them
//! (`src/parts.js`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use base64ct::{Base64, Encoding};
use escrutinio_core::client_list::{self, ClientList, resolve};
use escrutinio_core::ids::hex;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256, Sha384};

use super::build::MODULES;
use crate::shell::{Failure, Outcome};

/// Where the glue lies in the page.
const GLUE: &str = "src/wasm";
/// The scripts that the page runs as workers, with the names by which it asks for their parts.
const WORKERS: [(&str, &str); 2] = [("worker", "src/worker.js"), ("verifier", "src/verifier.js")];
/// Where the catalogues of texts lie, one a language; a script fetches them.
const TEXTS: &str = "text/";

/// Every file of a page, by its path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listing(pub(super) BTreeMap<String, Vec<u8>>);

/// Puts the types of the glue where the scripts of the page, as they stand in the repository, look for
/// them: the checker of types needs no build then but this one.
pub(super) fn types(web: &Path, glue: &Path) -> Outcome {
    let folder = web.join(GLUE);
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let integrity = "export const INTEGRITY: Readonly<Record<string, string>>;\n";
    let languages = "export const LANGUAGES: readonly Readonly<{ tag: string, name: string }>[];\n";
    let mut types = vec![
        ("integrity.d.ts".to_owned(), integrity.as_bytes().to_vec()),
        ("languages.d.ts".to_owned(), languages.as_bytes().to_vec()),
    ];
    for (_, name) in MODULES {
        let path = glue.join(format!("{name}.d.ts"));
        types.push((format!("{name}.d.ts"), std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?));
    }
    for (name, bytes) in types {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}

/// Puts a page together.
pub(super) fn assemble(web: &Path, glue: &Path, out: &Path) -> Result<Listing, Failure> {
    let mut files = BTreeMap::new();
    read_tree(web, "", &mut files)?;
    let mut integrity = String::from("// Made by the build.\nexport const INTEGRITY = Object.freeze({\n");
    for (_, name) in MODULES {
        for (file, is_wasm) in [(format!("{name}.js"), false), (format!("{name}_bg.wasm"), true)] {
            let path = glue.join(&file);
            let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
            if is_wasm {
                integrity.push_str(&format!("  {name}: \"{}\",\n", hash(&bytes)));
            }
            files.insert(format!("{GLUE}/{file}"), bytes);
        }
    }
    integrity.push_str("});\n");
    files.insert(format!("{GLUE}/integrity.js"), integrity.into_bytes());
    let languages = languages(&files)?;
    files.insert(format!("{GLUE}/languages.js"), languages.into_bytes());
    let documents: Vec<String> = files.keys().filter(|path| path.ends_with(".html")).cloned().collect();
    for path in documents {
        let text = files.get(&path).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let text = with_hashes(&text, &path, &files)?;
        files.insert(path, text.into_bytes());
    }
    let list = manifest(&files)?;
    files.insert(client_list::LIST.to_owned(), list.into_bytes());
    write(&files, out)?;
    Ok(Listing(files))
}

fn read_tree(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Outcome {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::file(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, inside) = (entry.path(), format!("{below}{name}"));
        // The glue is made here; what begins with a dot is an editor's.
        if name.starts_with('.') || inside == GLUE {
            continue;
        }
        if path.is_dir() {
            read_tree(&path, &format!("{inside}/"), files)?;
        } else {
            files.insert(inside, std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?);
        }
    }
    Ok(())
}

/// The module that names every language of which there is a catalogue, as it calls itself: a further language is a
/// further file, and nothing else.
fn languages(files: &BTreeMap<String, Vec<u8>>) -> Result<String, Failure> {
    let mut module = String::from("// Made by the build.\nexport const LANGUAGES = Object.freeze([\n");
    for (path, bytes) in files {
        let Some(tag) = path.strip_prefix(TEXTS).and_then(|name| name.strip_suffix(".json")) else { continue };
        let wrong = |why: &dyn core::fmt::Display| Failure::new(format!("{path}: {why}"));
        if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(wrong(&"not named after a language"));
        }
        let texts: BTreeMap<String, String> = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
        let name = texts.get("site.language").ok_or_else(|| wrong(&"does not say what its language calls itself"))?;
        module.push_str(&format!("  {{ tag: \"{tag}\", name: {} }},\n", serde_json::Value::from(name.as_str())));
    }
    module.push_str("]);\n");
    Ok(module)
}

/// What browsers compare.
fn hash(bytes: &[u8]) -> String {
    format!("sha384-{}", Base64::encode_string(&Sha384::digest(bytes)))
}

fn manifest(files: &BTreeMap<String, Vec<u8>>) -> Result<String, Failure> {
    let list = ClientList::of(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    list.map(|list| list.to_string()).map_err(|why| Failure::new(format!("{}: {why}", client_list::LIST)))
}

/// A document with the hash of every script and style that it names, and of what the scripts import.
fn with_hashes(text: &str, document: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<String, Failure> {
    let mut out = String::with_capacity(text.len());
    let mut modules = BTreeSet::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        let end = tag.find('>').map_or(tag.len(), |end| end.saturating_add(1));
        let (tag, after) = tag.split_at(end);
        out.push_str(before);
        out.push_str(&tag_with_hash(tag, document, files, &mut modules)?);
        rest = after;
    }
    out.push_str(rest);
    let preloads: String = imports_of(modules.clone(), files)
        .difference(&modules)
        .map(|path| (path.clone(), "modulepreload".to_owned()))
        .chain(parts(files))
        .filter_map(|(path, rel)| {
            let up = "../".repeat(document.matches('/').count());
            let integrity = hash(files.get(&path)?);
            Some(format!("<link rel=\"{rel}\" href=\"{up}{path}\" integrity=\"{integrity}\">\n"))
        })
        .collect();
    let head = out.find("</head>").ok_or_else(|| Failure::new(format!("{document} has no </head>")))?;
    // Before the first script, so that its imports find what was checked.
    let at = out.find("<script").filter(|script| *script < head).unwrap_or(head);
    out.insert_str(at, &preloads);
    Ok(out)
}

/// What the page compares itself, each with the workers that it is of.
fn parts(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    let mut parts: BTreeMap<String, String> =
        files.keys().filter(|path| path.starts_with(TEXTS)).map(|path| (path.clone(), "part".to_owned())).collect();
    for (name, script) in WORKERS {
        for path in imports_of([script.to_owned()].into(), files) {
            let rel = parts.entry(path).or_insert_with(|| "part".to_owned());
            rel.push(' ');
            rel.push_str(name);
        }
    }
    parts
}

fn tag_with_hash(
    tag: &str,
    document: &str,
    files: &BTreeMap<String, Vec<u8>>,
    modules: &mut BTreeSet<String>,
) -> Result<String, Failure> {
    let style = tag.starts_with("<link") && tag.contains("rel=\"stylesheet\"");
    let script = tag.starts_with("<script");
    if !style && !script {
        return Ok(tag.to_owned());
    }
    let attribute = if script { "src=\"" } else { "href=\"" };
    let name = tag.split_once(attribute).and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
    let wrong = |what: &str| Failure::new(format!("{document}: {tag} {what}"));
    let name = name.ok_or_else(|| wrong("names no file: nothing may stand in a document itself"))?;
    let path = resolve(document, name).ok_or_else(|| wrong("leaves the page"))?;
    let bytes = files.get(&path).ok_or_else(|| wrong("names a file that is not there"))?;
    if script {
        modules.insert(path.clone());
    }
    Ok(tag.replacen(attribute, &format!("integrity=\"{}\" {attribute}", hash(bytes)), 1))
}

/// Modules with everything that they import, directly or not.
fn imports_of(modules: BTreeSet<String>, files: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut due: Vec<String> = modules.into_iter().collect();
    while let Some(path) = due.pop() {
        let Some(bytes) = files.get(&path).filter(|_| !all.contains(&path)) else { continue };
        let text = String::from_utf8_lossy(bytes);
        let names = text.lines().filter_map(imported).filter_map(|name| resolve(&path, name));
        due.extend(names);
        all.insert(path);
    }
    all
}

/// The module that a line of a script imports: its end is `from "./name.js";` or it is `import "./name.js";`.
fn imported(line: &str) -> Option<&str> {
    let line = line.trim().trim_end_matches(';');
    let quoted = match line.rsplit_once(" from ") {
        Some((start, name)) if !start.starts_with('*') && !start.starts_with("//") => name,
        _ => line.strip_prefix("import ")?,
    };
    let name = quoted.trim().strip_prefix('"')?.strip_suffix('"')?;
    name.starts_with('.').then_some(name)
}

fn write(files: &BTreeMap<String, Vec<u8>>, out: &Path) -> Outcome {
    if out.exists() {
        // Only a folder that was made here is made anew.
        if !out.join(client_list::LIST).is_file() {
            return Err(Failure::new(format!("{} exists, and is no page", out.display())));
        }
        std::fs::remove_dir_all(out).map_err(|error| Failure::file(out, &error))?;
    }
    for (path, bytes) in files {
        let path = out.join(path);
        let folder = path.parent().unwrap_or(out);
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        std::fs::write(&path, bytes).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(())
}

impl Listing {
    /// The build's hash.
    pub(super) fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.get(client_list::LIST).map(Vec::as_slice).unwrap_or_default()))
    }

    /// What a voter loads: no public page, and not the verifier.
    fn voters(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.0.iter().filter(|(path, _)| {
            let public = path.ends_with(".html") && *path != "index.html";
            !public && !path.starts_with("src/public/") && !path.contains("verif")
        })
    }

    pub(super) fn print_sizes(&self) {
        println!("   bytes  gzip -9");
        for (path, bytes) in &self.0 {
            println!("{:>8} {:>8}  {path}", bytes.len(), compressed(bytes));
        }
        let page: usize = self.voters().map(|(_, bytes)| compressed(bytes)).sum();
        println!("         {page:>8}  what a voter loads");
    }

    pub(super) fn within_budget(&self, wasm_budget: usize, page_budget: usize) -> Outcome {
        let wasm = self.0.get(&format!("{GLUE}/escrutinio_wasm_client_bg.wasm")).map_or(0, |bytes| compressed(bytes));
        let page: usize = self.voters().map(|(_, bytes)| compressed(bytes)).sum();
        for (what, size, budget) in [("the wasm", wasm, wasm_budget), ("the page", page, page_budget)] {
            if size > budget {
                return Err(Failure::new(format!("{what} has {size} bytes compressed; at most {budget}")));
            }
        }
        Ok(())
    }
}

fn compressed(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().map_or(0, |out| out.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> BTreeMap<String, Vec<u8>> {
        [
            ("style.css", "body {}"),
            ("src/main.js", "import { a } from \"./a.js\";\nimport \"../other.js\";\n// import x from \"./no.js\"\n"),
            ("src/a.js", "export {\n  b,\n} from \"./steps/b.js\";\n * and from \"./no.js\"\n"),
            ("src/steps/b.js", "import { a } from \"../a.js\";\n"),
            ("src/no.js", ""),
            ("other.js", "export const o = 1;\n"),
        ]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .into()
    }

    #[test]
    fn every_script_and_style_has_its_hash() {
        let document = "<html><head><link rel=\"stylesheet\" href=\"style.css\"><link rel=\"icon\" href=\"i.svg\">\
                        <script type=\"module\" src=\"src/main.js\"></script></head><body></body></html>";
        let made = with_hashes(document, "index.html", &page()).unwrap();
        let style = hash(b"body {}");
        assert!(
            made.contains(&format!("<link rel=\"stylesheet\" integrity=\"{style}\" href=\"style.css\">")),
            "{made}"
        );
        assert!(made.contains("<link rel=\"icon\" href=\"i.svg\">"));
        assert_eq!(made.matches("modulepreload").count(), 3, "{made}");
        assert!(made.find("modulepreload") < made.find("<script"));
        assert!(!made.contains("no.js"));
        for (path, bytes) in page().iter().filter(|(path, _)| path.ends_with(".js") && *path != "src/no.js") {
            assert!(made.contains(&hash(bytes)), "{path}");
        }
    }

    #[test]
    fn what_no_browser_compares_has_its_hash_too() {
        let mut files = page();
        for (path, text) in [
            ("src/worker.js", "import { o } from \"../other.js\";\nimport { x } from \"./wasm/glue.js\";\n"),
            ("src/verifier.js", "import { o } from \"../other.js\";\n"),
            ("src/wasm/glue.js", ""),
            ("text/es.json", "{}"),
        ] {
            files.insert(path.to_owned(), text.as_bytes().to_vec());
        }
        let document = "<head><script type=\"module\" src=\"src/a.js\"></script></head>";
        let made = with_hashes(document, "index.html", &files).unwrap();
        for (path, rel) in [
            ("src/worker.js", "part worker"),
            ("src/wasm/glue.js", "part worker"),
            ("other.js", "part worker verifier"),
            ("src/verifier.js", "part verifier"),
            ("text/es.json", "part"),
        ] {
            let link = format!("<link rel=\"{rel}\" href=\"{path}\" integrity=\"{}\">", hash(&files[path]));
            assert!(made.contains(&link), "{path}: {made}");
        }
    }

    #[test]
    fn what_stands_in_a_document_or_elsewhere_is_refused() {
        for script in ["<script>1</script>", "<script src=\"https://a.example/x.js\">", "<script src=\"absent.js\">"] {
            let document = format!("<head></head>{script}");
            assert!(with_hashes(&document, "index.html", &page()).is_err(), "{script}");
        }
    }

    #[test]
    fn a_further_language_is_a_further_file() {
        let texts = |files: &[(&str, &str)]| {
            let texts = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
            languages(&page().into_iter().chain(texts).collect())
        };
        let two =
            [("text/es.json", r#"{"site.language": "Español"}"#), ("text/en.json", r#"{"site.language": "English"}"#)];
        let named = |module: &str| {
            module.lines().filter(|line| line.contains("tag")).map(str::trim).collect::<Vec<_>>().join(" ")
        };
        let (spanish, english) = (r#"{ tag: "es", name: "Español" },"#, r#"{ tag: "en", name: "English" },"#);
        assert_eq!(named(&texts(&two).unwrap()), format!("{english} {spanish}"));
        let third = ("text/nah.json", r#"{"site.language": "\"Nāhuatl\""}"#);
        let three = named(&texts(&[two[0], two[1], third]).unwrap());
        assert_eq!(three, format!(r#"{english} {spanish} {{ tag: "nah", name: "\"Nāhuatl\"" }},"#));
        for bad in
            [("text/a b.json", third.1), ("text/nah.json", "{}"), ("text/nah.json", "[1]"), ("text/.json", third.1)]
        {
            assert!(texts(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_list_has_every_file_once_in_order() {
        let text = manifest(&page()).unwrap();
        let list = ClientList::parse(text.as_bytes()).unwrap();
        assert!(list.files().map(|(path, _)| path).eq(page().keys().map(String::as_str)));
        let files = Listing([(client_list::LIST.to_owned(), text.into_bytes())].into());
        assert_eq!(files.hash(), hex(&list.hash()));
        let strange = [("a file.js".to_owned(), Vec::new())].into();
        assert!(manifest(&strange).is_err(), "a page with a file that cannot be listed is not made");
    }
}
