#!/usr/bin/env node
// Checks what a clipvault says about itself, without clipvault: a certificate, or an export of the audit log. It shares no code
// with it and needs nothing but Node (18 or later) and the vault's public key; the forms are described in docs/format.md.
//
//   node verify.mjs certificate CERTIFICATE --key vault.pub
//   node verify.mjs log EXPORT --key vault.pub [--since EARLIER-CHECKPOINT]
//
// Get the public key on a way of its own (`clipvault certificate key --to vault.pub`, by the officer, on paper or by mail): who
// could change a certificate could also enclose another key. Ends with 0 if everything holds, 65 if not, 64 for wrong usage.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const MOST_BYTES = 1 << 30;

class Wrong extends Error {}
const need = (condition, what) => {
  if (!condition) throw new Wrong(what);
};
const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash("sha256")).digest();

// ---- the vault's key: one line, "CLIPVAULT-VERIFY-1 " and 32 bytes in base64
function readKey(file) {
  const line = readFileSync(file, "latin1").trim();
  const found = /^CLIPVAULT-VERIFY-1 ([A-Za-z0-9+/]{43}=)$/.exec(line);
  need(found, `${file} is no public key of a clipvault: one line, CLIPVAULT-VERIFY-1 and 44 characters`);
  // RFC 8410: what precedes the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(found[1], "base64")]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

// ---- one signed line: {…,"signature":"<88 characters of base64>"}, signed: label, NUL, every byte before ,"signature"
function readSigned(line, label, key) {
  const text = line.toString("latin1").replace(/\n$/, "");
  const mark = ',"signature":"';
  const at = text.lastIndexOf(mark);
  const tail = at < 0 ? "" : text.slice(at + mark.length);
  need(/^[A-Za-z0-9+/]{86}=="}$/.test(tail), "this is no signed line: it does not end with a signature");
  const signature = Buffer.from(tail.slice(0, 88), "base64");
  need(signature.toString("base64") === tail.slice(0, 88), "the signature is not written as it should be");
  const signed = Buffer.concat([Buffer.from(`${label}\0`), Buffer.from(text.slice(0, at), "latin1")]);
  need(verify(null, signed, key, signature), "the signature is not this vault's, or something was changed since it was made");
  const statement = JSON.parse(Buffer.from(text, "latin1").toString("utf8"));
  // A reader that takes the last of two equal names and one that takes the first would read two different certificates.
  need(!hasTwins(text), "a name stands twice in it");
  return statement;
}

// Whether any object of this JSON, which has been parsed, has a member twice.
function hasTwins(text) {
  const open = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{") open.push(new Set());
    else if (c === "[") open.push(null);
    else if (c === "}" || c === "]") open.pop();
    else if (c === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
      let next = i + 1;
      while (text[next] === " ") next++;
      const names = open[open.length - 1];
      if (text[next] !== ":" || !names) continue;
      const name = JSON.parse(text.slice(start, i + 1));
      if (names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
}

// ---- certificates
const isText = (v) => typeof v === "string";
const isTime = (v) => v === "unknown" || (isText(v) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(v));
const isId = (kind) => (v) => isText(v) && new RegExp(`^${kind}_[a-z2-7]{26}$`).test(v);
const isHash = (v) => isText(v) && /^[0-9a-f]{64}$/.test(v);
const isCount = (v) => Number.isSafeInteger(v) && v >= 0;
const isFiles = (v) =>
  Array.isArray(v) && v.every((f) => isId("obj")(f.object) && isCount(f.bytes) && isHash(f.sha256));

const MEMBERS = {
  certificate: isId("crt"),
  vault: isId("vlt"),
  reason: isText,
  due_at: isTime,
  decided_at: isTime,
  destroyed_at: isTime,
  assurance: (v) => v === "file" || v === "tpm",
  limits: isText,
  epoch_before: isCount,
  epoch_after: isCount,
  root: isHash,
  holders_outstanding: Array.isArray,
  consents: Array.isArray,
  items: Array.isArray,
};

// What each kind of item must name, and what it says to a person.
const ITEMS = {
  "use-ended": [
    (i) => isId("clp")(i.clip) && isText(i.purpose),
    (i) =>
      `this vault can no longer open ${i.clip} (${i.rendition}) for ${i.purpose}` +
      (i.still_open_for?.length ? `; the film still exists, for ${i.still_open_for.join(", ")}` : "; the film still exists"),
  ],
  suspended: [
    (i) => isId("clp")(i.clip),
    (i) => `${i.clip} (${i.rendition}) can no longer be opened for ${i.purpose}; its key waits in quarantine and may come back with everyone's consent`,
  ],
  destroyed: [
    (i) => (isId("clp")(i.clip) || isId("con")(i.consent)) && isFiles(i.ciphertext),
    (i) =>
      (i.consent ? `the form of ${i.consent}` : i.rendition ? `the rendition ${i.rendition} of ${i.clip}` : i.clip) +
      ` is destroyed: no key is left for ${i.ciphertext.length} sealed files`,
  ],
  erased: [(i) => isId("per")(i.person), (i) => `${i.person} is erased: no key of what described them is left`],
};

function certificate(file, key) {
  const c = readSigned(readFileSync(file), "clipvault-certificate-1", key);
  need(c.form === "clipvault certificate 1", `its form is "${c.form}", which this verifier does not know`);
  for (const [name, fits] of Object.entries(MEMBERS)) need(fits(c[name]), `its "${name}" is missing or not as it should be`);
  need(c.epoch_after > c.epoch_before, "no key can have died: the key store's epoch did not move on");
  const lines = c.items.map((item) => {
    const known = ITEMS[item.kind];
    need(known, `it claims "${item.kind}", which this verifier does not know`);
    need(known[0](item), `an item of kind "${item.kind}" does not name what it is about`);
    return `  - ${known[1](item)}.`;
  });
  const waits = c.holders_outstanding.map((h) => `  ! ${isText(h) ? h : JSON.stringify(h)} has not confirmed that it let go.`);
  return [
    `${c.certificate} of ${c.vault}: the signature holds.`,
    `Reason: ${c.reason}. Due ${c.due_at}, decided ${c.decided_at}, keys gone ${c.destroyed_at}.`,
    ...lines,
    ...waits,
    `How far it goes (${c.assurance}): ${c.limits}.`,
  ];
}

// ---- the audit log: the Merkle tree of RFC 6962, 2.1
const leafHash = (data) => sha256(Buffer.from([0]), data);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

class Tree {
  count = 0;
  peaks = []; // { size, hash }, largest first: the full subtrees that the digits of count name

  add(data) {
    let peak = { size: 1, hash: leafHash(data) };
    while (this.peaks.length && this.peaks[this.peaks.length - 1].size === peak.size) {
      const left = this.peaks.pop();
      peak = { size: 2 * left.size, hash: nodeHash(left.hash, peak.hash) };
    }
    this.peaks.push(peak);
    this.count++;
  }

  root() {
    if (!this.count) return sha256();
    return this.peaks.map((p) => p.hash).reduceRight((right, left) => nodeHash(left, right));
  }
}

function readCheckpoint(line, key, what) {
  const c = readSigned(line, "clipvault-audit-1", key);
  need(c.form === "clipvault audit 1" && isId("vlt")(c.vault) && isCount(c.entries) && isHash(c.root) && isTime(c.at), `${what} is not of the form it should be`);
  return c;
}

function log(file, key, sinceFile) {
  const bytes = readFileSync(file);
  need(bytes.length <= MOST_BYTES, "this export is too large to be checked at once");
  const end = bytes.indexOf(10);
  need(end > 0, "this is no export: its first line should be a checkpoint");
  const now = readCheckpoint(bytes.subarray(0, end), key, "the checkpoint");
  const since = sinceFile ? readCheckpoint(readFileSync(sinceFile), key, "the earlier checkpoint") : null;
  if (since) {
    need(since.vault === now.vault, "the earlier checkpoint is another vault's");
    need(since.entries <= now.entries, `the log has become shorter: ${since.entries} entries then, ${now.entries} now`);
  }
  const tree = new Tree();
  const compare = (c, what) =>
    c && c.entries === tree.count && need(tree.root().toString("hex") === c.root, `${what} does not speak of these entries: the log was rewritten`);
  compare(since, "the earlier checkpoint");
  for (let at = end + 1; at < bytes.length; ) {
    let stop = bytes.indexOf(10, at);
    need(stop >= 0, "the export is cut: its last line has no end");
    const text = bytes.toString("latin1", at, stop);
    const data = Buffer.from(text, "base64");
    need(data.toString("base64") === text && data.length > 8, `line ${tree.count + 2} is not base64, or too short`);
    need(data.readBigUInt64BE(0) === BigInt(tree.count), `entry ${tree.count} is missing or out of place`);
    tree.add(data);
    compare(since, "the earlier checkpoint");
    at = stop + 1;
  }
  need(tree.count === now.entries, `the checkpoint speaks of ${now.entries} entries, and there are ${tree.count}`);
  compare(now, "the checkpoint");
  return [
    `The log of ${now.vault} holds: ${now.entries} entries on ${now.at}, root ${now.root}.`,
    ...(since ? [`Its first ${since.entries} entries are those of ${since.at}: nothing of them was changed or taken out.`] : []),
  ];
}

// ---- the command line
function parse(words) {
  const options = {};
  const files = [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === "--key" || words[i] === "--since") options[words[i].slice(2)] = words[++i] ?? "";
    else files.push(words[i]);
  }
  const [what, file] = files;
  // An option without its value is a mistake: a comparison that was asked for must not be left out silently.
  const filled = Object.values(options).every((value) => value !== "");
  const right = files.length === 2 && options.key && filled && (what === "log" || (what === "certificate" && !("since" in options)));
  return right ? { what, file, ...options } : null;
}

const order = parse(process.argv.slice(2));
if (!order) {
  console.error("usage: verify.mjs certificate FILE --key vault.pub | verify.mjs log EXPORT --key vault.pub [--since CHECKPOINT]");
  process.exit(64);
}
try {
  const key = readKey(order.key);
  const said = order.what === "certificate" ? certificate(order.file, key) : log(order.file, key, order.since);
  console.log(said.join("\n"));
} catch (e) {
  const reading = e.code === "ENOENT" || e.code === "EACCES";
  console.error(reading ? e.message : `NOT VALID: ${e instanceof Wrong ? e.message : `it cannot be read (${e.message})`}`);
  process.exitCode = reading ? 66 : 65;
}
