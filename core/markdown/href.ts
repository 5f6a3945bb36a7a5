/** A link that may be opened outside the app, or null: web and mail addresses alone. */
export function safeHref(href: string): string | null {
  if (!/^(https?|mailto):/i.test(href)) return null;
  try {
    // not URL.canParse: the oldest Electron that runs this page has none
    return new URL(href).protocol === '' ? null : href;
  } catch {
    return null;
  }
}
