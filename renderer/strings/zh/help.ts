/** 键盘快捷键。 */
import type { Strings } from '../types.ts';

export const help: Strings['help'] = {
  label: '键盘快捷键',
  open: '键盘快捷键',
  close: '关闭',
  or: '或',
  actions: {
    'new-chat': '新对话',
    'focus-composer': '写消息',
    stop: '停止回复',
    'focus-list': '转到对话列表',
    previous: '上一个对话',
    next: '下一个对话',
    'toggle-sidebar': '显示或隐藏对话列表',
    settings: '设置',
    tokens: '显示模型对回复的词有多大把握',
    replay: '回放一个回复',
    rewrite: '改写回复里的词语',
    unsure: '重写回复的不稳之处',
    explain: '用文字解释正在发生什么',
    race: '比赛：用几种方式写最后一个问题',
    palette: '按名字找命令和对话',
    search: '搜索所有对话',
    find: '在这个对话里查找',
    'find-next': '下一处',
    'find-previous': '上一处',
    model: '选择模型',
    undo: '撤销移动或删除',
    help: '这个列表',
  },
  list: '在列表里：↑ ↓ 移动，→ 打开菜单，Shift 加 ↑ ↓ 或空格选择多个，F2 重命名，Delete 删除。在回放里：空格播放和暂停，← → 走一步，Home 和 End 到两端，Esc 关闭。',
};
