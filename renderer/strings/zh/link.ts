/** 打开链接之前。 */
import type { Strings } from '../types.ts';

export const link: Strings['link'] = {
  title: '在浏览器里打开这个链接？',
  body: '这会离开 Mezzotint。你的浏览器将连接到：',
  open: '打开链接',
  cancel: '取消',
};
