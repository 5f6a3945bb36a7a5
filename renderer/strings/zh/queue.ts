/** 排队等候的问题。 */
import type { Strings } from '../types.ts';
import { number } from '../live.ts';

export const queue: Strings['queue'] = {
  label: '排队的问题',
  next: (n) => (n === 1 ? '这条回复结束后发送' : `${number(n)} 个问题，这条回复结束后依次发送`),
  held: {
    stopped: '你停止了回复，问题先等着。',
    failed: '回复没有写完，问题先等着。',
    elsewhere: '现在打开的是另一个分支，问题先等着。',
    refused: '没能发送，问题先等着。',
    closed: '还没有发送：应用中途关闭了。',
  },
  send: '现在发送',
  add: '排队发送',
  addHint: '先在这里等着，这条回复结束后发送（回车）',
  files: (n) => `${number(n)} 个文件`,
  edit: '放回输入框',
  remove: '取下',
  removed: '已取下问题。',
  editBusy: '正在写回复：先停止，或等它结束再问。',
};
