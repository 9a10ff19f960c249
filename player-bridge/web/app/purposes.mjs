// The purposes that this service knows, as the server names them; asked for once.
import { useState, useEffect } from '/vendor/preact.js';
import { get } from '/app/api.mjs';
import { sentence } from '/app/words.mjs';

let asked = null;
export const loadPurposes = () => (asked ??= get('/api/purposes').catch((problem) => { asked = null; throw problem; }));

/** {purposes: [{purpose, label, about}], media: [{medium, label}], label(word)}, or null until they are here. */
export function usePurposes() {
  const [known, set] = useState(null);
  useEffect(() => { loadPurposes().then(set, () => {}); }, []);
  return known && { ...known, label: (word) => known.purposes.find((p) => p.purpose === word)?.label ?? sentence(word) };
}
