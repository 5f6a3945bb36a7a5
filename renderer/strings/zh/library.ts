/** 可以下载的模型：目录、查看一个仓库、下载、令牌。 */
import type { Strings } from '../types.ts';
import { USUAL_RATE } from '../live.ts';
import { size, weights } from './models.ts';

const speed = (tokens: number): string => (tokens < 10 ? tokens.toFixed(1) : Math.round(tokens).toString());
const time = (seconds: number): string =>
  seconds < 90
    ? `${Math.max(1, Math.round(seconds))} 秒`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} 分钟`
      : `${(seconds / 3600).toFixed(1)} 小时`;
const languages: Record<string, string> = { en: '英文', zh: '中文', code: '代码' };
const spokenIn = (codes: readonly string[]): string => codes.map((code) => languages[code] ?? code).join('、');
/** 目录里的句子是英文；没有译文的保持原样。 */
const goodAt: Record<string, string> = {
  'a2d-bd3lm': '这里最小的一块一块去噪的聊天模型，任何机器都放得下。',
  'a2d-mdlm': '这里最小的一次去噪整个回复的聊天模型。',
  'fast-dllm-v2-1.5b': '以 32 个位置为一块聊天，小模型，普通处理器也带得动。',
  'fast-dllm-v2-7b': '以 32 个位置为一块聊天；两者中较大的一个，适合快的机器。',
  'sdar-1.7b': '以四个位置为一块聊天；同家族里最小的，处理器可用。',
  'sdar-4b': '以四个位置为一块聊天；同家族里处理器还能带好的最大的一个。',
  'sdar-8b': '以四个位置为一块聊天；适合内存大的机器。',
  'trado-4b': '以四个位置为一块聊天，与 SDAR 同一家族。',
  'nemotron-3b': '用扩散聊天，或与逐词元书写完全一致：它的因果输出头会检查草稿。',
  'nemotron-8b': '同上，权重更多：用扩散，或与逐词元书写完全一致。',
  'dream-7b': '全注意力聊天；每一步都读整个回复，需要快的机器。',
  'dream-coder-7b': '写代码，对整个回复全注意力；适合快的机器。',
  'diffucoder-7b': '写代码，对整个回复全注意力；适合快的机器。',
  'llada-8b': '全注意力聊天；每一步都读整个回复，需要快的机器。',
  'llada-1.5': '后来的 LLaDA，全注意力，按较短的块采样；适合快的机器。',
  'llada-moe': '全注意力加路由专家：70 亿权重，每个词元约用其中 10 亿。',
  'llada2.0-mini': '以 32 个位置为一块聊天，有路由专家：内存多，每个词元的计算少。',
  'llada2.1-mini': '与 LLaDA2.0 mini 相同，还会改正块里已写的词元。',
};

/** 第一次下载之前不知道速率：按常见的线路估计。 */
const assumed = (bytes: number): string => `${(USUAL_RATE * 8) / 1e6} Mbit/s 时约 ${time(bytes / USUAL_RATE)}`;

export const library: Strings['library'] = {
  label: '模型',
  tabs: { here: '这台电脑上', get: '获取更多', disk: '从磁盘' },
  command: '这台电脑上的模型…',
  getCommand: '获取另一个模型…',
  grades: { good: '在这里运行良好', slow: '在这里运行较慢', 'too-large': '放不下' },
  unmeasured: '放得下；没有测过速度',
  unknown: '查看之前不知道大小',
  intro: ({ machineMemory, freeDisk, hub }) =>
    `这台电脑有 ${size(machineMemory)} 内存${freeDisk === null ? '' : `，磁盘剩余 ${size(freeDisk)}`}。这份目录随应用附带；查看一个模型会连接 ${hub}。`,
  facts: ({ parameters, fetchBytes, pack, licence, contextLength, languages: codes, gated }) =>
    [
      parameters === null ? '' : weights(parameters),
      fetchBytes === null ? '' : `下载 ${size(fetchBytes)}`,
      pack === null ? '' : `${pack.bits} 位占内存 ${size(pack.memory)}`,
      contextLength === null ? '' : `上下文 ${contextLength.toLocaleString('zh-Hans')}`,
      licence ?? '许可见其页面',
      codes === null ? '' : spokenIn(codes),
      gated === true ? '需要账户' : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
  goodAt: (id, sentence) => goodAt[id] ?? sentence,
  speed: (tokens) => `每秒至少 ${speed(tokens)} 个词元`,
  look: '获取…',
  lookLabel: (name) => `获取 ${name}`,
  have: '已在这台电脑上',
  coming: '正在下载',
  measure: '测量这里的速度',
  measureHint: '不带内容地运行每种形状的几层，每种几秒。数字按每步一个词元计算，也就是最慢的方式。不会下载任何内容。',
  measuring: (name, done, total) => `正在测量 ${name}（第 ${done + 1} 个，共 ${total} 个）`,
  stop: '停止',
  measureFailed: '测量提前结束',
  other: '任意仓库：ORG/NAME 或它的地址',
  otherLook: '查看',
  looking: (source, hub) => `正在向 ${hub} 询问 ${source}。不会下载权重…`,
  found: {
    repository: '仓库',
    commit: (repository, commit) => `${repository}，提交 ${commit.slice(0, 12)}`,
    fetch: '下载',
    fetchOf: (bytes, rate) =>
      rate === null
        ? `${size(bytes)}，${assumed(bytes)}`
        : `${size(bytes)}，按上次下载的速度约需 ${time(bytes / rate)}`,
    disk: '磁盘',
    diskOf: (bytes, free) =>
      `之后占 ${size(bytes)}，届时会删除下载的文件${free === null ? '' : `（剩余 ${size(free)}）`}`,
    tooLarge: (memory, machine) =>
      `它约需 ${size(memory)} 内存，而这台电脑有 ${size(machine)}。请选 4 位或更小的模型。`,
    noRoom: (needed, free) => `下载和转换需要 ${size(needed)}，磁盘剩余 ${size(free)}。请腾出空间后再查看。`,
    gated: '作者只把它提供给接受了条款的账户。',
    run: (bytes) => `下载 ${size(bytes)}`,
    back: '返回',
    recipe: '继续',
  },
  downloads: '下载',
  stage: ({ stage, done, total, rate, error }) => {
    const share = `${size(done)}，共 ${size(total)}`;
    switch (stage) {
      case 'waiting':
        return `${share}，等前一个完成`;
      case 'fetching':
        return rate === null ? share : `${share}，每秒 ${size(rate)}，还需 ${time((total - done) / rate)}`;
      case 'converting':
        return '已全部下载，正在转换…';
      case 'paused':
        return done >= total ? '已全部下载，还没有转换' : `${share}，已暂停`;
      case 'failed':
        return error === null ? share : `${share}，提前结束`;
    }
  },
  from: (hosts) => `已连接 ${hosts.join('、')}`,
  retry: (seconds) => `${Math.ceil(seconds)} 秒后再试。`,
  pause: '暂停',
  pauseLabel: (name) => `暂停 ${name}`,
  resume: '继续',
  resumeLabel: (name) => `继续下载 ${name}`,
  drop: '删除…',
  dropLabel: (name) => `删除 ${name} 的下载`,
  dropSure: (name, done) => `删除 ${name} 已下载的内容（${size(done)}）？`,
  dropNow: '删除',
  keep: '保留',
  limit: '每秒最多多少 MB（留空：不限）',
  progress: (name) => `${name} 的下载`,
  brief: (percent) => `模型…（已下载 ${percent} %）`,
  interrupted: (name) => `${name} 的下载被中断了。`,
  token: {
    label: '服务器的令牌',
    hint: (hub) => `用于需要账户的模型。只会发送给 ${hub}。`,
    state: {
      none: '没有令牌。',
      kept: '它保存在系统的密钥库里。',
      session: '在应用关闭之前保留。',
      environment: '它来自 HF_TOKEN。',
    },
    where: { true: '由系统的密钥库保存。', false: '没有找到系统的密钥库：只保留到应用关闭，不会写到任何地方。' },
    field: '令牌（hf_…）',
    set: '使用',
    forget: '忘掉它',
  },
  installed: {
    used: (date) => `上次使用 ${date}`,
    never: '还没有用过',
    speed: (tokens) => `实测每秒 ${speed(tokens)} 个词元`,
    more: (name) => `关于 ${name} 的更多操作`,
    verify: '检查文件',
    verifying: '正在把每个文件与校验值比较…',
    sound: '每个文件都与制作时一样。',
    reveal: '打开文件夹',
    export: '复制到…',
    exportPath: '副本的文件夹',
    exportRun: '复制',
    exporting: '正在复制…',
    exported: (path) => `副本在 ${path}。`,
    toTrash: (name, bytes) => `把 ${name}（${size(bytes)}）移到系统的废纸篓？它写的回复会保留。`,
    trash: '移到废纸篓',
    forGood: '彻底删除',
  },
  folder: {
    title: '模型的文件夹',
    change: '更改…',
    usual: '回到通常的文件夹…',
    again: '再查看一次',
    path: '放模型的文件夹，可以在另一个磁盘上',
    look: '继续',
    plan: ({ folder, usual }) => (usual ? `模型会放在通常的文件夹 ${folder}。` : `模型会放在 ${folder}。`),
    there: (names) => `那里已经有 ${names.join('、')}。`,
    here: (models, bytes, free) =>
      `${models === 0 ? '下载的内容' : `${models} 个模型`}（${size(bytes)}）可以移过去${free === null ? '' : `；那个磁盘剩余 ${size(free)}`}。留下的模型在你换回来时会再列出。`,
    move: '移过去',
    leave: '留在原处',
    use: '使用这个文件夹',
    back: '取消',
    moving: (name, done, total) =>
      `正在复制 ${name}：${size(done)}，共 ${size(total)}。其间模型照常回答；全部比较过之前不会删除任何内容。`,
    progress: '移动模型',
    ending: '全部已复制。正在写的回复结束后会使用新的文件夹。',
    done: (folder) => `模型现在放在 ${folder}。`,
    stayed: (names) => `另一个正在运行的 Mezzotint 在使用 ${names.join('、')}：旧的副本会保留。`,
    dismiss: '关闭',
  },
  welcome: {
    title: '从哪里开始',
    now: '试试附带的模型',
    nowHint: '它很小，马上就能用。',
    better: (name) => `获取更好的：${name}`,
    betterHint: (licence, bytes, rate, tokens) =>
      [
        bytes === null ? '' : `下载 ${size(bytes)}`,
        bytes === null ? '' : rate === null ? assumed(bytes) : `约 ${time(bytes / rate)}`,
        licence ?? '许可见其页面',
        tokens === null ? '这台电脑放得下' : `在这里每秒至少 ${speed(tokens)} 个词元`,
      ]
        .filter((part) => part !== '')
        .join(' · '),
    disk: '我的磁盘上有一个',
    diskHint: '模型文件夹或 GGUF 文件。',
    server: '连接到服务器',
    serverHint: '回复将在另一台机器上写成。',
    dismiss: '以后再说',
  },
};
