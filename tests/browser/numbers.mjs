/** In a page with a player: `read()` is the number in the picture that is on screen, of a film of seats.bash' `numbered`: of what is
 * drawn over the film, or else of the film. */
export function reading() {
  const canvas = new OffscreenCanvas(320, 16), to = canvas.getContext('2d', { willReadFrequently: true });
  const bit = (pixels, i) => (pixels[(8 * 320 + 10 + i * 20) * 4 + 1] > 125 ? 1 : 0);
  globalThis.read = () => {
    const ring = [...document.querySelectorAll('.player .stage canvas')].find((c) => c.checkVisibility()), video = document.querySelector('.player video'), from = ring ?? video;
    const [w, h] = ring ? [ring.width, ring.height] : [video.videoWidth, video.videoHeight];
    to.drawImage(from, 0, h * 0.1, w, h * 0.3, 0, 0, 320, 16);
    const { data } = to.getImageData(0, 0, 320, 16);
    let n = 0;
    for (let i = 0; i < 16; i++) n = n * 2 + bit(data, i);
    return n;
  };
}
