/** 引擎状态。 */
import type { IntegersRefused } from '../../../core/contract/kernels.ts';
import type { Strings } from '../types.ts';
import { n } from './format.ts';

const integersRefusedWords: Record<IntegersRefused, string> = {
  processor: '这个处理器没有精确的整数乘法。',
  model: '整数乘法不适用于这类模型。',
  memory: '整数乘法会更快，但需要的内存超过了这台电脑的内存。',
  'read-only': '整数乘法会更快，但模型的文件夹不可写。',
  room: '整数乘法会更快，但磁盘没有空间存放为此重排的权重。',
  quality: '整数乘法会更快，但会过多改变这个模型的回答。',
  failed: '整数乘法会更快，但未能为此重排权重。',
};

export const engine: Strings['engine'] = {
  label: '模型状态',
  here: '在这台电脑上',
  waits: '开始输入时加载',
  unloaded: '不在内存中 · 开始输入时加载',
  starting: '正在启动引擎…',
  steps: {
    verify: '正在检查模型文件…',
    measure: '正在测量最快的运行方式…',
    layout: '正在为这个处理器重排权重（仅一次）…',
    session: '正在准备模型…',
    'self-test': '正在测试设备…',
  },
  stopLoad: '取消',
  stopLoadHint: (name) => `取消加载：仍由 ${name} 回答`,
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
  share: (share) => `${Math.round(100 * share)}%`,
  kernels: ({ threads, spinUs, products, why, measured = [], integersRefused }) => {
    const refused = integersRefused ? integersRefusedWords[integersRefused] : '';
    const ways = `模型由 ${threads} 个线程${products === 'integers' ? '以整数乘法' : ''}运行${spinUs === 0 ? '，计算间隙休眠' : ''}`;
    if (why === 'asked') return `${ways}，这是你选择的。${refused}`;
    if (why === 'usual') return `${ways}，这是通常的数目，没有测量。`;
    const ms = measured
      .find((one) => one.threads === threads && one.spinUs === spinUs && one.products === products)
      ?.rows.map(({ rows, ms }) => `${rows} 行 ${ms.toFixed(1)} 毫秒`)
      .join('、');
    return `${ways}，是这台电脑上 ${measured.length} 种方式中最快的。只运行部分层时：${ms ?? ''}。${refused}`;
  },
  adapter: (name, version) => `扩散适配器 ${name} ${version}。`,
};
