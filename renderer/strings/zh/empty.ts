/** 第一条消息之前的页面。 */
import type { Strings } from '../types.ts';

const NOT = '日期、计算和人名常会出错，重要的事请核实。';

export const empty: Strings['empty'] = {
  plate: 'Mezzotint，从暗色铜版上刮磨而出',
  lead: '回复起初只是颗粒：模型渐有把握，词语便浮现出来；站不住的草拟则沉回颗粒之中。',
  honest: `这个小模型只在这台电脑上运行：擅长简短的日常内容，只会英语。${NOT}`,
  honestFor: (pack, millions) =>
    `${pack} 很小（${(millions / 100).toLocaleString('zh-Hans')} 亿参数），只在这台电脑上运行：擅长简短的日常内容，只会英语。${NOT}`,
  try: '试一试',
  ideas: [
    { title: '几个理由', text: 'Give three reasons to learn a second language.' },
    { title: '故事的开头', text: 'Write the opening of a mystery set in a library.' },
    { title: '几条建议', text: 'Give me three tips for sleeping better.' },
    { title: '一小段代码', text: 'Write a Python function that reverses a string.' },
  ],
  elsewhere: '对话在别的应用里？',
  bring: '带到这里来',
};
