/** What a menu is made of. */
import type { Component } from 'svelte';

export interface MenuItem {
  readonly id: string;
  readonly label: string;
  /** Said in the tooltip: what it does, in a sentence. */
  readonly hint?: string;
  /** An icon of `@lucide/svelte/icons/…`. */
  readonly icon?: Component<{ size?: number; strokeWidth?: number }>;
  readonly disabled?: boolean;
  /** What the item does; none where it only opens its `submenu`. */
  readonly run?: () => void;
  readonly submenu?: readonly MenuItem[];
  /** `run` takes the focus somewhere: it is not given back to where it was. */
  readonly movesFocus?: boolean;
}
