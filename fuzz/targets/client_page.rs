//! Documents and headers of a page, as a server sends them: nothing hides a script, and no policy is taken for a stricter
//! one.

#![no_main]

use escrutinio_core::client_list::ClientList;
use escrutinio_witness::client::document::faults;
use escrutinio_witness::client::policy::{Kind, Origins, weaker};
use libfuzzer_sys::fuzz_target;

const SCRIPT: &[u8] = b"<script src=\"https://otro.example/x.js\"></script>";

fuzz_target!(|data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    if kind % 2 == 0 {
        let list = ClientList::of([("index.html", data), ("src/main.js", b""), ("style.css", b"")]).expect("a list");
        let _ = faults("index.html", data, &list);
        // Whatever stands before and after it.
        let (before, after) = data.split_at(data.len() / 2);
        let hidden = faults("index.html", &[before, SCRIPT, after].concat(), &list);
        assert!(!hidden.is_empty(), "a script was hidden");
    } else if let Ok(policy) = core::str::from_utf8(data) {
        let origins = Origins { own: "https://voto.example".into(), others: vec!["https://casilla.example".into()] };
        let _ = weaker(&[policy.to_owned()], Kind::Page, &origins);
        // One policy alone: the first directive of a name counts.
        let policy = format!("script-src 'unsafe-inline'; {}", policy.replace(',', " "));
        for kind in [Kind::Page, Kind::Beside] {
            assert!(!weaker(std::slice::from_ref(&policy), kind, &origins).is_empty(), "a weaker policy passed");
        }
    }
});
