/** What a drop brings, as far as a page can tell. */

/** Where a dropped or chosen file lies; null in a browser, which never tells. */
export const pathOf = (file: File): string | null => {
  const path = window.mezzotint?.pathOf?.(file) ?? '';
  return path === '' ? null : path;
};

/** The file or folder of a drop that is a model: a folder, a GGUF file, or safetensors (whose folder is meant). Null: no model. */
export function modelIn({ items, files }: DataTransfer): File | null {
  const entries = [...items].filter(({ kind }) => kind === 'file');
  for (const item of entries) {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (file && (entry?.isDirectory === true || isModelFile(file.name))) return file;
  }
  return [...files].find(({ name }) => isModelFile(name)) ?? null;
}
const isModelFile = (name: string): boolean => /\.(gguf|safetensors)$/i.test(name);
