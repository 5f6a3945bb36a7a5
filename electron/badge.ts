/** Replies that ended unseen, as the window's title tells them: “(2) Title”. 0 where it tells none. */
export const badgeOf = (title: string): number =>
  Number(/^\(([\d.,\s’']+)\) /.exec(title)?.[1]?.replace(/\D/g, '') ?? 0);
