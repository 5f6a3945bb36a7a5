/** 回放。 */
import type { Strings } from '../types.ts';
import { n } from './format.ts';

export const steps: Strings['steps'] = {
  label: '回放这个回复',
  play: '播放',
  pause: '暂停',
  back: '后退一步',
  on: '前进一步',
  slider: '步',
  speed: '速度',
  speeds: (times) => `${times === 0.5 ? '½' : times}×`,
  close: '关闭回放',
  start: '第一次前向之前',
  forward: (at, of) => `第 ${n(at)} 次前向，共 ${n(of)} 次`,
  struck: (text) => `划去“${text.trim()}”`,
  part: (at) => `第 ${at} 部分`,
  marks: { block: '一块完成', rejection: '划去草拟', revision: '改正一词', resumed: '接着写', fork: '由此分支' },
  branch: '由此分支…',
  branchHint: '另写一个回复，与这一步之前的内容相同',
  branchGo: '从这里写下去',
  branchSeed: '新种子',
  noFrames: '只保存了写完的块，块之间的画布无法显示。',
  save: '保存回放：',
  html: '网页',
  htmlHint: '一个文件，在任何浏览器里离线播放',
  jsonl: '轨迹（JSONL）',
  jsonlHint: '保存的每个事件，一行一个',
};
