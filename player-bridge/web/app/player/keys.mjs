// What keys do in the player, and only while it has the focus. Typing into a field is left alone, and so are a button's own keys.

// [keys, what they do, in words, group]; "Shift" stands with letters and arrows only, as other signs are typed with it or not.
export const table = [
  ['Space', 'toggle', 'Play or pause', 'Playing'],
  ['K', 'toggle', 'Play or pause; held with J or L: slowly', 'Playing'],
  ['L', 'forward', 'Play; again: twice, four times as fast', 'Playing'],
  ['J', 'backward', 'Play backwards; again: faster', 'Playing'],
  ['[', 'slower', 'Slower', 'Playing'],
  [']', 'faster', 'Faster', 'Playing'],
  ['V', 'mute', 'Sound on or off', 'Playing'],
  ['F', 'full', 'Full screen', 'Playing'],
  ['?', 'help', 'These keys', 'Playing'],
  [',', 'back', 'One frame back', 'Finding the place'],
  ['.', 'on', 'One frame on', 'Finding the place'],
  ['<', 'backMany', 'Several frames back (how many: see Settings)', 'Finding the place'],
  ['>', 'onMany', 'Several frames on', 'Finding the place'],
  ['←', 'skipBack', '5 seconds back; with Shift 1 second, with Ctrl a minute', 'Finding the place'],
  ['→', 'skipOn', '5 seconds on; with Shift 1 second, with Ctrl a minute', 'Finding the place'],
  ['Home', 'home', 'To the beginning', 'Finding the place'],
  ['End', 'end', 'To the end', 'Finding the place'],
  ['I', 'markFirst', 'Mark the first frame; with Shift: go there', 'Marking'],
  ['O', 'markLast', 'Mark the last frame; with Shift: go there', 'Marking'],
  ['X', 'clear', 'Take the marks away', 'Marking'],
  ['R', 'loop', 'Repeat what is marked', 'Marking'],
  ['E', 'cut', 'Make a clip of what is marked', 'Marking'],
  ['S', 'still', 'Make a picture of this frame', 'Marking'],
  ['C', 'comment', 'Write a remark here', 'Remarks'],
  ['M', 'comment', 'Write a remark here', 'Remarks'],
  ['1–9', 'tag', 'Tag this moment', 'Remarks'],
  ['↑', 'previous', 'To the remark before', 'Remarks'],
  ['↓', 'next', 'To the next remark', 'Remarks'],
];

const signs = { ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };
const byKey = new Map(table.map(([key, does]) => [key, does]));
const withShift = { markFirst: 'toFirst', markLast: 'toLast', skipBack: 'skipBackLess', skipOn: 'skipOnLess' };
const withControl = { skipBack: 'skipBackMore', skipOn: 'skipOnMore' };
const repeats = new Set(['back', 'on', 'backMany', 'onMany', 'skipBack', 'skipOn', 'skipBackLess', 'skipOnLess', 'skipBackMore', 'skipOnMore']);

const nameOf = (event) => signs[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);

function wordOf(event, held) {
  const key = nameOf(event), does = /^[1-9]$/.test(key) ? 'tag' : byKey.get(key);
  if (!does || event.altKey || event.metaKey) return null;
  if (event.ctrlKey) return withControl[does] ?? null;
  if (event.shiftKey && withShift[does]) return withShift[does];
  if (held && does === 'forward') return 'slowlyOn';
  if (held && does === 'backward') return 'slowlyBack';
  if (held && does === 'skipBack') return 'back';
  if (held && does === 'skipOn') return 'on';
  return does;
}

/** Whether the key belongs to what has the focus. */
function taken(event) {
  const at = event.target, key = nameOf(event);
  if (at.closest('dialog, select, textarea, [contenteditable]') || (at.matches('input') && !at.matches('[type=checkbox], [type=radio]'))) return true;
  if (at.matches('input')) return /^(Space|[←→↑↓])$/.test(key);
  return key === 'Enter' || (key === 'Space' && at.closest('button, a, summary'));
}

/** For the keydown and keyup of the player: calls `of()[word](event)`. K pauses at once what plays, but starts only when it is let go
 * of, as it may be held for J, L and the arrows: `halt` says whether anything played. */
export function keyboard(of) {
  let held = false, used = false, slow = false;
  return {
    down(event) {
      if (event.defaultPrevented || taken(event)) return;
      const word = wordOf(event, held), does = of();
      if (!word || !does[word]) return;
      event.preventDefault();
      if (event.repeat && !repeats.has(word)) return;
      if (nameOf(event) === 'K') { held = true; used = does.halt(); return; }
      used = true;
      if (word.startsWith('slowly')) slow = true;
      does[word](event);
    },
    up(event) {
      const key = nameOf(event);
      if (slow && (key === 'K' || key === 'J' || key === 'L')) { slow = false; of().halt(); }
      if (key !== 'K' || !held) return;
      held = false;
      if (!used) of().toggle();
    },
    left() { held = false; },
  };
}
