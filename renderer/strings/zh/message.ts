/** 消息内容、时间与复制。 */
import type { Strings } from '../types.ts';

export const message: Strings['message'] = {
  formula: '公式',
  note: (n) => `注 ${n}`,
  backToMark: (n) => `回到注 ${n} 的标记`,
  wrap: '长行自动换行',
  copyMarkdown: '复制为 Markdown',
  copyPlain: '复制为纯文本',
  asked: (at) => `提问于 ${at}`,
  written: (at) => `写于 ${at}`,
  justNow: '刚刚',
};
