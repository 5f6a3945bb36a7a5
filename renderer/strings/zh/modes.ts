/** 写回复的方式。 */
import type { Strings } from '../types.ts';

export const modes: Strings['modes'] = { exact: '精确', fast: '快速', ar: '逐个' };

export const modeHints: Strings['modeHints'] = {
  exact: '先用扩散草拟几个词元，再逐一验证：与逐个写出的回复相同，但更快。',
  fast: '用扩散整块写出，有把握的就留下。回复可能不同。',
  ar: '每次前向只写一个词元，从左到右。另外两种方式以它为准。',
};
