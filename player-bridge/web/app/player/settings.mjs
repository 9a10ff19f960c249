// How somebody likes the player, kept in this browser: nothing of a film or a person is in it.
import { useState } from '/vendor/preact.js';

const usual = { keys: true, step: 10, delay: 0.5, preroll: 2, pause: false, shared: false, volume: 1, muted: false };
const PLACE = 'clipvault.player';

export function settings() {
  try { return { ...usual, ...JSON.parse(localStorage.getItem(PLACE) ?? '{}') }; } catch { return usual; }
}
export function keep(changes) {
  try { localStorage.setItem(PLACE, JSON.stringify({ ...settings(), ...changes })); } catch { /* then they hold until the page is left */ }
}
/** [what they are, a function that changes some] */
export function useSettings() {
  const [now, set] = useState(settings);
  return [now, (changes) => { keep(changes); set((was) => ({ ...was, ...changes })); }];
}
