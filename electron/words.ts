/** What the desktop says outside the window's page: its menu, and boxes of the system. */
import type { Locale } from '../core/contract/app.ts';

interface DesktopWords {
  notStarted: string;
  openOutside: string;
  open: string;
  cancel: string;
  file: string;
  importModel: string;
}

const words: Record<Locale, DesktopWords> = {
  en: {
    notStarted: 'Mezzotint could not start',
    openOutside: 'Open this address outside Mezzotint?',
    open: 'Open',
    cancel: 'Cancel',
    file: 'File',
    importModel: 'Import a Model…',
  },
  zh: {
    notStarted: 'Mezzotint 无法启动',
    openOutside: '在 Mezzotint 之外打开这个地址？',
    open: '打开',
    cancel: '取消',
    file: '文件',
    importModel: '导入模型…',
  },
};

export const desktopWords = (locale: Locale): DesktopWords => words[locale];
