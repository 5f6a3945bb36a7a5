/** 输入框。 */
import type { Strings } from '../types.ts';
import { n } from './format.ts';

export const composer: Strings['composer'] = {
  label: '消息',
  placeholder: '提问，或粘贴要处理的文字',
  send: '发送',
  stop: '停止',
  mode: '怎样写回复',
  wait: '模型还在加载。现在就可以输入。',
  failed: '模型无法加载，暂时不能发送。你输入的内容会保留。',
  offline: '未连接。你输入的内容会保留。',
  busy: '正在写回复：请停止它，或等它写完。',
  unsupported: (mode) => `这个模型没有${mode}方式。`,
  tooLong: (over) => `超出可发送的长度 ${n(over)} 个字符。`,
};
