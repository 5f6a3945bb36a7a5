/** 回复的数字。 */
import type { Strings } from '../types.ts';
import { n } from './format.ts';

export const figures: Strings['figures'] = {
  tokens: (count) => `${n(count)} 个词元`,
  forwards: (count) => `${n(count)} 次前向`,
  tpf: (value) => `每次 ${value.toFixed(2)}`,
  tpfLong: (value) => `每次前向 ${value.toFixed(2)} 个词元`,
  rate: (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} 词元/秒`,
  time: (ms) =>
    ms < 60_000
      ? `${(ms / 1000).toFixed(1)} 秒`
      : `${Math.floor(ms / 60_000)} 分 ${Math.round((ms % 60_000) / 1000)} 秒`,
  open: '这个回复是怎样写成的',
  mode: '方式',
  seed: '种子',
  model: '模型',
  device: '设备',
  prompt: '提示',
  promptOf: (all, cached) => `${n(all)} 个词元，其中 ${n(cached)} 个来自缓存`,
  drafts: '保留的草拟',
  draftsOf: (kept, all) => `${n(all)} 个中的 ${n(kept)} 个${all > 0 ? `（${Math.round((kept / all) * 100)}%）` : ''}`,
  sampling: '采样',
  samplingOf: (temperature, topP, penalty) =>
    `${temperature === 0 ? '贪心' : `温度 ${temperature}`}${topP < 1 ? `，top-p ${topP}` : ''}${penalty > 1 ? `，重复惩罚 ${penalty}` : ''}`,
  blocks: '画布',
  prefill: '读',
  decode: '写',
  reason: '结束',
  reasons: {
    end: '模型写完了',
    length: '长度上限',
    'stop-string': '停止串',
    loop: '重复',
    'context-full': '上下文已满',
  },
};
