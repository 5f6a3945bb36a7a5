/** 人来掌握画布：改写片段、模板、长度、没把握的词。 */
import type { Strings } from '../types.ts';

const unsure = ({ shown, of }: { shown: number; of: number }): string =>
  shown < of ? `${of} 个没把握的词中最没把握的 ${shown} 个` : `${of} 个没把握的词`;

export const rewrite: Strings['rewrite'] = {
  percent: (share) => `${Math.round(share * 100)}%`,
  templatePlaceholder: 'Dear ___, thank you for ___. [2–3 sentences] Best, ___',
  rewrite: '改写词语…',
  rewriteHint: '选中一些词，让模型重新写；其余保持不变',
  label: '改写这条回复的词语',
  text: '这条回复的词语；按住 Shift 用方向键选择',
  close: '关闭此视图',
  hint: '用鼠标，或按住 Shift 用方向键选择词语。',
  selected: (n) => `已选 ${n} 个词元`,
  renoise: '重写',
  renoiseHint: '让选中的词沉入颗粒，再浮现别的词；周围的保持不变',
  shorter: '少几个词',
  longer: '多几个词',
  length: (more) => (more === 0 ? '长度不变' : more > 0 ? `+${more}` : `−${-more}`),
  vary: '变化',
  varyHint: '重写最没把握的词：选区内的，或整条回复的',
  share: '要变化的词的比例',
  rewriteUnsure: (n) => (n.of === 0 ? '没有没把握的词' : `重写${unsure(n)}`),
  rewriteUnsureHint: '把模型没把握的词重写成最可能的，并显示变化',
  unsureNote: unsure,
  unsureNoteHint: '模型没把握的词。没把握不等于错，有把握也不等于对。打开后可以重写',
  right: {
    canvas: '后面的文字也会看到：同一画布上的遮蔽位置能看到它，因果头也用它来衡量每个候选。',
    score: '此模型从左到右书写：后面的文字只用来衡量每个候选之后它有多可能。',
  },
  working: '正在寻找别的词',
  cancel: '停止',
  again: '再来一次',
  reject: '保留原文',
  accept: '采用',
  acceptOf: (n) => `采用候选 ${n}`,
  candidates: '候选',
  candidate: (n) => `候选 ${n}`,
  none: '没有为这些词找到别的写法。多选一些，或再试一次。',
  same: '未变',
  before: '原文',
  likelihood: (span, rest) => `此处 ${span.toFixed(2)} · 之后 ${rest.toFixed(2)}`,
  likelihoodHint: '因果头给出的平均对数似然（每词元，奈特）：越接近 0 越可能',
  removed: '删去',
  added: '加入',
  makeLonger: '写长一些',
  makeLongerHint: '另一条回复，从这条的结尾继续写',
  makeShorter: '写短一些',
  makeShorterHint: '另一条回复，在较早的句子之后收尾',
  cannotShorten: '这条回复只有一句，没有更早的句子可以收尾。',
  template: '模板',
  templateHint: '写出回复的骨架：你的文字不变，模型填空',
  templateLabel: '回复的模板',
  templateHelp: '___ 或 [name] 几个词 · [3 words] · [~20 words] · [2–3 sentences]',
  templateNone: '需要固定的文字和至少一个空。',
  holes: (n) => `${n} 个空`,
  holeOf: (hole) =>
    hole.sentences
      ? hole.sentences[0] === hole.sentences[1]
        ? `${hole.sentences[0]} 句`
        : `${hole.sentences[0]}–${hole.sentences[1]} 句`
      : `${hole.min}–${hole.max} 个词元`,
  lengthLabel: '回复的长度',
  lengths: { auto: '任意长度', short: '简短', budget: '定长' },
  lengthHints: {
    auto: '模型写完即止。',
    short: '至多一段，以完整的句子结束。',
    budget: '按你给的词元数，在附近以完整的句子结束。',
  },
  budget: '词元数',
  left: (n) => `还剩 ${n}`,
  end: (p) => `在此结束 ${Math.round(p * 100)} %`,
};
