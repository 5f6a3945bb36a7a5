/**
 * A film strip of a running reply, taken in the page at each frame it draws: where every word and slot stands. What is
 * looked for is what an eye would see: words over one another, words past the column, text that moves, lines that jump.
 */
import type { Page } from '@playwright/test';

export interface Strip {
  frames: number;
  /** Frames with grain. */
  grain: number;
  /** What an eye would see go wrong, each once, in words. */
  faults: string[];
}

/** Begins with the next running reply and goes on until it has ended. */
export const beginStrip = (page: Page): Promise<void> =>
  page.evaluate(() => {
    interface Box {
      text: string;
      left: number;
      right: number;
      top: number;
      bottom: number;
    }
    const strip = { frames: 0, grain: 0, faults: [] as string[] };
    Object.assign(window, { strip, stripOver: false });
    const fault = (text: string): void => {
      if (strip.faults.length < 40 && !strip.faults.includes(text)) strip.faults.push(text);
    };
    const near = (a: number, b: number): boolean => Math.abs(a - b) < 1.5;
    const boxOf = (text: string, rect: DOMRect, origin: DOMRect): Box => ({
      text,
      left: rect.left - origin.left,
      right: rect.right - origin.left,
      top: rect.top - origin.top,
      bottom: rect.bottom - origin.top,
    });
    /** Committed words: what stands in the text but not on the canvas. Code is coloured anew as its lines end: its words are not followed. */
    function wordsOf(prose: Element, origin: DOMRect): Box[] {
      const boxes: Box[] = [];
      const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT, (node) =>
        node.parentElement?.closest('[data-testid=canvas], pre, figcaption, button, math, .said')
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_ACCEPT,
      );
      const range = document.createRange();
      for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode())
        for (const match of node.data.matchAll(/\S+/g)) {
          range.setStart(node, match.index);
          range.setEnd(node, match.index + match[0].length);
          for (const rect of range.getClientRects()) if (rect.width > 0) boxes.push(boxOf(match[0], rect, origin));
        }
      return boxes;
    }
    /** Whatever is written on the canvas, in one box a piece. */
    function inkOf(canvas: Element, origin: DOMRect): Box[] {
      const boxes: Box[] = [];
      const walker = document.createTreeWalker(canvas, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      for (let node = walker.nextNode(); node instanceof Text; node = walker.nextNode()) {
        const text = node.data.replace(/[\s\u200b]+/g, ' ').trim();
        if (text === '') continue;
        range.selectNodeContents(node);
        for (const rect of range.getClientRects()) if (rect.width > 0) boxes.push(boxOf(text, rect, origin));
      }
      return boxes;
    }
    const overlap = (a: Box, b: Box): boolean =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 &&
      Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6;
    let before: {
      words: Box[];
      slots: Map<string, number>;
      canvas: string;
      foot: { top: number; height: number };
    } | null = null;
    let begun = false;
    const look = (): void => {
      const article = document.querySelector('[data-role=assistant][data-status=pending]');
      const prose = article?.querySelector('.prose');
      if (!article || !prose) {
        if (begun) return void Object.assign(window, { stripOver: true });
        return void requestAnimationFrame(look);
      }
      begun = true;
      strip.frames++;
      const origin = prose.getBoundingClientRect();
      const words = wordsOf(prose, origin);
      const canvas = prose.querySelector('[data-testid=canvas]');
      const slots = [...(canvas?.querySelectorAll<HTMLElement>('[data-testid=slot]') ?? [])];
      const ink = canvas ? inkOf(canvas, origin) : [];
      if (slots.some(({ dataset }) => dataset['state'] === 'masked')) strip.grain++;
      // Nothing stands over anything else. Only the last words can be met by the canvas.
      const here = [...words.slice(-30), ...ink];
      here.forEach((a, i) =>
        here.slice(i + 1).forEach((b) => overlap(a, b) && fault(`“${a.text}” and “${b.text}” stand over one another`)),
      );
      const inCode = canvas?.closest('pre') !== null && canvas !== null;
      for (const box of ink) if (!inCode && box.right > origin.width + 2) fault(`“${box.text}” stands past the column`);
      const top = (slot: HTMLElement): number => slot.getBoundingClientRect().top - origin.top;
      const first = `${(prose.textContent?.length ?? 0) - (canvas?.textContent?.length ?? 0)}`;
      const seated = canvas?.querySelector('.line') !== null;
      const seats = new Map(slots.map((slot, i) => [String(i), Math.round(top(slot))]));
      const line = article.querySelector('[data-testid=reply-line]');
      const rect = line?.getBoundingClientRect();
      const told = line?.textContent ?? '';
      if (/(^|[^\d.])0(\.0+)? (tok|a forward)/.test(told)) fault(`a figure that means nothing: “${told}”`);
      // at its end it becomes the small mark that opens
      const foot =
        rect && rect.height > 0
          ? { top: rect.top - origin.top, height: rect.height }
          : (before?.foot ?? { top: 0, height: 0 });
      if (before) {
        // The last words may still grow, and what follows them on the line with them.
        before.words.slice(0, -2).forEach((word, i) => {
          const now = words[i];
          if (!now || now.text !== word.text) fault(`“${word.text}” became “${now?.text ?? 'nothing'}”`);
          else if (!near(now.left, word.left) || !near(now.top, word.top))
            fault(`“${word.text}” moved by ${Math.round(now.left - word.left)}, ${Math.round(now.top - word.top)}`);
        });
        if (seated && first === before.canvas)
          for (const [i, at] of seats)
            if (Math.abs((before.slots.get(i) ?? at) - at) > 3)
              fault(`slot ${i} jumped by ${at - (before.slots.get(i) ?? at)}`);
        if (foot.top < before.foot.top - 1.5)
          fault(`the line under the reply rose by ${Math.round(before.foot.top - foot.top)}`);
        if (!near(foot.height, before.foot.height))
          fault(`the line under the reply grew from ${Math.round(before.foot.height)} to ${Math.round(foot.height)}`);
      }
      before = { words, slots: seats, canvas: first, foot };
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

export async function endStrip(page: Page): Promise<Strip> {
  await page.waitForFunction(() => (window as unknown as { stripOver: boolean }).stripOver, undefined, {
    timeout: 90_000,
  });
  return page.evaluate(() => (window as unknown as { strip: Strip }).strip);
}
