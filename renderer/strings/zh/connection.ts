/** 连接。 */
import type { Strings } from '../types.ts';

export const connection: Strings['connection'] = '正在重新连接…';

export const noConnection: Strings['noConnection'] = {
  refused: {
    title: '这个页面需要新的地址',
    body: 'Mezzotint 的地址只能用一次，并且在它退出后失效。它刚在终端里打印了一个新地址，请打开那个地址。如果 Mezzotint 没有运行，请用 npm start 重新启动。',
  },
  unreachable: {
    title: 'Mezzotint 没有回应',
    body: '请用 npm start 重新启动，然后打开它打印的地址。',
  },
  kept: '尚未发送的内容还在下面，请先复制。',
};
