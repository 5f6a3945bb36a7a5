/** “你的数据”：文件夹、备份、档案。 */
import type { Strings } from '../types.ts';
import { number, spoken } from '../live.ts';

const size = (bytes: number): string =>
  bytes < 1e6
    ? `${number(Math.max(1, Math.round(bytes / 1e3)))} kB`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
const chats = (n: number): string => `${number(n)} 个对话`;

export const data: Strings['data'] = {
  section: '你的数据',
  label: '你的数据',
  fieldLabel: '文件夹和备份',
  fieldHint: '对话存在哪里、有哪些副本，以及丢了东西怎么办。',
  open: '显示…',
  close: '关闭',
  loading: '正在查看…',
  folder: '文件夹',
  inFolder: (bytes, room) => `其中有 ${size(bytes)}${room === null ? '' : `，磁盘剩余 ${size(room)}`}。`,
  show: '打开文件夹',
  move: '移动…',
  moveTo: '移动到',
  movePath: '文件夹的完整路径',
  choose: '选择文件夹…',
  moveHint: '先全部复制并比对，然后 Mezzotint 在那里继续。旧文件夹保持原样，直到你自己删除。',
  moveNow: '移动',
  moving: '正在复制并比对…',
  cancel: '取消',
  backups: '备份',
  now: '立即备份',
  backingUp: '正在备份…',
  made: (b) => `已备份：${chats(b.conversations)}，已打开核对。`,
  automatic: '每天自动一份。其中保留最近 7 天和最近 4 周的；你自己要求的会一直保留。',
  none: '还没有备份。有了值得保存的内容，很快会自动做第一份。',
  kinds: { auto: '每日', asked: '手动', migration: '更新之前' },
  at: (at) => new Date(at).toLocaleString(spoken(), { dateStyle: 'medium', timeStyle: 'short' }),
  of: (b) => `${chats(b.conversations)} · ${size(b.bytes)}`,
  bad: '无法读取',
  restore: '恢复…',
  restoreOf: (at) => `从 ${at} 的备份恢复`,
  merge: '并入缺少的内容',
  mergeHint: '加入备份里有而这里没有的对话和消息；此后删除的也会回来。不会覆盖任何内容。',
  apart: '作为另一个档案打开',
  apartHint: '在现有内容旁边打开备份，现有的保持原样。可以在这里切换回来。',
  merging: '正在并入…',
  merged: (o) => {
    const got = [
      o.conversations && chats(o.conversations),
      o.messages && `${number(o.messages)} 条消息`,
      o.fromTrash && `回收站里的 ${chats(o.fromTrash)}`,
    ].filter((part) => typeof part === 'string');
    return `${got.length === 0 ? '什么也没有缺少。' : `找回了${got.join('、')}。`}${o.left > 0 ? `有 ${number(o.left)} 行无法取用。` : ''}`;
  },
  opening: '正在打开…',
  profiles: '档案',
  profilesHint: '每个都是独立的文件夹。离开的那个保持原样。',
  current: '已打开',
  home: '最初的',
  gone: '现在不在',
  switchTo: '打开',
  switchOf: (folder) => `打开 ${folder} 里的档案`,
  whole: '一切完好吗？',
  check: '检查',
  checking: '正在全部读一遍…',
  checkHint: '读完整个数据库，并把每个索引与表比对。期间可以继续使用。',
  checked: (c) =>
    c.problems.length === 0
      ? `完好：${chats(c.conversations)}，${number(c.messages)} 条消息，没有问题。`
      : `有 ${number(c.problems.length)} 处不对。请关闭 Mezzotint 再启动：它会修复能修复的，并保留损坏的文件。`,
};
