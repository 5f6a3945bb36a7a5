/** 引擎状态。 */
import type { Strings } from '../types.ts';
import { n } from './format.ts';

export const engine: Strings['engine'] = {
  label: '模型状态',
  here: '在这台电脑上',
  waits: '开始输入时加载',
  unloaded: '不在内存中 · 开始输入时加载',
  starting: '正在启动引擎…',
  steps: { verify: '正在检查模型文件…', session: '正在准备模型…', 'self-test': '正在测试设备…' },
  on: (device) => `用 ${device}`,
  ready: (pack, device) => `${pack} · ${device}`,
  failed: '模型无法加载',
  retry: '再试一次',
  retrying: '正在重试…',
  silent: '引擎没有回应',
  silentLoading: '模型加载没有进展',
  silentHint: '可能是内存不足，或者引擎卡住了。可以等待，也可以重新启动引擎。已确定的内容都保留着。',
  restart: '重新启动引擎',
  refused: '未采用',
  noneRefused: '没有更快的设备被拒绝。',
  facts: (s) =>
    `${n(Math.round(s.pack.parameters / 1e6))} 百万参数，上下文 ${n(s.pack.contextLength)} 个词元，${s.threads} 个线程，加载用了 ${(s.loadMs / 1000).toFixed(1)} 秒。${s.pack.licence}。`,
  adapter: (name, version) => `扩散适配器 ${name} ${version}。`,
};
