/** 对话列表。 */
import type { Strings } from '../types.ts';

export const list: Strings['list'] = {
  label: '对话',
  new: '新对话',
  filter: '按标题筛选',
  empty: '还没有对话。',
  noMatch: (words) => `没有标题包含“${words}”。`,
  renameLabel: (title) => `“${title}”的新标题`,
  undo: '撤销',
  untitled: '新对话',
  running: '正在写回复',
  hide: '隐藏对话列表',
  show: '显示对话列表',
};
