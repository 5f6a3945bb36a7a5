/** Every prompt of the evaluation, in a fixed order, and the quick subset. */
import { arithmetic } from './arithmetic.ts';
import { chat } from './chat.ts';
import { code } from './code.ts';
import { extraction } from './extraction.ts';
import { facts } from './facts.ts';
import { format } from './format.ts';
import { lists } from './lists.ts';
import { recall } from './recall.ts';
import { rewriting } from './rewriting.ts';
import { TASKS, type Draft, type Prompt, type Task } from './types.ts';

const drafts: Record<Task, Draft[]> = { facts, arithmetic, extraction, rewriting, lists, format, recall, code, chat };

/** A family that draws the same question twice gives it once. */
const once = (all: Draft[]): Draft[] => [
  ...new Map(all.map((draft) => [JSON.stringify(draft.messages), draft])).values(),
];

export const prompts: readonly Prompt[] = TASKS.flatMap((task) =>
  once(drafts[task]).map((draft, i) => ({ id: `${task}-${i + 1}`, task, ...draft })),
);

/** `each` prompts of every task, spread evenly over the task's families. */
export function stratified(from: readonly Prompt[], each: number): Prompt[] {
  return TASKS.flatMap((task) => {
    const all = from.filter((prompt) => prompt.task === task);
    const count = Math.min(each, all.length);
    // an odd offset within each part, so that families which come round in turn are not met by the same one
    return Array.from(
      { length: count },
      (_, i) => all[Math.min(all.length - 1, Math.floor(((i + 0.5) * all.length) / count) + (i % 2))] as Prompt,
    );
  });
}
