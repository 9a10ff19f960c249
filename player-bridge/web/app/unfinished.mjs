// Where uploads are that did not end, so that the same file, chosen again, goes on. What stays in the browser for it says nothing of the
// film: a digest of name, size and time, and an address that only the one who began it may ask.
const PREFIX = 'unfinished ';

const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('');

/** Of this file for this case. */
export async function fingerprint(file, caseId) {
  const text = [file.name, file.size, file.lastModified, caseId].join('\n');
  return hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

const read = (key) => ({ urlStorageKey: key, metadata: {}, ...JSON.parse(localStorage.getItem(key)) });
const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

/** As tus-js-client wants it. */
export const unfinished = {
  findAllUploads: async () => keys().map(read),
  findUploadsByFingerprint: async (print) => keys().filter((key) => key === PREFIX + print).map(read),
  removeUpload: async (key) => localStorage.removeItem(key),
  addUpload: async (print, { size, uploadUrl, creationTime }) => {
    localStorage.setItem(PREFIX + print, JSON.stringify({ size, uploadUrl, creationTime }));
    return PREFIX + print;
  },
};
