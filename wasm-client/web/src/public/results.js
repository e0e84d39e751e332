/** The results, as numbers that this device has verified: first what was chosen, then why that is so. */

import { begin } from "./page.js";
import { checks, results, verifying } from "./record.js";

void begin(verifying({ state: "results", title: "results.title", text: "results.text", done: "results.title" }, (page, verdict, actas) => [...results(page, verdict, actas), ...checks(page, verdict)]));
