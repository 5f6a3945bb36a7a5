/** “正在发生什么”：由真实发生的事写成的句子。 */
import type { Word } from '../../state/explain/facts.ts';
import type { Strings } from '../types.ts';
import { number } from '../live.ts';

const quoted = (words: readonly Word[]): string =>
  words
    .slice(0, 6)
    .map(({ text }) => (text.trim() === '' ? (text.includes('\n') ? '换行' : '空格') : `“${text.trim()}”`))
    .join('、') + (words.length > 6 ? '等' : '');
const places = (words: readonly Word[]): string =>
  `槽位 ${words
    .slice(0, 8)
    .map(({ place }) => String(place))
    .join('、')}${words.length > 8 ? ' 等' : ''}`;

export const explain: Strings['explain'] = {
  label: '正在发生什么',
  open: '正在发生什么',
  openHint: '用一句话解释这一步',
  close: '关闭“正在发生什么”',
  idle: '提一个问题：回复是怎样写成的，会在这里一步一步解释。',
  watch: '看它怎样写成',
  figures: '数字',
  lead(mode, { blockLength, threshold }, { tokens, forwards, drafted, accepted, msPrefill, msDecode }) {
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} 秒`;
    const pace = msDecode > 0 && tokens > 0 ? `，每秒 ${number(Math.round((tokens * 1000) / msDecode))} 个词元` : '';
    return [
      mode === 'ar'
        ? `这个回复是逐个词元写成的：${number(forwards)} 步写了 ${number(tokens)} 个词元。`
        : `这个回复有 ${number(tokens)} 个词元，用了 ${number(forwards)} 步：每步约 ${(forwards > 0 ? tokens / forwards : 0).toFixed(1)} 个。`,
      mode === 'ar'
        ? '没有预先草拟，所以也没有收回。'
        : drafted > 0
          ? `模型预先草拟了 ${number(drafted)} 个词元，留下了 ${number(accepted)} 个。`
          : `每块 ${blockLength} 个词元，开始时是颗粒；${
              threshold !== null
                ? `模型有 ${Math.round(threshold * 100)}% 的把握时，词才显现`
                : forwards > 0 && tokens / forwards > 1
                  ? '每一步显现采样器选中的位置'
                  : '每一步大约显现一个位置'
            }。`,
      `读问题用了 ${seconds(msPrefill)}，写用了 ${seconds(msDecode)}${pace}。`,
    ];
  },
  start: '第一次前向之前',
  forward: (n) => `第 ${number(n)} 次前向`,
  quiet: '屏幕上没有变化。',
  modes: {
    exact: '精确：先草拟后面的词，再一次全部检查。模型自己也会这样写的，就留下。',
    fast: '快速：一块开始时全是颗粒。每一步显现采样器选中的词，不论次序，之后还可能修改。',
    ar: '逐个：每一步写出下一个词元，从左到右。',
  },
  fact({ words, ...fact }, threshold) {
    switch (fact.kind) {
      case 'opened':
        return `${places(words)} 还是掩码：那里什么都没有定。`;
      case 'drawn':
        return `模型接着写了${quoted(words)}。`;
      case 'passed':
        return `${places(words)} ${threshold === null ? '' : `超过了 ${threshold}，`}显现为${quoted(words)}。`;
      case 'revised':
        return `它在${places(words)} 改为${quoted(words)}。`;
      case 'taken':
        return `再读一遍，${places(words)} 的${quoted(words)}不合适，被收回。`;
      case 'drafted':
        return `预先草拟：${quoted(words)}。`;
      case 'kept':
        return `草拟的${quoted(words)}成立。`;
      case 'struck':
        return `草拟的${quoted(words)}不成立，被划去。`;
      case 'block':
        return `一块完成了，${fact.tokens} 个词元成为正文。`;
      case 'ended':
        return fact.how === 'finished' ? '回复结束了。' : fact.how === 'stopped' ? '它被停止了。' : '它因错误而结束。';
    }
  },
  entropy: '各槽位的熵',
  entropyHint: '模型在每个槽位有多犹豫，单位是奈特：0 是确定，1 就像在三个词里猜一个。',
  nats: (n) => n.toFixed(1),
  place: (n) => `槽位 ${n}`,
  masked: '掩码',
  notStored: '未保存',
  noSlots: '这一步没有打开的槽位。',
  course: '每次前向的词元数',
  courseNow: '最近 8 次前向',
  courseMean: '到目前的平均',
  seconds: '秒',
  courseSaid: (mean) => `每次前向的词元数随时间的变化；到目前平均 ${mean.toFixed(2)} 个。`,
  split: '时间用在哪里',
  splitLater: '回复结束后才知道。',
  splitOld: '未保存：写这个回复时还没有测量。',
  phases: {
    prefill: '读问题',
    draft: '草拟',
    canvas: '去噪并检查',
    verify: '检查，或写下一个词元',
    commit: '选择并保留',
    rest: '通报',
  },
  ms: (ms) => (ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} 毫秒` : `${(ms / 1000).toFixed(2)} 秒`),
};
