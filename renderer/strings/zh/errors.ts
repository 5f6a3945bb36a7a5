/** 错误周围的词。 */
import type { Strings } from '../types.ts';

export const errors: Strings['errors'] = {
  file: (path) => `文件：${path}`,
  dismiss: '关闭',
  again: '再试一次',
  refetch: '重新打开',
  draftKept: '你的话已回到输入框里。',
};
