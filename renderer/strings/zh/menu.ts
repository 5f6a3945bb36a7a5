/** 消息的菜单，以及由此而来的操作。 */
import type { Strings } from '../types.ts';

const n = (value: number): string => value.toLocaleString('zh-Hans');

export const menu: Strings['menu'] = {
  more: '更多',
  moreOf: { question: '这个问题的更多操作', reply: '这个回复的更多操作' },

  edit: '编辑',
  editHint: '换个说法再问；这个问题和它的回复会保留',
  editGoOn: '接着编辑',
  editLabel: '编辑问题',
  editAsk: '提问',
  editCancel: '取消',
  editNote: '原来的问题和回复会留在旁边。',

  again: '再问一次',
  againHint: '为这个问题另写一个回复；已有的会保留',
  retry: '重试',
  retrySame: '同样的设置，新种子',
  retryNow: '用现在的设置',
  retryIn: (mode) => `用${mode}方式`,
  retryOther: '用其他设置…',
  retryGo: '另写一个回复',
  retryForm: '另一个回复的设置',
  newSeed: '新种子',

  reproduce: '照原样再写一次',
  reproduceHint: '同样的种子、设置和指令：应当写出同样的回复，并会说明是否如此',
  reproduceGo: '仍然再写一次',
  packDiffers: (name) => `这个回复由当时的 ${name} 写成；现在加载的是另一个模型或版本。`,
  deviceDiffers: (then, now) => `它是在 ${then} 上写的；现在用的是 ${now}，舍入可能不同。`,
  mayDiffer: '所以结果可能不同。',
  compared: (made, version) =>
    made.kind === 'equal'
      ? `与第 ${version} 个版本一字不差。`
      : made.kind === 'longer'
        ? `在第 ${version} 个版本写到的地方为止，完全相同。`
        : `与第 ${version} 个版本不同，从第 ${n(made.at)} 个字符起${made.before === '' ? '' : `，在“${made.before}”之后`}。`,
  comparedGone: '与它比较的回复已删除。',

  fork: '由此另开对话',
  forkHint: '一个独立的对话，以到这条消息为止的全部内容开头',
  forkedFrom: '来自',
  forkedTo: '由此另开的：',
  forkGone: '一个已不在这里的对话',

  remove: '删除',
  removeOne: '这条消息',
  removeOneHint: '后面的保留；模型不再读这条消息',
  removeAll: '它和后面的全部',
  removeAllHint: '它下面的每个分支',
  removed: (count) => `已删除 ${n(count)} 条消息。`,
  undo: '撤销',
  goneQuestion: '这里删除了一个问题。模型不读它。',
  goneReply: '这里删除了一个回复。模型不读它。',
  restore: '恢复',
  allDeleted: '这个对话的消息都已删除。',
  deletedList: '已删除的消息',
  deletedOpen: (count) => `已删除的消息（${n(count)}）`,
  deletedHint: '它们和对话一起保留：什么都没有抹去。其他应用没有显示的内容也在这里。',
  deletedNone: '这个对话里没有删除过什么。',
  deletedMore: (count) => `以及后面的 ${n(count)} 条消息`,
  close: '关闭',
};
