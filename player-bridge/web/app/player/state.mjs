// A part of the player is drawn anew only when what it shows changes.
import { useEffect, useState } from '/vendor/preact.js';

/** What `pick` takes of the engine's state: a plain value. */
export function useEngine(engine, pick) {
  const [, turn] = useState(0);
  useEffect(() => engine.subscribe((state, before) => { if (pick(state) !== pick(before)) turn((n) => n + 1); }), [engine]);
  return pick(engine.state);
}
