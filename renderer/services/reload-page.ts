/** Loads the page again, at no conversation: what it holds belongs to a folder that is no longer open. */
export function reloadPage(): void {
  history.replaceState(null, '', location.pathname + location.search);
  location.reload();
}
