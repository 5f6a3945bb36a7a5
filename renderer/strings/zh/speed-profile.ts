/** 速度与质量之间的滑块。 */
import type { Strings } from '../types.ts';
import { spoken } from '../live.ts';

const rate = (n: number): string => (n < 10 ? n.toFixed(1) : String(Math.round(n)));
const share = (n: number): string => (n >= 1 ? '100%' : `${Math.min(99, Math.round(n * 100))}%`);

const times = (n: number): string => n.toFixed(n < 10 ? 1 : 0);
const range = ([low, high]: readonly [number, number]): string => `${times(low)}–${times(high)}`;

export const speedProfile: Strings['speedProfile'] = {
  label: '看它成形 ↔ 最快',
  hint: '左端：大块文字在眼前慢慢成形。右端：尽可能快，猜得更大胆。一并设定采样器及其参数；在“高级”里可以分别更改。',
  ends: ['看它成形', '最快'],
  figure: (m, steady) => `${steady ? '' : '约 '}${rate(m.rate)} 词元/秒`,
  own: '你自己的设置',
  stops: {
    form: '成块成形',
    ar: '逐个',
    watch: '精确，成形',
    exact: '精确',
    'fast-steady': '快速，稳',
    'fast-even': '快速，均衡',
    'fast-bold': '快速，大胆',
    'fast-rough': '快速，粗略',
    'one-slot': '每步一个槽位',
    careful: '谨慎',
    recommended: '推荐',
    bold: '大胆',
    bolder: '更大胆',
    boldest: '最大胆',
  },
  rate: (m) => rate(m.rate),
  share,
  unmeasured: '尚未测量',
  said: (name, m, reference) =>
    m
      ? `${name}，${m.ratio === undefined || name === reference ? '' : `速度是${reference}的 ${times(m.ratio)} 倍${m.ratioRange ? `（${range(m.ratioRange)}）` : ''}，`}每秒 ${rate(m.rate)} 个词元${m.agreement === null ? '' : `，${share(m.agreement)} 与精确相同`}`
      : `${name}，尚未测量`,
  columns: { stop: '档位', ratio: '倍数', rate: '词元/秒', agreement: '如精确', same: '相同' },
  ratio: (m) => (m.ratio === undefined ? '–' : `${times(m.ratio)}×`),
  ratioRange: (m) => (m.ratioRange ? `各问题 ${range(m.ratioRange)}` : ''),
  noise: (spread, steady) =>
    steady
      ? `同一个回复写两遍，速度相差至多 ${Math.max(1, Math.round(spread * 100))}%。两档之间比这小的差别没有意义。`
      : `测量时有别的程序在运行：同一个回复写两遍，速度相差至多 ${Math.max(1, Math.round(spread * 100))}%。请比较倍数；每秒词元数只作参考。`,
  same: (m) => (m.texts === 0 ? '–' : `${m.same}/${m.texts}`),
  explainRatio: (reference) => `倍数：与${reference}相比的速度，取紧挨着写的回复来比。`,
  explainAgreement: '如精确：在前文之后，模型的因果头也会写出的词元所占的份额。',
  explainSame: (compared) => `相同：与“${compared}”一字不差的回复数。`,
  noAgreement: '这个模型没有因果头，所以没有可以比对的精确文本。',
  recommended: '推荐：模型作者自己的用法。',
  measuredOn: (at, model, device) =>
    `${new Date(at).toLocaleDateString(spoken(), { day: 'numeric', month: 'short', year: 'numeric' })}在这里用 ${model}（${device}）测得。`,
  never: '这台电脑上还没有为这个模型测量过。空闲时会在后台进行，不到一分钟。',
  measure: '现在测量',
  again: '重新测量',
  stop: '停止测量',
  progress: (done, of, waiting) => (waiting ? `测量中：${done} / ${of}。先写你的回复。` : `测量中：${done} / ${of}…`),
  failed: (why) => `测量提前结束：${why}`,
  noModel: '模型加载之后才有数字。',
};
