/** 回复的词和来由。 */
import type { Strings } from '../types.ts';
import { n } from './format.ts';

export const words: Strings['words'] = {
  label: '这个回复的词',
  by: '按什么显示',
  bys: { confidence: '置信度', order: '次序', arrival: '来由' },
  ends: { confidence: ['有把握', '没把握'], order: ['先', '后'] },
  orderNote: { blocks: '在每一块之内', forwards: '深浅一变，就是另一次前向' },
  vias: { context: '下一个词元', draft: '保留的草拟', revealed: '显现', revised: '改正', locked: '锁定' },
  viasLong: {
    context: '作为下一个词元写出',
    draft: '经验证成立的草拟',
    revealed: '在画布上显现',
    revised: '替换了被收回的词',
    locked: '由你锁定',
  },
  hint: '指向一个词，或用方向键逐个查看。',
  close: '关闭',
  percent: (p) =>
    p > 0.9995 ? '>99.9%' : p > 0 && p < 0.0005 ? '<0.1%' : `${(p * 100).toFixed(p >= 0.0995 && p < 0.995 ? 0 : 1)}%`,
  forward: (at) => `第 ${n(at)} 次前向`,
  instead: '其他可能',
  before: '此前',
  noAlternatives: '没有保存其他可能',
  earlier: {
    draftKept: '草拟，保留',
    draft: '草拟，收回',
    guessKept: '猜测，猜中',
    guess: '猜测',
    revealedKept: '显现',
    revealed: '显现，收回',
  },
  option: (text, percent) => `${text}，${percent}`,
  blanks: { space: '空格', line: '换行', part: '字符的一部分' },
};
