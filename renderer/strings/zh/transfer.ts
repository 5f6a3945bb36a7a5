/** 导出与导入。 */
import type { Strings } from '../types.ts';

const n = (value: number): string => value.toLocaleString('zh-Hans');
const size = (bytes: number): string =>
  bytes < 1e6 ? `${n(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const chats = (count: number): string => `${n(count)} 个对话`;
const day = (at: number): string =>
  new Date(at).toLocaleDateString('zh-Hans', { day: 'numeric', month: 'short', year: 'numeric' });

export const transfer: Strings['transfer'] = {
  label: '导出和导入',
  section: '你的对话',
  open: '导出或导入…',
  bring: '搬入其他应用的对话',
  hint: '存成文件，或搬入其他应用的对话。什么都不会离开这台电脑。',
  close: '关闭',
  what: '导出或导入',
  export: '导出',
  import: '导入',
  scope: '导出哪些',
  scopeOne: '这个对话',
  scopeSome: '一部分',
  some: '要导出的对话',
  someOf: (count) => `已勾选 ${chats(count)}`,
  filterMore: (count) => `还有 ${n(count)} 个：筛选一下就能找到。`,
  scopeAll: (count) => `全部 ${n(count)} 个`,
  allOf: (count) => (count === 0 ? '还没有对话。' : `${chats(count)}，不含回收站`),
  format: '格式',
  formats: {
    json: { label: 'Mezzotint JSON', hint: '完整：所有分支、设置和词元。可以毫无损失地再导入。' },
    markdown: { label: 'Markdown', hint: '供阅读和做笔记：当前显示的分支。' },
    html: { label: '网页', hint: '一个便于打印的 HTML 文件：当前显示的分支。' },
    pdf: { label: 'PDF', hint: '打印好的网页：当前显示的分支。' },
    text: { label: '纯文本', hint: '当前显示的分支，不带标记。' },
    openai: { label: 'OpenAI 消息', hint: 'JSONL，一行一个对话：当前显示的分支。' },
    sharegpt: { label: 'ShareGPT', hint: '供训练工具使用的 JSON：当前显示的分支。' },
    csv: { label: 'CSV', hint: '一行一条消息，所有分支，供表格软件使用。' },
  },
  frames: '附上每个回复的每一步，以便回放（文件更大）',
  save: '保存文件',
  saved: (name, bytes) => `已存为 ${name}，${size(bytes)}。`,
  nothing: '没有可保存的内容。',
  writing: (done, total) => (total === 0 ? '正在准备…' : `已写 ${n(done)} / ${chats(total)}`),
  cancel: '取消',
  stop: '停止',
  choose: '选择文件',
  drop: '或拖放到这里',
  takes:
    '来自 Mezzotint（JSON、Markdown）、ChatGPT、Claude.ai、DeepSeek、Gemini、llama.cpp、Open WebUI、LM Studio、LibreChat、Jan（它们的 zip 或 JSON）、ShareGPT 和 OpenAI 消息（JSON、JSONL），以及每位发言者各有标题的 Markdown。',
  safe: '导入之前会先看到其中的内容。这里已有的不会被覆盖。',
  sending: (done, total) => `正在打开：${size(done)} / ${size(total)}`,
  reading: '正在读取并与已有的比较…',
  importing: (done, total) => `已完成 ${n(done)} / ${chats(total)}`,
  goesOn: '关闭这里，它也会继续。',
  planned: ({ fresh, updated, copies, duplicates, bad, noted }) =>
    fresh + updated + copies + duplicates + bad === 0
      ? '里面没有可导入的内容。'
      : `${[`${n(fresh + copies)} 个要导入`, updated > 0 ? `${n(updated)} 个要更新` : '', duplicates > 0 ? `${n(duplicates)} 个已在这里` : '', bad > 0 ? `${n(bad)} 个无法读取` : '', noted > 0 ? `${n(noted)} 个有说明` : ''].filter((part) => part !== '').join('，')}。`,
  preview: '将要导入的内容',
  from: { mezzotint: 'Mezzotint', openai: 'OpenAI 消息', markdown: 'Markdown', transcript: 'Markdown 对话记录' },
  standings: { new: '新的', updated: '有更新', copy: '另放一份', duplicate: '已在这里', bad: '无法读取' },
  about: (messages, at) => `${n(messages)} 条消息 · ${day(at)}`,
  aboutNew: (messages, at) => `${messages === 0 ? '新标题' : `${n(messages)} 条新消息`} · ${day(at)}`,
  more: (left) => `显示更多（还有 ${n(left)} 个）`,
  kept: '已在这里的保持不变。在别处继续过的对话会补上新的内容。',
  back: '返回',
  run: (count, updated) =>
    count + updated === 0
      ? '没有可导入的'
      : count === 0
        ? `更新 ${chats(updated)}`
        : `导入 ${chats(count)}${updated === 0 ? '' : `，更新 ${n(updated)} 个`}`,
  outcome: ({ imported, updated, duplicates, bad, cancelled, error }) =>
    [
      `${cancelled || error ? '提前结束：' : ''}已导入 ${chats(imported)}${cancelled || error ? '，每个都是完整的' : ''}。`,
      updated > 0 ? `${n(updated)} 个已更新。` : '',
      duplicates > 0 ? `${n(duplicates)} 个已在这里。` : '',
      bad > 0 ? `${n(bad)} 个无法读取：` : '',
    ]
      .filter((part) => part !== '')
      .join(''),
  moreProblems: (count) => `还有 ${n(count)} 个同样的问题。`,
  another: '其他文件',
  openFirst: '打开第一个',
};
