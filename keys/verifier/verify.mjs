#!/usr/bin/env node
// Checks what a clipvault says about itself, without clipvault: a certificate, or its audit log. It shares no code with it and needs
// nothing but Node (18 or later) and the vault's public key; the forms are described in docs/format.md.
//
//   node verify.mjs certificate CERTIFICATE --key vault.pub [--log EXPORT]
//   node verify.mjs log EXPORT --key vault.pub [--since EARLIER-CHECKPOINT]
//   node verify.mjs growth EARLIER-CHECKPOINT PROOF --key vault.pub
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
const base64 = (text, what) => {
  const data = Buffer.from(text, "base64");
  need(data.toString("base64") === text, `${what} is not base64 as it should be`);
  return data;
};

// ---- the vault's key: one line, "CLIPVAULT-VERIFY-1 " and 32 bytes in base64
function readKey(file) {
  const line = readFileSync(file, "latin1").trim();
  const found = /^CLIPVAULT-VERIFY-1 ([A-Za-z0-9+/]{43}=)$/.exec(line);
  need(found, `${file} is no public key of a clipvault: one line, CLIPVAULT-VERIFY-1 and 44 characters`);
  const raw = Buffer.from(found[1], "base64");
  // RFC 8410: what precedes the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  return { raw, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

// ---- one signed line: {…,"signature":"<88 characters of base64>"}, signed: label, NUL, every byte before ,"signature"
function readSigned(line, { key }) {
  const text = line.toString("latin1").replace(/\n$/, "");
  const mark = ',"signature":"';
  const at = text.lastIndexOf(mark);
  const tail = at < 0 ? "" : text.slice(at + mark.length);
  need(/^[A-Za-z0-9+/]{86}=="}$/.test(tail), "this is no signed line: it does not end with a signature");
  const signature = base64(tail.slice(0, 88), "the signature");
  const signed = Buffer.concat([Buffer.from("clipvault-certificate-1\0"), Buffer.from(text.slice(0, at), "latin1")]);
  need(verify(null, signed, key, signature), "the signature is not this vault's, or something was changed since it was made");
  const whole = Buffer.from(text, "latin1").toString("utf8");
  const statement = JSON.parse(whole);
  // A reader that takes the last of two equal names and one that takes the first would read two different certificates.
  need(written(statement) === whole, "a name stands twice in it, or it is not written as a vault writes");
  const claims = text.lastIndexOf(',"log":{"entry":');
  return { statement, claims: claims < 0 ? null : Buffer.from(text.slice(0, claims), "latin1") };
}

// As a vault writes JSON: compact, each control character but the newline as \u00XX. What has a name twice comes out shorter.
const OWN = { b: "\\u0008", t: "\\u0009", f: "\\u000c", r: "\\u000d" };
const written = (value) => JSON.stringify(value).replace(/\\(.)/g, (pair, c) => OWN[c] ?? pair).replace(/\x7f/g, "\\u007f");

// ---- checkpoints: signed notes (c2sp.org/signed-note, tlog-checkpoint)
function readCheckpoint(text, { raw, key }, what) {
  const found = /^((clipvault\/(vlt_[a-z2-7]{26}))\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:\u2014 [^ +\n]+ [A-Za-z0-9+/]+=*\n)+)$/u.exec(text);
  need(found, `${what} is no checkpoint of a clipvault's log`);
  const [, note, name, vault, entries, root, lines] = found;
  const id = sha256(name, "\n", Buffer.from([1]), raw).subarray(0, 4);
  const ours = lines.split("\n").filter((l) => l.startsWith(`\u2014 ${name} `)).map((l) => Buffer.from(l.split(" ")[2], "base64"));
  const signed = ours.filter((s) => s.length === 68 && s.subarray(0, 4).equals(id));
  need(signed.length && signed.every((s) => verify(null, Buffer.from(note), key, s.subarray(4))), `${what} was not signed by this vault, or was changed`);
  const fingerprint = sha256(note).toString("hex", 0, 16).match(/.{4}/g).join(" ");
  return { vault, entries: Number(entries), root: base64(root, "the root"), fingerprint };
}

// ---- the audit log: the Merkle tree of RFC 6962, 2.1; proofs are checked as in RFC 9162, 2.1.3.2 and 2.1.4.2
const leafHash = (data) => sha256(Buffer.from([0]), data);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

function rootOf(leaves) {
  const peaks = []; // { size, hash }, largest first: the full subtrees that the digits of their number name
  for (const leaf of leaves) {
    let peak = { size: 1, hash: leafHash(leaf) };
    while (peaks.at(-1)?.size === peak.size) {
      const left = peaks.pop();
      peak = { size: 2 * left.size, hash: nodeHash(left.hash, peak.hash) };
    }
    peaks.push(peak);
  }
  return peaks.length ? peaks.map((p) => p.hash).reduceRight((right, left) => nodeHash(left, right)) : sha256();
}

// Climbs from leaf `at` of `size`: calls left(hash) where a hash of the path stands to the left, right(hash) where to the right.
function climb(at, size, path, left, right) {
  let last = size - 1;
  const up = () => ([at, last] = [Math.floor(at / 2), Math.floor(last / 2)]);
  for (const hash of path) {
    if (last === 0) return false;
    if (at % 2 || at === last) {
      left(hash);
      while (at % 2 === 0 && at) up();
    } else right(hash);
    up();
  }
  return last === 0;
}

function isIncluded(leaf, at, size, root, path) {
  let hash = leaf;
  const whole = at < size && climb(at, size, path, (h) => (hash = nodeHash(h, hash)), (h) => (hash = nodeHash(hash, h)));
  return whole && hash.equals(root);
}

function hasGrown(old, now, proof) {
  if (old.entries === 0 || old.entries === now.entries) return proof.length === 0 && (old.entries ? now.root : sha256()).equals(old.root);
  if (old.entries > now.entries) return false;
  let [at, last] = [old.entries - 1, now.entries - 1];
  while (at % 2) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  const path = at === 0 ? [old.root, ...proof] : proof; // the old tree is full: its own root is the first of the path
  if (!path.length) return false;
  let [before, after] = [path[0], path[0]];
  const left = (h) => ([before, after] = [nodeHash(h, before), nodeHash(h, after)]);
  const whole = climb(at, last + 1, path.slice(1), left, (h) => (after = nodeHash(after, h)));
  return whole && before.equals(old.root) && after.equals(now.root);
}

// What of an entry anyone may read: "CLIPVOP1", its kind, u16 length, that many bytes, before the sealed rest.
function openPart(leaf) {
  if (leaf.toString("latin1", 8, 16) !== "CLIPVOP1" || leaf.length < 19) return { kind: "", data: Buffer.alloc(0) };
  return { kind: String.fromCharCode(leaf[16]), data: leaf.subarray(19, 19 + leaf.readUInt16LE(17)) };
}

function readLog(file, key) {
  const bytes = readFileSync(file);
  need(bytes.length <= MOST_BYTES, "this export is too large to be checked at once");
  const end = bytes.indexOf("\n\n", bytes.indexOf("\n\n") + 2);
  need(end > 0, "this is no export: it should begin with a checkpoint and an empty line");
  const now = readCheckpoint(bytes.toString("utf8", 0, end + 1), key, "the checkpoint");
  const leaves = [];
  for (let at = end + 2; at < bytes.length; ) {
    const stop = bytes.indexOf(10, at);
    need(stop >= 0, "the export is cut: its last line has no end");
    const leaf = base64(bytes.toString("latin1", at, stop), `entry ${leaves.length}`);
    need(leaf.length > 8 && leaf.readBigUInt64BE(0) === BigInt(leaves.length), `entry ${leaves.length} is missing or out of place`);
    leaves.push(leaf);
    at = stop + 1;
  }
  need(leaves.length === now.entries, `the checkpoint speaks of ${now.entries} entries, and there are ${leaves.length}`);
  need(rootOf(leaves).equals(now.root), "the checkpoint does not speak of these entries: the log was rewritten");
  return { now, leaves };
}

function needBeginning({ now, leaves }, old, what) {
  need(old.vault === now.vault, `${what} is another vault's`);
  need(old.entries <= now.entries, `the log has become shorter: ${old.entries} entries then, ${now.entries} now`);
  need(rootOf(leaves.slice(0, old.entries)).equals(old.root), `${what} does not speak of these entries: the log was rewritten since`);
}

// ---- certificates
const isText = (v) => typeof v === "string";
const isTime = (v) => v === "unknown" || (isText(v) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(v));
const isId = (v, ...kinds) => isText(v) && kinds.includes(v.slice(0, 3)) && /^..._[a-z2-7]{26}$/.test(v);
const isHash = (v) => isText(v) && /^[0-9a-f]{64}$/.test(v);
const isCount = (v) => Number.isSafeInteger(v) && v >= 0;
const isFile = (f) => isId(f.object, "obj") && isText(f.role) && isCount(f.bytes) && isHash(f.sha256);
const isKey = (k) => isText(k.opened) && isCount(k.leaf) && (!("commitment" in k) || (isHash(k.commitment) && isCount(k.published_in)));
const areAll = (v, fits) => Array.isArray(v) && v.every(fits);
const ended = (i) => isTime(i.due_at) && isTime(i.destroyed_at) && areAll(i.keys, isKey);

const MEMBERS = {
  certificate: (v) => isId(v, "crt"), vault: (v) => isId(v, "vlt"), reason: isText, decided_at: isTime,
  assurance: (v) => v === "file" || v === "tpm", limits: isText, epoch_before: isCount, epoch_after: isCount, root: isHash,
  holders_outstanding: (v) => areAll(v, isText), backups_until: (v) => v === "none" || v === "unknown" || isTime(v),
  consents: (v) => areAll(v, (c) => isId(c.consent, "con") && isText(c.purpose) && areAll(c.keys, isKey)), items: Array.isArray,
};
const which = (i) => (i.consent ? `the form of ${i.consent}` : i.rendition ? `the rendition ${i.rendition} of ${i.clip}` : i.clip);
// What each kind of item must name, and what it says to a person.
const ITEMS = {
  "use-ended": [(i) => ended(i) && isId(i.clip, "clp") && isText(i.purpose),
    (i) => `this vault can no longer open ${i.clip} (${i.rendition}) for ${i.purpose}; the film still exists${i.still_open_for?.length ? `, for ${i.still_open_for.join(", ")}` : ""}`],
  suspended: [(i) => ended(i) && isId(i.clip, "clp") && isText(i.purpose),
    (i) => `${i.clip} (${i.rendition}) can no longer be opened for ${i.purpose}; its key waits in quarantine and may come back with everyone's consent`],
  destroyed: [(i) => ended(i) && isId(i.clip ?? i.consent, "clp", "con") && areAll(i.ciphertext, isFile),
    (i) => `${which(i)} is destroyed: no key is left for ${i.ciphertext.length} sealed files (due ${i.due_at}, gone ${i.destroyed_at})`],
  deferred: [(i) => isId(i.clip, "clp") && isId(i.hold, "hld") && isTime(i.due_at) && isTime(i.review_at),
    (i) => `${i.clip} was due on ${i.due_at} and STILL EXISTS: ${i.hold} keeps it, until a review by ${i.review_at}`],
  erased: [(i) => ended(i) && isId(i.person, "per"), (i) => `${i.person} is erased: no key of what described them is left`],
};

// The entry of the log that it carries names this certificate and its claims, and stands in the log of the checkpoint.
function needLogged(c, claims, key) {
  need(claims && c.log && isCount(c.log.entry) && isText(c.log.leaf) && areAll(c.log.path, isText), "it carries no proof that it stands in the audit log");
  const head = readCheckpoint(String(c.log.checkpoint), key, "the checkpoint that it carries");
  const leaf = base64(c.log.leaf, "its entry of the log");
  const { kind, data } = openPart(leaf);
  need(leaf.length > 8 && leaf.readBigUInt64BE(0) === BigInt(c.log.entry) && kind === "C" && data.length === 48 && data.subarray(0, 16).equals(idBytes(c.certificate)) && data.subarray(16).equals(sha256(claims)), "the entry of the log that it carries is not about this certificate and its claims");
  need(head.vault === c.vault, "the checkpoint that it carries is another vault's");
  need(head.entries === c.log.entries && isIncluded(leafHash(leaf), c.log.entry, head.entries, head.root, c.log.path.map((h) => base64(h, "its path"))), "the proof does not lead from its entry to the checkpoint of the log");
  return head;
}

const idBytes = (id) => Buffer.from([...id.slice(4)].map((c) => "abcdefghijklmnopqrstuvwxyz234567".indexOf(c).toString(2).padStart(5, "0")).join("").slice(0, 128).match(/.{8}/g).map((b) => parseInt(b, 2)));

// Each key was published, before the certificate, in the entry that it says, as what its item is about.
function needPublished(c, { leaves }) {
  const KIND = { per: 1, con: 3, clp: 4, hld: 6 };
  let count = 0;
  for (const item of [...c.consents, ...c.items])
    for (const k of item.keys ?? []) {
      if (!k.commitment) continue;
      const subject = k.hold ?? item.person ?? item.clip ?? item.consent;
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(BigInt(k.leaf));
      const said = sha256("clipvault-leaf-published\0", idBytes(c.vault), Buffer.from([KIND[subject.slice(0, 3)]]), idBytes(subject), number, Buffer.from(k.commitment, "hex"));
      const { kind, data } = k.published_in < c.log.entry ? openPart(leaves[k.published_in]) : {};
      need(kind === "K" && data.indexOf(said) % 32 === 0, `key ${k.leaf} was not published in entry ${k.published_in} of the log`);
      count++;
    }
  return count;
}

function certificate(file, key, logFile) {
  const { statement: c, claims } = readSigned(readFileSync(file), key);
  need(c.form === "clipvault certificate 2", `its form is "${c.form}", which this verifier does not know`);
  for (const [name, fits] of Object.entries(MEMBERS)) need(fits(c[name]), `its "${name}" is missing or not as it should be`);
  need(c.epoch_after > c.epoch_before, "no key can have died: the key store's epoch did not move on");
  const lines = c.items.map((item) => {
    need(Object.hasOwn(ITEMS, item.kind), `it claims "${item.kind}", which this verifier does not know`);
    const [fits, words] = ITEMS[item.kind];
    need(fits(item), `an item of kind "${item.kind}" does not name what it is about`);
    return `  - ${words(item)}.`;
  });
  const head = needLogged(c, claims, key);
  if (logFile) {
    const log = readLog(logFile, key);
    needBeginning(log, head, "the checkpoint that it carries");
    lines.push(`  The log goes on from there, and ${needPublished(c, log)} keys were published in it before they were destroyed.`);
  }
  return [
    `${c.certificate} of ${c.vault}: the signature holds, and it is entry ${c.log.entry} of the log.`,
    `Fingerprint of the log's checkpoint of ${head.entries} entries: ${head.fingerprint}`,
    `Reason: ${c.reason}. Decided ${c.decided_at}${c.decided_by ? ` by ${c.decided_by}` : ""}.`,
    ...lines,
    ...c.holders_outstanding.map((h) => `  ! ${h} has not confirmed that it let go.`),
    `Backups that could bring it back, until: ${c.backups_until}. How far it goes (${c.assurance}): ${c.limits}.`,
  ];
}

// ---- the command line
function log(file, key, sinceFile) {
  const whole = readLog(file, key);
  const since = sinceFile ? readCheckpoint(readFileSync(sinceFile, "utf8"), key, "the earlier checkpoint") : null;
  if (since) needBeginning(whole, since, "the earlier checkpoint");
  return [
    `The log of ${whole.now.vault} holds: ${whole.now.entries} entries, fingerprint ${whole.now.fingerprint}.`,
    ...(since ? [`Its first ${since.entries} entries are those of the earlier checkpoint: nothing of them was changed or taken out.`] : []),
  ];
}

function growth(file, key, proofFile) {
  const old = readCheckpoint(readFileSync(file, "utf8"), key, "the earlier checkpoint");
  const found = /^old (\d+)\n((?:[A-Za-z0-9+/]{43}=\n)*)\n([^]*)$/.exec(readFileSync(proofFile, "utf8"));
  need(found, "this is no proof of growth: it should begin with \"old\" and a number");
  const now = readCheckpoint(found[3], key, "the new checkpoint");
  need(old.vault === now.vault, "the earlier checkpoint is another vault's");
  need(Number(found[1]) === old.entries && hasGrown(old, now, found[2].split("\n").filter(Boolean).map((h) => base64(h, "the proof"))), "the proof does not lead from the earlier checkpoint to the new one");
  return [`The log of ${now.vault} grew from ${old.entries} to ${now.entries} entries, and nothing before was changed. Fingerprint: ${now.fingerprint}`];
}

const MODES = { certificate: [1, "log"], log: [1, "since"], growth: [2] };
function parse(words) {
  const [options, files] = [{}, []];
  for (let i = 0; i < words.length; i++) {
    if (/^--(key|since|log)$/.test(words[i])) options[words[i].slice(2)] = words[++i] ?? "";
    else files.push(words[i]);
  }
  const [what, ...rest] = files;
  const mode = Object.hasOwn(MODES, what ?? "") ? MODES[what] : null;
  // An option without its value is a mistake: a comparison that was asked for must not be left out silently.
  const right = mode && rest.length === mode[0] && options.key && Object.entries(options).every(([name, value]) => value !== "" && (name === "key" || name === mode[1]));
  return right ? { what, file: rest[0], more: rest[1] ?? options[mode[1]], key: options.key } : null;
}

const order = parse(process.argv.slice(2));
if (!order) {
  console.error("usage: verify.mjs certificate FILE --key vault.pub [--log EXPORT] | log EXPORT --key vault.pub [--since CHECKPOINT] | growth CHECKPOINT PROOF --key vault.pub");
  process.exit(64);
}
try {
  console.log({ certificate, log, growth }[order.what](order.file, readKey(order.key), order.more).join("\n"));
} catch (e) {
  const reading = e.code === "ENOENT" || e.code === "EACCES";
  console.error(reading ? e.message : `NOT VALID: ${e instanceof Wrong ? e.message : `it cannot be read (${e.message})`}`);
  process.exitCode = reading ? 66 : 65;
}
