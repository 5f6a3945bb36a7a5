/** 采样器和参数，按注册表里的名字。 */
import type { Strings } from '../types.ts';

export const samplers: Strings['samplers'] = {
  speculative: {
    name: '精确',
    hint: '先草拟几个词元再验证：文字与逐个写出的相同，更快。',
    params: {
      draftLength: { label: '草拟长度', hint: '预先草拟、在一次前向里验证的词元数。只影响速度，不影响回复。' },
      canvasLength: {
        label: '画布',
        hint: '看得见成形的那一块有多少个槽位。浅色的词是草拟器目前的猜测。回复不变；0 只显示草拟的词，稍快一些。',
      },
    },
  },
  'typical-acceptance': {
    name: '草拟器',
    hint: '小的草拟器写出每一块，模型留下它认为合理的词。',
    params: {
      blockLength: { label: '块长', hint: '草拟器一次写出的槽位数。' },
      ratio: {
        label: '接受比例',
        hint: '草拟的词与模型自己的首选相比至少有这样的可能性，才会留下。越高越慢，也越稳。',
      },
    },
  },
  'corrected-threshold': {
    name: '画布',
    hint: '每一块都由模型自己去噪，更慢，看得更清楚。',
    params: {
      blockLength: { label: '块长', hint: '一起去噪的槽位数。块长一些可能更快，也更粗糙。' },
      threshold: { label: '阈值', hint: '模型有这样的把握，槽位才会去掉掩码。越高越慢，也越稳。' },
    },
  },
  autoregressive: { name: '逐个', hint: '每次前向一个词元。', params: {} },
};
