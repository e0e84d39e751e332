/** The whole election, verified on this device. */

import { begin } from "./page.js";
import { checks, results, verifying } from "./record.js";

void begin(verifying({ state: "verify", title: "verify.title", text: "verify.text", done: "verify.good" }, (page, verdict, actas) => [...checks(page, verdict), ...results(page, verdict, actas)]));
