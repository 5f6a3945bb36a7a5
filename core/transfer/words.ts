/** Words and dates that every written format shares. Pure. */
import type { Role } from '../contract/engine.ts';
import type { ArchivedMessage } from '../contract/transfer.ts';

export const speakers: Record<Role, string> = { user: 'You', assistant: 'Reply', system: 'Instructions' };

/** `2026-11-24 08:05`, in UTC. @param at milliseconds since 1970 */
export const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** The model that wrote a reply; undefined where none is known. */
export const modelOf = ({ generations, model }: ArchivedMessage): string | undefined =>
  generations.at(-1)?.pack?.name ?? model;

/** One line, its white space single. */
export const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').trim();
