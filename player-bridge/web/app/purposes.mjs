// The purposes that this service knows, as the server names them; asked for once.
import { useState, useEffect } from '/vendor/preact.js';
import { get } from '/app/api.mjs';
import { sentence } from '/app/words.mjs';

let asked = null;
export const loadPurposes = () => (asked ??= get('/api/purposes').catch((problem) => { asked = null; throw problem; }));

/** A reason without what to type at a machine. */
const untyped = (reason) => reason.replace(/ ?\(clipvault [^)]*\)/g, '');

/** {purposes: [{purpose, label, about}], media: [{medium, label}], label(word), inWords(reason)}, or null until they are here: a reason of
 * the server's names a purpose by its word, in words it is by its label. */
export function usePurposes() {
  const [known, set] = useState(null);
  useEffect(() => { loadPurposes().then(set, () => {}); }, []);
  if (!known) return null;
  const labelOf = (word) => known.purposes.find((p) => p.purpose === word)?.label, label = (word) => labelOf(word) ?? sentence(word);
  return { ...known, label, inWords: (reason) => untyped(reason).replace(/\b(agreed|no) to ([a-z_]+)\b/g, (all, said, word) => (labelOf(word) ? `${said} to “${labelOf(word)}”` : all)) };
}
