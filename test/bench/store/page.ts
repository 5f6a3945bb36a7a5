/** What the bench does in the window, and what it sees there. Runs in the page; times in milliseconds. */
import type { Page } from 'playwright';

export interface Scrolled {
  /** Between two frames, each. */
  frames: number[];
  /** Frames in which some of what was in sight was not drawn. */
  blank: number;
  /** Frames in which a text had not come yet. */
  waiting: number;
  /** The most that something in sight moved by itself between two frames as they were drawn, in pixels. */
  jump: number;
  /** How far the page went. */
  distance: number;
}

/**
 * Opens a conversation from the list. From the press to the first frame in which the page shows its end: the last message
 * is in sight with its text, and that frame has been handed on to be drawn.
 */
export const openFromList = (page: Page, id: string): Promise<number> =>
  page.evaluate(
    (wanted) =>
      new Promise<number>((resolve, reject) => {
        const entry = document.querySelector<HTMLElement>(`[data-conversation-id="${wanted}"][data-entry]`);
        if (!entry) return reject(new Error('The conversation is not in the list.'));
        const began = performance.now();
        const shown = (): boolean => {
          const thread = document.querySelector('[data-testid=thread]');
          const last = [...(thread?.querySelectorAll<HTMLElement>('[data-testid=message]') ?? [])].at(-1);
          if (!thread || !last || !last.dataset['messageId']?.startsWith(wanted)) return false;
          const [view, box] = [thread.getBoundingClientRect(), last.getBoundingClientRect()];
          return (
            box.bottom > view.top &&
            box.top < view.bottom &&
            thread.scrollTop > 1000 &&
            (last.textContent ?? '').length > 100
          );
        };
        const look = (): void => {
          if (performance.now() - began > 20_000)
            return reject(new Error('The conversation did not open within 20 s.'));
          if (!shown()) return void requestAnimationFrame(look);
          // a message after the frame that was just prepared: it has been handed to the compositor
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => resolve(performance.now() - began);
          port2.postMessage(null);
        };
        entry.click();
        requestAnimationFrame(look);
      }),
    id,
  );

/** Scrolls by so many pixels a frame, for so many frames, and looks at every frame. */
export const scroll = (page: Page, step: number, count: number): Promise<Scrolled> =>
  page.evaluate(
    ([by, frames]) =>
      new Promise<Scrolled>((resolve) => {
        const thread = document.querySelector<HTMLElement>('[data-testid=thread]');
        if (!thread) throw new Error('There is no thread.');
        const result = { frames: [] as number[], blank: 0, waiting: 0, jump: 0, distance: 0 };
        const view = thread.getBoundingClientRect();
        let before = performance.now();
        let left = frames;
        /** A row in the middle, where it stood when the last frame was drawn, and how far the page went since. */
        let mark: { row: Element; top: number } | null = null;
        const { port1, port2 } = new MessageChannel();
        // after the frame: what came late to a row has been taken up, or is seen
        port1.onmessage = ({ data: moved }: MessageEvent<number>) => {
          if (mark?.row.isConnected)
            result.jump = Math.max(result.jump, Math.abs(mark.row.getBoundingClientRect().top - (mark.top - moved)));
          const rows = [...thread.querySelectorAll('[data-row]')].map((row) => ({
            row,
            top: row.getBoundingClientRect().top,
            bottom: row.getBoundingClientRect().bottom,
          }));
          mark =
            rows.find(({ top, bottom }) => top <= view.top + view.height / 2 && bottom > view.top + view.height / 2) ??
            null;
        };
        const next = (now: number): void => {
          result.frames.push(now - before);
          before = now;
          // what this frame is going to show: the rows where they stand after the step
          const rows = [...thread.querySelectorAll('[data-row]')].map((row) => ({
            row,
            box: row.getBoundingClientRect(),
          }));
          const was = thread.scrollTop;
          thread.scrollTop += by;
          const moved = thread.scrollTop - was;
          result.distance += Math.abs(moved);
          const seen = rows.filter(({ box }) => box.bottom - moved > view.top && box.top - moved < view.bottom);
          let edge = view.top;
          let blank = false;
          for (const { box } of seen) {
            // between two rows there are 44 pixels of paper
            if (box.top - moved - edge > 46) blank = true;
            edge = Math.max(edge, box.bottom - moved);
          }
          const atEnd = thread.scrollTop + thread.clientHeight > thread.scrollHeight - 60;
          if (seen.length === 0 || (view.bottom - edge > 46 && !atEnd)) blank = true;
          if (blank) result.blank++;
          if (seen.some(({ row }) => row.querySelector('.blank') !== null)) result.waiting++;
          port2.postMessage(moved);
          if (--left <= 0 || moved === 0) resolve(result);
          else requestAnimationFrame(next);
        };
        requestAnimationFrame((now) => {
          before = now;
          requestAnimationFrame(next);
        });
      }),
    [step, count] as const,
  );
