/** A text box that is as high as its text, up to a third of the window. */

export function grow(box: HTMLTextAreaElement | undefined): void {
  if (!box) return;
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, Math.max(56, Math.round(window.innerHeight / 3)))}px`;
}

/** Grows the box again whenever its width changes, and with it where lines break. Returns what ends that. */
export function growWithWidth(box: HTMLTextAreaElement): () => void {
  let width = 0;
  const watch = new ResizeObserver(([entry]) => {
    const now = entry?.contentRect.width ?? 0;
    if (now !== width) grow(box);
    width = now;
  });
  watch.observe(box);
  return () => watch.disconnect();
}
