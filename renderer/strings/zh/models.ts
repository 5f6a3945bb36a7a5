/** 这台电脑上的模型：选择、列表、导入。 */
import type { ModelSkills } from '../../../core/contract/models.ts';
import type { Strings } from '../types.ts';

const n = (value: number): string => value.toLocaleString('zh-Hans');
export const size = (bytes: number): string =>
  bytes < 1e6
    ? `${n(Math.max(1, Math.round(bytes / 1e3)))} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
export const weights = (parameters: number): string =>
  parameters >= 1e8
    ? `${(parameters / 1e8).toFixed(parameters >= 1e10 ? 0 : 1)} 亿参数`
    : parameters >= 1e6
      ? `${n(Math.round(parameters / 1e4))} 万参数`
      : `${n(parameters)} 参数`;
const lengths: Record<ModelSkills['length'], string> = {
  tokens: '回复会一直写到模型自己结束。',
  blocks: '回复一块一块地写，直到模型自己结束。',
  canvas: '整个回复一次去噪，长度以你设定的上限为准。',
};

const time = (ms: number): string =>
  ms < 950
    ? `${Math.max(1, Math.round(ms))} 毫秒`
    : ms < 90_000
      ? `${ms < 9500 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} 秒`
      : `${Math.round(ms / 60_000)} 分钟`;
const REPLY = 64;

export const models: Strings['models'] = {
  cost: {
    label: '在这里的速度',
    probing: '正在这台电脑上试跑它的几层：最多十秒……',
    skip: '跳过',
    step: ({ rows, forwardMs }) => `一步（${rows} 个槽位）大约 ${time(forwardMs)}。`,
    reply: ({ tokensPerSecond }) =>
      `${REPLY} 个词元的回复最多 ${time((REPLY * 1000) / tokensPerSecond)}（每步一个槽位）。`,
    tooLong: '试跑几层就超过了十秒：在这里写一个回复要很多分钟。',
    unknown: '没有测量。',
    measure: '测量',
    quicker: (length, bits) =>
      `这比阅读还慢。更快的办法：${[
        length === 'canvas' ? '换一个逐块写作的模型，它每一步只读一块' : '',
        '换一个参数更少的模型',
        bits === 8 ? '选 4 位' : '',
        '把速度滑块移到右端，每步填几个槽位',
      ]
        .filter((part) => part !== '')
        .join('；')}。`,
  },
  label: '模型',
  close: '关闭',
  choose: '模型',
  chooseHint: '没有自选模型的对话从下一个问题起由它回答',
  chooseHere: '从下一个问题起，这个对话由它回答',
  usual: (name) => `同其他对话：${name}`,
  notHere: (id) => `${id}（不在这台电脑上）`,
  chooseWait: '正在写回复',
  more: '模型…',
  list: '这台电脑上的模型',
  about: ({ parameters, bits, bytes, builtIn, licence }) =>
    [builtIn ? '随应用附带' : '', weights(parameters), `${bits} 位`, size(bytes), licence]
      .filter((part) => part !== '')
      .join(' · '),
  answers: '正在使用',
  use: '使用',
  useLabel: (name) => `使用 ${name}`,
  remove: '删除…',
  removeLabel: (name) => `删除 ${name}`,
  sure: (name, bytes) => `从这台电脑上删除 ${name}？可腾出 ${size(bytes)}。它写的回复会保留，以后还可以再导入。`,
  delete: '删除',
  keep: '保留',
  import: '导入模型',
  importCommand: '导入模型…',
  hint: 'transformers 保存的文件夹（config.json 和 safetensors），或一个 GGUF 文件。在本机读取并转换；原文件保持不变。',
  path: '文件夹或 GGUF 文件的路径',
  check: '检查',
  folder: '选择文件夹…',
  file: '选择 GGUF 文件…',
  dropHint: '也可以把它拖到窗口里。',
  nameless: (name) => `浏览器不会说明“${name}”在哪里。请在这里输入或粘贴它的完整路径。`,
  checking: '正在查看，不会写入任何内容…',
  which: (family) => `这些文件属于 ${family} 家族，但没有说明是下面哪一个模型，而它们的写法不同：`,
  recipe: '是哪个模型',
  go: '继续',
  back: '换一个',
  kind: '种类',
  kindOf: ({ family, architecture, format }) =>
    `${family}（${architecture}），${format === 'gguf' ? 'GGUF' : 'safetensors'}`,
  weights: '规模',
  weightsOf: ({ parameters, contextLength }) => `${weights(parameters)}，上下文 ${n(contextLength)} 个词元`,
  licence: '许可',
  licenceOf: ({ licence, licenceText }) =>
    licenceText
      ? `${licence === 'unknown' ? '未注明' : licence}；许可全文会一同带上`
      : licence === 'unknown'
        ? '模型文件没有注明许可。请看你下载它的页面。'
        : `${licence}；权重旁边没有许可全文`,
  disk: '磁盘',
  diskOf: (before, after, free) =>
    `现在 ${size(before)}，导入后 ${size(after)}${free === null ? '' : `（剩余 ${size(free)}）`}`,
  memory: '内存',
  memoryOf: (needed, machine) => `约 ${size(needed)}，这台电脑有 ${size(machine)}`,
  bits: '精度',
  bitsHint: '8 位最接近原模型；4 位所需内存减半，略有损失。',
  bitsOf: (bits, suggested) => `${bits} 位${suggested ? '（建议）' : ''}`,
  can: '在这里',
  canOf: ({ exact, rewrite, length }) => [
    exact ? '有精确模式：文字与逐个写出的相同，步数更少。' : '没有精确模式：它没有因果输出头。',
    rewrite ? '可用模板、固定文字和改写片段。' : '不能用模板，也不能改写片段。',
    lengths[length],
  ],
  sampler: (name) => `按作者的采样器书写：${name}。`,
  tooLarge: (needed, machine) => `这个模型约需 ${size(needed)} 内存，而这台电脑有 ${size(machine)}。这样无法导入。`,
  tooLargeHint: { 4: '请选择更小的模型。', 8: '可以试试 4 位，或选择更小的模型。' },
  noRoom: (needed, free) => `模型包需要 ${size(needed)}，磁盘剩余 ${size(free)}。请腾出空间后再检查。`,
  run: '导入',
  converting: (name, done, total) => `正在转换 ${name}：${total === 0 ? 0 : Math.floor((100 * done) / total)} %`,
  testing: (name) => `正在测试 ${name}…`,
  goesOn: '可以关闭这里继续聊天。取消后不会留下任何东西。',
  cancel: '取消',
  done: (name) => `${name} 已就绪。`,
  useNow: '现在使用',
  later: '以后再说',
  failed: (name) => `无法导入 ${name}`,
  again: '返回',
};
