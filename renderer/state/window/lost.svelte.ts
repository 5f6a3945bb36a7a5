/** Browser mode: why the connection does not come back; null while there is nothing to say. */
export const lost = $state<{ why: 'refused' | 'unreachable' | null }>({ why: null });
