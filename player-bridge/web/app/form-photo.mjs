// A signed form, photographed or scanned, in the shape in which the server takes it: base64 of at most 5 MiB. A photograph that is
// larger is made smaller first; what is written on it stays readable.
const MOST = 5 << 20, LONG_SIDE = 2600;

async function smaller(file) {
  const picture = await createImageBitmap(file), scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}

const base64 = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
  reader.onerror = () => reject(new Error('The form could not be read. Choose it again.'));
  reader.readAsDataURL(blob);
});

/** Throws an Error in words. */
export async function formOf(file) {
  let blob = file;
  if (blob.size > MOST && blob.type.startsWith('image/')) blob = await smaller(blob).catch(() => blob);
  if (blob.size > MOST) throw new Error('This form is larger than 5 MB. Photograph it, or scan it with less detail.');
  return base64(blob);
}
