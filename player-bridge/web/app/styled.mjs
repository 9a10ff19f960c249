// Styles that only some pages need, loaded with the first of them, before anything of it is drawn; once.
const asked = new Map();

const load = (href) => new Promise((resolve) => {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload: resolve, onerror: resolve }));
});

export function styled(href) {
  if (!asked.has(href)) asked.set(href, load(href));
  return asked.get(href);
}
