/** 采样器的错误。 */
import { wordsOf } from '../../kinds.ts';
import type { samplersErrors } from '../../table/samplers.ts';

export const samplers = wordsOf<typeof samplersErrors>()({
  'sampler.not-for-model': ['这个模型不能用采样器 {sampler} 来写。什么也没有写。', '请用其中一个：{offered}。'],
  'sampler.unknown': ['没有采样器 {sampler}。什么也没有写。', '请用其中一个：{offered}。'],
  'param.unknown': ['{sampler}：没有参数 {param}。没有更改任何内容。', '它有：{known}。'],
  'param.none-known': ['{sampler}：没有参数 {param}。没有更改任何内容。', '它没有参数：请去掉。'],
  'param.not-switch': ['{sampler}：{param} 是 {given}。没有更改任何内容。', '它应为 true 或 false。'],
  'param.not-choice': ['{sampler}：{param} 是 {given}。没有更改任何内容。', '它应为其中一个：{choices}。'],
  'param.not-integer': ['{sampler}：{param} 是 {given}。没有更改任何内容。', '它应为 {min} 到 {max} 之间的整数。'],
  'param.not-number': ['{sampler}：{param} 是 {given}。没有更改任何内容。', '它应为 {min} 到 {max} 之间的数。'],
  'param.not-integer-or-null': [
    '{sampler}：{param} 是 {given}。没有更改任何内容。',
    '它应为 {min} 到 {max} 之间的整数，或用 null 表示：{none}。',
  ],
  'param.not-number-or-null': [
    '{sampler}：{param} 是 {given}。没有更改任何内容。',
    '它应为 {min} 到 {max} 之间的数，或用 null 表示：{none}。',
  ],
});
